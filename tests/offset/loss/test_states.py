"""Closed forms on the small study: what pieces give now and as another type, worked by hand."""

import importlib.util
import math
import warnings
from itertools import pairwise
from pathlib import Path

import geopandas
import numpy as np
import pytest
from shapely import box
from shapely.affinity import rotate

from ecoval.errors import InputError
from ecoval.offset.loss.states import States
from ecoval.services.declaration import Input, Item, Service
from ecoval.study.study import Study

SPEC = importlib.util.spec_from_file_location("small_study", Path(__file__).parents[2] / "small_study.py")
small_study = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(small_study)
L, T, CRS = small_study.LEFT, small_study.TOP, small_study.CRS
RETENTION = 10 * (1600 - 0.0465 * 1600 - 750)  # m3 ha-1 yr-1 of forest: P - aP - ET
UPTAKE = 800 * 0.5 * 0.01 * 44 / 12  # tCO2 ha-1 yr-1: NPP x ratio
WATER, CARBON = "water_retention", "carbon_sequestration:vegetation"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return small_study.write(tmp_path_factory.mktemp("states") / "study")


@pytest.fixture(scope="module")
def states(study):
    return States.open(study)


def pieces(*boxes, crs=CRS):
    return geopandas.GeoDataFrame(geometry=[box(L + x0, T - y1, L + x1, T - y0) for x0, y0, x1, y1 in boxes], crs=crs)


def of(table, service, column="quantity"):
    return table.loc[table["service"] == service, column].to_numpy()


def varied(folder, edit=lambda text: text, own=small_study.OWN, layers=True):
    """The small study with layers that differ from cell to cell, written anew."""
    path = small_study.write(folder, edit(small_study.STUDY), own)
    if layers:
        rng = np.random.default_rng(5)
        for name, low, high in (("precipitation", 900, 1900), ("evapotranspiration", 400, 900), ("npp", 200, 1100)):
            small_study.raster(folder / f"{name}.tif", rng.uniform(low, high, (40, 40)).astype(np.float32))
    return path


def test_items_name_services_by_their_items(states):
    items = states.items.set_index("service")
    assert items.loc[WATER, ["uom", "density_uom", "price", "price_uom"]].tolist() == ["m3 yr-1", "m3 ha-1 yr-1", 6.0, "CNY m-3"]
    assert set(items.index) == {WATER, CARBON, "carbon_sequestration:wetland"}
    assert [note["code"] for note in states.notes] == ["offset_not_assessed"]


def test_present_state_is_the_formula_times_the_area(states):
    # half of the piece is forest, half dry farmland, which water retention and carbon do not count
    piece = pieces((1950, 100, 2050, 400))
    found, kinds = states.flows(piece), states.kinds(piece)
    assert kinds["ecosystem_type"].tolist() == [111, 512]
    forest = kinds["area"].iloc[0]
    assert forest == pytest.approx(15_000, rel=1e-6)  # of the projection; on the ellipsoid less by 1e-7
    assert of(found, WATER)[0] == pytest.approx(RETENTION * forest / 1e4, rel=1e-6)
    assert of(found, WATER, "out_of_scope_area")[0] == kinds["area"].iloc[1]
    assert of(found, WATER, "missing_area")[0] == 0.0


def test_changed_state_runs_the_model_with_the_other_type(states):
    # dry farmland becomes forest: its layers take the means of the forest, which are those of everything here
    piece = pieces((2300, 100, 2400, 200))
    found = states.flows(piece, kinds=111)
    area = states.kinds(piece)["area"].sum()
    assert of(found, WATER)[0] == pytest.approx(RETENTION * area / 1e4, rel=1e-6)
    assert of(found, CARBON)[0] == pytest.approx(UPTAKE * area / 1e4, rel=1e-6)
    lost = states.differences(piece, 111)
    assert of(lost, WATER)[0] == pytest.approx(-RETENTION * area / 1e4, rel=1e-6)  # own gain is shown, not clipped


def test_a_type_that_the_land_cover_does_not_have_works(states):
    piece = pieces((100, 100, 400, 400))
    built = states.differences(piece, 611)
    now = states.flows(piece)
    for service in (WATER, CARBON):
        assert of(built, service)[0] == of(now, service)[0]  # built land is out of scope: all is lost
        assert of(built, service, "missing_area")[0] == 0.0


