"""One year of a study, computed: its tables, the opened layers, the record; and what its writers ask of the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ecoval.layers.opened import Layers
from ecoval.layers.study_toml import Declaration


class DeclaredStudy(Protocol):
    """A study as it is declared: the content of study.toml, what it says, and where it stands."""

    content: Mapping[str, Any]
    path: Path
    declaration: Declaration

    @property
    def name(self) -> str:
        """Name of the study."""


@dataclass
class YearAccount:
    """The tables of one year, the opened layers, and the record of the run."""

    year: int
    folder: Path | None
    supply: pd.DataFrame
    gep: pd.DataFrame
    indicators: pd.DataFrame
    extent: pd.DataFrame
    layers: Layers
    record: dict[str, Any] = field(default_factory=dict)
