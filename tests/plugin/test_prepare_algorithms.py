"""Preparations in a real QGIS with the real engine: land cover, climate, statistics, and what they refuse."""

import datetime
import json
import os
import struct
import subprocess
from pathlib import Path

import pytest
from office_files import rows, units_file
from qgis.core import QgsProcessingException, QgsProject, QgsRasterLayer, QgsVectorLayer

PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")


def classified(path, codes, crs=4549, size=30.0):
    """A small raster of class codes."""
    from osgeo import gdal, osr

    made = gdal.GetDriverByName("GTiff").Create(str(path), len(codes[0]), len(codes), 1, gdal.GDT_Int16)
    system = osr.SpatialReference()
    system.ImportFromEPSG(crs)
    made.SetProjection(system.ExportToWkt())
    made.SetGeoTransform((655000.0, size, 0.0, 3207000.0, 0.0, -size))
    for row, values in enumerate(codes):
        made.GetRasterBand(1).WriteRaster(0, row, len(values), 1, struct.pack("<{}h".format(len(values)), *values))
    made = None
    return str(path)


def cells(path, band=1, kind="h"):
    """Values of a band, row by row."""
    from osgeo import gdal

    opened = gdal.Open(str(path))
    raw = opened.GetRasterBand(band).ReadRaster(buf_type=gdal.GDT_Int16 if kind == "h" else gdal.GDT_Float32)
    return list(struct.unpack("<{}{}".format(opened.RasterXSize * opened.RasterYSize, kind), raw)), opened.RasterCount


def recipe_of(found):
    assert found["RECIPE"] == found["RUN_JSON"]
    return json.loads(Path(found["RECIPE"]).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("scheme", "codes", "types"),
    [
        ("clcd", [[1, 2, 5], [7, 6, 4]], [51, 1, 4, 82, 81, 3]),
        ("hj1166", [[51, 1], [82, 4]], [51, 1, 82, 4]),
        ("own", [[10, 20], [20, 10]], [51, 3, 3, 51]),
    ],
)
def test_prepare_landcover_translates_codes(processing, tmp_path, scheme, codes, types):
    (tmp_path / "own.csv").write_text("source_code,target_code\n10,51\n20,3\n", encoding="utf-8")
    given = {"LANDCOVER": classified(tmp_path / "源 码.tif", codes), "SCHEME": scheme, "CLASSES": str(tmp_path / "own.csv")}
    found = processing.run("ecoval:prepare_landcover", dict(given, YEAR=2023, LANDCOVER_OUT=str(tmp_path / "made" / "地类.tif")))
    assert cells(found["LANDCOVER_OUT"])[0] == types
    assert {row["code"] for row in rows(tmp_path / "made", Path(found["CLASSES_OUT"]).name)} == {str(each) for each in types}
    assert recipe_of(found)["product"] == "landcover"


def test_prepare_landcover_takes_polygons(processing, tmp_path):
    path = units_file(tmp_path / "parcels.shp", "UTF-8")
    (tmp_path / "own.csv").write_text("source_code,target_code\n330,51\n331,3\n", encoding="utf-8")
    given = {"LANDCOVER": str(path), "CLASS_FIELD": "code", "SCHEME": "own", "CLASSES": str(tmp_path / "own.csv")}
    found = processing.run(
        "ecoval:prepare_landcover", dict(given, CRS="EPSG:4549", CELL=1e3, LANDCOVER_OUT=str(tmp_path / "l.tif"))
    )
    assert cells(found["LANDCOVER_OUT"])[0] == [51, 51, 3, 3] * 2
    found = processing.run("ecoval:prepare_landcover", dict(given, LANDCOVER_OUT=str(tmp_path / "l.gpkg")))
    layer = QgsVectorLayer(found["LANDCOVER_OUT"], "l", "ogr")
    assert layer.featureCount() == 2
    del layer


@pytest.mark.parametrize(
    ("change", "words"),
    [({}, r"^[^\n]*99 \(1[^\n]*$"), ({"SCHEME": "own"}, r"own table|自备"), ({"CRS": "EPSG:4326"}, r"CRS|坐标系")],
)
def test_prepare_landcover_refuses_in_one_sentence(processing, tmp_path, change, words):
    given = {"LANDCOVER": classified(tmp_path / "c.tif", [[1, 99]]), "SCHEME": "clcd", "LANDCOVER_OUT": str(tmp_path / "l.tif")}
    with pytest.raises(QgsProcessingException, match=words):
        processing.run("ecoval:prepare_landcover", dict(given, **change))
    assert not (tmp_path / "l.tif").exists()


