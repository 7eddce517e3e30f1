"""ecoval prepare rerun: a product again, from its recipe."""

from __future__ import annotations

from typing import Any

from ecoval.operations import prepared
from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import File, Flag
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """Make the product again."""
    from ecoval.prepare import recipe

    with work.progress("prepare") as progress:
        return recipe.rerun(values["path"], out=values["out"], changed=values["changed"], progress=progress)


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """The files."""
    from ecoval.prepare import recipe

    prepared.written(console, result)
    return {"files": [str(path) for path in result.paths], "quality": recipe.plain(result.quality)}


OPERATION = Operation(
    "prepare rerun",
    Words("Make a product again from its recipe.", "按配方重新制作产品。"),
    "ecoval prepare rerun landcover.tif.recipe.json",
    (
        Option("path", File(), Words("A product, or its .recipe.json.", "产品，或其 .recipe.json。"), flag="", metavar="FILE"),
        Option(
            "out",
            File(),
            Words("Result; default: the product is replaced.", "结果；默认替换原产品。"),
            None,
            metavar="FILE",
        ),
        Option("changed", Flag(), Words("Inputs may differ from those of the recipe.", "允许输入与配方中的不同。"), False),
    ),
    run,
    show,
    python="ecoval.prepare.recipe:rerun",
)
