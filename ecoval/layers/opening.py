"""A declared study opened for one year: grid, units, aligned layers, services with their numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import geopandas
import pandas as pd

from ecoval import classification, grid, measure, rasters, tables
from ecoval.declarations import Key
from ecoval.declared_tables import read_rows
from ecoval.errors import Cancelled, InputError, ParameterError, warn
from ecoval.grid import CRS
from ecoval.layers import plausible, preparations
from ecoval.layers.block import ClassLookup, Derived, LayerReader, ServicePlan
from ecoval.layers.context import Context
from ecoval.layers.features import read_features
from ecoval.layers.mixtures import Mixture
from ecoval.layers.names import check_scope, unused_numbers
from ecoval.layers.opened import Layers
from ecoval.layers.parted import Parted, is_polygons, parted_cover
from ecoval.layers.selection import LEFT_OUT_CODES, chosen_options, plan, refuse_without_numbers, settle, wanted_services
from ecoval.layers.statistics import read_statistics, warn_of_totals
from ecoval.layers.study_toml import Declaration, LayerDeclaration, UnitDeclaration
from ecoval.layers.variants import variant_plans
from ecoval.parameters import Parameters
from ecoval.runs.fingerprints import recipes
from ecoval.services.declaration import Input, Service
from ecoval.terms import nearest
from ecoval.totals.blocks import Progress, Step
from ecoval.units import MadeUnits, SpatialUnits, administrative, vectors

if TYPE_CHECKING:
    from ecoval.layers.kept import Store

LANDCOVER = Input("landcover", "1", kind="categorical")


@dataclass(frozen=True)
class ClassRow:
    """A row of the table of land-cover classes."""

    code: Annotated[int, Key("value of the land cover", "地表覆盖编码", low=-(2**31), high=2**32 - 1)]
    ecosystem_type: Annotated[int | None, Key("its ecosystem type; empty: none", "对应的生态系统类型；空为不计", low=1, high=999)]
    name: Annotated[str | None, Key("for who reads the table", "供阅表者参考", cosmetic="a remark")] = None


@dataclass(frozen=True)
class ScopeRow:
    """A row of an own table of scope."""

    service: Annotated[str, Key("code of the service", "服务代码")]
    code: Annotated[str, Key("ecosystem type", "生态系统类型")]
    in_scope: Annotated[str, Key("whether it counts", "是否计入", choices=("yes", "no"))]
    gives: Annotated[
        str | None,
        Key(
            "what a type gives that does not count; unknown where it is empty",
            "不计入的类型提供什么；留空为未知",
            choices=("zero", "unknown"),
        ),
    ] = None


def open_layers(
    declaration: Declaration,
    year: int,
    parameters: Parameters,
    registry: Mapping[str, Service],
    work: str | Path,
    extra: Sequence[Service] = (),
    progress: Progress | None = None,
    prepare: bool = True,
    kept: Store | None = None,
) -> Layers:
    """Open a study for one year.

    `work` is a folder for prepared rasters, `extra` are services that the user declares. Without `prepare` layers that have to be
    made are made for a few cells alone, for a check.
    """
    if "landcover" not in declaration.layers:
        raise InputError("study_key_missing", path=str(declaration.path), table="layers", key="landcover")
    whole = unit_sets(declaration, year)
    sets = {entry.unit_set: chosen_units(entry, whole[entry.unit_set]) for entry in declaration.units}
    study_grid = resolve_grid(declaration, year, sets)
    units, members = joined(sets, study_grid.crs)
    cover = declaration.layers["landcover"].of_year(year)
    types, classes_table, inputs = polygon_classes(cover) if is_polygons(cover, year) else read_classes(cover)

    def raster() -> rasters.Source:
        return source_of(cover, year, LANDCOVER)

    parted = parted_cover(cover, year, raster, types, classes_table, study_grid, units, members)
    layers = Layers(
        declaration=declaration,
        year=year,
        parameters=parameters,
        grid=study_grid,
        sets=sets,
        units=units,
        members=members,
        codes=frozenset(code for each in whole.values() for code in each.ids),
        lookup=ClassLookup(types) if parted is None else parted.lookup,
        classes_table=classes_table,
        parted=parted,
        inputs=[*((f"units.{entry.unit_set}", entry.path) for entry in declaration.units if is_read(entry)), *inputs],
    )
    for entry in declaration.units:
        if not is_read(entry):
            layers.note("unit_set_made", unit_set=entry.unit_set, kind=entry.kind, count=len(sets[entry.unit_set]))
    layers.services = (*registry.values(), *extra)
    read_statistics(layers, layers.services)
    _choose(layers, registry, extra)
    warn_of_totals(layers)
    _open_roles(layers, Path(work), progress, prepare, kept)
    if prepare:
        plausible.settle(layers, plausible.implausible(sample_of(layers)))
    return layers


def sample_of(layers: Layers) -> plausible.Sample:
    """Where the study's layers are looked at before they are read as a whole."""
    return plausible.Sample(layers, declared_inputs(layers), source_of)


