"""Numbers stay: every group of tables is what is kept of it, to the last character."""

import pytest
from golden.comparison import assert_unmoved
from golden.groups import GROUPS, made

pytestmark = pytest.mark.golden


@pytest.mark.parametrize("group", GROUPS)
def test_tables_are_the_golden_ones(group):
    assert_unmoved(group, made(group))
