"""project.toml and plan.toml as frozen values: strict keys, absolute paths, nothing opened.

Numbers are not judged here, nor whether there is what a key names: that is the validator's part, with a code per finding; ranges
and what is named are those of the keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Self

from ecoval import file_versions
from ecoval.declarations import YEAR_DOMAIN, Key, Place, absolute, content, plain, read
from ecoval.layers.study_toml import load_toml
from ecoval.offset.declaration.values import (
    OFFERED,
    AreaDeclaration,
    CandidateDeclaration,
    CheckDeclaration,
    FootprintDeclaration,
    InfluenceDeclaration,
    LayerDeclaration,
    LedgerDeclaration,
    MeasureDeclaration,
    RecordDeclaration,
    RuleDeclaration,
    StatutoryDeclaration,
)

EXCLUSIONS = ("red_line", "no_go", "granted", "protected")
PHYSICAL = "losses and credits are physical; prices make values of them afterwards"
PRICED = {"loss": PHYSICAL, "credits": PHYSICAL}
FORMAT = ("version of this file", "本文件的格式版本")
WRITTEN = "how the file is written, not what it says"
LOSS_ALONE = {"loss": OFFERED}
CANDIDATES = Key("parcels that may make up for losses", "可用于补偿的候选地块", apart=LOSS_ALONE)
EXCLUDED = Key(
    f"layers in which no candidate may lie: {', '.join(EXCLUSIONS)}; a path, or an entry",
    f"候选地块不得位于其中的图层：{'、'.join(EXCLUSIONS)}；路径或条目",
    apart=LOSS_ALONE,
    names="exclusion",
)
RULES = Key("rules of the balance", "平衡规则")
LEDGER = Key("the ledger", "台账", apart=LOSS_ALONE)
CHECKS = Key("tolerances of the validator", "校验容差")


class _File:
    """What project.toml and plan.toml have in common."""

    NAME = "project.toml"
    path: Path
    given: Mapping[str, Any] | None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Declaration of a file.

        Raises
        ------
        InputError
            Unknown keys, wrong types, missing keys.
        """
        return cls._of(load_toml(Path(path)), Path(path))

    @classmethod
    def of(cls, values: Mapping[str, Any], base: str | Path) -> Self:
        """Declaration of the content of such a file, or of values from Python; paths are relative to the folder `base`."""
        return cls._of(values, Path(base) / cls.NAME)

    @classmethod
    def _of(cls, values: Mapping[str, Any], path: Path) -> Self:
        file_versions.check_content(cls.NAME.removesuffix(".toml"), values, path)
        place = Place(path.resolve(), file="project", names={"exclusions": EXCLUSIONS}, ranges=False)
        return replace(read(cls, values, place), given=plain(values))  # type: ignore[type-var]  # the classes below

    def absolute(self) -> dict[str, Any]:
        """Content of the file with every path absolute, in the form that it was given in."""
        return content(self) if self.given is None else absolute(type(self), self.given, self.path.parent)


