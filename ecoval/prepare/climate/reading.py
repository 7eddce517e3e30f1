"""How a series is read, as the user declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reading:
    """How a series is read: names, measures, times, codes; see `Options`."""

    variables: dict[str, str]
    measure: Mapping[str, str] | str | None
    series_crs: str | None
    missing: tuple[float, ...]
    trace: tuple[float, ...]
    rain_codes: str
    accumulated: str | None
    stamp: str | None
    day: str
    utc_offset: float
    time_zone: float | None
    stations: Path | None
    coordinates: str
    elevation_factor: float

    def measure_of(self, role: str) -> str | None:
        """Declared measure of a role, None where none is."""
        return self.measure.get(role) if isinstance(self.measure, Mapping) else self.measure