def test_the_vegetation_of_an_absent_type_is_not_guessed(states):
    piece = pieces((100, 100, 400, 400))
    found = states.differences(piece, 131)  # mixed forest: in scope, no cell of it in the study
    assert np.isnan(of(found, CARBON)[0])
    assert of(found, CARBON, "missing_area")[0] == pytest.approx(90_000, rel=1e-6)
    note = next(note for note in states.notes if note["code"] == "offset_vegetation_unknown")
    assert note["fields"]["kind"] == 131
    assert "npp" in note["fields"]["roles"]


def test_land_outside_the_grid_is_missing_area(states):
    found = states.flows(pieces((-100, 100, 100, 200)))
    assert of(found, WATER, "missing_area")[0] == pytest.approx(10_000, rel=1e-6)
    assert of(found, WATER, "valid_area")[0] == pytest.approx(10_000, rel=1e-6)
    away = states.flows(pieces((-900, 100, -800, 200)))
    assert np.isnan(of(away, WATER)[0])
    assert states.kinds(pieces((-900, 100, -800, 200)))["ecosystem_type"].tolist() == [0]


@pytest.mark.parametrize("polygons", [False, True], ids=["raster", "parcels"])
def test_pieces_that_tile_the_units_add_up_to_the_account(tmp_path, polygons):
    path = varied(tmp_path / "s", as_parcels if polygons else str)
    if polygons:
        parcels(tmp_path / "s")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        supply = Study.read(path).run().supply
    states = States.open(path)
    rng = np.random.default_rng(1)
    edges = [np.sort(np.r_[0, rng.uniform(0, 4000, 5), 4000]) for _ in range(2)]
    boxes = [(a, c, b, d) for a, b in pairwise(edges[0]) for c, d in pairwise(edges[1])]
    found = states.flows(pieces(*boxes))
    for service, item in ((WATER, "retention"), (CARBON, "vegetation"), ("carbon_sequestration:wetland", "wetland")):
        whole = supply[(supply["service"] == service.split(":")[0]) & (supply["item"] == item)]
        assert of(found, service).sum() == pytest.approx(whole["quantity"].sum(), rel=1e-9, abs=1e-9)
        assert of(found, service, "out_of_scope_area").sum() == pytest.approx(whole["out_of_scope_area"].sum(), rel=1e-7)


RASTER = '{ path = "landcover_{year}.tif", classes = "classes.csv" }'
PARCELS = '{ path = "parcels.gpkg", code = "kind", classes = "kinds.csv" }'


def as_parcels(text):
    return text.replace(RASTER, PARCELS)


def parcels(folder):
    """The stripes of the small study as parcels, their borders off the cells."""
    stripes = [(0, 1985, "0301"), (1985, 3513, "0103"), (3513, 4000, "1101")]
    shapes = [box(L + a, T - 4000, L + b, T) for a, b, _ in stripes]
    frame = geopandas.GeoDataFrame({"kind": [code for *_, code in stripes]}, geometry=shapes, crs=CRS)
    frame.to_file(folder / "parcels.gpkg")
    (folder / "kinds.csv").write_text("code,ecosystem_type\n0301,111\n0103,512\n1101,431\n", encoding="utf-8")


def test_parcels_are_overlaid_exactly(tmp_path):
    path = varied(tmp_path / "s", as_parcels)
    parcels(tmp_path / "s")
    states = States.open(path)
    kinds = states.kinds(pieces((1980, 0, 1990, 100)))
    assert kinds["ecosystem_type"].tolist() == [111, 512]
    assert kinds["area"].tolist() == pytest.approx([500, 500], rel=1e-6)
    lost = states.differences(pieces((1980, 0, 1990, 100)), 611)
    assert of(lost, WATER, "valid_area")[0] == pytest.approx(500, rel=1e-6)


