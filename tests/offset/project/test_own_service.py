"""A service of the user's own in an offset balance: computed by its function, counted by the `*` row of the area rule."""

import numpy as np
import project_cases as cases
import pytest

import ecoval as ev
from ecoval.offset.project.project import Project
from ecoval.offset.rules.counting import SpatialRule

SHADE_HEAT = 5.0


def hours(types):
    """Hours of shade: 5 kWh ha-1 yr-1 under forest, none elsewhere."""
    forest = (types >= 111) & (types < 200)
    return np.where(types > 0, np.where(forest, np.float32(SHADE_HEAT), np.float32(0)), np.float32(np.nan))


OWN = ev.Service("shade", "regulating", (ev.Item("hours", measure="kWh ha-1 yr-1", quantity=hours),))


@pytest.fixture(scope="module")
def assessed():
    content = cases.content(project={"services": ["soil_retention", "shade"]})
    return Project.of(content, cases.SAMPLE, cases.keep, services=[OWN]).assess(report=())


def forest_hectares(assessed, alternative):
    """Forest under the patches of an alternative, ha: zonal fractions of the land cover, another path than that of the losses."""
    footprints = cases.gpd.read_file(cases.SAMPLE / "project.gpkg", layer="footprints").query("alternative_id == @alternative")
    classes = cases.pd.read_csv(cases.SAMPLE / "landcover_classes.csv", encoding="utf-8-sig")
    codes = classes.loc[classes["ecosystem_type"].between(111, 199), "code"]
    table = ev.zonal(
        footprints.assign(unit_id=range(len(footprints))), [cases.SAMPLE / "landcover_2023.tif"], stats=["area", "frac"]
    )
    shares = table[[f"frac:{code}" for code in codes if f"frac:{code}" in table]].sum(axis=1)
    return float((table["area"] * shares).sum() / 1e4)


def test_losses_are_those_of_the_function(assessed):
    losses = assessed.losses.query("service == 'shade'").set_index("alternative_id")
    assert losses.loc["A", "direct"] == pytest.approx(SHADE_HEAT * forest_hectares(assessed, "A"), rel=1e-3)
    assert losses.loc["A", "direct"] > 0
    assert losses.loc["B", "direct"] == pytest.approx(SHADE_HEAT * forest_hectares(assessed, "B"), abs=1e-6)


def test_it_has_a_row_of_the_balance_in_the_county(assessed):
    row = assessed.balance.query("service == 'shade'")
    assert row["area_kind"].tolist() == ["county"]
    assert row["net"].item() == pytest.approx(row["credit"].item() - row["required"].item())
    assert row["credit"].item() > 0
    assert assessed.record["user_services"] == ["shade"]


def test_any_other_service_counts_within_its_county_alone():
    rule = SpatialRule.read()
    assert rule.area_kind("shade") == "county"
    assert [rule.weight("shade", relation) for relation in ("same", "neighbour", "elsewhere")] == [1.0, 0.0, 0.0]
    assert rule.area_kind("water_retention:retention") == "watershed"


def test_without_it_the_project_is_judged_as_before(assessed):
    alone = Project.of(cases.content(project={"services": ["soil_retention"]}), cases.SAMPLE, cases.keep).assess(report=())
    both = assessed.losses.query("service != 'shade'").reset_index(drop=True)
    cases.pd.testing.assert_frame_equal(alone.losses.reset_index(drop=True), both)
