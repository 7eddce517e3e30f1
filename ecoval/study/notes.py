"""What a report always prints beside the account: variants, factors, clipped parts, and shares that ask for a look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import shapely
from affine import Affine

from ecoval import rasters, totals
from ecoval.accounts.gep import gdp_years
from ecoval.accounts.prices import Prices
from ecoval.errors import EcovalError, InputError, warn
from ecoval.findings import note_record, without_advice
from ecoval.grid import CRS, Grid
from ecoval.layers.block import LayerBlock, ServicePlan, Watch
from ecoval.layers.compute import Totals
from ecoval.layers.opened import Layers
from ecoval.layers.opening import source_of
from ecoval.layers.variants import proportion
from ecoval.services.declaration import Input, Variant
from ecoval.terms import number_text, scaled, variants_text
from ecoval.units import SpatialUnits
from ecoval.words import LANGUAGES

MOST_CELLS = 4_000_000  # whose values are held at once
LEAST_CELLS = 1_000  # of a unit, from which on a sample of it gives its 95th percentile
CLIPPED_SHARE = 0.05  # of the quantity: beyond it rain and evapotranspiration do not fit
EVAPORATION_LIMIT = 8.0  # mm in a cooling day: open water does not evaporate more
COOLING_DAYS = Input("cooling_days", "d yr-1", low=0, high=366)
WATER_SHARE = 0.2  # of a unit's sum: beyond it the evaporation of one water body decides


def variant_rows(layers: Layers, totals_found: Totals, priced: Prices) -> list[dict[str, Any]]:
    """Total quantity and value of each variant beside the chosen form, of the first unit set.

    Returns
    -------
    table (service, item, variant, chosen, quantity, uom, value)
    """
    cells = totals_found.cells[totals_found.cells["unit_set"] == next(iter(layers.sets))]
    sums = cells.groupby(["service", "item", "variant"])["quantity"].sum(min_count=1)
    measures = cells.drop_duplicates(["service", "item"]).set_index(["service", "item"])["uom"]
    prices = priced.items.set_index(["service", "item"])["price"]
    chosen = {made.service.code: made for made in layers.plans}
    rows: dict[tuple[str, str], list[tuple[str, bool, Any]]] = {}
    for made in layers.variants:
        service, variant = made.service.code, cast(Variant, made.variant)
        for item in made.service.items:
            key = (service, item.code)
            base = sums.get((*key, ""))
            if base is None or item.code not in {entry.code for entry in chosen[service].service.items}:
                continue
            rows.setdefault(key, [(chosen_name(made, chosen[service], item.code), True, base)])
            if variant.proportional:
                quantity = base * proportion(chosen[service], made, item)
            else:
                quantity = sums.get((*key, variant.name), np.nan)
            rows[key].append((variant.name, False, quantity))
    return [
        {
            "service": service,
            "item": item,
            "variant": name,
            "chosen": used,
            "quantity": quantity,
            "uom": measures[service, item],
            "value": quantity * prices.get((service, item), np.nan),
        }
        for (service, item), found in rows.items()
        for name, used, quantity in found
    ]


def chosen_name(made: ServicePlan, chosen: ServicePlan, item: str) -> str:
    """The choices of the account for the options in which the variants of an item differ."""
    known = made.service.variants
    names = dict.fromkeys(name for variant in known if not variant.items or item in variant.items for name in variant.options)
    return "; ".join(f"{name}={chosen.options[name]}" for name in names if item_uses(known, item, name)) or "-"


def item_uses(known: Iterable[Variant], item: str, name: str) -> bool:
    """Whether a variant of the item names an option."""
    return any(name in variant.options for variant in known if item in variant.items)


def variant_notes(layers: Layers, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One note per item with its variants, the chosen one first, and the reasons of absent ones."""
    notes = []
    for service, item in dict.fromkeys((row["service"], row["item"]) for row in rows):
        mine = [row for row in rows if (row["service"], row["item"]) == (service, item)]
        texts = {lang: [_variant(row, lang) for row in mine] for lang in LANGUAGES}
        chosen = {lang: of[0] for lang, of in texts.items()}
        others = {lang: ("；" if lang == "zh" else "; ").join(of[1:]) for lang, of in texts.items()}
        notes.append(note_record("variants_beside", service=service, item=item, chosen=chosen, others=others))
    return [*notes, *_absent_notes(layers.variants_absent)]


