"""The validator of an offset project: every finding has a code, a level, a layer, features, found against expected, and a text."""

from dataclasses import dataclass, field

import geopandas
import pandas as pd

from ecoval.offset.candidates import FIELDS, exclusions, shared_area
from ecoval.offset.findings import checks
from ecoval.offset.rules.areas import Areas
from ecoval.offset.rules.statutory import REGIMES
from ecoval.offset.validation import fields, geometry, names, scalars
from ecoval.units import SpatialUnits

__all__ = ["Facts", "candidate_findings", "findings", "looked_at", "validate"]


@dataclass(frozen=True)
class Facts:
    """What a project is judged by: its layers in one CRS, and what the study and the rules say.

    Layers are as `inputs` and `candidates.read_candidates` give them, `measures` as `measures.read_measures`; `areas` with the
    `area_kinds` that services need (else those of `units`); `units` are layers of area units as GeoDataFrames; `no_go` names
    layers beside those of `exclusions`; `barred` are
    irreplaceable ecosystem types (with all below them); `kinds` says what the footprints lie on (piece, ecosystem_type, area);
    `used` is what the ledger says, see `exclusions`; `elsewhere` names land outside the patches that loses by a second land cover;
    areas in m2. `names` are those that there are, of what keys name (`Key.names`), beside those of the layers; `table_names` what
    tables name, as (layer, (what, names)).
    """

    footprints: geopandas.GeoDataFrame
    candidates: geopandas.GeoDataFrame | None = None
    zones: geopandas.GeoDataFrame | None = None
    measures: pd.DataFrame | None = None
    exclusions: dict = field(default_factory=dict)
    statutory: dict = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    areas: object = None
    area_kinds: tuple = ()
    no_go: dict = field(default_factory=dict)
    barred: tuple = ()
    kinds: pd.DataFrame | None = None
    used: object = None
    elsewhere: tuple = ()
    crs: object = None
    cell_area: float | None = None
    study_area: float | None = None
    services: tuple = ()
    spatial: object = None
    densities: pd.DataFrame | None = None
    prices: tuple | None = None
    regimes: tuple | None = None
    names: dict = field(default_factory=dict)
    table_names: tuple = ()

    def chosen(self, record):
        """Patches of the chosen alternative; of all where none is named and there are several."""
        names = self.footprints["alternative_id"]
        if record.chosen is not None and (names == record.chosen).any():
            return self.footprints[names == record.chosen]
        return self.footprints

    def needed(self):
        """Areas, and the area kinds that must cover footprints and candidates."""
        if self.areas is not None:
            return self.areas, self.area_kinds
        sound = {
            kind: units for kind, units in self.units.items() if len(geometry.sound(units)) == len(units) and units.crs is not None
        }
        wanted = sound
        if self.spatial is not None:
            rows = self.spatial.table.set_index("service")["area_kind"].to_dict()
            kinds = {rows.get(name, rows.get(name.partition(":")[0])) for name in self.services}
            wanted = [kind for kind in sound if kind in kinds]
        return Areas({kind: SpatialUnits.read(units) for kind, units in sound.items()}), tuple(wanted)

    def closed(self):
        """Layers in which nothing may be built, by name."""
        own = {name: self.exclusions[name] for name in ("red_line", "no_go") if name in self.exclusions}
        return {**own, **self.no_go}


def validate(declared, facts):
    """Everything that is wrong with a project, as a table.

    Parameters
    ----------
    declared : ProjectDeclaration
    facts : Facts

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)
        Errors first; layers without any finding have a row of level ok.
    """
    return checks(findings(declared, facts), looked_at(facts))


def looked_at(facts):
    """Layers that are looked at, each of which has a row in the table of findings."""
    return [
        "footprints",
        "rules",
        "record",
        *(name for name in ("candidates", "measures", "zones") if getattr(facts, name) is not None),
    ]


def findings(declared, facts):
    """Findings of a project: list of Finding."""
    found = scalars.domain_findings(declared) + scalars.rule_findings(declared.rules) + _names(declared, facts)
    found += _footprints(declared, facts)
    found += _candidates(declared, facts)
    found += _layers(declared, facts)
    found += _parameters(facts)
    chosen = facts.chosen(declared.record)
    measured = () if facts.measures is None else tuple(facts.measures["patch_id"])
    found += scalars.sequence_findings(
        declared.record, facts.footprints["alternative_id"].dropna(), [*chosen["patch_id"], *facts.elsewhere], measured
    )
    if facts.measures is not None:
        found += fields.measure_fields(facts.measures, [*facts.footprints["patch_id"], *facts.elsewhere])
    return found


def candidate_findings(declared, facts):
    """Findings about the candidates alone, for a pool that several projects share: list of Finding."""
    crs = geometry.crs_findings({} if facts.candidates is None else {"candidates": facts.candidates}, facts.crs)
    return crs + _candidates(declared, facts) + _parameters(facts) + names.name_findings(declared, _candidate_names(facts))


def _names(declared, facts):
    """Names of services, alternatives, patches, area kinds and candidates that there are not."""
    shapes = facts.footprints
    valid = {"alternative": shapes["alternative_id"].dropna(), "patch": [*shapes["patch_id"].dropna(), *facts.elsewhere]}
    valid |= {"regime": tuple(REGIMES), **facts.names, **_candidate_names(facts)}
    return names.name_findings(declared, valid, facts.table_names)


