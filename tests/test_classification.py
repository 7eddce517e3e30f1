"""Ecosystem types, scope and crosswalks as the packaged tables have them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from ecoval import classification as c
from ecoval.errors import ParameterError
from ecoval.services import SERVICES


def test_levels_and_parents_of_the_standard():
    types = c.ecosystem_types()
    ours = {code for code, entry in types.items() if entry.source_id == "ecoval"}
    by_level = {level: [code for code, entry in types.items() if entry.level == level and code not in ours] for level in (1, 2, 3)}
    assert len(by_level[1]) == 8
    assert len(by_level[2]) == 24
    assert ours == {113, *range(9, 10), *range(91, 100)}
    assert all(entry.parent is None or types[entry.parent].level == entry.level - 1 for entry in types.values())
    assert c.lineage(113) == (113, 11, 1)
    assert c.children(52) == (521, 522)


def test_names_in_both_languages():
    assert (c.type_name(111), c.type_name("111", "en")) == ("常绿阔叶林", "evergreen broadleaf forest")
    assert c.type_name(311, "en") == "meadow"


def test_a_class_with_one_child_is_that_child():
    assert c.same_class(33) == (33, 331)
    assert c.same_class(331) == (331, 33)
    assert c.same_class(11) == (11,)
    assert c.same_class(113) == (113,)


def test_the_most_specific_code_decides_the_scope():
    # soil_retention: farmland in; 511 has its own row; 822 out although 82 is in; 633 out with 63
    codes = [111, 51, 511, 82, 822, 823, 633, 42, 413]
    assert c.scope("soil_retention", codes).tolist() == [True, True, True, True, False, True, False, False, True]


def test_a_study_overrides_single_rows():
    rows = [
        {"service": "water_retention", "code": 51, "in_scope": "yes"},
        {"service": "water_retention", "code": "511", "in_scope": "no"},
    ]
    assert c.scope("water_retention", [511, 512], rows).tolist() == [False, True]
    assert c.scope("water_retention", [511, 512]).tolist() == [False, False]


def test_items_are_narrower_than_their_service():
    codes = [111, 413, 422, 512]
    assert c.scope("flood_mitigation", codes).tolist() == [True, True, True, True]
    assert c.scope("flood_mitigation", codes, item="vegetation").tolist() == [True, False, False, True]
    assert c.scope("flood_mitigation", codes, item="marsh").tolist() == [False, True, False, False]
    assert c.scope("recreation", codes, item="leisure").all()
    for service in ("carbon_sequestration", "oxygen_release"):
        one, other = (c.scope(service, codes, item=item) for item in ("vegetation", "wetland"))
        np.testing.assert_array_equal(one | other, c.scope(service, codes))
        assert not (one & other).any()


def test_a_service_without_rows_counts_every_type():
    assert c.scope("of_a_user", [111, 98]).all()


def test_a_coarse_type_is_decided_only_where_all_finer_ones_agree():
    assert c.scope("water_retention", [1, 6]).tolist() == [True, False]
    assert c.undecided("water_retention", [1, 5, 6, 51]) == [5]  # cropland out, orchard in
    assert c.undecided("soil_retention", [4, 6, 62]) == [4, 6]
    row = {"service": "soil_retention", "code": 6, "in_scope": "no"}
    assert c.undecided("soil_retention", [4, 6], [row]) == [4]
    assert c.undecided("flood_mitigation", [4], item="vegetation") == []


def test_what_a_type_gives_outside_the_scope_is_zero_only_where_that_is_decided():
    codes = [111, 61, 633, 62, 511, 43]
    assert c.gives("carbon_sequestration", codes) == ["number", "zero", "zero", "number", "unknown", "unknown"]
    assert c.gives("water_retention", [61, 62]) == ["unknown", "unknown"]  # nobody knows how much of it is sealed
    assert c.gives("coastal_protection", [11, 91, 97]) == ["zero", "number", "unknown"]
    # 41 is left by one item to another; 43 by the service to nobody
    assert c.gives("flood_mitigation", [41, 43], item="vegetation") == ["zero", "unknown"]
    assert c.gives("soil_retention", [4, 6]) == [None, None]
    assert c.gives("of_a_user", [111, 98]) == ["number", "number"]


def test_a_study_says_what_a_type_gives():
    rows = [{"service": "water_retention", "code": 61, "in_scope": "no", "gives": "zero"}]
    assert c.gives("water_retention", [611, 63], rows) == ["zero", "unknown"]
    assert c.gives("carbon_sequestration", [61], [{"service": "carbon_sequestration", "code": 61, "in_scope": "no"}]) == ["unknown"]


def test_an_item_gives_nothing_of_a_type_only_where_another_counts_it():
    codes = [entry.code for entry in c.ecosystem_types().values() if entry.level > 1]
    for service in SERVICES:
        items = [item.code for item in service.items if not item.diagnostic]
        whole = dict(zip(codes, c.gives(service.code, codes), strict=True))
        answers = {item: dict(zip(codes, c.gives(service.code, codes, item=item), strict=True)) for item in items}
        for item, of_item in answers.items():
            for code, answer in of_item.items():
                if answer == "zero" and whole[code] == "number":
                    assert any(answers[other][code] == "number" for other in items), (service.code, item, code)


@pytest.mark.parametrize("path", sorted(Path(c.__file__).parent.rglob("*scope.csv")), ids=lambda path: path.parent.name)
def test_in_scope_and_what_a_type_gives_agree(path):
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert all((row["in_scope"] == "yes") == (row["gives"] == "number") for row in rows)
    assert {row["gives"] for row in rows} <= {"number", "zero", "unknown"}


def test_scope_rows_are_yes_or_no():
    with pytest.raises(ParameterError, match="perhaps"):
        c.scope("water_retention", [111], [{"service": "water_retention", "code": 11, "in_scope": "perhaps"}])


def test_crosswalks_lead_to_known_types():
    assert c.crosswalks() == ("clcd", "corine", "globeland30", "sandiao", "worldcover")
    for name in c.crosswalks():
        assert set(c.crosswalk(name).values()) <= set(c.ecosystem_types())
    assert c.crosswalk("sandiao")["0101"] == 511
    with pytest.raises(ParameterError, match="clcd"):
        c.crosswalk("clcdd")


def test_every_type_has_a_curve_number_cover_and_refinements_nest():
    assert set(c.curve_number_covers()) == set(c.ecosystem_types())
    assert c.curve_number_covers()[113] == "woods_good"
    assert c.curve_number_covers()[511] == "none"
    assert all(coarse in c.lineage(fine) for coarse, finer in c.refinements().items() for fine in finer)


def test_an_unknown_code_names_the_nearest():
    with pytest.raises(ParameterError) as caught:
        c.ecosystem_type(1111)
    assert caught.value.fields["nearest"] == "111"
