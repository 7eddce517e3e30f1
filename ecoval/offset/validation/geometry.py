"""Findings about where polygons lie: CRS, validity, overlaps, no-go, areas, coverage by the area units."""

import numpy as np
import pandas as pd
import shapely

from ecoval import grid
from ecoval.classification import lineage
from ecoval.offset.candidates import HECTARE, areal, shared_area
from ecoval.offset.declaration.layers import areas
from ecoval.offset.findings import finding
from ecoval.terms import Term
from ecoval.units.polygon_area import ellipsoidal_area
from ecoval.words import in_words

INVALID = {"footprints": "FOOTPRINT_INVALID", "candidates": "CANDIDATE_INVALID"}  # else UNIT_INVALID
SLIVER_SHARE = 1e-3  # of the site, by which its patches may differ from it


def crs_findings(layers, crs, distances=False):
    """Layers without a CRS or in another one than the grid; distances on degrees.

    Parameters
    ----------
    layers : mapping (text, table (geometry))
        A layer whose CRS is None has none; that of the file stands in `attrs["crs"]` where the layer was transformed.
    crs : text
        CRS of the grid; None: that of the footprints.
    distances : choice {True, False}
        Whether the project has a rule by distance.

    Returns
    -------
    list of Finding
    """
    found = []
    for name, frame in layers.items():
        own = frame.attrs.get("crs") if frame.crs is not None else None
        own = frame.crs if own is None else own
        if own is None:
            found.append(
                finding(
                    "CRS_MISSING_OR_DIFFERENT", layer=name, found=in_words("finding_no_crs"), expected=in_words("finding_a_crs")
                )
            )
        elif crs is not None and not grid.same_crs(grid.read_crs(own), grid.read_crs(crs)):
            words = {"found": grid.read_crs(own).name, "expected": grid.read_crs(crs).name}
            found.append(finding("CRS_MISSING_OR_DIFFERENT", "warning", layer=name, **words))
    wanted = crs if crs is not None else getattr(layers.get("footprints"), "crs", None)
    if distances and wanted is not None and grid.read_crs(wanted).is_geographic:
        named = {"found": grid.read_crs(wanted).name, "expected": in_words("finding_projected")}
        found.append(finding("CRS_NOT_PROJECTED", layer="influence", features=("distance_m",), **named))
    return found


def invalid_findings(frame, layer, ids):
    """Polygons that cross themselves, are empty, absent, or no polygons."""
    geometry = np.asarray(frame.geometry.values, dtype=object)
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    wrong = ~absent & (~np.isin(shapely.get_type_id(geometry), (3, 6)) | ~shapely.is_valid(geometry))
    if not (absent | wrong).any():
        return []
    reasons = [shapely.is_valid_reason(each).split("[")[0] for each in geometry[wrong]]
    words = [*sorted(set(reasons)), *([in_words("finding_no_geometry")] if absent.any() else [])]
    code = INVALID.get(layer, "UNIT_INVALID")
    features = _named(frame, ids, absent | wrong)
    return [finding(code, layer=layer, features=features, found=words, expected=in_words("finding_valid_polygons"))]


def sound(frame):
    """Rows whose geometry can be measured."""
    geometry = np.asarray(frame.geometry.values, dtype=object)
    areal_type = np.isin(shapely.get_type_id(geometry), (3, 6))
    return frame[areal_type & shapely.is_valid(geometry) & ~shapely.is_empty(geometry)]


def overlapping(frame, tolerance):
    """Pairs of polygons that share more than a tolerance: table (first, second, area), positions and m2."""
    geometry = np.asarray(frame.geometry.values, dtype=object)
    left, right = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    left, right = left[left < right], right[left < right]
    shared = areal(shapely.intersection(geometry[left], geometry[right]), frame.crs)
    area = ellipsoidal_area(shared, grid.read_crs(frame.crs)) if len(shared) else np.zeros(0)
    pairs = pd.DataFrame({"first": left, "second": right, "area": area})
    return pairs[pairs["area"] > tolerance].reset_index(drop=True)


