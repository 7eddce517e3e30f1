"""Losses per patch, service and area on the small study: areas add up, splitting changes nothing, time is applied once."""

import importlib.util
import re
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

from ecoval.errors import InputError
from ecoval.offset.equivalency.time import Timing
from ecoval.offset.loss.covers import cover_losses
from ecoval.offset.loss.influence import zones
from ecoval.offset.loss.patches import footprint_kinds, loss_table, patch_losses, patches
from ecoval.offset.loss.states import States
from ecoval.offset.rules.areas import Areas
from ecoval.offset.rules.counting import SpatialRule
from ecoval.units import SpatialUnits

SPEC = importlib.util.spec_from_file_location("small_study", Path(__file__).parents[2] / "small_study.py")
small_study = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(small_study)
L, T, CRS = small_study.LEFT, small_study.TOP, small_study.CRS
WATER, CARBON = "water_retention", "carbon_sequestration:vegetation"
RETENTION = 10 * (1600 - 0.0465 * 1600 - 750)


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    return States.open(small_study.write(tmp_path_factory.mktemp("loss") / "study"))


def place(x0, y0, x1, y1):
    return box(L + x0, T - y1, L + x1, T - y0)


@pytest.fixture(scope="module")
def areas():
    quarters = SpatialUnits.read(small_study.units(), id="code")
    stripes = [place(900 * k, 0, 900 * k + 900, 4000) for k in range(4)]  # leaves the easternmost 400 m out
    bands = SpatialUnits.read(geopandas.GeoDataFrame({"unit_id": list("abcd")}, geometry=stripes, crs=CRS))
    return Areas({"county": quarters, "watershed": bands, "province": "everywhere"})


def rule():
    rows = [("water_retention", "watershed"), ("carbon_sequestration", "province")]
    made = pd.DataFrame(rows, columns=["service", "area_kind"])
    return SpatialRule.of(made.assign(same=1, neighbour=0, elsewhere=0))


def footprints(*boxes, **columns):
    frame = geopandas.GeoDataFrame({"after_class": [611] * len(boxes)}, geometry=[place(*one) for one in boxes], crs=CRS)
    return frame.assign(**columns)


def of(table, service, column="annual"):
    return table.loc[table["service"] == service, column].sum()


def test_losses_go_to_the_units_of_the_area_kind_of_the_service(states, areas):
    found = patch_losses(states, footprints((700, 700, 1300, 1300)), areas, rule())
    water = found[found["service"] == WATER].set_index("area_unit")
    assert set(water["area_kind"]) == {"watershed"}
    assert set(water.index) == {"a", "b"}
    assert water.loc["a", "direct"] / water.loc["b", "direct"] == pytest.approx(0.5, rel=1e-6)
    carbon = found[found["service"] == CARBON]
    assert carbon["area_unit"].tolist() == ["everywhere"]
    assert found["patch_id"].unique().tolist() == ["A-1"]


def test_area_units_that_tile_add_up_to_the_whole(states, areas):
    # the patch runs over the border of the county's quarters, of two bands, and out of all bands
    patch = footprints((100, 1900, 3900, 2100))
    whole = patch_losses(states, patch)
    parts = patch_losses(states, patch, areas, rule())
    for service in (WATER, CARBON):
        for column in ("direct", "annual", "annual_low", "annual_high", "valid_area"):
            assert of(parts, service, column) == pytest.approx(of(whole, service, column), rel=1e-9)
    assert "" in set(parts.loc[parts["service"] == WATER, "area_unit"])  # land outside every band has its own row


def test_splitting_a_patch_and_turning_the_order_change_no_total(states, areas):
    one = patch_losses(states, footprints((700, 700, 1300, 1300)), areas, rule())
    two = patch_losses(states, footprints((1011, 700, 1300, 1300), (700, 700, 1011, 1300)), areas, rule())
    keys = ["service", "area_kind", "area_unit"]
    first, second = (table.groupby(keys)[["direct", "annual"]].sum().sort_index() for table in (one, two))
    pd.testing.assert_frame_equal(first, second, rtol=1e-9)


def test_an_own_gain_is_negative_and_stays(states):
    frame = footprints((2100, 100, 2400, 400), after_class=[111])  # dry farmland becomes forest
    found = patch_losses(states, frame)
    assert of(found, WATER) == pytest.approx(-9 * RETENTION, rel=1e-5)


