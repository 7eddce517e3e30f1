import json
import warnings
from types import SimpleNamespace

import numpy as np
import pyproj
import pytest
import rasterio
import satellite_order as orders
from affine import Affine

from ecoval.__main__ import main
from ecoval.errors import Cancelled, EcovalWarning, InputError, MissingData
from ecoval.prepare import recipe
from ecoval.prepare.satellite import prepare
from ecoval.prepare.satellite.products import named, products


def quiet(*given, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        return prepare(*given, **options)


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1), SimpleNamespace(
            units=dataset.units, nodata=dataset.nodata, crs=dataset.crs, transform=dataset.transform
        )


@pytest.fixture(scope="module")
def npp_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("遥感 npp")
    return folder, orders.npp(folder)


@pytest.fixture(scope="module")
def study_grid(tmp_path_factory):
    """A raster of 100 m cells in CGCS2000 3-degree zone over the tiles, with ecosystem types."""
    folder = tmp_path_factory.mktemp("grid")
    inverse = pyproj.Proj(orders.SINUSOIDAL)
    lon, lat = inverse(orders.ORIGIN[0] + 8000, orders.ORIGIN[1] - 6000, inverse=True)
    easting, northing = pyproj.Transformer.from_crs(4490, 4549, always_xy=True).transform(lon, lat)
    transform = Affine(100, 0, round(easting, -2) - 3000, 0, -100, round(northing, -2) + 3000)
    types = np.full((60, 60), 13)
    types[:, 40:] = 33
    profile = {"driver": "GTiff", "height": 60, "width": 60, "count": 1, "dtype": "int16", "nodata": 0}
    path = folder / "landcover.tif"
    with rasterio.open(path, "w", **profile, crs="EPSG:4549", transform=transform) as dataset:
        dataset.write(types.astype("int16"), 1)
    return path


def test_tiles_are_put_together_and_scaled(npp_folder, tmp_path):
    folder, tiles = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020)
    values, dataset = read(made.path)
    stored = np.hstack([tiles["h28v05"][0], tiles["h28v06"][0]]).astype(float)
    # kg C m-2 x 0.0001 -> g C m-2: a tenth of the stored number
    expected = np.where(stored > 32700, np.nan, stored / 10)
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert dataset.units == ("gC m-2 yr-1",)
    assert np.isnan(dataset.nodata)
    codes = {note["code"] for note in made.notes}
    assert {"satellite_matched_name", "satellite_scaled", "satellite_quality", "satellite_sinusoidal"} <= codes


def test_fill_classes_are_listed_with_their_areas(npp_folder, tmp_path):
    folder, _ = npp_folder
    with pytest.warns(MissingData, match=r"have no value: .* ha, barren .*water") as caught:
        made = prepare([folder], tmp_path / "npp.tif", product="npp", year=2020)
    assert len(caught) == 1
    table = made.quality["missing"].set_index("reason")
    cell = orders.CELL**2  # equal-area on the sphere
    assert table["area"].to_dict() == pytest.approx(
        {"water": 16 * cell, "built_up": 8 * cell, "barren": cell, "fill": cell}, rel=1e-6
    )
    assert (table["filled"] == 0).all()


def test_zero_fills_water_and_town_and_leaves_what_is_plain_missing(npp_folder, tmp_path):
    folder, _ = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, fill="zero")
    values, _ = read(made.path)
    assert (values[2:6, 2:6] == 0).all()
    assert (values[10:12, 10:14] == 0).all()
    assert values[20, 20] == 0
    assert np.isnan(values[22, 22])
    assert np.isnan(values).sum() == 1
    assert any(note["code"] == "satellite_filled" for note in made.notes)


def test_nearest_takes_the_nearest_valid_cell_within_reach(npp_folder, tmp_path):
    folder, tiles = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, fill="nearest", reach=orders.CELL * 1.2)
    values, _ = read(made.path)
    stored = tiles["h28v05"][0] / 10
    assert values[2, 3] == pytest.approx(stored[1, 3])
    assert values[3, 5] == pytest.approx(stored[3, 6])
    assert np.isnan(values[3, 3])  # two cells from the shore
    assert np.isnan(values[22, 22])


