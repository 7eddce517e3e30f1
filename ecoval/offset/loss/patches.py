"""Loss of each patch, service and area: directly on the footprint, and indirectly in the zones around it.

    direct = F(footprint now) - F(footprint as the type after)        indirect = F(zone now) x fraction lost

Both are yearly at full impact; time enters in `loss_table`. A negative loss (the project gives more than the land gave) is shown.
Patches are overlaid exactly with the units of the area kind of each service; land outside all of them has an empty `area_unit`.
"""

import geopandas
import numpy as np
import pandas as pd

from ecoval.errors import InputError
from ecoval.offset.loss.evaluation import DIFFERENCE, PRESENT
from ecoval.offset.loss.influence import fractions_of
from ecoval.offset.loss.pieces import on_crs
from ecoval.offset.measures import present_losses, pv_uom
from ecoval.offset.rules.areas import EVERYWHERE, Areas

PATCH_COLUMNS = (
    "alternative_id",
    "patch_id",
    "service",
    "area_kind",
    "area_unit",
    "direct",
    "indirect",
    "impact_type",
    "start",
    "end",
)
PATCH_COLUMNS += ("annual", "annual_low", "annual_high", "uom", "valid_area", "missing_area", "recovery_years")
LOSS_COLUMNS = ("alternative_id", "service", "area_kind", "area_unit", "direct", "indirect", "temporary", "permanent", "annual")
LOSS_COLUMNS += ("pv", "pv_low", "pv_high", "uom", "pv_uom", "valid_area", "missing_area")
KEY = ["alternative_id", "service", "area_kind", "area_unit"]
TEMPORARY, PERMANENT = "temporary", "permanent"


def patches(footprints):
    """Footprints with every column that a loss needs.

    Parameters
    ----------
    footprints : table (after_class, ...)
        May have alternative_id ("A"), patch_id ("<alternative>-<n>"), impact_type (permanent), start (0), end, recovery_years (0).

    Returns
    -------
    table (alternative_id, patch_id, impact_type, start, end, after_class, recovery_years, ...)

    Raises
    ------
    InputError
        Patches without a type after, or two of one name.
    """
    made = footprints.reset_index(drop=True).copy()
    given = {"alternative_id": "A", "impact_type": PERMANENT, "start": 0.0, "end": np.nan, "recovery_years": 0.0}
    for name, value in given.items():
        made[name] = made[name].astype(object).where(made[name].notna(), value) if name in made else value
    made["alternative_id"] = made["alternative_id"].astype(str)
    for name in ("start", "end", "recovery_years"):
        made[name] = pd.to_numeric(made[name])
    number = (made.groupby("alternative_id").cumcount() + 1).astype(str)
    own = made["patch_id"].astype(object) if "patch_id" in made else pd.Series(None, index=made.index, dtype=object)
    made["patch_id"] = own.where(own.notna(), made["alternative_id"] + "-" + number).astype(str)
    if "after_class" not in made or made["after_class"].isna().any():
        bare = made["patch_id"] if "after_class" not in made else made["patch_id"][made["after_class"].isna()]
        raise InputError("offset_after_class_missing", patches=list(bare))
    twice = made["patch_id"][made["patch_id"].duplicated()]
    if len(twice):
        raise InputError("ID_DUPLICATE", layer="footprints", features=sorted(set(twice)), found=len(twice) + 1, expected=1)
    return made


def patch_losses(provider, footprints, areas=None, rule=None, influence=None, ranges=True, threads=None, progress=None):
    """Yearly loss of each patch, service and area unit at full impact.

    Parameters
    ----------
    provider : States or Densities
    footprints : table (alternative_id, patch_id, impact_type, start, end, after_class, geometry)
        As `patches`; a table without geometry (with `area`, `kind_now`) where there are no areas.
    areas : Areas
        None: the land is one area.
    rule : SpatialRule
        Area kind of each service.
    influence : table (alternative_id, patch_id, loss:<service>, geometry)
        Of `influence.zones`.
    ranges : choice {True, False}
    threads : number, 1
    progress : callable (done, text)

    Returns
    -------
    table (alternative_id, patch_id, service, area_kind, area_unit, direct, indirect, impact_type, start, end, annual, ...)
        Then annual_low, annual_high, uom, valid_area, missing_area, recovery_years; areas in m2.
    """
    made = patches(footprints)
    services, kinds, areas = service_kinds(provider, areas, rule)
    direct = Overlay.of(made, areas, kinds.values())
    after = made["after_class"].to_numpy()[direct.source]
    parts = [_part(progress, share) for share in ((0.0, 0.7), (0.7, 0.3))]
    outcome = provider.outcome(direct.pieces, after, ranges, DIFFERENCE, threads, parts[0])
    zone = None
    if influence is not None and len(influence):
        zone = Overlay.of(influence, areas, kinds.values())
        lost = provider.outcome(zone.pieces, None, ranges, PRESENT, threads, parts[1])
        lost = lost.scaled(fractions_of(influence, services)[zone.source])
    around = None if zone is None else (lost, zone, influence)
    return by_area((outcome, direct, made), around, made, kinds)


