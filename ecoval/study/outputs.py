"""The files of a run folder, written into its stage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from ecoval import rasters
from ecoval.accounts.geopackage import write_account
from ecoval.constants import MISSING_CLASS
from ecoval.files import RUN, make_folder, translate_refusals, write_toml
from ecoval.grid import Grid
from ecoval.layers.block import LayerBlock, ServicePlan, Watch
from ecoval.layers.compute import density_measure
from ecoval.layers.opened import Layers
from ecoval.layers.study_toml import absolute_study
from ecoval.runs import RunFolder
from ecoval.services import Item
from ecoval.study.year import DeclaredStudy, YearAccount
from ecoval.tables import write_table
from ecoval.writers import documents


def write_tables(made: YearAccount, run_folder: RunFolder, study: DeclaredStudy, maps: Collection[str] = ()) -> None:
    """Write the study, the tables, the GeoPackage and the maps (services, factors) into the stage."""
    stage = run_folder.stage
    with translate_refusals(run_folder.path, RUN):
        write_toml(stage / "study.toml", absolute_study(study.content, study.declaration.path.parent))
    for name in ("supply", "gep", "indicators", "extent"):
        write_table(getattr(made, name), stage / f"{name}.csv")
    units = {name: sets.frame for name, sets in made.layers.sets.items()}
    write_account(stage / "account.gpkg", units, made.supply, made.gep, made.extent, made.indicators)
    if maps:
        write_maps(made.layers, stage / "maps", maps)


def write_reports(run_folder: RunFolder, lang: str, formats: Collection[str] = ("html", "xlsx")) -> None:
    """report.html and report.xlsx of the tables in the stage; none where they are made when somebody asks for them."""
    if formats:
        documents().render(run_folder.stage, record=run_folder.record | {"status": "finished"}, formats=formats, lang=lang)


def report_of(run: str | Path, formats: Collection[str] = ("html", "xlsx"), lang: str = "zh") -> list[Path]:
    """Write the report of a run folder again, and return its files.

    Parameters
    ----------
    run
        Run folder or its run.json.
    formats : choice {html, pdf, docx, xlsx}
    lang : choice {zh, en}
    """
    path = Path(run)
    return cast(list[Path], documents().render(path.parent if path.suffix == ".json" else path, formats=formats, lang=lang))


def write_maps(layers: Layers, folder: Path, maps: Collection[str]) -> None:
    """Quantity per cell of each item (services), and the layers that went in (factors), as Cloud-Optimized GeoTIFF."""
    make_folder(folder)
    if "services" in maps:
        for made in layers.plans:
            for item in made.service.items:
                if item.form == "cell":
                    path = folder / f"{made.service.code}_{item.code}.tif"
                    rasters.write(
                        path, item_blocks(layers, made, item), layers.grid, measure=density_measure(item.measure), cog=True
                    )
    if "factors" in maps:
        for role in layers.readers:
            if role != "landcover":
                rasters.write(
                    folder / f"factor_{role}.tif",
                    role_blocks(layers, role),
                    layers.grid,
                    bands=role_bands(layers, role),
                    measure=layers.measures.get(role),
                    cog=True,
                )


def item_blocks(layers: Layers, made: ServicePlan, item: Item) -> Iterator[tuple[Grid, np.ndarray]]:
    """Tile and density of one item, nan where out of scope, tile by tile."""
    scope = np.append(made.scopes[item.code], False)
    scope[list(made.lacking.get(item.code, ()))] = False
    for tile in layers.grid.tiles():
        block = LayerBlock(tile, layers, Watch())
        yield tile, np.where(scope[block.index], block.quantity(made, item), np.float32(np.nan))


def role_blocks(layers: Layers, role: str) -> Iterator[tuple[Grid, np.ndarray]]:
    """Tile and values of one layer, tile by tile; missing classes are nan as missing numbers are."""
    for tile in layers.grid.tiles():
        values = cast(np.ndarray, LayerBlock(tile, layers, Watch()).role(role))
        yield tile, np.where(values == MISSING_CLASS, np.float32(np.nan), values) if values.dtype.kind == "i" else values


def role_bands(layers: Layers, role: str) -> int:
    """Number of bands of a layer."""
    reader: Any = layers.readers[role]
    source = getattr(reader, "source", None)
    if source is None:  # made of others, or the same everywhere
        _, values = next(role_blocks(layers, role))
        return 1 if values.ndim == 2 else len(values)
    return 1 if isinstance(source.band, int) else len(reader.bands)


def whole(layers: Layers, blocks: Iterable[tuple[Grid, np.ndarray]]) -> np.ndarray:
    """Blocks of all tiles as one array (rows, cols)."""
    out: np.ndarray | None = None
    for tile, values in blocks:
        if out is None:
            out = np.full((*values.shape[:-2], *layers.grid.shape), np.nan, dtype=np.float32)
        row, col = place(tile, layers.grid)
        out[..., row : row + tile.rows, col : col + tile.cols] = values
    return cast(np.ndarray, out)


def place(tile: Grid, grid: Grid) -> tuple[int, int]:
    """Row and column of a tile in its grid."""
    return tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
