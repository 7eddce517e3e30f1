"""Practices of soil conservation in youwuzhen as candidates by slope unit, and the cheapest of them for a given amount of soil.

    python examples/youwuzhen/candidates.py [--data DIR] [--out DIR]

A candidate is a slope unit (105 of them: summit, backslope, valley of 35 hillslopes); its options are the practices whose slope
position it has and that suit its land use. The practice takes the suitable land of the unit alone.

    gain = loss(K) - loss(K f5)           t yr-1 at maturity, loss = R K LS C by two runs of the model, f5 = USLE_K factor of year 5
    level at year k = (1 - fk) / (1 - f5)         the yearly path as ramp, 0 at the start, held from year 5
    credit = gain x present value of the levels;  cost = CAPEX + present value of OPEX

A lower K also lowers the loss of bare ground, from which the service counts what is kept; the gain therefore is taken as loss
avoided, against the potential of the soil as it is. Losses are means of the rain of 2012-2015. Assumptions of this example: 3 % a
year over 30 years, yearly means, the factor of year 5 kept up as long as OPEX is paid; the income of a practice is shown apart and
not taken off its cost. Class 6 and 8 are forest, 4 orchard, as in `prepare`.

Two requirements: a share of the present loss of the catchment, as a cost curve; and the loss of a site of 0.5 ha in forest that
is hypothetical: nobody plans it.
"""

import argparse
import csv
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import rasterio
import shapely
from prepare import CLASSES, prepare
from rasterio.features import shapes
from run import BARE

import ecoval as ev
from ecoval.offset import present_value
from ecoval.offset.choose import greedy, problem, select_portfolio
from ecoval.offset.loss.states import States

ROOT = Path(__file__).parents[2]
RATE, HORIZON = 0.03, 30
YEARS = (2012, 2013, 2014, 2015)
TARGETS = (0.05, 0.10, 0.20, 0.30, 0.40)
SITE = (50.0, 100.0)  # m: the hypothetical site
POSITIONS = {"summit": 1, "backslope": 4, "valley": 16}
NAMES = {1: "closing", 2: "mixed plantation", 3: "forest improvement", 4: "orchard improvement"}
PER_KM2 = 1e4  # CNY: the file counts in 1e4 RMB per km2
SERVICE, AREA = "soil_retention", "YWZ"


@dataclass(frozen=True)
class Practice:
    """One practice: where it suits, the USLE_K factor and the income of years 1 to 5, money in CNY per km2."""

    code: int
    name: str
    types: frozenset
    positions: frozenset
    factors: tuple
    capex: float
    opex: float
    income: tuple

    @property
    def levels(self):
        """Share of the gain at maturity at the years 0 to 30."""
        path = [(1 - factor) / (1 - self.factors[-1]) for factor in self.factors]
        return np.array([0.0, *path, *[1.0] * (HORIZON - len(path))])


