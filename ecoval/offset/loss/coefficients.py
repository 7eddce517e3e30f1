"""Coefficients with a range, one at a time at its lower and at its upper end.

A coefficient is one row of a parameter table; its range is `low` to `high` of that row. Rows of a vector over ecosystem types act
on the cells of their own types, so the whole vector is moved at once and the sums per type are the moves one at a time. A range
that is nothing but the bounds within which the parameter makes sense (a share from 0 to 1) says nothing of how well the number is
known: such a row counts as one without a range and is listed.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

SIDES = ("low", "high")
CURVES = ("curve_number", "regression")  # choose a band of a prepared layer; they cannot be moved alone


@dataclass(frozen=True)
class Named:
    """Name of a plan whose numbers were moved; keeps its quantities apart from those of the plan itself."""

    name: str


@dataclass(frozen=True)
class Move:
    """One parameter of a plan at one end of its range.

    Parameters
    ----------
    name, key : text
        `key` is empty where a vector over types moves at once.
    side : choice {low, high}
    plan : ServicePlan
    rows : vector (types)
        Row of the table that acts on each type of the plan; None where the number is not moved.
    """

    name: str
    key: str
    side: str
    plan: object
    rows: tuple

    @property
    def identity(self):
        """What the moves of the two states have in common."""
        return self.name, self.key, self.side


def moves(made, item, kinds):
    """Moves of the parameters that an item needs.

    Parameters
    ----------
    made : ServicePlan
    item : Item
    kinds : number, 1
        Number of types of the plan.

    Returns
    -------
    table (identity, Move)
    """
    found = {}
    for name in item.needed:
        if name not in made.found or name in CURVES:
            continue
        entry, value = made.found[name]
        for side in SIDES:
            for move in _moved(made, entry, value, name, side, kinds):
                found[move.identity] = move
    return found


def _moved(made, entry, value, name, side, kinds):
    if value is None:
        return
    if entry.by == "type":
        numbers = [number if number is not None and ranged(entry, number) else None for number in value.numbers]
        if any(number is not None for number in numbers):
            vector = made.vectors[name].copy()
            for place, number in enumerate(numbers):
                if number is not None:
                    vector[place] = getattr(number, side)
            yield Move(name, "", side, _replaced(made, name, side, vectors=made.vectors | {name: vector}), tuple(numbers))
    elif entry.by == "table":
        for key, number in value.items():
            if ranged(entry, number):
                numbers = made.numbers | {name: made.numbers[name] | {key: getattr(number, side)}}
                yield Move(name, key, side, _replaced(made, f"{name} {key}", side, numbers=numbers), (number,) * kinds)
    elif ranged(entry, value):
        numbers = made.numbers | {name: getattr(value, side)}
        yield Move(name, entry.key, side, _replaced(made, name, side, numbers=numbers), (value,) * kinds)


def _replaced(made, name, side, **numbers):
    return replace(made, variant=Named(f"{name} {side}"), **numbers)


def ranged(entry, number):
    """Whether a number has a range of its own, and not only the bounds of its parameter.

    Parameters
    ----------
    entry : Parameter
    number : Number

    Returns
    -------
    choice {True, False}
    """
    if not (math.isfinite(number.low) and math.isfinite(number.high)) or number.low == number.high:
        return False
    bounds = (entry.low, entry.high)
    given = number.in_measure(entry.measure) if entry.by != "table" else number
    return (given.low, given.high) != bounds


def without_range(made, items, types, present):
    """Rows of the tables that enter with their value alone.

    Parameters
    ----------
    made : ServicePlan
    items : vector (items), 1
    types, present : vector (classes), 1
        All types of the plan, and those that count.

    Returns
    -------
    table (service, parameter, key, value, uom, source_id)
    """
    rows = []
    for name, (entry, value) in made.found.items():
        if value is None or not any(name in item.needed for item in items):
            continue
        counted = [made.scopes[item.code] for item in items if name in item.needed]
        codes = [code for place, code in enumerate(types) if code in present and any(scope[place] for scope in counted)]
        rows += [number for number in entry.used(value, codes) if name in CURVES or not ranged(entry, number)]
    names = ("parameter", "key", "value", "uom", "source_id")
    return [{"service": made.service.code} | {name: getattr(row, name) for name in names} for row in dict.fromkeys(rows)]


def per_row(move, quantity, mid, own):
    """Change of a quantity by each row that a move moves.

    Parameters
    ----------
    move : Move
        None where the state has no such number.
    quantity, mid : array (pieces, types + 1), 1
        Moved and at mid value; the last column is land without a type.
    own : vector (types), 1
        Position among the types of the plan of each column; one number where all land has one type.

    Returns
    -------
    table (number, vector (pieces))
    """
    if move is None:
        return {}
    delta = quantity - mid
    if np.isscalar(own):
        number = move.rows[own]
        return {} if number is None else {number: delta.sum(axis=1)}
    found = {}
    for column, place in enumerate(own):
        number = move.rows[place]
        if number is not None and delta[:, column].any():
            found[number] = found.get(number, 0.0) + delta[:, column]
    return found
