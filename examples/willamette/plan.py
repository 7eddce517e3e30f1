"""The land-cover change of willamette as a plan: what is built and felled as losses, what grows up as the pool of gains.

    python examples/willamette/plan.py [--data DIR] [--out DIR]

57,065 ha change their class. Land that is built over (projects "homes" and "works") and forest that is felled ("felling") are the
footprints; land that gains another type is the pool of candidates, at no cost, chosen by least area; land that only grows older
keeps its type. Losses and gains are in physical terms, per area, by densities (`coefficients`), yearly and without time: the
scenario has no dates. The felled and built land is written as debits into a ledger; nothing is credited, since it does not balance.

What cannot be shown: value (no price in the data), soil loss (no rain erosivity, no soil), nutrient loads at a point (no routing),
water yield (see `coefficients`), climate, air and culture (no data), the steps avoid and minimise (the scenario has no alternative
and no measure). The verdict therefore is `not_assessable`, and says so; the physical balance and the balance like for like stand
beside it. The statement is left to `ecoval report`: 57,000 pieces on its maps take their time.
"""

import argparse
import tempfile
from pathlib import Path

import changes
import coefficients
import numpy as np
import pandas as pd

from ecoval.ledger import Ledger, debits_of
from ecoval.offset import Plan
from ecoval.offset.loss.densities import Densities

ROOT = Path(__file__).parents[2]
YEAR = 2000  # nominal: neither map has a date
PROJECT = """[project]
name = "{name}"
method = "density"
densities = "densities.csv"
year = {year}
t0 = {year}
note = "Scenario of the InVEST sample data; densities per ecosystem type, no prices"
example = true

[area_units]
area = {{ path = "layers.gpkg", layer = "areas", id = "unit_id", name = "name" }}

[footprints]
path = "layers.gpkg"
layer = "{layer}"
"""
PLAN = """[plan]
name = "Willamette land-cover scenario"
projects = [{projects}]
example = true

[candidates]
path = "layers.gpkg"
layer = "gains"

[rules]
spatial = "spatial.csv"
time = "multiplier"
objective = "area"

[ledger]
path = "ledger.gpkg"

[checks]
maximum_area = 1e12
"""


def run(data, out):
    """Patches, densities, and the assessed plan of a folder that is made for it.

    Returns
    -------
    table (patch, opening, closing, kind_now, kind_after, area_unit, pieces, cells, area, role, geometry)
    table (service, ecosystem_type, quantity, low, high, uom, status, source, note)
    Assessment
    """
    out.mkdir(parents=True, exist_ok=True)
    made, table = declare(data, out)
    plan = Plan.read(out / "plan.toml")
    assessed = plan.assess(out / "run", scenarios=False, overwrite=True, formats=())
    occupy(plan, assessed, out / "ledger.gpkg")
    return made, table, assessed


def declare(data, out):
    """Write layers, densities, rules, projects and plan; hand back the patches and the densities."""
    given = changes.maps(data)
    units = changes.areas(data, given.grid)
    made = changes.patches(given, units)
    made["role"] = changes.roles(made)
    used = sorted({*made["kind_now"], *made["kind_after"]})
    codes, cells = np.unique(given.now[given.now >= 0], return_counts=True)
    table = coefficients.densities(data, dict(zip(codes.tolist(), cells.tolist(), strict=True)), used)
    table.to_csv(out / "densities.csv", index=False)
    services = dict.fromkeys(name.partition(":")[0] for name in table["service"])
    rule = [(name, "area", 1, 0, 0, "example: only in the area of the loss") for name in services]
    pd.DataFrame(rule, columns=["service", "area_kind", "same", "neighbour", "elsewhere", "status"]).to_csv(
        out / "spatial.csv", index=False
    )
    units.to_file(out / "layers.gpkg", layer="areas", driver="GPKG")
    names = [write_project(out, name, rows) for name, rows in made.groupby("role") if name not in ("gain", "same type")]
    gains = made[made["role"] == "gain"]
    gains = gains.assign(candidate_id=gains["patch"], kind_target=gains["kind_after"], success=1.0, variable_cost=0.0)
    gains[["candidate_id", "kind_now", "kind_target", "success", "variable_cost", "geometry"]].to_file(
        out / "layers.gpkg", layer="gains", driver="GPKG"
    )
    listed = ", ".join(f'"{name}"' for name in names)
    (out / "plan.toml").write_text(PLAN.format(projects=listed), encoding="utf-8")
    return made, table


