"""Rules of an offset balance as data: where a credit counts, which kind makes up for which, no-go, and ratios.

Every rule carries the SHA-256 of its content, whatever the order of its rows: two statements with one hash were made by one rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import tables
from ecoval.classification import lineage
from ecoval.declarations import Key, columns
from ecoval.errors import InputError
from ecoval.offset.rules.accept import Accept
from ecoval.offset.rules.tables import (
    check_columns,
    content_hash,
    kinds,
    number_columns,
    refuse_twice,
    refuse_values,
    rules_hash,
    text_columns,
    texts,
)
from ecoval.registry import data_rows, service_rows
from ecoval.units import edges, overlay, validation, vectors
from ecoval.units.polygon_area import ellipsoidal_area

RELATIONS = ("same", "neighbour", "elsewhere")
ANY = "*"
URBAN, ARTIFICIAL = 6, (61, 63)  # the class without its parts; residential, mining and transport
_TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")

__all__ = ["ANY", "RELATIONS", "Accept", "NoGo", "Ratio", "SpatialRule", "content_hash", "rules_hash"]


@dataclass(frozen=True)
class SpatialRow:
    """A row of the area rule: where a credit of a service counts, and how much."""

    service: Annotated[str, Key("the service, or * for all others", "服务；* 为其余服务")]
    area_kind: Annotated[str, Key("kind of the areas in which it is balanced", "结算所用的区域类别")]
    same: Annotated[float, Key("weight of a credit in the same area", "同一区域内的权重", low=0, high=1)]
    neighbour: Annotated[float, Key("in an area that shares a border", "相邻区域的权重", low=0, high=1)]
    elsewhere: Annotated[float, Key("in any other", "其他区域的权重", low=0, high=1)]
    scope: Annotated[str, Key("remark", "说明")] = ""
    source_id: Annotated[str, Key("where the weights come from", "来源")] = ""
    status: Annotated[str, Key("how far they are checked", "核对状态")] = "user"


@dataclass(frozen=True)
class NoGoRow:
    """A row of the list of what no offset makes up for."""

    ecosystem_type: Annotated[str, Key("type; stands for the finer ones too", "类型；也代表其下级类型")]


@dataclass(frozen=True)
class RatioRow:
    """A row of the ratios: how much is required per unit of a service lost."""

    service: Annotated[str, Key("the service; empty or *: all others", "服务；空或 * 为其余服务")]
    ratio: Annotated[float, Key("required per unit lost, above 0", "每损失一单位要求的数量，大于 0", low=0, high=1e6)]
    ecosystem_type: Annotated[str, Key("only for a loss on this type", "仅限此类型上的损失")] = ""


@dataclass(frozen=True)
class KindRatioRow:
    """A row of the ratios of like for like: how much is required per area lost."""

    ecosystem_type: Annotated[str, Key("the type; empty or *: all others", "类型；空或 * 为其余类型")]
    ratio: Annotated[float, Key("required per area lost, above 0", "每损失一单位面积要求的面积，大于 0", low=0, high=1e6)]


@dataclass(frozen=True)
class SpatialRule:
    """Where a credit counts: the area kind of each service, and the weight by the relation of two of its units.

    Parameters
    ----------
    table : table (service, area_kind, same, neighbour, elsewhere, scope, source_id, status)
        Checked; see `of`.
    """

    table: pd.DataFrame

    @classmethod
    def read(cls, path: str | Path | None = None, sheet: str | None = None) -> SpatialRule:
        """Rule of a table; it stands alone, nothing is filled in from the packaged one.

        Parameters
        ----------
        path : path
            CSV or XLSX; None: the packaged default, all of whose numbers are parameters (the policy gives none).
        sheet : text

        Returns
        -------
        SpatialRule

        Raises
        ------
        InputError
            As `of`, and as `tables.read`.
        """
        if path is None:
            return cls.of(pd.DataFrame([*service_rows("area_rule"), *data_rows("offset", "spatial_rule.csv")]))
        return cls.of(tables.read(path, sheet=sheet), str(path))

    @classmethod
    def of(cls, table: pd.DataFrame, layer: str = "rules.spatial") -> SpatialRule:
        """Rule of a table in memory.

        Parameters
        ----------
        table : table (service, area_kind, same, neighbour, elsewhere)
            May have scope, source_id, status. Weights are in [0, 1].
        layer : text
            Name for messages.

        Returns
        -------
        SpatialRule

        Raises
        ------
        InputError
            FIELD_MISSING, ID_DUPLICATE, VALUE_OUT_OF_RANGE.
        """
        check_columns(table, SpatialRow, layer)
        refuse_twice(table, ["service"], layer)
        made = text_columns(table, SpatialRow, layer)
        made |= number_columns(table, SpatialRow, layer, made["service"])
        return cls(pd.DataFrame(made)[list(columns(SpatialRow))])

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return content_hash(self.table)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {service: row for row, service in enumerate(self.table["service"])}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Area kinds that are used, sorted."""
        return tuple(sorted(set(self.table["area_kind"])))

    def row(self, service: str) -> int:
        """Row of a service; `service:item` without a row of its own has that of its service, and all others that of `*`.

        Raises
        ------
        InputError
            PARAMETER_MISSING for a service without area rule.
        """
        return self.require([service])[0]

    def require(self, services: Iterable[str]) -> list[int]:
        """Rows of services.

        Parameters
        ----------
        services : texts

        Returns
        -------
        list of number

        Raises
        ------
        InputError
            PARAMETER_MISSING with all services without area rule.
        """
        services = list(services)
        absent = self.lacking(services)
        if absent:
            expected = ", ".join(columns(SpatialRow, required=True))
            raise InputError("PARAMETER_MISSING", layer="rules.spatial", features=absent, found="-", expected=expected)
        return [self._row(each) for each in services]

    def lacking(self, services: Iterable[str]) -> list[str]:
        """Services without area rule, sorted."""
        return sorted({each for each in services if self._row(each) < 0})

    def _row(self, service: str) -> int:
        names = (service, service.partition(":")[0], ANY)
        return next((self._rows[name] for name in names if name in self._rows), -1)

    def area_kind(self, service: str) -> str:
        """Area kind of a service."""
        return str(self.table["area_kind"].iloc[self.row(service)])

    def weight(self, service: str, relation: str) -> float:
        """Weight of a credit of a service in a unit of that relation (same, neighbour, elsewhere) to where it arises."""
        return float(self.table[relation].iloc[self.row(service)])

    def weights(self, services: Iterable[str], relations: Iterable[str]) -> npt.NDArray[np.float64]:
        """Weights of many rows.

        Parameters
        ----------
        services, relations : texts
            As long as each other.

        Returns
        -------
        vector (rows), 1, [0, 1]
        """
        names, place = np.unique(np.asarray(list(services), dtype=object).astype(str), return_inverse=True)
        rows = np.asarray(self.require(names), dtype=np.intp)
        column = np.searchsorted(np.sort(RELATIONS), np.asarray(list(relations), dtype=object).astype(str))
        values = self.table[sorted(RELATIONS)].to_numpy(dtype=np.float64)
        return values[rows[place], column] if len(place) else np.zeros(0)