def practices(data):
    """Practices of the scenario table."""
    lines = (data / "scenario" / "areal_struct_management.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [practice(row) for row in rows]


def practice(row):
    """Practice of one row: PARAMETERS holds NAME:description:RC:f1|f2|f3|f4|f5, joined by hyphens."""
    factors = next(part.split(":")[3] for part in row["PARAMETERS"].split("-") if part.startswith("USLE_K:"))
    return Practice(
        code=int(row["SUBSCENARIO"]),
        name=NAMES[int(row["SUBSCENARIO"])],
        types=frozenset(CLASSES[int(code)][0] for code in row["LANDUSE"].split("-")),
        positions=frozenset(int(code) for code in row["SLPPOS"].split("-")),
        factors=tuple(float(value) for value in factors.split("|")),
        capex=float(row["CAPEX"]) * PER_KM2,
        opex=float(row["OPEX"]) * PER_KM2,
        income=tuple(float(value) * PER_KM2 for value in row["INCOME"].split("|")),
    )


def slope_units(data):
    """Slope units as polygons with their position on the slope."""
    with rasterio.open(data / "spatial" / "slppos_units.tif") as source:
        code, crs = source.read(1), source.crs.to_wkt()
        parts = [
            (int(unit), shapely.geometry.shape(part)) for part, unit in shapes(code, code != source.nodata, 4, source.transform)
        ]
    listed = json.loads((data / "spatial" / "slppos_units_updown.json").read_text(encoding="utf-8"))
    position = {int(unit): code for name, code in POSITIONS.items() for unit in listed[name]}
    frame = geopandas.GeoDataFrame({"unit": [unit for unit, _ in parts]}, geometry=[part for _, part in parts], crs=crs)
    frame = frame.dissolve("unit", as_index=False)
    return frame.assign(position=frame["unit"].map(position), unit=frame["unit"].astype(str))


def soil_losses(data, work):
    """Soil loss of each slope unit and ecosystem type, now and under the K of each practice: one run of the model each and year.

    Returns
    -------
    table (unit, ecosystem_type, area, now, 1, 2, 3, 4)
        Area in km2, losses in t yr-1, means of the years.
    """
    prepare(data, work / "layers")
    slope_units(data).to_file(work / "layers" / "slope_units.gpkg", driver="GPKG")
    base = study(work, "study.toml")
    runs = {"now": mean_loss(base)}
    base.run(work / "factors", year=YEARS[0], maps=("factors",), reports=(), overwrite=True)
    with rasterio.open(work / "factors" / "maps" / "factor_erodibility.tif") as source:
        profile, erodibility = source.profile, source.read(1)
    for one in practices(data):
        path = work / "layers" / f"erodibility_{one.code}.tif"
        with rasterio.open(path, "w", **profile) as target:
            target.write((erodibility * np.float32(one.factors[-1])).astype(np.float32), 1)
        runs[one.code] = mean_loss(study(work, f"study_{one.code}.toml", path.name))
    table = pd.DataFrame({name: run["loss"] for name, run in runs.items()})
    return table.assign(area=runs["now"]["area"]).reset_index()


def study(work, name, erodibility=None):
    """The study of this folder over the slope units, with soil retention alone, and another layer of K where one is given."""
    text = (Path(__file__).parent / "study.toml").read_text(encoding="utf-8")
    text = text.replace('basin = { path = "layers/basin.gpkg", id = "code", name = "name" }', UNITS)
    text = text.replace('["soil_retention", "flood_mitigation"]', '["soil_retention"]').replace(
        'tables = ["parameters.csv"]', "tables = []"
    )
    if erodibility:
        text = text.replace('dem = "layers/dem.tif"', f'dem = "layers/dem.tif"\nerodibility = "layers/{erodibility}"')
    (work / name).write_text(text, encoding="utf-8")
    return ev.Study.read(work / name)


UNITS = 'slope = { path = "layers/slope_units.gpkg", id = "unit" }'


def mean_loss(declared):
    """R K LS less what is kept, per unit and type in scope, mean of the years: t yr-1, and the area in km2."""
    supply = pd.concat([declared.run(year=year, services=[BARE]).supply for year in YEARS])
    keys = ["unit_id", "ecosystem_type", "year"]
    kept = supply[(supply["item"] == "soil") & supply["quantity"].notna()].set_index(keys)
    bare = supply[supply["item"] == "bare_soil_loss"].set_index(keys)["quantity"]
    made = pd.DataFrame({"loss": bare.reindex(kept.index) - kept["quantity"], "area": kept["valid_area"] / 1e6})
    made = made.groupby(["unit_id", "ecosystem_type"]).mean()
    return made.rename_axis(["unit", "ecosystem_type"])


def tables(losses, units, listed):
    """Candidates and credits: one option per practice that suits a unit and gains there.

    Returns
    -------
    table (candidate_id, option_id, area, cost, capex, opex, income, gain)
        Area in m2; money in CNY, present values; gain in t yr-1 at maturity.
    table (candidate_id, option_id, service, area_unit, credit, uom)
    """
    position = units.set_index("unit")["position"]
    rows = []
    for one in listed:
        annuity, rise = value(np.ones(HORIZON + 1)), value(one.levels)
        earned = value([0.0, *one.income, *[one.income[-1]] * (HORIZON - len(one.income))])
        suits = losses["ecosystem_type"].astype(int).isin(one.types) & losses["unit"].map(position).isin(one.positions)
        for unit, part in losses[suits].groupby("unit", sort=False):
            area, gain = float(part["area"].sum()), float((part["now"] - part[one.code]).sum())
            money = (area * one.capex, area * one.opex * annuity, area * earned)
            rows.append((unit, one.name, area * 1e6, money[0] + money[1], *money, gain, gain * rise))
    names = ["candidate_id", "option_id", "area", "cost", "capex", "opex", "income", "gain", "credit"]
    made = pd.DataFrame(rows, columns=names)
    made = made[made["gain"] > 0].reset_index(drop=True)
    credits = made[["candidate_id", "option_id", "credit"]].assign(service=SERVICE, area_unit=AREA, uom="t")
    return made.drop(columns="credit"), credits


def value(levels):
    """Present value of yearly levels at the years 0 to 30."""
    return present_value(np.asarray(levels, dtype=float), RATE)


def choice(required, candidates, credits, ban=()):
    """The cheapest set of units and practices, whole units only, and what taking the best first would cost.

    Returns
    -------
    Selection
    number, CNY
    """
    wanted = pd.DataFrame({"service": [SERVICE], "area_unit": AREA, "required": required, "uom": "t"})
    rules = {"whole": True, "ban": ban}
    exact = select_portfolio(wanted, candidates[["candidate_id", "option_id", "area", "cost"]], credits, time_limit=10, **rules)
    given = problem(wanted, candidates[["candidate_id", "option_id", "area", "cost"]], credits, **rules)
    return exact, float(given.total("cost", greedy(given)))


def curve(losses, candidates, credits):
    """Cost of saving a share of the present soil loss.

    Returns
    -------
    table (target, required, status, cost, bound, greedy, units, income, saved)
        Required in t, present value; money in CNY; saved in t yr-1 at maturity.
    """
    rows = []
    for share in TARGETS:
        required = share * losses["now"].sum() * value(np.ones(HORIZON + 1))
        made, steps = choice(required, candidates, credits)
        steps = steps if made.status == "optimal" else np.nan  # what is taken step by step meets nothing either
        taken = made.portfolio[["candidate_id", "option_id"]].merge(candidates, on=["candidate_id", "option_id"])
        found = (share, required, made.status, made.cost, made.bound, steps, len(taken), taken["income"].sum(), taken["gain"].sum())
        rows.append(found)
    names = ["target", "required", "status", "cost", "bound", "greedy", "units", "income", "saved"]
    return pd.DataFrame(rows, columns=names)


def site(units, losses):
    """The hypothetical site: 50 m x 100 m in the middle of the backslope with the most forest, and that unit."""
    slopes = units[units["position"] == POSITIONS["backslope"]].set_index("unit")
    forest = losses[losses["ecosystem_type"].astype(int) == 13].set_index("unit")["area"]
    unit = forest.reindex(slopes.index).idxmax()
    middle = shapely.maximum_inscribed_circle(slopes.geometry[unit]).coords[0]
    half = np.array(SITE) / 2
    box = shapely.box(*(np.array(middle) - half), *(np.array(middle) + half))
    return unit, geopandas.GeoDataFrame({"patch_id": ["site"]}, geometry=[box], crs=units.crs)


def site_loss(work, patch):
    """Soil that the site keeps now and would not as built-up land, t yr-1, mean of the years."""
    found = []
    for year in YEARS:
        table = States.open(work / "study.toml", year).differences(patch, [61])
        found.append(float(table.loc[table["service"].str.endswith("soil"), "quantity"].sum()))
    return float(np.mean(found))


def main():
    """Print candidates, the cost curve, and the portfolio and balance of the site."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "youwuzhen")
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"no folder {arguments.data}: the data lie outside the project; name their folder by --data")
    with tempfile.TemporaryDirectory() as folder:
        show(arguments.data, arguments.out or Path(folder))


def show(data, work):
    """Work everything out and print it."""
    work.mkdir(parents=True, exist_ok=True)
    units, losses = slope_units(data), soil_losses(data, work)
    candidates, credits = tables(losses, units, practices(data))
    print(f"{len(units)} slope units, {losses['now'].sum():,.0f} t of soil lost a year; {len(candidates)} options:")
    sums = candidates.groupby("option_id", sort=False)[["area", "cost", "income", "gain"]].sum()
    print(
        sums.assign(options=candidates.groupby("option_id").size(), cost_per_gain=sums["cost"] / sums["gain"]).round(1).to_string()
    )
    print(curve(losses, candidates, credits).round(2).to_string(index=False))
    unit, patch = site(units, losses)
    lost = site_loss(work, patch)
    made, steps = choice(lost * value(np.ones(HORIZON + 1)), candidates, credits, {unit: "the site lies in it"})
    print(f"hypothetical site of 0.5 ha in unit {unit}: {lost:,.1f} t a year")
    print(f"{made.status}: {made.cost:,.0f} CNY; step by step {steps:,.0f} CNY")
    print(made.portfolio.to_string(index=False))
    print(made.balance.to_string(index=False))


if __name__ == "__main__":
    main()
