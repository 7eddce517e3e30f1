"""One tile in memory: every layer read once, every service's arguments bound by name.

A function gets what its argument names say: a role gives its layer, a parameter the number of each cell's
ecosystem type or one number, an option its text, `types` the ecosystem type codes (0 = missing). The code of another item of
the service gives the quantity of that item, which is computed once per tile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from ecoval import measure
from ecoval.constants import MISSING_CLASS
from ecoval.errors import InputError, ParameterError
from ecoval.grid import Grid
from ecoval.services.declaration import Item, Parameter, Service, Variant
from ecoval.sourced import Number
from ecoval.words import in_words

TYPES = "types"
DIRECT_SPAN = 1 << 16
Once = TypeVar("Once")
Lacking = Mapping[int, set[tuple[str, str]]]  # position of a type -> service and parameter that it misses


class LayerReader(Protocol):
    """What gives the values of a layer in the cells of a window: array (rows, cols) or (bands, rows, cols)."""

    def read(self, tile: Grid, /) -> Any:
        """Values of a window."""


@dataclass(frozen=True)
class ServicePlan:
    """One active service with everything that its functions ask for but the layers."""

    service: Service
    options: Mapping[str, str]
    counted: Mapping[str, str] = field(default_factory=dict)  # of the options those that count, as rows and reports say them
    vectors: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)  # a number, a table key -> number, or None
    scopes: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    found: Mapping[str, tuple[Parameter, Any]] = field(default_factory=dict)
    refused: Mapping[str, ParameterError] = field(default_factory=dict)
    lacking: Mapping[str, Lacking] = field(default_factory=dict)
    variant: Variant | None = None

    def rows(self, types: Sequence[int], present: Collection[int]) -> list[Number]:
        """Numbers of the tables that the account of the types that are there uses.

        Parameters
        ----------
        types : vector (classes), 1
            All types of the land cover, in the order of the vectors.
        present : vector (classes), 1
            Those inside the units.
        """
        rows: list[Number] = []
        for name, (entry, value) in self.found.items():
            counted = [self.scopes[item.code] for item in self.service.items if name in item.needed and item.code in self.scopes]
            codes = [code for place, code in enumerate(types) if code in present and any(scope[place] for scope in counted)]
            rows += entry.used(value, codes)
        return rows

    @property
    def variant_name(self) -> str:
        """Name of the variant, empty for the form of the account."""
        return "" if self.variant is None else self.variant.name

    @cached_property
    def shared(self) -> frozenset[str]:
        """Codes of the items whose quantity others build on."""
        return frozenset(_shared_codes(self.service.items))

    @property
    def measures(self) -> dict[str, str]:
        """Role -> measure that the service wants it in."""
        return {entry.role: entry.measure for entry in self.service.inputs}


def _shared_codes(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        yield from item.shared
        yield from _shared_codes(item.shared.values())


@dataclass(frozen=True)
class Derived:
    """A layer worked out cell by cell from others while a tile is in memory."""

    function: Callable[..., np.ndarray]
    measure: str
    roles: Mapping[str, tuple[str, str]]  # argument -> role and the measure that the function wants it in
    constants: Mapping[str, Any] = field(default_factory=dict)
    known: bool = False


class ClassLookup:
    """Land-cover code -> index of its ecosystem type; codes that the table lacks are counted."""

    def __init__(self, types: Mapping[int, int]) -> None:
        self.codes = np.array(sorted(types), dtype=np.int64)
        self.types = tuple(sorted(set(types.values())))
        self.missing = len(self.types)
        position = {code: index for index, code in enumerate(self.types)}
        self._index = np.array([position[types[code]] for code in self.codes.tolist()], dtype=np.int16)
        self.type_codes = np.array([*self.types, 0], dtype=np.int16)
        low, high = int(self.codes[0]), int(self.codes[-1])
        self._low = low
        self._table: npt.NDArray[np.int16] | None = None
        if high - low < DIRECT_SPAN:
            self._table = np.full(high - low + 3, -1, dtype=np.int16)
            self._table[self.codes - low + 1] = self._index

    def index(self, codes: np.ndarray) -> tuple[npt.NDArray[np.int16], dict[int, int]]:
        """Index of each cell's type and the unknown codes with their number of cells."""
        if self._table is not None:
            last = len(self._table) - 1
            place = np.clip(codes.astype(np.int64) - (self._low - 1), 0, last)
            index = self._table[place]
        else:
            place = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
            index = np.where(self.codes[place] == codes, self._index[place], np.int16(-1))
        outside = index < 0
        if not outside.any():
            return index, {}
        index = np.where(outside, np.int16(self.missing), index)
        found, counts = np.unique(codes[outside], return_counts=True)
        unknown = dict(zip(found.tolist(), counts.tolist(), strict=True))
        unknown.pop(MISSING_CLASS, None)
        return index, unknown


