"""Prepared soil and satellite layers in a study: the same account as with layers that were ready."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import satellite_order as orders

import ecoval
from ecoval.errors import EcovalWarning
from ecoval.prepare import satellite, soil

SAMPLE = Path(__file__).parents[2] / "sample_data"
UOMS = {"sand": "%", "silt": "%", "clay": "%", "organic_matter": "%", "nitrogen": "%", "phosphorus": "%", "bulk_density": "t m-3"}


def run(folder, changes=()):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace("years = [2015, 2023]", "years = [2023]")
    head, _, tail = text.partition("include = [")
    text = head + 'include = ["soil_retention", "carbon_sequestration"' + tail[tail.index("]") :]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        account = ecoval.Study.read(path).run()
    return account.supply.groupby(["service", "item"])["quantity"].sum()


@pytest.fixture
def copies(tmp_path):
    folders = [tmp_path / name for name in ("ready", "prepared")]
    for folder in folders:
        shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "making"))
    return folders


def modis(folder, like):
    """One tile over the sample county: 0.8 kg C m-2 everywhere."""
    with rasterio.open(like) as dataset:
        left, bottom, right, top = dataset.bounds
        to_degrees = pyproj.Transformer.from_crs(dataset.crs.to_wkt(), 4490, always_xy=True)
    lon, lat = to_degrees.transform([left, left, right, right], [bottom, top, bottom, top])
    east, north = pyproj.Proj(orders.SINUSOIDAL)(lon, lat)
    origin = (min(east) - 2000, max(north) + 2000)
    shape = [int((high - low + 4000) / orders.CELL) + 2 for low, high in ((min(north), max(north)), (min(east), max(east)))]
    values = np.full(shape, 8000)
    return orders.write(folder / "MOD17A3HGF.061_Npp_500m_doy2023001_aid0001.tif", values, origin=origin, nodata=32767)


def test_prepared_layers_give_the_account_of_layers_that_were_ready(copies):
    ready, prepared = copies
    with rasterio.open(ready / "npp_2023.tif") as dataset:
        profile, shape = dataset.profile, dataset.shape
    with rasterio.open(ready / "npp_2023.tif", "w", **{**profile, "dtype": "float32", "nodata": None}) as dataset:
        dataset.write(np.full(shape, 800, dtype="float32"), 1)
    expected = run(ready)
    like = prepared / "landcover_2023.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        sources = [f"{name}={SAMPLE / f'soil_{name}.tif'},uom={uom}" for name, uom in UOMS.items()]
        made = soil.prepare(sources, prepared / "soil", group="none", like=like)
        path = modis(prepared, like)
        satellite.prepare([path], prepared / "npp_2023.tif", product="npp", year=2023, like=like)
    changes = [(f'"soil_{name}.tif"', f'"soil/soil_{name}.tif"') for name in UOMS]
    changes += [(', measure = "%" }        # 全氮', " }  # 全氮"), (', measure = "%" }    # 全磷', " }  # 全磷")]
    changes += [('soil_group = "soil_group.tif"', 'erodibility = "soil/erodibility.tif"')]
    assert set(made.layers) == {*(f"soil_{name}" for name in UOMS), "soil_organic_carbon", "erodibility"}
    found = run(prepared, changes)
    assert found.index.equals(expected.index)
    # K in float32 by way of a file, against K inside the run
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=1e-7)
