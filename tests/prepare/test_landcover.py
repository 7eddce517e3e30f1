import warnings

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import survey_county as county

from ecoval.errors import EcovalWarning, InputError
from ecoval.grid import Grid, read_crs
from ecoval.layers import crosswalks
from ecoval.prepare.landcover import accuracy, coarse, finer, prepare
from ecoval.units.polygon_area import ellipsoidal_area


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    frame = county.parcels()
    frame.to_file(folder / "dltb.gpkg")
    county.inventory().to_file(folder / "forest.gpkg")
    (folder / "forest.csv").write_text(county.INVENTORY, encoding="utf-8")
    (folder / "mixtures.csv").write_text(county.MIXTURES, encoding="utf-8")
    county.clcd(folder / "clcd.tif", frame)
    return folder


def quiet(*given, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        return prepare(*given, **options)


def forest(folder):
    return {"path": folder / "forest.gpkg", "crosswalk": str(folder / "forest.csv"), "code": "kind"}


def area_of(frame, codes):
    chosen = frame["DLBM"].isin(codes).to_numpy()
    return ellipsoidal_area(np.asarray(frame.geometry)[chosen], county.CRS).sum()


def test_survey_areas_reconcile_and_ridges_are_taken_out(folder, tmp_path):
    made = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.gpkg")
    table = made.quality["survey"].set_index("code")
    frame = county.parcels()
    assert table.loc["*", "surveyed"] == pytest.approx(frame["TBMJ"].sum())
    assert table["difference"].abs().max() < 1e-6
    assert table.loc["0101", "net"] == pytest.approx(0.94 * frame["TBMJ"][frame["DLBM"] == "0101"].sum(), rel=1e-6)
    # farmland without its ridges; ridges (1203) are dry farmland
    assert made.areas[511] == pytest.approx(table.loc["0101", "net"], rel=1e-6)
    assert made.areas[512] == pytest.approx(table.loc["0103", "net"] + frame["KCMJ"].sum(), rel=1e-6)
    assert made.areas[97] == pytest.approx(area_of(frame, ["1104A"]), rel=1e-6)
    assert sum(made.areas.values()) == pytest.approx(frame["TBMJ"].sum(), rel=1e-6)
    codes = {note["code"] for note in made.notes}
    assert {"ridges_deducted", "survey_fields", "survey_codes_lettered"} <= codes


def test_the_layer_and_its_class_table(folder, tmp_path):
    made = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.gpkg")
    frame = geopandas.read_file(made.path)
    assert list(frame.columns) == ["parcel", "code", "ecosystem_type", "ridge_type", "ridge_share", "geometry"]
    assert len(frame) == 1600
    assert frame.crs == county.CRS
    ridged = frame["code"].isin(["0101", "0103"])
    assert frame["ridge_share"][ridged].to_numpy() == pytest.approx(county.RIDGE_SHARE, abs=1e-5)
    assert (frame["ridge_type"][ridged] == 512).all()
    assert (frame["ridge_share"][~ridged] == 0).all()
    classes = pd.read_csv(made.classes)
    assert set(classes["ecosystem_type"]) == set(made.areas)
    assert [path.name for path in made.paths] == ["cover.gpkg", "cover_classes.csv", "cover.gpkg.recipe.json"]


def test_what_stays_coarse_is_listed_with_its_area_and_the_numbers_it_needs(folder, tmp_path):
    with pytest.warns(EcovalWarning, match=r"stay coarse: 1 forest \(.* ha\), 2 shrub .*water_retention: runoff_coefficient"):
        made = prepare(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.gpkg")
    table = made.quality["coarse"]
    woods = table[table["code"] == 1]
    assert ("water_retention", "runoff_coefficient") in set(zip(woods["service"], woods["parameter"], strict=True))
    assert set(woods["resolved_by"]) == {""}
    assert woods["area"].to_numpy() == pytest.approx(made.areas[1])
    own = tmp_path / "own.csv"
    rows = "".join(f"water_retention,runoff_coefficient,{code},0.05,1,inventory\n" for code in (1, 2))
    own.write_text("service,parameter,key,value,uom,source_id\n" + rows, encoding="utf-8")
    less = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.gpkg", parameters=[own]).quality["coarse"]
    given = less[less["code"].isin([1, 2])]
    assert "runoff_coefficient" not in set(given["parameter"])


def test_a_mixture_resolves_what_it_names(folder, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = prepare(folder / "clcd.tif", "clcd", tmp_path / "cover.tif", mixtures=folder / "mixtures.csv")
    assert set(made.quality["coarse"]["resolved_by"]) == {"mixture"}


def test_finer_polygons_part_the_parcels_exactly(folder, tmp_path):
    made = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.gpkg", finer_layers=[forest(folder)])
    survey, inventory = county.parcels(), county.inventory()
    woods = np.asarray(survey.geometry)[(survey["DLBM"] == "0301").to_numpy()]
    expected = {}
    for kind, code in {"阔叶": 111, "针叶": 121, "混交": 131}.items():
        union = shapely.union_all(np.asarray(inventory.geometry)[(inventory["kind"] == kind).to_numpy()])
        expected[code] = ellipsoidal_area(shapely.intersection(woods, union), county.CRS).sum()
        assert made.areas[code] == pytest.approx(expected[code], rel=1e-7)
    # what the inventory leaves out, or calls shrub or farmland, stays coarse
    assert made.areas[1] == pytest.approx(area_of(survey, ["0301"]) - sum(expected.values()), rel=1e-7)
    table = made.quality["finer"].set_index("coarse_code")
    assert table.loc[1, "met"] == pytest.approx(area_of(survey, ["0301"]), rel=1e-7)
    assert table.loc[1, "resolved"] == pytest.approx(sum(expected.values()), rel=1e-7)
    assert table.loc[1, "not_nesting"] > 0
    assert sum(made.areas.values()) == pytest.approx(survey["TBMJ"].sum(), rel=1e-6)


def test_a_finer_raster_gives_a_parcel_the_type_of_its_larger_part(folder, tmp_path):
    square = shapely.box(county.LEFT, county.BOTTOM, county.LEFT + 120, county.BOTTOM + 120)
    frame = geopandas.GeoDataFrame({"DLBM": ["0301"]}, geometry=[square], crs=county.CRS)
    frame.to_file(tmp_path / "one.gpkg")
    profile = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "int16", "nodata": 0, "crs": county.CRS}
    kinds = np.full((4, 4), 111, dtype=np.int16)
    kinds[:, 3], kinds[0, 0] = 121, 512
    transform = rasterio.Affine(30, 0, county.LEFT, 0, -30, county.BOTTOM + 120)
    with rasterio.open(tmp_path / "fine.tif", "w", transform=transform, **profile) as dataset:
        dataset.write(kinds, 1)
    layer = {"path": tmp_path / "fine.tif", "crosswalk": "hj1166"}
    made = quiet(tmp_path / "one.gpkg", "sandiao", tmp_path / "out.gpkg", finer_layers=[layer])
    assert list(made.areas) == [111]
    row = made.quality["finer"].iloc[0]
    whole = ellipsoidal_area(np.array([square]), county.CRS)[0]
    assert row["resolved"] == pytest.approx(whole, rel=1e-6)
    assert row["generalised"] == pytest.approx(whole * 5 / 16, rel=1e-6)
    assert row["not_nesting"] == pytest.approx(whole / 16, rel=1e-6)


def test_raster_to_raster_with_a_finer_layer(folder, tmp_path):
    made = quiet(folder / "clcd.tif", "clcd", tmp_path / "cover.tif", finer_layers=[forest(folder)])
    with rasterio.open(made.path) as dataset, rasterio.open(folder / "clcd.tif") as raw:
        types, codes = dataset.read(1), raw.read(1)
        assert dataset.nodata == 0
        assert dataset.transform == raw.transform
    assert set(np.unique(types[codes == 1])) == {51, 512}
    assert set(np.unique(types[codes == 2])) == {1, 111, 121, 131}
    assert set(np.unique(types[codes == 3])) == {2, 211}
    assert (types[codes == 0] == 0).all()
    grid = Grid.like(read_crs(county.CRS), raw.transform, types.shape)
    assert made.areas[111] == pytest.approx(grid.cell_area()[types == 111].sum())
    assert made.quality["finer"]["met"].sum() == pytest.approx(grid.cell_area()[codes > 0].sum())
    assert "landcover_missing_area" in {note["code"] for note in made.notes}


def test_parcels_on_cells_print_the_effect_of_the_cell(folder, tmp_path):
    coarse_cells = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "a.tif", cell=100.0)
    fine_cells = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "b.tif", cell=10.0)
    effects = []
    for made in (coarse_cells, fine_cells):
        table = made.quality["resolution"]
        net = table["difference"].abs().sum() / 2 / table["polygons"].sum()
        note = next(note for note in made.notes if note["code"] == "raster_resolution_effect")
        assert note["fields"]["net"] == pytest.approx(net)
        effects.append(note["fields"]["share"])
    # land along the borders: proportional to the side of the cell
    assert 0.08 < effects[1] / effects[0] < 0.2
    assert effects[0] < 0.5
    like = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "c.tif", like=folder / "clcd.tif")
    with rasterio.open(like.path) as dataset, rasterio.open(folder / "clcd.tif") as raw:
        assert (dataset.transform.c - raw.transform.c) % 30 == 0
        assert dataset.res == raw.res


