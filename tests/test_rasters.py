"""Sources of every make are read rightly or refused; alignment against closed forms, GDAL and real rasters."""

import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import esri_grid
import numpy as np
import pytest
import rasterio
import xarray
from affine import Affine
from rasterio.enums import ColorInterp, Resampling

from ecoval.constants import MISSING_CLASS
from ecoval.errors import GridMismatch, InputError, MeasureError
from ecoval.grid import Grid
from ecoval.rasters import Source, align, write

NORTH_UP = Affine(30.0, 0.0, 500_000.0, 0.0, -30.0, 3_300_000.0)
UTM = "EPSG:32650"


def tif(path, values, transform=NORTH_UP, crs=UTM, **profile):
    values = np.asarray(values)
    values = values if values.ndim == 3 else values[None]
    shape = {"count": values.shape[0], "height": values.shape[1], "width": values.shape[2]}
    place = {} if transform is None else {"transform": transform}
    with rasterio.open(path, "w", driver="GTiff", dtype=values.dtype.name, crs=crs, **shape, **place, **profile) as dataset:
        dataset.write(values)
    return path


def memory(values, kind="intensive", cell=1.0, crs=UTM, corner=(0.0, 0.0), **declared):
    values = np.asanyarray(values)
    transform = Affine(cell, 0, corner[0], 0, -cell, corner[1] + values.shape[-2] * cell)
    return Source.of((values, transform, crs), kind, **declared)


def on(source, cell, bounds=None, crs=UTM, **options):
    return align(source, Grid.covering(bounds or source.grid.bounds, crs, cell)).read(**options)


# ---- what counts as missing ---------------------------------------------------------------------------------------------------


def test_tag_nan_and_infinity_are_missing(tmp_path):
    path = tif(tmp_path / "a.tif", np.array([[1, -9999], [np.nan, np.inf]], "float32"), nodata=-9999)
    values, valid = align(Source(path)).read(masked=True)
    assert valid.tolist() == [[True, False], [False, False]]
    assert values.dtype == np.float32
    np.testing.assert_array_equal(Source(path).read(), [[1, np.nan], [np.nan, np.nan]])


def test_tag_can_be_dishonoured_and_values_added(tmp_path):
    path = tif(tmp_path / "a.tif", np.array([[0, 7], [255, 3]], "uint8"), nodata=0)
    assert align(Source(path)).read(masked=True)[1].tolist() == [[False, True], [True, True]]
    assert align(Source(path, missing=255)).read(masked=True)[1].tolist() == [[False, True], [False, True]]
    assert align(Source(path, missing=(255, 3), honour_tag=False)).read(masked=True)[1].tolist() == [[True, True], [False, False]]


def test_huge_tag_written_with_few_digits_is_recognised(tmp_path):
    path = tif(tmp_path / "a.tif", np.array([[1.0, -3.4028234663852886e38]], "float32"), nodata=-3.4028e38)
    assert align(Source(path)).read(masked=True)[1].tolist() == [[True, False]]


def test_tag_outside_the_type_matches_nothing(tmp_path):
    source = memory(np.array([[1, 2]], "uint8"), missing=(-9999, 1.5))
    assert align(source).read(masked=True)[1].all()


@pytest.mark.parametrize("internal", [True, False])
def test_mask_band_internal_or_beside_the_file(tmp_path, internal):
    path = tif(tmp_path / "a.tif", np.ones((4, 4), "float32"))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=internal), rasterio.open(path, "r+") as dataset:
        dataset.write_mask(np.eye(4, dtype=bool))
    assert (tmp_path / "a.tif.msk").exists() is not internal
    np.testing.assert_array_equal(align(Source(path)).read(masked=True)[1], np.eye(4, dtype=bool))


@pytest.mark.parametrize("nodata", [None, 9])
def test_alpha_hides_cells(tmp_path, nodata):
    values = np.array([[[1, 9]], [[3, 4]], [[0, 255]]], "uint8")
    path = tif(tmp_path / "a.tif", values, nodata=nodata, photometric="minisblack")
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [ColorInterp.gray, ColorInterp.undefined, ColorInterp.alpha]
    assert align(Source(path)).read(masked=True)[1].tolist() == [[False, nodata is None]]


