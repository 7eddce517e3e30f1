import shutil
import zipfile

import geopandas
import pytest
from shapely import box

from ecoval.errors import InputError
from ecoval.units import vectors

NAMES = ["上城区", "拱墅区"]


def frame(crs="EPSG:4490"):
    geometry = [box(120, 30, 120.5, 30.5), box(120.5, 30, 121, 30.5)]
    return geopandas.GeoDataFrame({"code": ["330102", "330105"], "名称": NAMES}, geometry=geometry, crs=crs)


def shapefile(folder, encoding="GBK", cpg=None):
    path = folder / "county.shp"
    frame().to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    return path


def codes(layer):
    return [finding.code for finding in layer.findings]


@pytest.mark.parametrize(
    ("written", "cpg", "given", "finding"),
    [
        ("GBK", "GBK", None, "encoding_declared"),
        ("GBK", "936", None, "encoding_declared"),
        ("GBK", "CP936\n", None, "encoding_declared"),
        ("UTF-8", "UTF-8", None, "encoding_declared"),
        ("GBK", None, None, "encoding_tried"),
        ("UTF-8", None, None, "encoding_tried"),
        ("GBK", "UTF-8", None, "encoding_contradicted"),
        ("GBK", "nonsense", None, "encoding_tried"),
        ("GBK", None, "gbk", "encoding_declared"),
        ("GBK", "UTF-8", "gb18030", "encoding_declared"),
    ],
)
def test_shapefile_is_read_in_the_encoding_that_fits(tmp_path, written, cpg, given, finding):
    layer = vectors.read(shapefile(tmp_path, written, cpg), encoding=given)
    assert layer.frame["名称"].tolist() == NAMES
    assert codes(layer) == [finding]


def test_encoding_that_does_not_fit_or_exist_is_refused(tmp_path):
    path = shapefile(tmp_path)
    with pytest.raises(InputError, match=r"does not fit.*county\.shp.*utf-8.*--encoding"):
        vectors.read(path, encoding="utf-8")
    with pytest.raises(InputError, match=r'"utf-99".*GB18030'):
        vectors.read(path, encoding="utf-99")


def test_text_in_neither_encoding_is_refused(tmp_path):
    path = shapefile(tmp_path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("上城区".encode("gbk"), b"\xff\xff\xff\xff\xff\xff"))
    with pytest.raises(InputError, match="Tried in strict reading: utf-8, gb18030"):
        vectors.read(path)


def test_character_cut_off_by_the_field_width_is_left_out_and_said(tmp_path):
    path = shapefile(tmp_path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("上城区".encode("gbk"), "上城区".encode("gbk")[:-1] + b" "))
    layer = vectors.read(path)
    assert layer.frame["名称"].tolist() == ["上城", "拱墅区"]
    assert codes(layer) == ["encoding_tried", "text_cut"]


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_absent_part_of_a_shapefile_is_named(tmp_path, suffix):
    path = shapefile(tmp_path)
    path.with_suffix(suffix).unlink()
    with pytest.raises(InputError, match=rf"not complete.*Not there: county\{suffix}.*Copy"):
        vectors.read(path)


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "parquet"])
def test_formats_and_a_path_with_chinese_space_and_emoji(tmp_path, ending):
    path = tmp_path / "县 界🌲" / f"浙江 {ending}.{ending}"
    path.parent.mkdir()
    if ending == "parquet":
        frame().to_parquet(path)
    else:
        frame().to_file(path)
    layer = vectors.read(path)
    assert sorted(layer.frame["名称"]) == sorted(NAMES)  # FlatGeobuf sorts its rows
    assert layer.frame.crs.to_epsg() == 4490
    assert layer.findings == ()