def footprint_overlaps(footprints, tolerance):
    """Patches of one alternative that cover the same ground."""
    found = []
    for alternative, patches in sound(footprints).groupby("alternative_id"):
        for first, second, area in overlapping(patches, tolerance).itertuples(index=False):
            pair = patches["patch_id"].iloc[[int(first), int(second)]]
            words = {"features": tuple(pair), "found": f"{area:.6g} m2", "expected": f"<= {tolerance:.6g} m2"}
            found.append(finding("FOOTPRINT_OVERLAP", layer=f"footprints {alternative}", **words))
    return found


def candidate_overlaps(candidates, tolerance):
    """Candidates that cover the same ground and may be chosen together, being in no common conflict group."""
    whole = sound(candidates).drop_duplicates("candidate_id")
    found = []
    for first, second, area in overlapping(whole, tolerance).itertuples(index=False):
        pair = whole.iloc[[int(first), int(second)]]
        groups = pair["conflict_group"].tolist()
        if groups[0] and groups[0] == groups[1]:
            continue
        words = {"features": tuple(pair["candidate_id"]), "found": f"{area:.6g} m2", "expected": f"<= {tolerance:.6g} m2"}
        found.append(finding("CANDIDATE_OVERLAP", layer="candidates", **words))
    return found


def excluded_findings(excluded):
    """Candidates left out, one finding per code: table as `candidates.exclusions`."""
    found = []
    for code, rows in excluded[excluded["excluded"] != ""].groupby("excluded"):
        features = tuple(dict.fromkeys(rows["candidate_id"].astype(str)))
        words = {"found": list(dict.fromkeys(rows["found"])), "expected": rows["expected"].iloc[0]}
        found.append(finding(code, "warning", layer="candidates", features=features, **words))
    return found


def no_go_findings(footprints, layers, kinds=None, barred=(), tolerance=1.0):
    """Patches on no-go land, red lines, or irreplaceable kinds.

    Parameters
    ----------
    footprints : table (alternative_id, patch_id, geometry)
    layers : mapping (text, table (geometry))
        No-go layers in the CRS of the footprints.
    kinds : table (piece, ecosystem_type, area)
        What the patches lie on, by position; area in m2.
    barred : numbers
        Irreplaceable ecosystem types.
    tolerance : number, m2

    Returns
    -------
    list of Finding
    """
    found, limit = [], f"<= {tolerance:.6g} m2"
    patches = sound(footprints)
    for name, frame in layers.items():
        shared = shared_area(patches, sound(frame))
        hit = shared > tolerance
        if hit.any():
            total = in_words("finding_ha_in", area=f"{shared[hit].sum() / HECTARE:.4g}", layer=Term(name))
            features = tuple(patches["patch_id"][hit])
            found.append(
                finding("FOOTPRINT_IN_NO_GO", "warning", layer="footprints", features=features, found=total, expected=limit)
            )
    if kinds is not None:
        barred = {int(code) for code in barred}
        hit = [int(code) > 0 and not barred.isdisjoint(lineage(int(code))) for code in kinds["ecosystem_type"]]
        for code, rows in kinds[np.array(hit, dtype=bool) & (kinds["area"] > tolerance)].groupby("ecosystem_type"):
            total = in_words("finding_ha_of_kind", area=f"{rows['area'].sum() / HECTARE:.4g}", kind=int(code))
            features = tuple(footprints["patch_id"].iloc[sorted(set(rows["piece"]))])
            found.append(
                finding("FOOTPRINT_IN_NO_GO", "warning", layer="footprints", features=features, found=total, expected=limit)
            )
    return found


