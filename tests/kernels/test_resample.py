"""Overlaps against polygon intersections and NumPy; interpolation against a plane, which it must reproduce."""

import numpy as np
import pytest
import shapely

from ecoval.kernels import resample

MISSING = np.int32(-2_147_483_648)
random = np.random.default_rng(7)


def nodes(rows, cols, size=1.7, turn=0.3, jitter=0.05):
    """Corners of a turned, slightly bent lattice over a source of 12 x 15 cells."""
    r, c = np.meshgrid(np.arange(rows + 1) * size, np.arange(cols + 1) * size, indexing="ij")
    down = np.cos(turn) * r + np.sin(turn) * c - 1.0 + random.uniform(-jitter, jitter, r.shape)
    across = -np.sin(turn) * r + np.cos(turn) * c + 2.0 + random.uniform(-jitter, jitter, r.shape)
    return down, across


def quads(down, across):
    ring = [(slice(None, -1), slice(None, -1)), (slice(None, -1), slice(1, None)), (slice(1, None), slice(1, None))]
    ring.append((slice(1, None), slice(None, -1)))
    return shapely.polygons(np.stack([np.stack([across[part], down[part]], axis=-1) for part in ring], axis=-2))


def by_polygons(source, polygons):
    """Overlap of each polygon with each source cell: array (polygons, source rows, source cols)."""
    rows, cols = source.shape
    r, c = np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij")
    cells = shapely.box(c, r, c + 1, r + 1)
    return shapely.area(shapely.intersection(polygons.ravel()[:, None, None], cells[None]))


@pytest.mark.parametrize("size", [0.4, 1.0, 1.7, 4.3])
@pytest.mark.parametrize("total", [True, False])
def test_overlap_quad_equals_polygon_intersection(size, total):
    source = random.normal(size=(12, 15))
    source[3:5, 4:9] = np.nan
    down, across = nodes(7, 6, size)
    out = np.empty((7, 6))
    height, width = resample.footprint(down, across, 12, 15, np.inf)
    resample.overlap_quad(source, 0, 0, down, across, np.inf, total, np.empty((height, width + 3)), out)
    overlap = by_polygons(source, quads(down, across))
    weight = np.where(np.isnan(source), 0.0, overlap)
    expected = (weight * np.nan_to_num(source)).sum(axis=(1, 2))
    known = weight.sum(axis=(1, 2)) > 1e-9
    expected = np.where(known, expected / (1.0 if total else np.where(known, weight.sum(axis=(1, 2)), 1.0)), np.nan)
    np.testing.assert_allclose(out.ravel(), expected, rtol=0, atol=1e-12)


def test_mode_quad_equals_largest_polygon_overlap():
    source = random.integers(1, 4, (12, 15)).astype(np.int32)
    source[0:4, 0:6] = MISSING
    down, across = nodes(4, 4, 2.6)
    out = np.empty((4, 4), np.int32)
    height, width = resample.footprint(down, across, 12, 15, np.inf)
    weights = np.empty((height, width + 3))
    scratch = np.empty(weights.size, np.int32), np.empty(weights.size)
    resample.mode_quad(source, 0, 0, down, across, np.inf, MISSING, weights, *scratch, out)
    polygons = quads(down, across)
    overlap = by_polygons(source, polygons)
    shares = np.stack([(overlap * (source == code)).sum(axis=(1, 2)) for code in (1, 2, 3)])
    lost = shapely.area(polygons).ravel() - shares.sum(axis=0)
    expected = np.where(lost > shapely.area(polygons).ravel() / 2, MISSING, shares.argmax(axis=0) + 1)
    np.testing.assert_array_equal(out.ravel(), expected)


def test_overlap_box_of_nested_cells_is_a_block_sum_and_mean():
    source = random.normal(size=(6, 9))
    down = np.array([[0.0, 3.0], [3.0, 6.0]])
    across = np.array([[0.0, 3.0], [3.0, 6.0], [6.0, 9.0]])
    out, weights = np.empty((2, 3)), np.empty((4, 4))
    blocks = source.reshape(2, 3, 3, 3)
    resample.overlap_box(source, 0, 0, down, across, True, weights, out)
    np.testing.assert_allclose(out, blocks.sum(axis=(1, 3)), rtol=1e-13)
    resample.overlap_box(source, 0, 0, down, across, False, weights, out)
    np.testing.assert_allclose(out, blocks.mean(axis=(1, 3)), rtol=1e-13)


def test_mode_box_by_hand():
    # one target cell over 1.5 x 2 source cells: class 5 holds 1.0, class 2 holds 0.5 + 0.5 = 1.0 -> tie, the smallest code
    # second: class 7 holds 1.0 of 3.0, the rest is missing -> missing; third: 1.5 of 3.0 -> 7
    source = np.array([[5, 2, 7, MISSING, 7, 7], [2, 2, MISSING, MISSING, 7, MISSING]], dtype=np.int32)
    out, weights = np.empty((1, 3), np.int32), np.empty((3, 4))
    scratch = np.empty(12, np.int32), np.empty(12)
    source[0, 1] = 5
    across = np.array([[0.0, 2.0], [2.0, 4.0], [4.0, 6.0]])
    resample.mode_box(source, 0, 0, np.array([[0.0, 1.0]]), across, MISSING, weights, *scratch, out)
    assert out.tolist() == [[5, 7, 7]]
    resample.mode_box(source, 0, 0, np.array([[0.0, 2.0]]), across, MISSING, weights, *scratch, out)
    assert out.tolist() == [[2, MISSING, 7]]


def test_bilinear_reproduces_a_plane_and_keeps_to_valid_cells():
    down, across = np.meshgrid(np.linspace(0.5, 5.5, 11), np.linspace(0.5, 7.5, 15), indexing="ij")
    r, c = np.meshgrid(np.arange(6) + 0.5, np.arange(8) + 0.5, indexing="ij")
    source = 3.0 * r - 2.0 * c + 1.0
    out = np.empty(down.shape)
    resample.bilinear(source[None], 0, 0, down, across, out[None])
    np.testing.assert_allclose(out, 3.0 * down - 2.0 * across + 1.0, atol=1e-12)
    source[2, 3] = np.nan
    resample.bilinear(source[None], 0, 0, down, across, out[None])
    inside = (np.floor(down) == 2) & (np.floor(across) == 3)
    np.testing.assert_array_equal(np.isnan(out), inside)


def test_nearest_takes_the_cell_that_holds_the_centre():
    source = np.arange(12, dtype=np.int32).reshape(3, 4)
    down, across = np.array([[0.5, 1.0, 2.9999999, -0.1, np.nan]]), np.array([[0.5, 1.0, 3.5, 1.0, 1.0]])
    out = np.empty((1, 5), np.int32)
    resample.nearest(source, 0, 0, down, across, MISSING, out)
    assert out.tolist() == [[0, 5, MISSING, MISSING, MISSING]]  # 2.9999999 is on the edge, and that is the end of the source


def test_evaluate_is_the_polynomial():
    coefficients = random.normal(size=(4, 4))
    down, across = np.linspace(-1, 1, 5), np.linspace(-1, 1, 6)
    out = np.empty((5, 6))
    resample.evaluate(coefficients, down, across, np.empty(4), out)
    np.testing.assert_allclose(out, np.polynomial.polynomial.polygrid2d(down, across, coefficients), rtol=1e-12, atol=1e-12)
