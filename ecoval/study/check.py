"""Findings about a study before it is run: files, CRS, kinds, measures, codes, statistics, numbers, time and memory."""

import contextlib
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from ecoval import totals
from ecoval.classification import type_name
from ecoval.declarations import tables
from ecoval.errors import EcovalError, EcovalWarning, message
from ecoval.files import work_folder
from ecoval.layers import opening, preparations
from ecoval.layers.compute import lacking_types
from ecoval.layers.declaration import Declaration
from ecoval.report.notes import parted
from ecoval.services import SERVICES
from ecoval.study.notes import COOLING_DAYS, warn_of_evaporation
from ecoval.study.pricing import price_table
from ecoval.study.run import price_year, study_parameters

COLUMNS = ("level", "year", "what", "where", "found", "fix")
LEVELS = ("error", "warning", "ok")
BYTES_PER_VALUE = 4
BUFFERS = 3  # arrays alive per layer and thread: read, derived, result
HEADROOM = 200 * 2**20  # libraries and the caches of GDAL


class Findings:
    """Rows of the table, in the order in which they were found."""

    def __init__(self, lang, strict):
        self.lang = lang
        self.strict = strict
        self.rows = []
        self.year = ""

    def add(self, level, what, where, text):
        """One finding; the last sentence of an error or warning says what to do."""
        level = "error" if level == "warning" and self.strict else level
        found, fix = (text, "") if level == "ok" else parted(text, self.lang)
        self.rows.append((level, str(self.year), what, str(where), found, fix))

    def coded(self, level, what, where, code, **fields):
        """One finding of the message catalogue."""
        self.add(level, what, where, message(code, fields, self.lang))

    @contextlib.contextmanager
    def tried(self, what, where):
        """Errors of the library inside become findings, and warnings too."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except EcovalError as error:
                self.add("error", what, where, error.message(self.lang))
        for entry in caught:
            if isinstance(entry.message, EcovalWarning):
                self.add("warning", what, where, entry.message.message(self.lang))

    @property
    def failed(self):
        """Whether an error was found."""
        return any(row[0] == "error" for row in self.rows)

    def table(self):
        """The findings, errors first."""
        table = pd.DataFrame(self.rows, columns=list(COLUMNS))
        order = table["level"].map(LEVELS.index)
        return table.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def findings(study, years, strict=False, lang="en", services=()):
    """Everything that can be known of a study without computing it.

    Parameters
    ----------
    study : Study
    years : vector (years), yr
    strict : choice {True, False}
    lang : choice {en, zh}
    services : vector (services), 1

    Returns
    -------
    table (level, year, what, where, found, fix)
    """
    noted = Findings(lang, strict)
    declaration = study.declaration
    noted.add("ok", "study", declaration.path, ", ".join(f"[{table}]" for table in tables(Declaration) if table in study.content))
    if declaration.region is None:
        noted.coded("warning", "study", declaration.path, "study_without_region")
    if declaration.price_year is None:
        noted.coded("warning", "study", declaration.path, "study_without_price_year", year=price_year(declaration))
    parameters = None
    with noted.tried("parameters", declaration.path):
        parameters = study_parameters(declaration)
    for year in years:
        noted.year = year
        _check_files(noted, declaration, year)
        if parameters is not None and not noted.failed:
            _check_year(noted, declaration, year, parameters, services)
    return noted.table()


def _check_files(noted, declaration, year):
    for entry in declaration.units:
        with noted.tried(f"units.{entry.unit_set}", entry.path):
            units = opening.chosen_units(entry, opening.read_units(entry))
            noted.add("ok", f"units.{entry.unit_set}", entry.path, f"{len(units)} units, {units.crs.name}")
    for role, layer in declaration.layers.items():
        path = layer.path(year)
        with noted.tried(f"layers.{role}", path):
            if not path.exists() and layer.subdataset is None and "://" not in layer.template:
                noted.coded("error", f"layers.{role}", path, "layer_file_missing", role=role, path=str(path))
    for name, entry in declaration.statistics.items():
        if not entry.path(year).exists():
            fields = {"name": name, "path": str(entry.path(year))}
            noted.coded("error", f"statistics.{name}", entry.path(year), "statistics_file_missing", **fields)


def _check_year(noted, declaration, year, parameters, services):
    registry = {service.code: service for service in SERVICES}
    layers = None
    with work_folder() as work, noted.tried("study", declaration.path):
        layers = opening.open_layers(declaration, year, parameters, registry, work, services, prepare=False)
    if layers is None:
        return
    _check_layers(noted, layers)
    _check_services(noted, layers)
    with noted.tried("prices", declaration.path):
        _check_prices(noted, layers)
    with noted.tried("layers.landcover", layers.described["landcover"]):
        _check_landcover(noted, layers)
    with noted.tried("layers.water_evaporation", layers.described.get("water_evaporation", "-")):
        warn_of_evaporation(layers)


def _check_layers(noted, layers):
    """Place, measure and sampled values of each layer that the run reads, and of those that others are made from."""
    declared = layers.declaration.layers
    for role in sorted(layers.prepared_from - set(layers.readers)):
        with noted.tried(f"layers.{role}", declared[role].template):
            wanted = preparations.INPUTS[role]
            if declared[role].path(layers.year).suffix.lower() not in preparations.rain.TABLE_ENDINGS:
                opening.open_role(layers, role, wanted)
    for role, aligned in layers.readers.items():
        with noted.tried(f"layers.{role}", layers.described[role]):
            sample = aligned.source.sample()
            text = f"{layers.measures[role]}: {sample['minimum']:.6g} - {sample['maximum']:.6g}, {sample['missing']:.1%} missing; "
            noted.add("ok", f"layers.{role}", layers.described[role], text + aligned.method)
            _check_sample(noted, layers, role, sample)
    used = {*layers.readers, *layers.tables, *layers.prepared_from}
    if "water_evaporation" in used:
        used.add(COOLING_DAYS.role)  # to judge the evaporation by
    for role in declared:
        if role not in used:
            noted.coded("warning", f"layers.{role}", declared[role].template, "layer_not_used", role=role)


def _check_sample(noted, layers, role, sample):
    if role not in layers.bounds or not np.isfinite(sample["maximum"]):
        return
    low, high = layers.bounds[role]
    where, uom = layers.described[role], layers.measures[role] or "1"
    fields = {"role": role, "path": where, "smallest": sample["minimum"], "largest": sample["maximum"]}
    fields |= {"low": low, "high": high, "uom": uom}
    if sample["minimum"] < low or sample["maximum"] > high:
        code = "layer_percent_for_fraction" if high == 1.0 and 1 < sample["maximum"] <= 100 else "layer_sample_out_of_range"
        noted.coded("error", f"layers.{role}", where, code, **fields, cells="sampled")
    elif high == 100.0 and uom == "%" and sample["maximum"] <= 1.0:
        noted.coded("warning", f"layers.{role}", where, "layer_fraction_for_percent", **fields)


def _check_services(noted, layers):
    for made in layers.plans:
        items = ", ".join(item.code for item in made.service.items)
        noted.add("ok", f"services.{made.service.code}", "-", f"{items}; {made.service.options_text(made.options)}")
    for key, reason in layers.left_out.items():
        noted.add("warning", f"services.{key}", "-", reason.message(noted.lang))


def _check_prices(noted, layers):
    priced = price_table(layers, price_year(layers.declaration))
    for key, entry in priced.record.items():
        if entry["price"] is None:
            noted.add("warning", f"prices.{key}", layers.declaration.path, entry[noted.lang])


def _check_landcover(noted, layers):
    """Codes, types and areas inside the units, types without a number, time and memory."""
    begin = time.perf_counter()
    unknown = {}

    def read(tile):
        index, missing = layers.lookup.index(layers.readers["landcover"].read(tile))
        for code, count in missing.items():
            unknown[code] = unknown.get(code, 0) + count
        return totals.Block(types=index, quantities=[])

    sums = totals.accumulate(layers.grid, layers.units, read, np.zeros((layers.lookup.missing, 0), dtype=bool), threads=1)
    area = np.asarray(sums.area).sum(axis=0)
    counts = {layers.lookup.types[place]: area[place] for place in np.flatnonzero(area[:-1])}
    where = layers.described["landcover"]
    named = ", ".join(f"{code} {type_name(code, noted.lang)}" for code in counts)
    noted.add("ok", "layers.landcover", where, named)
    if unknown:
        fields = {"path": where, "codes": [f"{code} ({count} cells)" for code, count in sorted(unknown.items())]}
        noted.coded("error", "layers.landcover", where, "landcover_codes_listed", **fields, table=layers.classes_table)
    items = [(made, item) for made in layers.plans for item in made.service.items]
    for place, lacks in lacking_types(items).items():
        if area[place] > 0:
            for service, parameter in sorted(lacks):
                types = [f"{layers.lookup.types[place]} ({area[place] / 1e4:.4g} ha)"]
                fields = {"service": service, "types": types, "parameters": [parameter]}
                noted.coded("error", f"services.{service}", where, "types_without_parameter", **fields)
    _estimate(noted, layers, time.perf_counter() - begin)


def _estimate(noted, layers, seconds):
    """Time from the scan of one layer; memory from the tiles in flight."""
    bands = sum(len(reader.bands) if hasattr(reader, "bands") else 1 for reader in layers.readers.values())
    items = sum(item.form != "table" for made in layers.plans for item in made.service.items)
    threads = os.cpu_count() or 1
    tile = min(layers.grid.rows, 512) * min(layers.grid.cols, 512) * BYTES_PER_VALUE
    memory = HEADROOM + threads * tile * (BUFFERS * bands + items)
    made_of = {role for entry in preparations.PREPARATIONS for role in entry.roles} & set(layers.declaration.layers)
    if "dem" in made_of:
        memory += 5 * layers.grid.rows * layers.grid.cols * BYTES_PER_VALUE
    expected = 3.0 + seconds * (bands + items) / threads
    fields = {"seconds": round(expected), "memory": round(memory / 2**20), "cells": layers.grid.rows * layers.grid.cols}
    noted.coded("ok", "estimate", Path(layers.declaration.path).name, "run_estimate", **fields)
