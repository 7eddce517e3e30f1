"""Avoiding: dominated alternatives, the index, land that no offset makes up for, and the record of the step."""

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from ecoval.offset.alternatives import (
    avoid_ok,
    compare_alternatives,
    describe_alternatives,
    loss_index,
    loss_matrix,
    similar_cost_notes,
)
from ecoval.offset.rules.counting import NoGo
from ecoval.words import message

CRS = "EPSG:4549"


def losses(**pv):
    rows = [(name, service, value) for name, values in pv.items() for service, value in zip("wsc", values, strict=False)]
    return pd.DataFrame(rows, columns=["alternative_id", "service", "pv"])


def sites(costs, no_go=0.0):
    names = list(costs)
    area = {"area": 1e4, "no_go_area": no_go, "red_line_area": 0.0}
    return pd.DataFrame({"alternative_id": names, "cost": list(costs.values())}).assign(**area)


def test_dominated_and_pareto():
    table = losses(A=(10, 5, 1), B=(10, 4, 1), C=(2, 9, 3))
    found = compare_alternatives(table, sites({"A": 100, "B": 100, "C": 50}), "A").set_index("alternative_id")
    assert found["dominated_by"].to_dict() == {"A": "B", "B": "", "C": ""}
    assert found["pareto"].to_dict() == {"A": False, "B": True, "C": True}
    assert found["chosen"].to_dict() == {"A": True, "B": False, "C": False}


def test_a_dearer_alternative_dominates_nothing():
    found = compare_alternatives(losses(A=(10, 5), B=(9, 4)), sites({"A": 100, "B": 109}), "A").set_index("alternative_id")
    assert found.loc["A", "dominated_by"] == ""
    assert found.loc["A", "less_loss_at_similar_cost"] == "B"  # 109 <= (1 + 0.10) x 100
    dear = compare_alternatives(losses(A=(10, 5), B=(9, 4)), sites({"A": 100, "B": 111}), "A")
    assert dear["less_loss_at_similar_cost"].tolist() == ["", ""]
    wide = compare_alternatives(losses(A=(10, 5), B=(9, 4)), sites({"A": 100, "B": 111}), "A", tau=0.2)
    assert wide["less_loss_at_similar_cost"].tolist() == ["B", ""]


def test_index_adds_shares_of_the_largest_loss():
    table = loss_matrix(losses(A=(10, 0, -2), B=(5, 4, -1)), ["A", "B"])
    assert loss_index(table, {"w": 2, "s": 1, "c": 5}).tolist() == [2.0, 2 * 0.5 + 1.0]  # nobody loses c
    assert loss_index(table).tolist() == pytest.approx([1 / 3, 0.5])


def test_value_takes_priced_services_and_losses_over_all_areas():
    table = pd.concat([losses(A=(10, 5)), losses(A=(1, 2))])
    found = compare_alternatives(table, sites({"A": 1}), "A", prices={"w": 3.0, "s": float("nan")})
    assert found["value_pv"].iloc[0] == 33.0
    assert np.isnan(compare_alternatives(table, sites({"A": 1}), "A")["value_pv"].iloc[0])


def test_what_is_not_known_dominates_nothing():
    found = compare_alternatives(losses(A=(10, 5), B=(9, np.nan)), sites({"A": 100, "B": 90}), "A")
    assert found["dominated_by"].tolist() == ["", ""]


def test_an_alternative_without_rows_loses_nothing():
    found = compare_alternatives(losses(A=(10, 5)), sites({"A": 100, "B": 100}), "A").set_index("alternative_id")
    assert found.loc["A", "dominated_by"] == "B"
    assert found.loc["B", "index"] == 0.0


def test_without_costs_the_losses_alone_decide():
    found = compare_alternatives(losses(A=(10, 5), B=(9, 5)), sites({"A": np.nan, "B": np.nan}), "A")
    assert found["dominated_by"].tolist() == ["B", ""]
    assert found["less_loss_at_similar_cost"].tolist() == ["", ""]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=2, max_size=6))
