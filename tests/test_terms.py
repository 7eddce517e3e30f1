from importlib import resources

import pytest

from ecoval import measure, terms
from ecoval.classification import coded_name, ecosystem_types
from ecoval.errors import InputError


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
    assert terms.measure_name(uom, "zh") == zh
    assert terms.measure_name(uom, "en") == en


@pytest.mark.parametrize("uom", measure.SYMBOLS)
def test_measure_name_of_every_symbol_is_text(uom):
    assert terms.measure_name(uom, "zh")
    assert terms.measure_name(uom, "en")


def test_scaled_uses_the_units_of_the_language():
    assert terms.scaled(592_649_149.0, "m3 yr-1", "zh") == (pytest.approx(5.92649149), "亿立方米/年")
    assert terms.scaled(843_400.0, "t yr-1", "zh") == (pytest.approx(84.34), "万吨/年")
    assert terms.scaled(5_000_000.0, "t yr-1", "en") == (pytest.approx(5.0), "million t/yr")
    assert terms.scaled(12.0, "t yr-1", "zh") == (12.0, "吨/年")


def test_number_text_keeps_four_digits():
    assert terms.number_text(1234.567) == "1,235"
    assert terms.number_text(-0.012346) == "-0.01235"
    assert terms.number_text(123_456_789.0) == "123,456,789"
    assert terms.number_text(float("nan")) == ""


def test_coded_name_has_code_and_name():
    assert coded_name("111", "zh") == "111 常绿阔叶林"
    assert coded_name("*", "zh") == "全单元（统计数据）"
    assert coded_name("own", "en") == "own"


def test_level_three_names_stand_without_their_suffix():
    assert coded_name("431", "en") == "431 river"
    assert not any(coded_name(code, "en").endswith("3") or "_" in coded_name(code, "en") for code in ecosystem_types())


def test_variants_are_words():
    text = "epp=et; energy_efficiency_ratio x 1.1"
    assert terms.variants_text(text, "en") == "heat used by plants = evapotranspiration layer, energy efficiency ratio × 1.1"
    assert terms.variants_text(text, "zh") == "植被蒸腾吸热 = 蒸散发图层（et）、空调能效比 × 1.1"


def test_unknown_term_names_the_nearest():
    with pytest.raises(InputError, match=r"\"provisionin\".*nearest is \"provisioning\""):
        terms.label("provisionin")


def test_terms_are_unique_and_bilingual():
    text = resources.files("ecoval").joinpath("data", "terms.csv").read_text(encoding="utf-8").splitlines()[1:]
    identifiers = [line.split(",")[0] for line in text if line]
    assert len(identifiers) == len(set(identifiers))
    assert all(entry["en"] and entry["zh"] for entry in terms.vocabulary().values())
