"""The classes of a legend for some values: what a map of QGIS asks for when a scale goes on."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Operation, Option, Request, Words
from ecoval.operations.kinds import Choice, Number, Several, Whole
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> list[float]:  # noqa: ARG001  (as every operation)
    """The bounds."""
    from ecoval.legends import class_bounds

    return class_bounds(**values)


def answer(result: list[float], values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every answer)
    """The numbers themselves: they are few."""
    return {"numbers": {"bounds": result}}


OPERATION = Operation(
    "classes",
    Words(
        "Round bounds for the classes of a map: ascending, distinct, around every value; a scale that is kept only grows.",
        "专题图分级的整数断点：递增、互不相同、覆盖全部数值；沿用的分级只向外扩展。",
    ),
    '{"values": [320000000, 870000000], "method": "natural", "number": 5, "scale": []}',
    (
        Option("values", Several(Number()), Words("Values of the units that have one.", "有数值的单元的数值。")),
        Option(
            "method",
            Choice(("natural", "quantile", "equal")),
            Words("Groups that lie apart, groups of equal size, or equal intervals.", "自然断点、分位数或等间距。"),
            "natural",
        ),
        Option("number", Whole(1, 20), Words("Classes at most.", "最多分几级。"), 5),
        Option(
            "scale",
            Several(Number()),
            Words("Bounds of the scale that goes on; they stay or move outwards.", "沿用的断点；保持不变或向外扩展。"),
            (),
        ),
    ),
    run,
    answer=answer,
    request=Request("classes"),
    python="ecoval.legends:class_bounds",
)
