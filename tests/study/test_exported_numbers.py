"""Rows of `ecoval params export` given back as an own table: unedited they change nothing, edited they are the study's own."""

import tomllib

import pytest
import tomli_w
from robustness import mutations

from ecoval.layers.names import number_rows
from ecoval.parameters import Parameters
from ecoval.services import SERVICES
from ecoval.study import Study
from ecoval.tables import write_table

TABLES = ("supply", "gep", "extent", "indicators")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return mutations.small_sample(tmp_path_factory.mktemp("exported") / "sample")


def account(folder, *own):
    content = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    content["parameters"]["tables"] += own
    (folder / "own.toml").write_text(tomli_w.dumps(content), encoding="utf-8")
    return Study.read(folder / "own.toml").run(reports=())


def numbers(made):
    return [{name: value for name, value in row.items() if name != "note"} for row in made.records[0]["numbers"]]


def test_all_exported_rows_unedited_change_nothing(folder):
    write_table(number_rows(), folder / "exported.csv")
    plain, given = account(folder), account(folder, "exported.csv")
    for name in TABLES:
        assert getattr(given, name).to_csv() == getattr(plain, name).to_csv(), name
    assert numbers(given) == numbers(plain)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("service", [each.code for each in SERVICES])
def test_the_exported_rows_of_a_service_are_no_numbers_of_ones_own(service, ending, tmp_path):
    write_table(number_rows(service), tmp_path / f"rows.{ending}")
    assert Parameters.read(own=[tmp_path / f"rows.{ending}"]).own == {}


def test_an_edited_row_alone_is_the_study_s_own(tmp_path):
    rows = number_rows("soil_retention")
    place = rows.index[rows["parameter"] == "R_beta"][0]
    rows.loc[place, "value"] = 1.8
    write_table(rows, tmp_path / "rows.csv")
    own = Parameters.read(own=[tmp_path / "rows.csv"]).own
    assert {name: [(row.value, row.status) for row in each] for name, each in own.items()} == {
        ("soil_retention", "R_beta"): [(1.8, "user")]
    }
