"""One year of a study from declaration to tables, with its record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from ecoval import file_versions
from ecoval.accounts import gep_account, indicator_account
from ecoval.accounts.grounds import grounds_of
from ecoval.accounts.headline import headline, is_additive, worded
from ecoval.accounts.identities import check_identities
from ecoval.accounts.indicators import Grounds
from ecoval.accounts.prices import Prices, price_notes
from ecoval.constants import MISSING_TYPE
from ecoval.errors import Cancelled, InputError
from ecoval.files import work_folder
from ecoval.layers.compute import Totals, tell_of_lacking
from ecoval.layers.kept import Store
from ecoval.layers.opened import Layers
from ecoval.layers.plausible import settle
from ecoval.layers.study_toml import Declaration
from ecoval.runs import Run, RunFolder, open_run
from ecoval.runs.fingerprints import recipes
from ecoval.runs.record import error_record, versions
from ecoval.services import SERVICES, Service
from ecoval.sourced import Number
from ecoval.study import outputs
from ecoval.study.binding import bind, price_year, study_parameters, supply_of_set
from ecoval.study.judging import implausible_results
from ecoval.study.notes import ls_rows, variant_notes, variant_rows, warn_of_evaporation, warn_of_gdp, warn_of_shares
from ecoval.study.year import DeclaredStudy, YearAccount
from ecoval.totals.blocks import Progress

REPORTS = ("html", "xlsx")
PASS_SHARE = (0.1, 0.9)  # of the progress bar: opening and preparations, the pass, tables and files


def run_year(
    study: DeclaredStudy,
    year: int,
    folder: Path | None,
    threads: int | None,
    progress: Progress,
    strict: bool,
    overwrite: bool,
    services: Sequence[Service],
    maps: Collection[str],
    lang: str,
    kept: Store,
    reports: Collection[str] = REPORTS,
) -> YearAccount:
    """Compute one year; write its run folder where one is wanted.

    Parameters
    ----------
    maps : choice {services, factors}
    lang : choice {en, zh}
    reports : choice {html, xlsx}
    """
    record = first_record(study, year, threads, maps, services)
    try:
        with open_run(folder, record, overwrite) as run, work_folder() as work:
            made = _computed(study, year, run, work, (threads, progress, kept), strict, services)
            record["warnings"] = run.warnings()
            record["inputs"] = [{"role": role, "path": str(path)} for role, path in recorded_inputs(study.declaration, made.layers)]
            if run.folder is not None:
                _write(study, made, run, maps, lang, reports)
    except KeyboardInterrupt:
        raise Cancelled from None
    made.folder = None if run.folder is None else run.folder.path
    return made


def _write(
    study: DeclaredStudy, made: YearAccount, run: Run, maps: Collection[str], lang: str, reports: Collection[str] = REPORTS
) -> None:
    """Tables, fingerprints of the inputs and reports into the stage of the run, which has a folder."""
    folder = cast(RunFolder, run.folder)
    run.hash_inputs(recorded_inputs(study.declaration, made.layers))
    outputs.write_tables(made, folder, study, maps)
    run.record["inputs"] = run.inputs()
    outputs.write_reports(folder, lang, reports)


def write_year(
    study: DeclaredStudy, made: YearAccount, folder: Path, overwrite: bool = False, lang: str = "en", maps: Collection[str] = ()
) -> None:
    """Write the run folder of a year that was computed before.

    Parameters
    ----------
    lang : choice {en, zh}
    maps : choice {services, factors}
    """
    with open_run(folder, dict(made.record), overwrite) as run:
        _write(study, made, run, maps, lang)
    made.folder = cast(RunFolder, run.folder).path


def recorded_inputs(declaration: Declaration, layers: Layers) -> list[tuple[str, Path]]:
    """Role and path of every file that a run reads."""
    own = [*declaration.parameters.tables, *declaration.prices.tables]
    pack = sorted(Path(declaration.standard).glob("*.csv")) if Path(declaration.standard).is_absolute() else ()
    parts = [*((f"tables.{path.name}", path) for path in own), *((f"standard.{path.stem}", path) for path in pack)]
    return [*layers.inputs, *parts]


def first_record(
    study: DeclaredStudy, year: int, threads: int | None, maps: Collection[str], services: Iterable[Service]
) -> dict[str, Any]:
    """What is known of a run before it begins."""
    declaration = study.declaration
    return {
        file_versions.KEY: file_versions.CURRENT["run"],
        "status": "running",
        "name": declaration.name,
        "year": year,
        "price_year": price_year(declaration),
        "study": "study.toml",
        "source": str(declaration.path),
        "standard": declaration.standard,
        "region": declaration.region,
        "allow_recalled": declaration.parameters.allow_recalled,
        "threads": threads,
        "maps": list(maps),
        "user_services": [service.code for service in services],
        "versions": versions(),
    }


def _computed(
    study: DeclaredStudy,
    year: int,
    run: Run,
    work: str | Path,
    driving: tuple[int | None, Progress, Store],
    strict: bool,
    services: Sequence[Service],
) -> YearAccount:
    threads, progress, kept = driving
    record, clock = run.record, run.clock
    declaration = study.declaration
    parameters = study_parameters(declaration, services)

    def opening(done: float, text: str = "") -> Any:
        return progress(PASS_SHARE[0] * done, text)

    layers, priced = bind(declaration, year, parameters, services, work, strict=strict, progress=opening, kept=kept)
    clock.stage("open")

    def passing(done: float, text: str = "") -> Any:
        return progress(PASS_SHARE[0] + (PASS_SHARE[1] - PASS_SHARE[0]) * done, text)

    totals = kept.passed(layers, threads=threads, progress=passing)
    clock.stage("pass")
    tell_of_lacking(layers, totals.areas, strict)
    grounds = grounds_of(layers, (*SERVICES, *services))
    parts = [unit_set_account(layers, totals, unit_set, priced, grounds) for unit_set in layers.sets]
    for made in layers.plans:
        for item in made.service.items:
            if item.form == "table" and (made.service.code, item.code) not in layers.filled:
                where = {"service": made.service.code, "item": item.code}
                layers.left_out.add(f"{made.service.code}:{item.code}", InputError("table_item_without_rows", **where))
    first = parts[0][0]
    priced.notes += price_notes(first, priced)
    supply, gep, indicators, extent = (pd.concat([part[place] for part in parts], ignore_index=True) for place in range(4))
    settle(layers, implausible_results(layers, supply, gep, extent))
    clock.stage("accounts")
    record["timings"] = clock.seconds
    variants = variant_rows(layers, totals, priced)
    priced.notes += variant_notes(layers, variants)
    factors = ls_rows(layers)
    record |= described(layers, priced, present_types(totals))
    record |= {
        "missing_share": grounds.missing_share,
        "diagnostics": diagnostics(totals),
        "variants": variants,
        "ls": factors,
        "excluded": dict(grounds.excluded),
        "headlines": {
            name: _headline(part, grounds, layers.sets[name].frame, priced.price_year, record["left_out"])
            for name, part in zip(layers.sets, parts, strict=True)
        },
    }
    warn_of_shares(totals.cells, supply, gep)
    warn_of_evaporation(layers)
    warn_of_gdp(layers, price_year(declaration))
    return YearAccount(year, None, supply, gep, indicators, extent, layers, record)


def unit_set_account(
    layers: Layers, totals: Totals, unit_set: str, priced: Prices, grounds: Grounds
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Supply, GEP, indicators and extent of one unit set, with their identities checked."""
    supply, extent = supply_of_set(layers, totals, unit_set, priced)
    indicators = indicator_account(supply, extent, grounds)
    statistics = None
    if layers.statistics is not None:
        statistics = layers.statistics[layers.statistics["unit_id"].isin(extent["unit_id"])]
    gep = gep_account(
        supply,
        extent,
        grounds.counted,
        indicators,
        price_year=priced.price_year,
        cell_items={(made.service.code, item.code) for made in layers.plans for item in made.service.items if item.form != "table"},
        statistics=statistics,
    )
    check_identities(supply, extent, gep, grounds.counted)
    return supply, gep, indicators, extent


