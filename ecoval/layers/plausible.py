"""Whether what a study reads is plausible: layers, statistics, prices, and layers against each other, each by its guard.

Layers are looked at in a few windows of the study's grid, the same for all of them, so that nothing depends on how large it is and
two layers can be compared cell by cell. `check` lists what it meets; a run refuses the first that cannot be, warns of the others,
and keeps those that the study accepts among its notes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd
import shapely

from ecoval import guards, measure, rasters
from ecoval.constants import M2_PER_KM2
from ecoval.errors import InputError, OutOfRange, warn
from ecoval.findings import finding
from ecoval.grid import Grid
from ecoval.guards import Verdict, accept_in, guard_of, judged
from ecoval.layers import soils
from ecoval.layers.block import Derived, LayerBlock, Watch
from ecoval.layers.items import ItemNames
from ecoval.layers.opened import Layers
from ecoval.layers.rain import TABLE_ENDINGS
from ecoval.services.declaration import Input
from ecoval.units import vectors
from ecoval.words import Phrase, in_words

SIDE = 16  # cells of a window
NET_SIDE = 4  # windows on a side of the net over the study
OWN_WINDOWS = 4  # windows in units of their own: some of a study of many small ones
SMALL = 1e-30  # for the logarithm of nothing
MANY_BANDS = 24  # from which on only the first windows are read
TEXTURE_ROLES = ("soil_sand", "soil_silt", "soil_clay")
DAYS, MONTHS = 365.25, 12
DAYS_OF_YEAR = 366  # beyond which a daily series is of several years
CARBON_OF_MATTER = 0.58  # to judge the ratio of carbon to nitrogen by; no number of an account

Open = Callable[[Any, int, "Input | None"], rasters.Source]


@dataclass(frozen=True)
class Remark:
    """What was judged, with the part of the study and the file where it stands."""

    part: str
    where: str
    verdict: Verdict


def settle(layers: Layers, remarks: list[Remark]) -> None:
    """Refuse the first value that cannot be, warn of those that are not plausible, note those that the study accepts.

    Raises
    ------
    InputError
        `implausible_refused`.
    """
    for each in (one.verdict for one in remarks):
        if each.level == guards.REFUSED:
            raise InputError(each.code, **each.fields)
        if each.level == guards.WARNED:
            warn(each.code, OutOfRange, **each.fields)
        else:
            layers.notes.append(finding(each.code, **each.fields).record())


def implausible(sample: Sample) -> list[Remark]:
    """Everything that a study reads and that is outside the limits of its guard."""
    layers, inputs = sample.layers, sample.inputs
    values = {role: cells for role in inputs if (cells := sample.values(role)) is not None}
    remarks = [
        *_of_layers(layers, inputs, values, sample),
        *_of_relations(layers, values),
        *_of_pairs(layers, inputs, values, sample),
    ]
    remarks += [*_of_tables(layers), *_of_statistics(layers), *_of_prices(layers)]
    return [*remarks, *_not_judged(layers, inputs, values)]


def _not_judged(layers: Layers, inputs: Mapping[str, Input], values: Mapping[str, np.ndarray]) -> Iterator[Remark]:
    """What nothing judges, named once: layers that are read later or have no guard, products in a measure without one."""
    numbers = {role: entry for role, entry in inputs.items() if entry.kind not in ("table", "categorical")}
    names = [f"layers.{role}" for role in numbers if role not in values or guard_of("layer", f"{role}:mean") is None]
    for table in layers.statistic_tables.values():
        priced = table[table["price"].notna()]
        pairs = priced[["item", "price_uom"]].fillna("1").drop_duplicates().astype(str).itertuples(index=False)
        names += [item for item, uom in pairs if guard_of("product", item, uom) is None and ":" not in item]
    if names:
        path = str(layers.declaration.path)
        yield Remark("study", path, Verdict(guards.ACCEPTED, "implausible_not_judged", {"names": tuple(dict.fromkeys(names))}))


def check_texture(sample: Sample) -> None:
    """Nothing where the textures in the windows add up, as the run asks of all of them.

    Raises
    ------
    InputError
        `texture_sum`.
    """
    made = sample.layers.readers.get("erodibility")
    on_own_cells = isinstance(made, Derived) and made.constants.get("rims")  # where its own cells were looked at
    if set(TEXTURE_ROLES) <= set(sample.inputs) and not on_own_cells:
        sand, silt, clay, rock = (sample.values(role) for role in (*TEXTURE_ROLES, soils.ROCK.role))
        if sand is not None and silt is not None and clay is not None:
            soils.check_texture(sand, silt, clay, rock)


class Sample:
    """The windows of a study in which its layers are looked at, each layer read once.

    Parameters
    ----------
    inputs
        Declared role that is read -> what reads it.
    source_of
        Opens a declared layer.
    """

    def __init__(self, layers: Layers, inputs: Mapping[str, Input], source_of: Open) -> None:
        self.layers, self.inputs, self.source_of = layers, inputs, source_of
        self.read: dict[str, np.ndarray | None] = {}

    @cached_property
    def windows(self) -> list[Grid]:
        """Where the layers are read."""
        return list(_windows(self.layers))

    @cached_property
    def land(self) -> list[np.ndarray]:
        """Cells of each window that are judged."""
        return [self._land(window) for window in self.windows]

    def _land(self, window: Grid) -> np.ndarray:
        """Cells of a window whose ecosystem type is known; all where cells have parts."""
        if self.layers.parted is not None or "landcover" not in self.layers.readers:
            return np.ones(window.shape, dtype=bool)
        return LayerBlock(window, self.layers, Watch()).known

    def values(self, role: str) -> np.ndarray | None:
        """Cells of a declared layer (bands, cells), on land, in the measure of what reads it; None for what is no raster."""
        if role in self.inputs and role not in self.read:
            self.read[role] = self._values(role, self.inputs[role])
        return self.read.get(role)

    def _values(self, role: str, entry: Input) -> np.ndarray | None:
        layer = self.layers.declaration.layers[role]
        if entry.kind in ("table", "categorical") or layer.path(self.layers.year).suffix.lower() in TABLE_ENDINGS:
            return None
        source = self.source_of(layer, self.layers.year, entry)
        with rasters.align(source, self.layers.grid) as aligned:
            many = len(aligned.bands) > MANY_BANDS
            places = range(len(self.windows))[: 2 if many else None]
            parts = [self._masked(aligned.read(self.windows[place]), place) for place in places]
        return np.concatenate(parts, axis=1).astype(np.float64) * measure.factor(str(source.measure), entry.measure)

    def prepared(self, role: str, uom: str) -> np.ndarray:
        """Cells of a layer that was made, in a measure."""
        parts = [np.asarray(LayerBlock(window, self.layers, Watch()).role(role, uom)) for window in self.windows]
        return np.concatenate([self._masked(part, place) for place, part in enumerate(parts)], axis=1)

    def _masked(self, values: np.ndarray, place: int) -> np.ndarray:
        return (values if values.ndim == 3 else values[None])[:, self.land[place]]

    def slope(self, role: str, entry: Input) -> float:
        """Mean slope between neighbouring cells, degrees."""
        source = self.source_of(self.layers.declaration.layers[role], self.layers.year, entry)
        width, height = self.layers.grid.cell_size_m
        factor, slopes = measure.factor(str(source.measure), "m"), []
        with rasters.align(source, self.layers.grid) as aligned:
            for window in self.windows:
                if min(window.shape) > 1:
                    down, across = np.gradient(aligned.read(window).astype(np.float64) * factor, height, width)
                    slopes.append(np.degrees(np.arctan(np.hypot(down, across))).ravel())
        return _mean(np.concatenate(slopes)) if slopes else math.nan


def _windows(layers: Layers) -> Iterator[Grid]:
    """Windows over a net of points inside the units, and over a point of some units."""
    grid, frame = layers.grid, layers.units.frame
    left, bottom, right, top = grid.bounds
    steps = (np.arange(NET_SIDE) + 0.5) / NET_SIDE
    east, north = (axis.ravel() for axis in np.meshgrid(left + steps * (right - left), bottom + steps * (top - bottom)))
    net = shapely.points(east, north)
    inside = np.unique(frame.sindex.query(net, predicate="intersects")[0])
    several = np.unique(np.linspace(0, len(frame) - 1, OWN_WINDOWS).astype(int))
    points = [*net[inside], *shapely.point_on_surface(frame.geometry.to_numpy()[several])]
    rows, cols = min(SIDE, grid.rows), min(SIDE, grid.cols)
    places = {
        (
            int(np.clip((top - point.y) / abs(grid.cell[1]) - rows / 2, 0, grid.rows - rows)),
            int(np.clip((point.x - left) / abs(grid.cell[0]) - cols / 2, 0, grid.cols - cols)),
        )
        for point in points
    }
    for row, col in sorted(places):
        yield grid.window(row, col, rows, cols)


def _mean(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else math.nan


def _range(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(np.ptp(values)) if values.size else math.nan


def _of_layers(layers: Layers, inputs: Mapping[str, Input], values: Mapping[str, np.ndarray], sample: Sample) -> Iterator[Remark]:
    for role, cells in values.items():
        entry, layer = inputs[role], layers.declaration.layers[role]
        where, uom = str(layer.path(layers.year)), layer.measure or entry.measure
        for part, number in (("mean", _mean(cells)), ("range", _range(cells))):
            guard = guard_of("layer", f"{role}:{part}", entry.measure)
            if guard is not None:
                value = number * measure.factor(entry.measure, guard.measure)
                what = in_words(f"guard_layer_{part}", role=role)
                entry_of = accept_in("layers", role)
                verdict = judged(guard, value, what, place=where, uom=uom, entry=entry_of, accepted=layer.accept)
                if verdict is not None and not (_beyond(entry, cells) and verdict.cause != "likely_measure"):
                    yield from _remarked(f"layers.{role}", where, verdict)
        if (guard := guard_of("layer", f"{role}:slope")) is not None:
            what = in_words("guard_layer_slope", role=role)
            verdict = judged(
                guard, sample.slope(role, entry), what, place=where, entry=accept_in("layers", role), accepted=layer.accept
            )
            yield from _remarked(f"layers.{role}", where, verdict)
    for role in layers.readers:
        guard = guard_of("layer", f"{role}:mean")
        if guard is not None and role not in layers.declaration.layers:
            where, what = layers.described[role], in_words("guard_layer_mean", role=role)
            verdict = judged(guard, _mean(sample.prepared(role, guard.measure)), what, place=where)
            yield from _remarked(f"layers.{role}", where, _warning(verdict))


def _beyond(entry: Input, cells: np.ndarray) -> bool:
    """Whether cells are outside the domain of the role: these are counted and refused where they are read."""
    low, high = (-math.inf if entry.low is None else entry.low), (math.inf if entry.high is None else entry.high)
    return bool(((cells < low) | (cells > high)).any())


def _warning(verdict: Verdict | None) -> Verdict | None:
    """At most a warning: what is made of layers is judged by them, and has no entry that could accept it."""
    if verdict is None or verdict.level != guards.REFUSED:
        return verdict
    return replace(
        verdict,
        level=guards.WARNED,
        code=guards.CODES[guards.WARNED],
        fields={name: field for name, field in verdict.fields.items() if name != "entry"},
    )


def _remarked(part: str, where: str, verdict: Verdict | None) -> Iterator[Remark]:
    if verdict is not None:
        yield Remark(part, where, verdict)


def _of_relations(layers: Layers, values: Mapping[str, np.ndarray]) -> Iterator[Remark]:
    means = {role: _mean(cells) for role, cells in values.items()}

    def over(above: str, below: str, factor: float = 1.0) -> float:
        if above not in means or below not in means or not means[below]:
            return math.nan
        return means[above] / means[below] * factor

    relations = {
        "rain_beyond_evapotranspiration": _share_beyond(values.get("precipitation"), values.get("evapotranspiration")),
        "rain_of_months": over("precipitation_monthly", "precipitation", MONTHS),
        "rain_of_days": over("rain_daily", "precipitation", DAYS),
        "cooling_of_evapotranspiration": over("cooling_evapotranspiration", "evapotranspiration"),
        "water_use_efficiency": over("npp", "evapotranspiration"),
        "npp_of_cover": over("npp", "cover"),
        "carbon_to_nitrogen": over("soil_organic_matter", "soil_nitrogen", CARBON_OF_MATTER / 100),
        "nitrogen_to_phosphorus": over("soil_nitrogen", "soil_phosphorus"),
    }
    for name, value in relations.items():
        for each in relation(layers, name, value, in_words(f"guard_{name}"), "layers"):
            several = name == "rain_of_days" and len(values["rain_daily"]) > DAYS_OF_YEAR
            verdict = _warning(each.verdict) if several else each.verdict  # many years need not rain as the year does
            yield replace(each, verdict=cast(Verdict, verdict))


def _of_pairs(layers: Layers, inputs: Mapping[str, Input], values: Mapping[str, np.ndarray], sample: Sample) -> Iterator[Remark]:
    """Roles that are one layer: the same file and band, or the same values in every window, unless these are one number."""
    alike: dict[object, list[str]] = {}
    for role, entry in inputs.items():
        layer = layers.declaration.layers[role]
        if entry.kind == "table":
            continue
        path = layer.path(layers.year)
        if path.suffix.lower() not in (*TABLE_ENDINGS, *vectors.ENDINGS):
            source = sample.source_of(layer, layers.year, entry)
            alike.setdefault((str(path.resolve()), layer.subdataset, source.band), []).append(role)
        cells = values.get(role)
        if cells is not None and _range(cells) > 0:
            alike.setdefault((cells.shape, np.nan_to_num(cells, nan=math.inf).tobytes()), []).append(role)
    pairs = dict.fromkeys(tuple(roles) for roles in alike.values() if len(roles) > 1)
    if pairs:
        text = "; ".join(" = ".join(roles) for roles in pairs)
        yield from relation(layers, "same_layer", float(len(pairs)), in_words("guard_same_layer", pairs=text), "layers")


def _share_beyond(first: np.ndarray | None, second: np.ndarray | None) -> float:
    """Share of the cells, of those with both, where one layer is at least the other."""
    if first is None or second is None:
        return math.nan
    both = np.isfinite(first) & np.isfinite(second)
    return float((first >= second)[both].mean()) if both.any() else math.nan


def relation(layers: Layers, name: str, value: float, what: Phrase, part: str) -> Iterator[Remark]:
    """What is to be said of a relation; [checks] may accept it."""
    path, key = str(layers.declaration.path), f"relation:{name}"
    accepted = layers.declaration.checks.accept.get(key)
    yield from _remarked(
        part, path, judged(guard_of("relation", name), value, what, place=path, entry=accept_in("checks", key), accepted=accepted)
    )


def _of_tables(layers: Layers) -> Iterator[Remark]:
    """Lakes and reservoirs, each by itself."""
    lakes, reservoirs = layers.tables.get("lakes"), layers.tables.get("reservoirs")
    for table, of in ((lakes, _of_lake), (reservoirs, _of_reservoir)):
        for row in () if table is None else table.to_dict("records"):
            for name, value, what in of(row):
                yield from relation(layers, name, value, what, "layers.lakes" if of is _of_lake else "layers.reservoirs")


def _of_lake(row: Mapping[Hashable, Any]) -> Iterator[tuple[str, float, Phrase]]:
    part, name = _number(row, "area"), row.get("name", row["unit_id"])
    whole = _number(row, "lake_area")
    whole = part if math.isnan(whole) else whole
    capacity = _number(row, "capacity") * measure.factor(_measure(row), "m3")
    yield "lake_depth", _ratio(capacity, whole), in_words("guard_lake_depth", name=name)
    yield "lake_part", _ratio(part, whole), in_words("guard_lake_part", name=name, unit=row["unit_id"])


def _of_reservoir(row: Mapping[Hashable, Any]) -> Iterator[tuple[str, float, Phrase]]:
    share = _ratio(_number(row, "flood_capacity"), _number(row, "total_capacity"))
    measure.factor(_measure(row), "m3")  # refused here, not in the run
    yield "flood_capacity", share, in_words("guard_flood_capacity", name=row.get("name", row["unit_id"]))


def _measure(row: Mapping[Hashable, Any]) -> str:
    """Measure of the capacities of a row; m3 where it says none."""
    return "m3" if pd.isna(row.get("uom")) else str(row["uom"])


def _ratio(above: float, below: float) -> float:
    """Without bound over nothing; nan where a number is absent."""
    if below:
        return above / below
    return math.inf if above > 0 else math.nan


def _number(row: Mapping[Hashable, Any], name: str) -> float:
    number = row.get(name)
    return math.nan if number is None or pd.isna(number) else float(number)


def _of_statistics(layers: Layers) -> Iterator[Remark]:
    """Items, products and their prices, each against the unit that it stands for."""
    if layers.statistics is None:
        return
    items = ItemNames([*layers.services])
    areas = {code: area / M2_PER_KM2 for units in layers.sets.values() for code, area in zip(units.ids, units.area(), strict=True)}
    bases: dict[str, Mapping[str, float]] = {"area": areas}
    for name in ("population", "visits", "gdp"):
        rows = layers.statistics[layers.statistics["item"] == name]
        bases[name] = _quantities(rows, items.alone[name].measure)
    for name, table in layers.statistic_tables.items():
        entry = layers.declaration.statistics[name]
        key, where = f"statistics.{name}", str(entry.path(layers.year))
        judge = _Judge(key, where, entry.accept, bases)
        priced = {str(item) for item in table.loc[table["price"].notna(), "item"] if items.is_product(str(item))}
        for item, rows in table.groupby("item", sort=False):
            if item in priced:
                yield from judge.product(str(item), rows)
            elif (statistic := items.statistic(str(item))) is not None:
                product = table[table["item"] == str(item).partition(":")[0]]
                yield from judge.item(str(item), statistic.name, rows, statistic.measure, product)


def _quantities(rows: pd.DataFrame, uom: str) -> dict[str, float]:
    """Quantity of each unit in a measure."""
    factors = [measure.factor(str(symbol), uom) for symbol in rows["uom"].fillna("1")]
    return dict(zip(rows["unit_id"].astype(str), rows["quantity"].to_numpy(dtype=float) * factors, strict=True))


@dataclass(frozen=True)
class _Judge:
    """One table of the statistics."""

    key: str
    where: str
    accept: str | None
    bases: Mapping[str, Mapping[str, float]]

    def item(self, item: str, name: str, rows: pd.DataFrame, uom: str, product: pd.DataFrame) -> Iterator[Remark]:
        """An item that is no product."""
        values = _quantities(rows, uom)
        for guard in guards.guards().get(("statistic", name), ()):
            base = dict.fromkeys(values, math.nan) if guard.per == "output" else self.bases.get(guard.per)
            if guard.per == "output":
                base = _gross(product)
            yield from self._worst(guard, _over(values, base if guard.per else None), item, str(rows["uom"].iloc[0]))

    def product(self, item: str, rows: pd.DataFrame) -> Iterator[Remark]:
        """Price of a product, and its output against the area."""
        stated = rows[rows["price"].notna()]
        for price_uom, those in stated.groupby(stated["price_uom"].fillna("1"), sort=False):
            guard = guard_of("product", item, str(price_uom))
            if guard is not None:
                factor = measure.factor(str(price_uom), guard.measure)
                prices = dict(zip(those["unit_id"].astype(str), those["price"].to_numpy(dtype=float) * factor, strict=True))
                yield from self._worst(guard, prices, item, str(price_uom), "guard_price")
        for uom, those in rows.groupby(rows["uom"].fillna("1"), sort=False):
            guard = guard_of("product", item, str(uom), per="area")
            if guard is not None:
                yield from self._worst(guard, _over(_quantities(those, guard.measure), self.bases["area"]), item, str(uom))

    def _worst(self, guard: guards.Guard, values: Mapping[str, float], item: str, uom: str, code: str = "") -> Iterator[Remark]:
        fields: dict[str, object] = {"item": item}
        if not code and guard.per not in ("", "area"):
            code, fields["other"] = "guard_item_per_item", guard.per
        code = code or ("guard_item_per_area" if guard.per else "guard_item")
        entry = accept_in("statistics", self.key.removeprefix("statistics."))
        place = {"part": self.key, "where": self.where}
        yield from worst(guard, values, code, fields, **place, entry=entry, uom=uom, accepted=self.accept)


def worst(
    guard: guards.Guard,
    values: Mapping[str, float],
    code: str,
    fields: Mapping[str, object],
    *,
    part: str,
    where: str,
    entry: Phrase,
    uom: str = "",
    accepted: str | None = None,
) -> Iterator[Remark]:
    """What is to be said of the unit that is furthest outside, with the others of its level.

    Parameters
    ----------
    values
        Unit -> value in the measure of the guard.
    code, fields
        Phrase that says what is judged; it names the units.
    """
    for level in (guards.REFUSED, guards.WARNED):
        units = [unit for unit, value in values.items() if guard.level(value) == level]
        if units:
            value = max((values[unit] for unit in units), key=lambda each: abs(math.log10(abs(each) or SMALL)))
            what = in_words(code, **fields, units=units)
            yield from _remarked(part, where, judged(guard, value, what, place=where, uom=uom, entry=entry, accepted=accepted))
            return


def _over(values: Mapping[str, float], base: Mapping[str, float] | None) -> dict[str, float]:
    """Values over the base of their unit; nan where it has none."""
    if base is None:
        return dict(values)
    return {unit: value / base[unit] if base.get(unit) else math.nan for unit, value in values.items()}


def _gross(product: pd.DataFrame) -> dict[str, float]:
    """Value of the output of a product, per unit."""
    values = {}
    for row in product[product["price"].notna()].to_dict("records"):
        price = str(row["price_uom"])
        factor = measure.value_factor(str(row["uom"]), measure.canonical(price)) * measure.factor(price, measure.canonical(price))
        values[str(row["unit_id"])] = float(row["quantity"]) * float(row["price"]) * factor
    return values


def _of_prices(layers: Layers) -> Iterator[Remark]:
    """Prices of the study's own."""
    path = str(layers.declaration.path)
    holders = {service.code for service in layers.services}
    for name, choice in layers.parameters.prices.items():
        below = choice.items() if name in holders and isinstance(choice, Mapping) else ((name, choice),)
        for price, entry in below:
            if isinstance(entry, Mapping) and "value" in entry and "uom" in entry:
                place, entry_of = str(entry.get("table", path)), accept_in("prices" if price == name else f"prices.{name}", price)
                yield from _of_price(price, float(entry["value"]), str(entry["uom"]), place, entry_of, entry.get("accept"))
    for (_, name), rows in layers.parameters.own.items():
        for row in rows if name.startswith("price_") else ():
            key = f"price:{name.removeprefix('price_')}"
            accepted = layers.declaration.checks.accept.get(key)
            yield from _of_price(name, row.value, row.uom, row.table, accept_in("checks", key), accepted)


def _of_price(name: str, value: float, uom: str, place: str, entry: Phrase, accepted: str | None) -> Iterator[Remark]:
    guard = guard_of("price", name.removeprefix("price_"), uom)
    if guard is not None:
        what = in_words("guard_own_price", price=name)
        verdict = judged(
            guard, value * measure.factor(uom, guard.measure), what, place=place, uom=uom, entry=entry, accepted=accepted
        )
        yield from _remarked("prices", place, verdict)
