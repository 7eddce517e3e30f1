"""Whether the results of a year are plausible: quantities over area, GEP per km2 and per person, shares, oxygen to carbon."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ecoval.constants import M2_PER_HECTARE
from ecoval.guards import accept_in, guard_of, guards
from ecoval.layers.opened import Layers
from ecoval.layers.plausible import Remark, relation, worst
from ecoval.words import in_words

MANY = 5  # services with a value, of which none should be nearly all
UNIT = ["unit_set", "unit_id"]


def implausible_results(layers: Layers, supply: pd.DataFrame, gep: pd.DataFrame, extent: pd.DataFrame) -> list[Remark]:
    """Results outside the limits of their guards; [checks] may accept them.

    Parameters
    ----------
    supply, gep, extent
        The accounts of one year, all unit sets.
    """
    return [*_sums(layers, gep), *implausible_supply(layers, supply, extent)]


def implausible_supply(layers: Layers, supply: pd.DataFrame, extent: pd.DataFrame) -> list[Remark]:
    """What of `implausible_results` follows from the supply account alone: quantities over area, shares, oxygen to carbon."""
    remarks = [*_quantities(layers, supply, extent), *_shares(layers, supply)]
    totals = supply.groupby("service")["quantity"].sum()
    both = [totals.get(service, 0.0) for service in ("oxygen_release", "carbon_sequestration")]
    if min(both) > 0:  # the ratio of a source to a sink says nothing
        ratio = totals["oxygen_release"] / totals["carbon_sequestration"]
        remarks += relation(layers, "oxygen_to_carbon", ratio, in_words("guard_oxygen_to_carbon"), "results")
    return remarks


def _result(layers: Layers, name: str, values: pd.Series, code: str, **fields: object) -> Iterator[Remark]:
    """One result of all units: index (unit_set, unit_id)."""
    path, key = str(layers.declaration.path), f"result:{name}"
    for guard in guards().get(("result", name), ()):
        if guard.measure.startswith("CNY person-1") == (code == "guard_gep_person"):
            by_unit = {
                str(code): float(value) for code, value in zip(values.index.get_level_values("unit_id"), values, strict=True)
            }
            accepted, entry = layers.declaration.checks.accept.get(key), accept_in("checks", key)
            yield from worst(guard, by_unit, code, fields, part="results", where=path, entry=entry, accepted=accepted)


def _quantities(layers: Layers, supply: pd.DataFrame, extent: pd.DataFrame) -> Iterator[Remark]:
    hectares = extent.groupby(UNIT)["area"].sum() / M2_PER_HECTARE
    for (service, item), rows in supply.groupby(["service", "item"], sort=False):
        if guard_of("result", f"{service}:{item}") is not None:
            density = rows.groupby(UNIT)["quantity"].sum(min_count=1) / hectares
            yield from _result(layers, f"{service}:{item}", density.dropna(), "guard_result", item=item)


def _sums(layers: Layers, gep: pd.DataFrame) -> Iterator[Remark]:
    units = gep.set_index(UNIT)
    yield from _result(layers, "gep", units["gep_per_km2"].astype(float).dropna(), "guard_gep_area")
    yield from _result(layers, "gep", units["gep_per_capita"].astype(float).dropna(), "guard_gep_person")


def _shares(layers: Layers, supply: pd.DataFrame) -> Iterator[Remark]:
    """Share of each service in the sum of a unit where several services have a value."""
    values = supply.groupby([*UNIT, "service"])["value"].sum(min_count=1).dropna().unstack()
    several = values[values.notna().sum(axis=1) >= MANY]
    shares = several.div(several.abs().sum(axis=1), axis=0)
    for service in shares.columns:
        yield from _result(layers, "service_share", shares[service].dropna(), "guard_share", service=service)
