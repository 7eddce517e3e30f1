"""ecoval prepare climate: the command maps one to one onto the function."""

import json

import numpy as np
import pytest
from layouts import cmfd_daily
from typer.testing import CliRunner

from ecoval.cli import app
from ecoval.rasters import Source

DATES = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")


@pytest.fixture
def rain(tmp_path):
    return cmfd_daily(tmp_path / "降水 2019.nc", np.full((365, 3, 4), 2.0), DATES)


def run(*arguments):
    return CliRunner().invoke(app, ["prepare", "climate", *map(str, arguments)])


def test_annual_rain_by_command(rain, tmp_path):
    out = tmp_path / "年降水.tif"
    done = run("--series", f"rain={rain}", "--product", "annual", "--series-crs", "EPSG:4490", "--out", out, "--lang", "zh")
    assert done.exit_code == 0, done.output
    assert "已写出" in done.output
    np.testing.assert_allclose(Source(out).read(), 730, rtol=1e-5)


def test_json_holds_files_quality_and_notes(rain, tmp_path):
    out = tmp_path / "a.tif"
    options = ["--cell", "0.1", "--crs", "EPSG:4490", "--bounds", "119,29,119.4,29.3", "--years", "2019", "--json"]
    done = run("--series", rain, "--product", "storms", "--threshold", "1", "--series-crs", "EPSG:4490", "--out", out, *options)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["files"] == [str(out), f"{out}.recipe.json"]
    assert result["quality"]["values"][0]["mean"] == pytest.approx(730, rel=1e-5)
    assert {"climate_converted", "climate_threshold"} <= {note["code"] for note in result["notes"]}


def test_refusal_has_one_message_and_leaves_nothing(rain, tmp_path):
    done = run("--series", rain, "--product", "annual", "--out", tmp_path / "a.tif", "--lang", "en")
    assert done.exit_code == 1
    assert "no coordinate reference system" in done.stderr
    assert not list(tmp_path.glob("a.tif*"))


@pytest.mark.parametrize(
    "wrong", [("--years", "1991to2020"), ("--bounds", "1,2,3"), ("--variable", "rain"), ("--measure", "rain=")]
)
def test_wrong_form_of_an_option_is_a_usage_error(rain, tmp_path, wrong):
    done = run("--series", rain, "--product", "annual", "--out", tmp_path / "a.tif", *wrong)
    assert done.exit_code in (1, 2)
    assert not list(tmp_path.glob("a.tif*"))