def _candidate_names(facts):
    """Names of candidates, of their options as `candidate:option`, and of what is read of them."""
    if facts.candidates is None:
        return {}
    ids, options = (facts.candidates[name].fillna("").astype(str) for name in ("candidate_id", "option_id"))
    return {"candidate": [*ids, *(ids + ":" + options)], "candidate_column": FIELDS}


def _layers(declared, facts):
    """CRS of all layers, geometry of units and zones, statutory regimes."""
    named = {"footprints": facts.footprints, "candidates": facts.candidates, "zones": facts.zones}
    named |= {**facts.exclusions, **facts.no_go, **{f"statutory {name}": each for name, each in facts.statutory.items()}}
    named = {name: frame for name, frame in named.items() if frame is not None}
    influence = declared.influence
    distances = influence is not None and (influence.distance_m is not None or influence.downstream_m is not None)
    found = geometry.crs_findings({**named, **{f"units {kind}": each for kind, each in facts.units.items()}}, facts.crs, distances)
    for kind, units in facts.units.items():
        found += geometry.invalid_findings(units, f"units {kind}", "unit_id")
    for name, frame in named.items():
        if name not in ("footprints", "candidates"):
            found += geometry.invalid_findings(frame, name, "name")
    if facts.zones is not None and influence is not None:
        found += fields.field_findings(facts.zones, "zones", influence.own_fields)
    for name, frame in facts.statutory.items():
        if declared.statutory is not None and name in declared.statutory.layers:
            found += fields.field_findings(frame, f"statutory {name}", declared.statutory.layers[name].own_fields)
    if facts.zones is not None and facts.zones.crs is not None:
        tolerance = declared.checks.overlap_tolerance
        found += geometry.uncovered_findings(facts.zones, "zones", "patch_id", *facts.needed(), tolerance)
    if facts.regimes is not None:
        patches = geometry.sound(facts.chosen(declared.record))
        touched = {name: shared_area(patches, geometry.sound(frame)).sum() for name, frame in facts.statutory.items()}
        found += scalars.statutory_findings(touched, facts.regimes)
    return found


def _footprints(declared, facts):
    frame, settings = facts.footprints, declared.checks
    sites = declared.footprints
    wanted = [sites.fields[name] for name in dict.fromkeys(("alternative", *sites.own_fields))]
    found = fields.field_findings(frame, "footprints", wanted)
    found += fields.id_findings(frame, "footprints", ("alternative_id", "patch_id"))
    found += geometry.invalid_findings(frame, "footprints", "patch_id")
    found += fields.footprint_fields(frame)
    if frame.crs is None:
        return found
    found += geometry.footprint_overlaps(frame, settings.overlap_tolerance)
    found += geometry.tiling_findings(frame, sites.site_area, settings.overlap_tolerance)
    found += geometry.size_findings(frame, "footprints", "patch_id", settings, facts.cell_area, facts.study_area)
    found += geometry.uncovered_findings(frame, "footprints", "patch_id", *facts.needed(), settings.overlap_tolerance)
    chosen = facts.chosen(declared.record)
    kinds = facts.kinds
    if kinds is not None and len(chosen) < len(frame):
        order = {int(position): number for number, position in enumerate(frame.index.get_indexer(chosen.index))}
        kinds = kinds[kinds["piece"].isin(order)].assign(piece=lambda rows: rows["piece"].map(order))
    found += geometry.no_go_findings(chosen, facts.closed(), kinds, facts.barred, settings.overlap_tolerance)
    return found


def _candidates(declared, facts):
    frame, settings = facts.candidates, declared.checks
    if frame is None:
        return []
    named = declared.candidates.fields if declared.candidates is not None else {}
    wanted = [named.get(name, name) for name in ("candidate_id", "kind_target")] + list(named.values())
    found = fields.field_findings(frame, "candidates", dict.fromkeys(wanted))
    found += fields.id_findings(frame, "candidates", ("candidate_id", "option_id"))
    found += geometry.invalid_findings(frame, "candidates", "candidate_id")
    found += fields.candidate_fields(frame)
    if frame.crs is None:
        return found
    found += geometry.candidate_overlaps(frame, settings.overlap_tolerance)
    found += geometry.size_findings(frame, "candidates", "candidate_id", settings, facts.cell_area, facts.study_area)
    found += geometry.uncovered_findings(frame, "candidates", "candidate_id", *facts.needed(), settings.overlap_tolerance)
    left_out = exclusions(
        frame,
        footprints=facts.chosen(declared.record),
        used=facts.used,
        layers={**facts.exclusions, **facts.no_go},
        barred=facts.barred,
        tolerance=settings.overlap_tolerance,
    )
    named_already = {feature for each in found if each.code == "KIND_UNKNOWN" for feature in each.place.ids}
    left_out = left_out[(left_out["excluded"] != "KIND_UNKNOWN") | ~left_out["candidate_id"].isin(named_already)]
    return found + geometry.excluded_findings(left_out)


def _parameters(facts):
    kinds = set(facts.footprints["after_class"].dropna())
    if facts.candidates is not None:
        kinds |= set(facts.candidates["kind_now"].dropna()) | set(facts.candidates["kind_target"].dropna())
    if facts.kinds is not None:
        kinds |= set(facts.kinds["ecosystem_type"])
    options = {"rules": facts.spatial, "densities": facts.densities, "prices": facts.prices, "kinds": kinds}
    return scalars.parameter_findings(facts.services, **options)