def declared_inputs(layers: Layers) -> dict[str, Input]:
    """Declared role -> what reads it: a service, or what makes another layer."""
    inputs = {role: entry for role, (entry, _) in wanted_inputs(layers).items() if role in layers.declaration.layers}
    return inputs | {role: preparations.INPUTS[role] for role in sorted(layers.prepared_from - set(inputs))}


def is_read(entry: object) -> bool:
    """Whether a declared set is read of a file; others are made."""
    return isinstance(entry, UnitDeclaration)


def unit_sets(declaration: Declaration, year: int) -> dict[str, SpatialUnits]:
    """Units of every declared set, in the order of the declaration: those that are made lie within those that are read."""
    entries = {entry.unit_set: entry for entry in declaration.units}
    whole = {name: read_units(entry) for name, entry in entries.items() if is_read(entry)}
    land = {name: chosen_units(entries[name], units) for name, units in whole.items()}
    whole |= {
        name: made_units(declaration, cast(MadeUnits, entry), land, year) for name, entry in entries.items() if not is_read(entry)
    }
    return {name: whole[name] for name in entries}


def made_units(declaration: Declaration, entry: MadeUnits, land: Mapping[str, SpatialUnits], year: int) -> SpatialUnits:
    """The units of one set that is made within those that are read."""
    return entry.units(land, study_crs(declaration, year))


def study_crs(declaration: Declaration, year: int) -> CRS:
    """CRS of the grid of a study."""
    if declaration.grid.like is None:
        return grid.read_crs(declaration.grid.crs)
    return like_source(declaration, year).grid.crs


def read_units(entry: UnitDeclaration) -> SpatialUnits:
    """The units of one set that is read."""
    named: dict[str, Any] = {"id": entry.id, "name": entry.name, "parent": entry.parent, "layer": entry.layer}
    named |= {"crs": entry.crs, "encoding": entry.encoding}
    named = {key: value for key, value in named.items() if value is not None}
    if entry.datum is not None:
        return administrative(entry.path, datum=entry.datum, **named)
    if entry.kind is not None:
        named["kind"] = entry.kind
    return SpatialUnits.read(entry.path, **named)


def chosen_units(entry: UnitDeclaration | MadeUnits, units: SpatialUnits) -> SpatialUnits:
    """The units that are accounted: all of the set, or those that `only` names."""
    return units if entry.only is None else units.select(entry.only)


def resolve_grid(declaration: Declaration, year: int, sets: Mapping[str, SpatialUnits]) -> grid.Grid:
    """Grid over all units: by CRS and cell, or on the lattice of a layer."""
    wanted = declaration.grid
    if wanted.like is None:
        crs = grid.read_crs(wanted.crs)
        left, bottom, right, top = _bounds(sets, crs)
        return grid.Grid.covering((left, bottom, right, top), crs, cast(tuple[float, float], wanted.cell))
    source = like_source(declaration, year)
    whole = source.grid
    bounds = _bounds(sets, whole.crs)
    clipped = whole.clipped(bounds)
    if clipped is None:
        raise InputError("units_outside_layer", role=wanted.like, path=str(source.path), units=bounds, layer=whole.bounds)
    return clipped


def like_source(declaration: Declaration, year: int) -> rasters.Source:
    """The layer that the grid is like."""
    like = declaration.grid.like or ""
    if like not in declaration.layers:
        close = nearest(like, declaration.layers)
        raise InputError("grid_like_unknown", path=str(declaration.path), role=like, nearest=close)
    return source_of(declaration.layers[like], year, LANDCOVER if like == "landcover" else None)


