"""Reservoirs and lakes count once: under any spelling, in one unit or in several."""

from types import SimpleNamespace

import pandas as pd
import pytest
import shapely

from ecoval.declared_tables import read_rows
from ecoval.errors import InputError
from ecoval.layers.features import refuse_empty, refuse_features_twice
from ecoval.services.flood_mitigation import LakeRow, ReservoirRow

ROWS = {"reservoirs": ReservoirRow, "lakes": LakeRow}
HEADS = {"reservoirs": "unit_id,name,total_capacity,flood_capacity,uom", "lakes": "unit_id,name,area,lake_area,capacity,uom"}
LAND = {"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1, 0, 2, 1), "whole": shapely.box(0, 0, 2, 1)}


def read(folder, role, *lines, units=("a", "b")):
    path = folder / f"{role}.csv"
    path.write_text("\n".join([HEADS[role], *lines]) + "\n", encoding="utf-8")
    shapes = SimpleNamespace(ids=list(units), geometry=[LAND[unit] for unit in units])
    table = read_rows(ROWS[role], path)
    refuse_empty(table, role, path)
    refuse_features_twice(SimpleNamespace(sets={"admin": shapes}), table, role, ROWS[role])
    return table


@pytest.mark.parametrize(
    "second",
    [
        "a,澜源水库,66500000,20600000,m3",
        "a,澜源 水库 ,66500000,20600000,m3",
        "a,澜源水库,1,1,m3",
        "a,,66500000,20600000,m3",
        "a,,6650,2060,万立方米",
    ],
)
def test_a_reservoir_stands_once_in_a_unit(tmp_path, second):
    with pytest.raises(InputError) as raised:
        read(tmp_path, "reservoirs", "a,澜源水库,66500000,20600000,m3", second)
    assert raised.value.code == "feature_twice"
    assert raised.value.fields["cells"] == ["A2", "A3"]


def test_letters_of_another_case_or_width_are_the_same_name(tmp_path):
    with pytest.raises(InputError, match="listed twice"):
        read(tmp_path, "reservoirs", "a,Clear Lake,5,,m3", "a,ＣLEAR lake,6,,m3")


def test_different_reservoirs_of_a_unit_stand(tmp_path):
    lines = ["a,甲,66500000,20600000,m3", "a,乙,66500000,20600000,m3", "a,,1,1,m3", "a,,2,1,m3", "b,丙,5,,m3"]
    assert len(read(tmp_path, "reservoirs", *lines)) == len(lines)


def test_a_reservoir_lies_in_one_unit(tmp_path):
    lines = "a,甲,5,,m3", "b,甲,5,,m3"
    with pytest.raises(InputError) as raised:
        read(tmp_path, "reservoirs", *lines)
    assert raised.value.code == "feature_of_several_units"
    nested = "a,甲,5,,m3", "whole,甲,5,,m3"  # a unit and one that holds it
    assert len(read(tmp_path, "reservoirs", *nested, units=("a", "whole"))) == 2


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("a,湖,6e5,1e6,3e6,m3", "b,湖,4e5,1e6,3e6,m3"), None),
        (("a,湖,6e5,1e6,3e6,m3", "b,湖,4e5,1e6,300,1e4 m3"), None),
        (("a,湖,6e5,1e6,3e6,m3", "b,湖,5e5,1e6,3e6,m3"), "feature_parts"),
        (("a,湖,6e5,1e6,3e6,m3", "b,湖,3e5,9e5,3e6,m3"), "feature_parts"),
        (("a,湖,6e5,1e6,3e6,m3", "b,湖,4e5,1e6,2e6,m3"), "feature_parts"),
        (("a,湖,6e5,,3e6,m3", "b,湖,4e5,,3e6,m3"), "feature_of_several_units"),
    ],
)
def test_parts_of_a_lake_are_at_most_the_lake(tmp_path, lines, code):
    if code is None:
        assert isinstance(read(tmp_path, "lakes", *lines), pd.DataFrame)
        return
    with pytest.raises(InputError) as raised:
        read(tmp_path, "lakes", *lines)
    assert raised.value.code == code


@pytest.mark.parametrize("role", ROWS)
def test_an_empty_list_does_not_say_that_there_are_none(tmp_path, role):
    with pytest.raises(InputError) as raised:
        read(tmp_path, role)
    assert raised.value.code == "features_empty"
