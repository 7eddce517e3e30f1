"""What a check says will be missing is missing in the run: of tables by unit, of layers by their share of the land."""

import numpy as np
import pytest
import small_study
from small_study import STATISTICS, flat, raster

from ecoval.study import Study


def warned(folder, code_part):
    table = Study.read(folder / "study.toml").check()
    rows = table[(table["level"] == "warning") & table["found"].str.contains(code_part)]
    return dict(zip(rows["what"], rows["found"], strict=True))


@pytest.fixture
def folder(tmp_path):
    small_study.write(tmp_path)
    return tmp_path


@pytest.mark.parametrize("gone", ["-", "330102,rice"])
def test_units_without_rows_are_those_that_the_run_calls_missing(folder, gone):
    rows = [line for line in STATISTICS.splitlines() if not line.startswith(gone)]
    (folder / "statistics.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    states = Study.read(folder / "study.toml").run().indicators
    missing = states[(states["state"] == "missing") & (states["indicator"] == "material_supply")]
    units = ", ".join(missing["unit_id"])
    text = warned(folder, "will have no GEP")["units.admin"]
    assert f"material supply: no statistics for: rice [{len(missing)}/4: {units}]" in text
    assert ("330102" in units) == (gone != "-")


def test_a_layer_with_gaps_is_named_with_its_share_of_the_land(folder):
    assert warned(folder, "no data on land") == {}
    values = flat(800)
    values[:20] = np.nan
    raster(folder / "npp.tif", values)
    found = warned(folder, "no data on land")
    assert list(found) == ["layers.npp"]
    share = float(found["layers.npp"].partition("lacks ")[2].partition(" %")[0])
    assert 30 < share < 70  # half of the land, by windows of it