def test_masked_array_and_missing_of_an_array():
    values = np.ma.MaskedArray(np.array([[1.0, 2.0, 3.0]]), mask=[[False, True, False]])
    assert align(memory(values, missing=3)).read(masked=True)[1].tolist() == [[True, False, False]]


# ---- values -------------------------------------------------------------------------------------------------------------------


def test_scale_and_offset_of_the_file_or_declared(tmp_path):
    path = tif(tmp_path / "a.tif", np.array([[10, -1]], "int16"), nodata=-1)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.1,), (-5.0,)
    np.testing.assert_allclose(Source(path).read(), [[-4.0, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(Source(path, scale=1, offset=0).read(), [[10.0, np.nan]])
    values, valid = align(Source(path)).read(masked=True)
    assert values.dtype == np.float64
    assert values[valid].tolist() == [-4.0]
    assert Source(path, "categorical").read().tolist() == [[10, MISSING_CLASS]]
    with pytest.raises(InputError, match="scale is declared for classes"):
        Source(path, "categorical", scale=2)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"])
def test_masked_reads_keep_the_type(tmp_path, dtype):
    large = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1e30
    stored = np.array([[0, large]], dtype)
    values, valid = align(Source(tif(tmp_path / "a.tif", stored))).read(masked=True)
    assert values.dtype == stored.dtype
    np.testing.assert_array_equal(values, stored)
    assert valid.all()


def test_bands_by_number(tmp_path):
    values = np.arange(12, dtype="float32").reshape(3, 2, 2)
    path = tif(tmp_path / "a.tif", values)
    np.testing.assert_array_equal(Source(path, band=2).read(), values[1])
    np.testing.assert_array_equal(Source(path, band=(3, 1)).read(), values[[2, 0]])
    np.testing.assert_array_equal(Source(path, band=None).read(), values)
    with pytest.raises(InputError, match=r"band 4 of .*Found 3 band\(s\), expected a number from 1 to 3"):
        Source(path, band=4).read()


def test_classes_must_be_whole_numbers():
    assert memory(np.array([[1.0, np.nan]]), "categorical").read().tolist() == [[1, MISSING_CLASS]]
    with pytest.raises(InputError, match=r"not a whole number: .*Found 1.5"):
        memory(np.array([[1.0, 1.5]]), "categorical").read()
    with pytest.raises(InputError, match="Found 4294967295"):
        memory(np.array([[1, 2**32 - 1]], "uint32"), "categorical").read()


def test_kind_and_measure_are_checked():
    with pytest.raises(InputError, match=r'kind of a raster is not known: "mean".*Expected one of: intensive'):
        Source("a.tif", "mean")
    with pytest.raises(MeasureError):
        Source("a.tif", measure="furlong")


# ---- place --------------------------------------------------------------------------------------------------------------------


def test_south_up_rasters_are_turned(tmp_path):
    values = np.arange(12, dtype="float32").reshape(3, 4)
    path = tif(tmp_path / "a.tif", values[::-1], Affine(30, 0, 500_000, 0, 30, 3_299_910))
    source = Source(path)
    assert source.grid.matches(Grid.like(UTM, NORTH_UP, (3, 4))) == (True, "")
    np.testing.assert_array_equal(source.read(), values)
    np.testing.assert_array_equal(align(source).read(source.grid.window(1, 1, 1, 2)), values[1:2, 1:3])


def test_rasters_without_place_are_refused(tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = tif(tmp_path / "plain.tif", np.ones((3, 3), "uint8"), None)
    with pytest.raises(InputError, match=r"no position: .*Found no geotransform \(instead: -\).*gdalwarp"):
        Source(path).read()
    points = [rasterio.control.GroundControlPoint(r, c, 500_000 + 30 * c, 3_300_000 - 30 * r) for r in (0, 3) for c in (0, 3)]
    shape = {"height": 3, "width": 3, "count": 1, "dtype": "uint8", "gcps": points, "crs": UTM}
    with rasterio.open(tmp_path / "gcp.tif", "w", driver="GTiff", **shape):
        pass
    with pytest.raises(InputError, match="instead: GCP"):
        Source(tmp_path / "gcp.tif").read()


def test_rotated_and_mirrored_rasters_are_refused(tmp_path):
    turned = tif(tmp_path / "turned.tif", np.ones((3, 3), "uint8"), NORTH_UP @ Affine.rotation(10))
    mirrored = tif(tmp_path / "mirrored.tif", np.ones((3, 3), "uint8"), Affine(-30, 0, 500_000, 0, -30, 3_300_000))
    for path in (turned, mirrored):
        with pytest.raises(InputError, match=r"rotated or mirrored: .*Its transform is .*gdalwarp"):
            Source(path).read()


def test_crs_is_never_assumed_but_may_be_declared(tmp_path):
    path = tif(tmp_path / "a.tif", np.ones((3, 3), "float32"), crs=None)
    with pytest.raises(InputError, match=r"no coordinate reference system: .*Declare it"):
        Source(path).read()
    assert Source(path, crs="EPSG:4549").grid.crs.to_epsg() == 4549
    with pytest.raises(InputError, match="cannot be read"):
        Source(path, crs="EPSG:nonsense").read()


def test_declared_crs_wins_and_is_noted(tmp_path):
    path = tif(tmp_path / "a.tif", np.ones((3, 3), "float32"))
    aligned = align(Source(path, crs="EPSG:4549"))
    assert aligned.grid.crs.to_epsg() == 4549
    assert 'declared CRS "CGCS2000 / 3-degree Gauss-Kruger CM 120E" is used' in aligned.note
    assert "采用声明的坐标参考系" in aligned.described("zh")
    assert "is used in place" not in align(Source(path, crs=UTM)).note


# ---- makes of rasters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["数据 目录/降水 2020 😀.tif", "a b.tif", "naïve#%.tif"])
def test_paths_of_any_letters(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    values = np.arange(6, dtype="float32").reshape(2, 3)
    grid = Grid.like(UTM, NORTH_UP, (2, 3))
    assert write(path, values, grid, cog=True) == path
    np.testing.assert_array_equal(Source(path).read(), values)
    np.testing.assert_array_equal(Source(str(path)).read(), values)


def test_a_name_in_gbk_bytes_is_refused_by_name(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + "/测试.tif".encode("gbk"))
    Path(path).write_bytes(b"")
    with pytest.raises(InputError, match=r"not valid UTF-8.*Rename the file"):
        Source(path).read()
    with pytest.raises(InputError, match="not valid UTF-8"):
        write(path, np.ones((2, 2)), Grid.like(UTM, NORTH_UP, (2, 2)))


def test_netcdf_variables_by_name(tmp_path):
    lat, lon = np.array([30.5, 30.0, 29.5]), np.array([120.0, 120.5])
    data = {name: (("lat", "lon"), np.arange(6.0).reshape(3, 2) + step) for step, name in enumerate(("pre", "tmp"))}
    labels = {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})}
    path = tmp_path / "气候.nc"
    xarray.Dataset(data, labels).to_netcdf(path, engine="scipy")
    source = Source(path, subdataset="tmp", crs="EPSG:4326")
    np.testing.assert_array_equal(source.read(), np.arange(6.0).reshape(3, 2) + 1)
    assert source.grid.bounds == (119.75, 29.25, 120.75, 30.75)
    with pytest.raises(InputError, match=r"several rasters: .*pre, tmp"):
        Source(path, crs="EPSG:4326").read()
    with pytest.raises(InputError, match=r'not in the file: "temp".*nearest is "tmp"'):
        Source(path, subdataset="temp").read()


def test_vrt_is_read_and_its_lost_part_is_an_error(tmp_path):
    tif(tmp_path / "part.tif", np.arange(6, dtype="float32").reshape(2, 3))
    band = '<SimpleSource><SourceFilename relativeToVRT="1">part.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'
    head = f'<VRTDataset rasterXSize="3" rasterYSize="2"><SRS>{UTM}</SRS><GeoTransform>500000,30,0,3300000,0,-30</GeoTransform>'
    path = tmp_path / "all.vrt"
    path.write_text(f'{head}<VRTRasterBand dataType="Float32" band="1">{band}</VRTRasterBand></VRTDataset>')
    np.testing.assert_array_equal(Source(path).read(), [[0, 1, 2], [3, 4, 5]])
    (tmp_path / "part.tif").unlink()
    with pytest.raises(InputError, match=r"part of a raster cannot be read: .*all\.vrt.*part\.tif"):
        Source(path).read()


def test_labelled_array_with_its_crs():
    values = np.arange(6.0).reshape(2, 3)
    labels = {"y": [10.0, 20.0], "x": [5.0, 15.0, 25.0]}
    array = xarray.DataArray(values, labels, ("y", "x"), name="rain", attrs={"crs": UTM})
    source = Source.of(array, measure="mm yr-1")
    assert source.grid.bounds == (0.0, 5.0, 30.0, 25.0)
    np.testing.assert_array_equal(source.read(), values[::-1])
    assert source.info()["name"] == "rain"
    import rioxarray  # noqa: F401

    np.testing.assert_array_equal(Source.of(array.drop_attrs().rio.write_crs(UTM)).read(), values[::-1])
    np.testing.assert_array_equal(Source.of(array.transpose("x", "y").drop_attrs().rio.write_crs(UTM)).read(), values[::-1])
    with pytest.raises(InputError, match="no coordinate reference system"):
        Source.of(array.drop_attrs()).read()
    with pytest.raises(InputError, match=r'not regular: "x" of "rain"'):
        Source.of(array.assign_coords(x=[5.0, 15.0, 26.0]))
    with pytest.raises(InputError, match=r"dimensions .*not known: .*Found y, column"):
        Source.of(array.rename(x="column"))


def test_open_datasets_and_arrays(tmp_path):
    values = np.arange(6, dtype="float32").reshape(2, 3)
    path = tif(tmp_path / "a.tif", values)
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(Source.of(dataset).read(), values)
        with rasterio.vrt.WarpedVRT(dataset) as warped:
            np.testing.assert_array_equal(Source.of(warped).read(), values)
    with rasterio.MemoryFile(path.read_bytes()) as held, held.open() as dataset:
        np.testing.assert_array_equal(Source.of(dataset).read(), values)
    np.testing.assert_array_equal(Source.of((values, NORTH_UP, UTM)).read(), values)
    np.testing.assert_array_equal(Source.of(Source(path), kind="categorical").read(), values.astype(int))
    with pytest.raises(InputError, match="object that is not known: int"):
        Source.of(3)
    with pytest.raises(InputError, match="Found the shape 3"):
        Source.of((np.arange(3), NORTH_UP, UTM)).read()


def test_files_that_are_no_rasters(tmp_path):
    with pytest.raises(InputError, match=r"does not exist: .*none\.tif"):
        Source(tmp_path / "none.tif").read()
    (tmp_path / "text.tif").write_text("hello")
    with pytest.raises(InputError, match=r"cannot be opened: .*text\.tif.*driver by its ending: GTiff.*Copy the file again"):
        Source(tmp_path / "text.tif").read()
    complex_numbers = tif(tmp_path / "complex.tif", np.ones((2, 2), "complex64"))
    with pytest.raises(InputError, match=r"no real numbers: .*complex64"):
        Source(complex_numbers).read()


@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}])
@pytest.mark.parametrize("share", [0.6, 0.05])
def test_truncated_files_are_errors_never_missing(tmp_path, layout, share):
    values = np.random.default_rng(1).random((300, 300), dtype="float32")
    path = tif(tmp_path / "a.tif", values, **layout)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"a\.tif.*cut off or damaged|cannot be opened: .*a\.tif") as caught:
        Source(path).read()
    assert caught.value.code in ("raster_window_unreadable", "raster_unreadable")


