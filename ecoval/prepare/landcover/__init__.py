"""Land cover out of survey polygons or rasters: a crosswalk to ecosystem types, finer layers, checks, a product with its recipe."""

from ecoval.prepare.landcover.product import LandCover, prepare

__all__ = ["LandCover", "prepare"]
