"""Run folder of an assessment, written by hand: Example 1 of the reference with polygons, in two watersheds of one county."""

import json

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point, box

from ecoval.tables import write_table
from ecoval.tables.geopackage import write_layer

CRS = "EPSG:4549"  # CGCS2000 / 3-degree Gauss-Kruger CM 120E
EAST, NORTH = 480_000.0, 3_200_000.0
SERVICES = {"water": ("W1", "watershed", "m3"), "soil": ("W1", "watershed", "t"), "carbon": ("C1", "county", "tCO2")}
PRICES = {"water": (5.0, "CNY m-3"), "soil": (30.0, "CNY t-1"), "carbon": (60.0, "CNY tCO2-1")}
UNMITIGATED = {"water": (32_500.0, 5_000.0), "soil": (331.0, 0.0), "carbon": (60.5, 6.0)}
RESIDUAL = {"water": 27_000.0, "soil": 315.0, "carbon": 55.5}
SLOPE = {"water": 1_700.0, "soil": 32.0, "carbon": 5.3}  # per ha of slope -> forest
WETLAND = {"water": 6_600.0, "soil": 8.0, "carbon": 6.2}  # 2 ha of crop -> wetland
NAME = "青溪至石门公路 <一期> & $桥$"


def square(column, row, hectares, dx=0.0):
    """A square of an area, its lower left corner in a chequer of 500 m."""
    side = (hectares * 1e4) ** 0.5
    left, bottom = EAST + 500 * column + dx, NORTH + 500 * row
    return box(left, bottom, left + side, bottom + side)


def candidates(hectares):
    """All candidates: two taken, one eligible, two excluded."""
    rows = [
        ("坡-01", "forest", "黄土岭坡地", 12e4, "41", "111", 96_000.0, "", "", ""),
        ("田-02", "wetland", "双桥农田", 2e4, "511", "311", 40_000.0, "", "", ""),
        ("坡-03", "forest", "石门坡地", 6e4, "41", "111", 75_500.0, "", "", ""),
        (
            "坡-04",
            "forest",
            "路边坡地",
            3e4,
            "41",
            "111",
            21_000.0,
            "CANDIDATE_IN_FOOTPRINT",
            "Touches the footprint.",
            "触及占用范围。",
        ),
        (
            "林-05",
            "forest",
            "国有林场",
            9e4,
            "111",
            "111",
            0.0,
            "CANDIDATE_IN_PROTECTED",
            "Protected land: not additional.",
            "保护地，无额外性。",
        ),
    ]
    columns = ["candidate_id", "option_id", "name", "area", "kind_now", "kind_target", "cost", "excluded", "reason_en", "reason_zh"]
    table = pd.DataFrame(rows, columns=columns).assign(
        fixed_cost=0.0,
        start_year=2025,
        ramp_years=5.0,
        end_year="",
        success=1.0,
        leakage=0.0,
        right_id=["浙(2025)第0012号", "", "", "", ""],
    )
    table.loc[0, "area"] = hectares * 1e4
    shapes = [square(1, 5, hectares), square(4, 5, 2), square(7, 5, 6), square(2.2, 2, 3), square(8.3, 1, 9)]
    return table, shapes


