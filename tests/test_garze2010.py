"""Garze 2010: printed quantity x price = value, and the parameter chains that the paper prints [GARZE2017].

The tables lie beside the project. Printed numbers agree within half a unit of their last digit, and never worse than that.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from ecoval import measure
from ecoval.accounts.supply import value_factor
from ecoval.accounts.valuation import item_price
from ecoval.parameters import Parameters
from ecoval.services import service
from ecoval.services.climate_regulation import plants
from ecoval.services.flood_mitigation import marsh
from ecoval.services.soil_retention import nitrogen, phosphorus, silt

SHARED = Path(__file__).parents[2] / "shared"
CASES = SHARED / "data" / "published_cases"
NUMBERS = Parameters.read("garze-2010", region="CN-5133", allow_recalled=True)


def rows(name):
    if not SHARED.exists():
        return []  # nothing to compare with
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PRICED = [row for row in rows("garze2010_quantity_price_value.csv") if row["price"]]
CHAINS = {(row["service"], row["item"]): row for row in rows("garze2010_chains.csv")}
PRINTED = {(row["service"], row["parameter"]): float(row["value"]) for row in rows("garze2010_parameters.csv")}
EXTENT = {row["ecosystem_type"]: float(row["area_km2"]) for row in rows("garze2010_extent.csv")}
PRICES = {
    ("water_retention", "water_retention"): ("water_retention", "price_storage"),
    ("soil_retention", "siltation"): ("soil_retention", "price_dredging"),
    ("soil_retention", "nitrogen"): ("soil_retention", "price_nitrogen"),
    ("soil_retention", "phosphorus"): ("soil_retention", "price_phosphorus"),
    ("flood_mitigation", "lake"): ("flood_mitigation", "price_storage"),
    ("flood_mitigation", "reservoir"): ("flood_mitigation", "price_storage"),
    ("flood_mitigation", "marsh"): ("flood_mitigation", "price_storage"),
    ("carbon_sequestration", "co2"): ("carbon_sequestration", "price_co2"),
    ("oxygen_release", "o2"): ("oxygen_release", "price_o2"),
    ("climate_regulation", "plants"): ("climate_regulation", "price_electricity"),
    ("climate_regulation", "water"): ("climate_regulation", "price_electricity"),
}


def test_the_tables_are_there():
    if SHARED.exists():
        assert len(PRICED) == 23
        assert len(CHAINS) == 7


def tolerance(row):
    """Half a unit of the last printed digit of quantity and value."""
    quantity = 0.5 * 10.0 ** -len(row["quantity"].partition(".")[2]) / float(row["quantity"])
    value = 0.5e-4 / float(row["value_1e8cny"])
    return max(1e-4, quantity + value)


@pytest.mark.parametrize("row", PRICED, ids=lambda row: f"{row['service']}-{row['item']}")
def test_quantity_times_price_is_the_printed_value(row):
    if row["service"] == "sand_fixation":
        # 779.42e4 t are 60.89 km2 of sand 0.1 m deep at 1.28 t m-3; the price is one of that area
        area = float(row["quantity"]) * measure.factor("1e4 t", "t") / 1.28 / 0.1
        value = area * float(row["price"])
    else:
        value = float(row["quantity"]) * float(row["price"]) * value_factor(row["quantity_uom"], row["price_uom"])
    assert value * measure.factor("CNY", "亿元") == pytest.approx(float(row["value_1e8cny"]), rel=tolerance(row))


@pytest.mark.parametrize("row", PRICED, ids=lambda row: f"{row['service']}-{row['item']}")
def test_the_packaged_price_is_the_printed_one(row):
    found = PRICES.get((row["service"], row["item"]))
    if found is None:
        return  # a service that is not packaged yet
    code, name = found
    numbers = Parameters.read("garze-2010", region="CN-5133", prices={name: "GARZE2017"})
    price = numbers.price(code, name)
    assert (price.value, price.year, price.status) == (float(row["price"]), 2010, "published")


def chain(name):
    row = CHAINS[name]
    return float(row["printed"]), float(row["relative_tolerance"])


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is absent")
class TestChains:
    """What the paper computes on the way, by the functions of the services."""

    def test_silt(self):
        share = NUMBERS.number("soil_retention", "sediment_deposition_share", source="GARZE2017")
        density = NUMBERS.number("soil_retention", "bulk_density", source="GARZE2017")
        assert share.value == PRINTED["soil_retention", "sediment_deposition_share"]
        assert density.value == PRINTED["soil_retention", "bulk_density"]
        soil = np.array([PRINTED["soil_retention", "soil_retention_total"]])
        printed, relative = chain(("soil_retention", "siltation_volume"))
        assert silt(soil, share.value, density.value, None)[0] * measure.factor("m3", "1e8 m3") == pytest.approx(
            printed, rel=relative
        )

    @pytest.mark.parametrize(("item", "function"), [("nitrogen", nitrogen), ("phosphorus", phosphorus)])
    def test_nutrients(self, item, function):
        content = NUMBERS.number("soil_retention", f"soil_{item}")
        assert content.value == PRINTED["soil_retention", f"soil_{item}"]
        soil = np.array([PRINTED["soil_retention", "soil_retention_total"]])
        printed, relative = chain(("soil_retention", item))
        assert function(soil, None, content.value)[0] * measure.factor("t", "1e4 t") == pytest.approx(printed, rel=relative)

    def test_transpiration_heat_of_plants(self):
        # forest, shrub and grassland at 15 days and an efficiency of 3.0
        heat = NUMBERS.vector("climate_regulation", "transpiration_heat", [1, 2, 3], source="GARZE2017")
        days = NUMBERS.number("climate_regulation", "cooling_days").value
        ratio = NUMBERS.number("climate_regulation", "energy_efficiency_ratio").value
        q = plants(None, heat.values, np.full(3, days), ratio, None, "GARZE2017").astype(float)
        area = np.array([EXTENT[name] for name in ("forest", "shrub", "grassland")]) * measure.factor("km2", "ha")
        printed, relative = chain(("climate_regulation", "plants"))
        assert (q * area).sum() * measure.factor("kWh", "1e8 kWh") == pytest.approx(printed, rel=relative)

    def test_water_over_marsh(self):
        depth = NUMBERS.number("flood_mitigation", "marsh_surface_depth").value
        area = EXTENT["wetland"] * PRINTED["flood_mitigation", "marsh_area_share"] * measure.factor("km2", "ha")
        printed, relative = chain(("flood_mitigation", "marsh"))
        held = float(marsh(np.array([[413]]), depth)[0, 0]) * area
        assert held * measure.factor("m3", "1e8 m3") == pytest.approx(printed, rel=relative)

    def test_sand_fixed_as_an_area(self):
        printed, relative = chain(("sand_fixation", "area"))
        assert pytest.approx(printed, rel=relative) == 779.42e4 / 1.28 / 0.1 / 1e6

    def test_oxygen_is_gross_and_carbon_net(self):
        values = {row["service"]: float(row["value_1e8cny"]) / float(row["price"]) for row in PRICED}
        ratio = values["oxygen_release"] / values["carbon_sequestration"]
        assert ratio == pytest.approx(float(CHAINS["oxygen_release", "o2_to_co2_ratio"]["computed"]), rel=1e-3)
        assert ratio > 10 * 32 / 44

    def test_the_price_of_storage_by_the_pack(self):
        numbers = Parameters.read("garze-2010", region="CN-5133", prices={"storage": "GARZE2017"})
        retention = service("water_retention").items[0]
        price = item_price(numbers, "water_retention", retention, numbers.options("water_retention"), 2010)
        assert price.chosen.value * 321.49 == pytest.approx(2269.7074, rel=1e-4)
