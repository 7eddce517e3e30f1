"""A county in raw survey codes and polygons, and the same in raw CLCD codes, from prepare to an account."""

import json
import warnings

import numpy as np
import pytest
import rasterio
import survey_county as county
from affine import Affine

from ecoval.errors import EcovalWarning
from ecoval.prepare.landcover import prepare
from ecoval.study import Study

CELL = 30.0
LAYERS = {
    "precipitation": 1600.0,
    "evapotranspiration": 750.0,
    "npp": 800.0,
    "erosivity": 7000.0,
    "erodibility": 0.03,
    "ls": 6.0,
    "cover": 0.6,
}
STUDY = """[study]
name = "county"
years = [2023]
price_year = 2023
region = "CN-33"
[grid]
crs = "EPSG:4549"
cell = 30.0
[units]
admin = {{ path = "towns.gpkg", id = "code" }}
[layers]
landcover = {landcover}
{layers}
[services]
include = ["water_retention", "soil_retention", "carbon_sequestration"]
carbon_sequestration = {{ respiration = "ratio" }}
[parameters]
tables = ["own.csv"]
[prices]
storage = {{ value = 6.0, uom = "CNY m-3", year = 2023, source = "book" }}
dredging = {{ value = 20.0, uom = "CNY m-3", year = 2023, source = "book" }}
nitrogen = {{ value = 1050.0, uom = "CNY t-1", year = 2023, source = "book" }}
phosphorus = {{ value = 3300.0, uom = "CNY t-1", year = 2023, source = "book" }}
co2 = {{ value = 50.0, uom = "CNY tCO2-1", year = 2023, source = "book" }}
"""
HEAD = "service,parameter,key,value,uom,source_id\ncarbon_sequestration,nep_ratio,*,0.5,1,book\n"


