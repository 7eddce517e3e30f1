"""Soil maps of coarser cells with gaps of their own: what lies beside a gap is missing; maps are judged on their own cells."""

from types import SimpleNamespace

import geopandas
import numpy as np
import pytest
import shapely
from affine import Affine

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.layers import soils
from ecoval.layers.block import LayerBlock, Watch
from ecoval.layers.context import Context, Numbers
from ecoval.parameters import Parameters
from ecoval.services.soil_retention import SERVICE
from ecoval.units import SpatialUnits

CRS, CELL, SIDE = "EPSG:4549", 250.0, 12
LEFT, TOP = 500_000.0, 3_324_000.0
PLACE = Affine(CELL, 0, LEFT, 0, -CELL, TOP)


def study(tmp_path, change=dict, stones=None):
    """Layers over cells of 100 m, soil maps over cells of 250 m; a texture that differs from cell to cell."""
    rows, cols = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    sand, clay = 20 + 5 * rows, 10 + 2 * cols
    parts = {"soil_sand": sand, "soil_silt": 100 - sand - clay, "soil_clay": clay, "soil_organic_carbon": 0 * sand + 1.5}
    if stones is not None:
        parts["soil_coarse_fragments"] = stones(cols)
    change(parts)
    sources = {role: rasters.Source.of((values, PLACE, CRS), measure="%") for role, values in parts.items()}
    grid = Grid.covering((LEFT + 500, TOP - 2500, LEFT + 2500, TOP - 500), CRS, 100.0)
    box = shapely.box(LEFT + 500, TOP - 2500, LEFT + 2500, TOP - 500)
    units = SpatialUnits(geopandas.GeoDataFrame({"unit_id": ["a"]}, geometry=[box], crs=CRS))
    readers = {role: rasters.align(source, grid) for role, source in sources.items()}
    layers = SimpleNamespace(grid=grid, units=units, year=2023, readers=readers, measures=dict.fromkeys(readers, "%"), bounds={})
    layers.lookup = SimpleNamespace(missing=1, type_codes=np.array([111, 0], np.int16))
    layers.declaration = SimpleNamespace(layers={role: role for role in sources})
    context = Context(layers, lambda role, _entry: readers[role], lambda role, _year, _entry: sources[role], tmp_path)
    options = {option.name: option.default for option in SERVICE.options}
    plan = SimpleNamespace(options=options)
    made, uom, _ = soils.erodibility_layer(context, plan, Numbers(Parameters.read(), SERVICE.code))
    layers.readers["erodibility"], layers.measures["erodibility"] = made, uom
    watch = Watch()
    block = LayerBlock(grid, layers, watch, index=np.zeros(grid.shape, np.int16))
    return block.role("erodibility"), watch


def gap(parts):
    parts["soil_clay"][5, 5] = np.nan


def test_a_gap_of_one_part_refuses_nothing_and_gives_no_number_beside_it(tmp_path):
    whole, _ = study(tmp_path)
    values, watch = study(tmp_path, gap)
    assert not watch.refuses
    assert np.isfinite(whole).all()
    kept = np.isfinite(values)
    assert 0 < (~kept).sum() < 60
    np.testing.assert_allclose(values[kept], whole[kept], rtol=0.02)  # a sum within 1 % is let pass, as everywhere


def test_a_map_that_does_not_add_up_is_refused_on_its_own_cells(tmp_path):
    def wrong(parts):
        gap(parts)
        parts["soil_sand"][7, 4] += 12

    with pytest.raises(InputError) as raised:
        study(tmp_path, wrong)
    assert raised.value.code == "texture_sum"
    assert raised.value.fields["count"] == 1
    assert raised.value.fields["high"] == pytest.approx(112)


def test_what_lies_outside_the_units_is_not_judged(tmp_path):
    def outside(parts):
        parts["soil_sand"][0, 0] += 12

    values, watch = study(tmp_path, outside)
    assert not watch.refuses
    assert np.isfinite(values).all()


def test_missing_stones_are_no_stones_only_where_the_texture_is_whole(tmp_path):
    plain, _ = study(tmp_path)
    values, _ = study(tmp_path, stones=lambda cols: np.full_like(cols, np.nan))
    np.testing.assert_array_equal(values, plain)

    def whole_soil(parts):
        for role in ("soil_sand", "soil_silt", "soil_clay"):
            parts[role][:, 6:] *= 0.8

    stated, _ = study(tmp_path, whole_soil, lambda cols: np.where(cols >= 6, 20, 0).astype(np.float32))
    unstated, _ = study(tmp_path, whole_soil, lambda cols: np.full_like(cols, np.nan))
    assert np.isfinite(stated[:, -5:]).all()
    assert np.isnan(unstated[:, -5:]).all()
    np.testing.assert_allclose(unstated[:, :5], plain[:, :5])