def _bounds(sets: Mapping[str, SpatialUnits], crs: object) -> tuple[float, float, float, float]:
    """Bounds of all unit sets in a CRS."""
    every = [units.to_crs(crs).bounds for units in sets.values()]
    lows, highs = [[entry[side] for entry in every] for side in (0, 1)], [[entry[side] for entry in every] for side in (2, 3)]
    return (min(lows[0]), min(lows[1]), max(highs[0]), max(highs[1]))


def joined(sets: Mapping[str, SpatialUnits], crs: object) -> tuple[SpatialUnits, pd.DataFrame]:
    """All sets as one, with unique codes, and which set and unit each row is."""
    frames, members = [], []
    for unit_set, units in sets.items():
        frame = units.to_crs(crs).frame
        names = frame["name"].fillna("") if "name" in frame else ""
        members.append(pd.DataFrame({"unit_set": unit_set, "unit_id": frame["unit_id"].astype(str), "unit_name": names}))
        frames.append(frame.assign(unit_id=[f"{unit_set}/{code}" for code in frame["unit_id"]])[["unit_id", "geometry"]])
    table = geopandas.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=frames[0].crs)
    return SpatialUnits(table), pd.concat(members, ignore_index=True)


def source_of(layer: LayerDeclaration, year: int, wanted: Input | None) -> rasters.Source:
    """Source of a declared layer: kind and measure from the layer, else from what reads it."""
    path = layer.path(year)
    if not path.exists() and not layer.subdataset and "://" not in layer.template:
        raise InputError("layer_file_missing", role=layer.role, path=str(path))
    if layer.role == "landcover" and path.suffix.lower() in vectors.ENDINGS:
        raise InputError("landcover_is_polygons", path=str(path))
    kind = layer.kind or (wanted.kind if wanted is not None else None)
    uom = layer.measure or (wanted.measure if wanted is not None else None)
    if kind is None or uom is None:
        raise InputError("layer_undeclared", role=layer.role, path=str(path))
    band = layer.band
    if band is None and wanted is not None:
        band = None if wanted.bands is None else tuple(range(1, wanted.bands + 1)) if wanted.bands > 1 else 1
    options: dict[str, Any] = {"missing": layer.missing, "scale": layer.scale, "offset": layer.offset, "crs": layer.crs}
    options |= {"subdataset": layer.subdataset}
    if wanted is not None and layer.kind not in (None, wanted.kind):
        raise InputError("layer_kind_contradicts", role=layer.role, path=str(path), found=layer.kind, expected=wanted.kind)
    if wanted is not None and (shift := measure.zero_shift(uom, wanted.measure)):
        uom, options = wanted.measure, {**options, "shift": shift}
    return rasters.Source(path, kind=kind, measure=uom, band=band, **options)


def read_classes(layer: LayerDeclaration) -> tuple[dict[int, int], str, list[tuple[str, Path]]]:
    """Land-cover code -> ecosystem type, the table's name, and what was read."""
    known = classification.ecosystem_types()
    if layer.classes is None:
        return {code: code for code in known}, "ecosystem_types.csv", []
    if not Path(layer.classes).suffix:
        pairs = classification.crosswalk(layer.classes)
        return {int(code): kind for code, kind in pairs.items()}, f"crosswalk_{layer.classes}.csv", []
    path = Path(layer.classes)
    table = read_rows(ClassRow, path, key=("code",))
    codes, kinds = tables.numbers(table, "code", required=True), tables.numbers(table, "ecosystem_type")
    types = {}
    for row in table.index[kinds.notna().to_numpy()]:
        types[int(codes[row])] = classification.ecosystem_type(int(kinds[row])).code
    if not types:
        raise InputError("classes_empty", path=str(path))
    return types, str(path), [("landcover.classes", path)]


def polygon_classes(layer: LayerDeclaration) -> tuple[dict[int, int], str, list[tuple[str, Path]]]:
    """As `read_classes`, for land cover that is polygons; which types there are the parcels say."""
    path = Path(layer.classes) if layer.classes is not None and Path(layer.classes).suffix else None
    return {}, layer.classes or "ecosystem_types.csv", [] if path is None else [("landcover.classes", path)]


