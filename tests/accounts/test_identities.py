import county
import pandas as pd
import pytest

from ecoval.accounts.identities import check_identities
from ecoval.accounts.supply import supply_account
from ecoval.errors import IdentityError


def tables():
    supply = supply_account(county.TOTALS, county.ITEMS, county.EXTENT, price_year=2020, statistics=county.STATISTICS)
    gep = county.gep_of(supply)
    totals = pd.DataFrame({"unit_id": ["a"], "service": "water_retention", "item": "retention", "quantity": [630_000.0]})
    return supply, gep, totals


def check(supply, gep, totals=None):
    check_identities(supply, county.EXTENT, gep, county.INDICATORS, totals=totals)


def test_identities_hold_for_the_hand_example():
    supply, gep, _ = tables()
    check(supply, gep)


def test_identities_areas_broken():
    supply, gep, _ = tables()
    supply.loc[0, "valid_area"] -= 100.0
    with pytest.raises(IdentityError, match=r'line "a / water_retention / retention".*1,249,900 m2 against 1,250,000 m2') as caught:
        check(supply, gep)
    assert caught.value.code == "identity_area"
    assert caught.value.fields["difference"] == pytest.approx(-100.0)
    assert caught.value.fields["tolerance"] == pytest.approx(1.25e-3)


def test_identities_value_broken():
    supply, gep, _ = tables()
    supply.loc[0, "value"] += 1.0
    with pytest.raises(IdentityError, match=r"value is not quantity times price.*difference of 1 CNY"):
        check(supply, gep)


def test_identities_value_without_quantity_broken():
    supply, gep, _ = tables()
    supply.loc[1, "value"] = 0.0  # a lake out of scope must be empty, not zero
    with pytest.raises(IdentityError, match="retention / 42"):
        check(supply, gep)


def test_identities_supply_over_types_broken():
    supply, gep, totals = tables()
    held = supply[supply["service"] == "water_retention"]
    held = held[held["unit_id"] == "a"]
    gep = county.gep_of(held)
    check(held, gep, totals)
    with pytest.raises(IdentityError, match=r"supply of the ecosystem types.*630,000 over the types against 630,001"):
        check(held, gep, totals.assign(quantity=630_001.0))


def test_identities_gep_broken():
    supply, gep, _ = tables()
    with pytest.raises(IdentityError, match=r"GEP is not the sum of its categories.*difference of 5 CNY"):
        check(supply, gep.assign(gep=gep["gep"] + 5.0))
    with pytest.raises(IdentityError, match=r"GEP is not the sum of its categories"):
        check(supply, gep.assign(subtotal=gep["subtotal"] - 5.0))
    with pytest.raises(IdentityError, match=r"GEP is not the sum of its categories"):
        check(supply, gep.assign(gep=gep["subtotal"]))  # town b is not whole


def test_identities_service_counted_twice():
    supply, _, _ = tables()
    twice = pd.concat([supply, supply[supply["item"] == "tourism_health"]])
    gep = county.gep_of(twice)
    with pytest.raises(IdentityError) as caught:
        check(twice, gep)
    assert caught.value.code in ("identity_area", "identity_category")


def test_identities_category_broken():
    supply, gep, _ = tables()
    moved = gep.assign(**{name: gep[name] + 1.0 for name in ("cultural", "gep", "subtotal")})
    with pytest.raises(IdentityError, match=r"category is not the sum of its services.*a / cultural"):
        check(supply, moved)
    assert "类别价值" in IdentityError(
        "identity_category", account="gep", line="a", left=1.0, right=2.0, difference=1.0, tolerance=0.0
    ).message("zh")
