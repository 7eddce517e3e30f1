"""What a project takes from the land around its footprints: zones of influence, or a second land cover."""

import pandas as pd

from ecoval.errors import InputError
from ecoval.offset.loss.covers import cover_losses
from ecoval.offset.loss.influence import zones
from ecoval.offset.validation.geometry import uncovered_findings


def influence_zones(opened):
    """Zones of influence of all alternatives, or None.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    table (alternative_id, patch_id, loss:<service>, geometry)
    """
    found = opened.declared.influence
    if found is None or found.landcover_with is not None:
        return None
    named = {"distance_m": found.distance_m, "downstream_m": found.downstream_m, "loss": found.loss}
    return zones(opened.footprints, opened.zones, states=opened.whole, **named)


def refuse_covers(opened):
    """Refuse land covers beside zones, a base without the cover with the project, and covers without a study.

    Parameters
    ----------
    opened : Opened

    Raises
    ------
    InputError
    """
    found = opened.declared.influence
    if found is None or (found.landcover_with is None and found.landcover_base is None):
        return
    zoned = [name for name in ("distance_m", "downstream_m") if getattr(found, name) is not None]
    zoned += ["path"] if found.path is not None else []
    bare = found.landcover_with is None or opened.declared.method == "density"
    if zoned or bare:
        lacks = zoned or (["landcover_base"] if found.landcover_with is None else ["densities"])
        raise InputError("offset_cover_beside", path=str(opened.declared.path), keys=lacks)


def with_cover(opened, made):
    """Losses in which those of the chosen alternative come from the land cover with the project, cell by cell, elsewhere too.

    Parameters
    ----------
    opened : Opened
    made : table (patch_losses)

    Returns
    -------
    table (patch_losses)
    """
    found = opened.declared.influence
    covers = {"after": found.landcover_with, "before": found.landcover_base, "threads": opened.threads}
    own = cover_losses(opened.whole, opened.patches, opened.areas, opened.rule, **covers)
    own = own[own["service"].isin(opened.services)]
    others = made[made["alternative_id"] != opened.chosen]
    return pd.concat([others, own], ignore_index=True)


def zones_outside(opened, around):
    """Findings for zones by distance or along the water that leave the areas; zones of a layer are looked at by the validator."""
    found = opened.declared.influence
    if around is None or (found.distance_m is None and found.downstream_m is None):
        return ()
    kinds = dict.fromkeys(opened.rule.area_kind(service) for service in opened.services)
    tolerance = opened.declared.checks.overlap_tolerance
    return tuple(uncovered_findings(around, "zones", "patch_id", opened.areas, kinds, tolerance))
