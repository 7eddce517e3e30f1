"""What the operations that make layers and tables share: options of their requests, what is printed, what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ecoval.operations.declared import Console, Option, Words
from ecoval.operations.kinds import Choice, Flag
from ecoval.operations.work import Work

if TYPE_CHECKING:
    from pandas import DataFrame

FUNCTION = Option("function", Choice(("prepare",)), Words("Function of the product.", "产品的函数。"), "prepare", flag=None)
OVERWRITE = Option("overwrite", Flag(), Words("Replaced in any case.", "一律替换。"), True, flag=None)
ALWAYS = (FUNCTION, OVERWRITE)


def options_of(values: Mapping[str, Any], *left_out: str) -> dict[str, Any]:
    """Keyword arguments of the function: what is no argument of its own, and no field of the protocol."""
    return {name: value for name, value in values.items() if name not in (*left_out, "function", "out")}


def making(work: Work, name: str, out: Path | str, make: Callable[..., Any]) -> Any:
    """A product by `make(progress)`; a request finds all that was not matched in a table beside the result."""
    work.claim([Path(out)])
    table = Path(out).with_name(Path(out).stem + "_unmatched.csv")
    with work.progress(name) as progress:
        if work.console is not None:
            return make(progress)
        from ecoval.errors import EcovalError
        from ecoval.files import remove

        try:
            result = make(progress)
        except EcovalError as error:
            if error.table is not None:
                from ecoval.tables import write_table

                write_table(cast("DataFrame", error.table), table)
            raise
        remove(table)
        return result


def print_product(
    console: Console, result: Any, titles: Mapping[str, Words], narrow: Sequence[str] = (), columns: Sequence[str] = ()
) -> dict[str, Any]:
    """Print notes and tables (of the narrow ones some columns) of a product; what `--json` prints."""
    for note in result.notes:
        console.line(note["en"], note["zh"])
    for name, title in titles.items():
        if name in result.quality and len(result.quality[name]):
            table = result.quality[name]
            narrowed = table[[column for column in columns if column in table]] if name in narrow else table
            console.table(narrowed, title=title.in_language(console.lang))
    return {
        "files": [str(path) for path in result.paths],
        "quality": {name: records(table) for name, table in result.quality.items()},
        "notes": result.notes,
    }


def written(console: Console, result: Any) -> None:
    """Print the files."""
    paths = [str(path) for path in result.paths]
    console.line(f"Written: {', '.join(paths)}", f"已写出：{'、'.join(paths)}")


def written_with_recipes(console: Console, result: Any) -> None:
    """Print the layers; their recipes lie beside them."""
    layers = [str(path) for path in result.paths if not str(path).endswith(".recipe.json")]
    console.line(f"Written, each with its recipe: {', '.join(layers)}", f"已写出（各附配方）：{'、'.join(layers)}")


def answer(result: Any, values: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every answer)
    """Files of a product and its recipe."""
    from ecoval.prepare import recipe

    paths = [Path(path) for path in result.paths]
    outputs = {"file": paths[0]} | {f"file_{place}": path for place, path in enumerate(paths[1:], 2)}
    sidecars = [recipe.beside(path) for path in paths if recipe.beside(path).is_file()]
    outputs |= {"recipe": sidecars[0]} if sidecars else {}
    return {"outputs": outputs, "notes": recipe.plain(getattr(result, "notes", []) or [])}


def records(frame: Any) -> list[dict[str, Any]]:
    """Rows of a table for JSON: missing numbers are null."""
    import json

    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", force_ascii=False, double_precision=15))
    return rows


def digits(value: float, count: int = 6) -> str:
    """A number with its significant digits, with all digits before the point where it is large."""
    return f"{value:,.0f}" if abs(value) >= 10.0 ** (count - 1) else f"{value:,.{count}g}"
