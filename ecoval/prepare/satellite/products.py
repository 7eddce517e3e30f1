"""What each satellite product holds: layers, scale, range, fill codes and quality fields, from `data/satellite_products.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ecoval.errors import InputError

RULES = ("none", "usable", "good")
REASONS = (
    "valid",
    "water",
    "built_up",
    "barren",
    "snow_ice",
    "wetland",
    "unclassified",
    "fill",
    "out_of_range",
    "quality",
    "not_covered",
)
"""Why a cell has no value: the position is the code; what the product itself names comes first."""
CLASSES = REASONS[1:7]
"""Reasons that are a class of land which the product leaves out."""


@dataclass(frozen=True)
class Product:
    """A layer of a satellite product.

    Parameters
    ----------
    measured : choice {npp, et, ndvi}
    layer, grid : text
        Name of the layer, and of the grid in the HDF-EOS file that holds it.
    scale, offset, factor : number, 1
        Quantity = (stored x scale + offset) x factor, in `uom`.
    low, high : number, 1
        Valid stored values.
    codes : mapping (number, text)
        Stored value -> reason.
    days, first_day : number, 1
        Days of a composite, and day of the year of the first.
    fields : mapping (text, (number, number))
        First and last bit of each field; (0, 62) for the whole value.
    rules : mapping (text, list of (field, low, high))
    """

    name: str
    measured: str
    layer: str
    grid: str
    scale: float
    offset: float
    factor: float
    uom: str
    low: float
    high: float
    codes: dict[int, str]
    days: int
    first_day: int
    quality_layer: str
    fields: dict[str, tuple[int, int] | None]
    rules: dict[str, list[tuple[str, int, int]]]
    source_id: str
    status: str
    note: str

    @property
    def annual(self) -> bool:
        """Whether one file holds the whole year."""
        return self.days >= 365

    def reasons(self, stored: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Reason of each cell, 0 where its value is valid.

        Parameters
        ----------
        stored : array (rows, cols), 1
        known : array (rows, cols), 1
            False outside the file.

        Returns
        -------
        array (rows, cols), 1
        """
        found = np.zeros(stored.shape, dtype=np.int16)
        found[~known] = REASONS.index("not_covered")
        outside = known & ~((stored >= self.low) & (stored <= self.high))
        found[outside] = REASONS.index("out_of_range")
        for code, reason in self.codes.items():
            found[known & (stored == code)] = REASONS.index(reason)
        return found

    def accepted(self, quality: np.ndarray, rule: str) -> np.ndarray:
        """Whether each cell passes a quality rule.

        Parameters
        ----------
        quality : array (rows, cols), 1
            Stored values of the quality layer.
        rule : choice {good, usable}

        Returns
        -------
        array (rows, cols), 1
        """
        passed = np.ones(quality.shape, dtype=bool)
        whole = quality.astype(np.int64)
        for name, low, high in self.rules[rule]:
            bits = self.fields[name]
            value = whole if bits is None else (whole >> bits[0]) & ((1 << (bits[1] - bits[0] + 1)) - 1)
            passed &= (value >= low) & (value <= high)
        return passed

    def command(self, path: str) -> str:
        """Command that turns an HDF4-EOS file into a GeoTIFF of the layer."""
        stem = path.rsplit("/", 1)[-1].removesuffix(".hdf")
        target = f"{stem}.{self.layer.replace(' ', '_')}.tif"
        return f"gdal_translate -of GTiff 'HDF4_EOS:EOS_GRID:\"{path}\":{self.grid}:{self.layer}' {target}"


@cache
def products() -> dict[str, Product]:
    """Products by name."""
    text = resources.files("ecoval").joinpath("data", "satellite_products.csv").read_text(encoding="utf-8")
    return {row["product"]: _product(row) for row in csv.DictReader(text.splitlines())}


def named(name: str) -> Product:
    """Product of a name.

    Raises
    ------
    InputError
        For a product that is not in the table.
    """
    if name not in products():
        from ecoval.terms import nearest

        raise InputError("satellite_product_unknown", product=name, nearest=nearest(name, products()), products=list(products()))
    return products()[name]


def _product(row: dict[str, str]) -> Product:
    values: dict[str, Any] = {key: float(row[key]) for key in ("scale", "offset", "factor", "low", "high")}
    codes = {int(code): reason for code, reason in (pair.split(":") for pair in row["codes"].split())}
    fields = {name: _span(bits) for name, bits in (pair.split(":") for pair in row["quality_fields"].split())}
    rules = {rule: [_condition(text) for text in row[rule].split()] for rule in RULES[1:]}
    values |= {key: row[key] for key in ("measured", "layer", "grid", "uom", "quality_layer", "source_id", "status", "note")}
    values |= {"days": int(row["composite_days"]), "first_day": int(row["first_day"])}
    return Product(name=row["product"], codes=codes, fields=fields, rules=rules, **values)


def _span(bits: str) -> tuple[int, int] | None:
    """First and last bit; None for the whole value."""
    if bits == "*":
        return None
    first, last = bits.split("-")
    return int(first), int(last)


def _condition(text: str) -> tuple[str, int, int]:
    name, bounds = text.split("=")
    low, high = bounds.split("-")
    return name, int(low), int(high)
