"""Studies that come as an object with the keys of study.toml: checked, run."""

import math
from pathlib import Path

from ecoval.engine.caches import Kept
from ecoval.errors import InputError
from ecoval.files import make_folder, refuse_in_use

REPORTS = ("html", "xlsx")
MAPS = {"": (), "services": ("services",), "factors": ("services", "factors")}
TABLES = {
    "supply": "supply.csv",
    "gep": "gep.csv",
    "extent": "extent.csv",
    "account": "account.gpkg",
    "report": "report.html",
    "workbook": "report.xlsx",
    "study": "study.toml",
    "record": "run.json",
}


def read(study, folder):
    """Study of an object, or of the path of a study.toml, run.json or run folder.

    Parameters
    ----------
    study : table (table, key, value)
        Paths are absolute, or relative to the folder.
    folder : text

    Returns
    -------
    Study
    """
    from ecoval.study import Study

    if isinstance(study, str):
        return Study.read(study)
    if not isinstance(study, dict):
        raise InputError("BAD_REQUEST", reason="study: an object with the keys of study.toml, or a path")
    return Study(without_none(study), Path(folder or ".") / "study.toml")


def without_none(value):
    """Keys that are null are not there."""
    if isinstance(value, dict):
        return {key: without_none(entry) for key, entry in value.items() if entry is not None}
    return [without_none(entry) for entry in value] if isinstance(value, list) else value


def check(task, study, out, base="", year=None, strict=False, lang=""):
    """Findings about a study as a table: level, year, what, where, found, fix."""
    from ecoval.tables import write_table

    out = Path(out)
    refuse_in_use([out])
    task.progress(0.0, "check")
    table = read(study, base or out.parent).check(year=year, strict=strict, lang=lang or task.lang)
    make_folder(out.parent)
    write_table(table, out)
    counts = table["level"].value_counts()
    numbers = {level: int(counts.get(level, 0)) for level in ("error", "warning", "ok")}
    return {"outputs": {"findings": out}, "numbers": numbers}


def run(task, study, out, base="", year=None, threads=None, maps="", strict=False, overwrite=False, reports=REPORTS, lang=""):
    """Account of every unit in a run folder; with several years, one folder per year below it."""
    if maps not in MAPS:
        raise InputError("BAD_REQUEST", reason=f"maps {maps}; known: {', '.join(MAPS)}")
    reports = tuple(name for name in reports.split(",") if name) if isinstance(reports, str) else tuple(reports)
    if not set(reports) <= set(REPORTS):
        raise InputError("BAD_REQUEST", reason=f"reports {', '.join(reports)}; known: {', '.join(REPORTS)}")
    declared = read(study, base or out)
    if overwrite:
        refuse_in_use(path for path in Path(out).rglob("*") if path.is_file())
    account = declared.run(
        out,
        threads=threads,
        progress=task.progress,
        year=year,
        strict=strict,
        overwrite=overwrite,
        maps=MAPS[maps],
        lang=lang or task.lang,
        kept=Kept(),
        reports=reports,
    )
    several = len(account.parts) > 1
    outputs, numbers = {}, {}
    for part in account.parts:
        mark = f"_{part.year}" if several else ""
        outputs |= {f"{name}{mark}": path for name, path in written(part.folder).items()}
        numbers |= {f"{name}{mark}": value for name, value in summary(part).items()}
    return {"outputs": {"folder": Path(out)} | outputs, "numbers": numbers, "folders": [str(path) for path in account.folders]}


def abandon(task, out, status="failed"):
    """Run folders that a killed process left behind: half files removed, the status said; those of living ones are left alone."""
    from ecoval.runs.folder import STATUSES, abandon_orphans

    if status not in STATUSES[2:]:
        raise InputError("BAD_REQUEST", reason=f"status {status}; known: {', '.join(STATUSES[2:])}")
    return {"numbers": {"folders": abandon_orphans(out, status, task.progress)}}


def written(folder):
    """Files of a run folder by name."""
    found = {name: Path(folder) / file for name, file in TABLES.items() if (Path(folder) / file).is_file()}
    return found | {f"map_{path.stem}": path for path in sorted((Path(folder) / "maps").glob("*.tif"))}


def summary(part):
    """Headline numbers of one year: units and GEP of the first unit set; no sum where a unit has none."""
    rows = part.gep[part.gep["unit_set"] == part.gep["unit_set"].iloc[0]]
    found = {"units": len(rows), "units_without_gep": int(rows["gep"].isna().sum())}
    for name in ("gep", "gep_low", "gep_high"):
        values = rows[name].tolist()
        found[name] = math.fsum(values) if values and all(value == value for value in values) else None
    return found
