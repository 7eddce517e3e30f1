"""A second land cover in project.toml: what changes outside the footprints is lost too and needs a measure; no zones beside it."""

import numpy as np
import pandas as pd
import project_cases as cases
import pytest
import rasterio
from rasterio.features import rasterize

from ecoval.errors import InputError

QUIET = {"scenarios": False}


@pytest.fixture(scope="module")
def cover(tmp_path_factory):
    """The land cover of the sample with built-up land on the chosen site and on a strip beside it."""
    project = cases.sample(influence=None)
    opened = project.opened
    before = opened.whole.layers.declaration.layers["landcover"].template.replace("{year}", str(opened.whole.layers.year))
    path = tmp_path_factory.mktemp("cover") / "with.tif"
    with rasterio.open(before) as source:
        codes, profile = source.read(1), source.profile
        shapes = opened.patches.to_crs(source.crs).geometry
        ring = shapes.buffer(150.0)
        here, near = (rasterize(list(each), source.shape, transform=source.transform, all_touched=True) for each in (shapes, ring))
    built = built_code(opened)
    codes[near == 1] = built
    with rasterio.open(path, "w", **profile) as target:
        target.write(codes, 1)
    return path, int(near.sum() - here.sum())


def built_code(opened):
    """Code of the sample's raster for built-up land."""
    table = pd.read_csv(cases.SAMPLE / "landcover_classes.csv")
    column = next(name for name in table if table[name].astype(str).eq("611").any())
    return int(table.loc[table[column].astype(str) == "611", table.columns[0]].iloc[0])


def test_land_elsewhere_is_lost_and_asks_for_a_measure_or_a_reason(cover):
    path, beside = cover
    assert beside > 0
    given = {**cases.content(influence=None), "influence": {"landcover_with": str(path)}}
    project = cases.Project.of(given, cases.SAMPLE, cases.keep)
    name = project.opened.elsewhere
    made = project.losses()
    elsewhere = made.residual[made.residual["patch_id"] == name]
    assert (elsewhere["direct"] == 0).all()
    assert (elsewhere.groupby("service")["indirect"].sum().abs() > 0).any()
    assert np.isfinite(made.debits["debit"]).all()
    bare = cases.Project.of(
        {**given, "record": {"avoid_reason": "one place", "chosen": project.opened.chosen}}, cases.SAMPLE, cases.keep
    )
    lacking = bare.check().query("code == 'SEQUENCE_RECORD_MISSING'")
    assert name in lacking["features"].iloc[0].split("; ")
    given["record"] = {**given["record"], "minimise_reason": {"*": "nothing can be done"}}
    judged = cases.Project.of(given, cases.SAMPLE, cases.keep).assess(**QUIET)
    assert judged.verdict.sequence_ok is True
    assert set(judged.losses.loc[judged.losses["indirect"] != 0, "alternative_id"]) == {project.opened.chosen}


@pytest.mark.parametrize(
    "influence",
    [{"landcover_with": "x.tif", "distance_m": 100.0}, {"landcover_base": "x.tif"}],
    ids=["beside a zone", "base alone"],
)
def test_land_covers_that_cannot_be_used_are_refused(influence):
    project = cases.Project.of({**cases.content(influence=None), "influence": influence}, cases.SAMPLE, cases.keep)
    with pytest.raises(InputError) as caught:
        project.losses()
    assert caught.value.code == "offset_cover_beside"
