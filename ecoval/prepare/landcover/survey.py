"""Survey parcels as an office holds them: codes, surveyed areas, field ridges, overlaps.

The third national land survey gives each parcel (图斑) its area on the ellipsoid (TBMJ) and, on farmland, the area of the field
ridges inside it (KCMJ), which are no line on the map. The ridges are a share of their parcel with a type of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import tables
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.layers.crosswalks import as_codes
from ecoval.prepare.recipe import note
from ecoval.units import topology, vectors
from ecoval.units.edges import carried
from ecoval.units.scale import small_areas
from ecoval.units.validation import areal_parts, mended, refuse_not_areal

SANDIAO_FIELDS = {"code": "DLBM", "area": "TBMJ", "ridge": "KCMJ"}
RIDGE_CODE = "1203"
RECONCILED = 0.001  # share by which the polygons may differ from the surveyed areas
OVERLAP_SHARE = 1e-6  # of the layer; overlaps below it are rounding


@dataclass(frozen=True)
class SurveyedRow:
    """Surveyed areas of a code beside those of its polygons; the last row is the whole layer."""

    code: Annotated[str, Key("code of the survey, * for all", "调查地类编码，* 为全部")]
    ecosystem_type: Annotated[int, Key("its type by the crosswalk, 0 for all", "按对照表得到的类型，0 为全部", free=WORKED_OUT)]
    parcels: Annotated[int, Key("parcels of the code", "图斑数", low=1, free=WORKED_OUT)]
    surveyed: Annotated[float | None, Key("surveyed area", "调查面积", measure="m2", free=WORKED_OUT)]
    ridge: Annotated[float, Key("field ridges in it", "其中的田坎面积", low=0, measure="m2", free=WORKED_OUT)]
    net: Annotated[float | None, Key("surveyed area without the ridges", "扣除田坎的调查面积", measure="m2", free=WORKED_OUT)]
    polygons: Annotated[float, Key("area of the polygons on the ellipsoid", "图斑的椭球面积", low=0, measure="m2", free=WORKED_OUT)]
    difference: Annotated[float | None, Key("polygons / surveyed - 1", "图斑面积 / 调查面积 - 1", measure="1", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


@dataclass(frozen=True)
class Survey:
    """Parcels of a survey.

    Parameters
    ----------
    geometry : array (parcels)
    code : vector (parcels)
        Text.
    area : vector (parcels), m2
        Of the polygons, on the ellipsoid.
    surveyed, ridge : vector (parcels), m2
        What the survey says; nan, and 0, where it says nothing.
    """

    name: str
    geometry: np.ndarray
    crs: Any
    code: np.ndarray
    area: np.ndarray
    surveyed: np.ndarray
    ridge: np.ndarray
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ridge_share(self) -> np.ndarray:
        """Share of each parcel that is field ridge: vector (parcels), 1, 0..1."""
        whole = np.where(np.isnan(self.surveyed), self.area, self.surveyed)
        share: np.ndarray = np.divide(self.ridge, whole, out=np.zeros(len(whole)), where=whole > 0)
        return share

    def to_crs(self, crs: Any) -> Survey:
        """The same parcels in another CRS, their edges in place."""
        moved = mended(carried(self.geometry, self.crs, crs)) if len(self.geometry) else self.geometry
        return replace(self, geometry=moved, crs=crs)


def read(
    path: str | Path,
    *,
    code: str | None,
    area: str | None = None,
    ridge: str | None = None,
    layer: str | None = None,
    crs: Any = None,
    encoding: str | None = None,
    sandiao: bool = False,
    overlaps: str = "refuse",
) -> Survey:
    """Parcels of a vector layer, made valid, without overlaps.

    Parameters
    ----------
    code, area, ridge : text
        Fields of the class, of the surveyed area in m2, of the field ridges in m2.
    layer, crs, encoding : text
        As in `vectors.read`.
    sandiao : choice {True, False}
        Take DLBM, TBMJ and KCMJ where the layer has them and no field is named.
    overlaps : choice {refuse, first}
        What to do with ground in two parcels: `first` leaves it to the earlier one.

    Raises
    ------
    InputError
        Overlaps, a field that is absent or no number, parcels without geometry.
    """
    source = vectors.read(path, layer=layer, crs=crs, encoding=encoding)
    frame, name = source.frame, source.name
    fields = _fields(frame, name, {"code": code, "area": area, "ridge": ridge}, sandiao)
    geometry = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    rows = (np.arange(len(geometry)) + 1).astype(str).astype(object)
    refuse_not_areal(geometry, rows)
    notes = [note(found.code, **{name: value for name, value in found.fields if name != "uom"}) for found in source.findings]
    geometry, mending = _mended(geometry, frame.crs)
    geometry, cut = _without_overlaps(geometry, frame.crs, name, overlaps)
    surveyed = _numbers(frame, fields["area"], name, np.nan)
    held = _numbers(frame, fields["ridge"], name, 0.0)
    size = small_areas(geometry, frame.crs)
    _refuse_ridges(held, np.where(np.isnan(surveyed), size, surveyed), name)
    notes += [*mending, *cut]
    if sandiao:
        notes.append(
            note("survey_fields", path=name, code=fields["code"], area=fields["area"] or "-", ridge=fields["ridge"] or "-")
        )
    return Survey(name, geometry, frame.crs, as_codes(frame[fields["code"]]), size, surveyed, np.nan_to_num(held), notes)


def reconciled(survey: Survey, kinds: np.ndarray) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Surveyed areas beside those of the polygons, per code, and a note where they differ.

    Parameters
    ----------
    kinds : vector (parcels), 1
        Ecosystem type of each parcel.

    Returns
    -------
    table (code, ecosystem_type, parcels, surveyed, ridge, net, polygons, difference, uom)
        Areas in m2; `difference` is polygons / surveyed - 1. The last row is the whole layer.
    """
    table = pd.DataFrame(
        {"code": survey.code, "ecosystem_type": kinds, "surveyed": survey.surveyed, "ridge": survey.ridge, "polygons": survey.area}
    )
    grouped = table.groupby(["code", "ecosystem_type"], sort=True)
    rows = grouped[["surveyed", "ridge", "polygons"]].sum(min_count=1).reset_index()
    rows.insert(2, "parcels", grouped.size().to_numpy())
    whole = {"code": "*", "ecosystem_type": 0, **rows[["parcels", "surveyed", "ridge", "polygons"]].sum().to_dict()}
    rows = pd.concat([rows, pd.DataFrame([whole])], ignore_index=True)
    rows["net"] = rows["surveyed"] - rows["ridge"]
    rows["difference"] = np.where(
        rows["surveyed"] > 0, rows["polygons"] / rows["surveyed"].where(rows["surveyed"] > 0) - 1.0, np.nan
    )
    rows["uom"] = "m2"
    wide = rows[(rows["difference"].abs() > RECONCILED)]
    notes = []
    if len(wide):
        worst = wide.iloc[int(np.argmax(wide["difference"].abs()))]
        shown = [f"{row.code} ({row.difference:+.3%})" for row in wide.itertuples()]
        notes.append(
            note("survey_areas_differ", path=survey.name, codes=shown, limit=RECONCILED, largest=float(worst["difference"]))
        )
    return rows[list(columns(SurveyedRow))].astype({"parcels": np.int64}), notes


