"""Directions, accumulation and slope length against planes, cones and recursion in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ecoval.kernels.fill import breach, fill
from ecoval.kernels.flow import MISSING, OUTLET, flow_accumulation, flow_direction, flow_length

NAN = np.nan
STEPS = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}
CUTOFFS = {"steep": 0.05, "cutoff_steep": 0.5, "cutoff_gentle": 0.7}

ground = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements=st.one_of(st.integers(-5, 9).map(float), st.just(NAN)),
)


def below(directions, cell):
    """Cell that a cell drains to; None at an outlet."""
    code = int(directions[cell])
    return None if code == OUTLET else (cell[0] + STEPS[code][0], cell[1] + STEPS[code][1])


def cells(directions):
    return [cell for cell in np.ndindex(directions.shape) if directions[cell] != MISSING]


def donors(directions):
    table = {cell: [] for cell in cells(directions)}
    for cell in table:
        if below(directions, cell) is not None:
            table[below(directions, cell)].append(cell)
    return table


def recursive_total(directions, weights):
    table = donors(directions)

    def total(cell):
        return weights[cell] + sum(total(donor) for donor in table[cell])

    result = np.full(directions.shape, NAN)
    for cell in table:
        result[cell] = total(cell)
    return result


def steepest(z, cell, width, height):
    """Steepest drop per distance of a cell to one of its neighbours."""
    drops = [0.0]
    for down, right in STEPS.values():
        r, c = cell[0] + down, cell[1] + right
        if 0 <= r < z.shape[0] and 0 <= c < z.shape[1] and not np.isnan(z[r, c]):
            drops.append((z[cell] - z[r, c]) / np.hypot(down * height, right * width))
    return max(drops)


def at_border(z, cell):
    padded = np.pad(z, 1, constant_values=NAN)
    return np.isnan(padded[cell[0] : cell[0] + 3, cell[1] : cell[1] + 3]).any()


# ---------------------------------------------------------------- directions


@pytest.mark.parametrize(("code", "step"), STEPS.items())
def test_plane_drains_straight_down(code, step):
    row, col = np.mgrid[:6, :6]
    directions = flow_direction(-(row * step[0] + col * step[1]).astype(float))
    assert (directions[1:-1, 1:-1] == code).all()


@settings(max_examples=150, deadline=None)
@given(ground, st.sampled_from([fill, breach]))
def test_every_cell_reaches_an_outlet_without_climbing(z, drain):
    surface = drain(z)
    directions = flow_direction(surface)
    assert np.array_equal(directions == MISSING, np.isnan(z))
    for cell in cells(directions):
        steps = 0
        while (next_cell := below(directions, cell)) is not None:
            assert surface[next_cell] <= surface[cell]
            cell, steps = next_cell, steps + 1
            assert steps < z.size
        assert at_border(z, cell)


@settings(max_examples=100, deadline=None)
@given(ground, st.sampled_from([(1.0, 1.0), (30.0, 20.0), (10.0, 25.0)]))
def test_cell_with_a_lower_neighbour_takes_the_steepest(z, size):
    surface = fill(z)
    directions = flow_direction(surface, *size)
    for cell in cells(directions):
        drop = steepest(surface, cell, *size)
        target = below(directions, cell)
        if drop > 0:
            distance = np.hypot((target[0] - cell[0]) * size[1], (target[1] - cell[1]) * size[0])
            assert (surface[cell] - surface[target]) / distance == pytest.approx(drop, rel=1e-5)
        elif at_border(z, cell):
            assert target is None
        else:
            assert surface[target] == surface[cell]


def test_flat_drains_by_the_fewest_steps():
    z = np.full((7, 7), 5.0)
    z[0, :] = z[-1, :] = z[:, 0] = z[:, -1] = 9.0
    z[3, 0] = 4.0
    directions = flow_direction(z)
    lengths = {cell: way(directions, cell) for cell in np.ndindex(7, 7) if min(cell) > 0 and max(cell) < 6}
    assert all(lengths[row, col] == max(col, abs(row - 3)) for row, col in lengths)


def way(directions, cell):
    """Number of steps from a cell to its outlet."""
    target = below(directions, cell)
    return 0 if target is None else 1 + way(directions, target)


def test_width_per_row_decides_between_east_and_south():
    z = np.array([[9, 9, 9, 9.0], [9, 5, 4, 9], [9, 5, 4, 9], [9, 3.5, 9, 9]])
    assert flow_direction(z, width=np.array([1.0, 1.0, 1.0, 1.0]), height=1.0)[2, 1] == 4
    assert flow_direction(z, width=np.array([1.0, 1.0, 0.5, 1.0]), height=1.0)[2, 1] == 1


def test_bottom_of_a_depression_that_is_not_filled_is_an_outlet():
    z = np.full((5, 5), 9.0)
    z[2, 1:4] = 3.0
    directions = flow_direction(z)
    assert (directions[2, 1:4] == OUTLET).all()
    assert directions[1, 2] == 4


def test_codes_follow_the_steps_of_the_documentation():
    z = np.array([[2, 2, 2], [2, 1, 2], [2, 2, 2.0]])
    assert flow_direction(z).tolist() == [[2, 4, 8], [1, 0, 16], [128, 64, 32]]


# -------------------------------------------------------------- accumulation


def test_accumulation_down_a_plane_counts_the_rows_above():
    z = np.repeat(np.arange(6, 0, -1.0)[:, np.newaxis], 4, axis=1)
    assert flow_accumulation(flow_direction(z)).tolist() == np.repeat([[1], [2], [3], [4], [5], [6]], 4, axis=1).tolist()


def test_accumulation_into_a_hole_collects_every_cell():
    row, col = np.mgrid[-8:9, -8:9]
    directions = flow_direction(np.hypot(row, col))
    assert directions[8, 8] == OUTLET
    assert flow_accumulation(directions)[8, 8] == 17 * 17


def test_accumulation_off_a_peak_starts_with_one_on_the_top():
    row, col = np.mgrid[-8:9, -8:9]
    accumulation = flow_accumulation(flow_direction(-np.hypot(row, col)))
    assert accumulation[8, 8] == 1
    assert (accumulation[8, 9:] == np.arange(2, 10)).all()


@settings(max_examples=100, deadline=None)
@given(ground)
def test_accumulation_is_the_recursive_count(z):
    directions = flow_direction(fill(z))
    expected = np.nan_to_num(recursive_total(directions, np.ones(z.shape)))
    accumulation = flow_accumulation(directions)
    assert accumulation.dtype == np.int32
    assert np.array_equal(accumulation, expected)
    assert accumulation[directions == OUTLET].sum() == (~np.isnan(z)).sum()


@settings(max_examples=100, deadline=None)
@given(ground, st.integers(0, 99))
def test_weighted_accumulation_is_the_recursive_sum(z, seed):
    directions = flow_direction(fill(z))
    weights = np.random.default_rng(seed).integers(0, 100, z.shape).astype(float)
    assert np.array_equal(flow_accumulation(directions, weights), recursive_total(directions, weights), equal_nan=True)


def test_area_per_row_adds_up_downstream():
    directions = flow_direction(np.repeat(np.arange(4, 0, -1.0)[:, np.newaxis], 3, axis=1))
    area = flow_accumulation(directions, np.array([1.0, 2.0, 4.0, 8.0]))
    assert area.tolist() == [[1] * 3, [3] * 3, [7] * 3, [15] * 3]


def test_missing_weight_is_missing_downstream_alone():
    directions = flow_direction(np.repeat(np.arange(4, 0, -1.0)[:, np.newaxis], 3, axis=1))
    weights = np.ones((4, 3))
    weights[1, 1] = NAN
    assert np.argwhere(np.isnan(flow_accumulation(directions, weights))).tolist() == [[1, 1], [2, 1], [3, 1]]


def test_river_of_a_million_cells_needs_no_recursion():
    z = np.arange(1_000_000, 0, -1, dtype=np.float32).reshape(1, -1)
    assert flow_accumulation(flow_direction(z))[0, -1] == 1_000_000


# ------------------------------------------------------------- slope length


def strip(*heights):
    """Directions of a narrow slope from the left to the right."""
    return flow_direction(np.array([heights], float), 10.0, 10.0)


def test_length_grows_by_the_step_from_half_a_cell():
    length = flow_length(strip(4, 3, 2, 1), np.full((1, 4), 0.1), 10.0, 10.0, **CUTOFFS)
    assert length.tolist() == [[5, 15, 25, 35]]


def test_length_follows_diagonal_steps_and_the_longest_way():
    z = np.array([[9, 9, 9], [9, 5, 9], [9, 9, 1.0]])
    length = flow_length(flow_direction(z, 3.0, 4.0), np.full((3, 3), 0.1), 3.0, 4.0, **CUTOFFS)
    # into the middle: from the corner half a diagonal and a whole one; into the low corner one diagonal more
    assert length[1, 1] == pytest.approx(7.5)
    assert length[2, 2] == pytest.approx(12.5)


def test_length_starts_anew_where_the_slope_falls_by_the_cutoff():
    slope = np.array([[0.20, 0.11, 0.05, 0.04, 0.029, 0.01]])
    # half of 0.20 is 0.10, 0.11 goes on; half of 0.11 is 0.055, 0.05 starts anew; half of 0.05 is 0.025, 0.04 goes on;
    # below 5 % the share is 0.7: 0.028 of 0.04, 0.029 goes on; 0.0203 of 0.029, 0.01 starts anew
    length = flow_length(strip(6, 5, 4, 3, 2, 1), slope, 10.0, 10.0, **CUTOFFS)
    assert length.tolist() == [[5, 15, 5, 15, 25, 5]]


def test_length_ends_at_a_channel_and_none_leaves_it():
    channel = np.array([[False, False, True, False]])
    length = flow_length(strip(4, 3, 2, 1), np.full((1, 4), 0.1), 10.0, 10.0, channel=channel, **CUTOFFS)
    assert length.tolist() == [[5, 15, 0, 5]]


def test_length_of_missing_cells_is_missing():
    directions = strip(4, NAN, 2, 1)
    length = flow_length(directions, np.full((1, 4), 0.1), 10.0, 10.0, **CUTOFFS)
    assert np.array_equal(length, [[5, NAN, 5, 15]], equal_nan=True)