def test_class_mean_is_the_mean_of_the_type_weighted_by_area(npp_folder, study_grid, tmp_path):
    folder, _ = npp_folder
    with pytest.raises(InputError, match=r"fills by ecosystem type.*--landcover"):
        quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, fill="class_mean")
    shared = {"product": "npp", "year": 2020, "like": study_grid, "landcover": study_grid}
    plain, _ = read(quiet([folder], tmp_path / "plain.tif", **shared).path)
    made = quiet([folder], tmp_path / "npp.tif", fill="class_mean", **shared)
    values, _ = read(made.path)
    forest = np.zeros((60, 60), dtype=bool)
    forest[:, :40] = True
    mean = np.nanmean(plain[forest])  # areas of cells differ by 1e-6
    filled = np.isnan(plain) & ~np.isnan(values)
    assert filled.sum() > 20
    np.testing.assert_allclose(values[filled & forest], mean, rtol=1e-4)
    table = made.quality["missing"]
    assert table["filled"].sum() == pytest.approx(filled.sum() * 1e4, rel=2e-3)
    assert set(table["ecosystem_type"]) <= {13, 33}


def test_place_on_a_study_grid_is_that_of_wgs84_on_the_sphere(npp_folder, study_grid, tmp_path):
    folder, _ = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, like=study_grid)
    values, dataset = read(made.path)
    # independent: sphere formulas of the sinusoidal projection at the centres of the cells
    cols, rows = np.meshgrid(np.arange(60) + 0.5, np.arange(60) + 0.5)
    easting, northing = dataset.transform.c + 100 * cols, dataset.transform.f - 100 * rows
    lon, lat = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(easting, northing)
    radius = 6371007.181
    east, north = radius * np.radians(lon) * np.cos(np.radians(lat)), radius * np.radians(lat)
    across = (east - orders.ORIGIN[0]) / orders.CELL - 0.5
    down = (orders.ORIGIN[1] - north) / orders.CELL - 0.5
    expected = (5000 + 10 * down + 4 * across) / 10  # bilinear of a plane is the plane
    known = ~np.isnan(values)
    assert known.mean() > 0.8
    interior = known & (np.abs(values - expected) < 0.05)
    assert interior.sum() / known.sum() > 0.93  # beside the lake the mean of the valid neighbours
    assert np.abs(values - expected)[known].max() < 8


def test_nothing_is_carried_over_the_shore(npp_folder, study_grid, tmp_path):
    folder, tiles = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, like=study_grid)
    values, dataset = read(made.path)
    cols, rows = np.meshgrid(np.arange(60) + 0.5, np.arange(60) + 0.5)
    easting, northing = dataset.transform.c + 100 * cols, dataset.transform.f - 100 * rows
    lon, lat = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(easting, northing)
    east, north = pyproj.Proj(orders.SINUSOIDAL)(lon, lat)
    col = np.floor((east - orders.ORIGIN[0]) / orders.CELL).astype(int)
    row = np.floor((orders.ORIGIN[1] - north) / orders.CELL).astype(int)
    stored = np.hstack([tiles["h28v05"][0], tiles["h28v06"][0]])[row, col]
    assert (np.isnan(values) == (stored > 32700)).all()


