"""Numbers stay: every group of tables is what is kept of it, to the last character."""

import pytest
from golden.comparison import assert_unmoved
from golden.groups import GROUPS, NEEDS, made

pytestmark = pytest.mark.golden


@pytest.mark.parametrize("group", GROUPS)
def test_tables_are_the_golden_ones(group):
    if group in NEEDS and not NEEDS[group].exists():
        pytest.skip(f"{NEEDS[group]} is absent")
    assert_unmoved(group, made(group))
