"""prepare.statistics: the long table of a study out of yearbooks and the request workbook, with its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from ecoval import tables
from ecoval.declarations import Key, columns
from ecoval.errors import Cancelled, InputError, MissingData, warn
from ecoval.layers.statistics import StatisticRow
from ecoval.prepare import recipe as recipes
from ecoval.prepare.statistics import changes as code_changes
from ecoval.prepare.statistics import downscaling, lists, reading
from ecoval.prepare.statistics import places as unit_places
from ecoval.prepare.statistics.cells import CorrectionRow
from ecoval.prepare.statistics.places import UnitsSource
from ecoval.prepare.statistics.records import AreaPriceRow, ConversionRow, EmptyRow, Records
from ecoval.tables import write_table
from ecoval.totals.blocks import Progress
from ecoval.units import SpatialUnits

PRODUCT = "statistics"
COLUMNS = columns(StatisticRow)


@dataclass(frozen=True)
class ItemNameRow:
    """A row of an own table of names of items."""

    name: Annotated[str, Key("name in the files", "文件中的名称")]
    item: Annotated[str, Key("identifier of the item", "指标代码")]
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None


QUALITY = (
    ("corrections", CorrectionRow),
    ("conversions", ConversionRow),
    ("changes", code_changes.CrossedRow),
    ("downscaled", downscaling.DownscaledRow),
    ("empty", EmptyRow),
    ("prices", AreaPriceRow),
)


@dataclass
class Statistics:
    """A prepared table of statistics.

    Parameters
    ----------
    table : table (unit_id, unit_name, item, quantity, uom, price, price_uom, price_year, year, source, status, note)
    lists : mapping (text, path)
        Lists of objects of a request workbook, reservoirs and lakes, for [layers].
    prices : table (price, value, uom, year, source)
        Prices for the whole area, for [prices].
    quality : mapping (text, table)
        corrections, conversions, changes, downscaled, empty, prices.
    """

    path: Path
    table: pd.DataFrame
    lists: dict[str, Path] = field(default_factory=dict)
    prices: pd.DataFrame = field(default_factory=pd.DataFrame)
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    recipe: recipes.Recipe | None = None

    @property
    def paths(self) -> list[Path]:
        """Files of the product."""
        return [self.path, *self.lists.values(), recipes.beside(self.path)]


def prepare(
    files: str | Path | Iterable[str | Path],
    units: UnitsSource,
    out: str | Path,
    *,
    id: str | None = None,
    name: str | None = None,
    parent: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    year: int | None = None,
    boundaries: int | None = None,
    sheet: str | None = None,
    aliases: str | Path | None = None,
    item_names: str | Path | Mapping[str, str] | None = None,
    uoms: Mapping[str, str] | None = None,
    changes: str | Path | Iterable[str | Path] = (),
    weight: str | Path | Iterable[str | Path] | Mapping[str, str | Path] | None = None,
    sources: str | Path | SpatialUnits | None = None,
    sources_id: str = "unit_id",
    source: str | None = None,
    progress: Progress | None = None,
) -> Statistics:
    """Long table of statistics out of long and wide tables and the data-request workbook.

    Parameters
    ----------
    files : path or list of path
        .csv, .tsv, .xlsx, .xlsm.
    units : path, GeoDataFrame or SpatialUnits
        Polygons, or a table with codes and names.
    out : path
        Replaced where it exists; lists of reservoirs and lakes are written beside.
    id, name, parent, layer, crs : text
        Fields of the units, see `places.read_units`.
    year : number, yr
        Of rows that state none.
    boundaries : number, yr
        Year of the units' boundaries, where codes do not show it.
    sheet : text
        Of a workbook that is no request workbook.
    aliases : path
        Table (alias, unit): names in the files and the unit, by code or name.
    item_names : path or mapping (text, text)
        Names of items in the files -> identifiers; a table has the columns name and item.
    uoms : mapping (text, text)
        Measures of columns of a wide table that do not name theirs.
    changes : list of text or path
        `old=new`, or a table (old, new, share[, item]): how to cross a change of boundaries.
    weight : text, path, or list of these
        Raster, field of the units or table (unit_id, weight) by which larger units are shared out; `item=...` for one item.
    sources : path or SpatialUnits
        Polygons of the larger units, where the units do not lie each in one of them.
    sources_id : text
        Their field of the code.
    source : text
        Source of rows that state none.
    progress : callable (done, text)
        False stops.

    Raises
    ------
    InputError
        Whatever cannot be read without a guess, with the cell.
    """
    options = {key: value for key, value in locals().items() if key not in ("out", "progress")}
    paths = [Path(each) for each in ([files] if isinstance(files, str | Path) else files)]
    changes = [changes] if isinstance(changes, str | Path) else list(changes)
    options |= {"files": paths, "changes": [_as_path(each) for each in changes]}
    out = Path(out)
    _step(progress, 0.0, "units")
    places = unit_places.read_units(units, id=id, name=name, parent=parent, layer=layer, crs=crs)
    choice = downscaling.chosen(weight)
    larger = _sources(sources, sources_id, places)
    _complete(places, aliases)
    own = _item_names(item_names)
    found = _read(paths, sheet, own, dict(uoms or {}), progress)
    records = Records(places, own, year, source)
    rows = records.frame(found.rows)
    told = code_changes.read_told(changes, places)
    code_changes.refuse_untold(rows, places, told, boundaries)
    rows, crossed = code_changes.carried(rows, told)
    _step(progress, 0.5, "weights")
    made = downscaling.weights(choice, places, larger, progress) if choice else None
    rows, moved = _moved(rows, places, made)
    result = Statistics(out, _table(rows, places), prices=records.prices())
    result.quality = {
        "corrections": records.corrections.table(),
        "conversions": records.conversions(),
        "changes": pd.DataFrame(crossed, columns=columns(code_changes.CrossedRow)),
        "downscaled": moved,
        "empty": records.empty(),
        "prices": result.prices,
    }
    result.lists = lists.write(found.lists, places, records.corrections, out.parent)
    _noted(result, records)
    _finish(result, [*paths, *_files(units, aliases, item_names, sources, *changes, *choice.values())], options)
    _step(progress, 1.0, "written")
    return result


def _finish(result: Statistics, read: list[Path], options: dict[str, Any]) -> None:
    """Write the table and its recipe."""
    options = {key: _as_path(value) for key, value in options.items()}
    outputs = [result.path, *result.lists.values()]
    result.recipe = recipes.recipe(
        PRODUCT, dict.fromkeys(read), options, quality=result.quality, notes=result.notes, outputs=outputs
    )
    write_table(result.table, result.path)
    recipes.write(result.recipe, result.path)


def _step(progress: Progress | None, done: float, text: str) -> None:
    if progress is not None and progress(done, text) is False:
        raise Cancelled


def _as_path(value: Any) -> Any:
    """Options that are files as paths, so that the recipe makes them absolute."""
    if isinstance(value, list | tuple):
        return [_as_path(each) for each in value]
    if isinstance(value, str) and "=" not in value and Path(value).suffix and Path(value).exists():
        return Path(value)
    if isinstance(value, str) and "=" in value and Path(value.partition("=")[2]).exists():
        head, _, tail = value.partition("=")
        return f"{head}={Path(tail).resolve()}"
    return value


def _files(*values: object) -> list[Path]:
    """Those of some options that are files."""
    paths = [Path(each) for each in values if isinstance(each, str | Path)]
    return [path for path in paths if path.exists()]


def _sources(sources: str | Path | SpatialUnits | None, id: str, places: unit_places.Places) -> SpatialUnits | None:
    """Polygons of the larger units, and their codes among the places."""
    if sources is None:
        if "parent_id" in places.frame.columns:
            places.above |= {code: code for code in places.frame["parent_id"].dropna().astype(str)}
        return None
    made = sources if isinstance(sources, SpatialUnits) else SpatialUnits.read(sources, id=id, name=_name_field(sources))
    places.above |= dict(zip(made.ids, made.frame["name"].astype(str), strict=True))
    return made


def _name_field(path: str | Path) -> str | None:
    from ecoval.units import vectors

    fields = vectors.read(path).frame.columns
    return next((each for each in unit_places.FIELDS["name"] if each in fields), None)


def _complete(places: unit_places.Places, aliases: str | Path | None) -> None:
    """Names, aliases and former codes of the units, once the larger units are known."""
    places.__post_init__()
    named = {code: name for name, code in reversed(unit_places.packaged_aliases())}
    places.add_aliases(unit_places.packaged_aliases(), "alias")
    for code in places.above:
        if places.known.get(code) == code and code in named:
            places.aliases.setdefault(named[code], (code, "alias"))
    if aliases is not None:
        places.add_aliases(unit_places.own_aliases(aliases, places), "own_alias")
    places.former = code_changes.former_names(places.known)


def _item_names(given: str | Path | Mapping[str, str] | None) -> dict[str, str]:
    if given is None or isinstance(given, Mapping):
        return dict(given or {})
    table = tables.read(given, columns(ItemNameRow, required=True), columns(ItemNameRow, required=False), key=("name",))
    return dict(zip(table["name"], table["item"], strict=True))


def _read(
    files: list[Path], sheet: str | None, own: dict[str, str], uoms: dict[str, str], progress: Progress | None
) -> reading.Read:
    found = reading.Read()
    for number, path in enumerate(files):
        _step(progress, 0.1 + 0.3 * number / len(files), path.name)
        reading.read(path, sheet, own, uoms, found)
    return found


def _moved(rows: pd.DataFrame, places: unit_places.Places, made: downscaling.Weights | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    if made is not None:
        return downscaling.downscaled(rows, places, made)
    outside = rows[~rows["code"].isin(places.ids)]
    if len(outside):
        first = outside.iloc[0]
        fields = {"path": first["path"], "cell": first["cell"], "unit": first["code"], "item": first["item"]}
        raise InputError("downscale_weight_absent", **fields)
    return rows, pd.DataFrame(columns=columns(downscaling.DownscaledRow))


def _table(rows: pd.DataFrame, places: unit_places.Places) -> pd.DataFrame:
    """Columns of the interface, sorted by unit; items in the order of reading."""
    if rows.empty:
        raise InputError("statistics_nothing", path="; ".join(sorted(set(rows.get("path", [])))) or "-")
    order = {code: place for place, code in enumerate(places.ids)}
    table = rows.assign(unit_id=rows["code"], unit_name=rows["code"].map(places.names))
    table = table.iloc[table["unit_id"].map(order).argsort(kind="stable")]
    for column in ("year", "price_year"):
        table[column] = table[column].astype("Int64")
    return table[list(COLUMNS)].reset_index(drop=True)


def _noted(result: Statistics, records: Records) -> None:
    """Notes of the recipe, and warnings of what a reader must know."""
    quality = result.quality
    if len(quality["corrections"]):
        shown = [f"{row.cell}: {row.found} -> {row.used}" for row in quality["corrections"].itertuples()]
        result.notes.append(recipes.note("statistics_corrected", count=len(shown), cells=shown))
        warn("statistics_corrected", count=len(shown), cells=shown)
    if len(quality["changes"]):
        pairs = sorted({f"{row.old} -> {row.new}" for row in quality["changes"].itertuples()})
        result.notes.append(recipes.note("statistics_changes_crossed", count=len(quality["changes"]), pairs=pairs))
    moved = quality["downscaled"]
    if len(moved):
        units = sorted(set(moved["unit_id"]))
        result.notes.append(recipes.note("statistics_downscaled", count=len(moved), units=units))
        left = moved[moved["unallocated"] > 0]
        if len(left):
            shown = [f"{row.item} {row.unallocated:.6g} {row.uom} ({row.unit_id})" for row in left.itertuples()]
            fields = {"count": len(left), "parts": shown}
            result.notes.append(recipes.note("statistics_unallocated", **fields))
            warn("statistics_unallocated", MissingData, **fields)
    for entry in records.products():
        result.notes.append(recipes.note("statistics_own_product", item=entry))
    if len(quality["empty"]):
        counts = quality["empty"].groupby("department", sort=False).size()
        shown = [f"{name} {count}" for name, count in counts.items()]
        result.notes.append(recipes.note("request_empty", count=len(quality["empty"]), departments=shown))
    if result.table["year"].isna().any():
        result.notes.append(recipes.note("statistics_year_absent", count=int(result.table["year"].isna().sum())))