def write_project(out, name, rows):
    """Layer and project.toml of one project; hand back the name of the file."""
    layer = name.replace(" ", "_")
    frame = rows.assign(alternative_id="scenario", patch_id=rows["patch"], after_class=rows["kind_after"], start=YEAR)
    columns = ["alternative_id", "patch_id", "after_class", "kind_now", "start", "geometry"]
    frame[columns].to_file(out / "layers.gpkg", layer=layer, driver="GPKG")
    (out / f"{layer}.toml").write_text(PROJECT.format(name=name, layer=layer, year=YEAR), encoding="utf-8")
    return f"{layer}.toml"


def occupy(plan, assessed, path):
    """Write the land that is taken into the ledger as debits, once."""
    path.unlink(missing_ok=True)
    lost = assessed.debits[assessed.debits["debit"] > 0][["service", "area_kind", "area_unit", "debit", "uom"]]
    patches = plan.opened.patches[["patch_id", "start", "end", "geometry"]]
    entries = debits_of(plan.name, patches, lost.rename(columns={"debit": "quantity"}), year=YEAR)
    Ledger.open(path, crs=plan.opened.crs).write(f"{plan.name} {YEAR}", entries, plan.opened.crs)


def totals(made):
    """Changed land by its role: patches, connected pieces, ha by cells of the maps and on the ellipsoid."""
    cells = made.groupby("role").agg(
        patches=("patch", "size"), pieces=("pieces", "sum"), cells=("cells", "sum"), area=("area", "sum")
    )
    table = pd.concat([cells, cells.sum().rename("all").to_frame().T])
    table["planimetric_ha"], table["ellipsoidal_ha"] = table.pop("cells") * 0.09, table.pop("area") / 1e4
    return table.astype({"patches": int, "pieces": int})


def conservation(made, table):
    """Losses less gains of all patches, and the difference of the accounts now and in the scenario, per service.

    The patches are evaluated one by one as the balance does it; an account is density x area of each type on a map, and all that
    does not change is the same in both.

    Returns
    -------
    table (service, losses, gains, net, accounts)
        Yearly, in the measure of the service.
    """
    provider = Densities(table)
    change = provider.differences(made, made["kind_after"].to_numpy())
    lost = change.groupby("service", sort=False)["quantity"]
    result = pd.DataFrame(
        {"losses": lost.agg(lambda q: q.clip(lower=0).sum()), "gains": lost.agg(lambda q: (-q).clip(lower=0).sum())}
    )
    result["net"] = result["losses"] - result["gains"]
    held = table.pivot(index="service", columns="ecosystem_type", values="quantity")
    now, future = (made.groupby(name)["area"].sum() / 1e4 for name in ("kind_now", "kind_after"))
    accounts = (held[now.index] @ now) - (held[future.index] @ future)
    return result.assign(accounts=accounts, uom=provider.items.set_index("service")["uom"])


def main():
    """Run the plan and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "willamette")
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"no folder {arguments.data}: the data lie outside the project; name their folder by --data")
    with tempfile.TemporaryDirectory() as folder:
        show(*run(arguments.data, arguments.out or Path(folder)), arguments.out or Path(folder))


def show(made, table, assessed, out):
    """Print totals, conservation, balance, like for like, what is short, and the verdict."""
    print(totals(made).round(2).to_string(), "\n")
    print(conservation(made, table).round(3).to_string(), "\n")
    balance = assessed.balance[assessed.balance["debit"].abs() > 1e-9]
    print(balance[["service", "area_unit", "debit", "credit", "net", "ratio", "ok", "uom"]].round(3).to_string(index=False), "\n")
    kinds = assessed.kinds.copy()
    kinds[["lost_area", "required", "provided", "net"]] /= 1e4
    print(kinds.assign(uom="ha").round(2).to_string(index=False), "\n")
    print("rows that are short, added up:")
    short = assessed.shortfalls.groupby(["service", "uom"], sort=False)[["required", "short"]].sum().reset_index()
    print(short.round(2).to_string(index=False), "\n")
    entries = Ledger(out / "ledger.gpkg").entries()
    print(f"ledger: {len(entries)} debits; verdict {assessed.verdict.verdict}")
    answers = ("physical_ok", "kind_ok", "sequence_ok", "value_ok")
    print(", ".join(f"{name} {getattr(assessed.verdict, name)}" for name in answers))
    for entry in assessed.verdict.reasons[:12]:
        print("-", entry["en"])


if __name__ == "__main__":
    main()
