import csv
from importlib import resources

import pytest

from ecoval.errors import InputError
from ecoval.report import wording


def test_scales_refuse_what_they_do_not_know():
    with pytest.raises(InputError, match=r'money = "百万".*元, 万元, 亿元'):
        wording.money_scale("百万", "zh")
    with pytest.raises(InputError, match=r'area = "acre".*ha, km2, 亩'):
        wording.area_scale("acre", "zh")


def test_area_scale_of_a_mu_is_a_fifteenth_hectare():
    assert wording.area_scale("亩", "zh") == (pytest.approx(10_000 / 15), "亩")


def test_words_have_both_languages_with_the_same_fields():
    text = resources.files("ecoval").joinpath("report", "templates", "words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["identifier"] for row in rows}) == len(rows)
    for row in rows:
        assert row["en"], row
        assert row["zh"], row
        fields = [{part.split("}")[0] for part in row[lang].split("{")[1:]} for lang in ("en", "zh")]
        assert fields[0] == fields[1], row
