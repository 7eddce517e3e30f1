"""SpatialUnits: the polygons that quantities are added up for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import grid
from ecoval.errors import InputError
from ecoval.files import UNITS, written_beside
from ecoval.units import edges, findings, validation, vectors
from ecoval.units.polygon_area import ellipsoidal_area

if TYPE_CHECKING:
    from ecoval.units.coverage import Coverage

DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".parquet": None}


@dataclass(frozen=True, eq=False)
class SpatialUnits:
    """Spatial units with unique codes: administrative units, watersheds, coast, project sites, or any other polygons.

    Parameters
    ----------
    frame : table (unit_id, name, kind, level, parent_id, geometry)
        GeoDataFrame with a CRS; see `validation.checked`. Units may overlap.
    report : table (finding, severity, unit_id, quantity, uom, text, text_zh)
        What was found and done when the units were made.
    """

    frame: geopandas.GeoDataFrame
    report: pd.DataFrame = field(default_factory=lambda: findings.table([]))

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", validation.checked(self.frame))

    @classmethod
    def read(
        cls,
        path: vectors.Readable,
        id: str = "unit_id",
        name: str | None = None,
        parent: str | None = None,
        layer: str | None = None,
        crs: object = None,
        encoding: str | None = None,
        kind: str = "zone",
    ) -> SpatialUnits:
        """Units of a vector file or GeoDataFrame as they are, nothing repaired.

        Parameters
        ----------
        path : file, folder or GeoDataFrame; see `vectors.read`
        id : field of the unit codes. A file that `to_file` wrote has `unit_id`, and its further columns are read too.
        name, parent : fields of the names and of the codes of the units above
        layer, crs, encoding : see `vectors.read`
        kind : kind of all units where the file has no column for it

        Raises
        ------
        InputError
            Whatever `vectors.read` and `validation.checked` refuse; `units.administrative` repairs and reports.
        """
        source = vectors.read(path, layer=layer, crs=crs, encoding=encoding)
        sources = {"unit_id": id, "name": name, "parent_id": parent}
        if id == "unit_id":
            own = {each: each for each in ("name", "kind", "level", "parent_id") if each in source.frame.columns}
            sources = {**own, **{key: each for key, each in sources.items() if each is not None}}
        columns: dict[str, object] = {"kind": kind}
        for target, column in sources.items():
            if column is not None:
                columns[target] = source.frame[vectors.column(source.frame, column, source.name)].to_numpy()
        frame = geopandas.GeoDataFrame(columns, geometry=source.frame.geometry.to_numpy(), crs=source.frame.crs)
        return cls(frame, findings.table(source.findings))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def crs(self) -> grid.CRS:
        """CRS of the geometries (pyproj CRS)."""
        return grid.read_crs(self.frame.crs)

    @property
    def ids(self) -> list[str]:
        """Codes of the units, in the order of the frame."""
        names: list[str] = self.frame["unit_id"].tolist()
        return names

    @property
    def geometry(self) -> npt.NDArray[np.object_]:
        """Polygons and multipolygons: array (units) of shapely objects."""
        return np.asarray(self.frame.geometry.values, dtype=object)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of all units in their CRS."""
        left, bottom, right, top = (float(each) for each in self.frame.total_bounds)
        return left, bottom, right, top

    def area(self) -> npt.NDArray[np.float64]:
        """Area of each unit on the ellipsoid.

        Returns
        -------
        vector (units), m2
            The same within 1e-6 in whatever CRS the units are held.
        """
        return self._area.copy()

    @cached_property
    def _area(self) -> npt.NDArray[np.float64]:
        return ellipsoidal_area(self.geometry, self.crs)

    def to_crs(self, crs: object, tolerance: float = edges.EDGE_TOLERANCE, pipeline: str | None = None) -> SpatialUnits:
        """Units in another CRS, with points added on their edges so that these keep their place.

        Parameters
        ----------
        crs : target CRS, as text or as pyproj CRS
        tolerance : number, m, > 0
            Largest distance of a chord from the edge that it replaces. The default, 1 mm, keeps the areas of counties
            within 1e-7 and is 1/30000 of a 30 m cell.
        pipeline : PROJ pipeline to use in place of the operation that is found, for example for Beijing 1954 or Xi'an 1980

        Raises
        ------
        InputError
            A change of datum that is only a guess, or units outside the area of the target CRS.
        """
        target = grid.read_crs(crs)
        if pipeline is None and grid.same_crs(self.crs, target):
            return self
        geometry = edges.carried(self.geometry, self.crs, target, tolerance, pipeline)
        table = pd.DataFrame(self.frame.drop(columns="geometry"))
        moved = geopandas.GeoDataFrame(table, geometry=validation.mended(geometry), crs=target)
        return SpatialUnits(moved, self.report)

    def coverage(self, grid: grid.Grid, threads: int | None = None) -> Coverage:
        """What part of each cell of a grid lies in each unit: see `units.coverage`.

        Parameters
        ----------
        threads : number, 1, >= 1
            Default: the number of processors.
        """
        from ecoval.units.coverage import coverage  # numba is loaded only when cells are counted

        return coverage(self, grid, threads=threads)

    def select(self, ids: Iterable[str]) -> SpatialUnits:
        """Units of the codes given, in their order.

        Raises
        ------
        InputError
            For codes that are not there.
        """
        names = [str(each) for each in ids]
        absent = sorted(set(names) - set(self.ids))
        if absent:
            raise InputError("unit_ids_unknown", count=len(absent), units=absent, total=len(self))
        return SpatialUnits(self.frame.set_index("unit_id", drop=False).loc[names], self.report)

    def to_file(self, path: str | Path) -> Path:
        """File of the units, written beside and then renamed.

        Parameters
        ----------
        path : ending .gpkg (GeoPackage 1.2), .geojson or .parquet (GeoParquet). An existing file is replaced.

        Raises
        ------
        InputError
            Another ending, or a folder that cannot be written to.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in DRIVERS:
            raise InputError("units_ending_unknown", path=str(path), endings=" ".join(DRIVERS))
        if not path.parent.is_dir():
            raise InputError("units_not_written", path=str(path), reason=f"no folder {path.parent}")
        options = {"layer": path.stem} | ({"VERSION": "1.2"} if ending == ".gpkg" else {})
        with written_beside(path, UNITS) as part:
            if ending == ".parquet":
                self.frame.to_parquet(part, index=False)
            else:
                self.frame.to_file(part, driver=DRIVERS[ending], engine="pyogrio", index=False, **options)
        return path
