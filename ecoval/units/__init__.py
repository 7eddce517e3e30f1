"""Spatial units: the polygons that quantities are added up for, read, checked, repaired, and arranged in levels."""

from importlib import import_module
from typing import Any

from ecoval.registry import UNIT_KINDS
from ecoval.units.administrative import administrative
from ecoval.units.grid import grid
from ecoval.units.spatial import SpatialUnits

__all__ = ["SpatialUnits", "administrative", "grid", "made_kinds"]


def made_kinds() -> dict[str, Any]:
    """Kinds of units that a study can have made: kind -> class of its entry of [units]."""
    return {kind: import_module(f"ecoval.units.{kind}").Declared for kind in UNIT_KINDS}