# ---- alignment ----------------------------------------------------------------------------------------------------------------


def test_native_windows_reach_beyond_the_source():
    source = memory(np.arange(6.0).reshape(2, 3), cell=10)
    aligned = align(source, Grid.covering((-1000, -1000, 1000, 1000), UTM, 10.0))
    assert aligned.native
    assert aligned.method == "native"
    values = aligned.read(aligned.grid.covered((-10, 0, 20, 30)))
    np.testing.assert_array_equal(values, [[np.nan] * 3, [np.nan, 0, 1], [np.nan, 3, 4]])
    assert np.isnan(aligned.read(aligned.grid.covered((500, 500, 600, 600)))).all()
    with pytest.raises(GridMismatch, match="not on one grid"):
        aligned.read(Grid.covering((0, 0, 50, 50), UTM, 7.0))
    with pytest.raises(GridMismatch, match="CRS CGCS2000"):
        aligned.read(Grid.covering((0, 0, 50, 50), "EPSG:4549", 10.0))
    moved = Grid(aligned.grid.crs, (-70.0, 110.0), (10.0, 10.0), (9, 7), (2, 3))
    np.testing.assert_array_equal(aligned.read(moved), np.arange(6.0).reshape(2, 3))


def test_half_cell_shift_is_resampled_and_said():
    plane = memory(np.add.outer(np.arange(4.0), 10 * np.arange(5.0)), cell=10, corner=(5, 0))
    aligned = align(plane, Grid.covering((0, 0, 60, 40), UTM, 10.0))
    assert not aligned.native
    assert aligned.method == "bilinear"
    assert "shifted by -0.5 columns and 0 rows" in aligned.note
    assert "相差 -0.5 列" in aligned.described("zh")
    values = aligned.read()
    np.testing.assert_allclose(values[:, 1:5], np.add.outer(np.arange(4.0), 10 * np.arange(4.0) + 5), rtol=1e-6)
    assert np.isnan(values[:, 5]).all()  # its centre is on the east edge: the cell beyond holds it


