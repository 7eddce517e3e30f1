"""Land cover out of a raster: types by the crosswalk and the finer layers, window by window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.constants import MISSING_CLASS
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import Cancelled
from ecoval.grid import Grid
from ecoval.layers.crosswalks import Crosswalk
from ecoval.prepare.landcover.finer import CellFiner, Finer
from ecoval.prepare.landcover.polygons import add_areas
from ecoval.totals.blocks import Progress


@dataclass(frozen=True)
class CodeRow:
    """A code of the raster."""

    code: Annotated[str, Key("code of the raster", "栅格编码")]
    ecosystem_type: Annotated[int, Key("its type by the crosswalk", "按对照表得到的类型", free=WORKED_OUT)]
    area: Annotated[float, Key("of the code", "该编码的面积", low=0, measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


class TypedCells:
    """A classified raster on its own grid or another, with the types of its codes.

    Parameters
    ----------
    grid : Grid
        None: that of the raster.

    Raises
    ------
    InputError
        Codes that the crosswalk lacks.
    """

    def __init__(
        self,
        source: rasters.Source,
        crosswalk: Crosswalk,
        layers: list[Finer],
        grid: Grid | None = None,
        progress: Progress | None = None,
    ):
        self._aligned = rasters.align(source, grid)
        self.grid = self._aligned.grid
        self._layers = [CellFiner(layer, self.grid) for layer in layers]
        self._progress = progress
        codes, area = self._counted()
        present = codes != MISSING_CLASS
        types = np.zeros(len(codes), dtype=np.int32)
        text = codes[present].astype(str).astype(object)
        types[present] = crosswalk.types(text, area[present], source.name)
        self._codes, self._types = codes, types
        rows = {"code": text, "ecosystem_type": types[present], "area": area[present], "uom": "m2"}
        self.quality = {"codes": pd.DataFrame(rows, columns=columns(CodeRow))}
        self.missing_area = float(area[~present].sum())
        self.areas: dict[int, float] = {}
        text = {lang: self._aligned.described(lang) for lang in ("en", "zh")}
        self.note = {"code": "alignment", "fields": {}, **text}

    def blocks(self) -> Iterator[tuple[Grid, np.ndarray]]:
        """Tiles and their types, 0 where missing; `areas` is summed up on the way."""
        for tile in self._tiles("cells", 0.5):
            area = tile.cell_area()
            types = self._types[np.searchsorted(self._codes, self._aligned.read(tile))]
            for layer in self._layers:
                types = layer.refined(types, tile, area)
            add_areas(self.areas, types, area)
            yield tile, types.astype(np.int16)

    def _counted(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes of the raster and their areas, m2."""
        found: dict[int, float] = {}
        for tile in self._tiles("codes", 0.0):
            add_areas(found, self._aligned.read(tile), tile.cell_area())
        codes = np.array(sorted(found), dtype=np.int64)
        return codes, np.array([found[code] for code in codes.tolist()])

    def _tiles(self, text: str, begun: float) -> Iterator[Grid]:
        tiles = self.grid.tiles()
        for number, tile in enumerate(tiles):
            if self._progress is not None and self._progress(begun + 0.5 * number / len(tiles), text) is False:
                raise Cancelled
            yield tile
