"""Soil maps: texture, carbon, nutrients, density, soil group and erodibility out of rasters, or soil types with a table."""

from ecoval.prepare.soil.product import Soil, prepare

__all__ = ["Soil", "prepare"]