def _choose(layers: Layers, registry: Mapping[str, Service], extra: Sequence[Service]) -> None:
    """Services with options and numbers, left out where the data do not allow them."""
    declaration = layers.declaration
    scope_rows: list[Any] = []
    if declaration.services.scope is not None:
        scope_table = read_rows(ScopeRow, declaration.services.scope)
        check_scope(scope_table, (*registry.values(), *extra), declaration.services.scope.name)
        scope_rows = scope_table.to_dict("records")
        layers.inputs.append(("services.scope", declaration.services.scope))
        layers.scope_rows = scope_rows
        layers.note("scope_changed", rows=len(scope_rows), path=str(declaration.services.scope))
    computed = []
    services = wanted_services(declaration, registry, layers.parameters, extra)
    for service, named in services:
        options = chosen_options(service, declaration, layers.parameters, registry, [each.code for each, _ in services])
        counted = _counted(layers, service, options)
        computed.append((service, options))

        def available(role: str, options: Mapping[str, str] = options) -> bool:
            if role == "statistics":
                return layers.statistics is not None
            return role in declaration.layers or preparations.possible(role, declaration.layers, options)

        service_plan = plan(service, named, options, layers.lookup.types, layers.parameters, available, scope_rows, layers.left_out)
        if service_plan is not None:
            if named:
                refuse_without_numbers(service_plan, layers.lookup.types)
            service_plan = replace(service_plan, counted=counted)
            layers.plans.append(service_plan)
            found, absent = variant_plans(service, service_plan, layers.lookup.types, layers.parameters, available, scope_rows)
            layers.variants += found
            layers.variants_absent |= {(service.code, name): reason for name, reason in absent.items()}
    idle = unused_numbers(layers.parameters, (*registry.values(), *extra), computed)
    if idle:
        warn("parameters_not_used", path=str(declaration.path), names=idle)


def _counted(layers: Layers, service: Service, options: dict[str, str]) -> dict[str, str]:
    """Options that count, settled; the study's own that do not count are named in a warning."""
    declared = layers.declaration.layers
    roles = {option.makes for option in service.options if option.makes in declared}
    paths = {role: declared[role].path(layers.year) for role in sorted(roles)}
    layers_given: dict[str, dict[str, Any]] = {role: {} for role in roles} | {
        each["role"]: each.get("options", {}) for each in recipes(paths.items())
    }
    own_choices = layers.declaration.services.options.get(service.code, {})
    for name, parameter in settle(service, options, own_choices, service.counted(options, layers_given), layers.parameters).items():
        layers.note("option_settled", service=service.code, option=name, choice=options[name], parameter=parameter)
    counted = service.counted(options, layers_given)
    for name, choice in own_choices.items():
        if counted.get(name) != choice:
            warn("option_not_used", path=str(layers.declaration.path), service=service.code, option=name, choice=choice)
    return counted


def wanted_inputs(layers: Layers) -> dict[str, tuple[Input, ServicePlan | None]]:
    """Role -> the input of the first service that reads it, and that service's plan."""
    wanted: dict[str, tuple[Input, ServicePlan | None]] = {"landcover": (LANDCOVER, None)}
    for made in (*layers.plans, *layers.passed_variants):
        for entry in made.service.inputs:
            if entry.role != "statistics" and any(entry.role in item.needed for item in made.service.items):
                wanted.setdefault(entry.role, (entry, made))
    return wanted


def _open_roles(layers: Layers, work: Path, progress: Progress | None, prepare: bool, kept: Store | None) -> None:
    """Open every declared role that an item reads, try every preparation on a few cells, then make them on all.

    Whatever a preparation refuses that does not hang on the values of single cells it refuses in the trial, before anything long
    is begun; without `prepare` the layers of the trial stand for those of the run.
    """
    roles = wanted_inputs(layers)
    begun = itertools.count()
    trial_store: dict[str, Any] = {}  # what one trial has read another need not

    def begin(role: str, reader: ServicePlan | None) -> None:
        place, service = next(begun), "" if reader is None else reader.service.code
        if progress is not None and progress(place / len(roles), Step(role, place + 1, len(roles), service)) is False:
            raise Cancelled

    def context(opened: Layers) -> Context:
        def opener(role: str, entry: Input) -> LayerReader | Derived:
            return open_role(opened, role, entry)

        return Context(opened, opener, source_of, work, progress, None if kept is None else kept.prepared)

    lasting: list[tuple[str, ServicePlan, Input]] = []
    for role, (entry, reader) in roles.items():
        if role in layers.declaration.layers:
            begin(role, reader)
            if entry.kind == "table":
                layers.tables[role] = read_features(layers, role, entry.rows)
            else:
                open_role(layers, role, entry)
        elif reader is not None and preparations.possible(role, layers.declaration.layers, reader.options):
            layers.prepared_from |= preparations.sources(role, layers.declaration.layers)
            trial = context(layers.apart() if prepare else layers)
            if _prepared(replace(trial, trial=True, kept=trial_store), role, reader, entry):
                lasting.append((role, reader, entry))
    if prepare:
        final = context(layers)
        for role, reader, entry in lasting:
            begin(role, reader)
            _prepared(final, role, reader, entry)


