"""What is made of a series: the product, the variables that it needs, its bands and how they are described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from ecoval.layers.context import Numbers
from ecoval.prepare.climate import measures, reductions
from ecoval.prepare.climate.reductions import DailyLayers
from ecoval.prepare.climate.times import DateVector


@dataclass(frozen=True)
class Wanted:
    """What is made: product, role, methods and numbers."""

    product: str
    roles: tuple[str, ...]
    method: str = ""
    numbers: Numbers | None = None
    threshold: float | None = None
    wind_height: float | None = None
    parts: bool = False

    @property
    def needs_dem(self) -> bool:
        """Whether elevation enters the product itself."""
        return self.product == "reference_evapotranspiration" and self.method == "penman_monteith"

    @property
    def summed(self) -> bool:
        """Whether months and years of the role are sums."""
        return self.roles[0] == "rain"

    def layers(
        self, values: Mapping[str, DailyLayers], dates: DateVector, latitude: np.ndarray, elevation: np.ndarray | None
    ) -> np.ndarray:
        """Bands of the product: array (bands, ...).

        Parameters
        ----------
        values : mapping (text, array (days, ...))
        dates : vector (days)
        latitude : array (...), deg
        elevation : array (...), m

        Returns
        -------
        array (bands, ...), 1
        """
        first = values[self.roles[0]]
        if self.product == "erosivity":
            return reductions.erosivity(first, dates, self.method, cast("Numbers", self.numbers), self.parts)
        if self.product == "monthly":
            return reductions.monthly(first, dates, self.summed)
        if self.product == "annual":
            return reductions.annual(first, dates, self.summed)
        if self.product == "normal":
            return np.asarray(reductions.annual(first, dates, self.summed).mean(axis=0))[None]
        if self.product == "storms":
            return reductions.storm_rain(first, dates, cast("float", self.threshold))
        if self.product == "cooling_days":
            return reductions.days_above(first, dates, cast("float", self.threshold))
        made = reductions.reference_evapotranspiration(values, dates, self.method, latitude, elevation, self.wind_height)
        return made if self.parts else made.sum(axis=0)[None]

    def described(self, dates: DateVector) -> tuple[str, list[str], str]:
        """Measure, description of each band, and role in a study.

        Parameters
        ----------
        dates : vector (days)

        Returns
        -------
        tuple of text, list of text, text
        """
        role = self.roles[0]
        uom = measures.ROLES[role].uom
        years = np.unique(dates.astype("datetime64[Y]")).astype(str).tolist()
        span = years[0] if len(years) == 1 else f"{years[0]}-{years[-1]}"
        months = [f"{month:02d}" for month in range(1, 13)]
        if self.product == "daily":
            return uom, np.datetime_as_string(dates, unit="D").tolist(), "rain_daily" if role == "rain" else role
        if self.product == "monthly":
            return ("mm month-1" if self.summed else uom), months, "precipitation_monthly" if role == "rain" else role
        if self.product in ("annual", "normal"):
            return (
                ("mm yr-1" if self.summed else uom),
                (years if self.product == "annual" else [span]),
                "precipitation" if role == "rain" else role,
            )
        if self.product == "erosivity":
            halves = [f"{month}{half}" for month in months for half in "ab"]
            bands = [span] if not self.parts else months if self.method == "monthly" else halves
            return "MJ mm ha-1 h-1 yr-1", bands, "erosivity"
        if self.product == "storms":
            return "mm yr-1", [span], "storm_rain"
        if self.product == "cooling_days":
            return "d yr-1", [span], "cooling_days"
        return ("mm month-1", months, "-") if self.parts else ("mm yr-1", [span], "reference_evapotranspiration")
