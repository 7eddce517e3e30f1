"""Results of an account beside their units: one row per unit, and account.gpkg with a layer per unit set and the long tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ecoval.accounts.gep import CODE_COLUMNS, GEP_COLUMNS
from ecoval.accounts.indicators import EXCLUDED, UNREAD, counted
from ecoval.accounts.sums import group_sum
from ecoval.errors import InputError
from ecoval.files import written_beside
from ecoval.legends import bounds_text, class_bounds
from ecoval.tables.geopackage import write_layer

_UNIT = ["unit_id", "unit_name"]
_HEAD = ("year", "unit_set", *_UNIT)


def write_account(
    path: str | Path,
    units: gpd.GeoDataFrame | Mapping[str, gpd.GeoDataFrame],
    supply: pd.DataFrame,
    gep: pd.DataFrame,
    extent: pd.DataFrame,
    indicators: pd.DataFrame,
) -> None:
    """Write account.gpkg: one layer per unit set with its results, the long tables, and what each column of the layers is.

    Parameters
    ----------
    path : text
    units : table (unit_set, unit_id, geometry)
        The units with their geometry, or a mapping unit set -> units where sets have different CRS.
    supply, gep, extent, indicators : table (year, unit_set, unit_id, ...)
        The accounts of one year, all unit sets together.

    Raises
    ------
    InputError
        For a disk or folder that takes no file.
    """
    sets = units if isinstance(units, Mapping) else dict(iter(units.groupby("unit_set", sort=False)))
    with written_beside(path) as part:
        described = []
        for name, frame in sets.items():
            wide, columns = unit_results(
                supply[supply["unit_set"] == name], gep[gep["unit_set"] == name], extent[extent["unit_set"] == name]
            )
            shapes = frame[["unit_id", frame.geometry.name]].astype({"unit_id": str})
            absent = sorted(set(wide["unit_id"]) - set(shapes["unit_id"]))
            if absent:
                raise InputError("account_unit_without_geometry", path=str(path), unit_set=name, units=absent)
            layer = shapes.merge(wide, on="unit_id", how="inner", validate="one_to_one")
            write_layer(layer[[*wide.columns, frame.geometry.name]], part, name)
            described.append(columns.assign(in_total=in_total(columns, supply, indicators), unit_set=name))
        for name, table in (("supply", supply), ("gep", gep), ("extent", extent), ("indicators", indicators)):
            write_layer(table, part, name if name not in sets else f"{name}_table")
        if described:
            write_layer(pd.concat(described, ignore_index=True), part, "columns")


def unit_results(supply: pd.DataFrame, gep: pd.DataFrame, extent: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per unit with the GEP columns and one quantity and value column per service.

    Parameters
    ----------
    supply, gep, extent : table (unit_id, ...)
        The accounts of one unit set and year.

    Returns
    -------
    table (unit_id, unit_name, area, provisioning, ..., <service>_quantity, <service>_value)
        A service with several items has a quantity per item, `<service>_<item>_quantity`.
    table (column, service, item, uom, bounds)
        What each column holds, since a column name carries no measure, and the bounds of the classes that its maps have
        (`legends.class_bounds`), parted by semicolons; empty where no unit has a value.
    """
    area = group_sum(extent, ["unit_id"], "area")
    wide = gep[list(GEP_COLUMNS)].set_index("unit_id").drop(columns="unit_set")
    wide.insert(2, "area", area.reindex(wide.index))
    pieces: list[pd.DataFrame | pd.Series[float]] = [wide]
    columns = [("area", "", "", "m2"), *_measures_of_gep(wide)]
    for service, rows in supply.groupby("service", sort=False):
        code = str(service)
        items = list(rows["item"].drop_duplicates())
        for item in items:
            part = rows[rows["item"] == item]
            name = f"{code}_quantity" if len(items) == 1 else f"{code}_{item}_quantity"
            pieces.append(group_sum(part, ["unit_id"], "quantity").rename(name))
            columns.append((name, code, item, part["uom"].iloc[0]))
        pieces.append(group_sum(rows, ["unit_id"], "value").rename(f"{code}_value"))
        columns.append((f"{code}_value", code, "", "CNY"))
    table = pd.concat([piece.reindex(wide.index) for piece in pieces], axis=1).reset_index()
    head = [name for name in _UNIT if name in table]
    table = table[[*head, *[name for name in table.columns if name not in head]]]
    bounds = [bounds_text(class_bounds(table[name].astype("float64"))) for name, *_ in columns]
    return table, pd.DataFrame(columns, columns=["column", "service", "item", "uom"]).assign(bounds=bounds)


def in_total(columns: pd.DataFrame, supply: pd.DataFrame, indicators: pd.DataFrame) -> list[str]:
    """Whether the total of the account has the values of a service in it.

    Parameters
    ----------
    columns : table (column, service, ...)
        Of `unit_results`.
    supply : table (service, item)
    indicators : table (indicator, state)

    Returns
    -------
    vector (columns)
        yes, no, or part where that differs between the items of the service; empty for columns that are no service's.
    """
    if not len(indicators):
        return [""] * len(columns)
    apart = indicators.loc[indicators["state"].isin((EXCLUDED, UNREAD)), "indicator"]
    pack = dict.fromkeys(indicators["indicator"], "yes") | dict.fromkeys(apart, "no")
    items = supply.drop_duplicates(["service", "item"])
    counts = counted(items, pack).groupby(items["service"])
    words = {str(service): "yes" if flags.all() else "part" if flags.any() else "no" for service, flags in counts}
    return [words.get(service, "") for service in columns["service"]]


def _measures_of_gep(wide: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Measures of the GEP columns."""
    special = {"gep_per_km2": "CNY km-2", "gep_per_capita": "CNY person-1"}
    ratios = ("gep_gdp_ratio", "value_share_", "valid_fraction", "indicators_")
    texts = (*CODE_COLUMNS, "complete", "price_year", "area", *_HEAD)
    return [
        (name, "", "", "1" if name.startswith(ratios) else special.get(name, "CNY")) for name in wide.columns if name not in texts
    ]