def service_kinds(provider, areas, rule):
    """Services, the area kind of each, and the areas; without areas the land is one.

    Parameters
    ----------
    provider : States or Densities
    areas : Areas
    rule : SpatialRule

    Returns
    -------
    texts
    table (service, area_kind)
    Areas
    """
    services = list(provider.items["service"])
    kinds = {service: EVERYWHERE if areas is None else rule.area_kind(service) for service in services}
    areas = Areas({EVERYWHERE: EVERYWHERE}) if areas is None else areas
    areas.require(kinds.values())
    return services, kinds, areas


def by_area(direct, around, made, kinds):
    """Losses of pieces added up per patch, service and area unit.

    Parameters
    ----------
    direct : tuple (outcome, overlay, rows)
        Of the footprints, with the rows that were overlaid.
    around : tuple (outcome, overlay, rows)
        Of the land around them; None without any.
    made : table (alternative_id, patch_id, impact_type, start, end, recovery_years)
    kinds : table (service, area_kind)

    Returns
    -------
    table
        As `patch_losses`.
    """
    outcome, overlay, rows = direct
    given = outcome if around is None else outcome.beside(around[0])
    tables = []
    for kind in dict.fromkeys(kinds.values()):
        owners = [overlay.owners(kind, rows)]
        if around is not None:
            owners.append(around[1].owners(kind, around[2]))
        wanted = {service for service in kinds if kinds[service] == kind}
        tables.append(_rows(given, pd.concat(owners, ignore_index=True), len(outcome.quantity), wanted, kind))
    return _described(pd.concat(tables, ignore_index=True), made, list(kinds))


def _rows(outcome, owner, count, wanted, kind):
    """Rows of the services of one area kind: direct pieces stand before `count`, indirect ones behind."""
    inside = owner["patch_id"].notna()
    names = pd.MultiIndex.from_frame(owner.loc[inside, ["patch_id", "area_unit"]])
    code, keys = pd.factorize(names)
    group = np.full(len(owner), -1)
    group[inside.to_numpy()] = code
    behind = np.arange(len(group)) >= count
    whole = outcome.table(group, len(keys))
    direct = outcome.table(np.where(behind, -1, group), len(keys))["quantity"]
    indirect = outcome.table(np.where(behind, group, -1), len(keys))["quantity"]
    touched = np.isin(np.arange(len(keys)), group[~behind])[whole["piece"].to_numpy()]
    around = np.isin(np.arange(len(keys)), group[behind])[whole["piece"].to_numpy()]
    whole["direct"] = np.where(touched, direct, 0.0)
    whole["indirect"] = np.where(around, indirect, 0.0)
    whole["patch_id"] = [keys[piece][0] for piece in whole["piece"]]
    whole["area_unit"] = [keys[piece][1] for piece in whole["piece"]]
    whole["area_kind"] = kind
    return whole[whole["service"].isin(wanted)]


def _described(rows, made, services):
    """Rows with the times of their patches, in the order of patches, services and areas."""
    rows = rows.rename(columns={"quantity": "annual", "quantity_low": "annual_low", "quantity_high": "annual_high"})
    own = ["alternative_id", "patch_id", "impact_type", "start", "end", "recovery_years"]
    rows = rows.merge(made[own], on="patch_id", how="left", validate="many_to_one")
    patch = {name: place for place, name in enumerate(made["patch_id"])}
    service = {name: place for place, name in enumerate(services)}
    order = np.lexsort([rows["area_unit"], rows["service"].map(service), rows["patch_id"].map(patch)])
    return rows.iloc[order][list(PATCH_COLUMNS)].reset_index(drop=True)


