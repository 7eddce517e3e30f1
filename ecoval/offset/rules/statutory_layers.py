"""What a footprint takes of the layers of the statutory regimes: area, volume, grade and length of shore, by exact overlay."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid
from ecoval.errors import InputError
from ecoval.offset.rules.areas import EVERYWHERE, SLIVER, Areas, carried
from ecoval.offset.rules.statutory import REGIMES, StatutoryRules
from ecoval.offset.rules.tables import refuse_values, texts
from ecoval.units import overlay
from ecoval.units.polygon_area import PIECE, ellipsoidal_area, lonlat, metres_per_unit

COLUMNS = ("alternative_id", "patch_id", "regime", "kind", "rule_kind", "uom", "area_kind", "area_unit", "lost", "start")
M2_PER_OVERLAP = 1.0


def overlaps(
    footprints: geopandas.GeoDataFrame,
    layers: Mapping[str, geopandas.GeoDataFrame],
    rules: StatutoryRules,
    areas: Areas | None = None,
) -> pd.DataFrame:
    """What each patch takes, by regime, kind, measure and area.

    Parameters
    ----------
    footprints : table (alternative_id, patch_id, start, geometry)
    layers : mapping (text, table (kind, quantity, grade, geometry))
        Regime -> polygons (lines for the shoreline). `quantity` is the volume in m3 of a whole water body, of which a part takes
        its share by area; `grade` is a number of which the larger is the better.
    rules : StatutoryRules
    areas : Areas
        With the area kinds of the rules.

    Returns
    -------
    table (alternative_id, patch_id, regime, kind, rule_kind, uom, area_kind, area_unit, lost, start)
        `rule_kind` is the kind of the rule that the row is for, `*` for all kinds, empty where there is no rule. `area_unit` is
        empty outside every area. uom: m2, m3, km, and "grade" for grade times m2.

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE for an unknown regime and for volumes and grades that a rule asks for and that are not there;
        statutory_layer_overlap; PARAMETER_MISSING for an area kind without units.
    """
    areas = Areas({}) if areas is None else areas
    areas.require(rules.area_kinds)
    unknown = [regime not in REGIMES for regime in layers]
    refuse_values(unknown, list(layers), "regime", "statutory.layers", list(layers), ", ".join(REGIMES))
    blocks = [_regime(footprints, regime, layer, rules, areas) for regime, layer in layers.items()]
    found = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=["patch", *COLUMNS[2:-1]])
    patch = found.pop("patch").to_numpy(dtype=np.intp)
    for name in ("patch_id", "alternative_id"):
        found.insert(0, name, texts(footprints, name)[patch])
    start = footprints["start"] if "start" in footprints.columns else pd.Series(np.nan, index=footprints.index)
    found["start"] = start.to_numpy(dtype=np.float64)[patch]
    return found[list(COLUMNS)]


def line_length(lines: np.ndarray, crs: object) -> np.ndarray:
    """Length of lines on the ellipsoid.

    Parameters
    ----------
    lines : array (lines)
        Lines and multilines.
    crs : text

    Returns
    -------
    vector (lines), m
    """
    crs = grid.read_crs(crs)
    parts, line = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(shapely.segmentize(parts, PIECE / metres_per_unit(crs)), return_index=True)
    lon, lat = lonlat(points, crs)
    joined = part[1:] == part[:-1]
    step = grid.geodetic(crs).get_geod().inv(lon[:-1][joined], lat[:-1][joined], lon[1:][joined], lat[1:][joined])[2]
    return np.bincount(line[part[:-1][joined]], weights=step, minlength=len(lines)).astype(np.float64)


def _regime(footprints, regime: str, layer, rules: StatutoryRules, areas: Areas) -> pd.DataFrame:
    """Rows of one regime."""
    layer = carried(layer, footprints.crs) if layer.crs is not None else layer
    shapes, patches = (np.asarray(each.geometry, dtype=object) for each in (layer, footprints))
    cut = _lines if regime == "shoreline" else _polygons
    patch, feature, parts = cut(patches, shapes)
    if regime != "shoreline":
        _refuse_overlap(regime, patch, feature, parts, footprints.crs)
    kinds = texts(layer, "kind", "*")
    blocks = []
    for kind in sorted(set(kinds[feature])):
        chosen = kinds[feature] == kind
        applied = rules.applicable(regime, kind)
        if not len(applied):
            applied = pd.DataFrame({"kind": [""], "uom": [REGIMES[regime][0]], "area_kind": [EVERYWHERE]})
        for area_kind, rows in applied.groupby("area_kind", sort=True):
            some = geopandas.GeoDataFrame(geometry=parts[chosen], crs=footprints.crs)
            place, unit, inside = _by_area(some, str(area_kind), areas, regime)
            source = feature[chosen][place]
            for rule_kind, uom in rows.rename(columns={"kind": "rule_kind"})[["rule_kind", "uom"]].itertuples(
                index=False, name=None
            ):
                lost = _measured(uom, inside, source, layer, shapes, footprints.crs, regime)
                table = {"patch": patch[chosen][place], "regime": regime, "kind": kind, "rule_kind": rule_kind, "uom": uom}
                blocks.append(pd.DataFrame({**table, "area_kind": area_kind, "area_unit": unit, "lost": lost}))
    if not blocks:
        return pd.DataFrame(columns=["patch", *COLUMNS[2:-1]])
    rows = pd.concat(blocks, ignore_index=True)
    return rows.groupby([name for name in rows.columns if name != "lost"], sort=True, as_index=False)["lost"].sum()[
        ["patch", *COLUMNS[2:-1]]
    ]


def _polygons(patches: np.ndarray, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = overlay.overlay(shapes, patches)
    return found.parcel.astype(np.intp), found.unit.astype(np.intp), found.geometry


def _lines(patches: np.ndarray, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of lines in polygons, their border included."""
    line, patch = shapely.STRtree(patches).query(lines, predicate="intersects")
    order = np.lexsort((line, patch))
    line, patch = line[order], patch[order]
    parts = _lineal(shapely.intersection(lines[line], patches[patch]))
    kept = shapely.length(parts) > 0
    return patch[kept], line[kept], parts[kept]


