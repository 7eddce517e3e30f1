"""Sums over parts of cells: a hand example, shapely one by one, accumulate on a raster, and the same bits in any order of work."""

import geopandas
import numpy as np
import pytest
import shapely

from ecoval import totals
from ecoval.errors import Cancelled, InputError
from ecoval.grid import Grid, read_crs
from ecoval.totals.entries import Entries, Shares, accumulate_entries
from ecoval.totals.parcels import Parcels, accumulate_parcels
from ecoval.units import SpatialUnits
from ecoval.units.coverage import coverage
from ecoval.units.polygon_area import ellipsoidal_area

CRS = "EPSG:4549"
LEFT, BOTTOM = 512_000.0, 3_210_000.0


def net(side, width, seed):
    random = np.random.default_rng(seed)
    step = width / side
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1) * step
    corner[1:-1, 1:-1] += random.uniform(-0.3, 0.3, corner[1:-1, 1:-1].shape) * step
    rings = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2).reshape(-1, 4, 2)
    return shapely.polygons(rings + np.array([LEFT, BOTTOM]))


def spatial(polygons, ids=None):
    ids = [str(k) for k in range(len(polygons))] if ids is None else ids
    return SpatialUnits(geopandas.GeoDataFrame({"unit_id": ids}, geometry=polygons, crs=CRS))


def density(tile, cell, kind):
    """A density that depends on place and type, missing for type 2 in some cells."""
    row, col = np.divmod(cell, tile.cols)
    value = ((row + tile.first[0]) % 7 + 1) * (kind + 1) + 0.25 * ((col + tile.first[1]) % 5)
    return [
        np.where((kind == 2) & ((col + tile.first[1]) % 3 == 0), np.nan, value).astype(np.float32),
        np.ones(len(cell), np.float32),
    ]


@pytest.fixture(scope="module")
def county():
    units, parcels = spatial(net(3, 30_000.0, 1)), net(40, 30_000.0, 2)
    kind = np.random.default_rng(4).integers(0, 5, len(parcels)).astype(np.int16)
    grid = Grid.covering(units.bounds, read_crs(CRS), 100.0)
    return units, parcels, kind, grid


SCOPE = np.array([[True, True]] * 4 + [[False, True]])


def test_one_cell_in_two_types_by_hand():
    square = shapely.box(LEFT, BOTTOM, LEFT + 100, BOTTOM + 100)
    parcels = np.array(
        [shapely.box(LEFT, BOTTOM, LEFT + 30, BOTTOM + 100), shapely.box(LEFT + 30, BOTTOM, LEFT + 100, BOTTOM + 100)]
    )
    units = spatial(np.array([square]))
    grid = Grid.covering(units.bounds, read_crs(CRS), 100.0)
    held = Parcels.of(units, parcels, np.array([0, 1]), 2, grid)
    sums = accumulate_parcels(held, lambda _tile, _cell, kind: [np.array([10.0, 20.0], np.float32)[kind]], np.ones((2, 1), bool))
    hectare = units.area()[0] / 1e4
    assert sums.quantity[0, :, 0] == pytest.approx([0.3 * 10 * hectare, 0.7 * 20 * hectare], rel=1e-7)
    assert sums.area[0] == pytest.approx([0.3e4 * hectare, 0.7e4 * hectare, 0.0], rel=1e-7)


def test_areas_are_the_exact_overlay_and_the_cells_agree(county):
    units, parcels, kind, grid = county
    held = Parcels.of(units, parcels, kind, 5, grid)
    sums = accumulate_parcels(held, density, SCOPE)
    expected = np.zeros((9, 5))
    for unit, polygon in enumerate(units.geometry):
        np.add.at(expected[unit], kind, ellipsoidal_area(shapely.intersection(polygon, parcels), CRS))
    assert sums.area[:, :5] == pytest.approx(expected, rel=1e-7)
    assert sums.area.sum(axis=1) == pytest.approx(units.area(), rel=1e-7)
    assert held.difference(sums) < 1e-6
    assert sums.valid_area[:, :, 1] == pytest.approx(sums.area[:, :5])
    assert (sums.valid_area[:, 2, 0] < sums.area[:, 2]).all()
    assert (sums.valid_area[:, 4, 0] == 0).all()
    identity = sums.valid_area.sum(axis=1) + sums.missing_area + sums.out_of_scope_area
    assert identity == pytest.approx(np.repeat(sums.unit_area[:, None], 2, axis=1), rel=1e-9)


def test_same_bits_for_any_blocks_threads_and_order_of_units(county):
    units, parcels, kind, grid = county
    first = accumulate_parcels(Parcels.of(units, parcels, kind, 5, grid, threads=1), density, SCOPE, threads=1)
    other = accumulate_parcels(Parcels.of(units, parcels, kind, 5, grid, threads=3), density, SCOPE, threads=3, block=1)
    order = [4, 8, 0, 3, 1, 7, 2, 6, 5]
    turned = accumulate_parcels(Parcels.of(units.select([str(k) for k in order]), parcels, kind, 5, grid), density, SCOPE)
    for name in ("area", "quantity", "valid_area"):
        np.testing.assert_array_equal(getattr(first, name), getattr(other, name))
        np.testing.assert_array_equal(getattr(first, name)[order], getattr(turned, name))


def test_a_unit_alone_has_the_bits_that_it_has_among_others(county):
    units, parcels, kind, grid = county
    every = accumulate_parcels(Parcels.of(units, parcels, kind, 5, grid), density, SCOPE)
    alone = units.select(["4"])
    small = grid.covered(alone.bounds)
    one = accumulate_parcels(Parcels.of(alone, parcels, kind, 5, small), density, SCOPE)
    np.testing.assert_array_equal(one.quantity[0], every.quantity[4])
    np.testing.assert_array_equal(one.area[0], every.area[4])