def tiling_findings(footprints, site_area, tolerance):
    """Patches that do not add up to the declared site, or leave gaps between them.

    Parameters
    ----------
    footprints : table (alternative_id, patch_id, geometry)
    site_area : mapping (text, number)
        Area in m2 per alternative, where declared.
    tolerance : number, m2

    Returns
    -------
    list of Finding
    """
    found = []
    for alternative, patches in sound(footprints).groupby("alternative_id"):
        total = float(areas(patches).sum())
        wanted = site_area.get(str(alternative))
        if wanted is not None and abs(total - wanted) > max(tolerance, SLIVER_SHARE * wanted):
            words = {"features": tuple(patches["patch_id"]), "found": f"{total:.8g} m2", "expected": f"{wanted:.8g} m2"}
            found.append(finding("AREA_SUM_MISMATCH", layer=f"footprints {alternative}", **words))
        gap = _enclosed(patches)
        if gap > tolerance:
            words = {
                "features": tuple(patches["patch_id"]),
                "found": in_words("finding_gap", area=f"{gap:.6g}"),
                "expected": f"<= {tolerance:.6g} m2",
            }
            found.append(finding("AREA_SUM_MISMATCH", "warning", layer=f"footprints {alternative}", **words))
    return found


def _enclosed(patches):
    """Area in m2 that patches enclose between them: holes of their union that are holes of none of them."""
    geometry = np.asarray(patches.geometry.values, dtype=object)
    whole = shapely.disjoint_subset_union_all(geometry)
    between = shapely.difference(_holes([whole]), _holes(geometry))
    if not between.is_empty:  # islands in a hole are no gap
        between = shapely.difference(between, whole)
    return float(ellipsoidal_area(areal([between], patches.crs), grid.read_crs(patches.crs))[0])


def _holes(geometries):
    """Land inside the holes of polygons, islands with it."""
    rings, part = shapely.get_rings(shapely.get_parts(geometries), return_index=True)
    inner = np.r_[False, np.diff(part) == 0][: len(rings)]
    return shapely.union_all(shapely.polygons(rings[inner]))


def size_findings(frame, layer, ids, settings, cell_area=None, study_area=None):
    """Polygons that are too small, hold few cells, or are larger than can be.

    Parameters
    ----------
    frame : table (geometry)
    layer, ids : text
    settings : CheckDeclaration
    cell_area, study_area : number, m2

    Returns
    -------
    list of Finding
    """
    frame = sound(frame)
    area = areas(frame) if len(frame) else np.zeros(0)
    most = settings.maximum_area if study_area is None else min(settings.maximum_area, study_area)
    cells = 0.0 if cell_area is None else settings.few_cells * cell_area
    tests = (
        ("AREA_TOO_SMALL", "warning", area < settings.minimum_area, f">= {settings.minimum_area:.6g} m2"),
        (
            "FEW_CELLS",
            "warning",
            (area >= settings.minimum_area) & (area < cells),
            in_words("finding_cells", number=settings.few_cells),
        ),
        ("AREA_IMPLAUSIBLE", "error", area > most, f"<= {most:.6g} m2"),
    )
    found = []
    for code, level, hit, expected in tests:
        if hit.any():
            sizes = [f"{value:.6g} m2" for value in area[hit]]
            features = _named(frame, ids, hit)
            found.append(finding(code, level, layer=layer, features=features, found=sizes, expected=expected))
    return found


def uncovered_findings(frame, layer, ids, areas_of, kinds, tolerance=1.0):
    """Polygons that lie in part outside every unit of an area kind that a service needs.

    Parameters
    ----------
    frame : table (geometry)
    layer, ids : text
    areas_of : Areas
    kinds : texts
    tolerance : number, m2

    Returns
    -------
    list of Finding
    """
    frame, found = sound(frame), []
    level = "error" if layer == "footprints" else "warning"
    for kind in kinds:
        outside = areas_of.uncovered(frame, kind)
        outside = outside[outside["area"] > tolerance]
        if len(outside):
            hit = np.isin(np.arange(len(frame)), outside["piece"])
            total = in_words("finding_ha_outside", area=f"{outside['area'].sum() / HECTARE:.4g}", kind=Term(kind))
            features = _named(frame, ids, hit)
            expected = in_words("finding_units_cover", kind=Term(kind))
            found.append(finding("UNIT_UNCOVERED", level, layer=layer, features=features, found=total, expected=expected))
    return found


def _named(frame, ids, hit):
    names = frame[ids].astype(object) if ids in frame.columns else pd.Series(frame.index, index=frame.index)
    return tuple(str(each) for each in names[np.asarray(hit)])