def layer(path, mean):
    """A layer of 200 m cells that varies over the county, smoothly."""
    side = 40
    row, col = np.indices((side, side)) / side
    values = (mean * (1 + 0.2 * np.sin(3 * row + 2 * col))).astype(np.float32)
    profile = {"driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32", "crs": county.CRS}
    transform = Affine(200.0, 0, county.LEFT - 1000, 0, -200.0, county.BOTTOM + county.WIDTH + 1000)
    with rasterio.open(path, "w", transform=transform, **profile) as dataset:
        dataset.write(values, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("county")
    frame = county.parcels()
    frame.to_file(folder / "dltb.gpkg")
    county.towns().to_file(folder / "towns.gpkg")
    county.inventory().to_file(folder / "forest.gpkg")
    county.clcd(folder / "clcd.tif", frame)
    (folder / "forest.csv").write_text(county.INVENTORY, encoding="utf-8")
    (folder / "mixtures.csv").write_text(county.MIXTURES, encoding="utf-8")
    for role, mean in LAYERS.items():
        layer(folder / f"{role}.tif", mean)
    forest = {"path": folder / "forest.gpkg", "crosswalk": str(folder / "forest.csv"), "code": "kind"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        prepare(folder / "dltb.gpkg", "sandiao", folder / "parcels.gpkg", finer_layers=[forest], year=2023)
        prepare(folder / "dltb.gpkg", "sandiao", folder / "cells.tif", finer_layers=[forest], cell=CELL, year=2023)
        prepare(folder / "clcd.tif", "clcd", folder / "clcd_types.tif", finer_layers=[forest], mixtures=folder / "mixtures.csv")
    return folder


def study(folder, name, keys, own):
    roles = "\n".join(f'{role} = "{role}.tif"' for role in LAYERS)
    path = folder / f"{name}.toml"
    path.write_text(STUDY.format(landcover=f"{{ {keys} }}", layers=roles), encoding="utf-8")
    (folder / "own.csv").write_text(own, encoding="utf-8")
    return Study.read(path)


POLYGONS = 'path = "parcels.gpkg", mixtures = "mixtures.csv"'
CELLS = 'path = "cells.tif", classes = "cells_classes.csv", mixtures = "mixtures.csv"'
CLCD = 'path = "clcd_types.tif", classes = "clcd_types_classes.csv", mixtures = "mixtures.csv"'


def filled(folder, name, keys, **options):
    """The account after the numbers that the messages name have been given; and those numbers."""
    own, named = HEAD, []
    for _ in range(4):
        made = study(folder, name, keys, own)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            account = made.run()
        lacking = [entry.message.fields for entry in caught if getattr(entry.message, "code", "") == "types_without_parameter"]
        if not lacking:
            return made.run(**options) if options else account, named
        for fields in lacking:
            for key in fields["keys"]:
                for parameter in fields["parameters"]:
                    own += f"{fields['service']},{parameter},{key},0.1,{uom(parameter)},book\n"
                    named.append((fields["service"], parameter, key))
    raise AssertionError(named)


def uom(parameter):
    return "gC m-2 yr-1" if parameter == "sequestration_rate" else "1"


@pytest.fixture(scope="module")
def accounts(folder):
    return {name: filled(folder, name, keys) for name, keys in {"polygons": POLYGONS, "cells": CELLS, "clcd": CLCD}.items()}


def test_only_numbers_that_a_message_names_are_made_by_hand(accounts):
    for name, (account, named) in accounts.items():
        # bamboo has no published runoff coefficient; standing water and marsh no rate of their own
        assert {entry[:2] for entry in named} <= {
            ("water_retention", "runoff_coefficient"),
            ("carbon_sequestration", "sequestration_rate"),
        }, name
        assert len(named) <= 6, named
        assert set(account.supply["service"]) == {"water_retention", "soil_retention", "carbon_sequestration"}
        assert account.supply["quantity"].notna().any()


def test_extents_reconcile_with_the_surveyed_areas(accounts, folder):
    account, _ = accounts["polygons"]
    frame = county.parcels()
    extent = account.extent.groupby("ecosystem_type")["area"].sum()
    net = frame["TBMJ"] - frame["KCMJ"]
    for code, survey in {"97": "1104A", "632": "1003", "431": "1101", "422": "1103", "611": "0702"}.items():
        assert extent[code] == pytest.approx(net[frame["DLBM"] == survey].sum(), rel=0.001), code
    # bamboo, and the fifth of the woods without an inventory that the mixture calls bamboo
    recipe = json.loads((folder / "parcels.gpkg.recipe.json").read_text(encoding="utf-8"))
    woods = next(row["area"] for row in recipe["quality"]["types"] if row["ecosystem_type"] == 1)
    assert extent["113"] == pytest.approx(net[frame["DLBM"] == "0302"].sum() + 0.2 * woods, rel=0.001)
    orchards = net[frame["DLBM"] == "0201"].sum()
    assert extent["521"] == pytest.approx(0.6 * orchards, rel=0.001)
    assert extent["511"] == pytest.approx(net[frame["DLBM"] == "0101"].sum(), rel=0.001)
    assert extent["512"] == pytest.approx(net[frame["DLBM"] == "0103"].sum() + frame["KCMJ"].sum(), rel=0.001)
    assert extent.sum() == pytest.approx(frame["TBMJ"].sum(), rel=1e-6)


def test_polygons_and_cells_agree_within_the_effect_of_the_cell_that_is_printed(accounts, folder):
    polygons, cells = accounts["polygons"][0], accounts["cells"][0]
    recipe = json.loads((folder / "cells.tif.recipe.json").read_text(encoding="utf-8"))
    effect = next(note for note in recipe["notes"] if note["code"] == "raster_resolution_effect")["fields"]["share"]
    assert 0 < effect < 0.1
    totals = [account.supply.groupby(["service", "item"])["quantity"].sum() for account in (polygons, cells)]
    assert totals[1].index.tolist() == totals[0].index.tolist()
    assert totals[1].to_numpy() == pytest.approx(totals[0].to_numpy(), rel=effect)


def test_the_survey_and_clcd_have_the_same_land(accounts):
    survey, clcd = (accounts[name][0].extent for name in ("polygons", "clcd"))
    # the raster of centres loses no land, and farmland with orchards is one class of CLCD
    assert clcd["area"].sum() == pytest.approx(survey["area"].sum(), rel=1e-6)
    farmland = [extent[extent["ecosystem_type"].str.startswith("5")]["area"].sum() for extent in (survey, clcd)]
    assert farmland[1] == pytest.approx(farmland[0], rel=0.01)


def test_the_recipe_stands_in_the_record_of_the_run(folder, tmp_path):
    account, _ = filled(folder, "recorded", POLYGONS, out=tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    recipe = next(entry for entry in record["recipes"] if entry["role"] == "landcover")
    assert recipe["product"] == "landcover"
    assert recipe["options"]["crosswalk"] == "sandiao"
    assert recipe["quality"]["survey"][-1]["code"] == "*"
    assert account.supply["quantity"].notna().any()


def test_the_commands(folder, tmp_path):
    from typer.testing import CliRunner

    from ecoval.cli import app

    out = tmp_path / "cover.gpkg"
    finer = f"{folder / 'forest.gpkg'},crosswalk={folder / 'forest.csv'},code=kind,year=2023"
    given = ["prepare", "landcover", str(folder / "dltb.gpkg"), "--crosswalk", "sandiao", "--out", str(out), "--finer", finer]
    result = CliRunner().invoke(app, [*given, "--json", "--year", "2023"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["files"][0] == str(out)
    assert {row["ecosystem_type"] for row in shown["quality"]["types"]} >= {111, 113, 511, 512}
    again = CliRunner().invoke(app, ["prepare", "rerun", f"{out}.recipe.json", "--json"])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["quality"]["types"] == shown["quality"]["types"]
    wrong = CliRunner().invoke(app, [*given[:4], "clcd", *given[5:], "--code", "DLBM"])
    assert wrong.exit_code == 1
