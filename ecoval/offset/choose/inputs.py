"""The tables of a choice as they are given: requirements, candidates, credits; checked, with the row in every refusal."""

import difflib
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import pandas as pd

from ecoval import tables
from ecoval.declarations import JUDGED_LATER, Key, columns, entries, spellings
from ecoval.errors import InputError
from ecoval.terms import nearest

PAIR = ("candidate_id", "option_id")
ALIKE = 0.8  # a column whose name is so close to a known one is a slip, not a remark of the user
READER = "for the reader"


@dataclass(frozen=True)
class RequirementRow:
    """Debits before the ratio, one row per service and area."""

    TABLE: ClassVar[str] = "requirements"
    KEY: ClassVar[tuple[str, ...]] = ("service", "area_unit")

    service: Annotated[str, Key("the service", "服务")]
    area_unit: Annotated[str, Key("the area", "区域")]
    required: Annotated[float, Key("what is required, before the ratio", "要求的数量，未乘倍数", free=JUDGED_LATER)]
    uom: Annotated[str, Key("unit of measure, one per service", "计量单位，每项服务须一致")] = ""
    area_kind: Annotated[str, Key("kind of the area", "区域类别", cosmetic=READER)] = ""


@dataclass(frozen=True)
class OfferRow:
    """A candidate with one of its options: what it costs and what binds it."""

    TABLE: ClassVar[str] = "candidates"
    KEY: ClassVar[tuple[str, ...]] = PAIR

    candidate_id: Annotated[str, Key("the candidate", "候选地块编号")]
    option_id: Annotated[str, Key("its option; empty for a lone candidate", "措施编号；只有一种措施时为空")]
    cost: Annotated[float, Key("of the whole candidate", "整块费用", low=0, high=1e15)]
    fixed_cost: Annotated[float, Key("once, whatever the share", "与份额无关的固定费用", low=0, high=1e15)] = 0.0
    minimum_area: Annotated[
        float, Key("that must be taken, if any; with area", "选用时的最小面积；须有 area", low=0, high=1e14)
    ] = 0.0
    area: Annotated[float | None, Key("of the whole candidate", "整块面积", low=0, high=1e14)] = None
    distance: Annotated[float | None, Key("to the loss", "到受损地的距离", low=0, high=1e08)] = None
    rank: Annotated[float | None, Key("decides between sets of equal cost", "成本相同时的次序", free=JUDGED_LATER)] = None
    kind: Annotated[str, Key("ecosystem type that is aimed at", "目标生态系统类型", also=("kind_target",))] = ""
    conflict_group: Annotated[str, Key("candidates of one group exclude each other", "同组候选地块互斥")] = ""
    name: Annotated[str, Key("its name", "名称")] = ""
    excluded: Annotated[str, Key("why it cannot serve, a code; empty: it can", "不能使用的原因代码；空为可用")] = ""
    reason_en: Annotated[str, Key("the reason in English", "英文原因")] = ""
    reason_zh: Annotated[str, Key("the reason in Chinese", "中文原因")] = ""


@dataclass(frozen=True)
class OfferCreditRow:
    """What a full candidate gives to a service in an area, already weighted."""

    TABLE: ClassVar[str] = "credits"
    KEY: ClassVar[tuple[str, ...]] = (*PAIR, "service", "area_unit")

    candidate_id: Annotated[str, Key("the candidate", "候选地块编号")]
    option_id: Annotated[str, Key("its option", "措施编号")]
    service: Annotated[str, Key("the service", "服务")]
    area_unit: Annotated[str, Key("the area", "区域")]
    credit: Annotated[float, Key("of the whole candidate", "整块增益", free=JUDGED_LATER)]
    uom: Annotated[str, Key("unit of measure, that of the requirement", "计量单位，与要求一致")] = ""
    area_kind: Annotated[str, Key("kind of the area", "区域类别", cosmetic=READER)] = ""


@dataclass(frozen=True)
class ShareRow:
    """A chosen candidate."""

    TABLE: ClassVar[str] = "portfolio"
    KEY: ClassVar[tuple[str, ...]] = PAIR

    candidate_id: Annotated[str, Key("the candidate", "候选地块编号")]
    option_id: Annotated[str, Key("its option", "措施编号")]
    share: Annotated[float, Key("that is taken", "选用的份额", low=0, high=1)] = 1.0
    cost: Annotated[float | None, Key("of the share", "该份额的费用", cosmetic=READER, free=JUDGED_LATER)] = None
    area: Annotated[float | None, Key("of the share", "该份额的面积", cosmetic=READER, free=JUDGED_LATER)] = None
    name: Annotated[str, Key("its name", "名称", cosmetic=READER)] = ""


