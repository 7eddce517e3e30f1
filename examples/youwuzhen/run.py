"""Soil retention and flood mitigation of youwuzhen, and the modelled soil loss beside the observed sediment.

    python examples/youwuzhen/run.py [--data DIR] [--out DIR]

The soil loss of the hillslopes, R K LS C, comes from a service declared here (`bare_soil_loss`: R K LS) that runs in the same
pass, less the retention. The observed load is that of the days with both a discharge and a concentration; it leaves out the other
days of the year, and the model knows no deposition on the way to the gauge: the ratio of both is printed, not fitted.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd
from prepare import prepare

import ecoval as ev
from ecoval.services import soil_retention

ROOT = Path(__file__).parents[2]
BARE = ev.Service(
    code="bare_soil_loss",
    category="regulating",
    inputs=[
        ev.Input("erosivity", "MJ mm ha-1 h-1 yr-1"),
        ev.Input("erodibility", "t ha h ha-1 MJ-1 mm-1"),
        ev.Input("ls", "1"),
    ],
    items=[ev.Item("bare_soil_loss", "t ha-1 yr-1", soil_retention.potential)],
)


def tables(data, work):
    """Quantities of each year, and modelled soil loss beside observed sediment.

    Returns
    -------
    table, table
    """
    prepare(data, work / "layers")
    for name in ("study.toml", "parameters.csv"):
        source = Path(__file__).parent / name
        if source.parent.resolve() != work.resolve():
            shutil.copyfile(source, work / name)
    study = ev.Study.read(work / "study.toml")
    supply = pd.concat([study.run(year=year, services=[BARE]).supply for year in study.years])
    quantities = supply.groupby(["year", "service", "item", "uom"], as_index=False)[["quantity", "valid_area"]].sum()
    return quantities, beside_observed(supply, observed_load(data / "observed"))


def beside_observed(supply, observed):
    """Soil loss of the types in scope beside the load of the gauge, t yr-1."""
    retained = supply[(supply["item"] == "soil") & supply["quantity"].notna()].set_index(["year", "ecosystem_type"])
    bare = supply[supply["item"] == "bare_soil_loss"].set_index(["year", "ecosystem_type"])["quantity"]
    loss = (bare.reindex(retained.index) - retained["quantity"]).groupby("year").sum()
    area = retained["valid_area"].groupby("year").sum() / 1e4
    table = pd.DataFrame({"modelled_loss": loss, "modelled_loss_per_ha": loss / area}).join(observed)
    return table.assign(observed_to_modelled=table["observed_load"] / table["modelled_loss"])


def observed_load(folder):
    """Load of the days with both observations, t, and their number, per year."""
    flow, sediment = (
        pd.read_csv(folder / f"observed_{name}.csv", skiprows=1, index_col="DATETIME", parse_dates=True)["VALUE"]
        for name in ("Q", "SED")
    )
    load = (flow * sediment * 86_400 / 1000).dropna()  # m3/s x g/L is kg/s
    return load.groupby(load.index.year).agg(observed_load="sum", observed_days="size")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "youwuzhen")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"no folder {arguments.data}: the data lie outside the project; name their folder by --data")
    quantities, sediment = tables(arguments.data, arguments.out)
    print(quantities.to_string())
    print(sediment.round(2).to_string())
