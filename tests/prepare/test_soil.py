import csv
import json
import math
import warnings
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

from ecoval.__main__ import main
from ecoval.errors import Cancelled, EcovalWarning, InputError, MissingData
from ecoval.prepare import recipe
from ecoval.prepare.soil import prepare, profiles, texture
from ecoval.prepare.soil.maps import SoilRaster
from ecoval.prepare.soil.properties import named

LONG = """code,property,value,uom,top,bottom
红壤,sand,400,g/kg,0,20
红壤,silt,400,g/kg,0,20
红壤,clay,200,g/kg,0,20
红壤,organic_carbon,15,g/kg,0,20
红壤,nitrogen,1.2,g/kg,0,20
红壤,bulk_density,1.3,g/cm3,0,20
红壤,sand,300,g/kg,20,60
红壤,silt,400,g/kg,20,60
红壤,clay,300,g/kg,20,60
红壤,organic_carbon,5,g/kg,20,60
红壤,nitrogen,0.6,g/kg,20,60
红壤,bulk_density,1.5,g/cm3,20,60
水稻土,sand,200,g/kg,0,15
水稻土,silt,500,g/kg,0,15
水稻土,clay,300,g/kg,0,15
水稻土,organic_carbon,20,g/kg,0,15
水稻土,nitrogen,2,g/kg,0,15
水稻土,bulk_density,1.1,g/cm3,0,15
"""