def test_cells_of_another_size_or_crs(folder, tmp_path):
    wide = quiet(folder / "clcd.tif", "clcd", tmp_path / "wide.tif", cell=90.0)
    native = quiet(folder / "clcd.tif", "clcd", tmp_path / "native.tif")
    with rasterio.open(wide.path) as dataset:
        assert dataset.res == (90.0, 90.0)
    assert wide.areas[51] == pytest.approx(native.areas[51], rel=0.1)
    moved = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "moved.tif", cell=30.0, grid_crs="EPSG:32651")
    here = quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "here.tif", cell=30.0)
    with rasterio.open(moved.path) as dataset:
        assert dataset.crs.to_epsg() == 32651
    assert sum(moved.areas.values()) == pytest.approx(sum(here.areas.values()), rel=0.01)


@pytest.mark.parametrize("name", ["DLTB.shp", "dltb.gdb"])
def test_shapefiles_and_geodatabases(tmp_path, name):
    frame = county.parcels(6)
    frame["DLMC"] = "乔木林地"
    driver = {"DLTB.shp": "ESRI Shapefile", "dltb.gdb": "OpenFileGDB"}[name]
    options = {"encoding": "GBK"} if driver == "ESRI Shapefile" else {"layer": "DLTB"}
    frame.to_file(tmp_path / name, driver=driver, engine="pyogrio", **options)
    made = quiet(tmp_path / name, "sandiao", tmp_path / "cover.gpkg", layer="DLTB" if driver == "OpenFileGDB" else None)
    assert sum(made.areas.values()) == pytest.approx(frame["TBMJ"].sum(), rel=1e-6)
    assert made.recipe.inputs[0]["size"] > 1000


