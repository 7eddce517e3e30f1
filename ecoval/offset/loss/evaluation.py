"""One pass over the pieces that change alike: each item as it is, as it would be, and with its coefficients moved."""

from dataclasses import dataclass

import numpy as np

from ecoval.layers.compute import explain
from ecoval.offset.loss import coefficients
from ecoval.offset.loss.changed import State
from ecoval.offset.loss.pieces import PieceSums, piece_sums

PRESENT, CHANGED, DIFFERENCE = "present", "changed", "difference"


@dataclass(frozen=True)
class Entry:
    """One item that an assessment counts.

    Parameters
    ----------
    service : text
        Name in the tables.
    code, item : text
    place : number, 1
        Position of the plan among those of the study.
    """

    service: str
    code: str
    item: str
    place: int


@dataclass
class Evaluation:
    """What one pass evaluates.

    Parameters
    ----------
    layers : Layers
    entries : list of Entry
    mode : choice {present, changed, difference}
    state : Changed
        None for the present alone.
    ranges : choice {True, False}
    """

    layers: object
    entries: list
    mode: str
    state: object = None
    ranges: bool = False

    def __post_init__(self):
        self.base, self.sums = State(self.layers.lookup.missing), None
        self.own = np.arange(self.layers.lookup.missing)
        self.unchanged = self.state.position if self.state is not None and self.state.known else -1
        self._items = [self._item(entry) for entry in self.entries]
        self.moves = [self._moves(*parts) for parts in self._items]
        self.columns = [(place, key) for place, moves in enumerate(self.moves) for key in (None, *moves)]

    def _item(self, entry):
        """Plan and item now, plan and item of the changed type, and whether this counts."""
        made = self.layers.plans[entry.place]
        item = next(item for item in made.service.items if item.code == entry.item)
        if self.state is None:
            return (made, item), None, False
        return (made, item), self.state.item(entry.place, entry.item), self.state.counted(entry.place, entry.item, entry.code)

    def _moves(self, now, later, counted):
        """Identity -> the moves of both states."""
        if not self.ranges:
            return {}
        kinds = self.layers.lookup.missing
        base = coefficients.moves(*now, kinds) if self.mode != CHANGED or self.unchanged >= 0 else {}
        other = coefficients.moves(*later, kinds + 1) if later is not None and counted and self.mode != PRESENT else {}
        return {key: (base.get(key), other.get(key)) for key in (*base, *(key for key in other if key not in base))}

    def arrays(self, block, index, pick):
        """Columns of one tile: per item and move the quantity now, then the changed one, where they are wanted."""
        same = index == self.unchanged
        later = None if self.mode == PRESENT else self.state.block(block)
        out = []
        for (now, found, counted), moves in zip(self._items, self.moves, strict=True):
            gap = None
            for base, other in ((None, None), *moves.values()):
                made = now[0] if base is None else base.plan
                pair = self._pair((made, now[1]), self._changed(found, other), counted, (block, later, index, pick, same))
                gap = np.isnan(sum(pair)) if gap is None else gap
                out += [np.where(gap, np.float32(np.nan), part) for part in pair]
        return out

    @staticmethod
    def _changed(found, move):
        return found if move is None or found is None else (move.plan, found[1])

    def _pair(self, now, found, counted, where):
        block, later, index, pick, same = where
        if self.mode == PRESENT:
            return [self.base.present(block, *now, index, pick)]
        after = np.broadcast_to(pick(self.base.changed(later, found, counted)), index.shape)
        if self.mode == CHANGED and not same.any():
            return [after]
        before = self.base.present(block, *now, index, pick)
        after = np.where(same, before, after)
        return [after] if self.mode == CHANGED else [before, after]

    @property
    def parts(self):
        """Columns of each item and move."""
        return 2 if self.mode == DIFFERENCE else 1

    def add(self, land, watch, threads=None, progress=None, blocks=None):
        """Evaluate some land and add it to the sums.

        Parameters
        ----------
        land : Placed
        watch : Watch
        threads : number, 1
        progress : callable (done, text)
        blocks : table (tile, Block)
            Tiles whose layers were read before, a mapping that is filled.
        """
        columns = self.parts * len(self.columns)
        found = piece_sums(self.layers, land, columns, self.arrays, watch, threads, progress, blocks)
        self.sums = found if self.sums is None else PieceSums(*(a + b for a, b in zip(self.sums, found, strict=True)))
        if watch.unknown or watch.refuses:
            explain(self.layers, [parts[0] for parts in self._items], watch, threads)

    def put(self, land, outcome, chosen):
        """Put the sums of the chosen pieces into an outcome.

        Parameters
        ----------
        land : Placed
        outcome : Outcome
        chosen : vector (pieces), 1
            True or False.

        Returns
        -------
        PieceSums
        """
        sums, parts = self.sums, self.parts
        quantity, valid = sums.quantity[chosen], sums.valid[chosen]
        area = sums.area[chosen]
        total = area.sum(axis=1) if land.area is None else land.area[chosen]
        mid, at = {}, 0
        for place, key in self.columns:
            now, after = quantity[:, :, at], quantity[:, :, at + parts - 1]
            if key is None:
                mid[place] = now, after
                sign = after * 0.0 if parts == 1 else after
                self._put(outcome, chosen, place, now - sign, (valid[:, :, at], area, total))
            else:
                self._move(outcome, chosen, place, key, ((now, after), mid[place]))
            at += parts
        return sums

    def _put(self, outcome, chosen, place, quantity, given):
        valid, area, total = given
        (made, item), _, counted = self._items[place]
        idle = np.append(~made.scopes[item.code][: self.base.count], False)
        if self.mode == CHANGED:
            idle = np.full(len(idle), not counted)
        elif self.mode == DIFFERENCE:
            idle = idle & ((not counted) | (np.arange(len(idle)) == self.unchanged))
        outside = area[:, idle].sum(axis=1)
        used = valid[:, ~idle].sum(axis=1)
        outcome.put(chosen, place, quantity.sum(axis=1), (used, missing(total - outside - used, total), outside))

    def _move(self, outcome, chosen, place, key, quantities):
        base, other = self.moves[place][key]
        side = coefficients.SIDES.index(key[2])
        (now, after), (mid, mid_after) = quantities
        changes = {}
        if self.mode != CHANGED:
            changes = coefficients.per_row(base, now, mid, self.own)
        if self.mode != PRESENT:
            sign = -1.0 if self.mode == DIFFERENCE else 1.0
            for number, change in self._later(base, other, after, mid_after).items():
                changes[number] = changes.get(number, 0.0) + sign * change
        for number, change in changes.items():
            outcome.move(chosen, place, f"{number.parameter} {number.key} {number.source_id}", side, change)

    def _later(self, base, other, after, mid):
        """Changes of the changed state per coefficient; where the type is the present one it moves with the present."""
        kept = np.arange(after.shape[1]) == self.unchanged
        changes = {} if other is None else dict(coefficients.per_row(other, after * ~kept, mid * ~kept, self.state.position))
        if self.unchanged >= 0:
            own = coefficients.per_row(base, after * kept, mid * kept, self.own)
            for number, change in own.items():
                changes[number] = changes.get(number, 0.0) + change
        return changes


def missing(area, total):
    """Area that is left without a value, without the rounding of sums."""
    return np.where(area > 1e-6 * total, area, 0.0)
