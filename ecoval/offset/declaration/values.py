"""The tables of project.toml as frozen values.

`Key.apart` names the stages that are kept between assessments: "loss" (losses, and debits after measures) and "credits" (candidates
with their exclusions and credits, which also depend on all that losses depend on).
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from ecoval.declarations import Key, Place
from ecoval.offset.equivalency.time import DEFAULT_BASE, Timing

RATE, HORIZON, CONVENTION = 0.03, 30, "mean"  # shown defaults: the policy gives none
SECONDS = 300.0  # of the solver, so that a solve that nobody waits for ends
EVERYWHERE = "everywhere"
BALANCED = "losses and credits are balanced against each other after both are made"
CHOSEN = "parcels are chosen after losses and credits are made"
RECORDED = "the record of avoiding and minimising is judged after the losses are made"
OFFERED = "what is offered does not change what is lost"
AFTER = {"loss": BALANCED, "credits": BALANCED}
CHOICE = {"loss": CHOSEN, "credits": CHOSEN}

LayerPath = Annotated[Path, Key("file", "文件")]
LayerName = Annotated[str | None, Key("layer of a file that has several", "多图层文件中的图层名")]
LayerCrs = Annotated[str | None, Key("where the file does not say it", "坐标系，文件未注明时填写")]
LayerEncoding = Annotated[str | None, Key("of the texts, where the file does not say it", "文字编码，文件未注明时填写")]


@dataclass(frozen=True)
class LayerDeclaration:
    """One vector layer: where it is read."""

    SHORT: ClassVar[str] = "path"

    path: LayerPath
    layer: LayerName = None
    crs: LayerCrs = None
    encoding: LayerEncoding = None


@dataclass(frozen=True)
class AreaDeclaration:
    """Units of one area kind: a unit set of the study, a layer of its own, or everywhere as one unit."""

    NAMED: ClassVar[str] = "kind"
    SHORT: ClassVar[str] = "set"

    kind: str
    unit_set: Annotated[
        str | None, Key('name of a unit set of the study, or "everywhere"', '项目中单元集的名称，或 "everywhere"', name="set")
    ] = None
    everywhere: Annotated[bool, Key("one unit without bounds", "不分区，全域为一个单元")] = False
    path: Annotated[Path | None, Key("file of a layer of its own", "自有图层文件")] = None
    id: Annotated[str, Key("field of the codes", "编码字段")] = "unit_id"
    name: Annotated[str | None, Key("field of the names", "名称字段")] = None
    parent: Annotated[str | None, Key("field of the code of the unit above", "上级单元编码字段")] = None
    layer: LayerName = None
    crs: LayerCrs = None
    encoding: LayerEncoding = None

    @classmethod
    def complete(cls, values: dict[str, Any], where: str, place: Place) -> dict[str, Any]:
        """The first of the three ways that the entry takes."""
        if values.get("everywhere") or values.get("unit_set") == EVERYWHERE:
            return {"everywhere": True}
        if "unit_set" in values:
            return {"unit_set": values["unit_set"]}
        if "path" not in values:
            place.refuse(f"{place.file}_key_missing", table=where, key="path")
        return values


def _field(en: str, zh: str, default: str = "") -> Key:
    return (
        Key(f"field of {en}", f"{zh}字段")
        if not default
        else Key(f"field of {en}; default: {default}", f"{zh}字段；默认 {default}")
    )


@dataclass(frozen=True)
class FootprintDeclaration(LayerDeclaration):
    """The layer of footprints, with cost (CNY) and site area (m2) per alternative and years of recovery of temporary works."""

    FIELDS: ClassVar[dict[str, str]] = {
        "alternative": "alternative_id",
        **{name: name for name in ("patch_id", "name", "impact_type", "start", "end", "after_class")},
    }

    alternative: Annotated[str | None, _field("the alternative", "方案", "alternative_id")] = None
    patch_id: Annotated[str | None, _field("the patch", "地块编号", "patch_id")] = None
    name: Annotated[str | None, _field("its name", "名称", "name")] = None
    impact_type: Annotated[str | None, _field("permanent or temporary", "影响类型", "impact_type")] = None
    start: Annotated[str | None, _field("the first year of the impact", "影响起始年", "start")] = None
    end: Annotated[str | None, _field("the last year of a temporary impact", "临时影响结束年", "end")] = None
    after_class: Annotated[str | None, _field("the ecosystem type afterwards", "占用后生态系统类型", "after_class")] = None
    costs: Annotated[
        dict[str, float], Key("alternative -> cost", "方案 -> 费用", measure="CNY", names="alternative", low=0, high=1e15)
    ] = field(default_factory=dict)
    site_area: Annotated[
        dict[str, float],
        Key(
            "alternative -> area that its patches must add up to",
            "方案 -> 地块面积应有的合计",
            measure="m2",
            names="alternative",
            low=0,
            high=1e14,
        ),
    ] = field(default_factory=dict)
    recovery_years: Annotated[
        float,
        Key(
            "years in which a temporary impact falls to 0 after its end",
            "临时影响结束后恢复所需年数",
            low=0,
            measure="yr",
            high=1000,
        ),
    ] = 0.0

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Fields that the project names itself."""
        return tuple(name for name in self.FIELDS if getattr(self, name) is not None)

    @property
    def fields(self) -> dict[str, str]:
        """What is read -> field of the file."""
        return {name: getattr(self, name) or default for name, default in self.FIELDS.items()}


