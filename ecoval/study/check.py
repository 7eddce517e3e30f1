"""Findings about a study before it is run: files, CRS, kinds, measures, codes, statistics, numbers, time and memory."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecoval import totals
from ecoval.accounts.headline import is_additive
from ecoval.accounts.prices import Prices
from ecoval.classification import type_name
from ecoval.declarations import tables
from ecoval.errors import EcovalError, EcovalWarning
from ecoval.files import work_folder
from ecoval.findings import Finding, Location, finding, of_error, table
from ecoval.grid import Grid
from ecoval.guards import ACCEPTED
from ecoval.layers import opening, plausible, preparations, rain
from ecoval.layers.block import ServicePlan, out_of_range
from ecoval.layers.compute import Totals, compute, lacking_records, refuse_codes
from ecoval.layers.context import middle
from ecoval.layers.opened import Layers
from ecoval.layers.study_toml import Declaration
from ecoval.parameters import Parameters
from ecoval.services import SERVICES, Service, registry
from ecoval.study import foreseen
from ecoval.study.binding import bound, price_year, read_parameters, supply_of_set, unknown
from ecoval.study.judging import implausible_supply
from ecoval.study.notes import COOLING_DAYS, warn_of_evaporation, warn_of_gdp
from ecoval.study.year import DeclaredStudy
from ecoval.terms import Term, name, option_text, share_text

BYTES_PER_VALUE = 4
BUFFERS = 3  # arrays alive per layer and thread: read, derived, result
HEADROOM = 200 * 2**20  # libraries and the caches of GDAL


class Collector:
    """Findings in the order in which they were met."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.findings: list[Finding] = []
        self.year: int | None = None
        self._keys: set[object] = set()

    def add(self, level: str, part: str, where: object, code: str = "", /, **fields: object) -> None:
        """A finding of the message catalogue; without a code a fact, its text in the field `text`."""
        self._keep(finding(code, level, Location(part, path=str(where), year=self.year), **fields))

    def add_error(self, level: str, part: str, where: object, error: EcovalError | EcovalWarning) -> None:
        """What was raised or warned of; of a layer it stands there."""
        if error.fields.get("role") and part in ("study", "layers.landcover"):
            part = f"layers.{error.fields['role']}"
        self._keep(of_error(error, level, Location(part, path=str(where), year=self.year)))

    def _keep(self, each: Finding) -> None:
        key = (each.code, repr(each.fields), self.year)
        if each.level == "ok" or key not in self._keys:  # a file is looked at by itself and in the study
            self._keys.add(key)
            self.findings.append(replace(each, level="error") if self.strict and each.level == "warning" else each)

    @contextlib.contextmanager
    def tried(self, part: str, where: object) -> Iterator[None]:
        """Errors of the library inside become findings, and warnings too."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except EcovalError as error:
                self.add_error("error", part, where, error)
        for entry in caught:
            if isinstance(entry.message, EcovalWarning):
                self.add_error("warning", part, where, entry.message)

    @property
    def failed(self) -> bool:
        """Whether an error was met."""
        return any(each.level == "error" for each in self.findings)


@dataclass(frozen=True)
class TypeNames:
    """Codes of ecosystem types that are said with their names."""

    codes: tuple[int, ...]

    def in_language(self, lang: str = "en") -> str:
        """Codes and names in the language `en` or `zh`."""
        return ", ".join(f"{code} {type_name(code, lang)}" for code in self.codes)


@dataclass(frozen=True)
class NoteText:
    """A note of the run, in the words that it keeps."""

    en: str
    zh: str

    def in_language(self, lang: str = "en") -> str:
        """The note in the language `en` or `zh`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class ServiceNames:
    """The items of a service and the options that count, in words."""

    plan: ServicePlan

    def in_language(self, lang: str = "en") -> str:
        """Items and options in the language `en` or `zh`."""
        comma, stop = ("、", "；") if lang == "zh" else (", ", "; ")
        items = comma.join(name(item.code, lang) for item in self.plan.service.items)
        return stop.join((items, *(option_text(option, choice, lang) for option, choice in self.plan.counted.items())))