def test_unmatched_codes_are_refused_with_number_and_area(folder, tmp_path):
    frame = county.parcels()
    frame.loc[:9, "DLBM"] = "9999"
    frame.loc[10, "DLBM"] = None
    frame.to_file(tmp_path / "wrong.gpkg")
    with pytest.raises(InputError, match=r"11 parcels .* 9999 \(10, .* ha\), - \(1, ") as caught:
        prepare(tmp_path / "wrong.gpkg", "sandiao", tmp_path / "cover.gpkg")
    assert caught.value.fields["area"] == pytest.approx(ellipsoidal_area(np.asarray(frame.geometry)[:11], county.CRS).sum() / 1e4)
    assert not (tmp_path / "cover.gpkg").exists()
    with rasterio.open(folder / "clcd.tif") as raw:
        profile, codes = raw.profile, raw.read(1)
    codes[20, 20:25] = 77
    with rasterio.open(tmp_path / "wrong.tif", "w", **profile) as dataset:
        dataset.write(codes, 1)
    with pytest.raises(InputError, match=r"77 \(1, 0\.449998 ha\)"):
        prepare(tmp_path / "wrong.tif", "clcd", tmp_path / "cover.tif")
    assert not (tmp_path / "cover.tif").exists()


def test_a_crosswalk_that_maps_a_code_twice_is_refused(folder, tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("source_code,target_code\n0101,511\n0103,512\n0101,512\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"code \"0101\" in rows 2 and 4"):
        prepare(folder / "dltb.gpkg", table, tmp_path / "cover.gpkg", code="DLBM")
    table.write_text("source_code,target_code\n0101,5111\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"\"5111\" in cell B2 .*nearest is \"511\""):
        prepare(folder / "dltb.gpkg", table, tmp_path / "cover.gpkg", code="DLBM")


def test_overlapping_parcels_are_refused_or_cut(folder, tmp_path):
    frame = county.parcels(8)
    grown = frame.copy()
    moved = shapely.union(frame.geometry[9], frame.geometry[10])
    grown.loc[9, "geometry"] = moved
    grown.to_file(tmp_path / "over.gpkg")
    shared = ellipsoidal_area(np.asarray(frame.geometry)[10:11], county.CRS)[0]
    with pytest.raises(InputError, match=r"1 pairs .*10 / 11") as caught:
        prepare(tmp_path / "over.gpkg", "sandiao", tmp_path / "cover.gpkg")
    assert caught.value.fields["area"] == pytest.approx(shared, rel=1e-6)
    made = quiet(tmp_path / "over.gpkg", "sandiao", tmp_path / "cover.gpkg", overlaps="first")
    assert sum(made.areas.values()) == pytest.approx(frame["TBMJ"].sum(), rel=1e-6)
    assert "parcels_overlap_cut" in {note["code"] for note in made.notes}
    with pytest.raises(InputError, match=r"\"last\" for overlaps"):
        prepare(tmp_path / "over.gpkg", "sandiao", tmp_path / "cover.gpkg", overlaps="last")


def test_surveyed_areas_in_another_measure_are_noticed(folder, tmp_path):
    frame = county.parcels(8)
    frame["TBMJ"] /= 1e4
    frame["KCMJ"] = 0.0
    frame.to_file(tmp_path / "ha.gpkg")
    made = quiet(tmp_path / "ha.gpkg", "sandiao", tmp_path / "cover.gpkg")
    assert "survey_areas_differ" in {note["code"] for note in made.notes}
    frame["TBMJ"] *= 1e4
    frame["KCMJ"] = 2 * frame["TBMJ"]
    frame.to_file(tmp_path / "ridge.gpkg")
    with pytest.raises(InputError, match="larger than their parcel: 64 parcels"):
        prepare(tmp_path / "ridge.gpkg", "sandiao", tmp_path / "cover.gpkg")


def test_fields_endings_and_grids_that_are_not_said(folder, tmp_path):
    with pytest.raises(InputError, match=r"fields DLBM, TBMJ, KCMJ"):
        prepare(folder / "dltb.gpkg", "clcd", tmp_path / "cover.gpkg")
    with pytest.raises(InputError, match=r"Expected one of: \.gpkg \.tif"):
        prepare(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.shp")
    with pytest.raises(InputError, match=r"Expected one of: \.tif\."):
        prepare(folder / "clcd.tif", "clcd", tmp_path / "cover.gpkg")
    with pytest.raises(InputError, match="Give --cell"):
        quiet(folder / "dltb.gpkg", "sandiao", tmp_path / "cover.tif")
    with pytest.raises(InputError, match=r"\"crosswalks\"\. The nearest is \"crosswalk\""):
        prepare(folder / "dltb.gpkg", "sandiao", tmp_path / "x.gpkg", finer_layers=[{"path": "a.tif", "crosswalks": "clcd"}])
    with pytest.raises(InputError, match='lacks its "crosswalk"'):
        prepare(folder / "dltb.gpkg", "sandiao", tmp_path / "x.gpkg", finer_layers=[{"path": "a.tif"}])


def test_years_and_resolutions_that_differ_are_said(folder, tmp_path):
    layer = forest(folder) | {"year": 2020, "resolution": 10.0}
    made = quiet(folder / "clcd.tif", "clcd", tmp_path / "cover.tif", finer_layers=[layer], year=2023)
    texts = {note["code"]: note["en"] for note in made.notes}
    assert "2020, 2023" in texts["landcover_years_mixed"]
    assert "10, 30 m" in texts["landcover_resolutions_mixed"]
    assert made.quality["sources"]["year"].tolist() == [2023, 2020]


def test_lettered_codes_of_the_survey():
    sandiao = crosswalks.Crosswalk.read("sandiao")
    assert [sandiao.target(code) for code in ("0101", "0201K", "1104A", "1104", "1107A", "0810A", "08H2A", "0307K")] == [
        511,
        52,
        97,
        422,
        432,
        611,
        611,
        14,
    ]
    assert sandiao.target("0101X") is None
    assert crosswalks.Crosswalk.read("clcd").target("1A") is None


def test_whole_numbers_are_codes_without_a_point():
    assert crosswalks.as_codes(pd.Series([1.0, 20.0, np.nan])).tolist() == ["1", "20", ""]
    assert crosswalks.as_codes(pd.Series([" 0101 ", "05H1", None])).tolist() == ["0101", "05H1", ""]


def test_the_dominant_type_of_a_cell():
    cell = np.array([0, 0, 1, 1, 2, 3, 3])
    kind = np.array([511, 111, 111, 511, 111, 111, 113])
    weight = np.array([0.6, 0.4, 0.5, 0.5, 0.3, 0.3, 0.3])
    # a tie goes to the smaller code; less than half of a cell is missing
    assert finer.dominant(cell, kind, weight, (2, 2)).tolist() == [[511, 111], [0, 111]]


def test_accuracy_from_check_points_by_hand(tmp_path):
    table = tmp_path / "points.csv"
    # 100 points: 111 right 40, taken for 121 10 (level 1 right), 511 right 45, taken for 111 5
    table.write_text("reference,mapped,count\n111,111,40\n111,121,10\n511,511,45\n511,111,5\n", encoding="utf-8")
    found = accuracy.accuracy(table, 1e10).set_index("metric")
    assert found.loc["overall_accuracy", "found"] == pytest.approx(0.85)
    assert found.loc["level1_accuracy", "found"] == pytest.approx(0.95)
    assert found.loc["level2_accuracy", "found"] == pytest.approx(0.85)
    # chance agreement: 0.5 x 0.45 + 0.5 x 0.45 = 0.45
    assert found.loc["kappa", "found"] == pytest.approx((0.85 - 0.45) / 0.55)
    assert found.loc["kappa", "verdict"] == "very_good"
    # the limit itself does not pass: > 85 %, > 95 %
    assert found.loc[["overall_accuracy", "level1_accuracy", "level2_accuracy"], "verdict"].tolist() == ["fail"] * 3
    # 100 points on 10 000 km2 make exactly 1 per 100 km2
    assert found.loc["check_points", "verdict"] == "pass"


def test_accuracy_figures_and_wrong_tables(folder, tmp_path):
    table = tmp_path / "figures.csv"
    table.write_text("metric,value\noverall_accuracy,0.91\nmosaic_edge,1.5\nimage_month,7\nkappa,-0.1\n", encoding="utf-8")
    found = accuracy.accuracy(table, 1e9).set_index("metric")
    assert found["verdict"].to_dict() == {
        "overall_accuracy": "pass",
        "mosaic_edge": "fail",
        "image_month": "pass",
        "kappa": "very_poor",
    }
    with pytest.warns(EcovalWarning, match=r"accuracy rules of HJ 1176: mosaic_edge 1\.5 \(1 pixel\)"):
        prepare(folder / "clcd.tif", "clcd", tmp_path / "x.tif", accuracy=table, mixtures=folder / "mixtures.csv")
    table.write_text("metric,value\noveral_accuracy,0.91\n", encoding="utf-8")
    with pytest.raises(InputError, match='nearest is "overall_accuracy"'):
        accuracy.accuracy(table, 1e9)
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="has the columns a, b"):
        accuracy.accuracy(table, 1e9)


def test_numbers_that_a_coarse_type_needs():
    from ecoval.parameters import Parameters

    assert ("water_retention", "runoff_coefficient") in coarse.needs(1, Parameters.read())
    # of built-up land parks are in the scope of soil retention and housing is not
    assert ("soil_retention", "scope") in coarse.needs(6, Parameters.read())
    assert coarse.needs(62, Parameters.read()) == []


def test_progress_stops_the_work(folder, tmp_path):
    from ecoval.errors import Cancelled

    with pytest.raises(Cancelled):
        prepare(folder / "clcd.tif", "clcd", tmp_path / "x.tif", progress=lambda _done, _text: False)
    assert list(tmp_path.iterdir()) == []


def test_a_raster_onto_cells_of_another_crs_keeps_its_land(folder, tmp_path):
    own = quiet(folder / "clcd.tif", "clcd", tmp_path / "own.tif")
    with rasterio.open(folder / "clcd.tif") as raw:
        assert raw.crs.to_epsg() != 32651
        cell = raw.transform.a
    other = quiet(folder / "clcd.tif", "clcd", tmp_path / "other.tif", cell=cell, grid_crs="EPSG:32651")
    with rasterio.open(other.path) as dataset:
        assert dataset.crs.to_epsg() == 32651
    assert sum(other.areas.values()) == pytest.approx(sum(own.areas.values()), rel=0.02)  # the rim of cells alone


def test_a_crs_without_a_cell_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match=r"none is named for .*clcd"):
        quiet(folder / "clcd.tif", "clcd", tmp_path / "cover.tif", grid_crs="EPSG:32651")
