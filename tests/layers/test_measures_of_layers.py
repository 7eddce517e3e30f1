"""A layer in another measure, declared so, is the same layer: for every role that a service or a preparation reads."""

from dataclasses import replace

import numpy as np
import option_study as base
import pytest
import rasterio

from ecoval import measure
from ecoval.errors import MeasureError
from ecoval.layers import opening, preparations
from ecoval.layers.block import LayerBlock, Watch
from ecoval.layers.context import Context, Numbers
from ecoval.services import SERVICES, registry
from ecoval.study import Study
from ecoval.study.binding import study_parameters

RASTERS = ("intensive", "extensive")
INPUTS = {
    entry.role: entry for service in SERVICES for entry in service.inputs if entry.kind in RASTERS and entry.role != "statistics"
}
NUMBERS = {
    "channel_cells": 1000,
    "cooling_threshold": {"daily_max": 15},
    "storm_threshold": 50,
    "ndvi_soil": 0.05,
    "ndvi_vegetation": 0.9,
}
READERS = {"storm_runoff": "flood_mitigation", "storm_rain": "flood_mitigation", "cooling_days": "climate_regulation"}
STONY = ("soil_sand", "soil_silt", "soil_clay", "soil_organic_carbon", "soil_coarse_fragments")
SETS = [(made.role, need) for made in preparations.PREPARATIONS for need in made.needs if need] + [("erodibility", STONY)]
SERIES = {"rain_daily": lambda day: 70.0 * (day % 5 == 0) + day / 8, "temperature_max": lambda day: 10.0 + day / 30}


def other(uom):
    """Another symbol of the dimension whose values differ; None where there is none."""
    for symbol in ("K", *measure.symbols()):
        try:
            if measure.zero_shift(symbol, uom) or abs(np.log(measure.factor(symbol, uom))) > 0.1:
                return symbol
        except MeasureError:
            continue
    return None


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measures")
    path = base.write(folder)
    for role, of_day in SERIES.items():
        days = np.array([of_day(day) for day in range(365)], np.float32)
        write(folder / f"{role}.tif", np.broadcast_to(days[:, None, None], (365, base.ROWS, len(base.TYPES))))
    for role, value in (("soil_organic_matter", 2.0), ("soil_coarse_fragments", 12.0), ("slope", 0.2), ("storm_rain", 130.0)):
        write(folder / f"{role}.tif", np.full((1, base.ROWS, len(base.TYPES)), value, np.float32))
    write(folder / "storm_runoff.tif", np.full((4, base.ROWS, len(base.TYPES)), 60, np.float32))
    content = base.content("soil_retention", [*INPUTS, *preparations.INPUTS], {})
    content["services"] = {"include": ["soil_retention", "flood_mitigation", "climate_regulation"]}
    content["parameters"] |= NUMBERS
    content["layers"] = {role: f"{role}.tif" for role in content["layers"] if role not in ("lakes", "reservoirs")}
    declaration = Study(content, path).declaration
    work = tmp_path_factory.mktemp("work")
    opened = opening.open_layers(declaration, base.YEAR, study_parameters(declaration), registry(), work, prepare=False)
    return replace(opened, readers={"landcover": opened.readers["landcover"]}, measures={"landcover": "1"}, bounds={})


def write(path, values):
    place = rasterio.Affine(base.CELL, 0, base.LEFT, 0, -base.CELL, base.TOP)
    count, height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=count, dtype=values.dtype, crs=base.CRS, transform=place
    ) as file:
        file.write(values)


def converted(layers, role, uom, symbol, folder):
    """The layers with the file of a role written in another measure and declared in it."""
    layer = layers.declaration.layers[role]
    with rasterio.open(layer.path(layers.year)) as file:
        values = file.read().astype(np.float64)
    shift = measure.zero_shift(symbol, uom)
    values = values - shift if shift else values * measure.factor(uom, symbol)
    write(folder / f"{role}.tif", values.astype(np.float32))
    declared = replace(layer, template=str(folder / f"{role}.tif"), measure=symbol)
    return replace(layers, declaration=replace(layers.declaration, layers={**layers.declaration.layers, role: declared}))


def cells(layers, role, uom):
    return np.asarray(LayerBlock(layers.grid, layers, Watch()).role(role, uom))


@pytest.mark.parametrize("role", [role for role, entry in INPUTS.items() if other(entry.measure)])
def test_a_service_reads_a_layer_in_its_own_measure(layers, role, tmp_path):
    entry = INPUTS[role]
    symbol = other(entry.measure)
    results = []
    for each in (layers.apart(), converted(layers, role, entry.measure, symbol, tmp_path).apart()):
        if role not in preparations.BY_ROLE or (tmp_path / f"{role}.tif").exists():
            opening.open_role(each, role, entry)
        results.append(cells(each, role, entry.measure))
    np.testing.assert_allclose(*results, rtol=2e-6, atol=1e-4 if entry.measure == "degC" else 0)


def made_of(layers, role, need, work):
    """Cells of a role made of the declared layers of one set."""
    declared = {name: layer for name, layer in layers.declaration.layers.items() if name in need}
    each = replace(layers.apart(), declaration=replace(layers.declaration, layers=declared))
    plan = next(one for one in layers.plans if one.service.code == READERS.get(role, "soil_retention"))
    if role == "erosivity":
        plan = replace(plan, options={**plan.options, "erosivity": "monthly" if "rain_daily" not in need else "halfmonth"})
    context = Context(each, lambda name, entry: opening.open_role(each, name, entry), opening.source_of, work)
    reader, uom, _ = preparations.BY_ROLE[role].make(context, plan, Numbers(each.parameters, plan.service.code))
    each.readers[role], each.measures[role] = reader, uom
    return cells(each, role, uom)


CASES = [(role, need, one) for role, need in SETS for one in need if other(preparations.INPUTS[one].measure)]


@pytest.mark.parametrize(("role", "need", "source"), CASES, ids=lambda each: each if isinstance(each, str) else "+".join(each))
def test_a_preparation_reads_a_layer_in_its_own_measure(layers, role, need, source, tmp_path):
    uom = preparations.INPUTS[source].measure
    symbol = other(uom)
    plain = made_of(layers, role, need, tmp_path)
    again = made_of(converted(layers, source, uom, symbol, tmp_path), role, need, tmp_path)
    assert (np.nan_to_num(plain) != 0).any()
    np.testing.assert_allclose(again, plain, rtol=2e-4)


def test_a_gauge_is_read_in_its_measure(layers, tmp_path):
    for name, factor in (("mm", 1.0), ("m", 0.001)):
        days = np.arange(f"{base.YEAR}-01-01", f"{base.YEAR + 1}-01-01", dtype="datetime64[D]").astype(str)
        rows = "".join(f"{day},{4 * factor}\n" for day in days)
        (tmp_path / f"{name}.csv").write_text("date,value\n" + rows, encoding="utf-8")
    results = []
    for name in ("mm", "m"):
        layer = replace(layers.declaration.layers["rain_daily"], template=str(tmp_path / f"{name}.csv"), measure=f"{name} d-1")
        each = replace(layers, declaration=replace(layers.declaration, layers={"rain_daily": layer}))
        results.append(made_of(each, "precipitation", ("rain_daily",), tmp_path))
    np.testing.assert_allclose(results, 4 * 365, rtol=1e-6)
