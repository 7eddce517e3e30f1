"""What a variable is and in which measure it stands: names, units attributes, and the check of magnitudes where there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError
from ecoval.terms import nearest


@dataclass(frozen=True)
class Role:
    """A climate variable: its measure by day, how steps make a day, usual names, and what a plausible series looks like."""

    uom: str
    day: str  # sum | mean | max | min
    names: tuple[str, ...]
    low: float
    high: float
    highest_mean: float
    lowest_mean: float


ROLES = {
    "rain": Role(
        "mm d-1",
        "sum",
        ("prec", "precipitation", "tp", "pre", "pr", "rain", "p", "prcp", "pcp", "pre_time_2020", "20-20时累计降水量", "降水量"),
        0.0,
        1200.0,
        25.0,
        0.01,
    ),
    "temperature": Role("degC", "mean", ("temp", "t2m", "tas", "tmean", "tem_avg", "tavg", "平均气温"), -60, 60, 40, -40),
    "temperature_max": Role("degC", "max", ("tasmax", "tmax", "mx2t", "tem_max", "日最高气温", "最高气温"), -60, 60, 50, -40),
    "temperature_min": Role("degC", "min", ("tasmin", "tmin", "mn2t", "tem_min", "日最低气温", "最低气温"), -70, 50, 35, -50),
    "humidity": Role("%", "mean", ("hurs", "rhum", "rh", "rm", "rhu", "rhu_avg", "平均相对湿度", "相对湿度"), 0, 100.5, 100, 5),
    "wind": Role("m s-1", "mean", ("wind", "sfcwind", "si10", "ws", "win", "win_s_2mi_avg", "平均风速"), 0, 60, 20, 0),
    "sunshine": Role("h d-1", "sum", ("ssd", "ssh", "sunshine", "sund", "日照时数"), 0, 24, 16, 0),
}
# how a stored value becomes the day's measure: (factor, offset, what the factor goes with)
AMOUNT, RATE, VALUE = "amount", "rate", "value"
_RAIN = {
    "mm": (1.0, AMOUNT),
    "kg m-2": (1.0, AMOUNT),
    "m": (1000.0, AMOUNT),
    "cm": (10.0, AMOUNT),
    "mm d-1": (1.0 / 24.0, RATE),
    "kg m-2 d-1": (1.0 / 24.0, RATE),
    "mm h-1": (1.0, RATE),
    "mm s-1": (3600.0, RATE),
    "kg m-2 s-1": (3600.0, RATE),
    "m s-1": (3.6e6, RATE),
}
_OTHERS = {
    "temperature": {"degC": (1.0, 0.0), "K": (1.0, -273.15)},
    "humidity": {"%": (1.0, 0.0), "1": (100.0, 0.0)},
    "wind": {"m s-1": (1.0, 0.0), "km h-1": (1 / 3.6, 0.0)},
    "sunshine": {"h": (1.0, 0.0), "h d-1": (1.0, 0.0), "min": (1 / 60, 0.0), "s": (1 / 3600, 0.0)},
}
_SPELLED = {
    "kelvin": "K",
    "k": "K",
    "degk": "K",
    "c": "degC",
    "celsius": "degC",
    "deg c": "degC",
    "degc": "degC",
    "degree_celsius": "degC",
    "degrees_celsius": "degC",
    "℃": "degC",
    "°c": "degC",
    "m of water equivalent": "m",
    "percent": "%",
    "hr": "h",
    "hour": "h",
    "hours": "h",
    "kg/m2": "kg m-2",
}
_MULTIPLE = re.compile(r"^(\d*\.?\d+)\s+(.*)$")


@dataclass(frozen=True)
class Conversion:
    """Stored value x factor + offset is the day's measure; a rate is also multiplied by the hours of its step."""

    measure: str
    factor: float
    offset: float
    form: str

    @property
    def changes(self) -> bool:
        """Whether values are changed at all."""
        return self.factor != 1.0 or self.offset != 0.0 or self.form == RATE


