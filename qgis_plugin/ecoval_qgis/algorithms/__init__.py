"""One module per algorithm; the provider adds them all."""

from .check_inputs import CheckInputs
from .compare_alternatives import CompareAlternatives
from .conform import Conform
from .gep_units import GepUnits
from .make_units import MakeUnits
from .map_atlas import MapAtlas
from .offset_balance import OffsetBalance
from .offset_credits import OffsetCredits
from .offset_portfolio import OffsetPortfolio
from .prepare_climate import PrepareClimate
from .prepare_landcover import PrepareLandcover
from .prepare_statistics import PrepareStatistics
from .project_loss import ProjectLoss
from .report import Report
from .run_study import RunStudy
from .sample_project import SampleProject
from .service_map import ServiceMap
from .zonal import Zonal

ALGORITHMS = (
    CheckInputs,
    PrepareLandcover,
    PrepareClimate,
    PrepareStatistics,
    MakeUnits,
    Zonal,
    GepUnits,
    RunStudy,
    ServiceMap,
    ProjectLoss,
    OffsetCredits,
    OffsetPortfolio,
    OffsetBalance,
    CompareAlternatives,
    Report,
    Conform,
    MapAtlas,
    SampleProject,
)
