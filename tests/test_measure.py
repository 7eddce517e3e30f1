import pytest

from ecoval import measure, words
from ecoval.errors import MeasureError


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("mm yr-1", "m3 ha-1 yr-1", 10.0),  # 1 mm over 1 ha is 10 m3
        ("km2", "ha", 100.0),
        ("亩", "m2", 10_000 / 15),
        ("万亩", "ha", 10_000 / 15),
        ("亿元", "CNY", 1e8),
        ("万人次", "visit", 1e4),
        ("kJ", "kWh", 1 / 3600),
        ("t yr-1", "kg yr-1", 1000.0),
        ("1e8 m3", "m3", 1e8),
        ("%", "1", 0.01),
        ("J g-1", "kJ", None),
    ],
)
def test_factor(source, target, expected):
    if expected is None:
        with pytest.raises(MeasureError, match=r"wrong dimension: \"J g-1\" where \"kJ\""):
            measure.factor(source, target)
    else:
        assert measure.factor(source, target) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "symbol", "size"),
    [
        ("万m3", "m3", 1e4),
        ("亿立方米", "m3", 1e8),
        ("km3", "m3", 1e9),
        ("万t", "t", 1e4),
        ("亿元", "CNY", 1e8),
        ("万元 m-3", "CNY m-3", 1e4),
        ("万元/亩", "CNY ha-1", 15e4),
        ("元/kgCO2", "CNY tCO2-1", 1e3),
        ("元/t CO2e", "CNY tCO2-1", 1.0),
        ("元/斤", "CNY kg-1", 2.0),
        ("g m-2 yr-1", "t ha-1 yr-1", 0.01),
        ("t·hm⁻²·a⁻¹", "t ha-1 yr-1", 1.0),
        ("t/(hm2·a)", "t ha-1 yr-1", 1.0),
        ("t/ha/yr", "t ha-1 yr-1", 1.0),
        ("ft", "m", 0.3048),
        ("in", "mm", 25.4),
        ("cm d-1", "m d-1", 0.01),
        ("公斤", "t", 1e-3),
        ("万亩", "ha", 1e4 / 15),
        ("升", "m3", 1e-3),
        ("10^4 t", "t", 1e4),
        ("兆瓦时", "kWh", 1e3),
        ("kW h", "kWh", 1.0),
    ],
)
def test_measures_as_people_write_them(written, symbol, size):
    assert measure.factor(written, symbol) == pytest.approx(size, rel=1e-12)


@pytest.mark.parametrize("written", ["tt", "t/ha yr", "吨/公顷·年", "", "万", "m/", "(t", "t-", "foo ha-1"])
def test_what_is_no_measure_or_could_be_two_is_refused(written):
    with pytest.raises(MeasureError):
        measure.check(written)


def test_price_of_chinese_measures_is_worth_what_it_says():
    assert measure.value_factor("万吨", "元/公斤") == pytest.approx(1e7)
    assert measure.value_factor("t yr-1", "万元/吨") == pytest.approx(1e4)
    with pytest.raises(MeasureError, match="CNY per t"):
        measure.value_factor("t", "t-1")


def test_refusal_names_measures_of_the_wanted_dimension_and_proposes_none():
    with pytest.raises(MeasureError) as caught:
        measure.factor("bushels", "t")
    assert [measure.factor(each, "t") for each in dict(caught.value.fields["expected"].fields)["symbols"]] == [1.0, 1e-6, 1e-3]
    assert caught.value.fields["remedy"].code == "measure_convert"


def test_no_proposal_changes_size_or_dimension():
    """Each symbol with its letters small or large: what is proposed, if anything, is the symbol that was meant."""
    proposed = 0
    for symbol in measure.SYMBOLS:
        for written in {symbol.lower(), symbol.upper(), symbol.replace(" ", "  "), symbol[:-1], symbol + "x"}:
            try:
                measure.check(written)
            except MeasureError as error:
                remedy = error.fields["remedy"]
                if remedy.code == "measure_spelled":
                    proposed += 1
                    assert dict(remedy.fields)["symbol"].casefold() == written.casefold()
    assert proposed > 50


def test_no_message_names_the_source_of_the_program():
    assert not [code for code, both in words.catalogue().items() if any("ecoval.measure" in text for text in both.values())]


def test_every_symbol_has_a_dimension_and_no_slash_or_caret():
    for symbol in measure.SYMBOLS:
        assert measure.factor(symbol, symbol) == 1.0
        assert not set("/^.") & set(symbol)


def test_canonical_symbol_of_a_multiple():
    assert measure.canonical("万吨") == "t"
    assert measure.canonical("m3 yr-1") == "m3 yr-1"
