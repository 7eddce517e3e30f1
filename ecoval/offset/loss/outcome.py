"""What an evaluation of pieces gives: quantities at mid values, their areas, and how each coefficient with a range moves them.

Moves of one coefficient add up over the pieces of a group; then the coefficients, which are independent, are combined in
quadrature.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

FLOW_COLUMNS = (
    "piece",
    "service",
    "quantity",
    "quantity_low",
    "quantity_high",
    "uom",
    "valid_area",
    "missing_area",
    "out_of_scope_area",
)
ITEM_COLUMNS = ("service", "code", "item", "uom", "density_uom", "price", "price_uom", "price_year", "status")


@dataclass
class Outcome:
    """Yearly quantities of pieces.

    Parameters
    ----------
    services, uoms : vector (services)
    quantity : array (pieces, services), 1
        0 where the place gives none of the service; nan where nothing is known of the piece.
    valid, missing, out_of_scope : array (pieces, services), m2
    moves : mapping ((service, coefficient), array (2, pieces))
        Change of the quantity with the coefficient at its lower and at its upper end.
    """

    services: list
    uoms: list
    quantity: np.ndarray
    valid: np.ndarray
    missing: np.ndarray
    out_of_scope: np.ndarray
    moves: dict = field(default_factory=dict)

    @classmethod
    def empty(cls, services, uoms, count):
        """Without quantities yet."""
        shape = (count, len(services))
        arrays = (np.full(shape, np.nan), *(np.zeros(shape) for _ in range(3)))
        return cls(list(services), list(uoms), *arrays)

    def put(self, chosen, column, quantity, areas):
        """Set the quantities of one service of some pieces.

        Parameters
        ----------
        chosen : vector (pieces), 1
            True for the pieces that are set.
        column : number, 1
            Position of the service.
        quantity : vector (pieces), 1
            Of the chosen pieces.
        areas : tuple of vector (pieces), m2
            Valid, missing, out of scope.
        """
        valid, missing, outside = areas
        known = (valid > 0) | (outside > 0) | (missing <= 0)
        self.quantity[chosen, column] = np.where(known, quantity, np.nan)
        self.valid[chosen, column] = valid
        self.missing[chosen, column] = np.maximum(missing, 0.0)
        self.out_of_scope[chosen, column] = outside

    def move(self, chosen, column, coefficient, side, change):
        """Add the change of one service of some pieces by a coefficient at one end of its range.

        Parameters
        ----------
        chosen : vector (pieces), 1
            True for the pieces that are moved.
        column : number, 1
        coefficient : text
        side : number, 1
            0 is the lower end, 1 the upper one.
        change : vector (pieces), 1
            Of the chosen pieces.
        """
        held = self.moves.setdefault((self.services[column], coefficient), np.zeros((2, len(self.quantity))))
        held[side, chosen] += change

    def add(self, other):
        """Add the quantities, areas and moves of an outcome of the same pieces; what is not known there adds nothing."""
        self.quantity = self.quantity + np.nan_to_num(other.quantity)
        for name in ("valid", "missing", "out_of_scope"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for key, change in other.moves.items():
            self.moves[key] = self.moves.get(key, 0.0) + change

    def scaled(self, factor):
        """The same with each quantity times a factor per piece and service; where it is 0 the piece counts for nothing.

        Parameters
        ----------
        factor : array (pieces, services), 1

        Returns
        -------
        Outcome
        """
        factor = np.asarray(factor, dtype=float)
        used = factor != 0.0
        parts = (part * used for part in (self.valid, self.missing, self.out_of_scope))
        quantity = np.where(used, self.quantity * factor, 0.0)
        place = {service: column for column, service in enumerate(self.services)}
        moves = {key: change * factor[:, place[key[0]]] for key, change in self.moves.items()}
        return Outcome(self.services, self.uoms, quantity, *parts, moves)

    def beside(self, other):
        """These pieces, then those of another outcome of the same services."""
        count, more = len(self.quantity), len(other.quantity)
        names = ("quantity", "valid", "missing", "out_of_scope")
        arrays = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in names)
        moves = {}
        for key in dict.fromkeys((*self.moves, *other.moves)):
            parts = self.moves.get(key, np.zeros((2, count))), other.moves.get(key, np.zeros((2, more)))
            moves[key] = np.concatenate(parts, axis=1)
        return Outcome(self.services, self.uoms, *arrays, moves)

    def spread(self, group=None, count=None):
        """Lowest and highest quantity of groups of pieces.

        Parameters
        ----------
        group : vector (pieces), 1
            Number of the group of each piece, negative for none; default: each piece is one.
        count : number, 1
            How many groups there are.

        Returns
        -------
        array (groups, services), 1
        array (groups, services), 1
        """
        if count is None:
            count = len(self.quantity) if group is None else int(np.max(group, initial=-1)) + 1
        down, up = np.zeros((count, len(self.services))), np.zeros((count, len(self.services)))
        for (service, _), change in self.moves.items():
            column = self.services.index(service)
            parts = change if group is None else np.stack([added(side, group, count) for side in change])
            down[:, column] += np.minimum(parts.min(axis=0), 0.0) ** 2
            up[:, column] += np.maximum(parts.max(axis=0), 0.0) ** 2
        return np.sqrt(down), np.sqrt(up)

    def table(self, group=None, count=None):
        """Table of flows per piece, or per group of pieces.

        Parameters
        ----------
        group : vector (pieces), 1
            As in `spread`; `piece` is then the number of the group.
        count : number, 1

        Returns
        -------
        table (piece, service, quantity, quantity_low, quantity_high, uom, valid_area, missing_area, out_of_scope_area)
        """
        down, up = self.spread(group, count)
        parts = self.quantity, self.valid, self.missing, self.out_of_scope
        if group is not None:
            known = added(np.isfinite(self.quantity).astype(float), group, len(down)) > 0
            total, *areas = (added(np.nan_to_num(part), group, len(down)) for part in parts)
            parts = np.where(known, total, np.nan), *areas
        quantity, valid, missing, outside = parts
        pieces, services = quantity.shape
        values = (quantity, quantity - down, quantity + up)
        columns = {
            "piece": np.repeat(np.arange(pieces), services),
            "service": np.tile(np.array(self.services, dtype=object), pieces),
        }
        columns |= {name: part.ravel() for name, part in zip(FLOW_COLUMNS[2:5], values, strict=True)}
        columns["uom"] = np.tile(np.array(self.uoms, dtype=object), pieces)
        areas = zip(FLOW_COLUMNS[6:], (valid, missing, outside), strict=True)
        return pd.DataFrame(columns | {name: part.ravel() for name, part in areas}, columns=list(FLOW_COLUMNS))


def added(values, group, count):
    """Sums of rows per group: array (groups, ...); negative groups are left out."""
    values, group = np.asarray(values, dtype=float), np.asarray(group)
    out = np.zeros((count, *values.shape[1:]))
    inside = group >= 0
    np.add.at(out, group[inside], values[inside])
    return out