def _absent_notes(absent: Mapping[tuple[str, str], EcovalError]) -> list[dict[str, Any]]:
    """One note per reason for which variants of a service are absent."""
    groups: dict[tuple[str, str], tuple[dict[str, str], list[dict[str, str]]]] = {}
    for (service, variant), error in absent.items():
        reason = _reason(error)
        groups.setdefault((service, reason["en"]), (reason, []))[1].append(_by_language(variant))
    notes = []
    for (service, _), (reason, variants) in groups.items():
        names = {lang: ("；" if lang == "zh" else "; ").join(one[lang] for one in variants) for lang in LANGUAGES}
        notes.append(note_record("variant_absent", service=service, variant=names, reason=reason))
    return notes


def _variant(row: Mapping[str, Any], lang: str) -> str:
    quantity, uom = scaled(row["quantity"], row["uom"], lang)
    return f"{variants_text(row['variant'], lang)}{'：' if lang == 'zh' else ': '}{number_text(quantity)} {uom}"


def _by_language(variant: str) -> dict[str, str]:
    return {lang: variants_text(variant, lang) for lang in LANGUAGES}


def _reason(error: EcovalError) -> dict[str, str]:
    """What is missing, without the last sentence: a reader of the report cannot do anything about it."""
    return {lang: without_advice({"code": error.code, "fields": error.fields}, lang) for lang in LANGUAGES}


def ls_rows(layers: Layers) -> list[dict[Any, Any]]:
    """Mean and 95th percentile of LS per unit: the factor by which two results differ most.

    Of a grid with more than `MOST_CELLS` every n-th row and column is taken, which is noted; a unit that has fewer than
    `LEAST_CELLS` of these is read whole.

    Returns
    -------
    table (unit_set, unit_id, mean, p95)
    """
    reader: Any = layers.readers.get("ls")
    if reader is None:
        return []
    grid = layers.grid
    every = math.ceil(math.sqrt(grid.rows * grid.cols / MOST_CELLS))
    whole = reader.source.converted("1")
    sample = whole if every == 1 else _sample(reader, grid, every)
    if every > 1:
        layers.note("ls_sampled", every=every)
    rows: list[dict[Any, Any]] = []
    for unit_set, units in layers.sets.items():
        land = units.to_crs(grid.crs)
        cells = shapely.area(land.geometry) / (grid.cell[0] * grid.cell[1])
        few = [code for code, number in zip(land.ids, cells, strict=True) if every > 1 and number < LEAST_CELLS * every**2]
        many = [code for code in land.ids if code not in set(few)]
        tables = [_ls_of(land.select(many), sample)] if many else []
        tables += [_ls_of(group, whole) for group in groups_of_cells(land.select(few), grid)] if few else []
        place = {code: number for number, code in enumerate(land.ids)}
        of_set = [{"unit_set": unit_set} | row for table in tables for row in table.to_dict("records")]
        rows += sorted(of_set, key=lambda row: place[row["unit_id"]])
    return rows


def _ls_of(units: SpatialUnits, source: Any) -> pd.DataFrame:
    """Mean and 95th percentile of LS; empty for land without elevation."""
    try:
        table = totals.zonal(units, [source], stats=["mean", "quantile:0.95"])
    except InputError as error:
        if error.code != "zonal_all_outside":
            raise
        table = pd.DataFrame({"unit_id": units.ids, "mean": math.nan, "quantile:0.95": math.nan})
    return table.rename(columns={"quantile:0.95": "p95"})[["unit_id", "mean", "p95"]]


