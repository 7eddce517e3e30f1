"""One pass over the canonical tiles: every service of every unit while the layers are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from ecoval import measure, totals
from ecoval.constants import M2_PER_HECTARE, MISSING_TYPE
from ecoval.errors import InputError, MissingData, ParameterError, warn
from ecoval.grid import Grid
from ecoval.layers.block import LayerBlock, LayerReader, ServicePlan, Watch, out_of_range
from ecoval.layers.opened import Layers
from ecoval.layers.parted import PairBlock
from ecoval.layers.selection import UNDECIDED
from ecoval.services.declaration import Item
from ecoval.totals.blocks import Progress

TOTAL_COLUMNS = (
    "unit_set",
    "unit_id",
    "ecosystem_type",
    "service",
    "item",
    "quantity",
    "uom",
    "valid_area",
    "missing_area",
    "out_of_scope_area",
    "diagnostic",
    "variant",
)


@dataclass(frozen=True)
class Totals:
    """Sums over cells as long tables, and the area of each type in each unit."""

    cells: pd.DataFrame
    areas: pd.DataFrame
    ranges: dict[str, tuple[float, float, int]]  # of each layer: smallest, largest, cells beyond its bounds


PlannedItem = tuple[ServicePlan, Item]  # a column of the sums


class KeptBlocks(Protocol):
    """Blocks of earlier passes."""

    def found(self, tile: Grid) -> totals.Block | None:
        """The block of a tile where one is kept."""

    def keep(self, tile: Grid, block: totals.Block) -> None:
        """Take the block of a tile."""


class _Refused(Exception):
    """A tile holds something that stops the run; the full count follows in a second look."""


def compute(layers: Layers, threads: int | None = None, progress: Progress | None = None, kept: KeptBlocks | None = None) -> Totals:
    """Quantities of all cell items per unit, ecosystem type and item, in one pass, which `progress` stops by False."""
    plans = (*layers.plans, *layers.passed_variants)
    items = [(plan, item) for plan in plans for item in plan.service.items if item.form != "table"]
    scope = _scope(items, layers.lookup.missing)
    for strict in (True, False):
        watch = Watch()
        try:
            sums = _sums(layers, items, watch, strict, scope, (threads, progress, kept if strict else None))
        except _Refused:
            # what stopped the pass may lie outside every unit: then the second pass takes it as missing
            explain(layers, watch, threads)
            continue
        return _tables(sums, layers, items, watch)
    raise AssertionError("the second pass refuses nothing")


def _sums(
    layers: Layers,
    items: Sequence[PlannedItem],
    watch: Watch,
    strict: bool,
    scope: np.ndarray,
    driving: tuple[int | None, Progress | None, KeptBlocks | None],
) -> totals.Sums:
    """Sums over cells of one type each, or over the parts of cells that several types have."""
    threads, progress, kept = driving
    if layers.parted is None:
        read = _reader(layers, items, watch, strict, kept)
        return totals.accumulate(layers.grid, layers.units, read, scope, threads=threads, progress=progress)

    def densities(whole: LayerBlock, listed: PairBlock) -> list[np.ndarray]:
        quantities = [_listed_quantity(whole, listed, plan, item, layers) for plan, item in items]
        if strict and watch.refuses:
            raise _Refused
        return quantities

    quantities = layers.parted.quantities(layers, watch, densities)
    sums = layers.parted.sums(quantities, scope, threads=threads, progress=progress)
    for code, fields in layers.parted.notes():
        layers.note(code, **fields)
    return sums


def _listed_quantity(whole: LayerBlock, listed: PairBlock, plan: ServicePlan, item: Item, layers: Layers) -> np.ndarray:
    """Density of one item at the pairs of cell and type of a tile."""
    if item.form == "cell":
        return cast(np.ndarray, listed.quantity(plan, item)[0])
    return cast(np.ndarray, _quantity(whole, plan, item, layers).ravel()[listed.cell])


def _reader(
    layers: Layers, items: Sequence[PlannedItem], watch: Watch, strict: bool, kept: KeptBlocks | None = None
) -> Callable[[Grid], totals.Block]:
    def read(tile: Grid) -> totals.Block:
        earlier = kept.found(tile) if kept is not None else None
        if earlier is not None:
            return earlier
        block = LayerBlock(tile, layers, watch)
        if strict and watch.unknown:
            raise _Refused
        quantities = [_quantity(block, plan, item, layers) for plan, item in items]
        if strict and watch.refuses:
            raise _Refused
        made = totals.Block(types=block.index, quantities=quantities)
        if kept is not None:
            kept.keep(tile, made)
        return made

    return read


def _quantity(block: LayerBlock, plan: ServicePlan, item: Item, layers: Layers) -> np.ndarray:
    if item.form == "cell":
        return block.quantity(plan, item)
    halo = item.halo
    around = LayerBlock(block.tile.enlarged(halo), layers, Watch())
    return np.ascontiguousarray(around.quantity(plan, item)[halo:-halo, halo:-halo])


def _scope(items: Sequence[PlannedItem], count: int) -> np.ndarray:
    scope = np.zeros((count, len(items)), dtype=bool)
    for column, (plan, item) in enumerate(items):
        scope[:, column] = plan.scopes[item.code]
    return scope


def lacking_types(plans: Iterable[ServicePlan]) -> dict[tuple[str, str, str], set[int]]:
    """Service, and holder and name of a number -> positions of the types in scope without it: their land is missing area."""
    lacking: dict[tuple[str, str, str], set[int]] = {}
    for plan in plans:
        for item in plan.service.items:
            if not item.diagnostic:
                for position, pairs in plan.lacking.get(item.code, {}).items():
                    for pair in pairs:
                        lacking.setdefault((plan.service.code, *pair), set()).add(position)
    return lacking


def lacking_records(
    plans: Sequence[ServicePlan], types: Sequence[int], areas: Sequence[float] | np.ndarray
) -> list[tuple[str, dict[str, Any]]]:
    """Code and fields of what is said of types that are there and have no number: service, number, hectares, where to write it.

    `areas` are those of the types inside the units, in m2.
    """
    records: list[tuple[str, dict[str, Any]]] = []
    for (service, holder, name), positions in lacking_types(plans).items():
        there = sorted(position for position in positions if areas[position] > 0)
        if not there:
            continue
        kinds = [f"{types[place]} ({areas[place] / M2_PER_HECTARE:.4g} ha)" for place in there]
        fields: dict[str, Any] = {"service": service, "types": kinds, "keys": [str(types[place]) for place in there]}
        if name == UNDECIDED:
            records.append(("types_too_coarse", fields))
            continue
        records.append(("types_without_parameter", fields | {"parameters": [name], "table": f"parameters/{holder}.csv"}))
    return records


def tell_of_lacking(layers: Layers, areas: pd.DataFrame, strict: bool = False) -> None:
    """Warn of types without a number, with their hectares and where to write it.

    Parameters
    ----------
    layers : Layers
    areas : table (unit_set, ecosystem_type, area)
    strict : choice {True, False}
        Refuse instead.

    Raises
    ------
    ParameterError
    """
    sums = areas.groupby(["unit_set", "ecosystem_type"])["area"].sum().groupby(level="ecosystem_type").max()
    of_types = [float(sums.get(str(code), 0.0)) for code in layers.lookup.types]
    for code, fields in lacking_records(layers.plans, layers.lookup.types, of_types):
        if strict:
            raise ParameterError(code, **fields)
        warn(code, MissingData, **fields)


def explain(layers: Layers, watch: Watch, threads: int | None) -> None:
    """Raise the error of what stopped the pass, with counts over the grid and areas in the units.

    Returns where all of it lies outside the units.

    Raises
    ------
    InputError
    """
    full = Watch()
    roles = [role for role, (_, _, beyond) in watch.ranges.items() if beyond]
    roles += [role for role in ("erodibility",) if watch.textures is not None]
    for tile in layers.grid.tiles():
        block = LayerBlock(tile, layers, full)
        for role in roles:
            block.role(role)
    if full.textures is not None:
        raise InputError("texture_sum", **full.textures)
    if full.unknown:
        refuse_codes(layers, full.unknown, threads)
    for role in roles:
        if full.ranges[role][2]:
            _refuse_range(layers, role, full.ranges[role])


def refuse_codes(layers: Layers, unknown: Mapping[int, int], threads: int | None) -> None:
    """Nothing where codes of land cover that the table of classes lacks lie outside the units; `unknown` counts their cells.

    Raises
    ------
    InputError
        landcover_codes_unknown.
    """
    codes = sorted(unknown)

    def read(tile: Grid) -> totals.Block:
        cover = cast(LayerReader, layers.readers["landcover"]).read(tile)
        index = np.full(cover.shape, len(codes), dtype=np.int16)
        for place, code in enumerate(codes):
            index[cover == code] = place
        return totals.Block(types=index, quantities=[])

    areas = _type_areas(layers, read, len(codes), threads)
    inside = [(code, area) for code, area in zip(codes, areas, strict=True) if area > 0]
    if inside:
        raise InputError(
            "landcover_codes_unknown",
            path=layers.described["landcover"],
            codes=[f"{code} ({unknown[code]} cells, {area:.4g} ha)" for code, area in inside],
            table=layers.classes_table,
            suspects=_nodata_suspects([code for code, _ in inside]),
        )


def _nodata_suspects(codes: Sequence[int]) -> list[int] | str:
    usual = (0, 127, 128, 255, 32767, -32768, 65535)
    return [code for code in codes if code in usual or code < 0] or "-"


def _type_areas(layers: Layers, read: Callable[[Grid], totals.Block], count: int, threads: int | None) -> np.ndarray:
    """Hectares of each type in all units together."""
    sums = totals.accumulate(layers.grid, layers.units, read, np.zeros((count, 0), dtype=bool), threads=threads)
    return cast(np.ndarray, np.asarray(sums.area)[:, :count].sum(axis=0) / M2_PER_HECTARE)


def _refuse_range(layers: Layers, role: str, found: tuple[float, float, int]) -> None:
    smallest, largest, count = found
    raise out_of_range(role, layers.described[role], (smallest, largest), layers.bounds[role], layers.measures.get(role), count)


def _tables(sums: totals.Sums, layers: Layers, items: Sequence[PlannedItem], watch: Watch) -> Totals:
    members = layers.members
    count = layers.lookup.missing
    area = np.asarray(sums.area, dtype=np.float64).copy()
    area[:, count] += np.asarray(sums.outside)
    types = [*(str(code) for code in layers.lookup.types), MISSING_TYPE]
    unit, kind = np.nonzero(area > 0)
    areas = members.iloc[unit][["unit_set", "unit_id"]].reset_index(drop=True)
    areas["ecosystem_type"] = np.array(types, dtype=object)[kind]
    areas["area"] = area[unit, kind]
    parts = [_item_table(sums, areas, (unit, kind), column, entry, count) for column, entry in enumerate(items)]
    cells = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(TOTAL_COLUMNS))
    return Totals(cells=cells[list(TOTAL_COLUMNS)], areas=areas, ranges=dict(watch.ranges))


def whole_land(layers: Layers, areas: np.ndarray) -> Totals:
    """What a pass over the land would give were every layer whole: one of everything on all land in scope that has its numbers.

    Parameters
    ----------
    areas : array (units, types), m2
        The last column is land without a type.
    """
    items = [(plan, item) for plan in layers.plans for item in plan.service.items if item.form != "table"]
    whole = np.repeat(areas[:, :-1, None], len(items), axis=2)
    sums: Any = SimpleNamespace(area=areas, outside=np.zeros(len(areas)), valid_area=whole, quantity=np.ones(whole.shape))
    return _tables(sums, layers, items, Watch())


def _item_table(
    sums: totals.Sums, areas: pd.DataFrame, where: tuple[np.ndarray, np.ndarray], column: int, entry: PlannedItem, count: int
) -> pd.DataFrame:
    plan, item = entry
    unit, kind = where
    land = areas["area"].to_numpy()
    in_scope = np.append(plan.scopes[item.code], True)[kind]
    lacks = np.isin(np.arange(count + 1), list(plan.lacking.get(item.code, ())))  # unknown is no number, whatever was computed
    inside = (kind < count) & ~lacks[kind]
    place = np.where(inside, kind, 0)
    valid = np.where(inside & in_scope, np.asarray(sums.valid_area)[unit, place, column], 0.0)
    quantity = np.where(inside, np.asarray(sums.quantity)[unit, place, column], np.nan)
    table = areas[["unit_set", "unit_id", "ecosystem_type"]].copy()
    table["service"] = plan.service.code
    table["item"] = item.code
    table["quantity"] = np.where(valid > 0, quantity, np.nan)
    table["uom"] = total_measure(item.measure)
    table["diagnostic"] = item.diagnostic
    table["variant"] = plan.variant_name
    table["valid_area"] = np.minimum(valid, land)
    table["missing_area"] = np.where(in_scope, land - table["valid_area"], 0.0)
    table["out_of_scope_area"] = np.where(in_scope, 0.0, land)
    return table


def density_measure(density: str) -> str:
    """Measure of a density as it is computed, per hectare: `t km-2 yr-1` gives `t ha-1 yr-1`."""
    return f"{total_measure(density).removesuffix(' yr-1')} ha-1 yr-1"


def total_measure(density: str) -> str:
    """Measure of a total from that of its density: `t ha-1 yr-1` gives `t yr-1`."""
    return measure.of_density(density)[0]