@dataclass(frozen=True)
class NoGo:
    """What no offset makes up for: kinds, and areas (polygons)."""

    kinds: frozenset[int] = frozenset()
    areas: geopandas.GeoDataFrame | None = None

    @classmethod
    def read(cls, *paths: Any) -> NoGo:
        """No-go of any number of files.

        Parameters
        ----------
        *paths : path
            CSV and XLSX tables with `ecosystem_type`; polygon layers and GeoDataFrames; None is passed over.

        Returns
        -------
        NoGo

        Raises
        ------
        InputError
            FIELD_MISSING, KIND_UNKNOWN; what `vectors.read` refuses.
        """
        codes: set[int] = set()
        layers = []
        for path in paths:
            if path is None:
                continue
            if not isinstance(path, geopandas.GeoDataFrame) and Path(path).suffix.lower() in _TABLES:
                table = tables.read(path)
                check_columns(table, NoGoRow, str(path))
                codes |= set(kinds(texts(table, "ecosystem_type"), str(path)))
            else:
                layers.append(vectors.read(path).frame)
        return cls(frozenset(codes), _joined(layers))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content."""
        shapes = [] if self.areas is None else sorted(self.areas.geometry.normalize().to_wkb(hex=True))
        return content_hash({"kinds": sorted(self.kinds), "areas": shapes})

    def kind(self, code: int) -> bool:
        """Whether a kind, or a class above it, is no-go."""
        return not self.kinds.isdisjoint(lineage(int(code)))

    def overlaps(self, frame: geopandas.GeoDataFrame) -> pd.DataFrame:
        """Exact overlay of polygons with the no-go areas.

        Parameters
        ----------
        frame : table (geometry)

        Returns
        -------
        table (piece, no_go, area)
            Positions in the frame and among the areas; m2 on the ellipsoid.
        """
        if self.areas is None or not len(self.areas):
            return pd.DataFrame({"piece": np.zeros(0, np.int64), "no_go": np.zeros(0, np.int64), "area": np.zeros(0)})
        areas = validation.mended(edges.carried(np.asarray(self.areas.geometry, dtype=object), self.areas.crs, frame.crs))
        pieces = overlay.overlay(areas, np.asarray(frame.geometry, dtype=object), threads=1)
        area = ellipsoidal_area(pieces.geometry, frame.crs)
        return pd.DataFrame({"piece": pieces.parcel, "no_go": pieces.unit, "area": area})


@dataclass(frozen=True)
class Ratio:
    """How much is required per unit lost: by service for the physical balance, by ecosystem type for like for like.

    `services`: (service, kind or `*`) -> ratio; `kinds`: kind -> ratio; `*` stands for all that have no row of their own.
    """

    services: Mapping[tuple[str, str], float] = field(default_factory=lambda: {(ANY, ANY): 1.0})
    kinds: Mapping[str, float] = field(default_factory=lambda: {ANY: 1.0})

    @classmethod
    def read(cls, service: Any = 1.0, kind: Any = 1.0) -> Ratio:
        """Ratios given as numbers, mappings, tables or paths of tables.

        Parameters
        ----------
        service : number, 1, > 0 or table (service, ratio)
            May have ecosystem_type: a ratio for a loss of that service on that kind.
        kind : number, 1, > 0 or table (ecosystem_type, ratio)

        Returns
        -------
        Ratio

        Raises
        ------
        InputError
            FIELD_MISSING, ID_DUPLICATE, KIND_UNKNOWN, VALUE_OUT_OF_RANGE.
        """
        names, values, on = _ratios(service, RatioRow, "rules.ratio")
        codes, shares, _ = _ratios(kind, KindRatioRow, "rules.ratio_kind")
        return cls(dict(zip(zip(names, on, strict=True), values, strict=True)), dict(zip(codes, shares, strict=True)))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content."""
        by_service = [[*key, value] for key, value in sorted(self.services.items())]
        return content_hash({"services": by_service, "kinds": dict(self.kinds), "artificial": [URBAN, *ARTIFICIAL]})

    def service(self, service: str, kind: int | str = ANY) -> float:
        """Ratio of a service: of its row, else of that of the service of `service:item`, else of `*`.

        Raises
        ------
        InputError
            PARAMETER_MISSING.
        """
        above = [ANY] if kind == ANY else [*(str(code) for code in lineage(int(kind))), ANY]
        names = dict.fromkeys((service, service.partition(":")[0], ANY))
        return _first(self.services, ((name, each) for name in names for each in above), service, "rules.ratio")

    def kind(self, code: int) -> float:
        """Ratio of an ecosystem type: of its row, else of that of the class above it, else of `*`; artificial land by `*` is 0.

        Raises
        ------
        InputError
            PARAMETER_MISSING.
        """
        named = tuple(str(each) for each in lineage(int(code)))
        if artificial(int(code)) and self.kinds.keys().isdisjoint(named):
            return 0.0
        return _first(self.kinds, (*named, ANY), str(code), "rules.ratio_kind")


