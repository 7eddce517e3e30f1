"""Numbers stay: every group of tables is what is kept of it, to the last character."""

import pytest
from golden.comparison import assert_unmoved
from golden.groups import GROUPS, OUTSIDE, made

pytestmark = pytest.mark.golden


@pytest.mark.parametrize("group", [name for name in GROUPS if name not in OUTSIDE])
def test_tables_are_the_golden_ones(group):
    assert_unmoved(group, made(group))


@pytest.mark.parametrize("group", OUTSIDE)
@pytest.mark.usefixtures("outside")
def test_tables_of_outside_data_are_the_golden_ones(group):
    assert_unmoved(group, made(group))
