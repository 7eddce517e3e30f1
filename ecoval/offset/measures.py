"""Minimising: what measures leave of the loss, what they avoid, what a unit of it costs, and which to choose under a limit.

A measure is one option for one patch. It acts by an area factor (share of the patch that is still lost: the direct loss), a loss
factor (for all services, or one column per service: the indirect loss; `acts_on` = direct or both where it is meant so), a duration
(the works end earlier), or another kind in place of what is built. Where all rows are carried out the effects on a patch multiply
and each measure is credited with what it avoids after those above it in the table. The step is settled before compensation: its
residual is the input of that. `measure_choice.joint_measures` looks for the least sum of both costs and is an analysis only.
"""

import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import pandas as pd

from ecoval import tables
from ecoval.declarations import YEAR_DOMAIN, Key, columns
from ecoval.errors import InputError
from ecoval.offset.declaration.layers import texts
from ecoval.words import in_words

OUTPUT = (
    *(
        "patch_id",
        "option_id",
        "name",
        "service",
        "area_kind",
        "area_unit",
        "avoided_annual",
        "avoided_pv",
        "uom",
        "pv_uom",
        "cost",
    ),
    "cost_per_unit",
)
ACTS = ("direct", "indirect", "both")


@dataclass(frozen=True)
class MeasureRow:
    """A row of the table of measures; `loss_factor:<service>` may stand beside the columns."""

    patch_id: Annotated[str, Key("the patch", "地块编号")]
    option_id: Annotated[str, Key("the option", "措施编号")]
    name: Annotated[str | None, Key("its name; default: the option", "名称；默认措施编号")] = None
    area_factor: Annotated[float | None, Key("what is left of the area", "剩余面积的比例", low=0, high=1)] = None
    loss_factor: Annotated[float | None, Key("what is left of the loss", "剩余损失的比例", low=0, high=1)] = None
    acts_on: Annotated[str | None, Key("which loss; default: indirect", "作用于哪类损失；默认 indirect", choices=ACTS)] = None
    kind: Annotated[
        float | None, Key("ecosystem type in place of what is built", "代替建设用地的生态系统类型", low=1, high=999)
    ] = None
    end: Annotated[float | None, Key("last year of the impact", "影响的最后一年", measure="yr", **YEAR_DOMAIN)] = None
    duration: Annotated[float | None, Key("years of the impact", "影响持续年数", measure="yr", low=0, high=1000)] = None
    recovery_years: Annotated[
        float | None, Key("years of the fall to 0 after the end", "结束后恢复所需年数", measure="yr", low=0, high=1000)
    ] = None
    cost: Annotated[float, Key("of the measure at t0", "措施费用（t0 年）", low=0, measure="CNY", high=1e15)] = field(kw_only=True)


COLUMNS = columns(MeasureRow)
NEEDED = columns(MeasureRow, required=True)
TEXTS = columns(MeasureRow, kind=str)
KEY = ("patch_id", "service", "area_kind", "area_unit")


def read_measures(path, sheet=None):
    """Measures of a table (CSV or XLSX).

    Parameters
    ----------
    path : path
        Columns patch_id, option_id, cost; optional name, area_factor, loss_factor, loss_factor:<service>, acts_on, kind, end,
        duration, recovery_years.
    sheet : text

    Returns
    -------
    table (patch_id, option_id, name, area_factor, loss_factor, acts_on, kind, end, duration, recovery_years, cost, ...)
        Numbers are numbers; cost in CNY at t0; an empty factor changes nothing.
    """
    return measures_of(tables.read(path, required=NEEDED, sheet=sheet), str(path))


