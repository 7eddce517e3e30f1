"""Accuracy rules of HJ 1166 and HJ 1176 as checks of a type map; the limits are the packaged ones.

A table gives either figures (metric, value) or check points (reference, mapped, count) as ecosystem type codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd

from ecoval import classification, tables
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.parameters import packaged
from ecoval.terms import nearest

RULES = {
    "overall_accuracy": ("overall_accuracy_min", "error"),
    "level1_accuracy": ("level1_accuracy_min", "error"),
    "level2_accuracy": ("level2_accuracy_min", "error"),
    "registration_plain": ("registration_max_plain", "warning"),
    "registration_mountain": ("registration_max_mountain", "warning"),
    "mosaic_edge": ("mosaic_edge_max", "warning"),
    "cloud_snow": ("cloud_snow_max", "warning"),
    "scene_overlap": ("scene_overlap_min", "warning"),
    "radiometric_accuracy": ("radiometric_accuracy_min", "warning"),
    "check_points": ("check_points_min", "warning"),
    "image_resolution": ("image_resolution_national_max", "warning"),
    "verification_resolution": ("verification_resolution_max", "warning"),
    "image_month": ("east_china_first_month", "warning"),
}
STRICT = ("overall_accuracy", "level1_accuracy", "level2_accuracy")  # the limit itself does not pass
KAPPA = ("excellent", "very_good", "good", "fair", "poor")


@dataclass(frozen=True)
class FigureRow:
    """A row of a table of figures."""

    metric: Annotated[str, Key("what was measured", "精度指标", choices=(*RULES, "kappa"))]
    value: Annotated[float, Key("how much; shares are 0 ... 1", "数值；比例为 0 ... 1", free=WORKED_OUT)]


@dataclass(frozen=True)
class CheckPointRow:
    """A row of a table of check points: a cell of the error matrix."""

    reference: Annotated[str, Key("ecosystem type on the ground", "实地的生态系统类型")]
    mapped: Annotated[str, Key("ecosystem type on the map", "图上的生态系统类型")]
    count: Annotated[float, Key("check points", "检核点数", low=0, high=1e12)]


@dataclass(frozen=True)
class AccuracyRow:
    """A figure beside its rule."""

    metric: Annotated[str, Key("what was measured", "精度指标", choices=(*RULES, "kappa"))]
    figure: Annotated[float, Key("how much, in uom", "数值，单位见 uom", name="found", free=WORKED_OUT)]
    limit: Annotated[float | None, Key("of the rule, in uom; empty for kappa", "限值，单位见 uom；kappa 无限值", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure", "计量单位")]
    verdict: Annotated[
        str,
        Key("whether it passes, or the grade of kappa", "是否通过，或 kappa 等级", choices=("pass", "fail", *KAPPA, "very_poor")),
    ]
    severity: Annotated[str, Key("what a failure means", "不通过的严重程度", choices=("error", "warning", "info"))]


def accuracy(path: str | Path, area: float) -> pd.DataFrame:
    """Figures of an accuracy table beside the rules.

    Parameters
    ----------
    area : number, m2
        Of the map, for the density of check points.

    Returns
    -------
    table (metric, found, limit, uom, verdict, severity)
        Verdict is pass, fail, or a grade of kappa.

    Raises
    ------
    InputError
        For a table of neither form, an unknown metric, a code that is no ecosystem type.
    """
    path = Path(path)
    table = tables.read(path)
    if set(columns(CheckPointRow)) <= set(table.columns):
        figures = matrix_figures(path, table)
    elif set(columns(FigureRow)) <= set(table.columns):
        values = tables.numbers(table, "value", required=True)
        figures = dict(zip(table["metric"].astype(str), values.tolist(), strict=True))
    else:
        raise InputError("accuracy_columns", path=str(path), found=list(table.columns))
    choices = (*RULES, "kappa")
    for metric in figures:
        if metric not in choices:
            raise InputError("accuracy_metric_unknown", path=str(path), metric=metric, nearest=nearest(metric, choices))
    return pd.DataFrame([checked(metric, value, area) for metric, value in figures.items()], columns=columns(AccuracyRow))


def matrix_figures(path: Path, table: pd.DataFrame) -> dict[str, float]:
    """Overall accuracy, those of levels 1 and 2, kappa and number of points of a table of check points.

    Parameters
    ----------
    table : table (reference, mapped, count)
    """
    count = tables.numbers(table, "count", required=True).to_numpy()
    if (count < 0).any() or not count.sum() > 0:
        raise InputError("accuracy_no_points", path=str(path), found=float(count.sum()))
    pair = [[classification.ecosystem_type(str(code)).code for code in table[name]] for name in ("reference", "mapped")]
    reference, mapped = (np.array(codes) for codes in pair)
    total = count.sum()

    def agreement(level: int | None) -> float:
        one, other = (np.array([_above(int(code), level) for code in codes]) for codes in (reference, mapped))
        return float(count[one == other].sum() / total)

    chance = sum(count[reference == code].sum() * count[mapped == code].sum() for code in np.unique(reference)) / total**2
    overall = agreement(None)
    kappa = (overall - chance) / (1 - chance) if chance < 1 else 1.0
    levels = {"level1_accuracy": agreement(1), "level2_accuracy": agreement(2)}
    return {"overall_accuracy": overall, **levels, "kappa": float(kappa), "check_points": float(total)}


def checked(metric: str, value: float, area: float) -> tuple[str, float, float, str, str, str]:
    """One row of the table of `accuracy`.

    Parameters
    ----------
    value : number, 1
    area : number, m2

    Returns
    -------
    tuple (metric, found, limit, uom, verdict, severity)
    """
    if metric == "kappa":
        lower = {row.key: row.value for row in packaged()["data_quality", "kappa_lower"]}
        grade = next((name for name in KAPPA if value >= lower[name]), "very_poor")
        return metric, value, float("nan"), "1", grade, "info"
    key, severity = RULES[metric]
    limits = {row.key: row for row in packaged()["data_quality", "threshold"]}
    row = limits[key]
    if metric == "check_points":
        value = value / (area / 1e6)
    if metric == "image_month":
        passed = row.value <= value <= limits["east_china_last_month"].value
    elif "_max" in key:
        passed = value <= row.value
    else:
        passed = value > row.value if metric in STRICT else value >= row.value
    return metric, value, row.value, row.uom, "pass" if passed else "fail", severity


def _above(code: int, level: int | None) -> int:
    """The code at a level of the classification, or as it is where it is coarser."""
    if level is None:
        return code
    return next((each for each in classification.lineage(code) if classification.ecosystem_type(each).level <= level), code)