def test_prepare_climate_is_the_command(processing, sample, tmp_path):
    rain = str(sample / "rain_daily_2023.tif")
    given = {"RASTERS": [rain], "ITEM": "erosivity", "YEAR": 2023, "CLIMATE_OUT": str(tmp_path / "侵蚀力.tif")}
    found = processing.run("ecoval:prepare_climate", given)
    command = [
        PYTHON,
        "-I",
        "-m",
        "ecoval",
        "prepare",
        "climate",
        "--series",
        rain,
        "--product",
        "erosivity",
        "--erosivity",
        "zhang",
    ]
    command += ["--years", "2023", "--out", str(tmp_path / "cli.tif"), "--quiet"]
    subprocess.run(command, check=True, capture_output=True)
    ours, bands = cells(found["CLIMATE_OUT"], kind="f")
    assert bands == 1
    assert max(ours) > 0
    assert struct.pack("<%df" % len(ours), *ours) == struct.pack("<%df" % len(ours), *cells(tmp_path / "cli.tif", kind="f")[0])
    assert recipe_of(found)["options"]["erosivity"] == "zhang"


def test_prepare_climate_onto_another_grid(processing, sample, tmp_path):
    given = {"RASTERS": [str(sample / "rain_daily_2023.tif")], "ITEM": "precipitation_monthly", "YEAR": 2023}
    found = processing.run("ecoval:prepare_climate", dict(given, CELL=8000, CLIMATE_OUT=str(tmp_path / "p.tif")))
    assert cells(found["CLIMATE_OUT"], kind="f")[1] == 12
    assert recipe_of(found)["options"]["cell"] == 8000


def netcdf(path):
    """A year of days with 2 mm of rain, in a variable "prec"."""
    from osgeo import gdal, osr

    made = gdal.GetDriverByName("MEM").Create("", 4, 3, 365, gdal.GDT_Float32)
    made.SetGeoTransform((119, 0.1, 0, 30, 0, -0.1))
    system = osr.SpatialReference()
    system.ImportFromEPSG(4326)
    made.SetProjection(system.ExportToWkt())
    days = ",".join(str(day) for day in range(365))
    said = {"NETCDF_DIM_EXTRA": "{time}", "NETCDF_DIM_time_DEF": "{365,6}", "NETCDF_DIM_time_VALUES": "{" + days + "}"}
    for key, text in dict(said, **{"time#units": "days since 2023-01-01", "time#calendar": "standard"}).items():
        made.SetMetadataItem(key, text)
    for day in range(365):
        band = made.GetRasterBand(day + 1)
        band.Fill(2.0)
        band.SetMetadataItem("NETCDF_VARNAME", "prec")
        band.SetMetadataItem("NETCDF_DIM_time", str(day))
    gdal.GetDriverByName("netCDF").CreateCopy(str(path), made)
    return str(path)


def test_prepare_climate_reads_a_netcdf_layer(processing, tmp_path):
    path = netcdf(tmp_path / "rain.nc")
    for number, source in enumerate((path, 'NETCDF:"{}":prec'.format(path))):
        layer = QgsRasterLayer(source, "rain")
        QgsProject.instance().addMapLayer(layer)
        given = {"RASTERS": [layer], "ITEM": "precipitation", "MEASURE": "mm", "YEAR": 2023}
        found = processing.run("ecoval:prepare_climate", dict(given, CLIMATE_OUT=str(tmp_path / "{}.tif".format(number))))
        assert cells(found["CLIMATE_OUT"], kind="f")[0] == [730.0] * 12
        QgsProject.instance().removeMapLayer(layer.id())


