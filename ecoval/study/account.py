"""Account: what a run gives back - tables, layers, maps, and the folder when it is wanted."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd

from ecoval.accounts.headline import total_name
from ecoval.errors import InputError
from ecoval.study.year import DeclaredStudy, YearAccount
from ecoval.terms import label, nearest
from ecoval.writers import documents


class Account:
    """Tables of all years of a run; `parts` are those of one year each."""

    def __init__(self, study: DeclaredStudy, parts: Iterable[YearAccount]) -> None:
        self.study = study
        self.parts = list(parts)

    def __repr__(self) -> str:
        """Years, unit sets and services in one line."""
        years = ", ".join(str(part.year) for part in self.parts)
        services = self.supply["service"].nunique()
        return f"<Account {self.study.name!r}: {years}; {self.gep['unit_id'].nunique()} units, {services} services>"

    def _joined(self, name: str) -> pd.DataFrame:
        parts: list[pd.DataFrame] = [getattr(part, name) for part in self.parts]
        return pd.concat(parts, ignore_index=True)

    @property
    def supply(self) -> pd.DataFrame:
        """Long table of quantities and values: the columns of supply.csv."""
        return self._joined("supply")

    @property
    def gep(self) -> pd.DataFrame:
        """GEP of each unit and year: the columns of gep.csv."""
        return self._joined("gep")

    @property
    def indicators(self) -> pd.DataFrame:
        """State of each indicator of the standard in each unit: the columns of indicators.csv."""
        return self._joined("indicators")

    @property
    def extent(self) -> pd.DataFrame:
        """Area of each ecosystem type: the columns of extent.csv."""
        return self._joined("extent")

    @property
    def folders(self) -> list[Path]:
        """Run folders that were written, one per year."""
        return [part.folder for part in self.parts if part.folder is not None]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Content of each run.json."""
        return [part.record for part in self.parts]

    def part(self, year: int | None = None) -> YearAccount:
        """One year; the last where none is named."""
        if year is None:
            return self.parts[-1]
        found = [part for part in self.parts if part.year == year]
        if not found:
            raise InputError("study_year_unknown", path=str(self.study.path), year=year, years=[part.year for part in self.parts])
        return found[0]

    def units(self, unit_set: str | None = None, year: int | None = None) -> geopandas.GeoDataFrame:
        """Units of one set with their GEP columns and one quantity and value per service.

        Parameters
        ----------
        unit_set
            The first set where none is named.

        Returns
        -------
        table (unit_id, unit_name, ..., geometry)
        """
        from ecoval.accounts.geopackage import unit_results

        part = self.part(year)
        sets = part.layers.sets
        name = unit_set or next(iter(sets))
        if name not in sets:
            raise InputError("unit_set_unknown", unit_set=name, nearest=nearest(name, sets))
        wide, _ = unit_results(*(table[table["unit_set"] == name] for table in (part.supply, part.gep, part.extent)))
        return sets[name].frame[["unit_id", "geometry"]].merge(wide, on="unit_id", how="inner", validate="one_to_one")

    def total(self, unit_set: str | None = None, year: int | None = None) -> dict[str, Any]:
        """What may be said of a unit set in one line, as run.json keeps it under `headlines`; the first set where none is named.

        `total` is the column that units are compared by: `gep` where each is whole, else `subtotal`.
        """
        lines: dict[str, dict[str, Any]] = self.part(year).record["headlines"]
        name = unit_set or next(iter(lines))
        if name not in lines:
            raise InputError("unit_set_unknown", unit_set=name, nearest=nearest(name, lines))
        return lines[name]

    def map(self, service: str | None = None, unit_set: str | None = None, year: int | None = None, lang: str = "zh") -> Any:
        """Figure of a service's value, or of a column of `units`, per unit.

        Parameters
        ----------
        service
            A service, or a column such as "gep" or "soil_retention_soil_quantity"; GEP where each unit has one, else the
            subtotal, where none is named.
        lang : choice {zh, en}
        """
        units = self.units(unit_set, year)
        line = self.total(unit_set, year)
        service = service or line["total"]
        column = service if service in units.columns else f"{service}_value"
        if column not in units.columns:
            raise InputError("map_column_unknown", column=service, nearest=nearest(service, units.columns))
        text = total_name(line, lang) if service == line["total"] else label(service, lang) if service in self._labels() else ""
        title = f"{text} {self.part(year).year}" if text else column
        uom = "CNY" if column in ("gep", "subtotal", f"{service}_value") else ""
        return documents().map_figure(units, column, title=title, uom=uom, lang=lang)

    @staticmethod
    def _labels() -> Mapping[str, Any]:
        from ecoval.terms import vocabulary

        return vocabulary()

    def layers(self, *roles: str, year: int | None = None) -> Any:
        """Layers on the grid of the study as xarray.DataArray, read or prepared: `account.layers("erosivity", "ls")`.

        Returns
        -------
        mapping (role, array), of one role the array
        """
        from ecoval.rasters.labelled import labelled
        from ecoval.study.outputs import role_blocks, whole

        require("rioxarray", "notebook")
        opened = self.part(year).layers
        found = {}
        for role in roles:
            if role not in opened.readers:
                raise InputError("layer_not_in_run", role=role, nearest=nearest(role, opened.readers))
            refuse_gone(opened.readers[role], role)
            values = whole(opened, role_blocks(opened, role))
            found[role] = labelled(values, opened.grid, role, opened.measures.get(role) or "")
        return found if len(roles) != 1 else found[roles[0]]

    def to_folder(self, path: str | Path, overwrite: bool = False, lang: str = "zh") -> list[Path]:
        """Write the run folder, one per year, with the tables that are there: nothing is computed again.

        Parameters
        ----------
        lang : choice {zh, en}
        """
        from ecoval.study.run import write_year

        several = len(self.parts) > 1
        for part in self.parts:
            write_year(self.study, part, Path(path) / str(part.year) if several else Path(path), overwrite, lang)
        return self.folders

    def explore(self, column: str | None = None, unit_set: str | None = None, year: int | None = None) -> Any:
        """Interactive map of a column of `units`, else as `map`: a folium.Map (extra `ecoval[notebook]`)."""
        for module in ("folium", "mapclassify"):
            require(module, "notebook")
        units = self.units(unit_set, year)
        column = column or self.total(unit_set, year)["total"]
        if column not in units.columns:
            raise InputError("map_column_unknown", column=column, nearest=nearest(column, units.columns))
        return units.explore(column=column, tooltip=["unit_id", "unit_name", column], popup=True)


def refuse_gone(reader: object, role: str) -> None:
    """Nothing where the file behind a layer is still there: a large prepared layer lies on disk for the time of the run alone.

    Raises
    ------
    InputError
    """
    path = getattr(getattr(reader, "source", None), "path", None)
    if isinstance(path, Path) and path.is_absolute() and not path.exists() and path.stem == role:
        raise InputError("layer_not_kept", role=role)


def require(module: str, extra: str) -> None:
    """Nothing where an optional package is installed.

    Raises
    ------
    InputError
        With the extra to install.
    """
    if importlib.util.find_spec(module) is None:
        raise InputError("extra_missing", module=module, extra=extra)