def tables(hectares=12.0):
    """The tables of contract: loss, measures, candidates, credits, portfolio and balances."""
    taken, _ = candidates(hectares)
    gain = {service: SLOPE[service] * hectares + WETLAND[service] for service in SERVICES}
    place = [{"service": s, "area_unit": u, "area_kind": k, "uom": uom} for s, (u, k, uom) in SERVICES.items()]
    losses = []
    for alternative, factor in (("A", 1.0), ("B", 1.4)):
        for row in place:
            direct, indirect = (factor * part for part in UNMITIGATED[row["service"]])
            total = direct + indirect
            given = {"direct": direct, "indirect": indirect, "temporary": 0.0, "permanent": total, "annual": total, "pv": total}
            given |= {
                "pv_low": 0.9 * total,
                "pv_high": 1.1 * total,
                "pv_uom": row["uom"],
                "valid_area": 32e4,
                "missing_area": 1.25e4,
            }
            losses.append({"alternative_id": alternative, **row, **given, "uom": f"{row['uom']} yr-1"})
    balance = [
        {
            **row,
            "debit": RESIDUAL[row["service"]],
            "required": RESIDUAL[row["service"]],
            "credit": gain[row["service"]],
            "net": gain[row["service"]] - RESIDUAL[row["service"]],
            "ratio": gain[row["service"]] / RESIDUAL[row["service"]],
            "ok": gain[row["service"]] >= RESIDUAL[row["service"]],
            "debit_high": 1.05 * RESIDUAL[row["service"]],
            "credit_low": 0.93 * gain[row["service"]],
            "net_cautious": 0.93 * gain[row["service"]] - 1.05 * RESIDUAL[row["service"]],
            "ok_cautious": 0.93 * gain[row["service"]] >= 1.05 * RESIDUAL[row["service"]],
            "annual_debit": RESIDUAL[row["service"]],
            "annual_credit": gain[row["service"]],
            "annual_uom": f"{row['uom']} yr-1",
        }
        for row in place
    ]
    return {
        "losses": pd.DataFrame(losses),
        "balance": pd.DataFrame(balance),
        "alternatives": _alternatives(),
        "measures": _measures(),
        "candidates": taken,
        "portfolio": taken.loc[:1, ["candidate_id", "option_id", "cost", "name", "area"]].assign(share=1.0),
        "credits": _credits(hectares, place),
        "kinds": _kinds(hectares),
        "statutory": _statutory(),
        "value": _value(gain),
        "timeline": _timeline(place, gain),
        "agreement": pd.DataFrame(
            {
                "candidate_id": ["坡-01", "田-02", "坡-03"],
                "option_id": ["forest", "wetland", "forest"],
                "chosen": [1.0, 0.875, 0.125],
                "scenarios": 8,
            }
        ),
        "checks": _checks(),
        "rules": _rules(),
    }


def _alternatives():
    return pd.DataFrame(
        {
            "alternative_id": ["A", "B"],
            "chosen": [True, False],
            "area": [12e4, 15.5e4],
            "cost": [18_200_000.0, 17_450_000.0],
            "value_pv": [201_420.0, 281_988.0],
            "index": [0.714, 1.0],
            "dominated_by": ["", ""],
            "pareto": [True, True],
            "no_go_area": [0.0, 0.0],
            "red_line_area": [0.0, 3.4e4],
            "less_loss_at_similar_cost": ["", "A"],
        }
    )


def _measures():
    rows = [
        ("A-1", "bridge", "以桥代路", "water", "W1", 8_000.0, 340_000.0),
        ("A-1", "bridge", "以桥代路", "soil", "W1", 16.0, 340_000.0),
        ("A-2", "screen", "声屏障与绿篱", "water", "W1", 2_500.0, 120_000.0),
    ]
    columns = ["patch_id", "option_id", "name", "service", "area_unit", "avoided_annual", "cost"]
    table = pd.DataFrame(rows, columns=columns)
    uom = table["service"].map({service: entry[2] for service, entry in SERVICES.items()})
    unit_cost = table["cost"] / table["avoided_annual"]
    return table.assign(
        area_kind="watershed", avoided_pv=table["avoided_annual"], uom=uom + " yr-1", pv_uom=uom, cost_per_unit=unit_cost
    )


def _credits(hectares, place):
    rows = []
    for row in place:
        for candidate, option, gain in (
            ("坡-01", "forest", SLOPE[row["service"]] * hectares),
            ("田-02", "wetland", WETLAND[row["service"]]),
            ("坡-03", "forest", SLOPE[row["service"]] * 6),
        ):
            rows.append({"candidate_id": candidate, "option_id": option, **row, "gain": gain, "credit": gain, "weight": 1.0})
    table = pd.DataFrame(rows)
    return table.assign(
        credit_low=0.93 * table["credit"], credit_high=1.07 * table["credit"], cost_per_credit=77_777.0 / table["credit"]
    )


def _kinds(hectares):
    table = pd.DataFrame({"ecosystem_type": ["111", "311", "511"], "lost_area": [8e4, 1e4, 1e4], "ratio": [1.0, 1.0, 0.0]})
    table["required"] = table["lost_area"] * table["ratio"]
    table["provided"] = [hectares * 1e4, 2e4, 0.0]
    table["net"] = table["provided"] - table["required"]
    return table.assign(ok=table["net"] >= 0, uom="m2")


