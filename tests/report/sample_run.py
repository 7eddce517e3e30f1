"""A run folder of an invented county of nine towns, made from numbers alone: what a study writes, without a study."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ecoval.accounts import extent_account, gep_account, indicator_account, supply_account
from ecoval.accounts.geopackage import write_account
from ecoval.accounts.indicators import Grounds
from ecoval.tables import write_table

TOWNS = ("云溪镇", "石门乡", "青岭镇", "竹源乡", "双桥镇", "城关街道", "沙塘镇", "海门镇", "东屿乡")
TYPES = ("111", "113", "121", "41", "422", "511", "52", "611")
SHARES = {"云溪镇": (40, 20, 25, 0, 1, 6, 6, 2), "城关街道": (8, 2, 5, 1, 3, 30, 11, 40), "海门镇": (12, 2, 10, 12, 8, 30, 10, 16)}
USUAL = (30, 12, 22, 2, 2, 18, 8, 6)
# service, item, category, density per ha, uom, price, price_uom, types out of scope, status, price status
CELLS = (
    ("water_retention", "retention", "regulating", 7200.0, "m3 yr-1", 9.04, "CNY m-3", "41 422 511 611", "published", "example"),
    ("soil_retention", "soil", "regulating", 410.0, "t yr-1", np.nan, "", "41 422 611", "published", ""),
    ("soil_retention", "silt", "regulating", 76.0, "m3 yr-1", 19.76, "CNY m-3", "41 422 611", "published", "user"),
    ("soil_retention", "nitrogen", "regulating", 0.62, "t yr-1", 875.0, "CNY t-1", "41 422 611", "transferred", "user"),
    ("soil_retention", "phosphorus", "regulating", 0.2, "t yr-1", 2800.0, "CNY t-1", "41 422 611", "transferred", "user"),
    ("flood_mitigation", "vegetation", "regulating", 1900.0, "m3 yr-1", 9.04, "CNY m-3", "41 422 511 611", "published", "example"),
    ("carbon_sequestration", "co2", "regulating", 9.5, "tCO2 yr-1", 29.57, "CNY tCO2-1", "422 611", "verified", "published"),
    ("oxygen_release", "oxygen", "regulating", 6.9, "t yr-1", 727.0, "CNY t-1", "422 611", "verified", "user"),
    ("climate_regulation", "plants", "regulating", 52000.0, "kWh yr-1", 0.53, "CNY kWh-1", "422 611", "recalled", "user"),
    (
        "climate_regulation",
        "water",
        "regulating",
        900000.0,
        "kWh yr-1",
        0.53,
        "CNY kWh-1",
        "111 113 121 41 511 52 611",
        "published",
        "user",
    ),
)
UNPRICED = ("noise_attenuation", "belts", "regulating")
INDICATORS = {
    **dict.fromkeys(("material_supply", "water_retention", "soil_retention", "flood_mitigation", "carbon_sequestration"), "yes"),
    **dict.fromkeys(("climate_regulation", "air_purification", "water_purification", "tourism_health", "leisure"), "yes"),
    **{"coastal_protection": "yes", "oxygen_release": "no", "negative_ions": "no", "amenity": "no"},
}
OUT = ("air_purification", "water_purification", "leisure", "coastal_protection")


def county():
    """Nine towns that tile a county with a ragged coast."""
    rng = np.random.default_rng(7)
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 21_000 + 2_500 * np.sin(3 * angle + 1) + 1_500 * rng.standard_normal(90).cumsum() / 9
    outline = shapely.Polygon(np.c_[np.cos(angle) * radius * 1.35 + 560_000, np.sin(angle) * radius + 3_240_000])
    seeds = np.array([(-20, 9), (-21, -6), (-9, 13), (-8, -12), (-3, 1), (7, 3), (9, -11), (19, -3), (12, 14)]) * 1000.0
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds + np.array([560_000, 3_240_000])), extend_to=outline, ordered=True)
    shapes = shapely.intersection(shapely.get_parts(cells), outline)
    codes = [f"3302260{number:02d}" for number in range(1, 10)]
    return gpd.GeoDataFrame({"unit_set": "admin", "unit_id": codes, "unit_name": TOWNS}, geometry=shapes, crs="EPSG:4549")


def accounts(units):
    """Supply, GEP, extent and indicators of the county; one town has neither rain nor tourism."""
    areas, cells = [], []
    for place, (code, town) in enumerate(zip(units["unit_id"], units["unit_name"], strict=True)):
        shares = np.array(SHARES.get(town, USUAL), dtype=float)
        area = units.geometry.iloc[place].area * shares / shares.sum() * 0.99
        areas += [
            (code, kind, size)
            for kind, size in zip((*TYPES, "missing"), (*area, units.geometry.iloc[place].area * 0.01), strict=True)
        ]
        for service, item, _, density, uom, *_, out, _, _ in CELLS:
            dry = town == "东屿乡"
            for kind, size in (*zip(TYPES, area, strict=True), ("missing", units.geometry.iloc[place].area * 0.01)):
                outside, absent = kind in out.split(), kind == "missing" or dry
                quantity = np.nan if outside or absent else density * size / 1e4 * (0.8 + 0.05 * place)
                held = (0.0, 0.0, size) if outside else (0.0, size, 0.0) if absent else (size, 0.0, 0.0)
                cells.append((code, kind, service, item, quantity, uom, *held))
    extent = extent_account(pd.DataFrame(areas, columns=["unit_id", "ecosystem_type", "area"]), units, year=2023, unit_set="admin")
    names = ["unit_id", "ecosystem_type", "service", "item", "quantity", "uom", "valid_area", "missing_area", "out_of_scope_area"]
    supply = supply_account(pd.DataFrame(cells, columns=names), items(), extent, price_year=2020, statistics=statistics(units))
    people = pd.DataFrame({"unit_id": units["unit_id"], "item": "population", "quantity": 21_000.0, "uom": "person"})
    product = people.assign(item="gdp", quantity=13.5, uom="亿元")
    services = {service: service for service, *_ in CELLS} | {"material_supply": "material_supply", "tourism_health": "recreation"}
    grounds = Grounds(
        INDICATORS,
        excluded=dict.fromkeys(OUT, "not yet here"),
        services=services,
        computed=set(services.values()),
        unpriced={("soil_retention", "soil")},
        missing_share=0.05,
    )
    states = indicator_account(supply, extent, grounds)
    given = {"price_year": 2020, "statistics": pd.concat([people, product])}
    cell_items = {(service, item) for service, item, *_ in CELLS}
    gep = gep_account(supply, extent, grounds.counted, states, cell_items=cell_items, **given)
    return supply, gep, extent, states


def items():
    rows = [(s, i, c, "", p, pu, st, ps) for s, i, c, _, _, p, pu, _, st, ps in CELLS]
    rows += [("material_supply", "*", "provisioning", "method=net_value_added", np.nan, "", "user", "user")]
    rows += [("recreation", "*", "cultural", "tourism_health=revenue", np.nan, "", "user", "user")]
    return pd.DataFrame(rows, columns=["service", "item", "category", "option", "price", "price_uom", "status", "price_status"])


def statistics(units):
    head = {"ecosystem_type": "*", "price_year": 2020, "status": "user"}
    codes = units["unit_id"]
    rice = pd.DataFrame(
        {"unit_id": codes, "service": "material_supply", "item": "稻谷", "quantity": np.arange(9) * 900.0 + 2000, **head}
    )
    rice = rice.assign(uom="t yr-1", price=3000.0, price_uom="CNY t-1", value_share=0.58)
    tea = rice.assign(item="茶叶", quantity=np.arange(9)[::-1] * 20.0 + 30, price=60_000.0)
    visits = pd.DataFrame(
        {"unit_id": codes, "service": "recreation", "item": "tourism_health", "quantity": 4e7 + 2e7 * np.arange(9), **head}
    )
    visits = visits.assign(uom="CNY yr-1", price=1.0, price_uom="1", value_share=0.4, status="example").iloc[:8]
    return pd.concat([rice, tea, visits])


def record():
    """Content of run.json as far as a report reads it."""
    number = {"region": "CN", "year": "*", "note": ""}
    return {
        "status": "finished",
        "name": "滨海县 2023 年生态产品总值核算（虚构示例）",
        "year": 2023,
        "price_year": 2020,
        "standard": "open-2026",
        "indicators": [{"indicator": name, "included": text, "status": "project"} for name, text in INDICATORS.items()],
        "excluded": dict.fromkeys(OUT, "not yet here"),
        "options": {"water_retention": {"runoff": "coefficient", "price": "full_cost"}, "climate_regulation": {"epp": "GARZE2017"}},
        "numbers": [
            {
                "service": "water_retention",
                "parameter": "runoff_coefficient",
                "key": "111",
                "value": 0.0465,
                "uom": "1",
                "source_id": "GONG2017",
                "status": "published",
                **number,
            },
            {
                "service": "climate_regulation",
                "parameter": "epp",
                "key": "1",
                "value": 2837.27,
                "uom": "kJ m-2 d-1",
                "source_id": "GARZE2017",
                "status": "recalled",
                **number,
            },
            {
                "service": "soil_retention",
                "parameter": "nitrogen_fraction",
                "key": "*",
                "value": 0.0015,
                "uom": "1",
                "source_id": "YOUYANG",
                "status": "transferred",
                **number,
                "region": "CN-50",
            },
            {
                "service": "water_retention",
                "parameter": "price_storage",
                "key": "*",
                "value": 9.04,
                "uom": "CNY m-3",
                "source_id": "study",
                "status": "example",
                **number,
                "year": "2020",
            },
        ],
        "left_out": [
            {"service": "coastal_protection", "item": "", "reason": {"en": "no dike cost is given", "zh": "未提供海堤造价"}}
        ],
        "notes": [
            {
                "code": "storage_prices",
                "fields": {
                    "service": "water_retention",
                    "item": "retention",
                    "quantity": 5.9e8,
                    "full_cost": 9.04,
                    "full_cost_value": 5.3e9,
                    "annualised": 0.41,
                    "annualised_value": 2.4e8,
                    "chosen": "full_cost",
                },
            },
            {
                "zh": "水源涵养：全额造价法 9.04 元/立方米（计入总值）；年化法 0.41 元/立方米，价值为其 4.5 %。",
                "en": "Water retention: full cost 9.04 CNY/m3 (in the sum); annualised 0.41 CNY/m3, 4.5 % of it.",
            },
        ],
        "variants": [
            {
                "service": "climate_regulation",
                "item": "plants",
                "variant": "epp=et",
                "chosen": True,
                "quantity": 6e9,
                "uom": "kWh yr-1",
                "value": 3.2e9,
            },
            {
                "service": "climate_regulation",
                "item": "plants",
                "variant": "energy_efficiency_ratio x 1.1",
                "chosen": False,
                "quantity": 5.4e9,
                "uom": "kWh yr-1",
                "value": None,
            },
        ],
        "ls": [{"unit_set": "admin", "unit_id": "330226001", "mean": 7.25, "p95": 21.5}],
        "diagnostics": [
            {
                "unit_set": "admin",
                "service": "water_retention",
                "item": "clipped",
                "uom": "m3 yr-1",
                "quantity": 1.2e6,
                "valid_area": 8.5e8,
            }
        ],
        "warnings": [{"code": "term_unknown", "fields": {"identifier": "吨/a", "nearest": "吨"}, "message": "A unit"}],
        "inputs": [
            {"role": "landcover", "path": "/data/滨海/landcover_2023.tif", "size": 1_234_567, "sha256": "ab" * 32},
            {"role": "precipitation", "path": "/data/滨海/rain.tif", "size": 765_432, "sha256": "cd" * 32},
        ],
        "versions": {"ecoval": "0.1.0", "python": "3.11.2", "gdal": "3.10.0", "proj": "9.6.0"},
        "started": "2026-05-04T09:00:00+08:00",
        "finished": "2026-05-04T09:00:12+08:00",
    }


def write(folder, **changed):
    """Write the run folder."""
    folder.mkdir(parents=True, exist_ok=True)
    units = county()
    supply, gep, extent, states = accounts(units)
    for name, table in (("supply", supply), ("gep", gep), ("extent", extent), ("indicators", states)):
        write_table(table, folder / f"{name}.csv")
    write_account(folder / "account.gpkg", units, supply, gep, extent, states)
    (folder / "run.json").write_text(json.dumps(record() | changed, ensure_ascii=False), encoding="utf-8")
    return folder


def of_units(run, number):
    """The run as it would be of some of its units."""
    ids = list(run.gep["unit_id"][:number])
    names = ("supply", "gep", "extent", "states")
    tables = {name: getattr(run, name)[getattr(run, name)["unit_id"].isin(ids)].reset_index(drop=True) for name in names}
    shapes = {name: frame[frame["unit_id"].isin(ids)].reset_index(drop=True) for name, frame in run.shapes.items()}
    return replace(run, **tables, shapes=shapes)
