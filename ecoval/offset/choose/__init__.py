"""Which candidates make up for a loss at least cost: the exact programme, its checks, and what is short where there is none."""

from ecoval.offset.choose.folder import PortfolioRun, portfolio_run, verdict_of
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