def measures_of(table, layer="measures"):
    """Measures of a table in memory, with every column.

    Parameters
    ----------
    table : table (patch_id, option_id, cost, ...)
    layer : text
        Name for messages.

    Returns
    -------
    table (patch_id, option_id, name, area_factor, loss_factor, acts_on, kind, end, duration, recovery_years, cost, ...)

    Raises
    ------
    InputError
        FIELD_MISSING, VALUE_OUT_OF_RANGE for a column that is not known or a text where a number belongs.
    """
    absent = [name for name in NEEDED if name not in table]
    if absent:
        raise InputError("FIELD_MISSING", layer=layer, features=absent, found=list(table.columns), expected=absent)
    services = [name for name in table if str(name).startswith("loss_factor:")]
    stray = [name for name in table if name not in (*COLUMNS, *services, "note")]
    if stray:
        expected = in_words("finding_one_of", names=f"{', '.join(COLUMNS)}, loss_factor:<service>")
        raise InputError(
            "VALUE_OUT_OF_RANGE", layer=layer, features=stray, found=in_words("finding_columns_unknown"), expected=expected
        )
    made = {}
    for name in TEXTS:
        values = table[name] if name in table else pd.Series([None] * len(table), index=table.index, dtype=object)
        made[name] = texts(values)
    for name in (*(each for each in COLUMNS if each not in made), *services):
        made[name] = _numbers(table, name, layer)
    made = pd.DataFrame(made)
    made["acts_on"] = made["acts_on"].fillna("indirect")
    wrong = ~made["acts_on"].isin(ACTS)
    if wrong.any():
        features, found = list(made["patch_id"][wrong]), list(made["acts_on"][wrong])
        raise InputError(
            "VALUE_OUT_OF_RANGE", layer=layer, features=features, found=found, expected=in_words("finding_one_of", names=ACTS)
        )
    made["name"] = made["name"].where(made["name"].notna(), made["option_id"])
    return made[[*COLUMNS, *services]].reset_index(drop=True)


def _numbers(table, name, layer):
    if name not in table:
        return pd.Series(np.nan, index=table.index)
    values = pd.to_numeric(table[name], errors="coerce").astype(float)
    wrong = values.isna() & table[name].notna() & (table[name].astype(str).str.strip() != "")
    if wrong.any():
        found = [f"{name} = {value}" for value in table[name][wrong]]
        raise InputError("VALUE_OUT_OF_RANGE", layer=layer, features=[name], found=found, expected=in_words("finding_a_number"))
    return values


def apply_measures(patch_losses, measures, timing, kind_losses=None):
    """Residual loss after all measures given, and what each of them avoids.

    Parameters
    ----------
    patch_losses : table (patch_id, service, area_kind, area_unit, direct, indirect, start, end, annual, ..., uom)
        Of one alternative or of several; a patch without a measure keeps its loss.
    measures : table
        As `read_measures`.
    timing : Timing
    kind_losses : table (option_id, patch_id, service, area_kind, area_unit, direct)
        Direct loss of a patch under the kind that a measure puts in place of what is built; needed where a measure names a kind.

    Returns
    -------
    residual : table (patch_losses)
        As given, with what is left.
    measures : table (patch_id, option_id, name, service, area_kind, area_unit, avoided_annual, avoided_pv, uom, cost, ...)
        Money in CNY at t0; cost_per_unit = the measure's cost / avoided_pv, empty where nothing is avoided.

    Raises
    ------
    InputError
        For a measure of a patch that has no loss row, or a kind without its losses.
    """
    left = patch_losses.reset_index(drop=True).copy()
    if "recovery_years" not in left:
        left["recovery_years"] = 0.0
    left[["direct", "indirect", "annual"]] = left[["direct", "indirect", "annual"]].astype(float)
    rows_of = left.groupby("patch_id").indices
    unknown = sorted({str(each) for each in measures["patch_id"]} - {str(each) for each in rows_of})
    if unknown:
        raise InputError("measure_patch_unknown", features=unknown, known=sorted(map(str, rows_of)))
    avoided = []
    for option in measures.itertuples():
        rows = rows_of[option.patch_id]
        before = left.iloc[rows]
        after = _after(before, measures.loc[option.Index], kind_losses)
        avoided.append(_avoided(option, before, after, timing))
        left.loc[rows, after.columns] = after
    if "recovery_years" not in patch_losses and (left["recovery_years"] == 0.0).all():
        left = left.drop(columns="recovery_years")
    out = pd.concat(avoided, ignore_index=True) if avoided else pd.DataFrame(columns=list(OUTPUT))
    return left, out


def _after(before, option, kind_losses):
    """Rows of a patch after one measure."""
    after = before.copy()
    area = _factor(option["area_factor"])
    loss = np.array([_service_factor(option, service) for service in before["service"]])
    on = option["acts_on"]
    if not math.isnan(option["kind"]):
        after["direct"] = _of_kind(before, option, kind_losses)
    after["direct"] *= area * (loss if on in ("direct", "both") else 1.0)
    after["indirect"] *= loss if on in ("indirect", "both") else 1.0
    after["annual"] = after["direct"] + after["indirect"]
    share = np.divide(after["annual"], before["annual"], out=np.full(len(after), area), where=before["annual"].to_numpy() != 0.0)
    for name in ("annual_low", "annual_high"):
        if name in after:
            after[name] = after["annual"] + (before[name] - before["annual"]) * np.abs(share)
    return _shortened(after, option)


