"""ecoval:offset_balance, the balance of somebody's own list of parcels."""

from qgis.core import QgsProcessing, QgsProcessingParameterFeatureSource

from .. import inputs, projects
from ..i18n import tr
from .base import mark
from .offset import OffsetAlgorithm, add_steps, project_in


class OffsetBalance(OffsetAlgorithm):
    """A claim is checked; nothing is optimised."""

    identifier = "offset_balance"
    title = mark("Balance of chosen parcels")
    words = "offset balance verify 占补平衡 结余 判定 核定 zhanbu pingheng jieyu claim"
    summary = mark(
        "Judges a list of parcels that somebody chose: the balance of every service in every area, the statutory "
        "balances, the "
        "verdict at mid and at cautious values, and the statement. No optimiser."
    )

    def declare(self):
        """Parameters and outputs."""
        projects.declare_project(self)
        add_steps(self)
        self.add(
            QgsProcessingParameterFeatureSource("CHOSEN", tr("Chosen parcels"), [QgsProcessing.SourceType.TypeVector]),
            tr(
                "Layer or table with candidate_id, and option_id, share where they matter. QGIS reads a CSV of two "
                "columns or more."
            ),
        )
        projects.declare_rules(self)
        self.add_sink("BALANCE", tr("Copy of the balance"))
        self.add_sink("STATUTORY", tr("Copy of the statutory balances"))
        self.add_folder()
        self.add_verdict_outputs()

    def compute(self, parameters, context, feedback):
        """Ask the engine for an assessment of the list."""
        folder = self.out_folder(parameters, context, "offset")
        ticked = self._ticked(parameters, context)
        project = project_in(self, parameters, context, feedback, folder)
        return self.assess(parameters, context, feedback, folder, project, ticked=ticked)

    def _ticked(self, parameters, context):
        source = self.parameterAsSource(parameters, "CHOSEN", context)
        if source is None:
            inputs.refuse(
                tr("The layer of {name} cannot be opened; it may have been removed. Choose it again."), name="CHOSEN"
            )
        names = [field.name() for field in source.fields()]
        if "candidate_id" not in names:
            inputs.refuse(tr("{name} has no field {field}."), name=source.sourceName(), field="candidate_id")
        rows = []
        for feature in inputs.features(source):
            row = {"candidate_id": inputs.code_text(feature["candidate_id"])}
            if "option_id" in names and feature["option_id"]:
                row["option_id"] = str(feature["option_id"])
            if "share" in names and feature["share"] not in (None, ""):
                row["share"] = projects.number(str(feature["share"]), "share")
            rows.append(row)
        return rows
