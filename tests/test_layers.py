"""study.toml is read strictly: wrong keys, types and choices are named with the nearest valid one."""

from pathlib import Path

import numpy as np
import pytest

from ecoval.errors import InputError
from ecoval.files import write_toml
from ecoval.layers.study_toml import absolute_study, read_declaration
from ecoval.study import Study

ROLES = ("landcover", "dem", "precipitation", "ndvi")

MINIMAL = """
[study]
name = "试点 county"
years = [2023, 2015]
[grid]
crs = "EPSG:4549"
cell = 30
[units]
admin = { path = "counties.gpkg", id = "code" }
[layers]
landcover = { path = "landcover_{year}.tif", classes = "classes.csv" }
dem = "dem.tif"
"""


def write(folder, text):
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_declaration_paths_are_relative_to_the_file(tmp_path):
    study = read_declaration(write(tmp_path, MINIMAL), ROLES)
    assert study.years == (2015, 2023)
    assert study.layers["landcover"].path(2015) == tmp_path / "landcover_2015.tif"
    assert study.layers["landcover"].classes == str(tmp_path / "classes.csv")
    assert study.units[0].path == tmp_path / "counties.gpkg"
    assert study.grid.cell == (30.0, 30.0)
    assert study.parameters.allow_recalled is False


WRONG = {
    "unknown table": ("[lyers]\n", "study_unknown_key", "layers"),
    "unknown role": ("[layers]\npercipitation = 'p.tif'\n", "study_unknown_key", "precipitation"),
    "unknown layer key": (
        "[layers]\ndem = { path = 'd.tif', misssing = -9999 }\n",
        "study_unknown_key",
        "missing",
    ),
    "number for a path": ("[layers]\ndem = 3\n", "study_wrong_type", "a table"),
    "kind": (
        "[layers]\ndem = { path = 'd.tif', kind = 'intensiv' }\n",
        "study_wrong_choice",
        "intensive",
    ),
    "options not a table": ("[services]\nsoil_retention = 'P'\n", "study_wrong_type", "a table"),
    "recalled": ("[parameters]\nallow_recalled = 'yes'\n", "study_wrong_type", "true or false"),
    "draws": ("[uncertainty]\ndraws = 10.5\n", "study_wrong_type", "a whole number"),
}


@pytest.mark.parametrize("case", WRONG)
def test_declaration_wrong_keys_are_named(tmp_path, case):
    addition, code, named = WRONG[case]
    base = MINIMAL[: MINIMAL.index("[layers]")] if "[layers]" in addition else MINIMAL
    with pytest.raises(InputError, match=named) as caught:
        read_declaration(write(tmp_path, base + addition), ROLES)
    assert caught.value.code == code
    assert "study.toml" in caught.value.message("zh")


@pytest.mark.parametrize(
    ("line", "replacement", "code"),
    [
        ("years = [2023, 2015]", "years = []", "study_years"),
        ("years = [2023, 2015]", "years = [2023, 2023]", "study_years"),
        ("years = [2023, 2015]", "years = ['2023']", "study_years"),
        ("cell = 30", "cell = -30", "grid_cell"),
        ("cell = 30", "cell = [30]", "grid_cell"),
        ("cell = 30", "cell = 30\nlike = 'dem'", "grid_like_and_crs"),
        ("cell = 30", "", "study_key_missing"),
        ("name = ", "nme = ", "study_unknown_key"),
        ("admin = { path", "admin = { pth", "study_unknown_key"),
        (', id = "code"', "", "study_key_missing"),
        ('admin = { path = "counties.gpkg", id = "code" }', "", "study_without_units"),
        ("[units]", "[units", "study_not_toml"),
    ],
)
def test_declaration_wrong_values_are_refused(tmp_path, line, replacement, code):
    assert line in MINIMAL
    with pytest.raises(InputError, match=r"study\.toml") as caught:
        read_declaration(write(tmp_path, MINIMAL.replace(line, replacement)), ROLES)
    assert caught.value.code == code


def test_declaration_absent_and_gbk_files_are_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_declaration(tmp_path / "study.toml", ROLES)
    (tmp_path / "study.toml").write_bytes(MINIMAL.encode("gb18030"))
    with pytest.raises(InputError, match="line 3"):
        read_declaration(tmp_path / "study.toml", ROLES)


def test_study_of_python_values_is_that_of_the_file_it_is_written_to(tmp_path):
    values = {
        "study": {"name": "n", "years": (2023, np.int64(2015))},
        "grid": {"crs": "EPSG:4549", "cell": (30, 20.0)},
        "units": {"admin": {"path": tmp_path / "counties.gpkg", "id": "code", "only": ("A", "B")}},
        "layers": {
            "landcover": Path("landcover_{year}.tif"),
            "dem": {"path": "dem.tif", "missing": np.float32(-9999), "band": None},
        },
        "parameters": {"tables": Path("own.csv")},
    }
    study = Study(values, tmp_path / "study.toml")
    (tmp_path / "run").mkdir()
    write_toml(tmp_path / "run" / "study.toml", absolute_study(study.content, tmp_path))
    again = Study.read(tmp_path / "run" / "study.toml")
    assert again.declaration == study.declaration
    assert (again.declaration.years, again.declaration.layers["dem"].missing) == ((2015, 2023), -9999.0)
