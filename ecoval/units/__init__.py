"""Spatial units: the polygons that quantities are added up for, read, checked, repaired, and arranged in levels."""

from ecoval.units.administrative import administrative
from ecoval.units.grid import grid
from ecoval.units.spatial import SpatialUnits

__all__ = ["SpatialUnits", "administrative", "grid"]
