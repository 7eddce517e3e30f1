"""What stands between the rooms: land outside every area, kinds lost for good, prices in the measure of quantities."""

import math

import pandas as pd

from ecoval.offset.project.stages import OUTSIDE, located


def test_loss_outside_every_area_has_a_name_and_slivers_have_none():
    rows = [("water", "W1", 100.0), ("water", "", 5.0), ("soil", "W1", 100.0), ("soil", "", 1e-5), ("carbon", "", math.nan)]
    made = located(pd.DataFrame(rows, columns=["service", "area_unit", "annual"]))
    assert made[["service", "area_unit"]].values.tolist() == [
        ["water", "W1"],
        ["water", OUTSIDE],
        ["soil", "W1"],
        ["carbon", OUTSIDE],
    ]
    inside = pd.DataFrame(rows[:1], columns=["service", "area_unit", "annual"])
    assert located(inside) is inside
