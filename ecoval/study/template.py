"""A new study: a commented study.toml, whose comments are the help of its keys, and the folders for its data."""

import json
from pathlib import Path
from typing import NamedTuple

from ecoval import file_versions
from ecoval.declarations import described, tables
from ecoval.errors import InputError
from ecoval.files import RUN, make_folder, translate_refusals, write_text
from ecoval.layers.study_toml import Declaration
from ecoval.standards import check_known
from ecoval.terms import vocabulary

FOLDERS = ("layers", "units", "statistics", "parameters")
COMMENTS = 32  # column
WIDTH = 120
HEAD = (
    ("study.toml: one accounting area and its years", "study.toml：一个核算区域及其核算年份"),
    (
        "Lines that begin with # are comments; remove the # of the lines you need. Paths are relative to this file.",
        "以 # 开头的行是注释；需要哪一行就去掉行首的 #。路径相对于本文件。",
    ),
    ("Then:  ecoval check study.toml   and   ecoval run study.toml", "然后：ecoval check study.toml   再   ecoval run study.toml"),
)
ABOUT_STUDY = ("the account", "核算项目")


class Line(NamedTuple):
    """A key with the value that the template shows; one that is not `active` is commented out."""

    key: str
    value: str
    active: bool = False
    help: tuple[str, str] = ("", "")  # where the key has no help of its own: the names in it are free


LINES = {
    "study": (
        Line(file_versions.KEY, str(file_versions.CURRENT["study"]), True),
        Line("name", "{name}", True),
        Line("years", "[2023]", True),
        Line("price_year", "2023", True),
        Line("standard", "{standard}", True),
        Line("region", '"CN-33"'),
    ),
    "grid": (Line("crs", '"EPSG:4549"', True), Line("cell", "30.0", True), Line("like", '"landcover"')),
    "units": (
        Line("admin", "{{ path = {units}, id = {id}, name = {label} }}", True),
        Line("watershed", '{{ path = "units/watersheds.gpkg", id = "code", name = "name" }}'),
    ),
    "layers": (
        Line(
            "landcover",
            '{{ path = "layers/landcover_{{year}}.tif", classes = "layers/landcover_classes.csv" }}',
            True,
            (
                'classes: columns code, ecosystem_type, name; or the name of a crosswalk: "clcd", "worldcover", "sandiao"',
                'classes 表的列：code, ecosystem_type, name；或内置对照表名称："clcd"、"worldcover"、"sandiao"',
            ),
        ),
        Line("precipitation", '"layers/precipitation_{{year}}.tif"', help=("mm yr-1", "mm yr-1")),
        Line("evapotranspiration", '"layers/evapotranspiration_{{year}}.tif"', help=("mm yr-1", "mm yr-1")),
        Line("dem", '"layers/dem.tif"', help=("m", "m")),
        Line(
            "rain_daily",
            '"layers/rain_daily_{{year}}.csv"',
            help=("date,value in mm; or a raster of daily bands", "date,value，单位 mm；或逐日波段栅格"),
        ),
        Line("soil_sand", '"layers/sand.tif"', help=("% of the fine earth", "占细土 %")),
        Line("soil_silt", '"layers/silt.tif"', help=("% of the fine earth", "占细土 %")),
        Line("soil_clay", '"layers/clay.tif"', help=("% of the fine earth", "占细土 %")),
        Line("soil_organic_carbon", '"layers/organic_carbon.tif"', help=("%", "%")),
        Line("cover", '"layers/cover_{{year}}.tif"', help=("0 to 1", "0 至 1")),
        Line("npp", '"layers/npp_{{year}}.tif"', help=("gC m-2 yr-1", "gC m-2 yr-1")),
        Line(
            "npp",
            '{{ path = "layers/npp_{{year}}.tif", scale = 0.1, missing = 65535, crs = "EPSG:4326", band = 1 }}',
            help=("a layer whose file does not say all", "文件信息不全的图层"),
        ),
    ),
    "statistics": (
        Line(
            "products",
            '"statistics/products.csv"',
            help=("items population and gdp are reserved", "population、gdp 为保留指标"),
        ),
    ),
    "services": (
        Line("include", '["water_retention", "soil_retention"]'),
        Line("soil_retention", '{{ ls = "invest" }}', help=("options: ecoval services", "方法选项：ecoval services")),
    ),
    "parameters": (Line("tables", '["parameters/own.csv"]'), Line("allow_recalled", "false", True)),
    "prices": (
        Line("co2", '{{ value = 29.57, uom = "CNY tCO2-1", year = 2023, source = "..." }}'),
        Line(
            "storage",
            '"GARZE2017"',
            help=("a price offered by name: ecoval params show SERVICE", "按来源名称选用：ecoval params show SERVICE"),
        ),
    ),
}


def new_study(
    folder: str | Path,
    standard: str = "open-2026",
    units: str | None = None,
    id: str = "code",
    label: str = "name",
    lang: str = "",
) -> Path:
    """Write study.toml and the folders that it speaks of, and return the path of the file.

    Parameters
    ----------
    standard
        A standard pack.
    units
        Path of the spatial units, as seen from the working directory.
    id, label
        Fields of their codes and names.
    lang : choice {en, zh}
        Language of the comments; both where it is empty.
    """
    folder = Path(folder)
    check_known(standard)
    path = folder / "study.toml"
    if path.exists():
        raise InputError("study_exists", path=str(path))
    place = Path(units).resolve().as_posix() if units else "units/admin.gpkg"
    text = template({"name": folder.resolve().name, "standard": standard, "units": place, "id": id, "label": label}, lang)
    with translate_refusals(folder, RUN):
        for part in FOLDERS:
            make_folder(folder / part)
        write_text(path, text)
    return path


def template(texts: dict[str, str], lang: str = "") -> str:
    """A commented study.toml.

    Parameters
    ----------
    texts : table (name, standard, units, id, label)
        What is filled in.
    lang : choice {en, zh}
        Language of the comments; both where it is empty.
    """
    filled = {name: json.dumps(text, ensure_ascii=False) for name, text in texts.items()}
    keys = {(key["table"], key["name"]): key for key in described(Declaration)}
    made = [f"# {_said(each, lang)}" for each in HEAD]
    for table in tables(Declaration):
        if table not in LINES:
            continue
        inner = {key["name"]: key for key in keys.get(("", table), {}).get("keys", ())}
        about = keys["", table]["help"] if ("", table) in keys else dict(zip(("en", "zh"), ABOUT_STUDY, strict=True))
        made += ["", *_commented(f"[{table}]", _said((about["en"], about["zh"]), lang))]
        for line in LINES[table]:
            key = keys.get((table, line.key)) or inner.get(line.key)
            help = (key["help"]["en"], key["help"]["zh"]) if key and not any(line.help) else line.help
            if table == "layers":
                label = vocabulary()[line.key]
                help = (f"{label['en']}; {help[0]}", f"{label['zh']}；{help[1]}")
            text = f"{'' if line.active else '# '}{line.key} = {line.value.format(**filled)}"
            made += _commented(text, _said(help, lang))
    return "\n".join(made) + "\n"


def _said(help: tuple[str, str], lang: str) -> str:
    english, chinese = help
    if lang:
        return chinese if lang == "zh" else english
    return english if english == chinese else f"{english} / {chinese}"


def _commented(text: str, comment: str) -> list[str]:
    """The line with its comment, which stands above where both are too long for one."""
    if not comment:
        return [text]
    line = f"{text:<{COMMENTS - 1}} # {comment}"
    return [line] if len(line) <= WIDTH else [f"# {comment}", text]