def _prepared(context: Context, role: str, reader: ServicePlan, entry: Input) -> bool:
    """Whether a role was made; where a number is lacking for it, what reads it is left out."""
    try:
        preparations.prepare(context, role, reader, entry)
    except ParameterError as error:
        if error.code not in LEFT_OUT_CODES:
            raise
        drop_role(context.layers, role, error)
        return False
    return True


def drop_role(layers: Layers, role: str, reason: ParameterError) -> None:
    """Leave out the items that read a role which cannot be made.

    Raises
    ------
    ParameterError
        Where the study names the service.
    """
    kept = []
    for made in layers.plans:
        reads = [item for item in made.service.items if role in item.needed and role in made.measures]
        items = tuple(item for item in made.service.items if item not in reads)
        if reads and not items:
            if made.service.code in (layers.declaration.services.include or ()):
                raise reason
            layers.left_out.add(made.service.code, reason)
        else:
            for item in reads:
                layers.left_out.add(f"{made.service.code}:{item.code}", reason)
            kept.append(replace(made, service=replace(made.service, items=items)))
    layers.plans[:] = kept


def left_out_readers(layers: Layers, role: str) -> list[str]:
    """Services, or service:item, that are left out and would read a declared layer, or what is made of it."""
    roles = {role, *(made.role for made in preparations.PREPARATIONS if any(role in need for need in made.needs))}
    readers = []
    for service in layers.services:
        reading = [item.code for item in service.items if roles.intersection(item.needed)]
        keys = (service.code, *(f"{service.code}:{code}" for code in reading))
        readers += [key for key in keys if reading and key in layers.left_out]
    return readers


def open_role(layers: Layers, role: str, entry: Input) -> LayerReader | Derived:
    """Align a declared layer to the grid and note how; for a layer already open nothing is done."""
    if role in layers.readers:
        return layers.readers[role]
    if role == "landcover" and layers.parted is not None:
        return open_parted(layers)
    source = source_of(layers.declaration.layers[role], layers.year, entry)
    aligned = rasters.align(source, layers.grid)
    refuse_elsewhere(layers, role, aligned)
    layers.readers[role] = aligned
    layers.measures[role] = source.measure
    layers.described[role] = str(source.path)
    layers.inputs.append((role, source.path))
    layers.opened(role, aligned)
    if entry.low is not None or entry.high is not None:
        layers.bounds[role] = entry.bounds(cast(str, source.measure))
    return aligned


def refuse_elsewhere(layers: Layers, role: str, aligned: rasters.Aligned) -> None:
    """Refuse a layer that does not touch the grid of the study at all.

    Raises
    ------
    InputError
        With both extents in the CRS of the layer.
    """
    there = aligned.lattice
    here = tuple(float(value) for value in grid.bounds_in(layers.grid, there.crs))
    extent = there.bounds
    if here[0] >= extent[2] or here[2] <= extent[0] or here[1] >= extent[3] or here[3] <= extent[1]:
        raise InputError("units_outside_layer", role=role, path=aligned.source.name, units=here, layer=extent)


def open_parted(layers: Layers) -> Parted:
    """Put land cover with several types per cell among the layers."""
    parted, layer = cast(Parted, layers.parted), layers.declaration.layers["landcover"].of_year(layers.year)
    layers.readers["landcover"] = parted
    layers.measures["landcover"] = "1"
    layers.described["landcover"] = str(parted.path)
    layers.inputs.append(("landcover", parted.path))
    layers.opened("landcover", parted)
    if layer.mixtures is not None:
        layers.inputs.append(("landcover.mixtures", Path(layer.mixtures)))
        table = cast(Mixture, parted.mixing.mixture).table()
        rows = [f"{row.unit_id}: {row.coarse_code} = {row.share:g} {row.target_code} ({row.source})" for row in table.itertuples()]
        layers.note("landcover_mixture", path=layer.mixtures, count=len(rows), rows="; ".join(rows))
    return parted