def findings(
    study: DeclaredStudy, years: Sequence[int], strict: bool = False, lang: str = "en", services: Sequence[Service] = ()
) -> pd.DataFrame:
    """Everything that can be known of a study without computing it.

    Parameters
    ----------
    years : vector (years), yr
    lang : choice {en, zh}

    Returns
    -------
    table (level, year, what, where, found, fix)
    """
    met = Collector(strict)
    declaration = study.declaration
    sections = ", ".join(f"[{table_name}]" for table_name in tables(Declaration) if table_name in study.content)
    met.add("ok", "study", declaration.path, text=sections)
    if declaration.region is None:
        met.add("warning", "study", declaration.path, "study_without_region")
    if declaration.price_year is None:
        met.add("warning", "study", declaration.path, "study_without_price_year", year=price_year(declaration))
    parameters = None
    with met.tried("parameters", declaration.path):
        parameters = read_parameters(declaration)
        for error in unknown(declaration, parameters, services):
            met.add_error("error", "study", declaration.path, error)
    sound = not met.failed
    for year in years:
        met.year = year
        _check_files(met, declaration, year)
        if parameters is not None and sound:
            _check_year(met, declaration, year, parameters, services)
    return table(met.findings, lang)


def _check_files(met: Collector, declaration: Declaration, year: int) -> None:
    land = {}
    entry: Any  # of a file, or of a kind that is made
    for entry in sorted(declaration.units, key=lambda entry: not opening.is_read(entry)):
        path = entry.path if opening.is_read(entry) else declaration.path
        with met.tried(f"units.{entry.unit_set}", path):
            if opening.is_read(entry):
                land[entry.unit_set] = units = opening.chosen_units(entry, opening.read_units(entry))
            elif len(land) < sum(map(opening.is_read, declaration.units)):
                continue  # a set that it may lie within cannot be read, which is said of that set
            else:
                units = opening.chosen_units(entry, opening.made_units(declaration, entry, land, year))
            met.add("ok", f"units.{entry.unit_set}", path, "units_read", number=len(units), crs=units.crs.name)
    for role, layer in declaration.layers.items():
        path = layer.path(year)
        with met.tried(f"layers.{role}", path):
            if not path.exists() and layer.subdataset is None and "://" not in layer.template:
                met.add("error", f"layers.{role}", path, "layer_file_missing", role=role, path=str(path))
    for table_name, entry in declaration.statistics.items():
        if not entry.path(year).exists():
            fields = {"name": table_name, "path": str(entry.path(year))}
            met.add("error", f"statistics.{table_name}", entry.path(year), "statistics_file_missing", **fields)


def _check_year(met: Collector, declaration: Declaration, year: int, parameters: Parameters, services: Sequence[Service]) -> None:
    with work_folder() as work:

        def opened() -> Layers:
            return opening.open_layers(declaration, year, parameters, registry(), work, services, prepare=False)

        layers, priced = bound(declaration, opened, met.tried)
        if layers is None:
            return
        for unit_set, units in layers.sets.items():
            if len(units) > 1 and not is_additive(units.frame):
                met.add("note", f"units.{unit_set}", declaration.path, "total_overlapping")
        _check_layers(met, layers)
        _check_services(met, layers)
        if priced is not None:
            _check_prices(met, layers, priced)
        areas: list[np.ndarray] = []
        with met.tried("layers.landcover", layers.described["landcover"]):
            _check_landcover(met, layers, areas)
        if areas and priced is not None:
            with met.tried("results", declaration.path):
                _check_indicators(met, layers, priced, areas[0], services)
        with met.tried("layers.landcover", layers.described["landcover"]):
            _check_cells(met, layers, priced)
        sample = opening.sample_of(layers)
        with met.tried("layers", declaration.path):
            for each in plausible.implausible(sample):
                met.add(each.verdict.level, each.part, each.where, each.verdict.code, **each.verdict.fields)
        with met.tried("layers", declaration.path):
            _check_gaps(met, layers, sample)
        with met.tried("layers.soil_sand", layers.described.get("soil_sand", "-")):
            plausible.check_texture(sample)
        with met.tried("layers.water_evaporation", layers.described.get("water_evaporation", "-")):
            warn_of_evaporation(layers)
        with met.tried("statistics", declaration.path):
            warn_of_gdp(layers, price_year(declaration))


