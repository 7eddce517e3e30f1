"""A study opened for an assessment: what pieces of land give now, and what they would give as another ecosystem type.

The present is the study itself on the cells of the pieces. A changed state is the same models run again there with the other type
(`ecoval.offset.loss.changed`). A difference is taken where both are known: a place that gives none of a service counts as 0, one
where something is missing is missing area and enters neither side.
"""

import threading
import weakref
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ecoval import classification
from ecoval.classification import UNKNOWN
from ecoval.errors import InputError
from ecoval.files import work_folder
from ecoval.findings import note_record
from ecoval.layers.block import Watch
from ecoval.layers.compute import density_measure, total_measure
from ecoval.offset.loss import coefficients
from ecoval.offset.loss.changed import Changed, Land
from ecoval.offset.loss.evaluation import CHANGED, DIFFERENCE, PRESENT, Entry, Evaluation, missing
from ecoval.offset.loss.outcome import ITEM_COLUMNS, Outcome
from ecoval.offset.loss.pieces import piece_sums, placed
from ecoval.offset.loss.products import has_tables, type_densities
from ecoval.services import registry as services_by_code
from ecoval.study.binding import bind, study_parameters
from ecoval.study.study import Study

KEPT = 8  # placings of pieces that are remembered
CELLS_HELD = 4_000_000  # of tiles whose layers stay in memory while several changed states use them