SHARES = tuple(entry.name for entry in entries(ShareRow) if not entry.key.cosmetic)


def requirement_table(given):
    """Debits before the ratio, one row per service and area.

    Parameters
    ----------
    given : table (service, area_unit, required)
        Or the path of one; optionally uom.

    Returns
    -------
    table (service, area_unit, required, uom)
        In the order of service and area.
    """
    frame = _opened(given, RequirementRow)
    made = _read(frame, RequirementRow)
    _one_uom(frame, made)
    return _keyed(frame, made, RequirementRow)


def candidate_table(given):
    """Candidates with their options, what they cost and what binds them.

    Parameters
    ----------
    given : table (candidate_id, option_id, cost)
        Or the path of one; optionally area, kind or kind_target, conflict_group, minimum_area, fixed_cost, distance, rank, name,
        excluded with reason_en and reason_zh.

    Returns
    -------
    table (candidate_id, option_id, cost, fixed_cost, area, minimum_area, kind, conflict_group, distance, rank, name, excluded, ...)
        In the order of candidate and option.
    """
    frame = _opened(given, OfferRow)
    if "minimum_area" in frame and "area" not in frame:
        found = [str(name) for name in frame.columns]
        raise InputError("MINIMUM_AREA_WITHOUT_AREA", layer=_path(frame), features="minimum_area", found=found, expected="area")
    made = _read(frame, OfferRow)
    unknown = made.index[(made["minimum_area"] > 0) & made["area"].isna()]
    if len(unknown):
        raise InputError("choose_cell_empty", path=_path(frame), cell=tables.cell(frame, unknown[0], "area"), column="area")
    return _keyed(frame, made, OfferRow)


def credit_table(given, candidates, requirements):
    """Credits of the full candidates, already weighted.

    Parameters
    ----------
    given : table (candidate_id, option_id, service, area_unit, credit)
        Or the path of one; optionally uom.
    candidates : table (candidate_id, option_id)
        As `candidate_table` makes it.
    requirements : table (service, uom)
        As `requirement_table` makes it.

    Returns
    -------
    table (candidate_id, option_id, service, area_unit, credit, uom)
    """
    frame = _opened(given, OfferCreditRow)
    made = _read(frame, OfferCreditRow)
    _refuse_unknown(frame, made, candidates)
    _one_uom(frame, made)
    _same_uom(frame, made, requirements)
    return _keyed(frame, made, OfferCreditRow)


def share_table(given):
    """A list of chosen candidates, somebody's own or one made here.

    Parameters
    ----------
    given : table (candidate_id, option_id, share)
        Or the path of one; without share each is taken in full.

    Returns
    -------
    table (candidate_id, option_id, share)
    """
    frame = _opened(given, ShareRow)
    return _keyed(frame, _read(frame, ShareRow), ShareRow)


def _opened(given, rows):
    """The table of a path, or the given one; refused where a column is absent or misspelt."""
    required = columns(rows, required=True)
    if isinstance(given, str | Path):
        frame = tables.read(given, required=required)
        known = [name for names in spellings(rows).values() for name in names]
        for name in frame.columns:
            close = difflib.get_close_matches(name, [one for one in known if one not in frame], n=1, cutoff=ALIKE)
            if name not in known and close:
                raise InputError("choose_column_near", path=str(given), column=name, nearest=close[0])
        return frame
    frame = pd.DataFrame(given)
    frame.attrs = {"path": rows.TABLE, **getattr(given, "attrs", {})}
    for name in required:
        if name not in frame:
            close = nearest(name, frame.columns) or "-"
            raise InputError("table_column_missing", path=_path(frame), column=name, nearest=close)
    return frame


def _read(frame, rows):
    """The columns that a class declares, apart from those for the reader."""
    cells = {}
    for entry in (each for each in entries(rows) if not each.key.cosmetic):
        name = next((also for also in entry.key.also if also in frame), entry.name)
        if str in entry.forms:
            cells[entry.name] = _text(frame, name, optional=not entry.required)
        else:
            absent = None if entry.required else math.nan if entry.default is None else entry.default
            cells[entry.name] = _number(frame, name, -math.inf if entry.key.low is None else entry.key.low, absent)
    return pd.DataFrame(cells, index=frame.index)


