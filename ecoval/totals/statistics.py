"""The statistics of `zonal`: their names, and each as a formula of what was added up per unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval.errors import InputError
from ecoval.terms import nearest
from ecoval.totals import values

DEFAULT = ("count", "area", "sum", "mean", "min", "max", "missing_area")
FROM_SUMS = ("count", "area", "sum", "mean", "area_mean", "min", "max", "stdev", "variance", "missing_area", "valid_fraction")
FROM_VALUES = ("median", "majority", "variety", "frac")
FROM_AREA = ("area", "area_mean", "missing_area", "valid_fraction")
CHOICES = (*FROM_SUMS, *FROM_VALUES, "quantile:q")
OF_VALUE_TYPE = ("min", "max", "median", "majority")  # and the quantiles: they are values of the raster
MOST_CATEGORIES = 1000
_EXACT_WHOLE = 2**53  # whole numbers up to here are exact in float64


@dataclass(frozen=True)
class Gathered:
    """What was added up of one band.

    Parameters
    ----------
    sums : mapping from text to vector (units), 1 or m2
        count, sum, area, missing, product (value x area) and squares (about the mean).
    low, high : vector (units), 1
        In the values' own type; meaningless where the count is 0.
    shares : list (units)
        Distinct values and coverages, or empty.
    """

    sums: Mapping[str, npt.NDArray[np.float64]]
    low: np.ndarray
    high: np.ndarray
    shares: Sequence[values.Shares]


def read_names(names: Iterable[str] | str) -> tuple[str, ...]:
    """Statistics asked for, checked.

    Parameters
    ----------
    names : list of text, or text with commas

    Raises
    ------
    InputError
        For a name that is none, with the nearest that is, and for one that is asked twice.
    """
    texts = names.split(",") if isinstance(names, str) else list(names)
    texts = [str(name).strip() for name in texts]
    for name in texts:
        if name not in FROM_SUMS and name not in FROM_VALUES and share_of(name) is None:
            raise InputError("statistic_unknown", name=name, nearest=nearest(name, CHOICES), choices=" ".join(CHOICES))
    repeated = sorted({name for name in texts if texts.count(name) > 1})
    if repeated or not texts:
        raise InputError("statistics_repeated", names=repeated, choices=" ".join(CHOICES))
    return tuple(texts)


def share_of(name: str) -> float | None:
    """The q of `quantile:q` and of `median`; None for another name or a q outside 0..1."""
    if name == "median":
        return 0.5
    head, _, text = name.partition(":")
    try:
        share = float(text) if head == "quantile" else np.nan
    except ValueError:
        return None
    return share if 0.0 <= share <= 1.0 else None


def needs_values(names: Iterable[str]) -> bool:
    """Whether a statistic needs the values of each unit and not sums alone."""
    return any(name in FROM_VALUES or share_of(name) is not None for name in names)


def is_value(name: str) -> bool:
    """Whether a statistic is a value of the raster and has its type."""
    return name in OF_VALUE_TYPE or share_of(name) is not None


def columns(names: Iterable[str], band: Gathered, integer: bool, layer: str) -> dict[str, Any]:
    """Columns of one band: name -> array (units).

    Parameters
    ----------
    names : list of text
    integer : whether values of the raster are whole numbers by type
    layer : for messages
    """
    table: dict[str, Any] = {}
    for name in names:
        if name == "frac":
            table.update(_fractions(band, layer))
        elif is_value(name):
            table[name] = _own_type(_value(name, band), integer)
        elif name == "variety":
            table[name] = np.array([len(value) for value, _ in band.shares], dtype=np.int64)
        else:
            table[name] = _from_sums(name, band.sums)
    return table


def _from_sums(name: str, sums: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    count, area = sums["count"], sums["area"]
    with np.errstate(invalid="ignore", divide="ignore"):
        if name == "sum":
            return np.where(count > 0, sums["sum"], np.nan)
        if name == "mean":
            return sums["sum"] / count
        if name == "area_mean":
            return sums["product"] / area
        if name == "variance":
            return sums["squares"] / count
        if name == "stdev":
            return np.sqrt(sums["squares"] / count)
        if name == "valid_fraction":
            return area / (area + sums["missing"])
    return {"count": count, "area": area, "missing_area": sums["missing"]}[name]


def _value(name: str, band: Gathered) -> list[Any]:
    """A value of the raster per unit, None where the unit has no valid cell."""
    if name in ("min", "max"):
        extreme = band.low if name == "min" else band.high
        return [value if count > 0 else None for value, count in zip(extreme, band.sums["count"], strict=True)]
    share = share_of(name)
    if share is None:
        return [values.majority(shares) for shares in band.shares]
    return [values.quantile(shares, share) for shares in band.shares]


def _own_type(values: list[Any], integer: bool) -> Any:
    """Array of values, whole numbers kept whole."""
    if integer:
        whole = [pd.NA if value is None else int(value) for value in values]
        large = any(value is not pd.NA and value > np.iinfo(np.int64).max for value in whole)
        return pd.array(whole, dtype="UInt64" if large else "Int64")
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _fractions(band: Gathered, layer: str) -> dict[str, npt.NDArray[np.float64]]:
    """Share of the valid coverage per category."""
    kinds = np.unique(np.concatenate([value for value, _ in band.shares])) if band.shares else np.empty(0)
    if len(kinds) > MOST_CATEGORIES:
        raise InputError("frac_of_measurements", layer=layer, count=len(kinds), most=MOST_CATEGORIES)
    table = np.zeros((len(band.shares), len(kinds)))
    for unit, (value, weight) in enumerate(band.shares):
        whole = weight.sum()
        table[unit] = np.nan
        if whole > 0:
            table[unit] = 0.0
            table[unit, np.searchsorted(kinds, value)] = weight / whole
    return {f"frac:{_category(kind)}": table[:, place] for place, kind in enumerate(kinds)}


def _category(kind: Any) -> str:
    """Name of a category: a whole number without a decimal point."""
    return str(int(kind)) if float(kind).is_integer() else np.format_float_positional(kind, unique=True, trim="0")


def table(ids: Sequence[str], layers: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> pd.DataFrame:
    """One row per unit and layer, the layers of a unit together.

    Parameters
    ----------
    ids : list of text
    layers : mapping from layer to its columns
    names : list of text
        Statistics in the order asked.

    Returns
    -------
    table (unit_id, layer, statistics)
    """
    units, count = len(ids), len(layers)
    order = np.arange(units * count).reshape(count, units).T.ravel()
    columns: dict[str, Any] = {"unit_id": np.repeat(np.asarray(ids, dtype=object), count), "layer": list(layers) * units}
    for name in names:
        for column in _frac_columns(layers) if name == "frac" else [name]:
            parts = [layer[column] if column in layer else _no_category(layer, units) for layer in layers.values()]
            columns[column] = _joined(parts)[order]
    return pd.DataFrame(columns)


def _frac_columns(layers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Columns of the categories of all layers, in ascending order."""
    names = {column for layer in layers.values() for column in layer if column.startswith("frac:")}
    return sorted(names, key=lambda column: float(column.partition(":")[2]))


def _no_category(layer: Mapping[str, Any], units: int) -> np.ndarray:
    """Shares of a category that a layer has nowhere: 0, or nan where a unit has no valid cell."""
    own = [values for column, values in layer.items() if column.startswith("frac:")]
    return own[0] * 0.0 if own else np.full(units, np.nan)


def _is_exact(part: Any) -> bool:
    """Whether float64 holds all whole numbers of a column."""
    numbers: pd.Series[Any] = pd.Series(part).dropna()
    return bool((numbers.abs() <= _EXACT_WHOLE).all())


def _joined(parts: Sequence[Any]) -> Any:
    """Columns of several layers in one; whole numbers stay exact whatever they are joined with."""
    kinds = {str(part.dtype) for part in parts}
    if len(kinds) == 1:
        return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else pd.concat([pd.Series(p) for p in parts]).array
    whole = [part for part in parts if not isinstance(part, np.ndarray)]
    if kinds & {"float64"} and all(map(_is_exact, whole)):
        return np.concatenate([pd.Series(part).to_numpy(dtype=np.float64, na_value=np.nan) for part in parts])
    return np.concatenate([np.asarray(part, dtype=object) for part in parts])
