"""Cells added up per unit: `accumulate` for services and ecosystem types, `zonal` for statistics of any rasters."""

from ecoval.totals.sums import Block, Sums, TileSums, accumulate, block_sums, merged
from ecoval.totals.zones import zonal

__all__ = ["Block", "Sums", "TileSums", "accumulate", "block_sums", "merged", "zonal"]
