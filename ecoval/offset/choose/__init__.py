"""Which candidates make up for a loss at least cost: the exact programme, its checks, and what is short where there is none."""

from ecoval.offset.choose.greedy import greedy
from ecoval.offset.choose.problem import Problem, problem
from ecoval.offset.choose.scenarios import agreement
from ecoval.offset.choose.selection import Selection, select_portfolio
from ecoval.offset.choose.verify import Verification, judged, verify_portfolio

__all__ = [
    "select_portfolio",
    "Selection",
    "verify_portfolio",
    "Verification",
    "agreement",
    "problem",
    "Problem",
    "judged",
    "greedy",
    "portfolio_run",
    "PortfolioRun",
    "verdict_of",
]

_FOLDER = ("portfolio_run", "PortfolioRun", "verdict_of")


def __getattr__(name):
    """Load what writes a run folder when it is asked for: a choice alone needs no rasters."""
    if name not in _FOLDER:
        raise AttributeError(f"module 'ecoval.offset.choose' has no attribute {name!r}")
    from ecoval.offset.choose import folder

    return getattr(folder, name)
