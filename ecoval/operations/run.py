"""ecoval run: the account of every unit, in a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import forms
from ecoval.operations.account import print_account, records_of, study_of
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.forms_project import copied
from ecoval.operations.forms_study import STUDY, WITHOUT_SERVICES
from ecoval.operations.kinds import Choice, Several
from ecoval.operations.shared import BASE, LANG, OUT_RUN, OVERWRITE, STRICT, THREADS, YEAR
from ecoval.operations.shared import STUDY as DECLARED
from ecoval.operations.work import Work

MAPS = {None: (), "services": ("services",), "factors": ("services", "factors")}
TABLES = {
    "supply": "supply.csv",
    "gep": "gep.csv",
    "indicators": "indicators.csv",
    "extent": "extent.csv",
    "account": "account.gpkg",
    "report": "report.html",
    "workbook": "report.xlsx",
    "study": "study.toml",
    "record": "run.json",
}


def run(work: Work, values: dict[str, Any]) -> Any:
    """The account, written."""
    from ecoval.study import default_folder

    study = study_of(values["study"], values["base"] or values["out"])
    folder = values["out"] or default_folder(study.name)
    if values["overwrite"]:
        work.claim(path for path in Path(folder).rglob("*") if path.is_file())
    options = {name: values[name] for name in ("threads", "year", "strict", "overwrite")}
    with work.progress(study.name) as progress:
        return study.run(
            folder,
            progress=progress,
            maps=MAPS[values["maps"]],
            reports=tuple(values["reports"]),
            lang=values["lang"] or work.lang,
            kept=work.store,
            **options,
        )


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """GEP of the units, and where the reports are."""
    print_account(console, result)
    return records_of(result)


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Files of the run folder and headline numbers; with several years, each under its year."""
    several = len(result.parts) > 1
    outputs: dict[str, Any] = {"folder": Path(values["out"])}
    numbers: dict[str, Any] = {}
    for part in result.parts:
        mark = f"_{part.year}" if several else ""
        outputs |= {f"{name}{mark}": path for name, path in written(part.folder).items()}
        numbers |= {f"{name}{mark}": value for name, value in summary(part).items()}
    headlines = {str(part.year): part.record["headlines"] for part in result.parts}
    return {"outputs": outputs, "numbers": numbers, "folders": [str(path) for path in result.folders], "headlines": headlines}


def written(folder: Path) -> dict[str, Path]:
    """Files of a run folder by name."""
    files = {name: Path(folder) / file for name, file in TABLES.items() if (Path(folder) / file).is_file()}
    return files | {f"map_{path.stem}": path for path in sorted((Path(folder) / "maps").glob("*.tif"))}


def summary(part: Any) -> dict[str, Any]:
    """Headline numbers of one year, of the first unit set; no sum where a unit has none or units overlap."""
    line = next(iter(part.record["headlines"].values()))
    whole = line["total"] == "gep"
    numbers = {"units": line["units"], "units_without_gep": line["units"] - line["complete"]}
    numbers |= {"gep": line["value"] if whole else None, "gep_low": line["low"], "gep_high": line["high"]}
    return numbers | {"subtotal": line["value"]}


