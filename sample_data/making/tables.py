"""Tables and polygons of the sample: classes, towns, project, candidates, reservoirs, statistics."""

from __future__ import annotations

import csv

import numpy as np
import shapely
import shapely.affinity
from making import economy, offset
from making import place as p
from making.landcover import mosaic
from making.settlement import COUNTY, TOWNS
from making.store import cell_centre, frame_of, patches, town_polygons, write_vector

SWAPS = (  # type in 2023, target, kind of the measure, name, CNY per ha, success, years until mature
    (p.MINE, p.MIXED, "mine_restoration", "矿山生态修复", 310_000, 0.80, 12),
    (p.BARE, p.MIXED, "reforestation", "裸地造林", 96_000, 0.85, 15),
    (p.POND, p.SALT_MARSH, "salt_marsh_restoration", "退养还湿", 165_000, 0.67, 5),
    (p.DRY, p.MIXED, "reforestation", "坡耕地退耕还林", 82_000, 0.90, 15),
    (p.NEEDLE, p.EVERGREEN, "forest_improvement", "松林阔叶化改造", 48_000, 0.85, 20),
    (p.FRUIT, p.EVERGREEN, "reforestation", "陡坡果园还林", 118_000, 0.85, 15),
    (p.SHRUB, p.MIXED, "forest_improvement", "灌丛补植", 56_000, 0.80, 15),
    (p.PADDY, p.MARSH, "wetland_restoration", "河滨湿地恢复", 205_000, 0.75, 4),
)

CANDIDATE = (
    *("candidate_id", "option_id", "name", "unit_id", "kind", "measure", "kind_now", "kind_target", "cost_per_ha", "fixed_cost"),
    *(
        "variable_cost",
        "yearly_cost",
        "uom",
        "price_year",
        "start_year",
        "ramp_years",
        "end_year",
        "success",
        "leakage",
        "minimum_area",
        "additionality",
        "right_id",
        "conflict_group",
        "status",
    ),
)
ADDITIONAL = {"C04": "退养与管护由本项目出资，非保护小区既有任务 / paid for by this project, no duty of the reserve"}


def write_csv(path, columns, rows):
    """Write a table in UTF-8 with LF."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_classes(path):
    """Own class codes of the survey and the ecosystem types that they are."""
    write_csv(path, ("code", "ecosystem_type", "name"), [(code, kind, name) for code, (kind, name) in p.CODES.items()])


def write_units(out, settlement):
    """Towns, and the county as one."""
    shapes = town_polygons(settlement.town)
    rows = {
        "unit_id": [town[0] for town in TOWNS],
        "name": [town[1] for town in TOWNS],
        "parent": [COUNTY[0]] * len(TOWNS),
    }
    geometry = [shapes[number] for number in range(1, len(TOWNS) + 1)]
    write_vector(out / "towns.gpkg", frame_of(rows, geometry), "towns")
    whole = shapely.coverage_union_all(np.array([shapely.transform(shape, lambda xy: np.round(xy, 2)) for shape in geometry]))
    county = {"unit_id": [COUNTY[0]], "name": [COUNTY[1]], "parent": [COUNTY[0][:4] + "00"]}
    write_vector(out / "county.gpkg", frame_of(county, [whole]), "county")


def write_tables(out, terrain, settlement, covers):
    """Everything that is not a raster or a unit."""
    write_csv(out / "statistics.csv", economy.COLUMNS, economy.statistics(settlement, covers))
    volume = float(np.round(settlement.reservoir.sum() * p.CELL**2 * 14.5, -5))
    reservoirs = [
        ("339921100", "澜源水库", int(volume), int(np.round(volume * 0.31, -5))),
        ("339921200", "云岭水库", 9_200_000, 2_900_000),
        ("339921201", "竹溪水库", 6_400_000, ""),
        ("339921105", "茶山水库", 3_800_000, 1_100_000),
        ("339921104", "北岬水库", 2_100_000, ""),
    ]
    columns = ("unit_id", "name", "total_capacity", "flood_capacity", "uom")
    write_csv(out / "reservoirs.csv", columns, [(*row, "m3") for row in reservoirs])
    area = float((covers[p.YEARS[0]] == p.LAKE).sum() * p.CELL**2)
    columns = ("unit_id", "name", "area", "lake_area", "capacity", "uom")
    write_csv(out / "lakes.csv", columns, [("339921102", "青塘湖", area, area, int(np.round(area * 1.4, -4)), "m3")])
    footprints = offset.project(settlement, cell_centre)
    write_vector(out / "project.gpkg", footprints, "footprints")
    county = shapely.union_all(list(town_polygons(settlement.town).values()))
    inside = shapely.intersection(county, offset.write_watersheds(out, terrain, settlement))
    sites = candidates(terrain, settlement, covers[p.YEARS[1]], footprints, inside)
    write_vector(out / "candidates.gpkg", sites, "candidates")
    offset.write_project_layers(out, terrain, settlement, covers[p.YEARS[1]], footprints, sites)


def candidates(terrain, settlement, cover, footprints, inside):
    """About thirty places where restoration is possible, with kind and cost."""
    keep_out = footprints.union_all().buffer(200.0)
    shapely.prepare(inside)
    plot = mosaic("candidate plots", 12)
    rows, shapes = {name: [] for name in CANDIDATE}, []
    for now, target, kind, name, cost, success, ramp_years in SWAPS:
        fit = (cover == now) & (settlement.town > 0)
        if now in (p.DRY, p.FRUIT, p.NEEDLE, p.SHRUB):
            fit &= (terrain.slope > (7.5 if now != p.NEEDLE else 4.0)) & (plot < 0.70)
        if now in (p.PADDY, p.POND):
            fit &= plot < (0.35 if now == p.POND else 0.22)
        found = patches(fit, 4 if now in (p.MINE, p.BARE) else 10, 190)
        found = [part for part in found if not part.intersects(keep_out) and inside.contains(part)]
        for part in sorted(found, key=lambda part: (-round(part.area), part.bounds))[: 4 if now != p.DRY else 6]:
            number = len(shapes) + 1
            hectares = part.area / 10_000.0
            place = part.representative_point()
            town = TOWNS[town_at(settlement, place) - 1]
            variable = round(cost * hectares / 1_000.0) * 1_000
            values = (
                f"C{number:02d}",
                kind,
                f"{town[1]}{name}{number:02d}",
                town[0],
                kind,
                name,
                now,
                target,
                cost,
                120_000,
                variable,
            )
            values += (
                round(hectares * 18.0) * 100,
                "CNY",
                economy.PRICE_YEAR,
                2024,
                ramp_years,
                np.nan,  # no end: a permanent guarantee
                success,
                0.05 if kind == "reforestation" else 0.0,
                10_000,
                ADDITIONAL.get(f"C{number:02d}"),
                f"R{number:02d}",
                "",
                "example",
            )
            for column, value in zip(rows, values, strict=True):
                rows[column].append(value)
            shapes.append(part)
    return frame_of(rows, shapes)


def town_at(settlement, point):
    """Number of the town at a point."""
    row = int((p.TOP - point.y) // p.CELL)
    col = int((point.x - p.LEFT) // p.CELL)
    return int(settlement.town[row, col])
