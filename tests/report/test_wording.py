import csv
from importlib import resources

import pytest

from ecoval import measure
from ecoval.classification import ecosystem_types
from ecoval.errors import InputError
from ecoval.report import wording
from ecoval.terms import vocabulary


@pytest.mark.parametrize(
    ("uom", "zh", "en"),
    [
        ("m3 yr-1", "立方米/年", "m³/yr"),
        ("tCO2 yr-1", "吨二氧化碳/年", "t CO₂/yr"),
        ("CNY tCO2-1", "元/吨二氧化碳", "CNY/t CO₂"),
        ("CNY km-2", "元/平方公里", "CNY/km²"),
        ("CNY person-1", "元/人", "CNY/person"),
        ("t ha-1 yr-1", "吨/(公顷·年)", "t/(ha·yr)"),
        ("1", "1", "1"),
    ],
)
def test_measure_name_reads_like_a_report(uom, zh, en):
    assert wording.measure_name(uom, "zh") == zh
    assert wording.measure_name(uom, "en") == en


@pytest.mark.parametrize("uom", measure.SYMBOLS)
def test_measure_name_of_every_symbol_is_text(uom):
    assert wording.measure_name(uom, "zh")
    assert wording.measure_name(uom, "en")


def test_scaled_uses_the_units_of_the_language():
    assert wording.scaled(592_649_149.0, "m3 yr-1", "zh") == (pytest.approx(5.92649149), "亿立方米/年")
    assert wording.scaled(843_400.0, "t yr-1", "zh") == (pytest.approx(84.34), "万吨/年")
    assert wording.scaled(5_000_000.0, "t yr-1", "en") == (pytest.approx(5.0), "million t/yr")
    assert wording.scaled(12.0, "t yr-1", "zh") == (12.0, "吨/年")


def test_number_text_keeps_four_digits():
    assert wording.number_text(1234.567) == "1,235"
    assert wording.number_text(-0.012346) == "-0.01235"
    assert wording.number_text(123_456_789.0) == "123,456,789"
    assert wording.number_text(float("nan")) == ""


def test_scales_refuse_what_they_do_not_know():
    with pytest.raises(InputError, match=r'money = "百万".*元, 万元, 亿元'):
        wording.money_scale("百万", "zh")
    with pytest.raises(InputError, match=r'area = "acre".*ha, km2, 亩'):
        wording.area_scale("acre", "zh")


def test_area_scale_of_a_mu_is_a_fifteenth_hectare():
    assert wording.area_scale("亩", "zh") == (pytest.approx(10_000 / 15), "亩")


def test_type_name_has_code_and_name():
    assert wording.type_name("111", "zh") == "111 常绿阔叶林"
    assert wording.type_name("*", "zh") == "全单元（统计数据）"
    assert wording.type_name("own", "en") == "own"


def test_level_three_names_stand_without_their_suffix():
    assert wording.type_name("431", "en") == "431 river"
    assert not any(
        wording.type_name(code, "en").endswith("3") or "_" in wording.type_name(code, "en") for code in ecosystem_types()
    )


def test_variants_are_words():
    text = "epp=et; energy_efficiency_ratio x 1.1"
    assert wording.variants_text(text, "en") == "heat used by plants = evapotranspiration layer, energy efficiency ratio × 1.1"
    assert wording.variants_text(text, "zh") == "植被蒸腾吸热 = 蒸散发图层（et）、空调能效比 × 1.1"


def test_words_have_both_languages_with_the_same_fields():
    text = resources.files("ecoval").joinpath("report", "templates", "words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["identifier"] for row in rows}) == len(rows)
    for row in rows:
        assert row["en"], row
        assert row["zh"], row
        fields = [{part.split("}")[0] for part in row[lang].split("{")[1:]} for lang in ("en", "zh")]
        assert fields[0] == fields[1], row


def test_vocabulary_names_each_term_in_both_languages():
    assert all(entry["en"] and entry["zh"] for entry in vocabulary().values())
