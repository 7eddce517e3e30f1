"""The tables of study.toml as frozen values: strict keys, absolute paths.

Nothing is opened here. Unknown keys are errors that name the nearest valid key; paths are relative to the file; ``{year}`` in a
path stands for the year of the account. What services a role serves is decided in `resolve`.

`Key.apart` names what the engine keeps between runs: the "pass" over the tiles, and "cells", quantities per cell for other units.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from ecoval import file_versions
from ecoval.declarations import YEAR_DOMAIN, Key, Place, absolute, check_choice, check_type, read
from ecoval.errors import InputError
from ecoval.guards import guards
from ecoval.standards import located
from ecoval.units import made_kinds

AFTER = "values are made after the pass over the tiles"
ONE_YEAR = "a pass is of one year, which stands in its key"
AS_WRITTEN = "as the file is written; the values that it stands for have a range"
MOST_MISSING = 0.05  # beyond which an account is not whole, whatever a study says
ACCEPT = Key(
    "why values beyond what is plausible are right; without it those that cannot be are refused",
    "超出合理范围的数值为何正确；不写明理由则拒绝不可能的数值",
    reason=True,
    cosmetic="a reason, which stands in the record of the run",
)
NO_UNIT = "a cell's quantity depends on no unit; where arrays worked out for the units lie stands in the key"


@dataclass(frozen=True)
class GridDeclaration:
    """CRS and cell of the grid, or the role of the layer that it is like."""

    crs: Annotated[
        str | None, Key("coordinate reference system, as EPSG:4549; needed without like", "坐标系，如 EPSG:4549；没有 like 时必填")
    ] = None
    cell: Annotated[
        float | tuple[float, ...] | None,
        Key(
            "side of a cell, or [width, height], in units of the CRS; needed without like",
            "像元边长，或 [宽, 高]，单位同坐标系；没有 like 时必填",
            own_check=True,
            free="in units of the CRS; the number of cells has a limit",
        ),
    ] = None
    like: Annotated[
        str | None, Key("in place of crs and cell: the role of the layer whose grid is taken", "代替 crs 和 cell：采用该图层的格网")
    ] = None

    @classmethod
    def complete(cls, values: dict[str, Any], where: str, place: Place) -> dict[str, Any]:
        """One of the two ways, and a cell of two sides."""
        if "like" in values:
            if len(values) > 1:
                raise InputError("grid_like_and_crs", path=str(place.path))
            return values
        for key in ("crs", "cell"):
            if key not in values:
                place.refuse(f"{place.file}_key_missing", table=where, key=key)
        cell = values["cell"]
        sides = cell if isinstance(cell, tuple) else (cell, cell)
        if len(sides) != 2 or not all(_is_number(side) and side > 0 for side in sides):
            raise InputError("grid_cell", path=str(place.path), found=repr(list(cell) if isinstance(cell, tuple) else cell))
        return {**values, "cell": (float(sides[0]), float(sides[1]))}


@dataclass(frozen=True)
class UnitDeclaration:
    """One set of spatial units: where it is read and which fields it has."""

    NAMED: ClassVar[str] = "unit_set"

    unit_set: str
    path: Annotated[Path, Key("file of polygons", "面图层文件")]
    id: Annotated[str, Key("field of the codes", "编码字段")]
    name: Annotated[str | None, Key("field of the names", "名称字段")] = None
    parent: Annotated[str | None, Key("field of the code of the unit above", "上级单元编码字段")] = None
    layer: Annotated[str | None, Key("layer of a file that has several", "多图层文件中的图层名")] = None
    crs: Annotated[str | None, Key("where the file does not say it", "坐标系，文件未注明时填写")] = None
    encoding: Annotated[str | None, Key("of the texts, where the file does not say it", "文字编码，文件未注明时填写")] = None
    datum: Annotated[str | None, Key("shifted coordinates of a web map", "网络地图的偏移坐标", choices=("gcj02", "bd09"))] = None
    kind: Annotated[str | None, Key("kind of the units", "单元类型")] = None
    only: Annotated[
        tuple[str, ...] | None, Key("codes of the units that are computed; default: all", "只核算这些编码的单元；默认全部")
    ] = None

    @classmethod
    def form_of(cls, entry: object, where: str, place: Place | None) -> Any:
        """Class of the entry: that of a kind whose units are made where no file is named."""
        if not isinstance(entry, Mapping) or "kind" not in entry:
            return cls
        kinds = made_kinds()
        kind = entry["kind"] if isinstance(entry["kind"], str) else ""
        if "path" in entry:  # a file, whose kind is a word of the user's; but not with the keys of a kind that is made
            return kinds[kind] if kind in kinds and "id" not in entry else cls
        if place is not None:
            check_type(entry["kind"], (str,), f"{where}.kind", place)
            check_choice(kind, kinds, f"{where}.kind", place)
        return kinds.get(kind, cls)

    @staticmethod
    def variants() -> dict[str, Any]:
        """Other classes of the entry by their kind."""
        return made_kinds()

    @classmethod
    def complete(cls, values: dict[str, Any], where: str, place: Place) -> dict[str, Any]:
        """A list of codes that holds one."""
        if values.get("only") == ():
            place.refuse(f"{place.file}_wrong_type", key=f"{where}.only", found="[]", expected="a list of codes")
        return values


@dataclass(frozen=True)
class LayerDeclaration:
    """One role of [layers]: a path, and what the file does not say itself."""

    SHORT: ClassVar[str] = "path"
    NAMED: ClassVar[str] = "role"

    role: str
    template: Annotated[str, Key("file; {year} stands for the year", "文件；{year} 代表年份", name="path", is_path=True)]
    kind: Annotated[
        str | None,
        Key(
            "what the values are: the kind decides how they are resampled",
            "数值类型，决定重采样方式",
            choices=("intensive", "categorical", "extensive"),
        ),
    ] = None
    measure: Annotated[str | None, Key("unit of measure of the stored values", "存储值的计量单位")] = None
    band: Annotated[
        int | tuple[int, ...] | None, Key("band, or bands, counted from 1", "波段号（从 1 起），可为列表", low=1, high=100_000)
    ] = None
    crs: Annotated[str | None, Key("where the file does not say it", "坐标系，文件未注明时填写")] = None
    missing: Annotated[float | None, Key("stored value that means no data", "表示无数据的存储值", free=AS_WRITTEN)] = None
    scale: Annotated[
        float | None,
        Key(
            "factor of the stored values",
            "存储值的比例系数",
            not_zero=True,
            free=AS_WRITTEN,
        ),
    ] = None
    offset: Annotated[
        float | None,
        Key("added to the scaled values", "乘比例后再加的偏移", free=AS_WRITTEN),
    ] = None
    subdataset: Annotated[str | None, Key("of a file that has several", "多数据集文件中的子数据集")] = None
    classes: Annotated[
        str | None,
        Key(
            "table code, ecosystem_type, name, where {year} stands for the year; or the name of a packaged crosswalk",
            "对照表（code, ecosystem_type, name），{year} 代表年份；或内置对照表名称",
            suffix_is_path=True,
        ),
    ] = None
    layer: Annotated[str | None, Key("layer of a file of polygons that has several", "多图层面文件中的图层名")] = None
    encoding: Annotated[str | None, Key("of the texts, where the file does not say it", "文字编码，文件未注明时填写")] = None
    code: Annotated[str | None, Key("field of the land-cover code of polygons", "面图层的地类编码字段")] = None
    mixtures: Annotated[
        str | None,
        Key(
            "table unit_id, coarse_code, target_code, share, source: coarse types counted as shares of finer ones; {year} as above",
            "表（unit_id, coarse_code, target_code, share, source）：粗类型按比例计为细类型；{year} 同上",
            is_path=True,
        ),
    ] = None
    accept: Annotated[str | None, ACCEPT] = None

    def path(self, year: int) -> Path:
        """Path of the layer in a year."""
        return Path(self.template.replace("{year}", str(year)))

    def of_year(self, year: int) -> LayerDeclaration:
        """The layer with its own tables of a year."""
        tables = {name: getattr(self, name) for name in ("classes", "mixtures")}
        return replace(self, **{name: text.replace("{year}", str(year)) for name, text in tables.items() if text is not None})

    @staticmethod
    def own_name(entry: object) -> bool:
        """Whether a role may be one of a user's own service: its entry says kind and measure itself."""
        return isinstance(entry, dict) and {"kind", "measure"} <= entry.keys()