def test_brute_force_on_the_cells(tmp_path):
    """Independent: fractions of cells by shapely, densities by the formulas, in float64."""
    path = varied(tmp_path / "s")
    states = States.open(path)
    shape = rotate(box(L + 1500, T - 1400, L + 2600, T - 600), 21.0)
    found = states.differences(geopandas.GeoDataFrame(geometry=[shape], crs=CRS), 111)
    import rasterio

    layers = {}
    for name in ("precipitation", "evapotranspiration", "npp"):
        with rasterio.open(tmp_path / "s" / f"{name}.tif") as source:
            layers[name] = source.read(1).astype(float)
    cover = small_study.cover()
    area = states.grid.cell_area()
    forest = cover == 1
    mean = {name: np.average(values[forest], weights=area[forest]) for name, values in layers.items()}
    water = carbon = 0.0
    for row in range(40):
        for col in range(40):
            cell = box(L + col * 100, T - row * 100 - 100, L + col * 100 + 100, T - row * 100)
            ha = cell.intersection(shape).area / cell.area * area[row, col] / 1e4
            if not ha or forest[row, col]:
                continue  # forest that stays forest keeps what it is
            rain = layers["precipitation"][row, col]
            water -= ha * 10 * max(0.0, rain * (1 - 0.0465) - mean["evapotranspiration"])
            carbon -= ha * mean["npp"] * 0.5 * 0.01 * 44 / 12
    assert of(found, WATER)[0] == pytest.approx(water, rel=1e-6)
    assert of(found, CARBON)[0] == pytest.approx(carbon, rel=1e-6)


def test_land_that_has_the_type_already_loses_nothing(states):
    # the layers of cells that do not change stay; only cells of another type take the means of the new one
    found = states.differences(pieces((100, 100, 900, 900)), 111)
    assert of(found, WATER)[0] == 0.0
    assert of(found, CARBON)[0] == 0.0
    assert (of(found, WATER, "valid_area") > 0).all()


def test_splitting_a_piece_changes_no_total(tmp_path):
    states = States.open(varied(tmp_path / "s"))
    whole = states.differences(pieces((1234, 567, 2789, 1891)), 611, ranges=True)
    halves = states.differences(pieces((1234, 567, 1777, 1891), (1777, 567, 2789, 1891)), 611, ranges=True)
    for service in (WATER, CARBON):
        assert of(halves, service).sum() == pytest.approx(of(whole, service)[0], rel=1e-12)


def test_difference_is_the_difference_of_the_flows_where_all_is_known(tmp_path):
    states = States.open(varied(tmp_path / "s"))
    some = pieces((1234, 567, 2789, 1891), (3300, 0, 3900, 200))
    now, then, lost = states.flows(some), states.flows(some, [512, 111]), states.differences(some, [512, 111])
    for service in (WATER, CARBON):
        assert of(lost, service) == pytest.approx(of(now, service) - of(then, service), rel=1e-9)


def test_missing_layer_cells_enter_neither_side(tmp_path):
    path = varied(tmp_path / "s")
    rain = small_study.flat(1600)
    rain[0, 0] = -9999
    small_study.raster(tmp_path / "s" / "precipitation.tif", rain, nodata=-9999)
    states = States.open(path)
    found = states.differences(pieces((0, 0, 200, 100)), 611)
    assert of(found, WATER, "missing_area")[0] == pytest.approx(10_000, rel=1e-6)
    assert of(found, WATER, "valid_area")[0] == pytest.approx(10_000, rel=1e-6)
    both = states.flows(pieces((100, 0, 200, 100)))
    assert of(found, WATER)[0] == pytest.approx(of(both, WATER)[0], rel=1e-12)


RANGED = "service,parameter,key,value,low,high,uom,source_id\n"
RANGED += "carbon_sequestration,nep_ratio,*,0.5,0.4,0.7,1,book\nwater_retention,runoff_coefficient,111,0.05,0.03,0.09,1,book\n"
RANGED += "water_retention,runoff_coefficient,112,0.06,0.05,0.08,1,book\n"
RANGED += "carbon_sequestration,sequestration_rate,431,0,,,gC m-2 yr-1,book\n"


