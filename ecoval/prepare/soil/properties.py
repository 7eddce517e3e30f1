"""Properties of soil: the role that each becomes, its measure and plausible values, and how SoilGrids and SWAT name it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ecoval.errors import InputError
from ecoval.terms import nearest

_FRACTION = {"1": 1.0, "%": 1e-2, "g kg-1": 1e-3, "dg kg-1": 1e-4, "cg kg-1": 1e-5, "mg kg-1": 1e-6, "cm3 dm-3": 1e-3}
_DENSITY = {"t m-3": 1.0, "g cm-3": 1.0, "kg dm-3": 1.0, "Mg m-3": 1.0, "kg m-3": 1e-3, "cg cm-3": 1e-2}
_SPEED = {"mm h-1": 1.0, "um s-1": 3.6, "cm h-1": 10.0, "cm d-1": 10.0 / 24.0, "mm d-1": 1.0 / 24.0}
_LENGTH = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
MEASURES = (_FRACTION, _DENSITY, _SPEED, _LENGTH)
TEXTURE = ("sand", "silt", "clay")


@dataclass(frozen=True)
class Property:
    """A property of soil.

    Parameters
    ----------
    name, role, uom : text
        `role` of the layer that it becomes, empty for one that only serves others.
    low, high : number, 1
        Bounds of every value, in `uom`.
    median_low, median_high : number, 1
        Bounds of the median: beyond them the measure is probably another one.
    swat : tuple of text
        Columns that are added up.
    """

    name: str
    role: str
    uom: str
    low: float
    high: float
    median_low: float
    median_high: float
    soilgrids: str
    soilgrids_uom: str
    swat: tuple[str, ...]
    swat_uom: str

    def factor(self, uom: str, where: str) -> float:
        """Number by which a value in `uom` is multiplied.

        Parameters
        ----------
        where : text
            For the message.

        Returns
        -------
        number, 1

        Raises
        ------
        InputError
            For a measure that is not known for the property.
        """
        plain = _symbol(uom)
        for group in MEASURES:
            if self.uom in group:
                if plain in group:
                    return group[plain] / group[self.uom]
                raise InputError("soil_uom", property=self.name, path=where, found=uom, choices=list(group))
        raise InputError("soil_uom", property=self.name, path=where, found=uom, choices=[self.uom])

    def refuse_values(self, values: Iterable[float], uom: str, where: str) -> None:
        """Refuse values out of bounds, and those whose median another measure would explain.

        Parameters
        ----------
        values : vector (values), 1
            In the measure of the property.
        uom : text
            The measure that was said.
        """
        known = np.asarray(list(values) if not isinstance(values, np.ndarray) else values, dtype=np.float64).ravel()
        known = known[np.isfinite(known)]
        if not known.size:
            return
        low, high, median = float(known.min()), float(known.max()), float(np.median(known))
        slack = 1e-6 * self.high
        if low >= self.low - slack and high <= self.high + slack and self.median_low <= median <= self.median_high:
            return
        stated = self.factor(uom, where)
        fitting = [
            other
            for group in MEASURES
            if self.uom in group
            for other, value in group.items()
            if value / group[self.uom] != stated and self._fits(known / stated * value / group[self.uom])
        ]
        fields = {"low": low, "high": high, "median": median, "uom": self.uom, "said": uom, "fitting": fitting or ["-"]}
        fields |= {"least": self.low, "most": self.high, "from_": self.median_low, "to": self.median_high}
        raise InputError("soil_magnitude", property=self.name, path=where, **fields)

    def _fits(self, values: np.ndarray) -> bool:
        inside = values.min() >= self.low and values.max() <= self.high
        return bool(inside and self.median_low <= np.median(values) <= self.median_high)


@cache
def properties() -> dict[str, Property]:
    """Properties by name."""
    text = resources.files("ecoval").joinpath("data", "soil_properties.csv").read_text(encoding="utf-8")
    return {row["property"]: _property(row) for row in csv.DictReader(text.splitlines())}


def named(name: str, where: str) -> Property:
    """Property of a name.

    Raises
    ------
    InputError
        For a name that is not known.
    """
    plain = name.strip().removeprefix("soil_")
    if plain not in properties():
        choices = list(properties())
        raise InputError("soil_property_unknown", property=name, path=where, nearest=nearest(plain, choices), choices=choices)
    return properties()[plain]


def _property(row: dict[str, str]) -> Property:
    values: dict[str, Any] = {key: float(row[key]) for key in ("low", "high", "median_low", "median_high")}
    values |= {key: row[key] for key in ("role", "uom", "soilgrids", "soilgrids_uom", "swat_uom")}
    return Property(name=row["property"], swat=tuple(row["swat"].split()), **values)


def _symbol(uom: str) -> str:
    """Symbol as it is listed: `g/kg` is `g kg-1`."""
    head, _, tail = uom.strip().replace("μ", "u").replace("µ", "u").replace("³", "3").partition("/")
    if not tail:
        return " ".join(head.split())
    unit, exponent = (tail[:-1], tail[-1]) if tail[-1:].isdigit() else (tail, "1")
    return f"{head.strip()} {unit.strip()}-{exponent}"
