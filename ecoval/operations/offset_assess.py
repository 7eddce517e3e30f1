"""ecoval offset assess: whether a project balances."""

from __future__ import annotations

from typing import Any

from ecoval.operations import assessment
from ecoval.operations.declared import Operation, Words
from ecoval.operations.shared import OVERWRITE, THREADS
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """The assessment, written."""
    from ecoval.offset.project.project import Project

    options = {"cautious": values["cautious"], "threads": values["threads"]}
    return assessment.assessed(work, Project.read(values["project"]), values, **options)


OPERATION = Operation(
    "offset assess",
    Words(
        "Whether a project balances: avoid, minimise, compensate; the parcels at least cost where candidates are given.",
        "项目是否平衡：避免、最小化、补偿；给出候选地块时选取成本最小的组合。",
    ),
    "ecoval offset assess project.toml --out runs/bridge",
    (assessment.PROJECT, assessment.OUT, assessment.CAUTIOUS, THREADS, OVERWRITE),
    run,
    assessment.show,
    python="ecoval.offset:Project.assess",
)
