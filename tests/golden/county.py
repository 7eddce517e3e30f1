"""Tables of the packaged sample county: its account in both years, its offset balance, zonal statistics of its layers."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pyogrio
from golden.comparison import Tables, parted, record_text, rows_text, table_text

import ecoval as ev
from ecoval.offset.project.project import Project
from ecoval.study import Study, sample_study

SUPPLY_KEYS = ("service", "item")
SUMS = ("count", "area", "sum", "mean", "area_mean", "min", "max", "stdev", "variance", "missing_area", "valid_fraction")
VALUES = ("median", "quantile:0.05", "quantile:0.9", "majority", "variety")


def account(folder: Path) -> Tables:
    """Tables of the account, both years; the numbers in use of the second."""
    study = Study.read(sample_study())
    study.run(folder / "county", reports=("xlsx",))
    out = {}
    for year in study.years:
        run = folder / "county" / str(year)
        out[f"{year}/supply.csv"], out[f"{year}/supply_words.csv"] = parted(table_text(run / "supply.csv"), SUPPLY_KEYS)
        out |= {f"{year}/{name}.csv": table_text(run / f"{name}.csv") for name in ("gep", "extent")}
        record = json.loads((run / "run.json").read_text(encoding="utf-8"))
        out[f"{year}/record.csv"] = record_text(record)
    out["files.csv"] = files_text(run)
    names = list(record["numbers"][0])
    out[f"{year}/numbers.csv"] = rows_text(names, [[row.get(name) for name in names] for row in record["numbers"]])
    return out


def balance(folder: Path) -> Tables:
    """Every table of the offset balance, and its verdict."""
    project = Project.read(sample_study().with_name("project.toml"))
    project.assess(folder / "balance", formats=())
    files = sorted([*(folder / "balance").glob("*.csv"), folder / "balance" / "verdict.json"])
    return {path.name: table_text(path) for path in files} | {"files.csv": files_text(folder / "balance")}


def files_text(run: Path) -> str:
    """Columns of every table of a run folder, of the layers of its GeoPackages and the sheets of its workbooks."""
    rows = []
    for path in sorted(run.iterdir()):
        if path.suffix == ".csv":
            rows.append([path.name, next(csv.reader(io.StringIO(table_text(path))))])
        elif path.suffix == ".gpkg":
            for layer in sorted(pyogrio.list_layers(path)[:, 0]):
                rows.append([f"{path.name} {layer}", list(pyogrio.read_info(path, layer)["fields"])])
        elif path.suffix == ".xlsx":
            for sheet in openpyxl.load_workbook(path, read_only=True):
                filled = ([str(cell) for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True))
                rows.append([f"{path.name} {sheet.title}", next((cells for cells in filled if len(cells) > 1), [])])
        else:
            rows.append([path.name, []])
    return rows_text(["file", "columns"], [[name, "|".join(columns)] for name, columns in rows])


def zonal_statistics(_: Path) -> Tables:
    """Every statistic over the towns, of layers of four kinds: tenths of a metre with a scale, classes, numbers, twelve bands."""
    sample = sample_study().parent
    rasters = [sample / f"{name}.tif" for name in ("dem", "landcover_2023", "evapotranspiration_2023", "temperature_2023")]
    table = ev.zonal(sample / "towns.gpkg", rasters, [*SUMS, *VALUES])
    classes = ev.zonal(sample / "towns.gpkg", sample / "landcover_2023.tif", ["frac"])
    return {"towns.csv": table.to_csv(index=False), "classes.csv": classes.to_csv(index=False)}