def _statutory():
    return pd.DataFrame(
        {
            "regime": ["water_surface", "water_surface"],
            "kind": ["surface", "volume"],
            "area_unit": ["C1", "C1"],
            "lost": [12_000.0, 30_000.0],
            "ratio": [1.0, 1.0],
            "required": [12_000.0, 30_000.0],
            "provided": [12_500.0, 31_000.0],
            "net": [500.0, 1_000.0],
            "ok": [True, True],
            "uom": ["m2", "m3"],
            "clause": ["水域保护办法第十五条", "水域保护办法第十五条"],
            "status": ["example", "example"],
        }
    )


def _value(gain):
    rows = []
    for service, (price, uom) in PRICES.items():
        debit, credit = price * RESIDUAL[service], price * gain[service]
        rows.append((service, price, uom, 2023, debit, debit, credit, credit - debit, "example"))
    names = ["service", "price", "price_uom", "price_year", "debit_value", "required_value", "credit_value", "net_value", "status"]
    return pd.DataFrame(rows, columns=names)


def _timeline(place, gain):
    rows = []
    for row in place:
        total = 0.0
        for year in range(2025, 2046):
            loss = RESIDUAL[row["service"]] if year >= 2026 else 0.0
            given = 1.15 * gain[row["service"]] * min(max((year - 2024.5) / 5, 0), 1)
            total += given - loss
            rows.append({"year": year, **row, "loss": loss, "gain": given, "net": given - loss, "cumulative": total})
    return pd.DataFrame(rows)


def _checks():
    return pd.DataFrame(
        {
            "code": ["FEW_CELLS", "CANDIDATE_IN_FOOTPRINT"],
            "level": ["warning", "error"],
            "layer": ["footprints", "candidates"],
            "features": ["A-2", "坡-04"],
            "found": ["7", "1.2 ha"],
            "expected": ["≥ 10", "0 ha"],
            "en": ['Patch "A-2" has 7 cells.', 'Candidate "坡-04" lies in the footprint and is left out.'],
            "zh": ["图斑“A-2”仅有 7 个像元。", "地块“坡-04”位于占用范围内，已排除。"],
        }
    )


def _rules():
    return pd.DataFrame(
        {
            "service": ["water", "soil", "carbon"],
            "area_kind": ["watershed", "watershed", "county"],
            "same": [1.0, 1.0, 1.0],
            "neighbour": [0.5, 0.0, 1.0],
            "elsewhere": [0.0, 0.0, 1.0],
            "status": ["example", "example", "example"],
        }
    )


def as_plan(folder):
    """Make the run folder that of a plan of eight projects with one alternative each."""
    names = [f"项目{number}/A" for number in range(8)]
    table = pd.concat([_alternatives().iloc[[0]]] * 8, ignore_index=True).assign(alternative_id=names, chosen=[True] * 7 + [False])
    write_table(table, folder / "alternatives.csv")
    projects = table.assign(
        project=[name.split("/")[0] for name in names], avoid_ok=True, minimise_ok=True, no_go=0, statutory_ok=""
    )
    write_table(projects, folder / "projects.csv")
    (folder / "project.toml").rename(folder / "plan.toml")
    (folder / "plan.toml").write_text('[plan]\nname = "滨海县规划"\nprojects = ["a.toml"]\n', encoding="utf-8")
    roads = [square(column, 2, 3) for column in range(8)]
    footprints = gpd.GeoDataFrame({"alternative_id": names, "patch_id": names}, geometry=roads, crs=CRS)
    write_layer(footprints, folder / "offset.gpkg", "footprints")


def verdict(balanced=True):
    """Content of verdict.json."""
    word = "balanced" if balanced else "not_balanced"
    reasons = [{"code": "example_short", "fields": {}, "en": "Water is 3,400 m3 short in W1.", "zh": "W1 水量短缺 3,400 立方米。"}]
    fields = dict.fromkeys(("sequence_ok", "kind_ok", "temporal_ok", "permanence_ok", "no_double_use", "statutory_ok"), True)
    return {
        "verdict": word,
        "verdict_cautious": "not_balanced",
        "robust": not balanced,
        **fields,
        "physical_ok": balanced,
        "value_ok": balanced,
        "reasons": [] if balanced else reasons,
        "portfolio": {"status": "optimal", "cost": 136_000.0, "bound": 136_000.0, "proven": True, "method": "milp"},
        "short": [],
        "turns": ["water"] if balanced else [],
        "new_losers": [],
        "rules_hash": "5f2c" * 16,
        "rate": 0.03,
        "horizon": 30,
        "convention": "mean",
        "price_year": 2023,
        "t0": 2025,
    }


