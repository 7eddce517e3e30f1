"""Unit kind `halves`: the land of a unit set on the two sides of a line, a kind made up to show what a new one takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import geopandas
import shapely

from ecoval.declarations import Key
from ecoval.units.spatial import SpatialUnits


@dataclass(frozen=True)
class Declared:
    """A unit set of two halves in study.toml: `sides = { kind = "halves", easting = 501000 }`."""

    NAMED: ClassVar[str] = "unit_set"

    kind: Annotated[str, Key("kind of units that are made", "所制作单元的类型", choices=("halves",))]
    easting: Annotated[float, Key("of the line, in the CRS of the grid", "分界线的横坐标，坐标系同格网", low=0, high=1e7)]
    only: Annotated[tuple[str, ...] | None, Key("codes of the units that are accounted", "参与核算的单元代码")] = None
    unit_set: str = ""

    def units(self, sets: Mapping[str, SpatialUnits], crs: object) -> SpatialUnits:
        """The land west and east of the line."""
        land = shapely.union_all(next(iter(sets.values())).to_crs(crs).geometry)
        left, bottom, right, top = shapely.bounds(land)
        boxes = shapely.box([left, self.easting], bottom, [self.easting, right], top)
        frame = {"unit_id": ["west", "east"], "name": ["West", "East"], "kind": "halves"}
        return SpatialUnits(geopandas.GeoDataFrame(frame, geometry=shapely.intersection(land, boxes), crs=crs))