def test_ranges_move_one_coefficient_at_a_time(tmp_path):
    states = States.open(small_study.write(tmp_path / "s", own=RANGED))
    piece = pieces((100, 100, 400, 400))
    area = states.kinds(piece)["area"].sum() / 1e4
    found = states.differences(piece, 611, ranges=True)
    for side, ratio, runoff in (("quantity_low", 0.4, 0.09), ("quantity_high", 0.7, 0.03)):
        assert of(found, CARBON, side)[0] == pytest.approx(area * 800 * ratio * 0.01 * 44 / 12, rel=1e-6)
        assert of(found, WATER, side)[0] == pytest.approx(area * 10 * (1600 * (1 - runoff) - 750), rel=1e-6)


def test_a_coefficient_of_both_states_moves_the_difference_once_and_rows_combine_in_quadrature(tmp_path):
    path = small_study.write(tmp_path / "s", own=RANGED)
    classes = "code,ecosystem_type,name\n1,111,a\n2,112,b\n3,431,c\n"
    (tmp_path / "s" / "classes.csv").write_text(classes, encoding="utf-8")
    states = States.open(path)
    piece = pieces((100, 100, 400, 400))
    area = states.kinds(piece)["area"].sum() / 1e4
    found = states.differences(piece, 112, ranges=True)
    # carbon: the same ratio and the same NPP before and after: no difference, whatever the ratio
    assert of(found, CARBON)[0] == pytest.approx(0.0, abs=1e-6)
    assert of(found, CARBON, "quantity_high")[0] == pytest.approx(0.0, abs=1e-6)
    # water: two rows of one table, independent
    mid = area * 16_000 * 0.01
    assert of(found, WATER)[0] == pytest.approx(mid, rel=1e-4)
    down, up = math.hypot(0.04, 0.01), math.hypot(0.02, 0.02)
    assert of(found, WATER, "quantity_low")[0] == pytest.approx(mid - area * 16_000 * down, rel=1e-4)
    assert of(found, WATER, "quantity_high")[0] == pytest.approx(mid + area * 16_000 * up, rel=1e-4)


def test_without_widths_low_mid_and_high_are_one(states):
    found = states.differences(pieces((1500, 100, 2400, 400)), 611, ranges=True)
    assert (found["quantity_low"] == found["quantity"]).all()
    assert (found["quantity_high"] == found["quantity"]).all()
    # the packaged range of a share is 0 to 1, its bounds: listed as one without a range
    assert (states.without_range["parameter"] == "runoff_coefficient").any()


def test_threads_and_order_change_no_bit(tmp_path):
    path = varied(tmp_path / "s")
    some = pieces((1234, 567, 2789, 1891), (3300, 0, 3900, 200), (0, 0, 500, 2500))
    one = States.open(path).differences(some, 611, threads=1)
    two = States.open(path).differences(some, 611, threads=2)
    back = States.open(path).differences(some.iloc[::-1].reset_index(drop=True), 611)
    assert one.equals(two)
    assert of(back, WATER)[::-1].tolist() == of(one, WATER).tolist()


def test_pieces_in_another_crs_are_the_same_land(states):
    some = pieces((1234, 567, 2789, 1891))
    assert of(states.flows(some.to_crs("EPSG:4490")), WATER)[0] == pytest.approx(of(states.flows(some), WATER)[0], rel=1e-5)


def test_refusals_say_what_is_wrong(states, study):
    with pytest.raises(InputError, match="have no CRS"):
        states.flows(geopandas.GeoDataFrame(geometry=[box(0, 0, 1, 1)]))
    with pytest.raises(InputError, match="do not fit the pieces"):
        states.flows(pieces((0, 0, 1, 1)), [111, 112])
    with pytest.raises(InputError, match="2023"):
        States.open(study, year=1999)
    empty = states.flows(pieces((0, 0, 100, 100)).iloc[:0])
    assert len(empty) == 0


def test_a_type_without_a_number_is_missing_and_named(states):
    found = states.flows(pieces((100, 100, 400, 400)), 113)  # no runoff coefficient of bamboo is published
    assert np.isnan(of(found, WATER)[0])
    assert any(note["code"] == "offset_parameter_missing" and note["fields"]["kind"] == 113 for note in states.notes)


