"""The methods that compute: each takes what the command of its name takes, and gives paths and a few numbers."""

from importlib import import_module
from pathlib import Path

from ecoval.engine import offset, studies
from ecoval.errors import EcovalError, InputError
from ecoval.files import make_folder, refuse_in_use, remove
from ecoval.terms import nearest

PACKAGES = ("numpy", "pandas", "geopandas", "shapely", "rasterio", "pyproj", "numba", "scipy", "pyogrio", "pyarrow", "matplotlib")
STATS = "count,area,sum,mean,min,max,missing_area"
KINDS = ("admin",)
ACTIONS = ("list", "show", "export")
PRODUCTS = ("landcover", "climate", "satellite", "soil", "statistics")


def greeting():
    """What the engine says of itself.

    Returns
    -------
    table (key, value)
    """
    import platform
    import sys
    from importlib.metadata import PackageNotFoundError, version

    from ecoval.engine.catalogue import fingerprint
    from ecoval.engine.channel import PROTOCOL

    packages = {}
    for name in ("ecoval", *PACKAGES):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "protocols": [PROTOCOL],
        "ecoval": packages.pop("ecoval"),
        "python": platform.python_version(),
        "executable": sys.executable,
        "packages": packages,
        "catalogue": fingerprint(),
    }


def zonal(task, units, rasters, id, out, stats=STATS, layer="", crs="", threads=None):
    """Statistics of rasters per polygon: a table."""
    from ecoval.engine.caches import zonal_table
    from ecoval.tables import write_table

    out = Path(out)
    refuse_in_use([out])
    wanted = [name.strip() for name in stats.split(",")] if isinstance(stats, str) else list(stats)
    rasters = [rasters] if isinstance(rasters, str) else list(rasters)
    named = {"id": id, "layer": layer or None, "crs": crs or None}
    table = zonal_table(units, rasters, wanted, named, threads, task)
    if out.suffix.lower() == ".gpkg":
        from ecoval.units import SpatialUnits

        frame = SpatialUnits.read(units, **named).frame
        table = frame[["unit_id", "geometry"]].merge(table, on="unit_id", how="right", validate="one_to_many")
    write_table(table, out, layer="zonal")
    return {"outputs": {"table": out}, "numbers": {"rows": len(table)}}


def units(task, path, id, out, kind="admin", name="", parent="", layer="", crs="", encoding="", datum=""):
    """Spatial units out of a vector file, checked and repaired, with a table of what was found."""
    from ecoval.tables import write_table
    from ecoval.units import administrative

    if kind not in KINDS:
        raise InputError("BAD_REQUEST", reason=f"kind {kind}; known: {', '.join(KINDS)}")
    out = Path(out)
    findings = out.with_name(out.stem + "_findings.csv")
    refuse_in_use([out, findings])
    options = {"name": name, "parent": parent, "layer": layer, "crs": crs, "encoding": encoding, "datum": datum}
    made = administrative(path, id=id, **{key: value for key, value in options.items() if value})
    task.progress(0.8, "units")
    made.to_file(out)
    write_table(made.report, findings)
    return {"outputs": {"units": out, "findings": findings}, "numbers": {"units": len(made), "findings": len(made.report)}}


def prepare(task, what, out, function="prepare", overwrite=True, **options):
    """A layer or table out of what offices hold, with its recipe.

    `what` is the product, `function` one of its functions where there are several, such as `erosivity` of climate.
    """
    from inspect import signature

    from ecoval.prepare import recipe

    if what not in PRODUCTS:
        raise InputError("recipe_product_unknown", product=what, nearest=nearest(what, PRODUCTS))
    try:
        made_by = getattr(import_module(f"ecoval.prepare.{what}"), function, None)
    except ModuleNotFoundError:
        made_by = None
    if function.startswith("_") or not callable(made_by):
        raise InputError("recipe_product_unknown", product=f"{what}.{function}", nearest=what)
    refuse_in_use([Path(out)])
    known = signature(made_by).parameters
    options.pop("lang", None)
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InputError("BAD_REQUEST", reason=f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    given = {"out": out, "overwrite": overwrite, "progress": task.progress}
    try:
        made = made_by(**options, **{name: value for name, value in given.items() if name in known})
    except EcovalError as error:
        if error.table is not None:  # what was not matched, all of it, beside the result that could not be made
            from ecoval.tables import write_table

            write_table(error.table, unmatched(out))
        raise
    remove(unmatched(out))
    paths = [Path(path) for path in made.paths]
    outputs = {"file": paths[0]} | {f"file_{place}": path for place, path in enumerate(paths[1:], 2)}
    sidecars = [recipe.beside(path) for path in paths if recipe.beside(path).is_file()]
    outputs |= {"recipe": sidecars[0]} if sidecars else {}
    return {"outputs": outputs, "notes": recipe.plain(getattr(made, "notes", []) or [])}


def unmatched(out):
    """Path of the table of what a preparation could not match."""
    return Path(out).with_name(Path(out).stem + "_unmatched.csv")


def audit(task, run, out="", against=None, tolerance=1e-9, threads=None):
    """A run repeated, or compared with another, line by line."""
    from ecoval.study import audit as compare
    from ecoval.tables import write_table

    found = compare(run, against=against, tolerance=tolerance, threads=threads, progress=task.progress)
    folder = Path(out or run)
    folder = folder.parent if folder.suffix == ".json" else folder
    outputs = {"lines": folder / "audit.csv", "differences": folder / "audit_differences.csv"}
    refuse_in_use(outputs.values())
    make_folder(folder)
    write_table(found.lines, outputs["lines"])
    write_table(found.differences, outputs["differences"])
    numbers = {"differences": len(found.differences)}
    return {"outputs": outputs, "numbers": numbers, "verdict": found.verdict, "reasons": found.reasons}


def report(task, run, formats=("html", "xlsx"), lang=""):
    """The report of a run folder, written again."""
    from ecoval.study import report_of

    formats = tuple(formats.split(",")) if isinstance(formats, str) else tuple(formats)
    task.progress(0.0, "report")
    paths = report_of(run, formats, lang or task.lang)
    return {"outputs": {Path(path).suffix.lstrip("."): path for path in paths}}


def conform(task, run, standard, out="", lang=""):
    """A run against the table of a standard: coverage and deviations as tables, and a page."""
    from ecoval.study import conform as compare
    from ecoval.study import write_conformity

    task.progress(0.0, "conform")
    found = compare(run, standard, lang or task.lang)
    paths = write_conformity(found, out or None, lang or task.lang)
    return {"outputs": paths, "numbers": found.counts | {"total": found.total}}


def params(task, action, out, service=""):
    """Parameter rows as a table."""
    from ecoval.parameters import listing
    from ecoval.tables import write_table

    if action not in ACTIONS:
        raise InputError("BAD_REQUEST", reason=f"action {action}; known: {', '.join(ACTIONS)}")
    refuse_in_use([Path(out)])
    table = listing(service) if service else listing()
    task.progress(0.5, "params")
    write_table(table, Path(out), layer=service or "parameters")
    return {"outputs": {"table": out}, "numbers": {"rows": len(table)}}


METHODS = {
    "check": studies.check,
    "run": studies.run,
    "abandon": studies.abandon,
    "zonal": zonal,
    "units": units,
    "prepare": prepare,
    "audit": audit,
    "report": report,
    "conform": conform,
    "params": params,
    "offset": offset.offset,
}
READY = {"offset": offset.ready}
