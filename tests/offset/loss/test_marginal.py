"""Maps of marginal loss: their sum over a footprint is the direct loss of the footprint."""

import importlib.util
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
from shapely import box

from ecoval import totals
from ecoval.errors import Cancelled, InputError
from ecoval.offset.loss.marginal import marginal_loss
from ecoval.offset.loss.states import States
from ecoval.rasters import Source, align
from ecoval.units import SpatialUnits

SPEC = importlib.util.spec_from_file_location("small_study", Path(__file__).parents[2] / "small_study.py")
small_study = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(small_study)
L, T, CRS = small_study.LEFT, small_study.TOP, small_study.CRS
WATER = "water_retention"


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marginal") / "study"
    path = small_study.write(folder)
    rng = np.random.default_rng(8)
    small_study.raster(folder / "precipitation.tif", rng.uniform(900, 1900, (40, 40)).astype(np.float32))
    return States.open(path)


def test_sum_over_a_footprint_is_its_direct_loss(states, tmp_path):
    paths = marginal_loss(states, 611, tmp_path / "maps")
    assert set(paths) == {WATER, "carbon_sequestration:vegetation", "carbon_sequestration:wetland", "value"}
    shape = geopandas.GeoDataFrame({"unit_id": ["x"]}, geometry=[box(L + 1234, T - 1891, L + 2789, T - 567)], crs=CRS)
    lost = states.differences(shape, 611).set_index("service")["quantity"]
    for service in (WATER, "carbon_sequestration:vegetation"):
        aligned = align(Source(paths[service], kind="intensive"), states.grid)

        def read(tile, aligned=aligned):
            return totals.Block(np.zeros(tile.shape, np.int16), [aligned.read(tile)])

        sums = totals.accumulate(states.grid, SpatialUnits(shape), read, np.ones((1, 1), bool))
        assert sums.quantity[0, 0, 0] == pytest.approx(lost[service], rel=1e-6)


def test_value_is_the_priced_sum_and_gains_are_negative(states, tmp_path):
    paths = marginal_loss(states, 111, tmp_path / "maps")
    values = {}
    for name, path in paths.items():
        with rasterio.open(path) as source:
            values[name] = source.read(1)
            assert source.crs == rasterio.crs.CRS.from_user_input(CRS)
            assert source.descriptions[0].startswith(name)
    expected = 6.0 * values[WATER].astype(float) + 50.0 * (
        values["carbon_sequestration:vegetation"].astype(float) + values["carbon_sequestration:wetland"]
    )
    assert np.allclose(values["value"], expected, rtol=1e-6, equal_nan=True)
    assert (values[WATER][:, :20] == 0).all()  # forest that stays forest
    assert (values[WATER][:, 20:35] <= 0).all()  # farmland that becomes forest gains
    assert (values[WATER][:, 20:35] < 0).any()


def test_services_by_name_and_refusals(states, tmp_path):
    only = marginal_loss(states, 611, tmp_path / "maps", services=[WATER], value=False)
    assert list(only) == [WATER]
    with pytest.raises(InputError, match="exist already"):
        marginal_loss(states, 611, tmp_path / "maps", services=[WATER], value=False)
    marginal_loss(states, 611, tmp_path / "maps", services=[WATER], value=False, overwrite=True)
    with pytest.raises(InputError, match="no cells"):
        marginal_loss(states, 611, tmp_path / "maps", services=["amenity"])
    with pytest.raises(Cancelled):
        marginal_loss(states, 611, tmp_path / "other", progress=lambda _done, _text: False)
    assert not list((tmp_path / "other").glob("*"))
