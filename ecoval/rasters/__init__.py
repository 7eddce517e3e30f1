"""Rasters: declared as a `Source`, read onto a grid by `align`, written by `write`; the only opener of rasters."""

from ecoval.rasters.aligned import Aligned
from ecoval.rasters.output import write
from ecoval.rasters.source import Source, align
from ecoval.rasters.stack import Stack, variables

__all__ = ["Aligned", "Source", "Stack", "align", "variables", "write"]
