"""ecoval prepare statistics: the long table of a study out of yearbooks and the data-request workbook."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

CHANGES_HELP = "How to cross a change of codes: OLD=NEW, or a table (old,new,share). Repeat for more."
WEIGHT_HELP = (
    "Raster, field of the units, or table (unit_id,weight) that shares out larger units; ITEM=... for one item. Repeat for more."
)
UOM_HELP = "Measure of a column of a wide table: COLUMN=UOM. Repeat for more."
WARNED = ("statistics_corrected", "statistics_unallocated")  # printed as warnings already
SHOWN = {
    "corrections": "Read otherwise than it stands 更正后读取",
    "conversions": "Measures converted 单位换算",
    "changes": "Carried over changes of boundaries 区划衔接",
    "downscaled": "Shared out, totals kept 按权重分配",
    "prices": "For [prices] of study.toml 写入 [prices]",
}


def register(app):
    """Add the command to `ecoval prepare`."""
    app.command("statistics")(statistics)


def statistics(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Tables (.csv, .xlsx), or 数据需求表.xlsx filled in.")],
    units: Annotated[Path, typer.Option("--units", metavar="UNITS", help="Units of the study: polygons, or a table with codes.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result: statistics.csv for [statistics].")],
    id: Annotated[str, typer.Option("--id", metavar="FIELD", help="Field of the codes; default unit_id, else code.")] = "",
    name: Annotated[str, typer.Option("--name", metavar="FIELD", help="Field of the names; default name.")] = "",
    parent: Annotated[str, typer.Option("--parent", metavar="FIELD", help="Field of the code of the unit above.")] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer of the units.")] = "",
    year: Annotated[int | None, typer.Option("--year", help="Year of rows that state none.")] = None,
    boundaries: Annotated[int | None, typer.Option("--boundaries", metavar="YEAR", help="Year of the units' boundaries.")] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")] = "",
    aliases: Annotated[Path | None, typer.Option("--aliases", metavar="TABLE", help="Names in the files: alias,unit.")] = None,
    items: Annotated[Path | None, typer.Option("--items", metavar="TABLE", help="Items in the files: name,item.")] = None,
    uom: Annotated[list[str] | None, typer.Option("--uom", metavar="COLUMN=UOM", help=UOM_HELP)] = None,
    changes: Annotated[list[str] | None, typer.Option("--changes", metavar="OLD=NEW|TABLE", help=CHANGES_HELP)] = None,
    weight: Annotated[list[str] | None, typer.Option("--weight", metavar="RASTER|FIELD|TABLE", help=WEIGHT_HELP)] = None,
    sources: Annotated[Path | None, typer.Option("--sources", metavar="UNITS", help="Polygons of the larger units.")] = None,
    sources_id: Annotated[str, typer.Option("--sources-id", metavar="FIELD", help="Their field of the codes.")] = "unit_id",
    source: Annotated[str, typer.Option("--source", metavar="TEXT", help="Source of rows that state none.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Statistics of yearbooks and of the data-request workbook as the long table of a study, with a recipe.

    Example: [bold]ecoval prepare statistics yearbook.xlsx --units counties.gpkg --id code --year 2023 --out statistics.csv[/bold]
    """
    uoms = _pairs(uom)
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.prepare.statistics import prepare

        texts = {"id": id, "name": name, "parent": parent, "layer": layer, "sheet": sheet, "source": source}
        options = {key: value for key, value in texts.items() if value}
        options |= {"year": year, "boundaries": boundaries, "aliases": aliases, "item_names": items, "uoms": uoms}
        options |= {"changes": changes or (), "weight": weight, "sources": sources, "sources_id": sources_id}
        with console.progress("statistics") as progress:
            made = prepare(files, units, out, progress=progress, **options)
        for note in made.notes:
            if note["code"] not in WARNED:
                console.line(note["en"], note["zh"])
        for part, title in SHOWN.items():
            if len(made.quality[part]):
                console.table(made.quality[part], title=title)
        paths = [str(path) for path in made.paths]
        quality = {part: records(table) for part, table in made.quality.items()}
        console.result = {"files": paths, "rows": len(made.table), "quality": quality, "notes": made.notes}
        console.line(f"Written: {', '.join(paths)} ({len(made.table)} rows)", f"已写出：{'、'.join(paths)}（{len(made.table)} 行）")


def _pairs(entries):
    """Mapping of COLUMN=UOM."""
    found = {}
    for entry in entries or []:
        column, equals, uom = entry.rpartition("=")
        if not equals:
            raise typer.BadParameter(f"COLUMN=UOM expected, found {entry!r}", param_hint="--uom")
        found[column] = uom
    return found
