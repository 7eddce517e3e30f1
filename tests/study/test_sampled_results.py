"""A check computes some cells and says what the run will judge of all of them."""

import warnings

import pytest
import small_study
from small_study import STUDY, flat, raster

from ecoval import Study


@pytest.fixture
def folder(tmp_path):
    small_study.write(tmp_path)
    return tmp_path


def checked(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Study.read(folder / "study.toml").check()


def test_a_check_says_that_results_are_judged_in_the_run(folder):
    rows = checked(folder)
    (found,) = rows.loc[rows["what"] == "results", "found"]
    assert "judged in the run" in found
    assert "1600 cells" in found


def test_a_result_of_the_sample_is_judged_by_the_guard_of_the_run(folder):
    # 2600 gC m-2 x 0.5 = 13 tC ha-1 = 47.7 tCO2 ha-1, in a unit of forest alone; a guard takes up to 45 for plausible
    raster(folder / "npp.tif", flat(2600))
    text = STUDY.replace('npp = "npp.tif"', 'npp = { path = "npp.tif", accept = "x" }')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    rows = checked(folder)
    sampled = rows[(rows["what"] == "results") & (rows["level"] == "warning")]
    assert sampled["found"].str.contains(r"sample.*47\.").any()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Study.read(folder / "study.toml").run()
    assert any("47." in str(each.message) and "not plausible" in str(each.message) for each in caught)
    accepted = text.replace("[prices]", '[checks]\naccept = { "result:carbon_sequestration:vegetation" = "plantation" }\n[prices]')
    (folder / "study.toml").write_text(accepted, encoding="utf-8")
    rows = checked(folder)
    assert not rows["found"].str.contains("sample is not plausible").any()