def test_kinds_coarsened_by_hand():
    numbers = np.array([[1.0, 2.0, 3.0, np.nan], [5.0, 6.0, np.nan, np.nan]])
    assert on(memory(numbers), 2.0).tolist() == [[3.5, 3.0]]
    assert on(memory(numbers, "extensive"), 2.0).tolist() == [[14.0, 3.0]]
    classes = np.array([[4, 4, 7, -1], [4, 2, -1, -1]], "int16")
    assert on(memory(classes, "categorical", missing=-1), 2.0).tolist() == [[4, MISSING_CLASS]]
    assert np.isnan(on(memory(np.full((2, 2), np.nan)), 2.0)).all()


def test_kinds_refined_by_hand():
    assert on(memory([[8.0]], "extensive"), 0.5).tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert on(memory([[8, 9]], "categorical"), 0.5).tolist() == [[8, 8, 9, 9]] * 2
    assert on(memory([[8.0, 12.0]]), 0.5).tolist() == [[8.0, 9.0, 11.0, 12.0]] * 2


def test_uneven_ratio_weights_by_overlap():
    # cells of 1.5: the first holds cell 0 and half of cell 1
    assert on(memory([[2.0, 4.0, 8.0]] * 3), 1.5)[0].tolist() == pytest.approx([(2 + 2) / 1.5, (2 + 8) / 1.5])
    assert on(memory([[2.0, 4.0, 8.0]] * 3, "extensive"), 1.5)[0].tolist() == pytest.approx([4 * 1.5, 10 * 1.5])


