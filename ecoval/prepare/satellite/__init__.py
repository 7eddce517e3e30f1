"""Satellite products: net primary productivity, evapotranspiration, NDVI and cover of a year out of tiles and composites."""

from ecoval.prepare.satellite.product import Satellite, prepare

__all__ = ["Satellite", "prepare"]