ALGORITHMS = (
    Algorithm(
        "gep_units",
        Words("GEP per unit", "按单元核算 GEP"),
        forms.ACCOUNTS,
        Words(
            "Computes the ecosystem accounts of every unit: quantity and value per service, gross ecosystem product, "
            "missing area. Results go to a run folder with one GeoPackage, tables and a report.",
            "计算每个单元的生态系统账户：各项服务的实物量和价值量、生态产品总值、缺测面积。结果写入一个运行文件夹，"
            "含一个 GeoPackage、表格和报告。",
        ),
        tags="GEP 生态产品总值 生态系统生产总值 核算 shengtai chanpin zongzhi hesuan account ecosystem services SEEA",
        example="qgis_process run ecoval:gep_units --UNITS=towns.gpkg --UNIT_ID=unit_id --UNIT_NAME=name "
        "--LANDCOVER=landcover_2023.tif --CLASSES=landcover_classes.csv --YEAR=2023 "
        "--PRECIPITATION=precipitation_2023.tif --EVAPOTRANSPIRATION=evapotranspiration_2023.tif "
        "--PRICES=prices.csv --PARAMETERS=parameters.csv --SERVICES=water_retention --OUT_FOLDER=run",
        folder="GEP",
        special="account",
        builds={"study": "study"},
        parameters=(
            *forms.units({}),
            *STUDY,
            Parameter(
                "NAME",
                "text",
                Words("Name of the account", "核算名称"),
                Words("Title of the report and name of the study.", "报告标题和核算项目名称。"),
                default="GEP",
                optional=True,
            ),
            Parameter(
                "MAPS",
                "choice",
                Words("Maps per cell", "逐像元图"),
                Words(
                    "services writes one raster per service, factors also the layers that went in.",
                    "services 为每项服务写一个栅格，factors 另外写出所用的各因子。",
                ),
                choices=("none", "services", "factors"),
                default="none",
                advanced=True,
            ),
            Parameter(
                "REPORT",
                "choice",
                Words("Report of the run", "运行报告"),
                Words(
                    "later: the report and the workbook are written when they are asked for, which makes the run shorter.",
                    "later：报告和工作簿在需要时才生成，运行更快。",
                ),
                choices=("write", "later"),
                default="write",
                advanced=True,
            ),
            copied("GEP", Words("Copy of the unit layer", "单元图层副本"), "polygon"),
            copied("SUPPLY", Words("Copy of the supply table", "供给表副本")),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            Output("FOLDER", "folder", Words("Run folder", "运行文件夹")),
            Output("TOTAL", "number", Words("Total GEP, CNY", "GEP 合计（元）")),
            Output("SUBTOTAL", "number", Words("Subtotal, CNY", "小计（元）")),
            Output("TOTAL_LOW", "number", Words("Total GEP, low", "GEP 合计下限")),
            Output("TOTAL_HIGH", "number", Words("Total GEP, high", "GEP 合计上限")),
            Output("UNITS_COUNT", "number", Words("Units", "单元数")),
        ),
    ),
    Algorithm(
        "run_study",
        Words("Run a study file", "运行核算项目文件"),
        forms.ACCOUNTS,
        Words(
            "Computes a study.toml, or the run.json of an earlier run again, in a new run folder: the same as ecoval run.",
            "按 study.toml 或以往运行的 run.json 在新的运行文件夹中重新计算，等同于 ecoval run。",
        ),
        tags="study toml 核算项目 重算 hesuan xiangmu rerun reproduce",
        example="qgis_process run ecoval:run_study --STUDY=run/run.json --OUT_FOLDER=again",
        folder="GEP",
        special="years",
        parameters=(
            Parameter(
                "STUDY",
                "study_file",
                Words("Study", "核算项目"),
                Words("study.toml, or the run.json of an earlier run.", "study.toml，或以往运行的 run.json。"),
                fills="study",
            ),
            Parameter(
                "YEAR",
                "whole",
                Words("Year", "年份"),
                Words("Only this year of the study; empty takes the only one.", "只计算其中这一年；只有一年时可留空。"),
                low=1900,
                high=2200,
                optional=True,
                fills="year",
            ),
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            Output("FOLDER", "folder", Words("Run folder", "运行文件夹")),
            Output("GEP", "vector", Words("GEP of the units", "单元 GEP")),
            Output("TOTAL", "number", Words("Total GEP, CNY", "GEP 合计（元）")),
        ),
    ),
    Algorithm(
        "service_map",
        Words("Map of a service", "服务分布图"),
        forms.ACCOUNTS,
        Words(
            "Computes one service and writes its quantity per cell as Cloud-Optimized GeoTIFF, beside the account of the units.",
            "计算一项服务，把逐像元实物量写成云优化 GeoTIFF，同时给出各单元账户。",
        ),
        tags="map raster 服务图 空间分布 fuwu fenbu per cell",
        example="qgis_process run ecoval:service_map --SERVICE=water_retention --UNITS=towns.gpkg --UNIT_ID=unit_id "
        "--LANDCOVER=landcover_2023.tif --CLASSES=landcover_classes.csv --YEAR=2023 "
        "--PRECIPITATION=precipitation_2023.tif --EVAPOTRANSPIRATION=evapotranspiration_2023.tif "
        "--PARAMETERS=parameters.csv --OUT_FOLDER=map",
        folder="SERVICE",
        special="maps",
        builds={"study": "study"},
        fixed={"maps": "services"},
        parameters=(
            Parameter(
                "SERVICE",
                "choice",
                Words("Service", "服务"),
                Words("{services}", "{services}"),
                choices="mapped",
                default="water_retention",
            ),
            *forms.units({}),
            *WITHOUT_SERVICES,
            *forms.RUN_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            Output("FOLDER", "folder", Words("Run folder", "运行文件夹")),
            Output("QUANTITY", "raster", Words("Quantity per cell", "逐像元实物量")),
            Output("RASTERS", "multilayer", Words("All rasters", "全部栅格")),
        ),
    ),
)

OPERATION = Operation(
    "run",
    Words("Compute the GEP account of every unit and write the run folder.", "计算每个单元的 GEP 账户并写出运行文件夹。"),
    "ecoval run study.toml --out runs/2023 --year 2023",
    (
        DECLARED,
        OUT_RUN,
        THREADS,
        Option(
            "maps",
            Choice(("services", "factors"), closed=True),
            Words("Also write maps/*.tif.", "同时写出 maps/*.tif。"),
            None,
            metavar="services|factors",
        ),
        YEAR,
        STRICT,
        OVERWRITE,
        BASE,
        Option(
            "reports",
            Several(Choice(("html", "xlsx")), ","),
            Words("Reports that are written.", "写出的报告。"),
            ("html", "xlsx"),
            flag=None,
        ),
        LANG,
    ),
    run,
    show,
    answer,
    Request("run", required=("out",)),
    ALGORITHMS,
    python="ecoval.study:Study.run",
)