def test_an_order_in_degrees_on_a_study_grid(study_grid, tmp_path):
    with rasterio.open(study_grid) as dataset:
        easting, northing = dataset.transform.c + 3000, dataset.transform.f - 3000
    lon, lat = pyproj.Transformer.from_crs(4549, 4326, always_xy=True).transform(easting, northing)
    step = 0.005
    origin = (round(lon, 2) - 0.1, round(lat, 2) + 0.1)
    values = 5000 + 10 * np.arange(40)[:, None] + 4 * np.arange(40)[None, :]
    name = tmp_path / "MOD17A3HGF.061_Npp_500m_doy2020001_aid0001.tif"
    orders.write(name, values, crs="EPSG:4326", cell=step, origin=origin)
    made = quiet([name], tmp_path / "npp.tif", product="npp", year=2020, like=study_grid)
    found, dataset = read(made.path)
    cols, rows = np.meshgrid(np.arange(60) + 0.5, np.arange(60) + 0.5)
    lon, lat = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(
        dataset.transform.c + 100 * cols, dataset.transform.f - 100 * rows
    )
    expected = (5000 + 10 * ((origin[1] - lat) / step - 0.5) + 4 * ((lon - origin[0]) / step - 0.5)) / 10
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_a_land_cover_of_other_codes_is_refused(npp_folder, tmp_path):
    folder, _ = npp_folder
    codes = orders.write(tmp_path / "clcd.tif", np.full((24, 48), 1009), nodata=0)
    with pytest.raises(InputError, match=r"no ecosystem types: .*clcd.tif\" holds 1009"):
        quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, landcover=codes, fill="zero")


def test_land_cover_of_the_study_on_the_lattice_of_the_tiles(npp_folder, study_grid, tmp_path):
    folder, tiles = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, landcover=study_grid, fill="class_mean")
    # independent: centre of each cell on the sphere -> degrees of WGS 84 -> zone of the land cover -> its type
    cols, rows = np.meshgrid(np.arange(48) + 0.5, np.arange(24) + 0.5)
    inverse = pyproj.Proj(orders.SINUSOIDAL)
    lon, lat = inverse(orders.ORIGIN[0] + cols * orders.CELL, orders.ORIGIN[1] - rows * orders.CELL, inverse=True)
    easting, northing = pyproj.Transformer.from_crs(4490, 4549, always_xy=True).transform(lon, lat)
    with rasterio.open(study_grid) as dataset:
        col, row = (easting - dataset.transform.c) / 100, (dataset.transform.f - northing) / 100
    forest = (row > 0) & (row < 60) & (col > 0) & (col < 40)
    stored = np.hstack([tiles["h28v05"][0], tiles["h28v06"][0]])
    found, _ = read(made.path)
    town = found[10:12, 10:14]
    assert np.ptp(town) == 0
    assert town[0, 0] == pytest.approx(stored[forest & (stored < 32000)].mean() / 10, rel=5e-3)  # border cells by their larger part
    assert np.isnan(found[2:6, 2:6]).all()  # the lake lies beyond the land cover
    table = made.quality["missing"].set_index(["reason", "ecosystem_type"])
    assert (
        table.loc[("built_up", 13), "filled"] == table.loc[("built_up", 13), "area"] == pytest.approx(8 * orders.CELL**2, rel=1e-6)
    )
    assert table.loc[("water", 0), "filled"] == 0


def test_quality_rules_mask_by_the_percentage_of_filled_days(npp_folder, tmp_path):
    folder, _ = npp_folder
    good, _ = read(quiet([folder], tmp_path / "good.tif", product="npp", year=2020, quality="good").path)
    usable, _ = read(quiet([folder], tmp_path / "usable.tif", product="npp", year=2020, quality="usable").path)
    assert np.isnan(good[0, :4]).tolist() == [True, True, True, False]
    assert np.isnan(usable[0, :4]).tolist() == [False, True, True, False]


def test_bits_of_the_quality_layer_of_evapotranspiration():
    et = named("MOD16A2GF")
    # bits 5-7 score, 3-4 cloud, 0 MODLAND: 0b001_00_0_0_0 is score 1, 0b011_00_0_0_1 score 3 and other quality
    quality = np.array([0b00000000, 0b00100000, 0b01100001, 0b10000000])
    assert et.accepted(quality, "good").tolist() == [True, True, False, False]
    assert et.accepted(quality, "usable").tolist() == [True, True, True, False]