def test_direct_indirect_temporary_and_permanent_stand_apart(states):
    frame = footprints((100, 100, 400, 400), (1000, 1000, 1200, 1200))
    frame = frame.assign(impact_type=["permanent", "temporary"], start=[2025, 2025], end=[np.nan, 2030], recovery_years=[0, 4])
    around = zones(patches(frame), distance_m=100, loss={"water_retention": 0.1})
    losses = patch_losses(states, frame, influence=around)
    timing = Timing(rate=0.03, t0=2025)
    made = loss_table(losses, timing).set_index("service").loc[WATER]
    first, second = (losses[(losses["patch_id"] == name) & (losses["service"] == WATER)].iloc[0] for name in ("A-1", "A-2"))
    assert made["direct"] == pytest.approx(13 * RETENTION, rel=1e-5)
    ring = around.area.sum() / 1e4
    assert made["indirect"] == pytest.approx(0.1 * ring * RETENTION, rel=1e-5)
    assert made["permanent"] == pytest.approx(first["annual"])
    assert made["temporary"] == pytest.approx(second["annual"])
    assert made["annual"] == pytest.approx(made["permanent"] + made["temporary"])
    pv = first["annual"] * timing.loss_factor(2025) + second["annual"] * timing.loss_factor(2025, 2030, 4)
    assert made["pv"] == pytest.approx(pv, rel=1e-12)
    # services without a fraction lose nothing in the zone
    assert of(losses, CARBON, "indirect") == 0.0


def test_under_the_multiplier_the_present_value_is_the_annual_loss(states):
    made = loss_table(patch_losses(states, footprints((100, 100, 400, 400))), Timing(time="multiplier"))
    assert made["pv"].tolist() == made["annual"].tolist()
    assert made["pv_uom"].tolist() == made["uom"].tolist()


def test_patches_are_named_and_refused(states):
    made = patches(footprints((0, 0, 1, 1), (2, 0, 3, 1), (4, 0, 5, 1), alternative_id=["A", "A", "B"]))
    assert made["patch_id"].tolist() == ["A-1", "A-2", "B-1"]
    assert set(made["impact_type"]) == {"permanent"}
    with pytest.raises(InputError, match="more than once"):
        patches(footprints((0, 0, 1, 1), (2, 0, 3, 1), patch_id=["x", "x"]))
    with pytest.raises(InputError, match="A-2"):
        patches(footprints((0, 0, 1, 1), (2, 0, 3, 1), after_class=[611, None]))


def test_kinds_lost_leave_out_what_has_the_type_already(states):
    frame = footprints((1900, 0, 2200, 100), after_class=[512])
    found = footprint_kinds(states, frame)
    assert found["ecosystem_type"].tolist() == [111]
    assert found["lost_area"].iloc[0] == pytest.approx(10_000, rel=1e-6)


def test_a_second_land_cover_gives_direct_and_indirect_loss(states, areas, tmp_path):
    """The project builds on the footprint and, unplanned, on one cell outside; the same loss as by types after."""
    after = small_study.cover()
    after[1:4, 1:4] = 2  # forest to dry farmland on whole cells
    after[10, 10] = 3  # forest to river outside of the footprint
    small_study.raster(tmp_path / "after.tif", after)
    patch = footprints((100, 100, 400, 400), after_class=[512])
    found = cover_losses(states, patch, areas, rule(), tmp_path / "after.tif")
    direct = patch_losses(states, patch, areas, rule())
    for service in (WATER, CARBON):
        assert of(found, service, "direct") == pytest.approx(of(direct, service, "direct"), rel=1e-9)
    elsewhere = found[(found["patch_id"] == "A-elsewhere") & (found["service"] == WATER)]
    assert elsewhere["indirect"].sum() == pytest.approx(RETENTION, rel=1e-5)
    assert elsewhere.loc[elsewhere["indirect"] != 0, "area_unit"].tolist() == ["b"]
    assert (elsewhere["direct"] == 0).all()


def test_a_second_land_cover_is_refused_off_the_grid(states, tmp_path):
    from affine import Affine

    shifted = Affine(100, 0, L + 37, 0, -100, T)
    small_study.raster(tmp_path / "off.tif", small_study.cover(), transform=shifted)
    with pytest.raises(InputError, match="does not lie on the cells"):
        cover_losses(states, footprints((100, 100, 400, 400)), after=tmp_path / "off.tif")
    two = footprints((0, 0, 1, 1), (2, 0, 3, 1), alternative_id=["A", "B"])
    with pytest.raises(InputError, match="one alternative"):
        cover_losses(states, two, after=tmp_path / "off.tif")


@pytest.mark.parametrize("page", ["loss", "avoid"])
def test_examples_of_the_pages_run(page):
    text = (Path(__file__).parents[3] / "docs" / "offset" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], f"{page}.md", "exec"), {})