def conversion(role: str, text: str, where: str) -> Conversion:
    """How values in a stated measure become the role's.

    Parameters
    ----------
    text : text
        Such as "K", "mm hr-1", "kg m**-2 s**-1", "0.1 mm".
    where : text
        File and variable, for messages.

    Raises
    ------
    InputError
        For a measure that the role cannot have.
    """
    multiple, spelled = 1.0, _spelled(text)
    found = _MULTIPLE.match(text.strip())
    if found and _spelled(found[2]) in _known(role):
        multiple, spelled = float(found[1]), _spelled(found[2])
    known = _known(role)
    if spelled not in known:
        raise InputError("climate_measure_unknown", where=where, role=role, found=text, known=list(known))
    factor, offset, form = known[spelled]
    return Conversion(text, factor * multiple, offset, form)


def plausible(role: str, low: float, high: float, mean: float, where: str) -> None:
    """Nothing where a series without a stated measure looks like one in the role's own.

    Raises
    ------
    InputError
        With the magnitude that was found, and the option that declares the measure.
    """
    wanted = ROLES[role]
    if low < wanted.low or high > wanted.high or not wanted.lowest_mean <= mean <= wanted.highest_mean:
        raise InputError(
            "climate_measure_absent",
            where=where,
            role=role,
            low=float(low),
            high=float(high),
            mean=float(mean),
            expected=wanted.uom,
            expected_low=wanted.low,
            expected_high=wanted.high,
        )


def in_range(role: str, low: float, high: float, where: str) -> None:
    """Nothing where converted values lie in the physical range of the role.

    Raises
    ------
    InputError
    """
    wanted = ROLES[role]
    if low < wanted.low or high > wanted.high * (2 if role == "rain" else 1):
        raise InputError(
            "climate_out_of_range",
            where=where,
            role=role,
            low=float(low),
            high=float(high),
            expected_low=wanted.low,
            expected_high=wanted.high,
            uom=wanted.uom,
        )


def role_of(name: str) -> str | None:
    """Role that a variable of this usual name has, None where the name says nothing."""
    lowered = name.strip().lower()
    return next((role for role, about in ROLES.items() if lowered == role or lowered in about.names), None)


def known_role(role: str) -> str:
    """The role where it exists.

    Raises
    ------
    InputError
    """
    if role not in ROLES:
        raise InputError("climate_role_unknown", found=role, known=list(ROLES), nearest=nearest(role, ROLES))
    return role


def statistics(values: npt.ArrayLike) -> tuple[float, float, float]:
    """Lowest, highest and mean value of an array.

    Parameters
    ----------
    values : array (...), 1

    Returns
    -------
    tuple of number, 1
        Nan where nothing is valid.
    """
    valid = np.asarray(values)[np.isfinite(values)]
    if not valid.size:
        return float("nan"), float("nan"), float("nan")
    return float(valid.min()), float(valid.max()), float(valid.mean(dtype=np.float64))


def _known(role: str) -> dict[str, tuple[float, float, str]]:
    """Measures that a role may have: factor, offset, what the factor goes with."""
    if role == "rain":
        return {measure: (factor, 0.0, form) for measure, (factor, form) in _RAIN.items()}
    others = _OTHERS["temperature" if role.startswith("temperature") else role]
    return {measure: (factor, offset, VALUE) for measure, (factor, offset) in others.items()}


def _spelled(text: str) -> str:
    """Measure in the writing of this table: `kg m**-2 s**-1`, `mm/hr` and `mm hr-1` are `kg m-2 s-1` and `mm h-1`."""
    text = " ".join(text.strip().replace("**", "").replace("^", "").split())
    text = _SPELLED.get(text.lower(), text)
    text = re.sub(r"\s*/\s*([A-Za-z]+)(\d*)", lambda part: f" {part[1]}-{part[2] or 1}", text)
    text = re.sub(r"\b(hr|hour)-1", "h-1", text)
    return re.sub(r"\bday-1", "d-1", text)
