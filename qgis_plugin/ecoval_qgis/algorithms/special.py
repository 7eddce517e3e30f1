"""What is done with the answer of the engine beyond giving the outputs as they are declared."""

import glob
import os

from qgis.core import NULL, QgsProcessingOutputLayerDefinition

from .. import catalogue, inputs, outputs, records, studies
from ..i18n import tr
from . import offset


def asked(value):
    """Whether somebody asks for a copy: dialogs of QGIS give an empty destination where nobody does."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    return value not in (None, "", "None", NULL)


def plain(call):
    """One request; outputs as they are declared, and the record of a run folder that a parameter names."""
    made = call.outputs(call.ask())
    if call.request.get("run") and call.algorithm.outputDefinition("RUN_JSON") is not None:
        made["RUN_JSON"] = os.path.join(call.request["run"], "run.json")
    return made


def findings(call):
    """A table of findings is told line by line."""
    made = plain(call)
    if "FINDINGS" in made:
        records.push_findings(made["FINDINGS"], call.feedback)
    return made


def gaps(call):
    """Indicators that a standard has and a run lacks are told."""
    made = plain(call)
    for row in records.table_rows(made["COVERAGE"]):
        if row["verdict"] in ("gap", "partly_covered"):
            call.feedback.pushInfo("{}: {} {}".format(row["name"], catalogue.label(row["verdict"]), row["reason"]))
    return dict(made, GAPS=made.get("GAPS", 0))


def checked(call):
    """The findings of a check as table and page."""
    path = call.request["out"] = os.path.join(call.folder, "issues.csv")
    numbers = call.ask().get("numbers") or {}
    records.push_findings(path, call.feedback)
    page = records.findings_page(path)
    made = {"OUT_FOLDER": call.folder, "ISSUES": path, "HTML": page, "SUMMARY_HTML": page}
    return dict(made, N_ERROR=numbers.get("error", 0), N_WARNING=numbers.get("warning", 0))


def account(call):
    """An account: its folder, tables and totals; its layers are loaded on completion."""
    folder, maps = call.folder, call.choice("MAPS")
    call.request["maps"] = "" if maps == "none" else maps
    if call.choice("REPORT") == "later":
        call.request["reports"] = ""
    numbers = call.ask().get("numbers") or {}
    package = os.path.join(folder, "account.gpkg")
    made = in_folder(folder)
    made.update(GEP="{}|layername={}".format(package, studies.UNIT_SET), SUPPLY=package + "|layername=supply")
    report = os.path.join(folder, "report.html")
    if os.path.isfile(report):
        made["SUMMARY_HTML"] = report
    totals = {"TOTAL": "gep", "TOTAL_LOW": "gep_low", "TOTAL_HIGH": "gep_high", "UNITS_COUNT": "units"}
    made.update({key: numbers[name] for key, name in totals.items() if numbers.get(name) is not None})
    if "TOTAL" not in made:
        call.feedback.pushWarning(
            tr("No total: at least one unit lacks a category that the standard requires. See categories_missing.")
        )
    for name in ("GEP", "SUPPLY"):
        if asked(call.parameters.get(name)):
            made[name] = outputs.copy(call.algorithm, call.parameters, name, made[name], call.context)
    outputs.load_on_completion(folder, call.context)
    return made


def in_folder(folder):
    """Outputs that every run folder has."""
    return {"FOLDER": folder, "OUT_FOLDER": folder, "RUN_JSON": os.path.join(folder, "run.json")}


def years(call):
    """The runs of a study file, one for each year."""
    answer = call.ask()
    folders = [str(each) for each in answer.get("folders") or [call.folder]]
    made = dict(in_folder(folders[0]), OUT_FOLDER=call.folder)
    sets = outputs.unit_sets(folders[0])
    if sets:
        made["GEP"] = "{}|layername={}".format(os.path.join(folders[0], "account.gpkg"), sets[0])
    made["SUMMARY_HTML"] = os.path.join(folders[0], "report.html")
    total = (answer.get("numbers") or {}).get("gep")
    if total is not None:
        made["TOTAL"] = total
    for each in folders:
        outputs.load_on_completion(each, call.context)
    return made


def maps(call):
    """The rasters of one service."""
    call.ask()
    rasters = sorted(glob.glob(os.path.join(call.folder, "maps", "*.tif")))
    if not rasters:
        text = tr("The service {service} has no quantity per cell here.")
        inputs.refuse(text, service=catalogue.label(call.choice("SERVICE")))
    outputs.load_rasters(rasters, call.context)
    return dict(in_folder(call.folder), QUANTITY=rasters[0], RASTERS=rasters)


WAYS = {
    "": plain,
    "account": account,
    "checked": checked,
    "findings": findings,
    "gaps": gaps,
    "maps": maps,
    "years": years,
    "loss": offset.loss,
    "credits": offset.credits,
    "assessment": offset.assessment,
    "alternatives": offset.alternatives,
}
