"""What a data request leaves out: indicators that this version does not compute, and those that the units' land cannot give."""

from __future__ import annotations

from pathlib import Path

from ecoval import classification
from ecoval.accounts.indicators import MISSING_SHARE
from ecoval.errors import InputError
from ecoval.layers.opening import read_classes
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.parameters import indicators
from ecoval.prepare.statistics.items import SERVICES_OF
from ecoval.services import registry
from ecoval.totals import zonal
from ecoval.units import SpatialUnits

COAST = 9  # family of the types of coast and sea
NOT_IMPLEMENTED, NO_TYPE, COAST_UNKNOWN = "not_implemented", "no_type_in_scope", "coast_unknown"


def left_out(
    standard: str, units: SpatialUnits | None = None, landcover: str | Path | None = None, classes: str | None = None
) -> dict[str, str]:
    """Indicators of a standard that need not be asked for: indicator -> reason.

    Parameters
    ----------
    units : SpatialUnits
    landcover : path
        Raster; with it the types of the units decide, as they do in an account. Without it what coast and sea alone can give is
        left out, since nothing says that the units have any.
    classes : text
        As for the land cover of a study: table or name of a crosswalk.

    Raises
    ------
    InputError
        Land cover without polygons of the units.
    """
    every = list(classification.ecosystem_types())
    codes = every
    present: set[int] | None = None
    if landcover is not None:
        if units is None:
            raise InputError("request_landcover_without_units", path=str(landcover))
        codes, present = _types(units, landcover, classes)
    computed, reasons = registry(), {}
    for name, row in indicators(standard).items():
        inside = _counted(name, codes)
        if row["included"] == "no":
            continue
        if SERVICES_OF.get(name, name) not in computed:
            reasons[name] = NOT_IMPLEMENTED
        elif present is not None and inside and not inside & present:
            reasons[name] = NO_TYPE
        elif _of_coast(_counted(name, every)) and (present is None or not inside):
            reasons[name] = COAST_UNKNOWN
    return reasons


def _counted(name: str, types: list[int]) -> set[int]:
    """Types of which an indicator counts some land."""
    return {code for code, inside in zip(types, classification.scope(name, types), strict=True) if inside}


def _of_coast(types: set[int]) -> bool:
    return bool(types) and {classification.lineage(code)[-1] for code in types} == {COAST}


def _types(units: SpatialUnits, landcover: str | Path, classes: str | None) -> tuple[list[int], set[int] | None]:
    """Types that the classes know, and those inside the units; None where too much of their land has none."""
    targets, _, _ = read_classes(LayerDeclaration("landcover", str(landcover), classes=classes))
    table = zonal(units, landcover, stats=["area", "missing_area", "frac"])
    prefix = "frac:"
    shares = {int(float(name.removeprefix(prefix))): table[name] for name in table.columns if name.startswith(prefix)}
    lost = table["missing_area"].sum() + sum((table["area"] * part).sum() for code, part in shares.items() if code not in targets)
    inside = {targets[code] for code, part in shares.items() if code in targets and (part > 0).any()}
    unknown = lost > MISSING_SHARE * (table["area"] + table["missing_area"]).sum()
    return sorted(set(targets.values())), None if unknown else inside