def test_sum_of_eight_day_totals_takes_the_short_last_period_as_it_is(tmp_path):
    orders.et(tmp_path)
    made = quiet([tmp_path], tmp_path / "et.tif", product="et", year=2020)
    values, _ = read(made.path)
    total = sum(100 + number for number in range(46)) / 10
    assert values[3, 3] == pytest.approx(total)
    assert np.isnan(values[0, 0])
    assert np.isnan(values[5, 7])  # one composite is missing there
    table = made.quality["composites"]
    assert len(table) == 46
    assert table["days"].tolist() == [8] * 45 + [6]
    assert table["days"].sum() == 366
    assert made.measure == "mm yr-1"


def test_absent_composites_are_refused_with_their_dates_or_scaled_by_days(tmp_path):
    orders.et(tmp_path, leave_out=(9, 361))
    with pytest.raises(InputError, match=r"2 of 46, 2020-01-09, 2020-12-26.*--gaps available"):
        quiet([tmp_path], tmp_path / "et.tif", product="et", year=2020)
    made = quiet([tmp_path], tmp_path / "et.tif", product="et", year=2020, gaps="available")
    values, _ = read(made.path)
    part = sum(100 + number for number in range(46)) / 10 - 10.1 - 14.5
    assert values[3, 3] == pytest.approx(part * 366 / (366 - 8 - 6))
    note = next(note for note in made.notes if note["code"] == "satellite_gaps")
    assert note["fields"]["days"] == 352


def test_ndvi_mean_weighs_composites_by_their_days_and_the_season_by_months(tmp_path):
    stack = orders.ndvi(tmp_path)
    days = {day: min(16, 366 - day) for day in stack}
    values, _ = read(quiet([tmp_path], tmp_path / "mean.tif", product="ndvi", year=2021).path)
    expected = sum(days[day] * stack[day] for day in stack) / 365 * 1e-4
    assert values[2, 3] == pytest.approx(expected[2, 3], rel=1e-6)
    assert days[353] == 13
    season = [day for day in stack if 121 <= day <= 273]
    highest, _ = read(quiet([tmp_path], tmp_path / "max.tif", product="ndvi", year=2021, statistic="max", season=(5, 9)).path)
    np.testing.assert_allclose(highest[:5], np.max([stack[day][:5] for day in season], axis=0) * 1e-4, rtol=1e-6)
    assert np.isnan(highest[5, 5])


def test_clouds_leave_a_gap_or_the_other_composites(tmp_path):
    stack = orders.ndvi(tmp_path)
    options = {"product": "ndvi", "year": 2021, "quality": "usable"}
    values, _ = read(quiet([tmp_path], tmp_path / "strict.tif", **options).path)
    assert np.isnan(values[0]).all()
    assert not np.isnan(values[1]).any()
    values, _ = read(quiet([tmp_path], tmp_path / "lax.tif", gaps="available", **options).path)
    days = {day: min(16, 366 - day) for day in stack if day != 33}
    expected = sum(days[day] * stack[day] for day in days) / 349 * 1e-4
    np.testing.assert_allclose(values[0], expected[0], rtol=1e-6)


def test_cover_by_numbers_and_by_percentiles(tmp_path):
    stack = orders.ndvi(tmp_path)
    options = {"product": "cover", "year": 2021, "statistic": "max"}
    highest = np.max(list(stack.values()), axis=0) * 1e-4
    highest[5, 5] = np.nan
    made = quiet([tmp_path], tmp_path / "cover.tif", ndvi_soil=0.05, ndvi_vegetation=0.85, **options)
    values, dataset = read(made.path)
    np.testing.assert_allclose(values, np.clip((highest - 0.05) / 0.8, 0, 1), rtol=1e-5)
    assert dataset.units == ("1",)
    made = quiet([tmp_path], tmp_path / "cover.tif", percentiles=(5, 95), **options)
    low, high = made.quality["cover"].iloc[0][["ndvi_soil", "ndvi_vegetation"]]
    ordered = np.sort(highest[~np.isnan(highest)])
    assert low == pytest.approx(ordered[int(np.ceil(0.05 * 47)) - 1], abs=1e-9)
    assert high == pytest.approx(ordered[int(np.ceil(0.95 * 47)) - 1], abs=1e-9)
    with pytest.raises(InputError, match=r"one of two ways.*--percentiles 5,95"):
        quiet([tmp_path], tmp_path / "cover.tif", **options)
    with pytest.raises(InputError, match=r"not below that of full cover: 0.9 and 0.1"):
        quiet([tmp_path], tmp_path / "cover.tif", ndvi_soil=0.9, ndvi_vegetation=0.1, **options)