@dataclass(frozen=True)
class InfluenceDeclaration:
    """Zones around the footprints: a layer, a distance, or a land cover with and without; loss fractions per service."""

    path: Annotated[Path | None, Key("file of zones as polygons", "影响区面图层文件")] = None
    layer: LayerName = None
    crs: LayerCrs = None
    encoding: LayerEncoding = None
    alternative: Annotated[str, _field("the alternative", "方案")] = "alternative_id"
    patch_id: Annotated[str, _field("the patch", "地块编号")] = "patch_id"
    distance_m: Annotated[
        float | None, Key("width of a ring around each patch", "地块外缘影响带宽度", low=0, measure="m", high=1e07)
    ] = None
    downstream_m: Annotated[
        float | None, Key("way of the water below each patch", "地块下游水流影响长度", low=0, measure="m", high=1e07)
    ] = None
    loss: Annotated[
        dict[str, float],
        Key(
            'service -> fraction lost in the zone; "*": all others',
            '服务 -> 影响区损失比例；"*" 为其余服务',
            measure="1",
            names="service",
            star=True,
            low=0,
            high=1,
        ),
    ] = field(default_factory=dict)
    loss_fields: Annotated[
        dict[str, str],
        Key("service -> field that holds its fraction", "服务 -> 损失比例字段", names="service", star=True),
    ] = field(default_factory=dict)
    landcover_base: Annotated[
        Path | None, Key("land cover without the project; default: that of the study", "无项目的地表覆盖；默认为项目的地表覆盖")
    ] = None
    landcover_with: Annotated[
        Path | None, Key("land cover with the project, in place of zones", "有项目的地表覆盖，代替影响区")
    ] = None

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Fields of the layer of zones that the project names itself."""
        own = {"alternative": "alternative_id", "patch_id": "patch_id"}
        return (*(getattr(self, name) for name, usual in own.items() if getattr(self, name) != usual), *self.loss_fields.values())

    @property
    def layer_of_zones(self) -> LayerDeclaration | None:
        """The layer of zones, where there is one."""
        return None if self.path is None else LayerDeclaration(self.path, self.layer, self.crs, self.encoding)


@dataclass(frozen=True)
class MeasureDeclaration:
    """Table of measures; `choose`: one option per patch under the limit (CNY), else every row is carried out."""

    SHORT: ClassVar[str] = "path"

    path: Annotated[Path, Key("table of measures", "减缓措施表")]
    sheet: Annotated[str | None, Key("sheet of a workbook; default: the first", "工作表名；默认第一张")] = None
    limit: Annotated[
        float | None, Key("of the costs of chosen measures", "所选措施的费用上限", low=0, measure="CNY", high=1e15)
    ] = None
    weights: Annotated[
        dict[str, float], Key("service -> weight of its loss", "服务 -> 损失权重", names="service", low=0, high=1e12)
    ] = field(default_factory=dict)
    choose: Annotated[bool, Key("one option per patch; default: every row is carried out", "每个地块选一种；默认全部实施")] = False


@dataclass(frozen=True)
class CandidateDeclaration(LayerDeclaration):
    """Layer of candidates; `advance` and `delay` (years) hold for all that do not say their own."""

    fields: Annotated[
        dict[str, str], Key("what is read -> field of the file", "读取内容 -> 文件字段", names="candidate_column")
    ] = field(default_factory=dict)
    advance: Annotated[
        float, Key("years by which all begin before their start", "全部地块提前于起始年的年数", low=0, measure="yr", high=1000)
    ] = 0.0
    delay: Annotated[
        float, Key("years by which all begin after their start", "全部地块滞后于起始年的年数", low=0, measure="yr", high=1000)
    ] = 0.0


def _later(en: str, zh: str, **domain: Any) -> Key:
    """Key of a rule that is read when losses and credits are made."""
    return Key(en, zh, apart=AFTER, **domain)


def _choice(en: str, zh: str, **domain: Any) -> Key:
    """Key of a rule that is read when parcels are chosen."""
    return Key(en, zh, apart=CHOICE, **domain)


@dataclass(frozen=True)
class RuleDeclaration:
    """Scalars and tables of the rules; `rate` is None where the file gives none (`effective_rate` fills it in)."""

    spatial: Annotated[Path | None, Key("table: where a service counts", "空间规则表")] = None
    accept: Annotated[Path | None, _later("table: which kind makes up for which", "类型替代规则表")] = None
    no_go: Annotated[
        Path | tuple[Any, ...] | None,
        Key(
            "what no offset makes up for: ecosystem types, a table, or a layer",
            "不可补偿的生态系统类型、表或图层",
            apart={"loss": OFFERED},
        ),
    ] = None
    ratio: Annotated[
        float | Path | dict[str, float],
        _later(
            "required per unit lost: a number, service -> number, or a table",
            "单位损失应补偿量：数值、服务 -> 数值，或表",
            names="service",
            star=True,
            low=0,
            high=1e6,
        ),
    ] = 1.0
    ratio_kind: Annotated[
        float | Path | dict[str, float],
        _later("the same per ecosystem type", "同上，按生态系统类型", names="ecosystem_type", star=True, low=0, high=1e6),
    ] = 1.0
    time: Annotated[str, Key("how time counts, one way only", "时间计算方式，只能选一种", choices=("discount", "multiplier"))] = (
        "discount"
    )
    rate: Annotated[
        float | None,
        Key(f"discount rate; default: {RATE:g} under discount", f"贴现率；贴现时默认 {RATE:g}", low=0, measure="yr-1", high=1),
    ] = None
    horizon: Annotated[
        float | str,
        Key(
            'years that are counted, or "inf"',
            '计算年限，或 "inf"',
            unlimited=True,
            low=1,
            measure="yr",
            choices=("inf", "infinite", "∞"),
            high=10_000,
        ),
    ] = HORIZON
    convention: Annotated[str, Key("how a year's level is taken", "年内取值方式", choices=("mean", "mean_mid", "begin", "end"))] = (
        CONVENTION
    )
    ratio_value: Annotated[float, _later("value required per value lost", "价值补偿比例", low=0, high=1e6)] = 1.0
    base: Annotated[
        float | None, Key(f"of the multiplier; default: {DEFAULT_BASE:g}", f"时间乘数的底；默认 {DEFAULT_BASE:g}", low=0, high=1)
    ] = None
    bank_interest: Annotated[bool, Key("whether gains before t0 bear interest", "t0 之前的收益是否计息")] = False
    deficit_limit: Annotated[
        float | None,
        _later(
            "largest deficit of the running balance, in yearly losses; default: none",
            "逐年余额的最大亏缺，以年损失量计；默认不限",
            measure="yr",
            low=0,
            high=1e6,
        ),
    ] = None
    objective: Annotated[
        str, _choice("what the choice of candidates makes least", "地块选择的目标", choices=("cost", "area", "distance"))
    ] = "cost"
    whole: Annotated[bool, _choice("candidates are taken whole or not at all", "地块整块选用")] = False
    value: Annotated[bool, _later("whether value must balance too", "价值量是否也须平衡")] = True
    kinds: Annotated[bool, _later("whether ecosystem types must balance too", "生态系统类型是否也须平衡")] = True
    must: Annotated[tuple[Any, ...], _choice("candidates that are taken in any case", "必选地块", names="candidate")] = ()
    ban: Annotated[tuple[Any, ...], _choice("candidates that are not taken", "禁选地块", names="candidate")] = ()
    similar_cost: Annotated[
        float,
        _later(
            "a less harmful alternative is noted up to this share more cost",
            "提示影响较小方案时允许增加的费用比例",
            low=0,
            high=1e3,
        ),
    ] = 0.10
    limit: Annotated[float | None, _choice("of the costs of the candidates", "地块费用上限", low=0, high=1e15, measure="CNY")] = (
        None
    )
    time_limit: Annotated[float, _choice("of the solver, in seconds", "求解时限（秒）", low=0, high=1e7)] = SECONDS
    most: Annotated[int | None, _choice("number of candidates at most", "地块数上限", low=0, high=10**9)] = None
    weights: Annotated[
        dict[str, float],
        _later("service -> weight in the index of alternatives", "服务 -> 方案指数中的权重", names="service", low=0, high=1e12),
    ] = field(default_factory=dict)

    @classmethod
    def complete(cls, values: dict[str, Any], _where: str, _place: Place) -> dict[str, Any]:
        """Any word for a horizon without end is infinity."""
        return {**values, "horizon": math.inf} if isinstance(values.get("horizon"), str) else values

    @property
    def effective_rate(self) -> float:
        """Discount rate: the one given, else 0 under the multiplier and the shown default under discounting."""
        if self.rate is not None:
            return float(self.rate)
        return 0.0 if self.time == "multiplier" else RATE

    def timing(self, t0: float) -> Timing:
        """How time counts in a balance valued at the year `t0` (`time.Timing`, which refuses two methods at once)."""
        base = self.base if self.time == "discount" or self.base is not None else DEFAULT_BASE
        rate = self.rate if self.time == "multiplier" else self.effective_rate
        horizon: float = self.horizon  # type: ignore[assignment]  # `complete` leaves no word
        return Timing(self.time, rate, horizon, self.convention, int(t0), self.bank_interest, base)


@dataclass(frozen=True)
class RecordDeclaration:
    """What was decided and why: chosen alternative, reasons to have no alternative or no measure (per patch or for all)."""

    chosen: Annotated[str | None, Key("the alternative; default: the only one", "选定方案；默认唯一方案")] = None
    avoid_reason: Annotated[
        str | None,
        Key(
            "why there are no two alternatives",
            "没有两个以上方案的理由",
            reason=True,
            apart={"loss": RECORDED, "credits": RECORDED},
        ),
    ] = None
    minimise_reason: Annotated[
        str | dict[str, str] | None,
        Key(
            'why patches have no measure: one text, or patch -> text ("*": all others)',
            '地块没有减缓措施的理由：一段文字，或 地块 -> 文字（"*" 为其余地块）',
            names="patch",
            star=True,
            reason=True,
            apart={"loss": RECORDED, "credits": RECORDED},
        ),
    ] = None
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None


@dataclass(frozen=True)
class StatutoryLayer(LayerDeclaration):
    """Layer of one regime, and its fields."""

    kind: Annotated[str | None, _field("the kind", "类型")] = None
    quantity: Annotated[str | None, _field("the quantity", "数量")] = None
    grade: Annotated[str | None, _field("the grade", "等级")] = None
    value: Annotated[str | None, Key("kind of all places, in place of a field", "全部图斑的类型，代替类型字段")] = None

    @property
    def own_fields(self) -> tuple[str, ...]:
        """Fields of the file that the project names itself."""
        return tuple(field for name, field in self.fields.items() if name != "value")

    @property
    def fields(self) -> dict[str, str]:
        """What is read -> field of the file; `value` is the kind of all places."""
        given = {name: getattr(self, name) for name in ("kind", "quantity", "grade", "value")}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class StatutoryDeclaration:
    """Rule table of the statutory balances, layers per regime, and what is provided (a table, or rows)."""

    SHORT: ClassVar[str] = "path"

    path: Annotated[Path, Key("table of the rules", "法定平衡规则表")]
    sheet: Annotated[str | None, Key("sheet of a workbook; default: the first", "工作表名；默认第一张")] = None
    provided: Annotated[Path | tuple[Any, ...] | None, Key("what is provided: a table, or rows", "已落实的补充：表，或行")] = None
    layers: Annotated[
        dict[str, StatutoryLayer],
        Key("regime -> a path, or an entry", "法定类别 -> 路径或条目", role="statutory", names="regime"),
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerDeclaration:
    """The ledger, the name of the project in it, and whether an assessment that balances is written into it."""

    SHORT: ClassVar[str] = "path"

    path: Annotated[Path, Key("the ledger, a GeoPackage", "台账（GeoPackage）")]
    project: Annotated[str | None, Key("name of the project in it; default: its name", "项目在台账中的名称；默认项目名称")] = None
    write: Annotated[bool, Key("whether a balance is entered", "平衡后是否登记")] = False


@dataclass(frozen=True)
class CheckDeclaration:
    """Tolerances of the validator: overlap and minimum in m2, maximum per polygon in m2, cells, missing share of area."""

    overlap_tolerance: Annotated[float, Key("overlap that is let pass", "允许的重叠面积", low=0, measure="m2", high=1e14)] = 1.0
    minimum_area: Annotated[float, Key("of a polygon", "图斑最小面积", low=0, measure="m2", high=1e14)] = 100.0
    maximum_area: Annotated[float, Key("of a polygon", "图斑最大面积", low=0, measure="m2", high=1e14)] = 1e9
    few_cells: Annotated[int, Key("cells below which a polygon is named", "像元数少于此值时提示", low=0, high=1e06)] = 9
    missing_tolerance: Annotated[float, Key("share of the area without data", "允许的缺数据面积比例", low=0, high=1)] = 0.05
