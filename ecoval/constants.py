"""Fixed numbers that are definitions, not parameters; each carries both of its measures in its name."""

from __future__ import annotations

M2_PER_HECTARE = 10_000.0
M2_PER_KM2 = 1_000_000.0
MISSING_CLASS = -2_147_483_648  # a categorical cell without a class: the smallest int32, which no classification uses
CATEGORIES = ("provisioning", "regulating", "cultural")  # of services, in the order of every table
MISSING_TYPE = "missing"  # ecosystem type of the land of a unit for which the land cover says nothing
STATUS_ORDER = ("verified", "published", "user", "transferred", "example", "recalled")  # from best to worst