class Overlay:
    """Polygons cut by the units of several area kinds, each different part held once.

    Parameters
    ----------
    pieces : table (geometry)
        GeoDataFrame of the parts, or the rows themselves where they have no geometry.
    source : vector (parts), 1
        Row that each part comes from.
    units : table (kind, vector (parts))
        Area unit of each part in a kind, None where the part is none of that kind's.
    """

    def __init__(self, pieces, source, units):
        self.pieces, self.source, self.units = pieces, source, units

    @classmethod
    def of(cls, frame, areas, kinds):
        """Overlay rows with all the kinds.

        Parameters
        ----------
        frame : table (geometry)
        areas : Areas
        kinds : texts

        Returns
        -------
        Overlay
        """
        kinds = list(dict.fromkeys(kinds))
        if not isinstance(frame, geopandas.GeoDataFrame):
            source = np.arange(len(frame))
            if any(areas.units(kind) is not None for kind in kinds):
                raise InputError("FIELD_MISSING", layer="footprints", features=["geometry"], found=list(frame), expected="geometry")
            return cls(frame, source, {kind: np.full(len(frame), EVERYWHERE, dtype=object) for kind in kinds})
        count = len(frame)
        shapes = np.asarray(frame.geometry.values, dtype=object)
        plain = geopandas.GeoDataFrame(geometry=on_crs(shapes, frame.crs, frame.crs), crs=frame.crs)
        geometry, source = list(plain.geometry.values), list(range(count))
        marks = {kind: {} for kind in kinds}
        for kind in kinds:
            cut = areas.pieces(plain, kind)
            rest = areas.uncovered(plain, kind, cut)
            cut = [*cut[["piece", "area_unit", "whole", "geometry"]].itertuples(index=False, name=None)]
            cut += [(piece, "", False, shape) for piece, shape in zip(rest["piece"], rest.geometry, strict=True)]
            for piece, unit, whole, shape in cut:
                place = piece
                if whole and piece in marks[kind]:  # of overlapping units each has its own part
                    whole = False
                if not whole:
                    place = len(geometry)
                    geometry.append(shape)
                    source.append(int(piece))
                marks[kind][place] = unit
        used = np.array(sorted({place for held in marks.values() for place in held}), dtype=np.int64)
        source = np.array(source, dtype=np.int64)[used]
        table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).iloc[source].reset_index(drop=True)
        pieces = geopandas.GeoDataFrame(
            table.drop(columns="area", errors="ignore"), geometry=np.array(geometry, dtype=object)[used], crs=frame.crs
        )
        units = {kind: np.array([held.get(int(place)) for place in used], dtype=object) for kind, held in marks.items()}
        return cls(pieces, source, units)

    def owners(self, kind, frame):
        """Patch and area unit of each part in a kind: table (patch_id, area_unit), empty where the part is not of the kind."""
        unit = self.units[kind]
        patch = frame["patch_id"].astype(str).to_numpy(dtype=object)[self.source]
        inside = np.array([each is not None for each in unit], dtype=bool)
        return pd.DataFrame({"patch_id": np.where(inside, patch, None), "area_unit": np.where(inside, unit, "")})


def loss_table(losses, timing):
    """Loss of each alternative, service and area unit, at full impact per year and as present value.

    Parameters
    ----------
    losses : table
        Of `patch_losses`, or what measures leave of it.
    timing : Timing

    Returns
    -------
    table (alternative_id, service, area_kind, area_unit, direct, indirect, temporary, permanent, annual, pv, pv_low, pv_high, ...)
        Then uom, pv_uom, valid_area, missing_area; areas in m2. The lowest and highest present value add the ranges of the patches:
        one coefficient moves them all.
    """
    rows = losses.copy()
    rows["pv"] = present_losses(rows, timing)
    for side in ("low", "high"):
        rows[f"pv_{side}"] = present_losses(rows.assign(annual=rows[f"annual_{side}"]), timing)
    passing = (rows["impact_type"] == TEMPORARY).to_numpy()
    rows[TEMPORARY] = np.where(passing, rows["annual"], 0.0)
    rows[PERMANENT] = np.where(passing, 0.0, rows["annual"])
    numbers = ["direct", "indirect", TEMPORARY, PERMANENT, "annual", "pv", "pv_low", "pv_high", "valid_area", "missing_area"]
    grouped = rows.groupby(KEY, sort=False)
    made = grouped[numbers].sum(min_count=1).reset_index()
    made["uom"] = grouped["uom"].first().to_numpy()
    made["pv_uom"] = [pv_uom(uom, timing) for uom in made["uom"]]
    return made[list(LOSS_COLUMNS)]


def footprint_kinds(provider, footprints, threads=None):
    """Area of each ecosystem type that an alternative takes.

    Parameters
    ----------
    provider : States or Densities
    footprints : table (alternative_id, geometry)
    threads : number, 1

    Returns
    -------
    table (alternative_id, ecosystem_type, lost_area)
        m2; land that has the type after the project already is not lost.
    """
    made = patches(footprints)
    held = provider.kinds(made, threads)
    held = held[held["ecosystem_type"] != 0]
    held["alternative_id"] = made["alternative_id"].to_numpy()[held["piece"]]
    same = held["ecosystem_type"].astype(str).to_numpy() == pd.Series(made["after_class"]).map(_code).to_numpy()[held["piece"]]
    held = held[~same].rename(columns={"area": "lost_area"})
    return held.groupby(["alternative_id", "ecosystem_type"], sort=False)["lost_area"].sum().reset_index()


def _code(kind):
    return str(int(kind)) if isinstance(kind, int | float | np.number) else str(kind)


def _part(progress, span):
    if progress is None:
        return None
    return lambda done, text="": progress(span[0] + span[1] * done, text)