def _path(frame):
    return str(frame.attrs.get("path", "-"))


def _text(frame, column, optional=False):
    """Texts of a column; an empty one is refused unless it is optional, then it is "" (so is the option of a lone candidate)."""
    if optional and column not in frame:
        return [""] * len(frame)
    values = frame[column]
    empty = values.isna().tolist()
    texts = ["" if missing else _plain(value) for value, missing in zip(values.tolist(), empty, strict=True)]
    if not optional and column != "option_id" and "" in texts:
        row = frame.index[texts.index("")]
        raise InputError("choose_cell_empty", path=_path(frame), cell=tables.cell(frame, row, column), column=column)
    return texts


def _plain(value):
    """An id that became a number on its way is written without a decimal point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _number(frame, column, low=-math.inf, absent=None):
    """Numbers of a column; with `absent` the column may lack and its cells may be empty."""
    if absent is not None and column not in frame:
        return np.full(len(frame), absent)
    values = frame[column]
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = tables.numbers(_as_text(frame, column), column)
    values = values.to_numpy(dtype="float64", na_value=math.nan)
    empty = np.isnan(values)
    if absent is None and empty.any():
        row = frame.index[empty][0]
        raise InputError("choose_cell_empty", path=_path(frame), cell=tables.cell(frame, row, column), column=column)
    values = np.where(empty, absent, values) if absent is not None else values
    wrong = np.flatnonzero((values < low) | np.isinf(values))
    if len(wrong):
        found, where = float(values[wrong[0]]), tables.cell(frame, frame.index[wrong[0]], column)
        raise InputError("choose_number_range", path=_path(frame), cell=where, column=column, found=found, low=_low(low))
    return values


def _as_text(frame, column):
    """The column as `tables.numbers` takes it: texts, where missing stays missing."""
    texts = frame[[column]].astype("object").map(lambda value: None if pd.isna(value) else str(value).strip() or None)
    texts.attrs = frame.attrs
    return texts


def _low(low):
    return "any finite number" if low == -math.inf else f">= {low:g}"


def _keyed(frame, made, rows):
    """The table in the order of its key, which may not occur twice."""
    key = list(rows.KEY)
    keys = list(zip(*(made[name].tolist() for name in key), strict=True))
    if len(set(keys)) < len(keys):
        twice = next(one for one, count in Counter(keys).items() if count > 1)
        rows = [row for row, one in zip(frame.index, keys, strict=True) if one == twice]
        raise InputError("table_key_twice", path=_path(frame), columns=key, values=list(twice), rows=rows)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return made.iloc[order].reset_index(drop=True)


def _refuse_unknown(frame, made, candidates):
    """Refuse credits for a candidate, or an option of one, that is not in the table of candidates."""
    known = set(zip(candidates["candidate_id"], candidates["option_id"], strict=True))
    given = list(zip(made["candidate_id"], made["option_id"], strict=True))
    unknown = [place for place, pair in enumerate(given) if pair not in known]
    if unknown:
        found = ":".join(given[unknown[0]])
        close = nearest(found, sorted(":".join(pair) for pair in known)) or "-"
        where = tables.cell(frame, frame.index[unknown[0]], "candidate_id")
        raise InputError("choose_credit_unknown", path=_path(frame), cell=where, found=found, nearest=close, count=len(unknown))


def _one_uom(frame, made):
    """Refuse two units of measure of one service in one table."""
    seen = {}
    for row, service, uom in zip(frame.index, made["service"], made["uom"], strict=True):
        if uom and seen.setdefault(service, uom) != uom:
            _refuse_uom(frame, row, service, uom, seen[service], _path(frame))


def _same_uom(frame, made, requirements):
    """Refuse a service whose credits have another unit of measure than its requirements."""
    wanted = {service: uom for service, uom in zip(requirements["service"], requirements["uom"], strict=True) if uom}
    for row, service, uom in zip(frame.index, made["service"], made["uom"], strict=True):
        if uom and wanted.get(service, uom) != uom:
            _refuse_uom(frame, row, service, uom, wanted[service], "requirements")


def _refuse_uom(frame, row, service, found, expected, against):
    where = tables.cell(frame, row, "uom")
    raise InputError(
        "choose_uom_differs", path=_path(frame), cell=where, service=service, found=found, expected=expected, against=against
    )
