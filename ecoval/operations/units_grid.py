"""ecoval units grid: squares of a lattice over the land of polygons."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Operation, Option, Request, Words
from ecoval.operations.kinds import POSITIVE, File, Flag, PlainText
from ecoval.operations.units_admin import answer, show, written
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """The squares, written."""
    from ecoval.units import grid

    place = (values["within"], values["cell"], values["crs"], not values["whole"])
    return written(work, lambda: grid(*place, layer=values["layer"]), values)


OPERATION = Operation(
    "units grid",
    Words(
        "Make squares of a lattice, anchored at the origin of the CRS, over the land of polygons.",
        "在面要素的范围内按以坐标系原点为锚的格网制作方格。",
    ),
    "ecoval units grid --within counties.gpkg --cell 1000 --crs EPSG:4549 --out squares.gpkg",
    (
        Option(
            "within",
            File("vector"),
            Words("Polygons whose land the squares cover.", "方格所覆盖的面要素。"),
            metavar="FILE",
        ),
        Option(
            "cell",
            POSITIVE,
            Words("Side of a square, in units of the CRS (m or degrees).", "方格边长，单位同坐标系（米或度）。"),
            metavar="SIDE",
        ),
        Option(
            "out",
            File("vector"),
            Words("Result: .gpkg, .geojson or .parquet.", "结果：.gpkg、.geojson 或 .parquet。"),
            metavar="FILE",
        ),
        Option(
            "crs", PlainText(), Words("CRS of the squares; default that of the polygons.", "方格的坐标系；默认取面要素的。"), None
        ),
        Option("layer", PlainText(), Words("Layer of the file.", "文件中的图层。"), None),
        Option("whole", Flag(), Words("Do not cut squares at the border of the land.", "不在范围边界处裁切方格。"), False),
    ),
    run,
    show,
    answer,
    Request("units", {"kind": "grid"}),
    python="ecoval.units:grid",
)
