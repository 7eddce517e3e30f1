"""The layers of a study for one year as they are open: what the pass over the tiles needs, and what was decided on the way."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.errors import EcovalError
from ecoval.findings import finding
from ecoval.grid import Grid
from ecoval.layers.block import ClassLookup, Derived, LayerReader, ServicePlan
from ecoval.layers.parted import Parted
from ecoval.layers.selection import LeftOut
from ecoval.layers.study_toml import Declaration
from ecoval.parameters import Parameters
from ecoval.rasters import Aligned
from ecoval.services.declaration import Service
from ecoval.sourced import Number
from ecoval.units import SpatialUnits
from ecoval.words import field_text


@dataclass
class Layers:
    """Everything that the pass over the tiles needs, and what was decided on the way."""

    declaration: Declaration
    year: int
    parameters: Parameters
    grid: Grid
    sets: dict[str, SpatialUnits]
    units: SpatialUnits
    members: pd.DataFrame  # unit_set, unit_id and unit_name of each of the units
    codes: frozenset[str]
    lookup: ClassLookup
    classes_table: str
    parted: Parted | None = None
    readers: dict[str, LayerReader | Derived] = field(default_factory=dict)
    measures: dict[str, str | None] = field(default_factory=dict)
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    described: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    plans: list[ServicePlan] = field(default_factory=list)
    variants: list[ServicePlan] = field(default_factory=list)
    variants_absent: dict[tuple[str, str], EcovalError] = field(default_factory=dict)  # by service and name of the variant
    left_out: LeftOut = field(default_factory=LeftOut)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    statistics: pd.DataFrame | None = None
    all_statistics: pd.DataFrame | None = None  # also of units that the account leaves aside
    statistic_tables: dict[str, pd.DataFrame] = field(default_factory=dict)  # as declared: of the year and the units
    services: tuple[Service, ...] = ()  # that there are, computed or not
    notes: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[tuple[str, Path]] = field(default_factory=list)
    alignments: list[dict[str, str]] = field(default_factory=list)
    filled: set[tuple[str, str]] = field(default_factory=set)  # service and item of the tables that gave rows
    rows_of_tables: dict[tuple[str, str, str], pd.DataFrame] = field(default_factory=dict)  # that hang on no land
    rows: list[Number] = field(default_factory=list)
    prepared_from: set[str] = field(default_factory=set)
    scope_rows: list[Any] = field(default_factory=list)

    @property
    def known_types(self) -> tuple[int, ...]:
        """Ecosystem types that the land cover can tell, whether they are there or not."""
        crosswalk = getattr(self.parted, "crosswalk", None)
        return tuple(sorted({*self.lookup.types, *(() if crosswalk is None else crosswalk.targets.values())}))

    def reader(self, role: str) -> LayerReader | Derived | None:
        """Aligned reader of a role, or None where the study has none."""
        return self.readers.get(role)

    def apart(self) -> Layers:
        """The same with lists and tables of its own for what is opened: what is tried there is not seen here."""
        taken = ("readers", "measures", "bounds", "described", "statuses", "notes", "inputs", "alignments", "rows")
        return replace(self, **{name: copy(getattr(self, name)) for name in taken})

    @property
    def passed_variants(self) -> list[ServicePlan]:
        """Variants that need the pass; the others are the chosen form times a factor."""
        return [made for made in self.variants if made.variant is None or not made.variant.proportional]

    def note(self, code: str, **fields: object) -> None:
        """Add a fact that the report prints."""
        self.notes.append(finding(code, **{name: field_text(value) for name, value in fields.items()}).record())

    def opened(self, role: str, aligned: Aligned | Parted) -> None:
        """Note how a layer came onto the grid; in the report where it was resampled."""
        text = {"en": aligned.described("en"), "zh": aligned.described("zh")}
        self.alignments.append({"role": role, **text})
        if not aligned.native:
            reader: Any = getattr(aligned, "aligned", aligned)  # land cover with a mixture table wraps one
            parts = [{"code": code, "fields": fields} for code, fields in reader.parts()]
            self.notes.append({"code": "alignment", "role": role, "parts": parts, **text})