@dataclass(frozen=True)
class ProjectDeclaration(_File):
    """One project as declared: nothing is opened yet."""

    path: Path = field(compare=False)
    name: Annotated[
        str,
        Key(
            "name of the project",
            "项目名称",
            table="project",
            apart={"loss": "a label; in the ledger it says whose credits are whose"},
        ),
    ]
    format: Annotated[int | None, Key(*FORMAT, table="project", cosmetic=WRITTEN, low=1, high=999)] = field(
        default=None, compare=False
    )
    given: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    study: Annotated[
        Path | None, Key("study.toml whose models give the services", "提供生态服务模型的 study.toml", table="project")
    ] = None
    year: Annotated[
        int | None, Key("of the study; default: the last", "采用的核算年份；默认最后一年", table="project", **YEAR_DOMAIN)
    ] = None
    t0: Annotated[
        int | None,
        Key(
            "year at which everything is valued; default: the first year of the works",
            "估值基准年；默认工程首年",
            table="project",
            **YEAR_DOMAIN,
        ),
    ] = None
    price_year: Annotated[
        int | None,
        Key(
            "of the money; default: that of the prices", "价格年；默认取价格表的年份", table="project", apart=PRICED, **YEAR_DOMAIN
        ),
    ] = None
    method: Annotated[
        str,
        Key(
            "default: model, but density where there are densities and no study",
            "默认 model；有密度表而无 study 时为 density",
            table="project",
            choices=("model", "density"),
        ),
    ] = "model"
    densities: Annotated[
        Path | None,
        Key(
            "table service, ecosystem_type, quantity, low, high, uom: quantity per ha and year",
            "密度表（service, ecosystem_type, quantity, low, high, uom）：每公顷每年",
            table="project",
        ),
    ] = None
    prices: Annotated[
        Path | None,
        Key(
            "own table service, price, price_uom, price_year; default: those of the study",
            "自有价格表（service, price, price_uom, price_year）；默认取核算项目的价格",
            table="project",
            apart=PRICED,
        ),
    ] = None
    services: Annotated[
        tuple[str, ...] | None,
        Key("some services only; default: all", "只判定部分服务；默认全部", table="project", names="service"),
    ] = None
    note: Annotated[str | None, Key("remark", "备注", table="project", cosmetic="a remark")] = None
    example: Annotated[
        bool,
        Key("the statement says that this is an example", "报告中注明为示例", table="project", cosmetic="a label of the statement"),
    ] = False
    own_area_units: Annotated[
        dict[str, AreaDeclaration],
        Key("as the table area_units", "同 area_units 表", table="project", name="area_units", names="area_kind"),
    ] = field(default_factory=dict)
    area_units: Annotated[
        dict[str, AreaDeclaration],
        Key(
            "area kind -> its units: a unit set of the study, an entry, or everywhere",
            "区域类型 -> 单元：单元集名称、条目或 everywhere",
            names="area_kind",
        ),
    ] = field(default_factory=dict)
    footprints: Annotated[FootprintDeclaration, Key("polygons of the project's alternatives", "项目各方案的占地图层")] = field(
        kw_only=True
    )
    candidates: Annotated[CandidateDeclaration | None, CANDIDATES] = None
    influence: Annotated[InfluenceDeclaration | None, Key("land around that loses too", "周边受影响的土地")] = None
    measures: Annotated[MeasureDeclaration | None, Key("measures that reduce losses", "减缓措施")] = None
    exclusions: Annotated[dict[str, LayerDeclaration], EXCLUDED] = field(default_factory=dict)
    rules: Annotated[RuleDeclaration, RULES] = field(default_factory=RuleDeclaration)
    record: Annotated[RecordDeclaration, Key("what was decided and why", "决定及理由")] = field(default_factory=RecordDeclaration)
    statutory: Annotated[StatutoryDeclaration | None, Key("balances that the law demands", "法定占补平衡", apart=LOSS_ALONE)] = None
    ledger: Annotated[LedgerDeclaration | None, LEDGER] = None
    checks: Annotated[CheckDeclaration, CHECKS] = field(default_factory=CheckDeclaration)

    @classmethod
    def complete(cls, values: dict[str, Any], _where: str, place: Place) -> dict[str, Any]:
        """Method, the source of the services that it needs, and the units of both tables."""
        by_density = "densities" in values and "study" not in values
        method = values.get("method", "density" if by_density else "model")
        needed = "study" if method == "model" else "densities"
        if needed not in values:
            place.refuse(f"{place.file}_key_missing", table="project", key=needed)
        areas = {**values.pop("own_area_units", {}), **values.get("area_units", {})}
        return {**values, "path": place.path, "method": method, "area_units": areas}


@dataclass(frozen=True)
class PlanDeclaration(_File):
    """Many projects with one pool of candidates, one set of rules and one ledger, which replace those of the projects."""

    NAME = "plan.toml"

    path: Path = field(compare=False)
    projects: Annotated[tuple[Path, ...], Key("project files", "项目文件", table="plan")]
    name: Annotated[str, Key("name of the plan; default: that of its folder", "规划名称；默认文件夹名", table="plan")] = ""
    format: Annotated[int | None, Key(*FORMAT, table="plan", cosmetic=WRITTEN, low=1, high=999)] = field(
        default=None, compare=False
    )
    given: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    note: Annotated[str | None, Key("remark", "备注", table="plan", cosmetic="a remark")] = None
    example: Annotated[
        bool,
        Key("the statement says that this is an example", "报告中注明为示例", table="plan", cosmetic="a label of the statement"),
    ] = False
    candidates: Annotated[CandidateDeclaration | None, CANDIDATES] = None
    exclusions: Annotated[dict[str, LayerDeclaration] | None, EXCLUDED] = None
    rules: Annotated[RuleDeclaration | None, RULES] = None
    ledger: Annotated[LedgerDeclaration | None, LEDGER] = None
    checks: Annotated[CheckDeclaration | None, CHECKS] = None

    @classmethod
    def complete(cls, values: dict[str, Any], _where: str, place: Place) -> dict[str, Any]:
        """At least one project, and a name."""
        if not values["projects"]:
            place.refuse(f"{place.file}_wrong_type", key="plan.projects", found="[]", expected="a list of project files")
        return {"name": place.folder.name, **values, "path": place.path}
