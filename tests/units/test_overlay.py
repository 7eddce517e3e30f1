"""The overlay beside shapely one by one, and areas of small polygons beside those along their edges."""

import numpy as np
import pytest
import shapely

from ecoval.errors import Cancelled
from ecoval.units.overlay import overlay
from ecoval.units.polygon_area import ellipsoidal_area
from ecoval.units.scale import STEP, small_areas

CRS = "EPSG:4549"


def net(side, width, seed, left=512_000.0, bottom=3_210_000.0):
    """A jittered net of quadrangles that tile a square."""
    random = np.random.default_rng(seed)
    step = width / side
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1) * step
    corner[1:-1, 1:-1] += random.uniform(-0.3, 0.3, corner[1:-1, 1:-1].shape) * step
    rings = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2).reshape(-1, 4, 2)
    return shapely.polygons(rings + np.array([left, bottom]))


def test_pieces_are_the_intersections():
    units, parcels = net(3, 3_000.0, 1), net(17, 3_000.0, 2)
    pieces = overlay(units, parcels)
    expected = {(u, p): area for u in range(9) for p in range(289) if (area := shapely.intersection(units[u], parcels[p]).area) > 0}
    found = dict(zip(zip(pieces.unit.tolist(), pieces.parcel.tolist(), strict=True), shapely.area(pieces.geometry), strict=True))
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key], rel=1e-9, abs=1e-6) for key in expected)
    assert pieces.whole.sum() > 100
    assert all(
        pieces.geometry[k] is parcels[pieces.parcel[k]] or pieces.geometry[k].equals(parcels[pieces.parcel[k]])
        for k in np.flatnonzero(pieces.whole)
    )


def test_parcels_that_share_the_border_of_a_unit_pass_whole():
    parcels = net(4, 400.0, 3)
    unit = shapely.union_all(parcels[:8])
    pieces = overlay(np.array([unit]), parcels)
    assert pieces.parcel.tolist() == list(range(8))
    assert pieces.whole.all()


def test_a_piece_does_not_depend_on_the_other_units_or_the_threads():
    units, parcels = net(3, 3_000.0, 1), net(17, 3_000.0, 2)
    every = overlay(units, parcels, threads=3)
    alone = overlay(units[4:5], parcels, threads=1)
    same = every.unit == 4
    assert every.parcel[same].tolist() == alone.parcel.tolist()
    assert shapely.to_wkb(every.geometry[same]).tolist() == shapely.to_wkb(alone.geometry).tolist()
    turned = overlay(units[::-1], parcels)
    assert shapely.to_wkb(turned.geometry[turned.unit == 4]).tolist() == shapely.to_wkb(alone.geometry).tolist()


def test_overlapping_units_each_get_their_pieces():
    unit = shapely.box(0, 0, 10, 10)
    pieces = overlay(np.array([unit, unit]), np.array([shapely.box(5, 5, 20, 8)]))
    assert pieces.unit.tolist() == [0, 1]
    assert shapely.area(pieces.geometry).tolist() == [15.0, 15.0]


def test_nothing_to_lay_over():
    assert len(overlay(net(2, 10.0, 1), np.zeros(0, dtype=object)).unit) == 0
    far = overlay(net(2, 10.0, 1), np.array([shapely.box(0, 0, 1, 1)]))
    assert len(far.unit) == 0


def test_progress_stops_the_overlay():
    with pytest.raises(Cancelled):
        overlay(net(2, 10.0, 1), net(2, 10.0, 1), progress=lambda _done, _text: False)


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:32651", "EPSG:3857", "EPSG:4490"])
def test_small_areas_are_the_ellipsoidal_ones(crs):
    scale = 1.0 if crs != "EPSG:4490" else 1e-5
    left, bottom = {"EPSG:4490": (120.3, 29.2), "EPSG:3857": (1.34e7, 3.4e6)}.get(crs, (412_000.0, 3_210_000.0))
    parcels = net(12, 12_000.0 * scale, 5, left, bottom)
    exact = ellipsoidal_area(parcels, crs)
    assert small_areas(parcels, crs) == pytest.approx(exact, rel=1e-7)
    assert small_areas(parcels, crs).sum() == pytest.approx(exact.sum(), rel=1e-7)


def test_a_small_area_has_the_same_bits_alone_and_a_large_one_is_exact():
    parcels = net(12, 12_000.0, 5)
    every = small_areas(parcels, CRS)
    assert [small_areas(parcels[k : k + 1], CRS)[0] for k in (0, 70, 143)] == every[[0, 70, 143]].tolist()
    wide = np.array([shapely.box(500_000, 3_200_000, 500_000 + 3 * STEP, 3_200_100)])
    assert small_areas(wide, CRS).tolist() == ellipsoidal_area(wide, CRS).tolist()
    assert small_areas(np.array([shapely.Polygon()]), CRS).tolist() == [0.0]
