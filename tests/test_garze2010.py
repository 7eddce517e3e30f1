"""Garze 2010: printed quantity x price = value, and the parameter chains that the paper prints [GARZE2017].

Printed numbers agree within half a unit of their last digit, and never worse than that. Those of the packaged services stand here;
the tables with all of them are outside data.
"""

import csv

import numpy as np
import pytest
from outside import FOLDER

from ecoval import measure
from ecoval.accounts.valuation import item_price, value_factor
from ecoval.parameters import Parameters
from ecoval.services import service
from ecoval.services.climate_regulation import plants
from ecoval.services.flood_mitigation import marsh
from ecoval.services.soil_retention import nitrogen, phosphorus, silt

NUMBERS = Parameters.read("garze-2010", region="CN-5133", allow_recalled=True)
# service, item: quantity and its measure, price and its measure, value in 1e8 CNY as printed; the packaged price
PACKAGED = {
    ("water_retention", "water_retention"): ("321.49", "1e8 m3", "7.06", "CNY m-3", "2269.7074", "price_storage"),
    ("soil_retention", "siltation"): ("10.03", "1e8 m3", "15.58", "CNY m-3", "156.2555", "price_dredging"),
    ("soil_retention", "nitrogen"): ("1437.94", "1e4 t", "875", "CNY t-1", "125.8199", "price_nitrogen"),
    ("soil_retention", "phosphorus"): ("419.72", "1e4 t", "2800", "CNY t-1", "117.5226", "price_phosphorus"),
    ("flood_mitigation", "lake"): ("2.43", "1e8 m3", "7.06", "CNY m-3", "17.1430", "price_storage"),
    ("flood_mitigation", "reservoir"): ("0.01", "1e8 m3", "7.06", "CNY m-3", "0.0684", "price_storage"),
    ("flood_mitigation", "marsh"): ("6.00", "1e8 m3", "7.06", "CNY m-3", "42.3436", "price_storage"),
    ("carbon_sequestration", "co2"): ("0.31", "1e8 t", "380", "CNY t-1", "117.3548", "price_co2"),
    ("oxygen_release", "o2"): ("2.51", "1e8 t", "727", "CNY t-1", "1821.9182", "price_o2"),
    ("climate_regulation", "plants"): ("2799.10", "1e8 kWh", "0.53", "CNY kWh-1", "1483.5208", "price_electricity"),
    ("climate_regulation", "water"): ("1272.35", "1e8 kWh", "0.53", "CNY kWh-1", "674.3433", "price_electricity"),
}
COLUMNS = ("quantity", "quantity_uom", "price", "price_uom", "value_1e8cny")
PRICED = [
    {"service": service, "item": item, **dict(zip(COLUMNS, printed[:5], strict=True))}
    for (service, item), printed in PACKAGED.items()
]
# what the paper computes on the way: the printed number and how far the chain may be from it
CHAINS = {
    ("soil_retention", "siltation_volume"): ("10.03", "0.002"),  # 1e8 m3
    ("soil_retention", "nitrogen"): ("1437.94", "0.001"),  # 1e4 t
    ("soil_retention", "phosphorus"): ("419.72", "0.001"),  # 1e4 t
    ("sand_fixation", "area"): ("60.89", "0.001"),  # km2
    ("climate_regulation", "plants"): ("2799.1", "0.0001"),  # 1e8 kWh
    ("flood_mitigation", "marsh"): ("6.0", "0.01"),  # 1e8 m3
}
O2_TO_CO2 = 8.115
PRINTED = {
    ("soil_retention", "soil_retention_total"): 3.886e9,  # t yr-1
    ("soil_retention", "sediment_deposition_share"): 0.24,
    ("soil_retention", "bulk_density"): 0.93,  # t m-3
    ("soil_retention", "soil_nitrogen"): 0.0037,
    ("soil_retention", "soil_phosphorus"): 0.00108,
    ("flood_mitigation", "marsh_area_share"): 0.7,
}
EXTENT = {"forest": 31920.60, "shrub": 32283.46, "grassland": 71113.87, "wetland": 2864.27}  # km2


def rows(name):
    """Rows of one of the outside tables; none where there is none."""
    if FOLDER is None:
        return []
    with (FOLDER / "data" / "published_cases" / f"garze2010_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_stands_here_is_what_the_tables_say(outside):
    tables = {name: rows(name) for name in ("quantity_price_value", "chains", "parameters", "extent")}
    priced = {(row["service"], row["item"]): row for row in tables["quantity_price_value"] if row["price"]}
    assert len(priced) == 23
    for row in PRICED:
        assert {name: priced[row["service"], row["item"]][name] for name in row} == row
    chains = {(row["service"], row["item"]): row for row in tables["chains"]}
    assert float(chains.pop(("oxygen_release", "o2_to_co2_ratio"))["computed"]) == O2_TO_CO2
    assert {key: (row["printed"], row["relative_tolerance"]) for key, row in chains.items()} == CHAINS
    assert {(row["service"], row["parameter"]): float(row["value"]) for row in tables["parameters"]}.items() >= PRINTED.items()
    assert {row["ecosystem_type"]: float(row["area_km2"]) for row in tables["extent"]}.items() >= EXTENT.items()


def tolerance(row):
    """Half a unit of the last printed digit of quantity and value."""
    quantity = 0.5 * 10.0 ** -len(row["quantity"].partition(".")[2]) / float(row["quantity"])
    value = 0.5e-4 / float(row["value_1e8cny"])
    return max(1e-4, quantity + value)


def check_value(row):
    if row["service"] == "sand_fixation":
        # 779.42e4 t are 60.89 km2 of sand 0.1 m deep at 1.28 t m-3; the price is one of that area
        area = float(row["quantity"]) * measure.factor("1e4 t", "t") / 1.28 / 0.1
        value = area * float(row["price"])
    else:
        value = float(row["quantity"]) * float(row["price"]) * value_factor(row["quantity_uom"], row["price_uom"])
    assert value * measure.factor("CNY", "亿元") == pytest.approx(float(row["value_1e8cny"]), rel=tolerance(row))


@pytest.mark.parametrize("row", PRICED, ids=lambda row: f"{row['service']}-{row['item']}")
def test_quantity_times_price_is_the_printed_value(row):
    check_value(row)


OTHERS = [row for row in rows("quantity_price_value") if row["price"] and (row["service"], row["item"]) not in PACKAGED]


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: f"{row['service']}-{row['item']}")
def test_quantity_times_price_is_the_printed_value_of_services_that_are_not_packaged(outside, row):
    check_value(row)


@pytest.mark.parametrize(("service", "item"), PACKAGED)
def test_the_packaged_price_is_the_printed_one(service, item):
    *_, printed, _, _, name = PACKAGED[service, item]
    numbers = Parameters.read("garze-2010", region="CN-5133", prices={name: "GARZE2017"})
    price = numbers.price(service, name)
    assert (price.value, price.year, price.status) == (float(printed), 2010, "published")


def chain(name):
    printed, relative = CHAINS[name]
    return float(printed), float(relative)


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
        assert ratio == pytest.approx(O2_TO_CO2, rel=1e-3)
        assert ratio > 10 * 32 / 44

    def test_the_price_of_storage_by_the_pack(self):
        numbers = Parameters.read("garze-2010", region="CN-5133", prices={"storage": "GARZE2017"})
        retention = service("water_retention").items[0]
        price = item_price(numbers, "water_retention", retention, numbers.options("water_retention"), 2010)
        assert price.chosen.value * 321.49 == pytest.approx(2269.7074, rel=1e-4)
