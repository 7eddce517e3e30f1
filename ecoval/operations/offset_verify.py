"""ecoval offset verify: whether a project balances with somebody else's list of parcels."""

from __future__ import annotations

from typing import Any

from ecoval.operations import assessment
from ecoval.operations.declared import Operation, Option, Words
from ecoval.operations.kinds import File
from ecoval.operations.shared import OVERWRITE, THREADS
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """The assessment of the list, written."""
    from ecoval.offset.project.project import Project

    options = {"portfolio": values["portfolio"], "threads": values["threads"]}
    return assessment.assessed(work, Project.read(values["project"]), values, **options)


OPERATION = Operation(
    "offset verify",
    Words(
        "Whether a project balances with somebody else's list of parcels; nothing is optimised.",
        "项目以他人给出的地块清单是否平衡；不做优化。",
    ),
    "ecoval offset verify project.toml --portfolio claimed.csv --out runs/claim",
    (
        assessment.PROJECT,
        Option(
            "portfolio",
            File("table"),
            Words("candidate_id, option_id, share.", "列 candidate_id、option_id、share。"),
            metavar="LIST.csv",
        ),
        assessment.OUT,
        THREADS,
        OVERWRITE,
    ),
    run,
    assessment.show,
    python="ecoval.offset:Project.assess",
)