@dataclass(frozen=True)
class StatisticDeclaration:
    """One long table of [statistics]."""

    SHORT: ClassVar[str] = "path"

    template: Annotated[str, Key("file; {year} stands for the year", "文件；{year} 代表年份", name="path", is_path=True)]
    sheet: Annotated[str | None, Key("sheet of a workbook; default: the first", "工作表名；默认第一张")] = None
    accept: Annotated[str | None, ACCEPT] = None

    def path(self, year: int) -> Path:
        """Path of the table in a year."""
        return Path(self.template.replace("{year}", str(year)))


@dataclass(frozen=True)
class ServiceChoice:
    """Which services are wanted, their options, and an own table of scope."""

    include: Annotated[
        tuple[str, ...] | None,
        Key("only these; default: all that the standard lists and the data allow", "只核算这些；默认为标准所列且数据允许的全部"),
    ] = None
    exclude: Annotated[
        dict[str, str],
        Key(
            'service or indicator of the standard -> the reason for which it is left out, as { eco_energy = "no data" }',
            '不核算的服务或标准所列指标 -> 理由，如 { eco_energy = "暂无数据" }',
            names="service",
            reason=True,
        ),
    ] = field(default_factory=dict)
    scope: Annotated[
        Path | None, Key("own table service, code, in_scope: which types count", "自有范围表（service, code, in_scope）")
    ] = None
    options: Annotated[
        dict[str, dict[str, Any]],
        Key("service -> its options, as ecoval services lists them", "服务 -> 方法选项", rest=True, names="service"),
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class ParameterChoice:
    """Own tables of numbers, the permission for unchecked ones, and the choices by name."""

    tables: Annotated[
        tuple[Path, ...], Key("own tables, which override the packaged numbers", "自有参数表，优先于内置参数", single=True)
    ] = ()
    allow_recalled: Annotated[
        bool, Key("also numbers that nobody has checked against their source", "也使用未经核对来源的参数")
    ] = False
    choices: Annotated[
        dict[str, Any],
        Key("parameter -> the number, or the name of a source", "参数 -> 数值，或来源名称", rest=True, names="parameter"),
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class PriceChoice:
    """Own tables of prices and the choices by name."""

    tables: Annotated[tuple[Path, ...], Key("own tables of prices", "自有价格表", single=True)] = ()
    choices: Annotated[
        dict[str, Any],
        Key(
            "price -> { value, uom, year, source }, or the name of a source",
            "价格 -> { value, uom, year, source }，或来源名称",
            names="price",
            rest=True,
            apart={"pass": AFTER, "cells": AFTER},
        ),
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class ChecksDeclaration:
    """How whole an account has to be, and what is accepted of results and relations that no guard takes for plausible."""

    missing_share: Annotated[
        float,
        Key(
            "share of its land in scope that a service may lack and still counts as computed",
            "服务范围内土地允许缺测的比例，不超过则该服务视为已核算",
            low=0,
            high=MOST_MISSING,
            beyond="missing_share_large",
            apart={"pass": AFTER, "cells": AFTER},
        ),
    ] = 0.001
    accept: Annotated[
        dict[str, str],
        Key(
            'result, relation or price of a table -> why it is right: "relation:rain_of_days" = "..."',
            '结果、关系或价格表中的价格 -> 为何正确："relation:rain_of_days" = "……"',
            names="guard",
            reason=True,
            cosmetic="reasons, which stand in the record of the run",
        ),
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class UncertaintyDeclaration:
    """How often and from where numbers are drawn."""

    draws: Annotated[int | None, Key("number of draws; default: none", "抽样次数；默认不抽样", low=0, high=1_000_000)] = None
    seed: Annotated[int | None, Key("of the draws", "随机种子", low=0, high=2**63 - 1)] = None


@dataclass(frozen=True)
class Declaration:
    """One study as declared: nothing is opened yet."""

    path: Path = field(compare=False)
    name: Annotated[str, Key("name of the study", "项目名称", table="study", cosmetic="a label")]
    years: Annotated[
        tuple[int, ...],
        Key(
            "years of the account, one run folder each",
            "核算年份，每年一个运行文件夹",
            table="study",
            own_check=True,
            **YEAR_DOMAIN,
            apart={"pass": ONE_YEAR, "cells": ONE_YEAR},
        ),
    ]
    format: Annotated[
        int | None,
        Key(
            "version of this file",
            "本文件的格式版本",
            table="study",
            low=1,
            high=999,
            cosmetic="how the file is written, not what it says",
        ),
    ] = field(default=None, compare=False)
    price_year: Annotated[
        int | None,
        Key(
            "all values at prices of this year; default: the last year",
            "价值量统一换算到该年价格；默认最后一年",
            table="study",
            **YEAR_DOMAIN,
            apart={"pass": AFTER, "cells": AFTER},
        ),
    ] = None
    standard: Annotated[
        str,
        Key(
            "standard pack (ecoval services --standard ID), or the folder of one of your own",
            "核算标准，或自有标准的文件夹",
            table="study",
        ),
    ] = "open-2026"
    region: Annotated[
        str | None,
        Key(
            "decides which packaged numbers are local, as CN-33",
            "决定哪些参数属于本地区，如 CN-33",
            table="study",
            pattern="[A-Z]{2}(-[A-Z0-9]+)?",
        ),
    ] = None
    note: Annotated[str | None, Key("remark", "备注", table="study", cosmetic="a remark")] = None
    example: Annotated[bool, Key("the report says that this is an example", "报告中注明为示例", table="study")] = False
    grid: Annotated[GridDeclaration, Key("the grid of all cells", "核算格网", implied=True)] = field(kw_only=True)
    units: Annotated[  # or of the class of a kind that is made (`units.made_kinds`)
        tuple[UnitDeclaration, ...],
        Key("sets of spatial units: name -> entry", "空间单元集：名称 -> 条目", names="label", apart={"cells": NO_UNIT}),
    ] = ()
    layers: Annotated[dict[str, LayerDeclaration], Key("role -> a path, or an entry", "角色 -> 路径或条目", names="role")] = field(
        default_factory=dict
    )
    statistics: Annotated[
        dict[str, StatisticDeclaration],
        Key(
            "long tables unit_id, item, quantity, uom, price, price_uom, price_year, year, source: name -> a path, or an entry",
            "长表（unit_id, item, quantity, uom, price, price_uom, price_year, year, source）：名称 -> 路径或条目",
            names="label",
        ),
    ] = field(default_factory=dict)
    services: Annotated[ServiceChoice, Key("which services, and their options", "核算哪些服务及其方法选项")] = ServiceChoice()
    parameters: Annotated[ParameterChoice, Key("numbers", "参数")] = ParameterChoice()
    prices: Annotated[
        PriceChoice, Key("nothing is assumed: without a price the value stays empty", "不设默认价格；无价格则价值量为空")
    ] = PriceChoice()
    checks: Annotated[
        ChecksDeclaration, Key("limits, and what is accepted beyond what is plausible", "限值，以及超出合理范围而予以接受的内容")
    ] = ChecksDeclaration()
    uncertainty: Annotated[UncertaintyDeclaration, Key("draws of the numbers; off by default", "参数抽样；默认关闭")] = (
        UncertaintyDeclaration()
    )

    @classmethod
    def complete(cls, values: dict[str, Any], _where: str, place: Place) -> dict[str, Any]:
        """Different years in order, and at least one set of units."""
        years = values["years"]
        if not years or any(not isinstance(year, int) or isinstance(year, bool) for year in years) or len(set(years)) < len(years):
            raise InputError("study_years", path=str(place.path), found=repr(list(years)))
        sets = [entry for entry in values.get("units", ()) if isinstance(entry, UnitDeclaration)]
        if not sets:
            raise InputError("study_without_units", path=str(place.path))
        for entry in values["units"]:
            if getattr(entry, "within", None) is not None:
                check_choice(entry.within, [each.unit_set for each in sets], f"units.{entry.unit_set}.within", place)
        standard = located(values.get("standard", "open-2026"), place.folder)
        return {**values, "path": place.path.resolve(), "years": tuple(sorted(years)), "standard": standard}


def read_declaration(path: str | Path, roles: Collection[str]) -> Declaration:
    """Declaration of a study.toml; `roles` are the names that [layers] may hold."""
    path = Path(path)
    return declaration(load_toml(path), path, roles)


def load_toml(path: Path) -> dict[str, Any]:
    """Content of a TOML file as a dict; errors name file, line and column."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError("study_file_missing", path=str(path)) from None
    except OSError as error:
        raise InputError("study_file_unreadable", path=str(path), reason=str(error)) from None
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError("study_not_utf8", path=str(path), line=line) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError("study_not_toml", path=str(path), reason=str(error)) from None


def declaration(content: Mapping[str, Any], path: Path, roles: Collection[str]) -> Declaration:
    """Turn the content of a study.toml, or values from Python, into a `Declaration`."""
    file_versions.check_content("study", content, path)
    accepted = [f"{kind}:{name}" for kind, name in guards() if kind in ("result", "relation", "price")]
    return read(Declaration, content, Place(path, root="study.toml", names={"layers": roles, "checks.accept": accepted}))


def absolute_study(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Content of a study.toml with every path absolute, and the version of its format."""
    made = absolute(Declaration, content, folder)
    study = made["study"]
    study.setdefault(file_versions.KEY, file_versions.CURRENT["study"])
    if "standard" in study:
        study["standard"] = located(study["standard"], folder)
    return made


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