def test_parcels_that_are_cells_give_the_sums_of_the_raster(county):
    units, _, _, _ = county
    coarse = Grid.covering(units.bounds, read_crs(CRS), 1_000.0)
    kind = np.random.default_rng(8).integers(0, 4, coarse.shape).astype(np.int16)
    left, top = coarse.bounds[0], coarse.bounds[3]
    row, col = (index.ravel() for index in np.indices(coarse.shape))
    boxes = shapely.box(left + col * 1e3, top - (row + 1) * 1e3, left + (col + 1) * 1e3, top - row * 1e3)
    value = np.random.default_rng(9).uniform(1, 9, (4, *coarse.shape)).astype(np.float32)

    def place(tile):
        return tile.first[0] - coarse.first[0], tile.first[1] - coarse.first[1]

    def read(tile):
        r, c = place(tile)
        part = kind[r : r + tile.rows, c : c + tile.cols]
        return totals.Block(
            part, [np.take_along_axis(value[:, r : r + tile.rows, c : c + tile.cols], part[None].astype(int), 0)[0]]
        )

    def quantities(tile, cell, types):
        r, c = place(tile)
        row, col = np.divmod(cell, tile.cols)
        return [value[types, row + r, col + c]]

    scope = np.ones((4, 1), bool)
    raster = totals.accumulate(coarse, units, read, scope)
    parcel = accumulate_parcels(Parcels.of(units, boxes, kind.ravel(), 4, coarse), quantities, scope)
    assert parcel.quantity == pytest.approx(raster.quantity, rel=1e-9)
    assert parcel.area == pytest.approx(raster.area, rel=1e-6, abs=1.0)


def test_entries_of_unit_runs_give_the_sums_of_accumulate(county):
    units, _, _, grid = county
    cover = coverage(units, grid)

    def entries(number):
        from ecoval.totals.entries import cells_of

        runs = cover.tile_runs(number)
        run, cell = cells_of(runs, cover.tiles[number].cols)
        return Entries(runs.unit[run], cell, (cell % 3).astype(np.int16), runs.weight[run])

    def read(tile):
        cell = np.arange(tile.rows * tile.cols)
        return totals.Block((cell % 3).astype(np.int16).reshape(tile.shape), [density(tile, cell, cell % 3)[0].reshape(tile.shape)])

    scope = np.ones((3, 1), bool)
    listed = accumulate_entries(cover, entries, lambda *given: density(*given)[:1], scope)
    plain = totals.accumulate(grid, cover, read, scope)
    assert listed.quantity == pytest.approx(plain.quantity, rel=1e-9)
    assert listed.area == pytest.approx(plain.area, rel=1e-12)
    assert listed.valid_area == pytest.approx(plain.valid_area, rel=1e-12)


def test_shares_part_a_piece_among_types():
    square = shapely.box(LEFT, BOTTOM, LEFT + 100, BOTTOM + 100)
    units = spatial(np.array([square]))
    grid = Grid.covering(units.bounds, read_crs(CRS), 25.0)
    parted = Shares(np.array([0, 2]), np.array([1, 0], np.int16), np.array([0.9, 0.1]))
    held = Parcels.of(units, np.array([square]), np.array([1]), 2, grid, shares=lambda _unit, _parcel: parted)
    sums = accumulate_parcels(held, lambda _tile, _cell, kind: [(kind + 1.0).astype(np.float32)], np.ones((2, 1), bool))
    assert sums.area[0, :2] / sums.area[0].sum() == pytest.approx([0.1, 0.9])
    assert sums.quantity[0, :, 0] == pytest.approx([0.1 * units.area()[0] / 1e4, 1.8 * units.area()[0] / 1e4], rel=1e-7)


def test_gaps_are_land_without_a_type_and_land_beyond_the_grid_is_missing(county):
    units, parcels, kind, grid = county
    kept = np.arange(len(parcels)) != 820
    whole = accumulate_parcels(Parcels.of(units, parcels, kind, 5, grid), density, SCOPE)
    sums = accumulate_parcels(Parcels.of(units, parcels[kept], kind[kept], 5, grid), density, SCOPE)
    assert sums.area[:, 5].sum() == pytest.approx(parcels[820].area, rel=1e-4)
    assert sums.unit_area == pytest.approx(whole.unit_area, rel=1e-7)
    half = grid.window(0, 0, grid.rows, grid.cols // 2)
    cut = accumulate_parcels(Parcels.of(units, parcels, kind, 5, half), density, SCOPE)
    assert cut.area == pytest.approx(whole.area, rel=1e-9)
    assert cut.valid_area[:, :, 1].sum() == pytest.approx(half.cell_area().sum(), rel=1e-3)


def test_parcels_that_overlap_are_refused_with_their_area(county):
    units, parcels, kind, grid = county
    with pytest.raises(InputError, match=r"more land than there is: in \d units") as caught:
        Parcels.of(units, np.append(parcels, parcels[820]), np.append(kind, 1), 5, grid)
    assert caught.value.fields["area"] == pytest.approx(parcels[820].area, rel=1e-4)


def test_progress_stops_the_pass(county):
    units, parcels, kind, grid = county
    held = Parcels.of(units, parcels, kind, 5, grid)
    with pytest.raises(Cancelled):
        accumulate_parcels(held, density, SCOPE, progress=lambda _done, _text: False)
