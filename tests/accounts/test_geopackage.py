import sqlite3

import county
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import box

from ecoval.accounts import indicator_account, supply_account
from ecoval.accounts.geopackage import in_total, unit_results, write_account
from ecoval.errors import InputError
from ecoval.legends import bounds_text, class_bounds

UNITS = gpd.GeoDataFrame(
    {"unit_set": "admin", "unit_id": ["a", "b"]}, geometry=[box(0, 0, 1250, 1000), box(1250, 0, 1850, 1000)], crs="EPSG:4549"
)


def accounts():
    supply = supply_account(county.TOTALS, county.ITEMS, county.EXTENT, price_year=2020, statistics=county.STATISTICS)
    return supply, county.gep_of(supply), county.EXTENT


def test_unit_results_has_quantity_and_value_per_service():
    table, columns = unit_results(*accounts())
    town = table.set_index("unit_id").loc["a"]
    assert town["water_retention_quantity"] == 630_000.0
    assert town["water_retention_value"] == 5_670_000.0
    assert town["area"] == 1_250_000.0
    assert columns.set_index("column").loc["water_retention_quantity", "uom"] == "m3 yr-1"
    assert columns.set_index("column").loc["gep_per_km2", "uom"] == "CNY km-2"


def test_unit_results_names_the_items_of_a_service_with_several():
    supply, gep, extent = accounts()
    more = supply[supply["service"] == "water_retention"].assign(item="second", quantity=1.0, value=2.0)
    table, _ = unit_results(pd.concat([supply, more]), gep, extent)
    assert {"water_retention_retention_quantity", "water_retention_second_quantity", "water_retention_value"} <= set(table)


def test_each_column_has_the_bounds_of_its_classes():
    table, columns = unit_results(*accounts())
    bounds = columns.set_index("column")["bounds"]
    assert bounds["area"] == bounds_text(class_bounds(table["area"]))
    for column, text in bounds.items():
        values, numbers = table[column].dropna(), [float(part) for part in text.split(";") if part]
        assert numbers == sorted(set(numbers))
        assert len(numbers) > 1 or values.empty
        assert values.empty or (numbers[0] <= values.min() and values.max() <= numbers[-1])


def test_each_service_says_whether_the_total_has_it():
    supply = pd.DataFrame({"service": ["water", "water", "oxygen", "cooling", "cooling"], "item": ["", "", "", "trees", "lakes"]})
    states = pd.DataFrame(
        {"indicator": ["water", "oxygen", "trees", "lakes"], "state": ["computed", "excluded", "computed", "membership_unread"]}
    )
    columns = pd.DataFrame({"service": ["", "water", "oxygen", "cooling"]})
    assert in_total(columns, supply, states) == ["", "yes", "no", "part"]
    assert in_total(columns, supply, states[states["indicator"] == "water"]) == ["", "yes", "no", "no"]
    assert in_total(columns, supply, states[:0]) == [""] * 4


def test_write_account_layers_of_geopackage_1_2(tmp_path):
    path = tmp_path / "account.gpkg"
    supply, gep, extent = accounts()
    states = indicator_account(supply, extent, county.grounds())
    write_account(path, UNITS, supply, gep, extent, states)
    with sqlite3.connect(path) as database:
        assert database.execute("pragma user_version").fetchone() == (10200,)
        kinds = dict(database.execute("select table_name, data_type from gpkg_contents"))
    assert kinds == {
        "admin": "features",
        "supply": "attributes",
        "gep": "attributes",
        "extent": "attributes",
        "indicators": "attributes",
        "columns": "attributes",
    }
    layer = gpd.read_file(path, layer="admin")
    assert layer.crs == UNITS.crs
    assert layer.set_index("unit_id")["gep"].tolist()[0] == gep["gep"].iloc[0]
    assert layer["geometry"].geom_type.unique().tolist() == ["MultiPolygon"]
    back = pyogrio.read_dataframe(path, layer="supply")
    pd.testing.assert_series_equal(back["value"], supply["value"], check_exact=True)
    assert back["unit_name"].tolist() == supply["unit_name"].tolist()


def test_write_account_refuses_results_without_geometry(tmp_path):
    with pytest.raises(InputError, match=r'no geometry: b of the unit set "admin".*Give the layer'):
        write_account(tmp_path / "account.gpkg", UNITS.iloc[:1], *accounts(), pd.DataFrame())
    assert list(tmp_path.iterdir()) == []