def quiet(*given, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        return prepare(*given, **options)


def raster(path, values, dtype="float32", nodata=None, crs="EPSG:4549", cell=100.0):
    values = np.asarray(values)
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": dtype}
    with rasterio.open(path, "w", **profile, crs=crs, transform=Affine(cell, 0, 5e5, 0, -cell, 3.3e6), nodata=nodata) as dataset:
        dataset.write(values.astype(dtype), 1)
    return path


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def k_epic(sand, silt, clay, carbon):
    """The printed equation of HJ 1173 A.7."""
    sn = 1 - sand / 100
    return (
        (0.2 + 0.3 * math.exp(-0.0256 * sand * (1 - silt / 100)))
        * (silt / (clay + silt)) ** 0.3
        * (1 - 0.25 * carbon / (carbon + math.exp(3.72 - 2.95 * carbon)))
        * (1 - 0.7 * sn / (sn + math.exp(-5.51 + 22.9 * sn)))
    )


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "土壤.csv"
    path.write_text(LONG, encoding="utf-8")
    return path


@pytest.fixture
def polygons(tmp_path):
    """Red soil west, paddy soil east of a border inside the second column of cells of 100 m."""
    shapes = [shapely.box(5e5, 3.3e6 - 400, 5e5 + 130, 3.3e6), shapely.box(5e5 + 130, 3.3e6 - 400, 5e5 + 400, 3.3e6)]
    path = tmp_path / "soils.gpkg"
    geopandas.GeoDataFrame({"TL": ["红壤", "水稻土"]}, geometry=shapes, crs="EPSG:4549").to_file(path)
    return path


def layers_of(folder):
    """Code: field: its numbers, one a layer, of the look-up table."""
    lines = (folder / "lookup" / "soil_properties_lookup.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    numbers = [name for name in rows.fieldnames if name.startswith("SOL_")]
    return {row["SEQN"]: {name: [float(part) for part in row[name].split("-")] for name in numbers} for row in rows}


def of_catchment(source, folder, **options):
    table = source / "lookup" / "soil_properties_lookup.csv"
    return quiet([source / "spatial" / "ywzsoil30m.tif"], folder, table=table, **options)


def test_youwuzhen_soils_with_rock_fragments_to_erodibility(youwuzhen, tmp_path):
    made = of_catchment(youwuzhen, tmp_path / "soil", depth="0-15")
    soils = made.quality["soils"].set_index("code")
    printed = layers_of(youwuzhen)
    codes = read(youwuzhen / "spatial" / "ywzsoil30m.tif")
    layer = read(made.layers["erodibility"])
    assert set(soils.index) == set(printed)
    for code, fields in printed.items():
        first = {name: numbers[0] for name, numbers in fields.items()}
        share = 1 - first["SOL_ROCK"] / 100
        fine = [first[f"SOL_{part}"] / share for part in ("SAND", "SILT", "CLAY")]
        expected = (-0.01383 + 0.51575 * k_epic(*fine, first["SOL_OM"] / 1.724)) * 0.1317
        assert soils.loc[code, "erodibility"] == pytest.approx(expected, rel=2e-6)
        np.testing.assert_allclose(layer[codes == int(code)], expected, rtol=2e-6)
        assert soils.loc[code, ["soil_sand", "soil_silt", "soil_clay"]].to_list() == pytest.approx(fine)
        # NO3 + NH4 + organic nitrogen, dissolved and organic phosphorus; g per kg
        assert soils.loc[code, "soil_nitrogen"] == pytest.approx((first["SOL_NO3"] + first["SOL_NH4"] + first["SOL_ORGN"]) / 1000)
        assert soils.loc[code, "soil_phosphorus"] == pytest.approx((first["SOL_SOLP"] + first["SOL_ORGP"]) / 1000)
        assert soils.loc[code, "available_water"] == pytest.approx(first["SOL_AWC"])
    assert np.isnan(layer[codes == 255]).all()
    assert (read(made.layers["soil_group"])[codes == 255] == 0).all()
    note = next(note for note in made.notes if note["code"] == "soil_fine_earth")
    rocks = [rock for fields in printed.values() for rock in fields["SOL_ROCK"]]
    assert note["fields"] == {"count": sum(rock > 0 for rock in rocks), "of": len(rocks)}


def test_youwuzhen_soil_201_is_that_of_the_reference(outside, tmp_path):
    made = of_catchment(outside / "data" / "youwuzhen", tmp_path / "soil", depth="0-20")
    soil = made.quality["soils"].set_index("code").loc["201"]
    # gep_methods section 5: 63.95, 16.89, 19.17 %
    assert soil[["soil_sand", "soil_silt", "soil_clay"]].to_list() == pytest.approx([63.95, 16.89, 19.17], abs=0.01)
    assert soil["soil_nitrogen"] == pytest.approx(0.168e-3)
    assert soil["soil_phosphorus"] == pytest.approx(0.052e-3)
    assert soil["available_water"] == pytest.approx(0.1)
    note = next(note for note in made.notes if note["code"] == "soil_fine_earth")
    assert note["fields"] == {"count": 14, "of": 15}


def test_youwuzhen_depth_is_weighted_by_thickness(youwuzhen, tmp_path):
    made = of_catchment(youwuzhen, tmp_path / "soil", depth=(0, 30), k="epic_si")
    soils = made.quality["soils"].set_index("code")
    for code, fields in layers_of(youwuzhen).items():
        # mm of each layer within the upper 30 cm
        thickness = np.diff(np.minimum([0, *fields["SOL_Z"]], 300))
        matter = np.average(fields["SOL_OM"], weights=thickness)
        assert soils.loc[code, "soil_organic_matter"] == pytest.approx(matter)
        fine = [np.array(fields[f"SOL_{part}"]) / (1 - np.array(fields["SOL_ROCK"]) / 100) for part in ("SAND", "SILT", "CLAY")]
        parts = [np.average(part, weights=thickness) for part in fine]
        assert soils.loc[code, "erodibility"] == pytest.approx(k_epic(*parts, matter / 1.724) * 0.1317, rel=2e-6)
        assert soils.loc[code, "soil_depth"] == 600


def test_youwuzhen_areas_and_gaps(youwuzhen, tmp_path):
    made = of_catchment(youwuzhen, tmp_path / "soil")
    layers = made.quality["layers"].set_index("role")
    codes = read(youwuzhen / "spatial" / "ywzsoil30m.tif")
    # a cell of 30 m in zone 39 is 900 m2 divided by the square of the scale, within 1e-3
    assert layers["valid"].to_numpy() == pytest.approx((codes != 255).sum() * 900, rel=1e-3)
    assert layers["missing"].to_numpy() == pytest.approx((codes == 255).sum() * 900, rel=1e-3)
    assert made.quality["soils"]["area"].sum() == pytest.approx(layers.loc["soil_sand", "valid"], rel=1e-9)


def test_long_table_and_polygons_by_exact_shares(table, polygons, tmp_path):
    made = quiet([polygons], tmp_path / "soil", table=table, code="TL", depth="0-30", cell=100.0)
    soils = made.quality["soils"].set_index("code")
    sand = (20 * 40 + 10 * 30) / 30
    assert soils.loc["红壤", "soil_sand"] == pytest.approx(sand)
    assert soils.loc["红壤", "soil_nitrogen"] == pytest.approx((2 * 1.2e-3 + 0.6e-3) / 3)
    assert soils.loc["水稻土", "covered"] == pytest.approx(0.5)
    assert soils.loc["水稻土", "soil_bulk_density"] == pytest.approx(1.1)
    layer = read(made.layers["soil_sand"])
    # the second cell: 30 m of red soil, 70 m of paddy soil
    np.testing.assert_allclose(layer[:, 0], sand, rtol=1e-6)
    np.testing.assert_allclose(layer[:, 1], 0.3 * sand + 0.7 * 20, rtol=1e-6)
    np.testing.assert_allclose(layer[:, 2:], 20, rtol=1e-6)
    # loam is B, silty clay loam (20, 50, 30) is D: the larger share of a cell
    red, paddy = soils.loc["红壤", "texture_class"], soils.loc["水稻土", "texture_class"]
    assert (red, paddy) == ("loam", "silty_clay_loam")
    assert read(made.layers["soil_group"])[0].tolist() == [2, 4, 4, 4]
    shallow = next(note for note in made.notes if note["code"] == "soil_shallow")
    assert shallow["fields"]["soils"] == ['"水稻土" 50%']


def test_study_roles_and_measures(table, polygons, tmp_path):
    from ecoval.layers.roles import known_roles

    made = quiet([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0)
    assert set(made.layers) <= set(known_roles())
    for role, path in made.layers.items():
        with rasterio.open(path) as dataset:
            assert dataset.units == (made.quality["layers"].set_index("role").loc[role, "uom"],)
    uoms = made.quality["layers"].set_index("role")["uom"].to_dict()
    assert uoms["soil_sand"] == "%"
    assert uoms["soil_nitrogen"] == "1"
    assert uoms["soil_bulk_density"] == "t m-3"


def test_wide_table_in_a_workbook(polygons, tmp_path):
    path = tmp_path / "hwsd.xlsx"
    rows = {
        "MU": ["红壤", "水稻土"],
        "T_SAND": [40, 20],
        "T_SILT": [40, 50],
        "T_CLAY": [20, 30],
        "T_OC": [1.5, 2.0],
        "T_OM": [2.586, 3.448],
    }
    pd.DataFrame(rows).to_excel(path, index=False)
    columns = {"sand": ("T_SAND", "%"), "silt": ("T_SILT", "%"), "clay": ("T_CLAY", "%"), "organic_carbon": ("T_OC", "%")}
    made = quiet([polygons], tmp_path / "soil", table=path, columns=columns, table_code="MU", code="TL", cell=100.0)
    soils = made.quality["soils"].set_index("code")
    # gep_methods section 5: 40/40/20, C 1.5 %: K_EPIC 0.26044, K 0.015869
    assert k_epic(40, 40, 20, 1.5) == pytest.approx(0.26044, abs=5e-6)
    assert soils.loc["红壤", "erodibility"] == pytest.approx(0.015869, abs=5e-7)
    assert any(note["code"] == "soil_without_depths" for note in made.notes)
    matter = {**columns, "organic_matter": ("T_OM", "%")}
    del matter["organic_carbon"]
    again = quiet([polygons], tmp_path / "again", table=path, columns=matter, table_code="MU", code="TL", cell=100.0)
    assert again.quality["soils"]["erodibility"].tolist() == pytest.approx(soils["erodibility"].tolist(), rel=1e-6)


def soilgrids(folder, leave_out=(), factor=1.0):
    """SoilGrids rasters of three depths in their mapped units."""
    thick = {"0-5": 0, "5-15": 1, "15-30": 2}
    for depth, k in thick.items():
        if depth in leave_out:
            continue
        grid = np.add.outer(np.arange(6), np.arange(5)) * 5.0
        clay, sand = 200 + 10 * k + grid, 400 - 20 * k - grid
        values = {
            "clay": clay,
            "sand": sand,
            "silt": 1000 - clay - sand,
            "soc": 300 - 100 * k + grid,
            "nitrogen": 150 - 20 * k + grid,
        }
        values |= {"bdod": 120 + 10 * k + 0 * grid, "cfvo": 80 + grid}
        for name, array in values.items():
            array = array * factor
            array[5, 4] = -32768
            raster(folder / f"{name}_{depth}cm_mean.tif", array, "int16" if factor == 1 else "float32", -32768)
    return sorted(folder.glob("*_mean.tif"))


def test_soilgrids_units_and_depths(tmp_path):
    files = soilgrids(tmp_path)
    made = quiet(files, tmp_path / "soil", depth="0-30")
    grid = np.add.outer(np.arange(6), np.arange(5)) * 5.0
    weights = np.array([5, 10, 15]) / 30
    clay = sum(w * (200 + 10 * k + grid) for k, w in enumerate(weights)) / 10
    found = read(made.layers["soil_clay"])
    np.testing.assert_allclose(found.ravel()[:-1], clay.ravel()[:-1], rtol=1e-6)
    assert np.isnan(found[5, 4])
    carbon = sum(w * (300 - 100 * k + grid) for k, w in enumerate(weights)) / 100  # dg per kg -> %
    np.testing.assert_allclose(read(made.layers["soil_organic_carbon"]).ravel()[:-1], carbon.ravel()[:-1], rtol=1e-6)
    nitrogen = sum(w * (150 - 20 * k + grid) for k, w in enumerate(weights)) * 1e-5  # cg per kg -> 1
    np.testing.assert_allclose(read(made.layers["soil_nitrogen"]).ravel()[:-1], nitrogen.ravel()[:-1], rtol=1e-6)
    density = sum(w * (120 + 10 * k) for k, w in enumerate(weights)) / 100
    assert read(made.layers["soil_bulk_density"])[0, 0] == pytest.approx(density)
    sand = sum(w * (400 - 20 * k) for k, w in enumerate(weights)) / 10
    expected = (-0.01383 + 0.51575 * k_epic(sand, 100 - sand - clay[0, 0], clay[0, 0], carbon[0, 0])) * 0.1317
    assert read(made.layers["erodibility"])[0, 0] == pytest.approx(expected, rel=1e-5)
    notes = [note["fields"] for note in made.notes if note["code"] == "soil_raster_depths"]
    assert {note["matched"] for note in notes} == {"name"}
    assert notes[0]["layers"][0].endswith("x 0.1667")
    quality = made.quality["layers"].set_index("role")
    assert quality.loc["soil_clay", "missing"] == pytest.approx(1e4, rel=1e-3)


def test_rasters_on_another_grid(tmp_path):
    files = soilgrids(tmp_path)
    like = raster(tmp_path / "like.tif", np.ones((24, 20)), cell=25.0)
    made = quiet(files, tmp_path / "soil", like=like)
    layer = read(made.layers["soil_sand"])
    assert layer.shape == (24, 20)
    total = layer + read(made.layers["soil_silt"]) + read(made.layers["soil_clay"])
    np.testing.assert_allclose(total[~np.isnan(total)], 100, rtol=1e-6)


def test_depths_that_are_absent_are_refused(tmp_path):
    files = soilgrids(tmp_path, leave_out=("5-15",))
    with pytest.raises(InputError, match=r"do not cover the depth once: found 0-5, 15-30 cm, expected all of 0-30 cm"):
        quiet(files, tmp_path / "soil", depth="0-30")
    made = quiet(files, tmp_path / "soil", depth="0-5")
    assert read(made.layers["soil_clay"])[0, 0] == pytest.approx(20)


def test_own_rasters_need_property_and_measure(tmp_path):
    path = raster(tmp_path / "砂粒.tif", np.full((3, 3), 40.0))
    with pytest.raises(InputError, match=r"does not say its soil property.*sand=FILE,uom=%"):
        quiet([path], tmp_path / "soil")
    with pytest.raises(InputError, match=r"has no measure"):
        quiet([f"sand={path}"], tmp_path / "soil")
    with pytest.raises(InputError, match=r'"sandd" in .*nearest is "sand"'):
        quiet([f"sandd={path},uom=%"], tmp_path / "soil")
    with pytest.raises(InputError, match=r"\"kg\" of sand .* Expected one of: 1, %, g kg-1"):
        quiet([f"sand={path},uom=kg"], tmp_path / "soil")
    with pytest.raises(InputError, match=r"texture is incomplete.* no silt, clay"):
        quiet([f"sand={path},uom=%"], tmp_path / "soil")


def test_wrong_units_by_magnitude(table, polygons, tmp_path):
    files = soilgrids(tmp_path)
    clay = next(path for path in files if path.name.startswith("clay_0"))
    text = r"clay of .*said to be in %, is 200 to 2\d\d %.*measures that would fit: g kg-1"
    with pytest.raises(InputError, match=text):
        quiet([f"clay={clay},uom=%,depth=0-5"], tmp_path / "soil", depth="0-5")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        LONG.replace("nitrogen,1.2,g/kg", "nitrogen,1.2,%").replace("0.6,g/kg", "0.6,%").replace("2,g/kg,0,15", "2,%,0,15"),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"nitrogen of .*said to be in %.*fit: .*g kg-1"):
        quiet([polygons], tmp_path / "soil", table=wrong, code="TL", cell=100.0)


def test_textures_that_do_not_add_up_list_the_soils(table, polygons, tmp_path):
    table.write_text(LONG.replace("水稻土,clay,300", "水稻土,clay,230"), encoding="utf-8")
    with pytest.raises(InputError, match=r"do not add up: 1 layers of .*水稻土 \(93 % at 0-15 cm\).*Expected"):
        quiet([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0)


def test_rasters_that_do_not_add_up_give_their_area(tmp_path):
    files = soilgrids(tmp_path)
    path = next(path for path in files if path.name == "sand_5-15cm_mean.tif")
    with rasterio.open(path, "r+") as dataset:
        values = dataset.read(1)
        values[0, :2] += 90
        dataset.write(values, 1)
    with pytest.raises(InputError, match=r"Textures of rasters do not add up: 2 ha of \".*clay_0-5cm_mean.tif\" .* 103 to 103 %"):
        quiet(files, tmp_path / "soil")
    assert not (tmp_path / "soil").exists()
    with pytest.warns(MissingData, match="those cells are missing"):
        made = prepare(files, tmp_path / "soil", bad_texture="missing")
    assert np.isnan(read(made.layers["soil_sand"])[0]).tolist() == [True, True, False, False, False]
    assert not np.isnan(read(made.layers["soil_organic_carbon"])[0]).any()


def test_unknown_soil_codes_have_their_area(table, polygons, tmp_path):
    table.write_text("\n".join(line for line in LONG.splitlines() if not line.startswith("水稻土")), encoding="utf-8")
    with pytest.raises(InputError, match=r'1 codes with 10\.8 ha of .*"水稻土" \(10\.8 ha\).*--unmatched missing'):
        quiet([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0)
    with pytest.warns(MissingData, match=r"leave 10\.8 ha of"):
        made = prepare([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0, unmatched="missing")
    layer = read(made.layers["soil_sand"])
    assert np.isnan(layer[0]).tolist() == [False, False, True, True]
    assert made.quality["unmatched"]["code"].tolist() == ["水稻土"]


def test_a_code_twice_is_refused(polygons, tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text(LONG + "红壤,sand,410,g/kg,0,20\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"红壤, sand, 0.*rows"):
        quiet([polygons], tmp_path / "soil", table=path, code="TL", cell=100.0)


def test_tables_with_wrong_layers(polygons, tmp_path):
    path = tmp_path / "table.csv"
    options = {"table": path, "code": "TL", "cell": 100.0}
    path.write_text(LONG.replace("20,60", "10,60"), encoding="utf-8")
    with pytest.raises(InputError, match=r'code "红壤" of .* has 0-20, 10-60 cm'):
        quiet([polygons], tmp_path / "soil", **options)
    path.write_text(LONG.replace("红壤,sand,300,g/kg", "红壤,sand,30,%"), encoding="utf-8")
    with pytest.raises(InputError, match=r"two measures in one table: sand in g/kg and, in row 8, in %"):
        quiet([polygons], tmp_path / "soil", **options)
    swat = "SEQN,SOL_Z,SOL_CLAY,SOL_SILT,SOL_SAND\n1,200-400,20-30,40-40,40\n"
    path.write_text(swat, encoding="utf-8")
    with pytest.raises(InputError, match=r'code "1" in cell E2 \(SOL_SAND\) .* has 1 values. Expected 2'):
        quiet([polygons], tmp_path / "soil", **options)
    path.write_text(swat.replace("40-40,40", "40-40,40-a"), encoding="utf-8")
    with pytest.raises(InputError, match=r'"40-a" in cell E2'):
        quiet([polygons], tmp_path / "soil", **options)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"unknown form: .* has the columns a, b"):
        quiet([polygons], tmp_path / "soil", **options)


def test_a_row_without_a_code_and_overlapping_polygons(table, polygons, tmp_path):
    frame = geopandas.read_file(polygons)
    frame.loc[0, "geometry"] = shapely.box(5e5, 3.3e6 - 400, 5e5 + 150, 3.3e6)  # 20 m over its neighbour
    frame.to_file(polygons)
    with pytest.warns(EcovalWarning, match=r"overlap on 0\.8 ha"):
        prepare([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0)
    table.write_text(LONG.replace("红壤,nitrogen,0.6", ",nitrogen,0.6"), encoding="utf-8")
    with pytest.raises(InputError, match=r"A12"):
        quiet([polygons], tmp_path / "again", table=table, code="TL", cell=100.0)


def test_maps_that_do_not_fit_the_call(table, polygons, tmp_path):
    out = tmp_path / "soil"
    with pytest.raises(InputError, match=r"field of the soil code is not named: .* TL"):
        quiet([polygons], out, table=table, cell=100.0)
    with pytest.raises(InputError, match=r"need a grid.*--like"):
        quiet([polygons], out, table=table, code="TL")
    with pytest.raises(InputError, match=r"needs one map of soil types: found 2"):
        quiet([polygons, polygons], out, table=table, code="TL")
    with pytest.raises(InputError, match=r'depth cannot be read: "30-0"'):
        quiet([polygons], out, table=table, code="TL", cell=100.0, depth="30-0")
    with pytest.raises(InputError, match=r"The rule group conductivity lacks properties: conductivity"):
        quiet([polygons], out, table=table, code="TL", cell=100.0, group="conductivity")
    with pytest.raises(InputError, match=r'"epic" for k'):
        quiet([polygons], out, table=table, code="TL", cell=100.0, k="epic")


def test_existing_layers_are_kept_unless_overwritten(table, polygons, tmp_path):
    options = {"table": table, "code": "TL", "cell": 100.0}
    quiet([polygons], tmp_path / "soil", **options)
    with pytest.raises(InputError, match="exists already"):
        quiet([polygons], tmp_path / "soil", **options)
    quiet([polygons], tmp_path / "soil", overwrite=True, **options)


def test_recipe_of_a_layer_makes_all_again(table, polygons, tmp_path):
    made = quiet([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0)
    content = json.loads(Path(f"{made.layers['soil_clay']}.recipe.json").read_text(encoding="utf-8"))
    assert content["product"] == "soil"
    assert len(content["inputs"]) == 2
    before = {role: path.read_bytes() for role, path in made.layers.items()}
    again = recipe.rerun(made.layers["soil_clay"])
    assert {role: path.read_bytes() for role, path in again.layers.items()} == before


def test_cancelled_work_leaves_nothing(table, polygons, tmp_path):
    with pytest.raises(Cancelled):
        quiet([polygons], tmp_path / "soil", table=table, code="TL", cell=100.0, progress=lambda *_: False)
    assert not (tmp_path / "soil").exists()


@pytest.mark.parametrize(
    ("sand", "silt", "clay", "expected", "group"),
    [
        (92, 5, 3, "sand", 1),
        (82, 12, 6, "loamy_sand", 1),
        (65, 25, 10, "sandy_loam", 1),
        (40, 40, 20, "loam", 2),
        (20, 65, 15, "silt_loam", 2),
        (7, 87, 6, "silt", 2),
        (60, 13, 27, "sandy_clay_loam", 3),
        (33, 33, 34, "clay_loam", 4),
        (10, 56, 34, "silty_clay_loam", 4),
        (52, 6, 42, "sandy_clay", 4),
        (6, 47, 47, "silty_clay", 4),
        (20, 20, 60, "clay", 4),
    ],
)
def test_texture_classes_at_the_middle_of_their_fields(sand, silt, clay, expected, group):
    assert texture.CLASSES[texture.texture_class(sand, silt, clay) - 1] == expected
    assert texture.group_of_texture(sand, silt, clay) == group


def test_every_texture_has_one_class_and_fields_touch_where_they_should():
    sand, silt = (part.ravel() for part in np.meshgrid(np.arange(0, 100.5, 0.5), np.arange(0, 100.5, 0.5)))
    inside = sand + silt <= 100
    found = texture.texture_class(sand[inside], silt[inside], 100 - sand[inside] - silt[inside])
    assert set(found.tolist()) == set(range(1, 13))
    assert texture.texture_class(np.nan, 40, 20) == 0
    assert texture.CLASSES[texture.texture_class(45, 15, 40) - 1] == "clay"  # sandy clay begins above 45 % of sand
    assert texture.CLASSES[texture.texture_class(23, 50, 27) - 1] == "clay_loam"  # silt loam ends below 27 % of clay


def test_group_of_conductivity_by_depth():
    # um per s x 3.6 = mm per h
    speed = np.array([50, 40, 10, 1]) * 3.6
    assert texture.group_of_conductivity(speed, np.full(4, 800)).tolist() == [1, 2, 3, 4]
    assert texture.group_of_conductivity(np.array([10.1, 10, 4, 0.4]) * 3.6, np.full(4, 1500)).tolist() == [1, 2, 3, 4]
    assert texture.group_of_conductivity(200.0, 400) == 4
    assert texture.group_of_conductivity(np.nan, 800) == 0


def test_group_of_conductivity_takes_the_least_conducting_layer(youwuzhen, tmp_path):
    with pytest.warns(EcovalWarning, match="recalled"):
        made = prepare(
            [youwuzhen / "spatial" / "ywzsoil30m.tif"],
            tmp_path / "soil",
            table=youwuzhen / "lookup" / "soil_properties_lookup.csv",
            group="conductivity",
        )
    soils = made.quality["soils"].set_index("code")["soil_group"]
    # made up: least of 250, 210, 200 mm per h is 55 um per s: A; 60 mm per h, 17 um per s: B; 2 mm per h, 0.6 um per s: D
    # youwuzhen: least of 26.16, 11.43, 7.87 mm per h is 2.2 um per s: C; soil 203: 4.32 mm per h, 1.2 um per s: C
    expected = {"11": 1, "12": 2, "13": 4} if "11" in soils.index else {"201": 3, "202": 3, "203": 3, "204": 3, "205": 3}
    assert soils.to_dict() == expected


def test_measures_convert_and_are_written_as_people_write_them(tmp_path):
    assert named("sand", "-").factor("g/kg", "-") == pytest.approx(0.1)
    assert named("soil_nitrogen", "-").factor("mg/kg", "-") == pytest.approx(1e-6)
    assert named("bulk_density", "-").factor("kg/m3", "-") == pytest.approx(1e-3)
    assert named("bulk_density", "-").factor("g/cm³", "-") == pytest.approx(1)
    assert named("conductivity", "-").factor("μm/s", "-") == pytest.approx(3.6)
    path = raster(tmp_path / "depth.tif", np.full((2, 2), 60.0))
    assert SoilRaster.of({"path": path, "property": "depth", "uom": "cm", "depth": "0-5"}).bottom == 5


def test_means_of_an_unknown_depth_are_missing(tmp_path):
    path = tmp_path / "deep.csv"
    path.write_text(LONG, encoding="utf-8")
    soils = profiles.means(profiles.read(path), (30, 60))
    assert math.isnan(soils.loc["水稻土", "sand"])
    assert soils.loc["水稻土", "covered"] == 0
    assert soils.loc["红壤", "clay"] == pytest.approx(30)


def test_command_line(table, polygons, tmp_path, capsys):
    command = [
        "prepare",
        "soil",
        str(polygons),
        "--code",
        "TL",
        "--table",
        str(table),
        "--cell",
        "100",
        "--out",
        str(tmp_path / "soil"),
    ]
    with pytest.raises(SystemExit) as stop:
        main([*command, "--json", "--quiet"])
    assert stop.value.code in (0, None)
    result = json.loads(capsys.readouterr().out)
    assert str(tmp_path / "soil" / "erodibility.tif") in result["files"]
    with pytest.raises(SystemExit) as stop:
        main([*command, "--lang", "zh"])
    assert stop.value.code == 1
    assert "成果已存在" in capsys.readouterr().err