class LayerSet(Protocol):
    """The layers of a study, as far as a tile asks."""

    lookup: ClassLookup
    readers: dict[str, LayerReader | Derived]
    measures: dict[str, str | None]
    bounds: dict[str, tuple[float, float]]


def out_of_range(
    role: str,
    path: str,
    extremes: tuple[float, float],
    bounds: tuple[float | None, float | None],
    uom: str | None,
    count: int | None = None,
) -> InputError:
    """The error of a layer whose smallest or largest value is not within its bounds.

    Parameters
    ----------
    count : number, 1
        Cells inside the study that are not; None where only a sample was looked at.
    """
    (smallest, largest), (low, high) = extremes, bounds
    percent = high == 1.0 and 1.0 < largest <= 100.0 and smallest >= 0.0
    code = "layer_percent_for_fraction" if percent else "layer_out_of_range"
    cells = in_words("cells_sampled") if count is None else in_words("cells_counted", number=count)
    fields = {"smallest": smallest, "largest": largest, "low": low, "high": high, "uom": uom or "1"}
    return InputError(code, role=role, path=path, cells=cells, **fields)


class Watch:
    """What the pass notices beside the sums: unknown codes and values out of their range."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.unknown: dict[int, int] = {}
        self.ranges: dict[str, tuple[float, float, int]] = {}
        self.textures: dict[str, float] | None = None

    def texture(self, count: int, low: float, high: float, tolerance: float) -> None:
        """Add soils whose texture does not add up."""
        with self._lock:
            was = self.textures or {"count": 0, "low": low, "high": high}
            total = {"count": was["count"] + count, "low": min(was["low"], low), "high": max(was["high"], high)}
            self.textures = total | {"tolerance": tolerance}

    @property
    def refuses(self) -> bool:
        """Whether values were seen that stop a run."""
        return self.textures is not None or any(beyond for _, _, beyond in self.ranges.values())

    def codes(self, unknown: Mapping[int, int]) -> None:
        """Add counts of unknown land-cover codes."""
        if unknown:
            with self._lock:
                for code, count in unknown.items():
                    self.unknown[code] = self.unknown.get(code, 0) + count

    def values(self, role: str, low: float, high: float, values: np.ndarray, known: npt.NDArray[np.bool_]) -> None:
        """Note the smallest and largest value of a layer, and count those beyond its bounds."""
        smallest, largest = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
        if smallest != smallest:
            return
        beyond = 0
        if smallest < low or largest > high:
            inside = values[..., known]
            with np.errstate(invalid="ignore"):
                beyond = int(np.count_nonzero((inside < low) | (inside > high)))
            smallest, largest = np.fmin.reduce(inside, axis=None, initial=np.nan), np.fmax.reduce(inside, axis=None, initial=np.nan)
        with self._lock:
            was = self.ranges.get(role, (np.nan, np.nan, 0))
            self.ranges[role] = (float(np.fmin(was[0], smallest)), float(np.fmax(was[1], largest)), was[2] + beyond)


class LayerBlock:
    """The layers of one tile, each read when it is first asked for."""

    def __init__(self, tile: Grid, layers: LayerSet, watch: Watch, index: npt.NDArray[np.int16] | None = None) -> None:
        self.tile = tile
        self._layers = layers
        self._watch = watch
        self._held: dict[tuple[str | None, ...], Any] = {}
        if index is None:
            cover = cast(LayerReader, layers.readers["landcover"]).read(tile)
            index, unknown = layers.lookup.index(cover)
            watch.codes(unknown)
        self.index = index

    @property
    def types(self) -> npt.NDArray[np.int16]:
        """Ecosystem type code of each cell, 0 where missing."""
        return self._once((TYPES,), lambda: self._layers.lookup.type_codes[self.index])

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Cells whose ecosystem type is known."""
        return self._once(("known",), lambda: self.index < self._layers.lookup.missing)

    def role(self, role: str, wanted: str | None = None) -> np.ndarray | None:
        """Values of a layer in the measure wanted, or None where the study has none."""
        if role not in self._layers.readers:
            return None
        values = self._once((role,), lambda: self._read(role))
        given = self._layers.measures.get(role)
        if wanted is None or given is None or wanted == given:
            return values
        factor = measure.factor(given, wanted)
        return values if factor == 1.0 else self._once((role, wanted), lambda: values * np.float32(factor))

    def _read(self, role: str) -> np.ndarray:
        reader = self._layers.readers[role]
        values: np.ndarray = self._derive(reader) if isinstance(reader, Derived) else reader.read(self.tile)
        bounds = self._layers.bounds.get(role)
        if bounds is not None:
            self._watch.values(role, *bounds, values, self.known)
        return values

    def _derive(self, derived: Derived) -> np.ndarray:
        given = {name: self.role(role, wanted) for name, (role, wanted) in derived.roles.items()}
        if derived.known:
            given["known"] = self.known
        try:
            return derived.function(**given, **derived.constants)
        except InputError as error:
            if error.code != "texture_sum":
                raise
            fields: dict[str, Any] = error.fields
            self._watch.texture(**fields)
            return np.full(self.tile.shape, np.nan, dtype=np.float32)

    def quantity(self, plan: ServicePlan, item: Item) -> npt.NDArray[np.float32]:
        """Density of one item in every cell of the tile, per hectare, float32."""
        values = self._as_declared(plan, item)
        _, factor = measure.of_density(item.measure)
        return values if factor == 1.0 else values * np.float32(factor)

    def _as_declared(self, plan: ServicePlan, item: Item) -> npt.NDArray[np.float32]:
        """Density in the measure of the item, which is what other items build on."""
        if item.code in plan.shared:
            return self._once(("item", plan.service.code, plan.variant_name, item.code), lambda: self._quantity(plan, item))
        return self._quantity(plan, item)

    def _quantity(self, plan: ServicePlan, item: Item) -> npt.NDArray[np.float32]:
        arguments = {
            name: self._as_declared(plan, item.shared[name]) if name in item.shared else self.argument(plan, name)
            for name in item.arguments
        }
        values = np.asarray(item.quantity(**arguments), dtype=np.float32)
        if values.shape != self.index.shape:
            where = {"service": plan.service.code, "item": item.code}
            raise InputError("item_wrong_shape", **where, found=str(values.shape), expected=str(self.index.shape))
        return values

    def argument(self, plan: ServicePlan, name: str) -> Any:
        """What a function of a service gets under one of its argument names."""
        if name == TYPES:
            return self.types
        if name in plan.measures:
            return self.role(name, plan.measures[name])
        if name in plan.vectors:
            return self._once((plan.service.code, plan.variant_name, name), lambda: plan.vectors[name][self.index])
        if name in plan.numbers:
            return plan.numbers[name]
        return None if name in plan.roles else plan.options.get(name)

    def _once(self, key: tuple[str | None, ...], make: Callable[[], Once]) -> Once:
        if key not in self._held:
            self._held[key] = make()
        return cast(Once, self._held[key])