def _check_layers(met: Collector, layers: Layers) -> None:
    """Location, measure and sampled values of each layer that the run reads, and of those that others are made from."""
    declared = layers.declaration.layers
    for role in sorted(layers.prepared_from - set(layers.readers)):
        with met.tried(f"layers.{role}", declared[role].template):
            wanted = preparations.INPUTS[role]
            if declared[role].path(layers.year).suffix.lower() not in rain.TABLE_ENDINGS:
                opening.open_role(layers, role, wanted)
    aligned: Any
    for role, aligned in layers.readers.items():
        if role not in declared:
            continue  # made, of a few cells
        with met.tried(f"layers.{role}", layers.described[role]):
            sample = aligned.source.sample()
            missing = share_text(sample["missing"])
            fields = {"uom": layers.measures[role], "low": sample["minimum"], "high": sample["maximum"], "missing": missing}
            method = Term(f"method {aligned.method}")
            met.add("ok", f"layers.{role}", layers.described[role], "layer_sampled", **fields, method=method)
            _check_sample(met, layers, role, sample)
    used = {*layers.readers, *layers.tables, *layers.prepared_from}
    if "water_evaporation" in used:
        used.add(COOLING_DAYS.role)  # to judge the evaporation by
    for role in declared:
        if role not in used:
            where, readers = declared[role].template, opening.left_out_readers(layers, role)
            if readers:
                met.add("warning", f"layers.{role}", where, "layer_of_left_out", role=role, items=[Term(each) for each in readers])
            else:
                met.add("warning", f"layers.{role}", where, "layer_not_used", role=role)


def _check_sample(met: Collector, layers: Layers, role: str, sample: dict[str, float]) -> None:
    if role not in layers.bounds or not np.isfinite(sample["maximum"]):
        return
    low, high = layers.bounds[role]
    where, uom = layers.described[role], layers.measures[role]
    extremes = sample["minimum"], sample["maximum"]
    if extremes[0] < low or extremes[1] > high:
        met.add_error("error", f"layers.{role}", where, out_of_range(role, where, extremes, (low, high), uom))
    elif high == 100.0 and uom == "%" and extremes[1] <= 1.0:
        fields = {"role": role, "path": where, "largest": extremes[1], "high": high, "uom": uom}
        met.add("warning", f"layers.{role}", where, "layer_fraction_for_percent", **fields)


def _check_services(met: Collector, layers: Layers) -> None:
    for made in layers.plans:
        met.add("ok", f"services.{made.service.code}", "-", text=ServiceNames(made))
    for note in layers.notes:
        if note.get("code") == "scope_changed":
            met.add("note", "services.scope", layers.declaration.services.scope, text=NoteText(note["en"], note["zh"]))
    for key, reason in layers.left_out.items():
        met.add_error("warning", f"services.{key}", "-", reason)


def _check_cells(met: Collector, layers: Layers, priced: Prices | None) -> None:
    """What a run would refuse of the cells in the middle of the grid, by the pass itself over them, and what it would judge."""
    part = middle(layers.grid)
    if layers.parted is not None and part != layers.grid:
        return
    sampled = replace(layers.apart(), grid=part)
    sums = compute(sampled, threads=1)
    path = layers.declaration.path
    if priced is not None:
        for each in _implausible_sample(sampled, sums, priced):
            fields = {name: field for name, field in each.verdict.fields.items() if name in ("what", "found", "expected", "cause")}
            met.add("warning", each.part, each.where, "implausible_sample", cells=part.rows * part.cols, **fields)
    met.add("ok", "results", path, "results_judged_in_run", cells=part.rows * part.cols)


def _implausible_sample(sampled: Layers, sums: Totals, priced: Prices) -> list[plausible.Remark]:
    """Results of some cells outside the limits of their guards, as far as the study does not accept them.

    Tables give whole units, of which the cells are a part: their items are left aside.
    """
    parts = [supply_of_set(sampled, sums, unit_set, priced, tables=False) for unit_set in sampled.sets]
    supply, extent = (pd.concat([part[place] for part in parts], ignore_index=True) for place in range(2))
    return [each for each in implausible_supply(sampled, supply, extent) if each.verdict.level != ACCEPTED]


