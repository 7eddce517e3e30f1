"""Erodibility K of prepared soils: the equation of `services.rusle` with the constants of the parameter table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from ecoval.parameters import Parameters
from ecoval.services import rusle
from ecoval.sourced import Number


@dataclass(frozen=True)
class Erodibility:
    """K by a method, with the constants of the parameter table."""

    method: str
    ratio: float
    correction: rusle.ErodibilityCorrection

    @classmethod
    def of(cls, method: str, numbers: Parameters) -> Erodibility:
        """The method with its numbers."""
        rows = numbers.table("soil_retention", "K_correction")
        correction = rusle.ErodibilityCorrection.of({("K_correction", key): row.value for key, row in rows.items()})
        ratio = cast("Number", numbers.number("soil_retention", "om_to_oc"))  # packaged
        return cls(method, ratio.value, correction)

    def __call__(self, sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, carbon: npt.ArrayLike) -> np.ndarray:
        """K of fine earth and organic carbon, %."""
        return np.asarray(rusle.erodibility(sand, silt, clay, carbon, self.method, self.correction))
