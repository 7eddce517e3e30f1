"""ecoval:run_study, a study.toml or an earlier run computed again."""

import os

from qgis.core import QgsProcessingOutputFolder, QgsProcessingOutputNumber, QgsProcessingOutputVectorLayer

from .. import inputs, outputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class RunStudy(EcovalAlgorithm):
    """A declared study."""

    identifier = "run_study"
    title = mark("Run a study file")
    section = mark("Accounts")
    words = "study toml 核算项目 重算 hesuan xiangmu rerun reproduce"
    summary = mark(
        "Computes a study.toml, or the run.json of an earlier run again, in a new run folder: the same as ecoval run."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_file("STUDY", tr("Study"), tr("study.toml, or the run.json of an earlier run."), optional=False)
        self.add_number(
            "YEAR", tr("Year"), tr("Only this year of the study; empty takes the only one."), None, 1900, 2200
        )
        self.add_folder()
        self.addOutput(QgsProcessingOutputFolder("FOLDER", tr("Run folder")))
        self.addOutput(QgsProcessingOutputVectorLayer("GEP", tr("GEP of the units")))
        self.addOutput(QgsProcessingOutputNumber("TOTAL", tr("Total GEP, CNY")))

    def compute(self, parameters, context, feedback):
        """Run the engine on the file."""
        study = self.path(parameters, "STUDY", context)
        if not os.path.isfile(study):
            inputs.refuse(tr("The study {path} is not there."), path=study)
        folder = self.out_folder(parameters, context, "GEP")
        request = {"study": study, "out": folder}
        year = self.whole(parameters, "YEAR", context)
        if year is not None:
            request["year"] = year
        request.update(self.common(parameters, context))
        answer = self.ask("run", request, feedback)
        folders = answer.get("folders") or [folder]
        made = {"FOLDER": str(folders[0]), "OUT_FOLDER": folder, "RUN_JSON": os.path.join(str(folders[0]), "run.json")}
        sets = outputs.unit_sets(str(folders[0]))
        if sets:
            made["GEP"] = "{}|layername={}".format(os.path.join(str(folders[0]), "account.gpkg"), sets[0])
        made["SUMMARY_HTML"] = os.path.join(str(folders[0]), "report.html")
        total = (answer.get("numbers") or {}).get("gep")
        if total is not None:
            made["TOTAL"] = total
        for each in folders:
            outputs.load_on_completion(str(each), context)
        return made