def test_recipe_makes_the_same_layer_again(npp_folder, tmp_path):
    folder, _ = npp_folder
    made = quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, fill="zero")
    content = json.loads((tmp_path / "npp.tif.recipe.json").read_text(encoding="utf-8"))
    assert content["product"] == "satellite"
    assert content["options"]["fill"] == "zero"
    assert content["inputs"][0]["sha256"]
    first = made.path.read_bytes()
    made.path.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        recipe.rerun(tmp_path / "npp.tif.recipe.json")
    assert made.path.read_bytes() == first


def test_cancelled_work_leaves_no_file(npp_folder, tmp_path):
    folder, _ = npp_folder
    with pytest.raises(Cancelled):
        quiet([folder], tmp_path / "npp.tif", product="npp", year=2020, progress=lambda *_: False)
    assert list(tmp_path.iterdir()) == []


def test_hdf_without_a_driver_gives_the_command(tmp_path):
    path = tmp_path / "MOD17A3HGF.A2020001.h28v05.061.2021042000000.hdf"
    path.write_bytes(b"\x0e\x03\x13\x01" + bytes(200))  # magic number of HDF4
    command = r"gdal_translate -of GTiff 'HDF4_EOS:EOS_GRID:\".*\.hdf\":MOD_Grid_MOD17A3H:Npp_500m' .*Npp_500m\.tif"
    with pytest.raises(InputError, match=command):
        quiet([path], tmp_path / "npp.tif", product="npp", year=2020)


def test_names_that_say_nothing_need_the_product(tmp_path):
    path = orders.write(tmp_path / "年产品.tif", np.full((4, 4), 6000))
    with pytest.raises(InputError, match=r"does not say its product.*--source"):
        quiet([path], tmp_path / "npp.tif", product="npp", year=2020)
    made = quiet([path], tmp_path / "npp.tif", product="npp", year=2020, source="MOD17A3HGF")
    assert read(made.path)[0][0, 0] == pytest.approx(600)
    assert made.notes[0]["code"] == "satellite_matched_declared"
    with pytest.raises(InputError, match=r'"MOD16A2GF" holds et, expected npp'):
        quiet([path], tmp_path / "npp.tif", product="npp", year=2020, source="MOD16A2GF")
    with pytest.raises(InputError, match=r"does not say its day.*composites of 8 days"):
        quiet([path], tmp_path / "et.tif", product="et", year=2020, source="MOD16A2GF")
    with pytest.raises(InputError, match=r'"MOD17" nearest|nearest is "MOD17A3HGF"'):
        quiet([path], tmp_path / "npp.tif", product="npp", year=2020, source="MOD17A3")


def test_another_year_and_two_products_are_refused(npp_folder, tmp_path):
    folder, _ = npp_folder
    with pytest.raises(InputError, match=r"No file holds npp of 2021: found 4 files"):
        quiet([folder], tmp_path / "npp.tif", product="npp", year=2021)
    other = orders.write(tmp_path / "MYD17A3HGF.061_Npp_500m_doy2020001_aid0001.tif", np.full((4, 4), 6000))
    with pytest.raises(InputError, match=r"several products that measure npp: MOD17A3HGF, MYD17A3HGF"):
        quiet([folder, other], tmp_path / "npp.tif", product="npp", year=2020)