def test_a_type_of_which_nobody_knows_what_it_gives_is_named_and_one_that_gives_nothing_is_not(states):
    states.differences(pieces((100, 100, 400, 400)), 61)
    notes = [note["fields"] for note in states.notes if note["code"] == "offset_scope_unknown" and note["fields"]["kind"] == 61]
    assert [note["services"] for note in notes] == [[WATER]]  # how much of it is sealed; of carbon it gives nothing


def around_cell(precipitation):
    out = precipitation.copy()
    out[1:-1, 1:-1] = (precipitation[:-2, 1:-1] + precipitation[2:, 1:-1]) / 2
    return out


def of_production(npp):
    return npp * np.float32(2)


def test_services_of_a_user_take_part_and_neighbourhoods_are_not_guessed(tmp_path):
    items = (Item("around", "m3 ha-1 yr-1", around_cell, form="halo", halo=1), Item("own", "m3 ha-1 yr-1", of_production))
    inputs = (Input("precipitation", "mm yr-1"), Input("npp", "gC m-2 yr-1"))
    service = Service(code="smooth", category="regulating", items=items, inputs=inputs)
    path = varied(tmp_path / "s")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        supply = Study.read(path).run(services=(service,)).supply
    states = States.open(path, services=(service,))
    found = states.flows(pieces((0, 0, 1777, 4000), (1777, 0, 4000, 4000)))
    for item in ("around", "own"):
        whole = supply.loc[supply["item"] == item, "quantity"].sum()
        assert of(found, f"smooth:{item}").sum() == pytest.approx(whole, rel=1e-9)
    lost = states.differences(pieces((2100, 0, 2200, 100)), 111)
    assert np.isnan(of(lost, "smooth:around")[0])
    assert np.isfinite(of(lost, "smooth:own")[0])
    assert "offset_neighbours_needed" in {note["code"] for note in states.notes}


@pytest.fixture(scope="module")
def county():
    return States.open(Path(__file__).parents[3] / "sample_data" / "study.toml")


def test_several_changed_states_together_are_each_alone(county, monkeypatch):
    """Layers are read once for all of them, some tiles at a time."""
    monkeypatch.setattr("ecoval.offset.loss.states.CELLS_HELD", 20_000)
    left, bottom, right, top = county.layers.units.bounds
    rng = np.random.default_rng(2)
    x, y = rng.uniform(left, right - 3000, 12), rng.uniform(bottom, top - 3000, 12)
    shapes = [box(a, b, a + w, b + w) for a, b, w in zip(x, y, rng.uniform(300, 3000, 12), strict=True)]
    some = geopandas.GeoDataFrame(geometry=shapes, crs=county.crs)
    kinds = np.array([111, 131, 511, 611])[np.arange(12) % 4]
    together = county.differences(some, kinds, ranges=True)
    names = ["quantity", "quantity_low", "quantity_high", "valid_area", "missing_area", "out_of_scope_area"]
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        alone = county.differences(some.iloc[own].reset_index(drop=True), int(kind), ranges=True)
        part = together[together["piece"].isin(own)]
        assert np.allclose(part[names], alone[names], rtol=1e-12, atol=1e-9, equal_nan=True)


def test_products_of_lakes_and_reservoirs_go_by_the_area_of_their_type(county):
    lakes = county.items[county.items["service"].str.startswith("flood_mitigation:reservoir")]
    assert len(lakes) == 1
    first = (county.layers.members["unit_set"] == "admin").to_numpy()
    towns = geopandas.GeoDataFrame(geometry=county.layers.units.geometry[first], crs=county.crs)
    found = county.flows(towns)
    whole = found.loc[found["service"] == "flood_mitigation:reservoir", "quantity"].sum()
    rows = county._products[1]["flood_mitigation:reservoir"]
    area = county.land.area[:, county.layers.lookup.types.index(422)].sum()
    assert whole == pytest.approx(rows[county.layers.lookup.types.index(422)] * area / 1e4, rel=1e-9)
    assert whole > 0