def test_geodatabase_with_layers(tmp_path):
    path = tmp_path / "区划.gdb"
    frame().to_file(path, driver="OpenFileGDB", layer="区县")
    assert vectors.read(path).frame["名称"].tolist() == NAMES
    frame().iloc[:1].to_file(path, driver="OpenFileGDB", layer="township", mode="a")
    with pytest.raises(InputError, match=r"holds 2: 区县, township.*--layer"):
        vectors.read(path)
    assert len(vectors.read(path, layer="township").frame) == 1
    with pytest.raises(InputError, match=r'"townships".*nearest is "township"'):
        vectors.read(path, layer="townships")


def test_zipped_shapefile_with_chinese_names_in_a_folder(tmp_path):
    (tmp_path / "source").mkdir()
    shapefile(tmp_path / "source")
    path = tmp_path / "县界.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in (tmp_path / "source").iterdir():
            archive.write(each, f"数据/县{each.suffix}")
    layer = vectors.read(path)
    assert layer.frame["名称"].tolist() == NAMES
    assert layer.name == str(path)


def test_zipped_geodatabase(tmp_path):
    frame().to_file(tmp_path / "a.gdb", driver="OpenFileGDB", layer="county")
    shutil.make_archive(tmp_path / "a", "zip", tmp_path, "a.gdb")
    assert vectors.read(tmp_path / "a.zip").frame["名称"].tolist() == NAMES


def test_entries_of_a_zip_stay_in_their_folder(tmp_path):
    path = tmp_path / "evil.zip"
    (tmp_path / "source").mkdir()
    shapefile(tmp_path / "source")
    with zipfile.ZipFile(path, "w") as archive:
        for each in (tmp_path / "source").iterdir():
            archive.write(each, f"../../outside/{each.name}")
    assert len(vectors.read(path).frame) == 2
    assert not (tmp_path.parent / "outside").exists()


def test_folder_of_shapefiles(tmp_path):
    shapefile(tmp_path)
    assert len(vectors.read(tmp_path).frame) == 2
    with pytest.raises(InputError, match=r'"town".*county'):
        vectors.read(tmp_path, layer="town")


def test_absent_file_names_the_nearest(tmp_path):
    shapefile(tmp_path)
    with pytest.raises(InputError, match=r"does not exist.*nearest.*county\.shp"):
        vectors.read(tmp_path / "countys.shp")


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.txt"])
def test_unreadable_file_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x00\x01nothing")
    with pytest.raises(InputError, match=r"cannot be read.*a\.[a-z]+.*The reader says"):
        vectors.read(tmp_path / name)


def test_plain_table_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("code,name\n1,b\n")
    with pytest.raises(InputError, match="no geometry"):
        vectors.read(tmp_path / "a.csv")


def test_crs_is_declared_where_the_file_has_none(tmp_path):
    path = shapefile(tmp_path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"no coordinate reference system.*county\.shp.*none is ever assumed"):
        vectors.read(path)
    layer = vectors.read(path, crs="EPSG:4490")
    assert layer.frame.crs.to_epsg() == 4490
    assert codes(layer) == ["encoding_tried", "crs_declared"]


def test_declared_crs_that_contradicts_the_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"not that of the file.*China Geodetic.*3-degree"):
        vectors.read(shapefile(tmp_path), crs="EPSG:4549")
    assert vectors.read(shapefile(tmp_path), crs="EPSG:4490").frame.crs.to_epsg() == 4490


def test_geojson_in_metres_needs_its_crs_declared(tmp_path):
    path = tmp_path / "a.geojson"
    frame().to_crs(4549).to_file(path)
    text = path.read_text(encoding="utf-8")
    start = text.index('"crs"')
    path.write_text(text[:start] + text[text.index("\n", start) + 1 :], encoding="utf-8")
    with pytest.raises(InputError, match="cannot be longitudes and latitudes"):
        vectors.read(path)
    assert vectors.read(path, crs="EPSG:4549").frame.crs.to_epsg() == 4549


def test_unknown_field_names_the_nearest():
    assert vectors.column(frame(), "名称", "x") == "名称"
    with pytest.raises(InputError, match=r'"Code" in "x".*fields are: code 名称.*nearest is "code"'):
        vectors.column(frame(), "Code", "x")