def test_method_depends_on_the_true_size_of_cells():
    degrees = memory(np.ones((20, 20)), cell=1 / 3600, crs="EPSG:4326", corner=(117.0, 60.0))  # about 15 m x 31 m
    assert align(degrees, Grid.covering((5e5, 66e5, 51e4, 661e4), UTM, 20.0)).method == "bilinear"
    assert align(degrees, Grid.covering((5e5, 66e5, 51e4, 661e4), UTM, 25.0)).method == "mean"


@pytest.mark.parametrize(("kind", "resampling"), [("intensive", Resampling.bilinear), ("categorical", Resampling.nearest)])
def test_interpolation_in_another_crs_equals_gdal_at_a_small_tolerance(tmp_path, kind, resampling):
    values = np.random.default_rng(2).integers(0, 50, (60, 80)).astype("int32" if kind == "categorical" else "float64")
    path = tif(tmp_path / "a.tif", values, Affine(100.0, 0, 440_000, 0, -100.0, 3_306_000), nodata=-1)
    grid = Grid.covering((116.385, 29.82, 116.465, 29.88), "EPSG:4490", 0.0003)
    mine, inside = align(Source(path, kind), grid).read(masked=True)
    place = {"crs": "EPSG:4490", "transform": grid.transform, "height": grid.rows, "width": grid.cols}
    with rasterio.open(path) as dataset, rasterio.vrt.WarpedVRT(dataset, resampling=resampling, tolerance=1e-6, **place) as warped:
        theirs = warped.read(1)
    assert 0.3 < inside.mean() < 1.0
    np.testing.assert_array_equal(inside, theirs != -1)
    np.testing.assert_allclose(mine[inside], theirs[inside], rtol=0, atol=1e-7)


