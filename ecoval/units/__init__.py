"""Spatial units: the polygons that quantities are added up for, read, checked, repaired, and arranged in levels."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from ecoval.registry import UNIT_KINDS
from ecoval.units.administrative import administrative
from ecoval.units.grid import grid
from ecoval.units.spatial import SpatialUnits

__all__ = ["SpatialUnits", "administrative", "grid", "made_kinds"]


class MadeUnits(Protocol):
    """An entry of [units] of a kind that is made: `Declared` of its module."""

    @property
    def unit_set(self) -> str:
        """Name of the set."""

    @property
    def kind(self) -> str:
        """Its kind, a name of `registry.UNIT_KINDS`."""

    @property
    def only(self) -> tuple[str, ...] | None:
        """Codes of the units that are accounted; None: all."""

    def units(self, sets: Mapping[str, SpatialUnits], crs: object) -> SpatialUnits:
        """The units, within the sets that are read; `crs` is that of the grid of the study."""


def made_kinds() -> dict[str, Any]:
    """Kinds of units that a study can have made: kind -> class of its entry of [units]."""
    return {kind: import_module(f"ecoval.units.{kind}").Declared for kind in UNIT_KINDS}
