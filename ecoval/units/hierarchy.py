"""Levels of units: what stands above what, units of the higher levels by dissolving, and whether areas add up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ecoval.errors import InputError
from ecoval.units import codes, topology
from ecoval.units.polygon_area import ellipsoidal_area


@dataclass(frozen=True)
class Tree:
    """Level, parent and name of each unit of a layer and of the units above them.

    Parameters
    ----------
    ids : tuple of text
        Units of the layer, in its order.
    level, parent, name : table (unit_id, text)
        Mappings from a unit's code; a unit without an entry has none.
    """

    ids: tuple[str, ...]
    level: dict[str, str] = field(default_factory=dict)
    parent: dict[str, str] = field(default_factory=dict)
    name: dict[str, str] = field(default_factory=dict)

    def chain(self, unit: str) -> Iterator[str]:
        """A unit and those above it, upwards."""
        passed: set[str] = set()
        each: str | None = unit
        while each is not None:
            if each in passed:
                raise InputError("units_parent_cycle", unit=each)
            passed.add(each)
            yield each
            each = self.parent.get(each)

    def depth(self, unit: str) -> int:
        """Number of units of the layer above a unit."""
        own = set(self.ids)
        return sum(each in own for each in self.chain(unit)) - 1

    def leaves(self) -> list[str]:
        """Units of the layer that stand above none of it."""
        above = {self.parent.get(unit) for unit in self.ids}
        return [unit for unit in self.ids if unit not in above]


def tree(rows: pd.DataFrame, levels: Sequence[str] | None = None) -> Tree:
    """Tree of a layer, from its parent field or from the digits of its codes.

    Parameters
    ----------
    rows : table (unit_id, name, level, parent_id, parent_name)
        Level and parent are None where the digits of a GB/T 2260 code are to tell.
    levels : list of text
        Names of levels from the lowest upwards, for codes that tell none.
    """
    ids = rows["unit_id"].tolist()
    own = {codes.short(unit) or unit: unit for unit in ids}
    result = Tree(tuple(ids), name=dict(zip(ids, rows["name"].tolist(), strict=True)))
    upward = list(levels or ())
    for unit, level, parent in zip(ids, rows["level"], rows["parent_id"], strict=True):
        level = level or codes.level(unit) or (upward[0] if upward else None)
        parent = parent or codes.above(unit)
        if level is not None:
            result.level[unit] = level
        if parent is not None and own.get(codes.short(parent) or parent, parent) != unit:
            result.parent[unit] = own.get(codes.short(parent) or parent, parent)
    names = {result.parent.get(unit): name for unit, name in zip(ids, rows["parent_name"], strict=True) if name}
    for unit in ids:
        _climb(result, unit, own, upward, names)
    return result


def _climb(result: Tree, unit: str, own: dict[str, str], upward: list[str], names: dict[str | None, str]) -> None:
    """Entries for the units above a unit that are not in the layer."""
    below = unit
    while (above := result.parent.get(below)) is not None and above not in result.name:
        following = upward[upward.index(result.level[below]) + 1 :][:1] if result.level.get(below) in upward else []
        level = codes.level(above) or (following[0] if following else None)
        if level is not None:
            result.level[above] = level
        name = names.get(above) or (codes.PROVINCES[above[:2]] if level == "province" and codes.short(above) else None)
        result.name[above] = name or above
        if (parent := codes.above(above)) is not None:
            result.parent[above] = own.get(parent, parent)
        below = above


def at_level(branches: Tree, unit: str, level: str) -> str | None:
    """Unit of a level that a unit belongs to.

    Returns
    -------
    text
        Where the level is passed over, the unit that stands in for it: the prefecture for its missing counties (441900), the
        county for its missing prefecture (429005). None where the unit stands above the level by a whole branch.
    """
    chain = list(branches.chain(unit))
    for each in chain:
        if branches.level.get(each) == level:
            return each
    if level not in codes.ADMINISTRATIVE_LEVELS or any(
        branches.level.get(each) not in codes.ADMINISTRATIVE_LEVELS for each in chain
    ):
        return None
    rank = codes.ADMINISTRATIVE_LEVELS.index(level)
    ranks = [codes.ADMINISTRATIVE_LEVELS.index(branches.level[each]) for each in chain]
    if ranks[0] < rank:
        return unit
    higher = next((each for each, own in zip(chain, ranks, strict=True) if own < rank), None)
    lower = [each for each, own in zip(chain, ranks, strict=True) if own > rank][-1]
    return higher if level == "county" else lower


def dissolved(
    rows: pd.DataFrame, branches: Tree, levels: Sequence[str], unmatched: Collection[str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Units of the levels asked for: those of the layer, and the absent ones dissolved from its lowest units.

    Parameters
    ----------
    rows : table (unit_id, name, geometry)
    levels : list of text
    unmatched : units whose edges do not match those of others of their level: see `topology.loose`

    Returns
    -------
    table (unit_id, name, level, parent_id, geometry), table (level, number)
        Rows level by level, and how many units of each level were made.

    Raises
    ------
    InputError
        A level that no unit belongs to.
    """
    geometry = dict(zip(rows["unit_id"], rows["geometry"], strict=True))
    counts = dict.fromkeys(levels, 0)
    result: dict[str, object] = {}
    for level in levels:
        groups: dict[str, list[str]] = {}
        for leaf in branches.leaves():
            node = at_level(branches, leaf, level)
            if node is not None:
                groups.setdefault(node, []).append(leaf)
        if not any(branches.level.get(node) == level for node in groups):
            levels_present = sorted(set(branches.level.values()))
            raise InputError("units_level_absent", level=level, levels=" ".join(levels_present) or "-")
        for node, leaves in groups.items():
            if node in geometry:
                result.setdefault(node, geometry[node])
            elif node not in result:
                counts[level] += 1
                parts = np.array([*(geometry[leaf] for leaf in leaves), None], dtype=object)[:-1]
                result[node] = topology.united(parts, np.array([leaf in unmatched for leaf in leaves]))
    return _table(branches, result), counts


def _table(branches: Tree, geometry: dict[str, object]) -> pd.DataFrame:
    columns = {
        "unit_id": list(geometry),
        "name": [branches.name.get(unit, unit) for unit in geometry],
        "level": [branches.level.get(unit) for unit in geometry],
        "parent_id": [branches.parent.get(unit) for unit in geometry],
    }
    table = pd.DataFrame(columns, dtype=object)
    table["geometry"] = np.array([*geometry.values(), None], dtype=object)[:-1]
    return table


def additivity(rows: pd.DataFrame, crs: object) -> pd.DataFrame:
    """Areas of units beside the sums of the units directly below them.

    Parameters
    ----------
    rows : table (unit_id, level, parent_id, geometry)
    crs : CRS, as text or as pyproj CRS

    Returns
    -------
    table (unit_id, level, children, area, children_area, difference, uom)
        One row per unit that has others below it in the table; the difference is children less parent.
    """
    area = pd.Series(ellipsoidal_area(rows["geometry"].to_numpy(), crs), index=rows["unit_id"].to_numpy())
    below = area.groupby(rows["parent_id"].to_numpy()).agg(["size", "sum"])
    parents = rows[rows["unit_id"].isin(below.index)]
    ids = parents["unit_id"].to_numpy()
    own, summed = area.loc[ids].to_numpy(), below.loc[ids, "sum"].to_numpy()
    return pd.DataFrame(
        {
            "unit_id": ids,
            "level": parents["level"].to_numpy(),
            "children": below.loc[ids, "size"].to_numpy(),
            "area": own,
            "children_area": summed,
            "difference": summed - own,
            "uom": "m2",
        }
    )
