"""Zones around footprints: rings, given polygons, and the way of the water."""

import importlib.util
import math
from pathlib import Path

import geopandas
import numpy as np
import pytest
from shapely import Point, box

from ecoval.errors import InputError
from ecoval.offset.loss.influence import downstream, fractions_of, zones
from ecoval.offset.loss.patches import patch_losses, patches
from ecoval.offset.loss.states import States

SPEC = importlib.util.spec_from_file_location("small_study", Path(__file__).parents[2] / "small_study.py")
small_study = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(small_study)
L, T, CRS = small_study.LEFT, small_study.TOP, small_study.CRS


def place(x0, y0, x1, y1):
    return box(L + x0, T - y1, L + x1, T - y0)


def footprints(*boxes, **columns):
    frame = geopandas.GeoDataFrame({"after_class": [611] * len(boxes)}, geometry=[place(*one) for one in boxes], crs=CRS)
    return patches(frame.assign(**columns))


def test_a_ring_leaves_out_the_footprint_and_no_land_is_in_two_zones():
    frame = footprints((100, 100, 400, 400), (450, 100, 750, 400))
    around = zones(frame, distance_m=100, loss={"*": 0.2})
    whole = frame.buffer(100, quad_segs=16).union_all().difference(frame.union_all())
    assert around.area.sum() == pytest.approx(whole.area, rel=1e-12)
    assert around.geometry.iloc[0].intersection(around.geometry.iloc[1]).area == pytest.approx(0, abs=1e-6)
    assert around["patch_id"].tolist() == ["A-1", "A-2"]
    single = zones(footprints((100, 100, 400, 400)), distance_m=100)
    assert single.area.iloc[0] == pytest.approx(4 * 300 * 100 + math.pi * 100**2, rel=2e-3)  # arcs of 64 chords a circle


def test_alternatives_have_zones_of_their_own():
    frame = footprints((100, 100, 400, 400), (150, 100, 450, 400), alternative_id=["A", "B"])
    around = zones(frame, distance_m=50)
    assert around.groupby("alternative_id").size().tolist() == [1, 1]
    assert around.area.iloc[0] == pytest.approx(around.area.iloc[1])


def test_given_zones_go_to_their_patch_or_to_the_nearest():
    frame = footprints((100, 100, 200, 200), (2000, 100, 2100, 200))
    given = geopandas.GeoDataFrame(
        {"alternative_id": [None, "A"], "patch_id": [None, "A-1"], "loss:water_retention": [0.1, None]},
        geometry=[place(1500, 0, 2200, 300), place(3000, 0, 3100, 100)],
        crs=CRS,
    )
    around = zones(frame, given, loss={"water_retention": 0.4, "carbon_sequestration": 0.05})
    assert around["patch_id"].tolist() == ["A-2", "A-1"]
    assert around["loss:water_retention"].tolist() == [0.1, 0.4]
    assert around.area.iloc[0] == pytest.approx(700 * 300 - 100 * 100)


def test_a_fraction_is_that_of_the_item_then_of_the_service_then_of_all():
    frame = footprints((0, 0, 100, 100))
    around = zones(frame, distance_m=10, loss={"soil_retention:silt": 0.3, "soil_retention": 0.2, "*": 0.1})
    found = fractions_of(around, ["soil_retention:silt", "soil_retention:soil", "water_retention"])
    assert found.tolist() == [[0.3, 0.2, 0.1]]
    named = zones(frame, distance_m=10, loss={"water_retention": 0.1})
    assert fractions_of(named, ["carbon_sequestration"]).tolist() == [[0.0]]


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """The small study on a plane that falls to the east: water runs along the rows."""
    text = small_study.STUDY.replace('npp = "npp.tif"', 'npp = "npp.tif"\ndem = "dem.tif"')
    folder = tmp_path_factory.mktemp("influence") / "study"
    path = small_study.write(folder, text)
    plane = np.broadcast_to(np.linspace(400, 5, 40, dtype=np.float32), (40, 40))
    small_study.raster(folder / "dem.tif", np.ascontiguousarray(plane))
    return States.open(path)


def test_water_runs_downhill_for_its_length(states):
    frame = footprints((500, 1000, 700, 1200))
    around = zones(frame, downstream_m=500, states=states, loss={"*": 0.1})
    assert around.geometry.iloc[0].equals(place(700, 1000, 1200, 1200))
    with pytest.raises(InputError, match="cannot be traced"):
        zones(frame, downstream_m=500)


def test_loss_downstream_is_the_present_flow_times_the_fraction(states):
    frame = footprints((500, 1000, 700, 1200))
    around = zones(frame, downstream_m=500, states=states, loss={"water_retention": 0.25})
    found = patch_losses(states, frame, influence=around)
    now = states.flows(around)
    indirect = found.loc[found["service"] == "water_retention", "indirect"].iloc[0]
    assert indirect == pytest.approx(0.25 * now.loc[now["service"] == "water_retention", "quantity"].iloc[0], rel=1e-12)


def test_ways_by_walking_each_cell_alone():
    rng = np.random.default_rng(3)
    directions = np.array([1, 2, 4, 8, 16, 32, 64, 128], np.uint8)[rng.integers(0, 3, (30, 30))]
    directions[-1], directions[:, -1], directions[:, 0] = 0, 0, 0
    start = rng.random((30, 30)) < 0.02
    found = downstream(directions, start, np.full(30, 10.0), 12.0, 100.0)
    step = {1: (0, 1), 2: (1, 1), 4: (1, 0)}
    reached = start.copy()
    for row, col in np.argwhere(start):
        left = 100.0
        while int(directions[row, col]) in step:
            down, right = step[int(directions[row, col])]
            left -= math.hypot(12.0 * down, 10.0 * right)
            if left < 0:
                break
            row, col = row + down, col + right
            reached[row, col] = True
    assert (found == reached).all()


def test_refusals():
    frame = footprints((100, 100, 400, 400))
    with pytest.raises(InputError, match="geographic"):
        zones(frame.to_crs("EPSG:4490"), distance_m=100)
    with pytest.raises(InputError, match="0 to 1"):
        zones(frame, distance_m=100, loss={"water_retention": 1.5})
    assert len(zones(frame)) == 0
    inside = geopandas.GeoDataFrame(geometry=[Point(L + 250, T - 250).buffer(50)], crs=CRS)
    assert len(zones(frame, inside)) == 0  # nothing is left of a zone inside the footprint