def test_dominance_is_an_order(rows):
    names = [f"a{k}" for k in range(len(rows))]
    table = losses(**{name: row[:3] for name, row in zip(names, rows, strict=True)})
    found = compare_alternatives(table, sites(dict(zip(names, (float(row[3]) for row in rows), strict=True))), names[0])
    by = {name: set(filter(None, text.split(","))) for name, text in zip(names, found["dominated_by"], strict=True)}
    assert any(found["pareto"])
    for name, better in by.items():
        for other in better:
            assert name not in by[other]  # not both ways
            assert by[other] <= better  # what beats the better one beats this one
            assert all(x <= y for x, y in zip(rows[names.index(other)], rows[names.index(name)], strict=True))


def frame(*boxes, **columns):
    made = geopandas.GeoDataFrame({"after_class": [611] * len(boxes)}, geometry=[box(*one) for one in boxes], crs=CRS)
    return made.assign(**columns)


X, Y = 500_000, 3_320_000


def test_land_of_an_alternative_counts_once_and_overlaps_are_exact():
    prints = frame((X, Y, X + 200, Y + 100), (X + 100, Y, X + 300, Y + 100), (X, Y, X + 10, Y + 10), alternative_id=["A", "A", "B"])
    stop = NoGo.read(frame((X + 250, Y - 50, X + 400, Y + 150)))
    line = frame((X - 10, Y, X + 100, Y + 50))
    found = describe_alternatives(prints, {"A": 7.0}, stop, line, {"B": 55.0}).set_index("alternative_id")
    assert found.loc["A", ["area", "no_go_area", "red_line_area"]].tolist() == pytest.approx([30_000, 5_000, 5_000], rel=1e-3)
    assert found.loc["B", ["area", "no_go_area", "red_line_area"]].tolist() == pytest.approx([55, 0, 100], rel=1e-3)
    assert found["cost"].tolist()[0] == 7.0
    assert np.isnan(found["cost"].tolist()[1])


def test_land_of_a_no_go_kind_counts_as_no_go():
    kinds = pd.DataFrame({"alternative_id": ["A", "A"], "ecosystem_type": [921, 111], "lost_area": [300.0, 700.0]})
    kinds["ecosystem_type"] = [92, 111]
    found = compare_alternatives(losses(A=(1,)), sites({"A": 1}, 50.0), "A", kinds=kinds, no_go=NoGo(frozenset({92})))
    assert found["no_go_area"].iloc[0] == 350.0


def test_the_step_holds_with_alternatives_or_a_reason():
    two = compare_alternatives(losses(A=(1, 2), B=(2, 1)), sites({"A": 1, "B": 1}), "A")
    assert avoid_ok(two) == (True, [])
    one = compare_alternatives(losses(A=(1, 2)), sites({"A": 1}), "A")
    ok, reasons = avoid_ok(one)
    assert ok is None  # nothing on record
    assert [reason["code"] for reason in reasons] == ["offset_avoid_without_alternatives"]
    assert avoid_ok(one, "the line of the railway is given") == (True, [])
    assert avoid_ok(one, "  ")[0] is None


def test_the_step_fails_with_its_reasons():
    beaten = compare_alternatives(losses(A=(3, 2), B=(2, 1)), sites({"A": 1, "B": 1}, 12.0), "A")
    ok, reasons = avoid_ok(beaten)
    assert ok is False
    assert [reason["code"] for reason in reasons] == ["offset_avoid_dominated", "offset_avoid_no_go"]
    assert "B" in reasons[0]["en"]
    assert reasons[1]["zh"] == message("offset_avoid_no_go", {"chosen": "A", "area": 12.0}, "zh")
    ok, reasons = avoid_ok(beaten.assign(chosen=False))
    assert (ok, reasons[0]["code"]) == (False, "offset_avoid_not_chosen")


def test_less_loss_at_a_similar_cost_is_a_note_and_no_failure():
    table = compare_alternatives(losses(A=(3, 2), B=(2, 1)), sites({"A": 100, "B": 105}), "A")
    assert avoid_ok(table)[0] is True
    note = similar_cost_notes(table)[0]
    assert note["code"] == "offset_avoid_less_loss"
    assert (note["fields"]["other"], note["fields"]["cost"]) == ("B", 105.0)
