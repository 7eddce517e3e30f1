import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecoval.document import Cell, Column, Row, Table
from ecoval.report.layout import ROOM, letters, widths

WORDS = st.text("abcdefgh 水源涵养、12345", min_size=0, max_size=40)


def table(*rows, numeric=(), heads=None):
    columns = tuple(Column(str(place), "h", numeric=place in numeric) for place in range(len(rows[0])))
    return Table(columns, tuple(Row(tuple(Cell(text) for text in row)) for row in rows))


@given(st.integers(1, 14).flatmap(lambda number: st.lists(st.tuples(*[WORDS] * number), min_size=1, max_size=6)))
def test_widths_fill_the_line_and_no_column_is_of_one_sign(rows):
    shares, scale = widths(table(*rows), 100)
    assert sum(shares) == pytest.approx(1.0)
    assert 0 < scale <= 1
    assert min(shares) * 100 / scale >= 4


def test_a_number_keeps_to_one_line_beside_a_long_text():
    shares, scale = widths(table(("1,234,567.8901", "a long text " * 30), numeric=(0,)), 100)
    assert shares[0] * 100 / scale >= letters("1,234,567.8901") + ROOM


def test_letters_shrink_before_a_column_is_too_narrow():
    rows = [tuple("12,345.6789" for _ in range(14))]
    shares, scale = widths(table(*rows, numeric=range(14)), 100)
    assert scale == pytest.approx(100 / (14 * (11 + ROOM)))
    assert shares == pytest.approx([1 / 14] * 14)


def test_a_hanzi_is_two_letters_wide():
    assert (letters("水源"), letters("ab"), letters("SAMPLE")) == (4, 2, 8)
