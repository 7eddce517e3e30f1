"""Climate layers out of gridded series (NetCDF, GeoTIFF) and station tables, each with its recipe."""

from ecoval.prepare.climate.interpolation import METHODS, VARIOGRAMS, Interpolator, left_out
from ecoval.prepare.climate.product import PRODUCTS, Climate, prepare

__all__ = ["METHODS", "PRODUCTS", "VARIOGRAMS", "Climate", "Interpolator", "left_out", "prepare"]
