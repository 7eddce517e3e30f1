"""Bounds of what land without data may give: nothing, or as much per hectare as the land of its family that gives most.

The family of an ecosystem type is its class of level 1; the densities are those of an item in the units of the account. Where some
of them are below zero the lower bound is the least of them. Land without a type may be of any type that the indicator counts in the
account, or of none. Without a density of the family there is no bound: it is empty, never a number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecoval.accounts.extent import WHOLE_UNIT
from ecoval.accounts.sums import group_sum
from ecoval.classification import lineage
from ecoval.constants import MISSING_TYPE

BOUNDS = ("least", "most")
_ITEM = ["service", "item"]
_PAIR = ["unit_id", "indicator"]


def missing_land(rows: pd.DataFrame) -> pd.DataFrame:
    """Least and most that the land without data of each indicator and unit may add to its value.

    Parameters
    ----------
    rows : table (unit_id, indicator, service, item, ecosystem_type, value, valid_area, missing_area)
        Of all units of an account, without the items that have a quantity alone.

    Returns
    -------
    table (least, most), CNY
        Indexed by unit and indicator: `least` at most 0, `most` at least 0, both 0 where no land lacks data; empty where the family
        of such land has no density, or where a number for the unit as a whole lacks.
    """
    rows = rows.reset_index(drop=True)
    lacking = rows["missing_area"] > 0
    typed = ~rows["ecosystem_type"].isin([WHOLE_UNIT, MISSING_TYPE])
    densities = _densities(rows[typed])
    spans = _spans(densities, [*_ITEM, "family"])
    parts = [rows.assign(least=0.0, most=0.0)[[*_PAIR, *BOUNDS]]]
    parts.append(rows[lacking & (rows["ecosystem_type"] == WHOLE_UNIT)].assign(least=np.nan, most=np.nan)[[*_PAIR, *BOUNDS]])
    land = _with_family(rows[lacking & typed]).join(spans, on=[*_ITEM, "family"])
    parts.append(_times(land, "missing_area"))
    untyped = (
        rows[lacking & (rows["ecosystem_type"] == MISSING_TYPE)].groupby(_PAIR, sort=False)["missing_area"].max().reset_index()
    )
    parts.append(_times(untyped.join(_of_any_type(densities, spans), on="indicator"), "missing_area"))
    every = pd.concat(parts, ignore_index=True)
    sums = pd.DataFrame({bound: group_sum(every, _PAIR, bound) for bound in BOUNDS})
    bounded = every[list(BOUNDS)].notna().all(axis=1).groupby([every[name] for name in _PAIR], sort=False).all()
    return sums.where(bounded.reindex(sums.index))


def _with_family(rows: pd.DataFrame) -> pd.DataFrame:
    family = {kind: lineage(int(kind))[-1] for kind in rows["ecosystem_type"].unique()}
    return rows.assign(family=rows["ecosystem_type"].map(family).astype("int64"))


def _densities(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the land in scope with their family and density in CNY m-2, empty where there is no value."""
    inside = _with_family(rows[rows["valid_area"] + rows["missing_area"] > 0])
    return inside.assign(density=(inside["value"] / inside["valid_area"]).where(inside["valid_area"] > 0))


def _spans(densities: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Least and most of the densities of groups, 0 included; empty where a group has none."""
    groups = densities.groupby(by, sort=False)["density"]
    return pd.DataFrame({"least": groups.min().clip(upper=0.0), "most": groups.max().clip(lower=0.0)})


def _of_any_type(densities: pd.DataFrame, spans: pd.DataFrame) -> pd.DataFrame:
    """Span of the densities of each indicator over the types that it counts; a hectare of a type gives all items that count it."""
    by = ["indicator", *_ITEM, "family", "ecosystem_type"]
    own = _spans(densities, by).reset_index()
    family = own[[*_ITEM, "family"]].join(spans, on=[*_ITEM, "family"])
    filled = own.assign(**{bound: own[bound].fillna(family[bound]) for bound in BOUNDS})
    items = filled.groupby(["indicator", "ecosystem_type"], sort=False)
    types = items[list(BOUNDS)].sum().where(items[list(BOUNDS)].count().eq(items.size(), axis=0))
    over = types.groupby(level="indicator", sort=False)
    span = pd.DataFrame({"least": over["least"].min(), "most": over["most"].max()})
    return span.where(types.notna().all(axis=1).groupby(level="indicator", sort=False).all())


def _times(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    return rows[_PAIR].assign(**{bound: rows[bound] * rows[area] for bound in BOUNDS})