class States:
    """A study of one year, opened; see `States.open`.

    Parameters
    ----------
    layers : Layers
    registry : table (code, service)
    priced : Prices
    work : text
        Folder for layers that have to be made.
    threads : number, 1
    """

    def __init__(self, layers, registry, priced, work, threads=None):
        self.layers, self.priced, self.work, self.threads = layers, priced, work, threads
        self.registry = registry
        self.notes = []
        self._changed, self._placed, self._lock = {}, {}, threading.RLock()
        self._noted = set()
        self.entries = [
            Entry(service_name(registry[made.service.code], item), made.service.code, item.code, place)
            for place, made in enumerate(layers.plans)
            for item in made.service.items
            if item.form != "table" and not item.diagnostic
        ]

    @classmethod
    def open(cls, study, year=None, work=None, progress=None, services=(), threads=None):
        """Open a study of one year.

        Parameters
        ----------
        study : Study
            Or the path of its study.toml.
        year : number, yr
            Default: the last one.
        work : text
            Folder for prepared layers; default: a folder that lives as long as the result.
        progress : callable (done, text)
        services : vector (services), 1
            Services that the user declares.
        threads : number, 1

        Returns
        -------
        States
        """
        study = study if isinstance(study, Study) else Study.read(study)
        year = study.years[-1] if year is None else year
        if year not in study.years:
            raise InputError("study_year_unknown", path=str(study.path), year=year, years=list(study.years))
        if work is not None:
            return cls._opened(study, year, Path(work), progress, services, threads)
        own = work_folder()
        try:
            states = cls._opened(study, year, Path(own.name), progress, services, threads)
        except BaseException:
            own.cleanup()
            raise
        weakref.finalize(states, own.cleanup)
        return states

    @classmethod
    def _opened(cls, study, year, work, progress, services, threads):
        """The study's layers and prices in a folder that is there."""
        parameters = study_parameters(study.declaration, services)
        layers, priced = bind(study.declaration, year, parameters, services, work, progress=progress)
        every = services_by_code() | {service.code: service for service in services}
        return cls(layers, every, priced, work, threads)

    @property
    def crs(self):
        """CRS of the grid."""
        return self.layers.grid.crs

    @property
    def grid(self):
        """Grid of the study."""
        return self.layers.grid

    @cached_property
    def land(self):
        """Areas and mean vegetation of the study's types, from one pass."""
        with self._lock:
            return Land.of(self.layers, self.threads)

    @cached_property
    def items(self):
        """Services that are assessed: table (service, code, item, uom, density_uom, price, price_uom, price_year, status)."""
        known = self.priced.items.set_index(["service", "item"])
        rows = []
        for entry in self.entries:
            made = self.layers.plans[entry.place]
            item = next(item for item in made.service.items if item.code == entry.item)
            total = total_measure(item.measure)
            row = {"service": entry.service, "code": entry.code, "item": entry.item, "uom": total}
            priced = known.loc[(entry.code, entry.item)][["price", "price_uom", "price_year", "status"]].to_dict()
            rows.append(row | {"density_uom": density_measure(item.measure)} | priced)
        products, _ = self._products
        whole = pd.concat([pd.DataFrame(rows, columns=list(ITEM_COLUMNS)), products], ignore_index=True) if len(products) else None
        return pd.DataFrame(rows, columns=list(ITEM_COLUMNS)) if whole is None else whole[list(ITEM_COLUMNS)]

    @cached_property
    def _products(self):
        """Items and densities of services from tables."""
        if not has_tables(self.layers):
            return pd.DataFrame(), {}
        items, densities, absent = type_densities(self.layers, self.land, self.priced)
        if absent:
            self._note("offset_not_assessed", services=absent)
        return items.assign(density_uom=[f"{uom.removesuffix(' yr-1')} ha-1 yr-1" for uom in items["uom"]]), densities

    def flows(self, pieces, kinds=None, ranges=False, threads=None, progress=None):
        """Yearly quantities of pieces, as they are or with another ecosystem type each.

        Parameters
        ----------
        pieces : table (geometry)
            GeoDataFrame in any CRS; pieces may overlap.
        kinds : vector (pieces), 1
            Code of an ecosystem type per piece, or one for all; None for the present.
        ranges : choice {True, False}
            Lowest and highest quantity by the ranges of the coefficients.
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        table (piece, service, quantity, quantity_low, quantity_high, uom, valid_area, missing_area, out_of_scope_area)
        """
        return self.outcome(pieces, kinds, ranges, PRESENT if kinds is None else CHANGED, threads, progress).table()

    def differences(self, pieces, kinds, ranges=False, threads=None, progress=None):
        """What pieces give less per year with another ecosystem type than now; coefficients move both states alike.

        Parameters
        ----------
        pieces : table (geometry)
        kinds : vector (pieces), 1
        ranges : choice {True, False}
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        table (piece, service, quantity, quantity_low, quantity_high, uom, valid_area, missing_area, out_of_scope_area)
            Positive where the change is a loss.
        """
        return self.outcome(pieces, kinds, ranges, DIFFERENCE, threads, progress).table()

    def outcome(self, pieces, kinds=None, ranges=False, mode=DIFFERENCE, threads=None, progress=None):
        """As `flows` and `differences`, with the moves of each coefficient, for sums over groups of pieces.

        Parameters
        ----------
        pieces : table (geometry)
        kinds : vector (pieces), 1
        ranges : choice {True, False}
        mode : choice {present, changed, difference}
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Outcome
        """
        threads = threads or self.threads
        land = self._on_grid(pieces, threads)
        _, densities = self._products
        names = [*(entry.service for entry in self.entries), *densities]
        uoms = self.items.set_index("service")["uom"].reindex(names).tolist()
        result = Outcome.empty(names, uoms, len(pieces))
        wanted = per_piece(kinds, len(pieces))
        every = [None] if wanted is None else list(dict.fromkeys(wanted.tolist()))
        states = [None if kind is None else self.changed(kind) for kind in every]
        chosen = [np.ones(len(pieces), dtype=bool) if kind is None else wanted == kind for kind in every]
        evaluations = [Evaluation(self.layers, self.entries, mode, state, ranges) for state in states]
        _evaluate(evaluations, land, chosen, threads, progress)
        for evaluation, state, some in zip(evaluations, states, chosen, strict=True):
            sums = evaluation.put(land, result, some)
            self._put_products(result, densities, state, mode, (some, sums.area[some], land.area[some]))
            if mode != CHANGED:
                self._note_lacking(sums.area[some])
        return result

    def _put_products(self, result, densities, state, mode, given):
        chosen, area, total = given
        typed = area[:, :-1]
        for column, vector in enumerate(densities.values(), start=len(self.entries)):
            held = ~np.isnan(vector)
            now = (typed * np.where(held, vector, 0.0)).sum(axis=1) / 1e4
            later, later_held = 0.0, False
            if state is not None and state.known and held[state.position]:
                later, later_held = vector[state.position] / 1e4, True
            whole = total if mode == CHANGED else typed.sum(axis=1)
            quantity = {PRESENT: now, CHANGED: later * total, DIFFERENCE: now - later * whole}[mode]
            used = whole if later_held else typed[:, held].sum(axis=1) * (mode != CHANGED)
            outside = whole - used
            result.put(chosen, column, quantity, (used, missing(total - used - outside, total), outside))

    def kinds(self, pieces, threads=None):
        """Ecosystem types of pieces by exact overlay.

        Parameters
        ----------
        pieces : table (geometry)
        threads : number, 1

        Returns
        -------
        table (piece, ecosystem_type, area, missing)
            Areas in m2; `missing` is the area of the piece without a known type, in each of its rows. A piece without any type has
            one row of type 0.
        """
        land = self._on_grid(pieces, threads or self.threads)
        sums = piece_sums(self.layers, land, 0, lambda *_: [], Watch(), threads or self.threads)
        typed = sums.area[:, :-1]
        lost = missing(land.area - typed.sum(axis=1), land.area)
        piece, kind = np.nonzero(typed > 0)
        codes = np.array([*self.layers.lookup.types, 0], dtype=np.int64)
        without = np.setdiff1d(np.arange(len(pieces)), piece)
        piece, kind = np.append(piece, without), np.append(kind, np.full(len(without), len(codes) - 1))
        order = np.lexsort((kind, piece))
        piece, kind = piece[order], kind[order]
        area = np.where(kind < len(codes) - 1, typed[piece, np.minimum(kind, typed.shape[1] - 1)], 0.0)
        return pd.DataFrame({"piece": piece, "ecosystem_type": codes[kind], "area": area, "missing": lost[piece]})

    def changed(self, kind):
        """The services for one ecosystem type, opened once.

        Parameters
        ----------
        kind : number, 1

        Returns
        -------
        Changed
        """
        code = classification.ecosystem_type(kind).code
        with self._lock:
            if code not in self._changed:
                state = Changed(self.layers, self.registry, code, lambda: self.land, self.work)
                lacking = state.look(self.entries)
                if lacking:
                    roles, services = sorted({role for _, role in lacking}), sorted({service for service, _ in lacking})
                    self._note("offset_vegetation_unknown", kind=code, roles=roles, services=services)
                self._note_numbers(state, code)
                self._changed[code] = state
        return self._changed[code]

    def _note_numbers(self, state, code):
        counted = [entry for entry in self.entries if state.counted(entry.place, entry.item, entry.code)]
        items = {entry.service: state.item(entry.place, entry.item) for entry in counted}
        lacks = [entry.service for entry in counted if _lacks(items[entry.service], entry.item, state.position)]
        around = [name for name, found in items.items() if found is not None and found[1].form == "halo"]
        if lacks:
            self._note("offset_parameter_missing", kind=code, services=lacks)
        if around:
            self._note("offset_neighbours_needed", services=around)
        self._note_unknown(code, self.entries)

    def _note_unknown(self, code, entries):
        """Say of which services nobody knows what a type gives: it stands in a difference as if it gave none."""
        rows = self.layers.scope_rows
        services = [entry.service for entry in entries if classification.gives(entry.code, [code], rows, entry.item) == [UNKNOWN]]
        if services:
            self._note("offset_scope_unknown", kind=code, services=services)

    def _note_lacking(self, area):
        """Say which types of the pieces lack a number now."""
        for entry in self.entries:
            places = self.layers.plans[entry.place].lacking.get(entry.item, {})
            for place in places:
                if area[:, place].sum() > 0:
                    self._note("offset_parameter_missing", kind=self.layers.lookup.types[place], services=[entry.service])
        for place in np.flatnonzero(area[:, :-1].sum(axis=0) > 0):
            self._note_unknown(self.layers.lookup.types[place], self.entries)

    def _note(self, code, **fields):
        entry = note_record(code, **fields)
        if entry["en"] not in self._noted:
            self._noted.add(entry["en"])
            self.notes.append(entry)

    @property
    def without_range(self):
        """Coefficients that enter with their value alone: table (service, parameter, key, value, uom, source_id)."""
        present = set(self.layers.lookup.types)
        rows = []
        for place, made in enumerate(self.layers.plans):
            names = {entry.item for entry in self.entries if entry.place == place}
            items = [item for item in made.service.items if item.code in names]
            rows += coefficients.without_range(made, items, self.layers.lookup.types, present)
        names = ("service", "parameter", "key", "value", "uom", "source_id")
        rows += [{name: getattr(row, name) for name in names} for row in dict.fromkeys(self.layers.rows)]
        return pd.DataFrame(rows, columns=list(names)).drop_duplicates(ignore_index=True)

    def _on_grid(self, pieces, threads):
        """Pieces on the grid; the last few are remembered."""
        key = (str(pieces.crs), pieces.geometry.to_wkb().map(hash).sum(), len(pieces), tuple(pieces.total_bounds))
        with self._lock:
            if key not in self._placed:
                while len(self._placed) >= KEPT:
                    self._placed.pop(next(iter(self._placed)))
                self._placed[key] = placed(self.layers, pieces, threads)
            return self._placed[key]


