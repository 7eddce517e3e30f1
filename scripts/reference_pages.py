"""Write docs/reference from the declarations: keys of the files and columns of the tables that users write, in English and Chinese.

python scripts/reference_pages.py            writes docs/reference
python scripts/reference_pages.py --check    exit status 1 where a page would change
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ecoval.declarations import described, tables
from ecoval.layers.crosswalks import CrosswalkRow
from ecoval.layers.mixtures import MixtureRow
from ecoval.layers.opening import ClassRow, ScopeRow
from ecoval.layers.rain import GaugeRow
from ecoval.layers.statistics import StatisticRow
from ecoval.layers.study_toml import Declaration
from ecoval.offset.balance.quantities import PortionRow
from ecoval.offset.candidates import CandidateRow
from ecoval.offset.choose.inputs import OfferCreditRow, OfferRow, RequirementRow, ShareRow
from ecoval.offset.declaration.files import PlanDeclaration, ProjectDeclaration
from ecoval.offset.loss.densities import DensityRow
from ecoval.offset.measures import MeasureRow
from ecoval.offset.project.opened import PriceRow
from ecoval.offset.rules.accept import BandRow, PairRow
from ecoval.offset.rules.counting import KindRatioRow, NoGoRow, RatioRow, SpatialRow
from ecoval.offset.rules.statutory import ProvidedRow, StatutoryRow
from ecoval.offset.uk.metric import ParcelRow
from ecoval.prepare.climate import product as climate
from ecoval.prepare.climate.stations import SiteRow, StationRow
from ecoval.prepare.landcover import product as landcover
from ecoval.prepare.landcover.accuracy import CheckPointRow, FigureRow
from ecoval.prepare.satellite import product as satellite
from ecoval.prepare.soil import product as soil
from ecoval.prepare.soil.profiles import SoilRow, SoilValueRow, SwatRow
from ecoval.prepare.statistics import product as statistics
from ecoval.prepare.statistics.changes import CodeShareRow
from ecoval.prepare.statistics.downscaling import WeightRow
from ecoval.prepare.statistics.places import AliasRow, UnitRow
from ecoval.prepare.statistics.reading import LakeListRow, OfficeRow, ReservoirListRow
from ecoval.realization.damage_tables import DamageRow, DamageYearRow, RestorationRow
from ecoval.services.flood_mitigation import LakeRow, ReservoirRow
from ecoval.sourced import ListedPriceRow, ParameterRow

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference"
FILES = {"study.toml": Declaration, "project.toml": ProjectDeclaration, "plan.toml": PlanDeclaration}
TABLES = {
    ("Statistics: study.toml [statistics]", "统计表：study.toml [statistics]"): StatisticRow,
    ("Land-cover classes: study.toml [layers] classes", "地类对照表：study.toml [layers] classes"): ClassRow,
    ("Crosswalks: classes of polygons, prepare landcover", "类型对照表：面图层的 classes、prepare landcover"): CrosswalkRow,
    ("Mixtures: study.toml [layers] mixtures", "混合类型表：study.toml [layers] mixtures"): MixtureRow,
    ("Scope: study.toml [services] scope", "范围表：study.toml [services] scope"): ScopeRow,
    ("Lakes: study.toml [layers] lakes", "湖泊：study.toml [layers] lakes"): LakeRow,
    ("Reservoirs: study.toml [layers] reservoirs", "水库：study.toml [layers] reservoirs"): ReservoirRow,
    ("Rain of a gauge: study.toml [layers] rain_daily", "单站日降水：study.toml [layers] rain_daily"): GaugeRow,
    ("Numbers: study.toml [parameters] tables", "参数表：study.toml [parameters] tables"): ParameterRow,
    ("Prices by name: study.toml [prices] tables", "价格清单：study.toml [prices] tables"): ListedPriceRow,
    ("Candidates: project.toml [candidates]", "候选地块：project.toml [candidates]"): CandidateRow,
    ("Measures: project.toml [measures]", "减缓措施：project.toml [measures]"): MeasureRow,
    ("Densities: project.toml [project] densities", "密度表：project.toml [project] densities"): DensityRow,
    ("Prices: project.toml [project] prices", "价格表：project.toml [project] prices"): PriceRow,
    ("Where credits count: project.toml [rules] spatial", "增益计入的区域：project.toml [rules] spatial"): SpatialRow,
    ("Like for like, by bands: project.toml [rules] accept", "同类补偿（等级）：project.toml [rules] accept"): BandRow,
    ("Like for like, by pairs: project.toml [rules] accept", "同类补偿（配对）：project.toml [rules] accept"): PairRow,
    ("No-go: project.toml [rules] no_go", "不可补偿的类型：project.toml [rules] no_go"): NoGoRow,
    ("Ratios of services: project.toml [rules] ratio", "服务的补偿倍数：project.toml [rules] ratio"): RatioRow,
    ("Ratios of types: project.toml [rules] ratio_kind", "类型的补偿倍数：project.toml [rules] ratio_kind"): KindRatioRow,
    ("Statutory rules: project.toml [statutory]", "法定平衡规则：project.toml [statutory]"): StatutoryRow,
    ("Provided: project.toml [statutory] provided", "已落实的补充：project.toml [statutory] provided"): ProvidedRow,
    ("Chosen candidates: ecoval offset verify --portfolio", "所选地块：ecoval offset verify --portfolio"): PortionRow,
    ("Chosen candidates: ecoval.offset.verify_portfolio", "所选地块：ecoval.offset.verify_portfolio"): ShareRow,
    ("Requirements: ecoval offset portfolio --requirements", "要求：ecoval offset portfolio --requirements"): RequirementRow,
    ("Candidates: ecoval offset portfolio --candidates", "候选地块：ecoval offset portfolio --candidates"): OfferRow,
    ("Credits: ecoval offset portfolio --credits", "增益：ecoval offset portfolio --credits"): OfferCreditRow,
    ("Damages: ecoval realize damage", "损害：ecoval realize damage"): DamageRow,
    ("Damages, year by year: ecoval realize damage", "逐年损害：ecoval realize damage"): DamageYearRow,
    ("Restorations: ecoval realize damage --restoration", "恢复措施：ecoval realize damage --restoration"): RestorationRow,
    ("Parcels: ecoval.offset.uk.uk_units", "地块：ecoval.offset.uk.uk_units"): ParcelRow,
    ("Stations: ecoval prepare climate", "气象站：ecoval prepare climate"): StationRow,
    ("Places of stations: ecoval prepare climate --stations", "站点表：ecoval prepare climate --stations"): SiteRow,
    ("Soils, long: ecoval prepare soil --table", "土壤表（long）：ecoval prepare soil --table"): SoilValueRow,
    ("Soils, wide: ecoval prepare soil --table", "土壤表（wide）：ecoval prepare soil --table"): SoilRow,
    ("Soils of SWAT: ecoval prepare soil --table", "土壤表（swat）：ecoval prepare soil --table"): SwatRow,
    ("Figures of accuracy: ecoval prepare landcover --accuracy", "精度指标：ecoval prepare landcover --accuracy"): FigureRow,
    ("Check points: ecoval prepare landcover --accuracy", "检核点：ecoval prepare landcover --accuracy"): CheckPointRow,
    ("Statistics of offices: ecoval prepare statistics", "部门统计表：ecoval prepare statistics"): OfficeRow,
    ("Reservoirs of the request workbook: 水库名录", "数据需求表：水库名录"): ReservoirListRow,
    ("Lakes of the request workbook: 湖泊名录", "数据需求表：湖泊名录"): LakeListRow,
    ("Units: ecoval prepare statistics --units", "单元：ecoval prepare statistics --units"): UnitRow,
    ("Names of units: ecoval prepare statistics --aliases", "单元别名：ecoval prepare statistics --aliases"): AliasRow,
    ("Names of items: ecoval prepare statistics --items", "指标别名：ecoval prepare statistics --items"): statistics.ItemNameRow,
    ("Changes of codes: ecoval prepare statistics --changes", "区划衔接：ecoval prepare statistics --changes"): CodeShareRow,
    ("Weights: ecoval prepare statistics --weight", "权重：ecoval prepare statistics --weight"): WeightRow,
}
PREPARED = {"landcover": landcover, "climate": climate, "satellite": satellite, "soil": soil, "statistics": statistics}
ABOUT = {
    "study.toml": (
        "One accounting area and its years. `ecoval init` writes one with comments; the [guide](../guide.md) shows it at work.",
        "一个核算区域及其核算年份。`ecoval init` 生成带注释的模板；用法见[指南](../guide.zh.md)。",
    ),
    "project.toml": (
        "An ecological offset balance. How its tables work together: [project](../offset/project.md).",
        "一个项目的生态占补平衡。各表的作用见[生态占补平衡](../offset/index.zh.md)。",
    ),
    "plan.toml": (
        "Many projects with one pool of candidates; its tables replace those of the projects. See [project](../offset/project.md).",
        "多个项目共用一个候选地块库；其中的表取代各项目的同名表。见[生态占补平衡](../offset/index.zh.md)。",
    ),
}
WORDS = {
    "rules": (
        "Unknown keys are errors that name the nearest valid key. Paths are relative to the file; `{year}` in a path stands for "
        "the year. This page is made from the declarations.",
        "不认识的键会报错并给出最接近的有效键。路径相对于本文件；路径中的 `{year}` 代表年份。本页由声明生成。",
    ),
    "tables": ("Tables that users bring", "用户提供的表"),
    "columns": (
        "Columns of the tables and of the layer of candidates; **required** means that the column must be there. This page is made "
        "from the declarations.",
        "各表（及候选地块图层）的列；**必填**表示必须有该列。本页由声明生成。",
    ),
    "quality": ("Tables that `ecoval prepare` writes", "`ecoval prepare` 写出的表"),
    "about_quality": (
        "They stand under `quality` in the recipe beside the product (`<file>.recipe.json`).",
        "这些表写在产品旁配方文件（`<file>.recipe.json`）的 `quality` 中。",
    ),
    "head": (("key", "type", "default", "domain", "meaning"), ("键", "类型", "默认", "取值范围", "含义")),
    "required": ("**required**", "**必填**"),
    "entry": ("*name*", "*名称*"),
    "entries": ("Any name, with an entry of these keys", "任意名称，条目含以下键"),
    "made": ("Made by the program, without `path`.", "由程序制作，不写 `path`。"),
    "short": ("; a text alone is `{key}`", "；只写文字时为 `{key}`"),
    "also": ("; also named", "；也可名为"),
    "other": ("*any other*", "*其他任意键*"),
    "path": ("path", "路径"),
}
TYPES = {
    "text": "文字",
    "a whole number": "整数",
    "a number": "数值",
    "true or false": "true 或 false",
    "a list": "列表",
    "a table": "表",
}


def said(word: str, lang: str) -> Any:
    """A word of the pages in a language."""
    return WORDS[word][lang == "zh"]


def types(key: dict[str, Any], lang: str) -> str:
    """Types of a key as text; a whole number is a number too."""
    named = [name for name in key["types"] if not (name == "a whole number" and "a number" in key["types"])]
    named = [
        said("path", lang) if name == "text" and key.get("is_path") else TYPES[name] if lang == "zh" else name for name in named
    ]
    return ("、" if lang == "zh" else ", ").join(name.removeprefix("a ") for name in named)


def domain(key: dict[str, Any]) -> str:
    """Choices or range, and measure, of a key as text."""
    parts = [f"`{choice}`" for choice in key.get("choices", ())]
    low, high = key.get("low"), key.get("high")
    if low is not None or high is not None:
        parts.append(f">= {low:g}" if high is None else f"<= {high:g}" if low is None else f"{low:g} ... {high:g}")
    if "measure" in key:
        parts.append(f"[{key['measure']}]")
    return " ".join(parts)


def default(key: dict[str, Any], lang: str) -> str:
    """Default of a key as TOML, empty where there is none."""
    if key["required"]:
        return str(said("required", lang))
    return "" if key["default"] in (None, "", [], {}) or "keys" in key else f"`{json.dumps(key['default'], ensure_ascii=False)}`"


def row(key: dict[str, Any], lang: str, written: bool = False) -> str:
    """Line of the table of a key; what is written has no default."""
    name = said("other", lang) if key.get("rest") else f"`{key['name']}`"
    help_text = key["help"][lang]
    if "also" in key:
        help_text += f"{said('also', lang)} {', '.join(f'`{each}`' for each in key['also'])}"
    cells = (name, types(key, lang), default(key, lang), domain(key), help_text)
    cells = cells[:2] + cells[3:] if written else cells
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def section(heading: str, keys: list[dict[str, Any]], lang: str, about: str = "", written: bool = False) -> list[str]:
    """A table of keys, and after it the tables that are in it."""
    head = said("head", lang)
    head = head[:2] + head[3:] if written else head
    lines = [f"## {heading}", "", *([about, ""] if about else [])]
    lines += [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(row(key, lang, written) for key in keys), ""]
    for key in keys:
        if "keys" in key:
            lines += entry(f"{heading[2:-2]}.{key['name']}", key, lang)
    return lines


def entry(table: str, key: dict[str, Any], lang: str) -> list[str]:
    """The keys of a table, or of the entries of a table that takes any name."""
    about = key["help"][lang]
    if key["entries"]:
        table = f"{table}.{said('entry', lang)}"
        about += f". {said('entries', lang)}" if lang == "en" else f"。{said('entries', lang)}"
    if key["short"]:
        about += said("short", lang).format(key=key["short"])
    lines = section(f"`[{table}]`", key["keys"], lang, f"{about}{'。' if lang == 'zh' else '.'}")
    for kind, keys in key.get("variants", {}).items():
        lines += section(f'`[{table}]`, kind = "{kind}"', keys, lang, said("made", lang))
    return lines


def page(file: str, lang: str) -> str:
    """Reference of one file in one language."""
    keys, cls = described(FILES[file]), FILES[file]
    other = f"[中文]({file}.zh.md)" if lang == "en" else f"[English]({file}.md)"
    lines = [f"# {file}", "", other, "", ABOUT[file][lang == "zh"], "", said("rules", lang), ""]
    for table in tables(cls):
        head = [key for key in keys if key["table"] == table]
        own = next((key for key in keys if not key["table"] and key["name"] == table), None)
        if own is None:
            lines += section(f"`[{table}]`", head, lang)
        elif "keys" in own:
            lines += entry(table, own, lang)
        else:
            lines += section(f"`[{table}]`", [own], lang)
    return "\n".join(lines).rstrip("\n") + "\n"


def tables_page(lang: str) -> str:
    """Columns of the tables in one language."""
    other = "[中文](tables.zh.md)" if lang == "en" else "[English](tables.md)"
    lines = [f"# {said('tables', lang)}", "", other, "", said("columns", lang), ""]
    for heading, cls in TABLES.items():
        lines += section(heading[lang == "zh"], described(cls), lang)
    lines += [f"# {said('quality', lang)}", "", said("about_quality", lang), ""]
    for name, room in PREPARED.items():
        for part, cls in room.QUALITY:
            lines += section(f"`{part}`: ecoval prepare {name}", described(cls), lang, written=True)
    return "\n".join(lines).rstrip("\n") + "\n"


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    languages = (("en", ""), ("zh", ".zh"))
    made = {f"{file}{ending}.md": page(file, lang) for file in FILES for lang, ending in languages}
    return made | {f"tables{ending}.md": tables_page(lang) for lang, ending in languages}


def main() -> int:
    """Write the pages, or compare them with those in place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    different = 0
    for name, text in pages().items():
        path = TARGET / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        different += 1
        sys.stdout.write(f"{name}\n")
        if not check:
            TARGET.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return int(check and different > 0)


if __name__ == "__main__":
    sys.exit(main())
