"""ecoval:offset_portfolio, the parcels that balance a project at least cost."""

from qgis.core import QgsProcessing, QgsProcessingParameterBoolean

from .. import projects
from ..i18n import tr
from .base import mark
from .offset import OffsetAlgorithm, add_steps, identifiers, project_in


class OffsetPortfolio(OffsetAlgorithm):
    """The exact choice of parcels, with its balance and statement."""

    identifier = "offset_portfolio"
    title = mark("Suggested set of parcels")
    words = "offset portfolio optimise 建议 组合 优化 补偿 jianyi zuhe youhua buchang"
    summary = mark(
        "Chooses the parcels that balance a project at least cost, area or distance, by an exact programme whose "
        "answer is checked "
        "against every rule. Where no set is enough, says what is short, where, and which set comes closest."
    )

    def declare(self):
        """Parameters and outputs."""
        projects.declare_project(self, footprint=False)
        add_steps(self)
        projects.declare_rules(self)
        self.add_choice(
            "OBJECTIVE",
            tr("Objective"),
            projects.OBJECTIVES,
            tr("What is made least. Empty: as the project file says."),
            optional=True,
        )
        projects.add_text(
            self, "MUST", tr("Parcels that must be taken"), tr("Identifiers, parted by semicolons."), True
        )
        projects.add_text(
            self, "BAN", tr("Parcels that must not be taken"), tr("Identifiers, parted by semicolons."), True
        )
        self.add_number(
            "LIMIT", tr("Limit of money, CNY"), tr("No set costs more."), None, 0, advanced=True, whole=False
        )
        self.add_number(
            "TIME_LIMIT",
            tr("Time limit, s"),
            tr("After it the best set so far is given, as not proven."),
            None,
            1,
            advanced=True,
        )
        for name, label, text in (
            ("WHOLE", tr("Whole parcels only"), tr("No parts of parcels.")),
            ("CAUTIOUS", tr("Choose cautiously"), tr("With high losses and low gains.")),
        ):
            self.add(QgsProcessingParameterBoolean(name, label, defaultValue=False, optional=True), text, True)
        self.add_sink("CHOSEN", tr("Copy of the chosen parcels"), QgsProcessing.SourceType.TypeVectorPolygon)
        self.add_sink("BALANCE", tr("Copy of the balance"))
        self.add_sink("GAP", tr("Copy of what is short"))
        self.add_folder()
        self.add_verdict_outputs()

    def compute(self, parameters, context, feedback):
        """Ask the engine for an assessment that chooses."""
        folder = self.out_folder(parameters, context, "offset")
        rules = {}
        objective = self.choice(parameters, "OBJECTIVE", context)
        if objective:
            rules["objective"] = objective
        for name in ("MUST", "BAN"):
            if self.text(parameters, name, context):
                rules[name.lower()] = identifiers(self.text(parameters, name, context))
        for name in ("LIMIT", "TIME_LIMIT"):
            if parameters.get(name) not in (None, ""):
                rules[name.lower()] = self.parameterAsDouble(parameters, name, context)
        if self.parameterAsBoolean(parameters, "WHOLE", context):
            rules["whole"] = True
        project = project_in(self, parameters, context, feedback, folder, {"rules": rules})
        cautious = self.parameterAsBoolean(parameters, "CAUTIOUS", context)
        return self.assess(parameters, context, feedback, folder, project, cautious=cautious)
