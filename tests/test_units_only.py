"""A study may account some units of a file: the same numbers, and tables may name the others."""

import tomllib
from pathlib import Path

import pytest

from ecoval.errors import EcovalError
from ecoval.study import Study

SAMPLE = Path(__file__).parents[1] / "sample_data"
SERVICES = ["material_supply", "water_retention", "flood_mitigation", "recreation"]


def account(only):
    content = tomllib.loads((SAMPLE / "study.toml").read_text(encoding="utf-8"))
    content["study"]["years"] = [2023]
    content["services"] = {"include": SERVICES}
    if only is not None:
        content["units"]["admin"]["only"] = only
    return Study(content, SAMPLE / "study.toml").run()


@pytest.mark.filterwarnings("ignore")
def test_one_unit_of_the_file_has_the_bits_that_it_has_among_all():
    alone, among = account(["339921001"]).supply, account(None).supply
    among = among[among["unit_id"] == "339921001"]
    assert list(alone["unit_id"].unique()) == ["339921001"]
    columns = ["service", "item", "ecosystem_type", "quantity", "value"]
    key = ["service", "item", "ecosystem_type"]
    alone, among = (table[columns].dropna().sort_values(key).reset_index(drop=True) for table in (alone, among))
    assert len(alone) > 20
    assert alone.equals(among)


@pytest.mark.parametrize(("only", "code"), [(["nowhere"], "unit_ids_unknown"), ([], "study_wrong_type")])
def test_codes_that_are_not_there_are_refused(only, code):
    with pytest.raises(EcovalError) as caught:
        account(only)
    assert caught.value.code == code
