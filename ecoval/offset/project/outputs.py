"""The run folder of an assessment: tables, GeoPackage, verdict, the project with absolute paths, the statement."""

import json

import geopandas as gpd
import pandas as pd

from ecoval import file_versions
from ecoval.files import RUN, translate_refusals, write_json, write_toml, written_beside
from ecoval.runs import open_run
from ecoval.runs.fingerprints import recipes
from ecoval.tables import write_table
from ecoval.tables.geopackage import write_layer
from ecoval.writers import documents

TABLES = (  # statutory first, then the steps in their order
    "projects",
    "statutory",
    "alternatives",
    "losses",
    "measures",
    "debits",
    "candidates",
    "credits",
    "portfolio",
    "balance",
    "kinds",
    "value",
    "timeline",
    "shortfalls",
    "agreement",
    "checks",
    "rules",
    "accept",
    "no_go",
    "ledger",
)

LANGUAGES = ("zh", "en")
FORMATS = ("html", "pdf")
KIND = "offset"


def write_assessment(made, path, overwrite=False, lang="en", formats=FORMATS, langs=LANGUAGES):
    """Write the run folder of an assessment; nothing half written stays where a step fails.

    Parameters
    ----------
    made : Assessment
    path : text
    overwrite : choice {True, False}
        Whether a finished run in the folder is replaced.
    lang : choice {zh, en}
        Which language the statement opens with.
    formats : choice {html, pdf, docx, xlsx}
        Of the statement.
    langs : choice {zh, en}
        In which the statement is written.

    Returns
    -------
    text
        Path of the folder.

    Raises
    ------
    InputError
        For a folder that holds a finished run, a full disk, a folder that takes no file.
    """
    with open_run(path, first_entries(made.record, lang), overwrite) as run:
        write_run(made, run, lang, formats, langs)
    made.folder = run.folder.path
    return run.folder.path


def write_run(made, run, lang="en", formats=FORMATS, langs=LANGUAGES):
    """Write an assessment into the stage of a run that is under way.

    Parameters
    ----------
    made : Assessment
    run : Run
    lang : choice {zh, en}
    formats : choice {html, pdf}
    langs : choice {zh, en}
    """
    run.record |= made.record | {"status": "running"}
    run.hash_inputs(made.inputs)
    _write(made, run.folder)
    run.record["inputs"] = run.inputs()
    run.record["recipes"] = recipes(made.inputs)
    _statement(run.folder, lang, formats, langs)


def first_entries(record, lang="en"):
    """What run.json says from the beginning.

    Parameters
    ----------
    record : table (key, value)
    lang : choice {zh, en}

    Returns
    -------
    table (key, value)
    """
    return dict(record) | {"kind": KIND, "lang": lang}


def write_tables(tables, folder):
    """Write tables as <name>.csv, those that are there.

    Parameters
    ----------
    tables : table (name, table)
    folder : path

    Returns
    -------
    table (name, path)
    """
    paths = {}
    for name in TABLES:
        table = tables.get(name)
        if table is not None and len(table.columns):
            paths[name] = folder / f"{name}.csv"
            write_table(_flat(table), paths[name])
    return paths


def write_geopackage(made, path):
    """Write footprints, zones, candidates and areas with their nets, and every table beside them.

    Parameters
    ----------
    made : Assessment
    path : path
    """
    with written_beside(path) as part:
        for name, layer in made.layers.items():
            if len(layer):
                write_layer(_flat(layer), part, name)
        for name in TABLES:
            table = made.tables.get(name)
            if table is not None and len(table):
                write_layer(_flat(table), part, name if name not in made.layers else f"{name}_table")


def area_layers(areas, balance):
    """The areas of each kind with the net of every service.

    Parameters
    ----------
    areas : table (kind, units)
        Mapping kind -> GeoDataFrame (unit_id, name, geometry).
    balance : table (service, area_unit, area_kind, net)

    Returns
    -------
    table (layer, table)
    """
    made = {}
    for kind, frame in areas.items():
        rows = balance[balance["area_kind"] == kind]
        columns = [name for name in ("unit_id", "name") if name in frame]
        layer = frame[[*columns, frame.geometry.name]].astype({"unit_id": str})
        for service in dict.fromkeys(rows["service"]):
            nets = rows[rows["service"] == service].set_index("area_unit")["net"]
            layer[f"net_{service.replace(':', '_')}"] = layer["unit_id"].map(nets).astype("float64")
        made[f"areas_{kind}"] = layer
    return made


def _write(made, folder):
    stage = folder.stage
    with translate_refusals(folder.path, RUN):
        write_toml(stage / made.file, with_format(made.declared))
        write_json(stage / "verdict.json", json.loads(json.dumps(made.verdict.content(), default=_json)))
    write_tables(made.tables, stage)
    write_geopackage(made, stage / "offset.gpkg")


def _statement(folder, lang, formats, langs):
    """The statement, with the hash of the final record, from what stands in the stage; none where no format is asked for."""
    if not formats:
        return
    others = [other for other in langs if other != lang]
    names = ["statement", *(f"statement_{other}" for other in others)]
    folder.seal([f"{name}.{ending}" for name in names for ending in formats])
    with translate_refusals(folder.path, RUN):
        documents().render(folder.stage, formats, lang, further_langs=others)


def with_format(content):
    """Content of a project.toml or plan.toml with the version of its format."""
    kind = "project" if "project" in content else "plan"
    return {**content, kind: {file_versions.KEY: file_versions.CURRENT[kind], **content.get(kind, {})}}


def _flat(table):
    """Lists as texts; other columns as they are."""
    made = table.copy()
    for name in made.columns:
        if isinstance(made, gpd.GeoDataFrame) and name == made.geometry.name:
            continue
        if made[name].dtype == object:
            made[name] = made[name].map(
                lambda value: ", ".join(map(str, value)) if isinstance(value, list | tuple | set) else value
            )
    return made


def _json(value):
    if hasattr(value, "item"):
        return value.item()
    if value is pd.NA:
        return None
    return str(value)