def _headline(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame],
    grounds: Grounds,
    shapes: Any,
    price_year: int,
    left_out: Mapping[str, object],
) -> dict[str, Any]:
    """The line of one unit set, with its texts."""
    supply, gep, indicators, _ = tables
    line = headline(gep, indicators, supply, grounds.counted, is_additive(shapes), grounds.missing_share)
    return worded(line, price_year, left_out)


def present_types(totals: Totals) -> set[int]:
    """Codes of the ecosystem types that are inside some unit."""
    return {int(code) for code in totals.areas["ecosystem_type"].unique() if code != MISSING_TYPE}


def described(layers: Layers, priced: Prices, present: Collection[int]) -> dict[str, Any]:
    """What a run decided: grid, units, services with options, what is left out and why, notes."""
    grid = layers.grid
    return {
        "grid": {
            "crs": grid.crs.to_string(),
            "cell": list(grid.cell),
            "anchor": list(grid.anchor),
            "first": list(grid.first),
            "shape": list(grid.shape),
        },
        "unit_sets": {name: len(units) for name, units in layers.sets.items()},
        "options": {made.service.code: dict(made.counted) for made in layers.plans},
        "services": {made.service.code: [item.code for item in made.service.items] for made in layers.plans},
        "left_out": {key: error_record(reason) for key, reason in layers.left_out.items()},
        "prices": priced.record,
        "notes": [*layers.notes, *priced.notes],
        "layers": layers.alignments,
        "recipes": recipes(layers.inputs),
        "indicators": layers.parameters.indicators(),
        "numbers": number_records([*used_rows(layers, present), *layers.rows, *priced.rows]),
    }


def diagnostics(totals: Totals) -> list[dict[Any, Any]]:
    """What formulas cut off or assumed, per unit set and item, with the share of the land where it happened."""
    rows = totals.cells[totals.cells["diagnostic"] & (totals.cells["variant"] == "")]
    summed = rows.groupby(["unit_set", "service", "item", "uom"], sort=False)[["quantity", "valid_area"]].sum().reset_index()
    return summed.to_dict("records")


def used_rows(layers: Layers, present: Collection[int]) -> list[Number]:
    """Numbers of the tables behind the types that are inside some unit."""
    return [row for made in layers.plans for row in made.rows(layers.lookup.types, present)]


def number_records(rows: Iterable[Number]) -> list[dict[str, Any]]:
    """Every number of the parameter tables that a run used, once each."""
    names = ("service", "parameter", "key", "value", "uom", "region", "year", "source_id", "locator", "status", "note")
    return [{name: getattr(row, name) for name in names} for row in dict.fromkeys(rows)]