def test_mean_of_a_constant_is_the_constant():
    source = memory(np.full((60, 80), 7.0), cell=100.0, corner=(440_000, 3_300_000))
    values = on(source, 450.0, (441_000, 3_301_000, 446_000, 3_305_000), "EPSG:32650")
    moved = on(source, 0.005, (116.39, 29.83, 116.45, 29.87), "EPSG:4490")
    assert np.nanmin(values) == np.nanmax(values) == np.float32(7.0)
    np.testing.assert_allclose(moved[~np.isnan(moved)], 7.0, rtol=1e-7)


def test_one_datum_of_wgs84_and_cgcs2000_is_read_as_it_lies():
    source = memory(np.arange(6.0).reshape(2, 3), cell=0.5, crs="EPSG:4326", corner=(120, 30))
    aligned = align(source, Grid.covering((120, 30, 121.5, 31), "EPSG:4490", 0.5))
    assert aligned.native
    assert "taken as one datum" in aligned.note
    np.testing.assert_array_equal(aligned.read(), np.arange(6.0).reshape(2, 3))


def test_ballpark_datum_is_refused_unless_a_pipeline_is_given():
    source = memory(np.arange(6.0).reshape(2, 3), cell=0.5, crs="EPSG:4214", corner=(120, 30))
    grid = Grid.covering((120, 30, 121.5, 31), "EPSG:4490", 0.25)
    with pytest.raises(InputError, match=r"change of datum is only approximate.*one datum first"):
        align(source, grid)
    shift = "+proj=pipeline +step +proj=affine +xoff=0.25 +yoff=0.0"
    aligned = align(Source.of(source, kind="categorical", pipeline=shift), grid)
    assert shift in aligned.note
    assert aligned.read()[0].tolist() == [MISSING_CLASS, 0, 0, 1, 1, 2]


def test_longitudes_beyond_180_meet_those_below():
    globe = memory(np.arange(36.0).reshape(1, 36), cell=10.0, crs="EPSG:4326", corner=(0, 30))
    west = align(globe, Grid.covering((-30, 30, 20, 40), "EPSG:4326", 10.0))
    assert west.read().tolist() == [[33, 34, 35, 0, 1]]
    finer = align(Source.of(globe, kind="categorical"), Grid.covering((-10, 30, 10, 40), "EPSG:4326", 5.0))
    assert finer.read().tolist() == [[35, 35, 0, 0]] * 2
    # 25 W and 5 W lie in the columns that begin at 330 E and 350 E
    mapped = align(Source.of(globe, kind="categorical"), Grid.covering((-2.8e6, 3.5e6, 0, 4.3e6), "EPSG:3857", 1e5))
    assert set(np.unique(mapped.read())) == {33, 34, 35}


def test_a_large_footprint_is_cut_into_pieces(monkeypatch):
    from ecoval.rasters import aligned

    source = memory(np.random.default_rng(3).random((120, 90)), "extensive", 10.0)
    grid = Grid.covering((0, 0, 1000, 1300), "EPSG:32650", 300.0)
    whole = align(source, grid).read(masked=True)[0]
    monkeypatch.setattr(aligned, "_PIECE_CELLS", 500)
    np.testing.assert_array_equal(align(source, grid).read(masked=True)[0], whole)
    monkeypatch.setattr(aligned, "_MOST_CELLS", 500)
    with pytest.raises(InputError, match=r"far finer than the grid: .*at most 500"):
        align(source, grid).read()