def stations_table(path):
    """Three stations with equal days: 2 mm of rain, 20 degrees with 10 between night and day."""
    lines = ["station,lon,lat,elevation,date,rain,temp,tmax,tmin"]
    first = datetime.date(2023, 1, 1)
    for name, lon, lat in (("A", 119.0, 29.0), ("B", 119.4, 29.0), ("C", 119.2, 29.3)):
        for day in range(365):
            lines.append("{},{},{},100,{},2.0,20.0,25.0,15.0".format(name, lon, lat, first + datetime.timedelta(day)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("item", "measure", "bands", "low", "high"),
    [
        ("precipitation", "mm", 1, 730, 730),
        ("rain_daily", "mm", 365, 2, 2),
        ("temperature", "degC", 12, 20, 20),
        ("reference_evapotranspiration", "degC", 1, 900, 2000),
    ],
)
def test_prepare_climate_out_of_stations(processing, tmp_path, item, measure, bands, low, high):
    given = {"STATIONS": stations_table(tmp_path / "站点.csv"), "ITEM": item, "MEASURE": measure, "YEAR": 2023, "METHOD": "idw"}
    given.update(CRS="EPSG:4549", CELL=10000, EXTENT="400000,430000,3210000,3240000 [EPSG:4549]")
    found = processing.run("ecoval:prepare_climate", dict(given, CLIMATE_OUT=str(tmp_path / "c.tif")))
    values, count = cells(found["CLIMATE_OUT"], kind="f")
    assert (count, len(values)) == (bands, 9)
    assert low - 1e-3 <= min(values) <= max(values) <= high + 1e-3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"YEAR": 2022}, r"^[^\n]*2022[^\n]*$"),
        ({"RASTERS": None}, r"either|二者|之一|或"),
        ({"CRS": "EPSG:4549"}, r"grid|格网"),
        ({"ITEM": "temperature", "RASTERS": ["dem.tif"]}, r"^[^\n]*dem\.tif[^\n]*$"),
    ],
)
def test_prepare_climate_refuses_in_one_sentence(processing, sample, tmp_path, change, words):
    given = {
        "RASTERS": ["rain_daily_2023.tif"],
        "ITEM": "erosivity",
        "YEAR": 2023,
        "CLIMATE_OUT": str(tmp_path / "c.tif"),
        **change,
    }
    given["RASTERS"] = given["RASTERS"] and [str(sample / name) for name in given["RASTERS"]]
    with pytest.raises(QgsProcessingException, match=words):
        processing.run("ecoval:prepare_climate", given)
    assert not (tmp_path / "c.tif").exists()


def test_prepare_statistics_makes_the_long_table(processing, sample, tmp_path):
    given = {
        "TABLES": [str(sample / "statistics.csv")],
        "UNITS": str(sample / "towns.gpkg"),
        "UNIT_ID": "unit_id",
        "UNIT_NAME": "name",
    }
    found = processing.run("ecoval:prepare_statistics", dict(given, STATISTICS_OUT=str(tmp_path / "统计.csv")))
    before, after = rows(sample, "statistics.csv"), rows(tmp_path, "统计.csv")

    def figures_of(table):
        return sorted((row["unit_id"], row["item"], row["year"], float(row["quantity"])) for row in table)

    assert figures_of(before) == figures_of(after)
    assert all(row["unit_name"] for row in after)
    assert recipe_of(found)["product"] == "statistics"


def test_prepare_statistics_of_a_gbk_shapefile_and_of_other_names(processing, tmp_path):
    path = units_file(tmp_path / "县界.shp", "GBK")
    (tmp_path / "t.csv").write_text("unit_name,item,quantity,uom\n余杭区,rice,5,t\n老临安,rice,7,t\n", encoding="utf-8")
    given = {"TABLES": [str(tmp_path / "t.csv")], "UNITS": str(path), "UNIT_ID": "code", "UNIT_NAME": "名称", "YEAR": 2021}
    given["STATISTICS_OUT"] = str(tmp_path / "s.csv")
    with pytest.raises(QgsProcessingException, match=r"^[^\n]*老临安[^\n]*$"):
        processing.run("ecoval:prepare_statistics", given)
    assert not (tmp_path / "s.csv").exists()
    (tmp_path / "a.csv").write_text("alias,unit\n老临安,临安区\n", encoding="utf-8")
    processing.run("ecoval:prepare_statistics", dict(given, ALIASES=str(tmp_path / "a.csv")))
    made = [(row["unit_id"], row["unit_name"], float(row["quantity"]), row["year"]) for row in rows(tmp_path, "s.csv")]
    assert made == [("330", "余杭区", 5.0, "2021"), ("331", "临安区", 7.0, "2021")]
