"""ecoval offset plan: whether a whole plan balances."""

from __future__ import annotations

from typing import Any

from ecoval.operations import assessment
from ecoval.operations.declared import Operation, Option, Words
from ecoval.operations.kinds import File
from ecoval.operations.shared import OVERWRITE, THREADS
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """The assessment, written."""
    from ecoval.offset.project.plan import Plan

    options = {"cautious": values["cautious"], "threads": values["threads"]}
    return assessment.assessed(work, Plan.read(values["plan"]), values, **options)


OPERATION = Operation(
    "offset plan",
    Words(
        "Whether a whole plan balances: many footprints, one pool of candidates, one ledger.",
        "整个规划是否平衡：多处占用、一个候选库、一本台账。",
    ),
    "ecoval offset plan plan.toml --out runs/plan",
    (
        Option(
            "plan",
            File("declaration"),
            Words("plan.toml: projects, candidates, rules, ledger.", "plan.toml：项目、候选地块、规则、台账。"),
            flag="",
            metavar="PLAN.toml",
        ),
        assessment.OUT,
        assessment.CAUTIOUS,
        THREADS,
        OVERWRITE,
    ),
    run,
    assessment.show,
    python="ecoval.offset.project.plan:Plan.assess",
)
