"""Two towns worked by hand: forest (111), lake (42) and land without cover, in m2."""

import pandas as pd

from ecoval.accounts.gep import gep_account
from ecoval.accounts.indicators import Grounds, indicator_account

# town a: 100 ha forest, 20 ha lake, 5 ha unknown = 125 ha; town b: 60 ha forest = 60 ha
EXTENT = pd.DataFrame(
    {
        "year": 2023,
        "unit_set": "admin",
        "unit_id": ["a", "a", "a", "b"],
        "unit_name": ["甲镇", "甲镇", "甲镇", "乙镇"],
        "ecosystem_type": ["111", "42", "missing", "111"],
        "area": [1_000_000.0, 200_000.0, 50_000.0, 600_000.0],
        "uom": "m2",
    }
)

# water retention leaves out the lake; 10 ha of the forest of a have no rain; b has none at all
TOTALS = pd.DataFrame(
    {
        "unit_id": ["a", "a", "a", "b"],
        "ecosystem_type": ["111", "42", "missing", "111"],
        "service": "water_retention",
        "item": "retention",
        "quantity": [90 * 7000.0, None, None, None],
        "uom": "m3 yr-1",
        "valid_area": [900_000.0, 0.0, 0.0, 0.0],
        "missing_area": [100_000.0, 0.0, 50_000.0, 600_000.0],
        "out_of_scope_area": [0.0, 200_000.0, 0.0, 0.0],
    }
)

ITEMS = pd.DataFrame(
    {
        "service": ["water_retention", "material_supply", "recreation", "flood_mitigation"],
        "item": ["retention", "*", "*", "lake"],
        "category": ["regulating", "provisioning", "cultural", "regulating"],
        "option": ["runoff=coefficient; price=full_cost", "method=net_value_added", "", ""],
        "price": [9.0, None, None, None],
        "price_uom": ["CNY m-3", "", "", ""],
        "status": ["published", "user", "user", "user"],
        "price_status": ["transferred", "", "", ""],
    }
)

# rice of a alone: 5000 t at 3000 CNY, of which 58 % count; visits of both
STATISTICS = pd.DataFrame(
    {
        "unit_id": ["a", "a", "b"],
        "service": ["material_supply", "recreation", "recreation"],
        "item": ["rice", "tourism_health", "tourism_health"],
        "ecosystem_type": "*",
        "quantity": [5000.0, 1000.0, 200.0],
        "uom": ["t yr-1", "visit yr-1", "visit yr-1"],
        "price": [3000.0, 422.0, 422.0],
        "price_uom": ["CNY t-1", "CNY visit-1", "CNY visit-1"],
        "price_year": 2020,
        "value_share": [0.58, 0.6, 0.6],
        "status": ["user", "user", "example"],
    }
)

INDICATORS = {
    "water_retention": "yes",
    "material_supply": "yes",
    "tourism_health": "yes",
    "oxygen_release": "no",
    "amenity": "no",
}
SERVICES = {"water_retention": "water_retention", "material_supply": "material_supply", "tourism_health": "recreation"}


def grounds(included=INDICATORS, **changes):
    """Grounds of the two towns: a tenth of the land of a has no rain, which is let pass here."""
    given = {"services": SERVICES, "computed": set(SERVICES.values()), "missing_share": 0.2}
    return Grounds(dict(included), **given | changes)


def gep_of(supply, included=INDICATORS, price_year=2020, statistics=None, bounds=None, **changes):
    """GEP of the towns with the states that their supply has."""
    held = grounds(included, **changes)
    states = indicator_account(supply, EXTENT, held)
    given = {"price_year": price_year, "statistics": statistics, "bounds": bounds}
    return gep_account(supply, EXTENT, held.counted, states, cell_items={("water_retention", "retention")}, **given)