def test_values_that_were_scaled_before_are_refused_by_type_and_by_magnitude(tmp_path):
    name = "MOD17A3HGF.061_Npp_500m_doy2020001_aid0001.tif"
    orders.write(tmp_path / name, np.full((4, 4), 0.6), dtype="float32")
    with pytest.raises(InputError, match=r"holds float32, expected whole numbers.*--scale"):
        quiet([tmp_path], tmp_path / "npp.tif", product="npp", year=2020)
    with pytest.raises(InputError, match=r"mean 0\.6.*Expected a mean between 5 and 3000 gC m-2 yr-1"):
        quiet([tmp_path], tmp_path / "npp.tif", product="npp", year=2020, scale=1.0)
    made = quiet([tmp_path / name], tmp_path / "npp.tif", product="npp", year=2020, scale=1000.0)
    assert read(made.path)[0][0, 0] == pytest.approx(600)


def test_tiles_on_two_lattices_are_refused(tmp_path):
    orders.write(tmp_path / "MOD17A3HGF.A2020001.h28v05.061.1.Npp_500m.tif", np.full((4, 4), 6000))
    orders.write(tmp_path / "MOD17A3HGF.A2020001.h28v06.061.1.Npp_500m.tif", np.full((4, 4), 6000), col=4.5)
    with pytest.raises(InputError, match=r"do not lie on one lattice.*shift of"):
        quiet([tmp_path], tmp_path / "npp.tif", product="npp", year=2020)


def test_a_file_without_a_crs_takes_the_declared_one(tmp_path):
    name = "MOD17A3HGF.061_Npp_500m_doy2020001_aid0001.tif"
    orders.write(tmp_path / name, np.full((4, 4), 6000), crs=None)
    with pytest.raises(InputError, match="no coordinate reference system"):
        quiet([tmp_path], tmp_path / "npp.tif", product="npp", year=2020)
    made = quiet([tmp_path / name], tmp_path / "npp.tif", product="npp", year=2020, crs="modis")
    assert "Sinusoidal" in read(made.path)[1].crs.to_wkt()


def test_choices_are_refused_with_what_there_is(npp_folder, tmp_path):
    folder, _ = npp_folder
    out = tmp_path / "npp.tif"
    for option, value, text in (
        ("quality", "best", '"best" for quality'),
        ("fill", "guess", '"guess" for fill'),
        ("gaps", "x", '"x" for gaps'),
        ("statistic", "max", r'"max" for statistic \(npp\)'),
        ("season", (5, 9), "season cannot be used: 5-9 for npp"),
        ("least", 0.0, "share of days is out of range: 0"),
    ):
        with pytest.raises(InputError, match=text):
            quiet([folder], out, product="npp", year=2020, **{option: value})
    with pytest.raises(InputError, match=r"another ending. Expected .tif"):
        quiet([folder], tmp_path / "npp.img", product="npp", year=2020)
    with pytest.raises(InputError, match=r"layer \"Npp_QC_500m\" for each"):
        quiet([next(folder.glob("*h28v05*Npp_500m.tif"))], out, product="npp", year=2020, quality="good")


def test_every_row_of_the_table_has_a_source_and_bits_that_decode():
    from ecoval.parameters import sources

    for product in products().values():
        assert product.source_id in sources()
        assert product.status in ("published", "recalled")
        for rule in ("good", "usable"):
            assert product.accepted(np.zeros(1, dtype=np.int64), rule).all()


def test_command_line(npp_folder, tmp_path, capsys):
    folder, _ = npp_folder
    out = tmp_path / "npp.tif"
    with pytest.raises(SystemExit) as stop:
        main(["prepare", "satellite", str(folder), "--product", "npp", "--year", "2020", "--out", str(out), "--json", "--quiet"])
    assert stop.value.code in (0, None)
    result = json.loads(capsys.readouterr().out)
    assert result["files"] == [str(out), f"{out}.recipe.json"]
    assert result["quality"]["values"][0]["uom"] == "gC m-2 yr-1"