def _sample(reader: Any, grid: Grid, every: int) -> tuple[np.ndarray, Affine, CRS]:
    """Every n-th row and column of a layer, each value for the square of cells that it stands in the middle of."""
    sample = np.empty([len(range(every // 2, size, every)) for size in grid.shape], dtype=np.float32)
    for tile in grid.tiles():
        row, col = tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
        down, across = ((every // 2 - start) % every for start in (row, col))
        part = reader.read(tile)[down::every, across::every]
        top, left = (row + down) // every, (col + across) // every
        sample[top : top + part.shape[0], left : left + part.shape[1]] = part
    west, _, _, north = grid.bounds
    width, height = (side * every for side in grid.cell)
    return sample, Affine(width, 0, west, 0, -height, north), grid.crs


def evaporation_days(layers: Layers) -> rasters.Source | None:
    """Cooling days to judge the evaporation of open water by, where the study has both."""
    plans = any("water" in made.scopes for made in layers.plans) and "water_evaporation" in layers.readers
    declared = layers.declaration.layers.get(COOLING_DAYS.role)
    if not plans or declared is None:
        return None
    source = source_of(declared, layers.year, COOLING_DAYS).converted(COOLING_DAYS.measure)
    rasters.align(source, layers.grid).close()
    return source


def groups_of_cells(units: SpatialUnits, grid: Grid, most: int = MOST_CELLS) -> list[SpatialUnits]:
    """Units in groups that hold few enough cells for all of their values to be in memory; a larger unit is one of its own.

    Parameters
    ----------
    units
        In the CRS of the grid.
    most
        Cells of a group.
    """
    sizes = shapely.area(units.geometry) / (grid.cell[0] * grid.cell[1])
    groups: list[list[str]] = [[]]
    held = 0.0
    for code, size in zip(units.ids, sizes.tolist(), strict=True):
        if groups[-1] and held + size > most:
            groups.append([])
            held = 0.0
        groups[-1].append(code)
        held += size
    return [units] if len(groups) == 1 else [units.select(codes) for codes in groups]


def evaporation_rate(layers: Layers) -> tuple[float | None, float]:
    """Evaporation of open water per cooling day, where the study has both layers; looked up tile by tile.

    Returns
    -------
    number, mm d-1
        The largest; None where it cannot be told.
    number, 1
        Share of the water cells beyond `EVAPORATION_LIMIT`.
    """
    source = evaporation_days(layers)
    if source is None:
        return None, 0.0
    counted = np.append(next(made.scopes["water"] for made in layers.plans if "water" in made.scopes), False)
    largest, beyond, cells = 0.0, 0, 0
    with rasters.align(source, layers.grid) as days:
        for tile in layers.grid.tiles():
            block = LayerBlock(tile, layers, Watch())
            water = counted[block.index]
            if water.any():
                evaporation = cast(np.ndarray, block.role("water_evaporation", "mm yr-1"))
                rate = evaporation[water] / np.maximum(days.read(tile)[water], 1.0)
                largest = float(np.fmax(largest, np.fmax.reduce(rate)))
                beyond, cells = beyond + int((rate > EVAPORATION_LIMIT).sum()), cells + int(np.isfinite(rate).sum())
    return (largest, beyond / cells) if cells else (None, 0.0)


def warn_of_evaporation(layers: Layers) -> None:
    """Warn where water evaporates more in a cooling day than it can."""
    largest, share = evaporation_rate(layers)
    if share > 0:
        warn("water_evaporation_large", largest=largest, share=f"{share:.1%}", limit=EVAPORATION_LIMIT)


def warn_of_gdp(layers: Layers, price_year: int) -> None:
    """Warn where GDP is in money of another year than the account, so that their ratio stays empty."""
    if layers.statistics is None:
        return
    years = gdp_years(layers.statistics)
    other = years[(years != price_year).to_numpy()]
    if len(other):
        stated = sorted({"-" if year != year else str(int(year)) for year in other})
        warn("gdp_of_other_year", years=stated, price_year=price_year)


def warn_of_shares(cells: pd.DataFrame, supply: pd.DataFrame, gep: pd.DataFrame) -> None:
    """Warn where a formula cut off much, or where the evaporation of water bodies is much of a unit's sum.

    Parameters
    ----------
    cells : table (unit_set, service, item, quantity, diagnostic, variant)
    supply : table (unit_set, unit_id, service, item, value)
    gep : table (unit_set, unit_id, provisioning, regulating, cultural)
    """
    own = cells[cells["variant"] == ""]
    sums = own.groupby(["service", "item"])["quantity"].sum()
    clipped, kept = sums.get(("water_retention", "clipped"), 0.0), sums.get(("water_retention", "retention"), 0.0)
    if kept > 0 and clipped / kept > CLIPPED_SHARE:
        warn("retention_clipped", share=f"{clipped / kept:.1%}", limit=f"{CLIPPED_SHARE:.0%}")
    water = supply[(supply["service"] == "climate_regulation") & (supply["item"] == "water")]
    values = water.groupby(["unit_set", "unit_id"])["value"].sum()
    whole = gep.set_index(["unit_set", "unit_id"])[["provisioning", "regulating", "cultural"]].sum(axis=1)
    share = (values / whole.where(whole > 0)).dropna()
    large = share[share > WATER_SHARE]
    if len(large):
        units = [f"{unit} ({value:.0%})" for unit, value in zip(large.index.get_level_values("unit_id"), large, strict=True)]
        warn("water_decides", units=units, limit=f"{WATER_SHARE:.0%}")