def record():
    """Content of run.json."""
    number = {
        "service": "water",
        "parameter": "density",
        "key": "111",
        "value": 2500.0,
        "uom": "m3 ha-1 yr-1",
        "region": "*",
        "year": 2023,
    }
    return {
        "kind": "offset",
        "name": NAME,
        "status": "finished",
        "finished": "2025-06-01T10:20:30",
        "versions": {"ecoval": "0.1.0"},
        "inputs": [{"role": "footprints", "path": "/data/项目 甲/footprints.gpkg", "size": 98_304, "sha256": "ab12" * 16}],
        "numbers": [{**number, "source_id": "user", "status": "example"}],
        "options": {},
        "warnings": ["A warning with #hash and *stars*."],
        "notes": [],
    }


def write(folder, balanced=True, leave_out=(), name=NAME):
    """Write the run folder and return its path."""
    hectares = 12.0 if balanced else 10.0
    folder.mkdir(parents=True)
    made = tables(hectares)
    for key, table in made.items():
        if key not in leave_out:
            write_table(table, folder / f"{key}.csv")
    (folder / "verdict.json").write_text(json.dumps(verdict(balanced), ensure_ascii=False), encoding="utf-8")
    (folder / "run.json").write_text(json.dumps({**record(), "name": name}, ensure_ascii=False), encoding="utf-8")
    declared = (
        '[project]\nname = "{name}"\nyear = 2023\n\n[record]\nchosen = "A"\navoid_reason = "{avoid}"\nminimise_reason = "{small}"\n'
    )
    words = {
        "name": name.replace('"', '\\"'),
        "avoid": "方案 A 避开生态保护红线，湿地占用少 2 公顷。",
        "small": "桥梁与声屏障之外无可行措施。",
    }
    (folder / "project.toml").write_text(declared.format(**words) + '\n[rules]\ntime = "discount"\nratio = 1.0\n', encoding="utf-8")
    if "offset.gpkg" not in leave_out:
        layers(folder / "offset.gpkg", made, hectares)
    return folder


def layers(path, made, hectares):
    """The layers of offset.gpkg."""
    road = [square(2, 2, 8), square(3, 2, 3, dx=300.0), square(4, 2, 1, dx=200.0), square(2, 3.4, 15.5)]
    footprints = gpd.GeoDataFrame(
        {"alternative_id": ["A", "A", "A", "B"], "patch_id": ["A-1", "A-2", "A-3", "B-1"]}, geometry=road, crs=CRS
    )
    zones = gpd.GeoDataFrame({"zone_id": ["Z1"]}, geometry=[footprints.geometry.iloc[:3].union_all().buffer(150)], crs=CRS)
    table, shapes = candidates(hectares)
    share = [1.0, 1.0, 0.0, 0.0, 0.0]
    places = gpd.GeoDataFrame(table.assign(share=share), geometry=shapes, crs=CRS)
    halves = [
        box(EAST - 300, NORTH - 300, EAST + 3_200, NORTH + 3_700),
        box(EAST + 3_200, NORTH - 300, EAST + 5_400, NORTH + 3_700),
    ]
    watersheds = gpd.GeoDataFrame({"unit_id": ["W1", "W2"], "name": ["青溪流域", "石门溪流域"]}, geometry=halves, crs=CRS)
    bend = Point(EAST + 2_600, NORTH + 1_700).buffer(3_600)
    county = gpd.GeoDataFrame({"unit_id": ["C1"], "name": ["滨海县"]}, geometry=[bend], crs=CRS)
    for layer, frame in (("footprints", footprints), ("zones", zones), ("candidates", places)):
        write_layer(frame, path, layer)
    write_layer(watersheds, path, "areas_watershed")
    write_layer(county, path, "areas_county")
    for key, frame in made.items():
        write_layer(frame, path, key if key not in ("candidates",) else f"{key}_table")