def _shortened(after, option):
    """Years of a patch after a measure: the earlier end of what is given; permanent works with an end become temporary."""
    ends = [option["end"], after["start"] + option["duration"]]
    for end in ends:
        after["end"] = np.fmin(after["end"].astype(float), end)
    if "impact_type" in after:
        after["impact_type"] = after["impact_type"].where(after["end"].isna(), "temporary")
    if not math.isnan(option["recovery_years"]):
        after["recovery_years"] = option["recovery_years"]
    return after


def _factor(value):
    return 1.0 if math.isnan(value) else float(value)


def _service_factor(option, service):
    """Loss factor of a service: its own column, that of its service without the item, else the one for all."""
    for name in (f"loss_factor:{service}", f"loss_factor:{service.partition(':')[0]}", "loss_factor"):
        if name in option and not math.isnan(option[name]):
            return float(option[name])
    return 1.0


def _of_kind(before, option, kind_losses):
    given = None if kind_losses is None else kind_losses[kind_losses["option_id"] == option["option_id"]]
    if given is None or not (given["patch_id"] == option["patch_id"]).any():
        raise InputError(
            "measure_kind_without_losses", patch=option["patch_id"], option=option["option_id"], kind=int(option["kind"])
        )
    known = given.set_index(list(KEY))["direct"]
    return [float(known.get(key, 0.0)) for key in before[list(KEY)].itertuples(index=False, name=None)]


def _avoided(option, before, after, timing):
    """Rows of measures.csv of one measure."""
    pv = present_losses(before, timing) - present_losses(after, timing)
    table = before[["patch_id", "service", "area_kind", "area_unit"]].copy()
    table["option_id"], table["name"] = option.option_id, option.name
    table["avoided_annual"], table["avoided_pv"] = before["annual"] - after["annual"], pv
    table["uom"] = before["uom"]
    table["pv_uom"] = [pv_uom(uom, timing) for uom in before["uom"]]
    table["cost"] = option.cost
    total = table.groupby("service")["avoided_pv"].transform("sum").to_numpy()
    table["cost_per_unit"] = np.divide(option.cost, total, out=np.full(len(table), np.nan), where=total > 0.0)
    return table[list(OUTPUT)]


def pv_uom(uom, timing):
    """Measure of a present value: that of the annual quantity without the year; under the multiplier the annual one."""
    return uom if timing.time == "multiplier" else str(uom).removesuffix(" yr-1")


def present_losses(patch_losses, timing):
    """Present value at t0 of each row of losses.

    Parameters
    ----------
    patch_losses : table (annual, start, end)
        May have recovery_years.
    timing : Timing

    Returns
    -------
    vector (rows), 1
        In the measure of the annual loss without the year.
    """
    recovery = patch_losses["recovery_years"] if "recovery_years" in patch_losses else pd.Series(0.0, index=patch_losses.index)
    terms = {}
    years = list(zip(patch_losses["start"].astype(float), patch_losses["end"].astype(float), recovery.astype(float), strict=True))
    for start, end, fall in years:
        if (start, end, fall) not in terms:
            terms[start, end, fall] = timing.loss_factor(int(start), None if math.isnan(end) else int(end), int(fall))
    return patch_losses["annual"].to_numpy(dtype=float) * np.array([terms[each] for each in years])


def minimise_ok(patches, measures, reason=None):
    """Whether each patch has a measure or a written reason why there is none.

    Parameters
    ----------
    patches : texts
        Patches of the chosen alternative.
    measures : table (patch_id)
        None: no table of measures.
    reason : text
        One reason for all, or a mapping patch -> reason ("*" for all others).

    Returns
    -------
    ok : choice {True, False, None}
        None where there is neither a table nor a reason: no record at all.
    lacking : texts
        Patches without either.
    """
    measured = () if measures is None else tuple(measures["patch_id"])
    lacking = unreasoned(patches, measured, reason)
    if measures is None and not reason:
        return None, lacking
    return not lacking, lacking


def unreasoned(patches, measured, reason):
    """Patches with neither a measure nor a written reason: a reason is one text for all, or a text per patch."""
    measured = {str(each) for each in measured}
    if isinstance(reason, dict):
        reasons = {str(patch) for patch, text in reason.items() if written(text)}
        return tuple(patch for patch in dict.fromkeys(map(str, patches)) if patch not in measured | reasons and "*" not in reasons)
    if written(reason):
        return ()
    return tuple(patch for patch in dict.fromkeys(map(str, patches)) if patch not in measured)


def written(text):
    """Whether a reason is a text that says something."""
    return isinstance(text, str) and bool(text.strip())