def _fields(frame: geopandas.GeoDataFrame, name: str, given: dict[str, str | None], sandiao: bool) -> dict[str, str | None]:
    fields: dict[str, str | None] = {}
    folded = {str(column).casefold(): str(column) for column in frame.columns}
    for role, wanted in given.items():
        if wanted is None and sandiao:
            wanted = folded.get(SANDIAO_FIELDS[role].casefold())
        fields[role] = None if wanted is None else vectors.column(frame, wanted, name)
    if fields["code"] is None:
        columns = [str(column) for column in frame.columns if column != frame.geometry.name]
        raise InputError("landcover_field_unnamed", path=name, fields=columns)
    return fields


def _numbers(frame: geopandas.GeoDataFrame, column: str | None, name: str, absent: float) -> np.ndarray:
    if column is None:
        return np.full(len(frame), absent)
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    text = values.astype("str").where(values.notna()).reset_index(drop=True)
    table = pd.DataFrame({column: text}, index=text.index + 1)
    table.attrs["path"] = name
    return tables.numbers(table, column).to_numpy()


def _mended(geometry: np.ndarray, crs: Any) -> tuple[np.ndarray, list[dict[str, Any]]]:
    invalid = np.flatnonzero(~shapely.is_valid(geometry))
    if not len(invalid):
        return geometry, []
    whole = mended(geometry)
    return whole, [
        note("parcels_mended", count=len(invalid), rows=(invalid + 1).tolist(), area=float(small_areas(whole[invalid], crs).sum()))
    ]


def _without_overlaps(geometry: np.ndarray, crs: Any, name: str, overlaps: str) -> tuple[np.ndarray, list[dict[str, Any]]]:
    if overlaps not in ("refuse", "first"):
        raise InputError("choice_unknown", name="overlaps", found=overlaps, choices=["refuse", "first"])
    pairs = topology.overlaps(geometry, crs, 1e-4)
    total = float(sum(pair.area for pair in pairs))
    fields = {
        "path": name,
        "count": len(pairs),
        "area": total,
        "pairs": [f"{pair.first + 1} / {pair.second + 1} ({pair.area:.6g} m2)" for pair in pairs],
    }
    if not pairs:
        return geometry, []
    if total <= OVERLAP_SHARE * float(small_areas(geometry, crs).sum()):
        return geometry, [note("parcels_overlap_little", **fields)]
    if overlaps == "refuse":
        raise InputError("parcels_overlap", **fields)
    whole = geometry.copy()
    for pair in sorted(pairs):
        whole[pair.second] = areal_parts(np.array([shapely.difference(whole[pair.second], whole[pair.first])], dtype=object))[0]
    return whole, [note("parcels_overlap_cut", **fields)]


def _refuse_ridges(ridge: np.ndarray, whole: np.ndarray, name: str) -> None:
    wrong = np.flatnonzero((ridge < 0) | (ridge > whole * (1 + 1e-6)))
    if len(wrong):
        worst = int(wrong[0])
        raise InputError(
            "ridge_beyond_parcel", path=name, count=len(wrong), row=worst + 1, found=float(ridge[worst]), area=float(whole[worst])
        )
