import pytest

from ecoval import measure
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


def test_unknown_symbol_names_the_nearest():
    with pytest.raises(MeasureError, match=r"not known: \"t/ha/yr\".*nearest is \"t ha-1 yr-1\""):
        measure.check("t/ha/yr")


def test_every_symbol_has_a_dimension_and_no_slash_or_caret():
    for symbol in measure.SYMBOLS:
        assert measure.factor(symbol, symbol) == 1.0
        assert not set("/^.") & set(symbol)


def test_canonical_symbol_of_a_multiple():
    assert measure.canonical("万吨") == "t"
    assert measure.canonical("m3 yr-1") == "m3 yr-1"