def _lineal(shapes: np.ndarray) -> np.ndarray:
    """Lines of mixed geometries."""
    parts, place = shapely.get_parts(shapes, return_index=True)
    kept = shapely.get_dimensions(parts) == 1
    made = np.full(len(shapes), shapely.MultiLineString(), dtype=object)
    if kept.any():
        made[np.unique(place[kept])] = shapely.multilinestrings(parts[kept], indices=np.unique(place[kept], return_inverse=True)[1])
    return made


def _by_area(frame, kind: str, areas: Areas, regime: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts by the areas of a kind: position in the frame, area (empty outside every one), geometry."""
    shapes = np.asarray(frame.geometry, dtype=object)
    if kind == EVERYWHERE:
        return np.arange(len(shapes)), np.full(len(shapes), EVERYWHERE, dtype=object), shapes
    if regime == "shoreline":
        return _lines_by_area(shapes, kind, areas, frame.crs)
    inside = areas.pieces(frame, kind)
    outside = areas.uncovered(frame, kind, inside)
    place = np.concatenate([inside["piece"], outside["piece"]]).astype(np.intp)
    unit = np.concatenate([inside["area_unit"].to_numpy(dtype=object), np.full(len(outside), "", dtype=object)])
    return place, unit, np.concatenate([np.asarray(each.geometry, dtype=object) for each in (inside, outside)])


def _lines_by_area(lines: np.ndarray, kind: str, areas: Areas, crs: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts of lines by area; a shore that runs outside every area belongs to the nearest one."""
    units = areas.units(kind).to_crs(crs).geometry
    ids = np.asarray(areas.ids(kind), dtype=object)
    unit, place, inside = _lines(units, lines)
    whole = shapely.union_all(units) if len(lines) else shapely.Polygon()
    rest = _lineal(shapely.difference(lines, whole))
    left = np.flatnonzero(shapely.length(rest) > 0)
    nearest = shapely.STRtree(units).nearest(rest[left]) if len(left) else np.zeros(0, dtype=np.intp)
    return np.concatenate([place, left]), ids[np.concatenate([unit, nearest])], np.concatenate([inside, rest[left]])


def _measured(uom: str, parts: np.ndarray, feature: np.ndarray, layer, shapes: np.ndarray, crs: object, regime: str) -> np.ndarray:
    """Quantity of parts in the measure of a rule."""
    if uom == "km":
        return line_length(parts, crs) / 1000
    area = ellipsoidal_area(parts, crs)
    if uom == "m2":
        return area
    field = "quantity" if uom == "m3" else "grade"
    given = pd.to_numeric(layer[field], errors="coerce").to_numpy(np.float64) if field in layer else np.full(len(layer), np.nan)
    touched = np.isin(np.arange(len(layer)), feature)
    wrong = touched & ~(np.isfinite(given) & (given >= 0))
    refuse_values(wrong, np.arange(1, len(layer) + 1), field, f"statutory.layers.{regime}", given, "[0, inf)")
    if uom == "grade":
        return given[feature] * area
    whole = np.zeros(len(shapes))
    whole[touched] = ellipsoidal_area(shapes[touched], crs)
    return given[feature] * area / whole[feature]


def _refuse_overlap(regime: str, patch: np.ndarray, feature: np.ndarray, parts: np.ndarray, crs: object) -> None:
    """Nothing where no land of a patch is in two features of the layer: it would be lost twice."""
    first, second = shapely.STRtree(parts).query(parts, predicate="intersects")
    kept = (first < second) & (patch[first] == patch[second])
    first, second = first[kept], second[kept]
    common = shapely.intersection(parts[first], parts[second])
    length = shapely.length(common)
    width = np.divide(2 * shapely.area(common), length, out=np.zeros(len(length)), where=length > 0)
    area = ellipsoidal_area(np.where(shapely.area(common) > 0, common, None), crs)
    bad = (width * metres_per_unit(grid.read_crs(crs)) > SLIVER) & (area > M2_PER_OVERLAP)
    if bad.any():
        features = sorted({int(each) + 1 for each in np.concatenate([feature[first[bad]], feature[second[bad]]])})
        raise InputError(
            "statutory_layer_overlap", regime=regime, features=features, area=float(area[bad].sum()), tolerance=M2_PER_OVERLAP
        )