def artificial(code: int) -> bool:
    """Whether a kind is built-up, traffic or mining land, which nobody need make again; urban green is not."""
    return code == URBAN or not set(lineage(code)).isdisjoint(ARTIFICIAL)


def _first(table: Mapping[Any, float], keys: Iterable[Any], name: str, layer: str) -> float:
    for key in keys:
        if key in table:
            return table[key]
    raise InputError("PARAMETER_MISSING", layer=layer, features=[name], found="-", expected="ratio")


def _ratios(given: Any, rows: type, layer: str) -> tuple[list[str], list[float], list[str]]:
    """Names, ratios, and the kinds that they hold for."""
    column = columns(rows)[0]
    if isinstance(given, Mapping):
        given = pd.DataFrame({column: list(given), "ratio": list(given.values())})
    elif isinstance(given, (int, float)):
        given = pd.DataFrame({column: [ANY], "ratio": [given]})
    elif not isinstance(given, pd.DataFrame):
        layer, given = str(given), tables.read(given)
    check_columns(given, rows, layer)
    names = texts(given, column, ANY)
    on = texts(given, "ecosystem_type", ANY)
    kinds([code for code in on if code != ANY], layer)
    refuse_twice(pd.DataFrame({column: names, "ecosystem_type": on}), list(dict.fromkeys((column, "ecosystem_type"))), layer)
    values = number_columns(given, rows, layer, names)["ratio"]
    refuse_values(values <= 0, names, "ratio", layer, values, "> 0")
    return list(names), [float(value) for value in values], list(on)


def _joined(layers: list[geopandas.GeoDataFrame]) -> geopandas.GeoDataFrame | None:
    """Layers as one, in the CRS of the first; None where there are none."""
    if not layers:
        return None
    crs = layers[0].crs
    shapes = [edges.carried(np.asarray(layer.geometry, dtype=object), layer.crs, crs) for layer in layers]
    return geopandas.GeoDataFrame(geometry=np.concatenate(shapes), crs=crs)