def test_a_mixture_table_holds_for_the_unit_of_the_piece(tmp_path):
    classes = "code,ecosystem_type,name\n1,11,a\n2,512,b\n3,431,c\n"
    folder = tmp_path / "s"
    path = varied(folder, lambda text: text.replace('classes = "classes.csv"', 'classes = "classes.csv", mixtures = "mix.csv"'))
    (folder / "classes.csv").write_text(classes, encoding="utf-8")
    shares = "unit_id,coarse_code,target_code,share,source\n330101,11,111,0.75,x\n330101,11,112,0.25,x\n"
    (folder / "mix.csv").write_text(shares + "*,11,111,0.5,x\n*,11,112,0.5,x\n", encoding="utf-8")
    mixed = States.open(path)
    kinds = mixed.kinds(pieces((0, 1800, 100, 2200)))  # half in the north-western unit, half in the south-western one
    area = dict(zip(kinds["ecosystem_type"], kinds["area"], strict=True))
    assert area[111] == pytest.approx(40_000 * (0.75 + 0.5) / 2, rel=1e-6)
    assert area[112] == pytest.approx(40_000 * (0.25 + 0.5) / 2, rel=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        supply = Study.read(path).run().supply
    whole = supply.loc[supply["item"] == "retention", "quantity"].sum()
    assert of(mixed.flows(pieces((0, 0, 1234, 4000), (1234, 0, 4000, 4000))), WATER).sum() == pytest.approx(whole, rel=1e-9)
    lost = mixed.differences(pieces((0, 1800, 100, 2200)), 611)
    assert of(lost, WATER)[0] == pytest.approx(of(mixed.flows(pieces((0, 1800, 100, 2200))), WATER)[0], rel=1e-9)


def test_values_out_of_range_stop_as_in_a_run(tmp_path):
    path = small_study.write(tmp_path / "s")
    small_study.raster(tmp_path / "s" / "precipitation.tif", small_study.flat(99_000))
    with pytest.raises(InputError, match="precipitation"):
        States.open(path).flows(pieces((0, 0, 100, 100)))


def test_a_new_type_gives_what_a_study_with_it_gives(county, tmp_path):
    """Runoff curves are one band each of a prepared layer: a type that the study lacks needs bands of its own."""
    sample = Path(__file__).parents[3] / "sample_data"
    states = county
    kind = next(code for code in (212, 123, 14, 141, 341) if code not in states.layers.lookup.types)
    left, _, _, top = states.layers.units.bounds
    _, bottom, right, _ = states.layers.units.bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    piece = geopandas.GeoDataFrame(geometry=[rotate(box(x - 700, y - 500, x + 700, y + 500), 10)], crs=states.crs)
    found = states.flows(piece, kind).set_index("service")["quantity"]
    other = tmp_path / "study.toml"
    text = (sample / "study.toml").read_text(encoding="utf-8").replace('"landcover_{year}.tif"', f'"{tmp_path}/landcover.tif"')
    text = text.replace('"landcover_classes.csv"', f'"{tmp_path}/classes.csv"')
    for name in set(sample.glob("*.tif")) | set(sample.glob("*.csv")) | set(sample.glob("*.gpkg")):
        (tmp_path / name.name).symlink_to(name)
    import rasterio

    with rasterio.open(sample / "landcover_2023.tif") as source:
        codes, profile = source.read(1), source.profile
        rows, cols = rasterio.transform.rowcol(source.transform, [x - 1200, x + 1200], [y + 1200, y - 1200])
    codes[rows[0] : rows[1], cols[0] : cols[1]] = 199
    with rasterio.open(tmp_path / "landcover.tif", "w", **profile) as target:
        target.write(codes, 1)
    classes = (sample / "landcover_classes.csv").read_text(encoding="utf-8").rstrip() + f"\n199,{kind},new\n"
    (tmp_path / "classes.csv").write_text(classes, encoding="utf-8")
    other.write_text(text.replace("years = [2015, 2023]", "years = [2023]"), encoding="utf-8")
    with_it = States.open(other).flows(piece).set_index("service")["quantity"]
    assert with_it["flood_mitigation:vegetation"] > 0
    # what needs no vegetation layer of the new type is the same to the last digits
    for service in ("flood_mitigation:vegetation", "flood_mitigation:marsh"):
        assert found[service] == pytest.approx(with_it[service], rel=1e-9)
