"""Points of area x value, as German compensation rules and the UMAM of Florida count them: one debit and one credit per area.

Both are the equivalency sum with the time in one factor: the debit is the area times the fall in value, the credit of one unit of
area the rise in value, less what time and risk take. Points of different rules are not comparable. The UMAM time factors beyond 10
years, its steps of risk (0.25) and the form behind them are not verified.
"""

from __future__ import annotations

from functools import cache

from ecoval.errors import ParameterError
from ecoval.offset.equivalency.scaling import required_area
from ecoval.registry import data_rows


def points(area: float, before: float, after: float, factor: float = 1.0) -> float:
    """Points lost (above 0) or won (below 0) on an area whose value changes.

    Parameters
    ----------
    area : number, m2, >= 0
    before, after : number, 1
        Value per unit of area.
    factor : number, 1, > 0
        What a rule counts of a measure, by its starting state.

    Returns
    -------
    number, 1
    """
    return area * (before - after) * factor


@cache
def umam_factors() -> tuple[tuple[int, float, str], ...]:
    """Rows of the UMAM time table: longest lag in years, factor, status."""
    return tuple((int(row["key"]), float(row["value"]), row["status"]) for row in data_rows("offset", "umam_time.csv"))


def umam_time_factor(years: int) -> float:
    """Time factor T of UMAM for a lag; 1 up to one year.

    Parameters
    ----------
    years : number, yr, >= 0

    Returns
    -------
    number, 1

    Raises
    ------
    ParameterError
        For a lag beyond the packaged rows.
    """
    for longest, value, _status in umam_factors():
        if years <= longest:
            return value
    raise ParameterError("umam_lag_beyond_table", years=years, longest=umam_factors()[-1][0])


def umam_area(
    area: float,
    fall: float,
    rise: float,
    *,
    lag: int = 0,
    time_factor: float | None = None,
    risk: float = 1.0,
    preservation: float = 1.0,
) -> float:
    """Mitigation area after UMAM: FL / RFG with FL = fall x area and RFG = rise x PAF / (T x R).

    Parameters
    ----------
    area : number, ha, > 0
        Or acres; the answer is in the same measure.
    fall, rise : number, 1, 0 ... 1
        Fall of the score at the impact, rise at the mitigation.
    lag : number, yr, >= 0
    time_factor : number, 1, >= 1
        T itself, in place of the lag.
    risk : number, 1, 1 ... 3
    preservation : number, 1, 0 ... 1
        Adjustment factor of preservation, PAF.

    Returns
    -------
    number, ha
    """
    factor = umam_time_factor(lag) if time_factor is None else time_factor
    return required_area(points(area, fall, 0.0), rise * preservation / (factor * risk))
