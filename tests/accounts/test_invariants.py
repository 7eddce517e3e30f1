"""What holds for every county: identities, order of units, split of units, price and quantity apart."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.accounts import extent_account, gep_account, indicator_account, supply_account
from ecoval.accounts.identities import check_identities
from ecoval.accounts.indicators import Grounds

ITEMS = pd.DataFrame(
    {
        "service": ["water_retention", "soil_retention", "soil_retention"],
        "item": ["retention", "silt", "soil"],
        "category": "regulating",
        "option": "",
        "price": [9.0, 20.0, np.nan],
        "price_uom": ["CNY m-3", "CNY m-3", ""],
        "status": "published",
        "price_status": ["user", "example", ""],
    }
)
INDICATORS = {"water_retention": "yes", "soil_retention": "yes"}
TYPES = ["111", "42", "511", "missing"]
AREA = st.floats(0.0, 1e9, allow_subnormal=False)


@st.composite
def counties(draw):
    rows = []
    for unit in draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True)):
        for kind in TYPES:
            area = draw(AREA)
            for service, item in zip(ITEMS["service"], ITEMS["item"], strict=True):
                out = kind == "42" or (kind == "511" and item == "retention")
                valid = 0.0 if kind == "missing" or out else area * draw(st.sampled_from([0.0, 0.25, 1.0]))
                quantity = valid * draw(st.floats(-10, 1000)) if valid else np.nan
                states = (0.0, 0.0, area) if out else (valid, area - valid, 0.0)
                rows.append((unit, kind, service, item, quantity, "t yr-1" if item == "soil" else "m3 yr-1", *states))
    names = ["unit_id", "ecosystem_type", "service", "item", "quantity", "uom", "valid_area", "missing_area", "out_of_scope_area"]
    return pd.DataFrame(rows, columns=names)


def accounts(totals, order=None, items=ITEMS):
    units = pd.DataFrame({"unit_id": order or list(totals["unit_id"].drop_duplicates())}).assign(unit_name="n")
    areas = totals[totals["item"] == "soil"]
    areas = areas.assign(area=areas[["valid_area", "missing_area", "out_of_scope_area"]].sum(axis=1))
    extent = extent_account(areas[["unit_id", "ecosystem_type", "area"]], units, year=2023, unit_set="u")
    present = totals.merge(extent[["unit_id", "ecosystem_type"]], on=["unit_id", "ecosystem_type"])
    supply = supply_account(present, items, extent, price_year=2020)
    services = {code: code for code in INDICATORS}
    held = Grounds(INDICATORS, services=services, computed=set(services), unpriced={("soil_retention", "soil")})
    cells = set(zip(supply["service"], supply["item"], strict=True))
    states = indicator_account(supply, extent, held)
    gep = gep_account(supply, extent, INDICATORS, states, price_year=2020, cell_items=cells)
    return supply, extent, gep


@settings(max_examples=15, deadline=None)
@given(counties())
def test_identities_hold(totals):
    supply, extent, gep = accounts(totals)
    check_identities(supply, extent, gep, INDICATORS, totals=supply[["unit_id", "service", "item", "quantity"]])
    fraction = gep["valid_fraction"].dropna()
    assert fraction.between(0.0, 1.0).all()
    empty = supply["valid_area"] == 0
    assert supply.loc[empty, ["quantity", "value"]].isna().all(axis=None)


@settings(max_examples=10, deadline=None)
@given(counties(), st.permutations(range(3)))
def test_order_of_units_only_reorders_rows(totals, permutation):
    ids = list(totals["unit_id"].drop_duplicates())
    order = [ids[place] for place in permutation if place < len(ids)]
    first, second = accounts(totals), accounts(totals, order)
    for left, right in zip(first, second, strict=True):
        keys = [name for name in ("unit_id", "service", "item", "ecosystem_type") if name in left]
        left, right = (table.sort_values(keys).reset_index(drop=True) for table in (left, right))
        pd.testing.assert_frame_equal(left, right, check_exact=True)
    assert list(second[2]["unit_id"]) == order


@settings(max_examples=10, deadline=None)
@given(counties(), st.floats(0.5, 4.0))
def test_price_scales_value_and_leaves_quantity(totals, factor):
    once, _, _ = accounts(totals)
    more, _, _ = accounts(totals, items=ITEMS.assign(price=ITEMS["price"] * factor))
    pd.testing.assert_series_equal(once["quantity"], more["quantity"], check_exact=True)
    np.testing.assert_allclose(more["value"], once["value"] * factor, rtol=1e-12)