def service_name(service, item):
    """Name of an item in the tables of an assessment: that of its service, with the item behind it where there are several.

    Parameters
    ----------
    service : Service
        As declared, before options.
    item : Item

    Returns
    -------
    text
    """
    counted = {entry.code for entry in service.items if not entry.diagnostic}
    return service.code if len(counted) == 1 else f"{service.code}:{item.code}"


def per_piece(kinds, count):
    """Codes of ecosystem types as one per piece; None stays None."""
    if kinds is None:
        return None
    kinds = np.asarray(kinds)
    if kinds.ndim and len(kinds) != count:
        raise InputError("offset_kinds_count", found=len(kinds), expected=count)
    return np.broadcast_to(kinds.astype(np.int64), (count,))


def _lacks(found, item, position):
    """Whether an item has no number for a type."""
    return found is None or bool(found[0].lacking.get(item, {}).get(position))


def _evaluate(evaluations, land, chosen, threads, progress):
    """Evaluate the pieces of each changed state; with several of them layers are read once, some tiles at a time."""
    watch = Watch()
    if len(evaluations) == 1 or land.parted is not None:
        steps = [(evaluation, land.only(some), None) for evaluation, some in zip(evaluations, chosen, strict=True)]
    else:
        steps = _in_turns(evaluations, land, chosen)
    total = len(evaluations) * (1 if land.parted is not None else max(1, sum(1 for _ in land.chunks(CELLS_HELD))))
    for number, (evaluation, part, blocks) in enumerate(steps):
        evaluation.add(part, watch, threads, _within(progress, number / total, 1 / total), blocks)


def _in_turns(evaluations, land, chosen):
    stretches = list(land.chunks(CELLS_HELD)) or [land]
    for stretch in stretches:
        blocks = {}
        for evaluation, some in zip(evaluations, chosen, strict=True):
            yield evaluation, stretch.of(some), blocks


def _within(progress, start, share):
    if progress is None:
        return None
    return lambda done, text="": progress(min(start + share * done, 1.0), text)