def test_aligned_travels_to_other_processes_and_closes(tmp_path):
    path = tif(tmp_path / "a.tif", np.arange(6, dtype="float32").reshape(2, 3))
    aligned = align(Source(path))
    again = pickle.loads(pickle.dumps(aligned))
    np.testing.assert_array_equal(again.read(), aligned.read())
    seen = []
    reading = threading.Thread(target=lambda: seen.append(aligned.read()))
    reading.start()
    reading.join()
    aligned.close()
    np.testing.assert_array_equal(seen[0], aligned.read())
    aligned.close()
    again.close()


def test_info_and_sample(tmp_path):
    values = np.arange(600, dtype="int16").reshape(20, 30)
    path = tif(tmp_path / "a.tif", values, nodata=0)
    info = Source(path, measure="m").info()
    assert (info["rows"], info["cols"], info["dtype"], info["missing"]) == (20, 30, "int16", (0.0,))
    sample = Source(path).sample()
    assert (sample["minimum"], sample["maximum"]) == (1.0, 599.0)
    assert sample["missing"] == pytest.approx(1 / 600)
    assert np.isnan(memory(np.full((2, 2), np.nan)).sample()["minimum"])
    into = np.empty((20, 30), "float32")
    assert Source(path).read(out=into) is into


# ---- writing ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cog", [True, False])
def test_written_by_blocks_is_read_back(tmp_path, cog):
    grid = Grid.covering((0, 0, 21_000, 18_000), UTM, 30.0)
    values = np.random.default_rng(4).random((2, *grid.shape), dtype="float32")
    values[:, 5:9] = np.nan
    parts = ((tile, values[(slice(None), *place(tile, grid))]) for tile in grid.tiles())
    path = write(tmp_path / "a.tif", parts, grid, bands=2, measure="mm yr-1", descriptions=("一月", "二月"), cog=cog)
    np.testing.assert_array_equal(Source(path, band=None).read(grid), values)
    with rasterio.open(path) as dataset:
        assert dataset.units == ("mm yr-1", "mm yr-1")
        assert dataset.descriptions == ("一月", "二月")
        assert (dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG") is cog
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tif"]


def place(tile, grid):
    row, col = tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
    return slice(row, row + tile.rows), slice(col, col + tile.cols)


def test_missing_is_stored_as_the_type_can(tmp_path):
    grid = Grid.like(UTM, NORTH_UP, (1, 3))
    path = write(tmp_path / "a.tif", np.array([[1.0, np.nan, 3.0]]), grid, dtype="int16", missing=-1)
    assert Source(path, "categorical").read().tolist() == [[1, MISSING_CLASS, 3]]
    with pytest.raises(InputError, match=r"does not fit the type .*Found nan for int16"):
        write(tmp_path / "b.tif", np.ones((1, 3)), grid, dtype="int16")
    with pytest.raises(InputError, match=r"does not fit the raster being written: its shape is 1, 1, 2. Expected 1, 1, 3"):
        write(tmp_path / "b.tif", np.ones((1, 2)), grid)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tif"]


def test_a_failing_block_leaves_the_old_file(tmp_path):
    grid = Grid.like(UTM, NORTH_UP, (2, 2))
    path = write(tmp_path / "a.tif", np.ones((2, 2)), grid)

    def blocks():
        yield grid, np.zeros((2, 2))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, blocks(), grid)
    assert Source(path).read().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tif"]