def _check_prices(met: Collector, layers: Layers, priced: Prices) -> None:
    for key, entry in priced.record.items():
        if entry["price"] is None:
            met.add("warning", f"prices.{key}", layers.declaration.path, entry["code"], **entry["fields"])


def _check_indicators(met: Collector, layers: Layers, priced: Prices, areas: np.ndarray, services: Sequence[Service]) -> None:
    """What units will lack of the indicators of the standard, were the layers whole."""
    where = layers.declaration.path
    for unit_set, lacking in foreseen.lacks(layers, priced, areas, (*SERVICES, *services)).items():
        units = len({unit for each in lacking for unit in each.units})
        fields = {"unit_set": unit_set, "number": len(layers.sets[unit_set]), "units": units, "lacking": lacking}
        met.add("warning", f"units.{unit_set}", where, "indicators_will_be_missing", **fields)


def _check_gaps(met: Collector, layers: Layers, sample: plausible.Sample) -> None:
    """Land in the windows of the sample that a layer, or an item, leaves without data."""
    limit = layers.declaration.checks.missing_share
    for lacking, share in foreseen.gaps(sample):
        if share > limit:
            part, code = ("services", "item_missing_on_land") if ":" in lacking else ("layers", "layer_missing_on_land")
            fields = {"name": Term(lacking), "share": share_text(share), "limit": share_text(limit)}
            met.add("warning", f"{part}.{lacking}", layers.described.get(lacking, "-"), code, **fields)


def _check_landcover(met: Collector, layers: Layers, areas: list[np.ndarray]) -> None:
    """Codes, types and areas inside the units, types without a number, time and memory; `areas` gets those by unit and type."""
    begin = time.perf_counter()
    unknown: dict[int, int] = {}
    cover: Any = layers.readers["landcover"]

    def read(tile: Grid) -> totals.Block:
        index, missing = layers.lookup.index(cover.read(tile))
        for code, count in missing.items():
            unknown[code] = unknown.get(code, 0) + count
        return totals.Block(types=index, quantities=[])

    sums = totals.accumulate(layers.grid, layers.units, read, np.zeros((layers.lookup.missing, 0), dtype=bool), threads=1)
    by_unit = np.asarray(sums.area, dtype=np.float64).copy()
    by_unit[:, -1] += np.asarray(sums.outside)
    areas.append(by_unit)
    area = by_unit.sum(axis=0)
    counts = {layers.lookup.types[place]: area[place] for place in np.flatnonzero(area[:-1])}
    where = layers.described["landcover"]
    met.add("ok", "layers.landcover", where, text=TypeNames(tuple(counts)))
    for code, fields in lacking_records(layers.plans, layers.lookup.types, area):
        met.add("warning", f"services.{fields['service']}", where, code, **fields)
    _estimate(met, layers, time.perf_counter() - begin)
    if unknown:
        refuse_codes(layers, unknown, threads=1)


def _estimate(met: Collector, layers: Layers, seconds: float) -> None:
    """Time from the scan of one layer; memory from the tiles in flight."""
    declared = layers.declaration.layers
    read = opening.wanted_inputs(layers).keys() & layers.readers.keys()
    bands = sum(len(getattr(layers.readers[role], "bands", (1,))) for role in read)
    items = sum(item.form != "table" for made in layers.plans for item in made.service.items)
    threads = os.cpu_count() or 1
    tile = min(layers.grid.rows, 512) * min(layers.grid.cols, 512) * BYTES_PER_VALUE
    memory = HEADROOM + threads * tile * (BUFFERS * bands + items)
    made_of = {role for entry in preparations.PREPARATIONS for role in entry.roles} & set(declared)
    if "dem" in made_of:
        memory += 5 * layers.grid.rows * layers.grid.cols * BYTES_PER_VALUE
    expected = 3.0 + seconds * (bands + items) / threads
    fields = {"seconds": round(expected), "memory": round(memory / 2**20), "cells": layers.grid.rows * layers.grid.cols}
    met.add("ok", "estimate", Path(layers.declaration.path).name, "run_estimate", **fields)
