import numpy as np
import pandas as pd
import pytest
from shapely import box

from ecoval.errors import InputError
from ecoval.units import hierarchy


def rows(ids, parents=None, levels=None):
    count = len(ids)
    geometry = np.array([*(box(120 + k, 30, 121 + k, 31) for k in range(count)), None], dtype=object)[:-1]
    columns = {
        "unit_id": ids,
        "name": [f"name {each}" for each in ids],
        "parent_id": parents or [None] * count,
        "parent_name": [None] * count,
        "level": levels or [None] * count,
        "geometry": geometry,
    }
    return pd.DataFrame(columns, dtype=object)


def test_chain_of_a_village_climbs_to_the_province():
    branches = hierarchy.tree(rows(["330102001002"]))
    assert list(branches.chain("330102001002")) == ["330102001002", "330102001", "330102", "330100", "330000"]
    assert [branches.level[each] for each in branches.chain("330102001002")] == [
        "village", "township", "county", "prefecture", "province",
    ]  # fmt: skip
    assert branches.name["330000"] == "浙江省"


def test_long_codes_of_the_layer_are_parents_of_short_ones():
    branches = hierarchy.tree(rows(["330102000000", "330102001000"]))
    assert branches.parent["330102001000"] == "330102000000"
    assert branches.leaves() == ["330102001000"]
    assert branches.depth("330102001000") == 1


def test_parents_in_a_circle_are_refused():
    branches = hierarchy.tree(rows(["a", "b"], ["b", "a"]))
    with pytest.raises(InputError, match='parents of "a" lead back'):
        list(branches.chain("a"))


def test_unit_that_names_itself_as_parent_is_a_root():
    branches = hierarchy.tree(rows(["a", "b"], ["a", "a"]))
    assert list(branches.chain("b")) == ["b", "a"]


@pytest.mark.parametrize(
    ("unit", "level", "expected"),
    [
        ("330102001", "county", "330102"),
        ("330102001", "province", "330000"),
        ("429005", "prefecture", "429005"),
        ("429005", "province", "420000"),
        ("441900", "county", "441900"),
        ("441900003", "county", "441900"),
        ("441900003", "prefecture", "441900"),
        ("330102", "nonsense", None),
    ],
)
def test_unit_of_a_level(unit, level, expected):
    assert hierarchy.at_level(hierarchy.tree(rows([unit])), unit, level) == expected


def test_additivity_is_children_less_parent():
    table = rows(["330102", "330105", "330100"]).assign(parent_id=["330100", "330100", "330000"])
    table.at[2, "geometry"] = box(120, 30, 122, 31)
    sums = hierarchy.additivity(table, "EPSG:4490")
    assert sums["unit_id"].tolist() == ["330100"]
    assert sums["children"].tolist() == [2]
    assert abs(sums["difference"].iloc[0]) < 1e-9 * sums["area"].iloc[0]
    table.at[2, "geometry"] = box(120, 30, 121, 31)
    assert hierarchy.additivity(table, "EPSG:4490")["difference"].iloc[0] == pytest.approx(sums["area"].iloc[0] / 2, rel=1e-9)