FULL = """
import resource, signal, sys
import numpy as np
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.rasters import write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
grid = Grid.covering((0, 0, 21000, 18000), "EPSG:32650", 30.0)
values = np.random.default_rng(1).random(grid.shape, dtype="float32")
def blocks():
    for tile in grid.tiles():
        row, col = tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
        yield tile, values[row : row + tile.rows, col : col + tile.cols]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for given, cog in ((values, False), (values, True), (blocks(), False)):
    try:
        write(sys.argv[1], given, grid, cog=cog)
    except InputError as error:
        print(error.code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are those of POSIX")
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path):
    run = subprocess.run([sys.executable, "-c", FULL, str(tmp_path / "a.tif")], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["raster_not_written"] * 3
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_take_a_file(tmp_path, monkeypatch):
    grid = Grid.like(UTM, NORTH_UP, (1, 1))
    with pytest.raises(InputError, match=r'folder ".*none" does not exist'):
        write(tmp_path / "none" / "a.tif", np.ones((1, 1)), grid)
    (tmp_path / "a.tif").mkdir()
    with pytest.raises(InputError, match=r"cannot be written: .*a\.tif.*directory"):
        write(tmp_path / "a.tif", np.ones((1, 1)), grid)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="no permission to write"):
        write(tmp_path / "a.tif", np.ones((1, 1)), grid)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tif"]


# ---- real rasters -------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["made", "outside"])
def ground(request, tmp_path):
    """Whole-number elevation of 30 arc seconds over Zhejiang, with a sea of missing cells in the east, and the share of land."""
    if request.param == "outside":
        return request.getfixturevalue("outside") / "data" / "zhejiang" / "dem_30s.tif", 0.64
    lon, lat = np.meshgrid(np.arange(480) / 120, np.arange(500) / 120)
    values = (800 + 400 * np.sin(5 * lon) * np.cos(4 * lat) + 90 * np.sin(40 * lon)).astype(np.int16)
    values[lon > 2.56 + 0.3 * np.sin(3 * lat)] = -999
    place = Affine(1 / 120, 0, 118.01, 0, -1 / 120, 31.19)
    return tif(tmp_path / "dem.tif", values, transform=place, crs="EPSG:4326", nodata=-999), (values != -999).mean()


def test_a_dem_keeps_its_sum_in_other_crs(ground):
    path, land = ground
    stored, known = align(Source(path)).read(masked=True)
    assert stored.dtype == np.int16
    assert known.mean() == pytest.approx(land, abs=0.01)
    for crs, bounds in (("EPSG:32650", (1e5, 275e4, 11e5, 37e5)), ("EPSG:4549", (1e5, 28e5, 9e5, 37e5))):
        values, valid = align(Source(path, "extensive"), Grid.covering(bounds, crs, 4000.0)).read(masked=True)
        assert values[valid].sum() == pytest.approx(stored[known].sum(dtype=float), rel=1e-12)


@pytest.fixture(params=["written here", "outside"])
def esri_grids(request, tmp_path):
    """Two ESRI grids on two lattices, and the shape of the first: of classes written byte by byte, of willamette."""
    if request.param == "outside":
        folder = request.getfixturevalue("outside") / "data" / "willamette" / "nutrient"
        return folder / "landuse_90", folder / "dem", (1669, 1081)
    classes = np.random.default_rng(6).integers(0, 255, (43, 300)).astype(np.uint8)
    classes[5:9, 250:270] = esri_grid.MISSING
    landuse = esri_grid.write(tmp_path / "landuse", classes, 500_000.0, 3_300_000.0, 30.0, zone=50)
    ground = esri_grid.write(tmp_path / "dem", classes[2:, 3:], 500_090.0, 3_299_940.0, 30.0, zone=50)
    with rasterio.open(landuse) as dataset:
        np.testing.assert_array_equal(dataset.read(1), classes)
    return landuse, ground, classes.shape


def test_esri_grids_are_read(esri_grids):
    path, ground, shape = esri_grids
    landuse = Source(path, "categorical")
    info = landuse.info()
    assert (info["driver"], info["rows"], info["cols"]) == ("AIG", *shape)
    assert landuse.grid.cell == (30.0, 30.0)
    with rasterio.open(path) as dataset:
        stored = dataset.read(1, masked=True).astype("int32").filled(MISSING_CLASS)
    assert (stored == MISSING_CLASS).any()
    np.testing.assert_array_equal(landuse.read(), stored)
    assert align(Source(ground), landuse.grid).read().shape == landuse.grid.shape


def test_truncated_esri_grid_is_an_error(esri_grids, tmp_path):
    _, folder, _ = esri_grids
    copy = tmp_path / "cut" / "dem"
    copy.mkdir(parents=True)
    for part in folder.iterdir():
        data = part.read_bytes()
        (copy / part.name).write_bytes(data[: len(data) // 2] if part.name == "w001001.adf" else data)
    with pytest.raises(InputError, match=r"dem.*cut off or damaged"):
        Source(copy).read()
