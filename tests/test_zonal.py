"""Zonal statistics against a plain computation with shapely's cell fractions, and every rule of its definition."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine

import ecoval as ev
from ecoval.errors import Cancelled, InputError, MissingData
from ecoval.grid import Grid
from ecoval.rasters import Source
from ecoval.totals import bands, statistics, values, zones
from ecoval.units import SpatialUnits
from ecoval.units.coverage import coverage

CRS = "EPSG:4549"
X, Y = 500_000.0, 3_200_000.0
SUMS = ["count", "area", "sum", "mean", "area_mean", "min", "max", "stdev", "variance"]
ALL = [*SUMS, "median", "quantile:0.9", "majority", "variety", "missing_area", "valid_fraction"]


def frame(*geometries, crs=CRS):
    return geopandas.GeoDataFrame({"unit_id": [f"u{k}" for k in range(len(geometries))]}, geometry=list(geometries), crs=crs)


def raster(array, cell=10.0, x=X, y=Y, missing=None):
    return Source.of((array, Affine(cell, 0, x, 0, -cell, y), CRS), band=None, missing=missing)


def saved(path, array, missing=None, cell=10.0, **profile):
    array = np.atleast_3d(array.T).T if array.ndim == 2 else array
    place = {"crs": CRS, "transform": Affine(cell, 0, X, 0, -cell, Y)} | profile
    with rasterio.open(
        path, "w", "GTiff", array.shape[2], array.shape[1], array.shape[0], dtype=array.dtype, nodata=missing, **place
    ) as file:
        file.write(array)
    return path


def fractions(shape, rows, cols, cell=10.0):
    col, row = np.meshgrid(np.arange(cols), np.arange(rows))
    cells = shapely.box(X + col * cell, Y - (row + 1) * cell, X + (col + 1) * cell, Y - row * cell)
    return shapely.area(shapely.intersection(cells, shape)) / cell**2


def star(seed, x, y, radius, points=40):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    length = radius * rng.uniform(0.4, 1.0, points)
    return shapely.Polygon(np.column_stack([X + x + length * np.cos(angle), Y - y + length * np.sin(angle)]))


def expected(values, valid, share, area):
    """Every statistic by its definition, in plain numpy."""
    share = np.where(valid & (share > 1e-12), share, 0.0)
    v, w, a = values[share > 0].astype(float), share[share > 0], (share * area)[share > 0]
    mean = (v * w).sum() / w.sum()
    order = np.argsort(v, kind="stable")
    reached = np.cumsum(w[order]) / w.sum()
    kinds = np.unique(v)
    cover = np.array([w[v == kind].sum() for kind in kinds])
    return {
        "count": w.sum(),
        "area": a.sum(),
        "sum": (v * w).sum(),
        "mean": mean,
        "area_mean": (v * a).sum() / a.sum(),
        "min": v.min(),
        "max": v.max(),
        "variance": (w * (v - mean) ** 2).sum() / w.sum(),
        "stdev": np.sqrt((w * (v - mean) ** 2).sum() / w.sum()),
        "median": v[order][np.argmax(reached >= 0.5 - 1e-12)],
        "quantile:0.9": v[order][np.argmax(reached >= 0.9 - 1e-12)],
        "majority": kinds[np.argmax(cover >= cover.max() * (1 - 1e-12))],
        "variety": len(kinds),
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint8, np.int32, np.int64])
def test_zonal_against_plain_arrays(dtype):
    rng = np.random.default_rng(3)
    shape = (70, 60)
    array = rng.normal(120, 25, shape).round(1).astype(dtype)
    missing = 100
    array[rng.random(shape) < 0.15] = missing
    shapes = [star(1, 300, 300, 250), star(2, 320, 350, 260), shapely.box(X + 12, Y - 19, X + 18, Y - 12), star(5, 520, 600, 60)]
    table = ev.zonal(frame(*shapes), raster(array, missing=missing), stats=ALL)
    area = Grid.like(CRS, Affine(10, 0, X, 0, -10, Y), shape).cell_area()
    assert list(table.columns) == ["unit_id", "layer", *ALL]
    for unit, polygon in enumerate(shapes):
        share = fractions(polygon, *shape)
        if unit == 2:
            array[1, 1] = 77
            table = ev.zonal(frame(*shapes), raster(array, missing=missing), stats=ALL)
        row = table.iloc[unit]
        for name, value in expected(array, array != missing, share, area).items():
            assert row[name] == pytest.approx(value, rel=1e-9), name
        whole = (share * area).sum()
        assert row["area"] + row["missing_area"] == pytest.approx(whole, rel=1e-9)
        assert row["valid_fraction"] == pytest.approx(row["area"] / whole, rel=1e-9)


def test_zonal_by_hand():
    """A unit of one whole cell (4), half of another (10) and a quarter of a missing one."""
    array = np.array([[4.0, 10.0], [np.nan, 1.0]], dtype=np.float32)
    unit = shapely.union_all([shapely.box(X, Y - 10, X + 15, Y), shapely.box(X, Y - 15, X + 5, Y - 10)])
    row = ev.zonal(frame(unit), raster(array), stats=["count", "sum", "mean", "min", "max", "variance"]).iloc[0]
    assert row["count"] == 1.5
    assert row["sum"] == 9.0
    assert row["mean"] == 6.0
    assert (row["min"], row["max"]) == (4.0, 10.0)
    assert row["variance"] == pytest.approx((4 + 0.5 * 16) / 1.5, rel=1e-15)


def test_zonal_defaults_and_order_of_rows(tmp_path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    paths = [saved(tmp_path / name, array) for name in ("rain.tif", "npp.tif")]
    table = ev.zonal(frame(shapely.box(X, Y - 30, X + 40, Y), shapely.box(X, Y - 10, X + 10, Y)), paths)
    assert list(table.columns) == ["unit_id", "layer", "count", "area", "sum", "mean", "min", "max", "missing_area"]
    assert table[["unit_id", "layer"]].to_numpy().tolist() == [["u0", "rain"], ["u0", "npp"], ["u1", "rain"], ["u1", "npp"]]
    assert table["sum"].tolist() == [66.0, 66.0, 0.0, 0.0]


def test_area_is_on_the_ellipsoid_whatever_the_crs():
    unit = frame(shapely.box(122.75, 29.95, 122.85, 30.05), crs="EPSG:4490")
    true = SpatialUnits.read(unit).area()[0]
    for crs, cell in (("EPSG:4490", 0.001), ("EPSG:4549", 100.0), ("EPSG:32650", 100.0), ("EPSG:3857", 100.0)):
        bounds = SpatialUnits.read(unit).to_crs(crs).bounds
        grid = Grid.covering(bounds, crs, cell).enlarged(2)
        table = ev.zonal(unit, (np.ones(grid.shape, np.float32), grid.transform, crs), stats="area,missing_area")
        assert table["area"][0] == pytest.approx(true, rel=1e-6)
        assert table["missing_area"][0] == pytest.approx(0.0, abs=1e-3)


def test_variance_is_stable_beside_a_large_mean():
    rng = np.random.default_rng(0)
    array = 1e9 + rng.normal(0, 1e-2, (1100, 600))
    unit = shapely.box(X, Y - 11_000, X + 6000, Y)
    table = ev.zonal(frame(unit), raster(array), stats=["variance"])
    assert table["variance"][0] == pytest.approx(np.var(array), rel=1e-6)


def test_int64_beyond_float_stays_exact():
    big = 2**60
    array = np.array([[big + 1, big + 3], [big + 2, big + 3]], dtype=np.int64)
    table = ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), raster(array), stats=["min", "max", "majority", "median"])
    assert table.iloc[0, 2:].tolist() == [big + 1, big + 3, big + 3, big + 2]
    assert all(str(kind) == "Int64" for kind in table.dtypes[2:])


def test_whole_and_broken_numbers_side_by_side(tmp_path):
    big = 2**60 + 1
    paths = [
        saved(tmp_path / "a.tif", np.full((2, 2), big, dtype=np.int64)),
        saved(tmp_path / "b.tif", np.full((2, 2), 0.5)),
        saved(tmp_path / "c.tif", np.full((2, 2), 7, dtype=np.uint8)),
    ]
    unit = frame(shapely.box(X, Y - 20, X + 20, Y))
    assert ev.zonal(unit, paths, stats=["max"])["max"].tolist() == [big, 0.5, 7]
    assert ev.zonal(unit, paths[1:], stats=["max"])["max"].dtype == np.float64
    assert str(ev.zonal(unit, [paths[0], paths[2]], stats=["max"])["max"].dtype) == "Int64"


def test_majority_takes_the_smallest_of_equals_and_frac_adds_up_to_one():
    array = np.array([[3, 1], [3, 1]], dtype=np.uint8)
    row = ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), raster(array), stats=["majority", "frac", "variety"]).iloc[0]
    assert row["majority"] == 1
    assert (row["frac:1"], row["frac:3"], row["variety"]) == (0.5, 0.5, 2)


def test_frac_of_several_layers_has_the_categories_of_all(tmp_path):
    paths = [saved(tmp_path / "a.tif", np.array([[1, 2]], np.uint8)), saved(tmp_path / "b.tif", np.array([[10, 10]], np.int32))]
    table = ev.zonal(frame(shapely.box(X, Y - 10, X + 15, Y)), paths, stats=["frac"])
    assert list(table.columns) == ["unit_id", "layer", "frac:1", "frac:2", "frac:10"]
    assert table.iloc[0, 2:].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert table.iloc[1, 2:].tolist() == [0, 0, 1]


def test_frac_of_broken_numbers_is_named_as_written():
    table = ev.zonal(frame(shapely.box(X, Y - 10, X + 20, Y)), raster(np.array([[0.18, 2.0]], np.float32)), stats="frac")
    assert list(table.columns)[2:] == ["frac:0.18", "frac:2"]


def test_frac_of_measurements_is_refused():
    array = np.random.default_rng(1).random((40, 40))
    with pytest.raises(InputError, match=r"(?s)too many different values.*array.*Found 1600.*at most 1000.*classif"):
        ev.zonal(frame(shapely.box(X, Y - 400, X + 400, Y)), raster(array), stats=["frac"])


@pytest.mark.parametrize(("q", "value"), [(0, 1.0), (0.25, 1.0), (0.26, 2.0), (0.5, 2.0), (0.75, 3.0), (1, 4.0)])
def test_quantile_is_the_smallest_value_that_reaches_its_share(q, value):
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    table = ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), raster(array), stats=[f"quantile:{q}"])
    assert table[f"quantile:{q}"][0] == value


def test_quantile_of_many_fractions_is_not_moved_by_rounding():
    shares = (np.arange(10.0), np.full(10, 0.1))
    assert values.quantile(shares, 0.3) == 2.0
    assert values.quantile(shares, 1.0) == 9.0


@pytest.mark.parametrize("stats", [ALL, [*ALL, "frac"]])
def test_batches_of_units_change_no_bit(monkeypatch, stats):
    array = np.random.default_rng(6).integers(0, 50, (1100, 700)).astype(np.int16)
    shapes = [star(k, 3000 + 500 * k, 5000 - 700 * k, 2500) for k in range(4)]
    once = ev.zonal(frame(*shapes), raster(array), stats=stats)
    monkeypatch.setattr(zones, "CELLS_PER_BATCH", 60_000)
    pd.testing.assert_frame_equal(once, ev.zonal(frame(*shapes), raster(array), stats=stats), check_exact=True)


def test_passes_take_the_values_of_few_units_at_a_time(monkeypatch):
    monkeypatch.setattr(zones, "CELLS_PER_BATCH", 100)
    cover = coverage(
        SpatialUnits.read(frame(*(shapely.box(X, Y - 100, X + 70, Y) for _ in range(5)))), raster(np.ones((20, 20))).grid
    )
    passes = zones._passes(cover, zones._Reduction(sums=True, area=False, product=False, squares=False, shares=True), 1)
    assert [gathers.shares for _, gathers in passes] == [False, True, True, True]
    assert sum(len(part.runs.unit) for part, _ in passes[1:]) == len(cover.runs.unit)


@pytest.mark.parametrize("threads", [1, 3])
def test_same_bits_for_any_threads_order_and_company(threads):
    array = np.random.default_rng(2).normal(0, 1e3, (1300, 1200)).astype(np.float32)
    shapes = [star(k, 1500 + 900 * k, 8000 - 500 * k, 4000) for k in range(6)]
    together = ev.zonal(frame(*shapes), raster(array), stats=ALL, threads=2).drop(columns="unit_id")
    reverse = ev.zonal(frame(*shapes[::-1]), raster(array), stats=ALL, threads=threads).drop(columns="unit_id")
    pd.testing.assert_frame_equal(together, reverse.iloc[::-1].reset_index(drop=True), check_exact=True)
    alone = ev.zonal(frame(shapes[3]), raster(array), stats=ALL).drop(columns="unit_id")
    pd.testing.assert_frame_equal(together.iloc[[3]].reset_index(drop=True), alone, check_exact=True)


def test_rasters_of_several_grids_stay_on_their_own(tmp_path):
    array = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    fine = saved(tmp_path / "fine.tif", array)
    coarse = saved(tmp_path / "coarse.tif", array[:30, :30], cell=20.0)
    shifted = saved(tmp_path / "shifted.tif", array, transform=Affine(10, 0, X - 5, 0, -10, Y + 5))
    units = frame(star(1, 300, 300, 200), star(2, 250, 250, 220))
    together = ev.zonal(units, [fine, coarse, shifted], stats=ALL)
    for path in (fine, coarse, shifted):
        mine = together[together["layer"] == path.stem].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, ev.zonal(units, path, stats=ALL), check_exact=True)


def test_bands_are_layers(tmp_path):
    path = saved(tmp_path / "stack.tif", np.stack([np.full((4, 4), k, np.int16) for k in (5, 6, 7)]))
    table = ev.zonal(frame(shapely.box(X, Y - 40, X + 40, Y)), str(path), stats="mean")
    assert table["layer"].tolist() == ["stack:1", "stack:2", "stack:3"]
    assert table["mean"].tolist() == [5.0, 6.0, 7.0]


def test_missing_by_tag_nan_and_scale(tmp_path):
    array = np.array([[1, -7], [2, 3]], dtype=np.int16)
    path = saved(tmp_path / "scaled.tif", array, missing=-7)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.5,), (10.0,)
    row = ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), path, stats="count,sum,max").iloc[0]
    assert row.tolist()[2:] == [3.0, 33.0, 11.5]


@pytest.mark.parametrize("missing", [None, -9999.0, -3.4028234663852886e38, np.nan])
def test_missing_value_of_a_file_and_infinity(tmp_path, missing):
    array = np.array([[1.0, 2.0, np.inf], [np.nan, 4.0, 5.0]], dtype=np.float32)
    array[1, 2] = 5.0 if missing is None else missing
    path = saved(tmp_path / "holes.tif", array, missing=missing)
    row = ev.zonal(frame(shapely.box(X, Y - 20, X + 30, Y)), path, stats="count,sum,max,median").iloc[0]
    assert row.tolist()[2:] == ([4.0, 12.0, 5.0, 2.0] if missing is None else [3.0, 7.0, 4.0, 2.0])


LAYOUTS = {
    "small tiles": {"tiled": True, "blockxsize": 256, "blockysize": 256},
    "large tiles": {"tiled": True, "blockxsize": 1024, "blockysize": 1024},
    "strips": {"tiled": False, "blockysize": 16},
}


@pytest.mark.parametrize("shape", LAYOUTS.values(), ids=LAYOUTS)
def test_layout_of_the_file_changes_no_bit(tmp_path, shape):
    array = np.random.default_rng(7).normal(0, 1, (1100, 1500)).astype(np.float32)
    units = frame(star(1, 7000, 5000, 4500), star(2, 3000, 3000, 2500))
    plain = ev.zonal(units, raster(array), stats=ALL).drop(columns="layer")
    path = saved(tmp_path / "layout.tif", array, missing=-9999, compress="deflate", **shape)
    pd.testing.assert_frame_equal(plain, ev.zonal(units, path, stats=ALL).drop(columns="layer"), check_exact=True)


def test_a_gap_elsewhere_changes_no_bit():
    array = np.random.default_rng(9).integers(2**60, 2**61, (200, 1400))
    units = frame(star(1, 9000, 1000, 900), star(2, 2000, 1000, 900))
    whole = ev.zonal(units, raster(array, missing=1), stats="count,sum,mean,area_mean,variance")
    array[100, 900] = 1
    part = ev.zonal(units, raster(array, missing=1), stats="count,sum,mean,area_mean,variance")
    pd.testing.assert_frame_equal(whole.iloc[[1]], part.iloc[[1]], check_exact=True)


def test_blocks_follow_the_layout_of_the_file(tmp_path):
    array = np.zeros((1500, 2600), dtype=np.uint8)
    cover = coverage(SpatialUnits.read(frame(shapely.box(X, Y - 15_000, X + 26_000, Y))), raster(array).grid)
    for name, shape in LAYOUTS.items():
        opened = bands.opened(saved(tmp_path / f"{name}.tif", array, **shape))
        jobs = zones._jobs(cover, opened)
        opened[0].aligned.close()
        assert sorted(index for job in jobs for index in job) == list(range(18))
        assert [len(job) for job in jobs] == {"small tiles": [2] * 9, "large tiles": [4, 4, 4, 2, 2, 2], "strips": [6] * 3}[name]


def test_units_without_a_valid_cell_are_rows():
    array = np.full((4, 4), np.nan, dtype=np.float32)
    array[0, 0] = 1.0
    units = frame(shapely.box(X, Y - 10, X + 10, Y), shapely.box(X + 20, Y - 40, X + 40, Y - 20))
    table = ev.zonal(units, raster(array), stats=[*ALL, "frac"])
    empty = table.iloc[1]
    assert (empty["count"], empty["area"], empty["variety"], empty["valid_fraction"]) == (0.0, 0.0, 0, 0.0)
    assert empty[["sum", "mean", "min", "max", "stdev", "median", "majority", "frac:1"]].isna().all()
    assert empty["missing_area"] == pytest.approx(400, rel=1e-3)


def test_some_units_outside_are_rows_and_a_warning():
    array = np.ones((4, 4), dtype=np.uint8)
    units = frame(
        shapely.box(X, Y - 10, X + 10, Y), shapely.box(X + 900, Y - 40, X + 940, Y), shapely.box(X + 30, Y - 10, X + 50, Y)
    )
    with pytest.warns(MissingData, match=r"(?s)Some units.*array.*1 units without a cell.*u1.*missing_area") as caught:
        table = ev.zonal(units, raster(array), stats="count,max,missing_area,valid_fraction")
    assert len(caught) == 1
    assert "单元" in caught[0].message.message("zh")
    assert table["count"].tolist() == [1.0, 0.0, 1.0]
    assert table["max"].isna().tolist() == [False, True, False]
    assert table["missing_area"].tolist() == pytest.approx([0.0, 1600.0, 100.0], rel=1e-3)
    assert table["valid_fraction"].tolist() == pytest.approx([1.0, 0.0, 0.5], rel=1e-7)


def test_all_units_outside_is_an_error_with_both_extents():
    match = (
        r"(?s)All units lie outside.*array.*from 500900 3199960 500940 3200000.*from 500000 3199960 500040 3200000.*Check the CRS"
    )
    with pytest.raises(InputError, match=match):
        ev.zonal(frame(shapely.box(X + 900, Y - 40, X + 940, Y)), raster(np.ones((4, 4))))


def test_overlapping_units_are_each_right():
    array = np.random.default_rng(0).random((50, 50))
    shapes = [star(1, 250, 250, 200), star(1, 250, 250, 200), star(2, 260, 240, 210)]
    table = ev.zonal(frame(*shapes), raster(array), stats="sum")
    assert table["sum"][0] == table["sum"][1]
    assert table["sum"][2] == ev.zonal(frame(shapes[2]), raster(array), stats="sum")["sum"][0]


def test_equal_names_are_refused(tmp_path):
    (tmp_path / "b").mkdir()
    paths = [saved(tmp_path / "rain.tif", np.ones((2, 2))), saved(tmp_path / "b" / "rain.tif", np.ones((2, 2)))]
    with pytest.raises(InputError, match=r"(?s)same name: \"rain\".*2 rasters.*one name per raster.*Rename"):
        ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), paths)


def test_no_raster_is_refused():
    with pytest.raises(InputError, match=r"(?s)No raster.*empty.*at least one.*Name the rasters"):
        ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), [])


@pytest.mark.parametrize("name", ["avg", "quantile", "quantile:2", "quantile:x", ""])
def test_unknown_statistic_is_refused(name):
    with pytest.raises(InputError, match=r"(?s)statistic is not known.*Expected one of: count area.*nearest is.*Correct"):
        ev.zonal(frame(shapely.box(X, Y - 20, X + 20, Y)), raster(np.ones((2, 2))), stats=[name])


def test_statistic_asked_twice_is_refused():
    with pytest.raises(InputError, match=r"(?s)names one twice: \"sum\".*each.*once.*Correct"):
        statistics.read_names("sum,mean, sum")


def test_crs_is_declared_for_those_that_have_none():
    array = (np.ones((4, 4)), Affine(10, 0, X, 0, -10, Y), None)
    bare = frame(shapely.box(X, Y - 20, X + 20, Y), crs=None)
    for units, one in ((bare, raster(np.ones((4, 4)))), (frame(bare.geometry[0]), array)):
        with pytest.raises(InputError, match=r"(?i)crs|coordinate reference system"):
            ev.zonal(units, one, stats="count")
        assert ev.zonal(units, one, stats="count", crs=CRS)["count"][0] == pytest.approx(4.0)


def test_units_by_path_field_and_index(tmp_path):
    units = frame(shapely.box(X, Y - 20, X + 20, Y), shapely.box(X, Y - 10, X + 10, Y)).rename(columns={"unit_id": "code"})
    units.to_file(tmp_path / "units.gpkg", driver="GPKG")
    one = raster(np.ones((4, 4)))
    assert ev.zonal(tmp_path / "units.gpkg", one, stats="count", id="code")["unit_id"].tolist() == ["u0", "u1"]
    assert ev.zonal(units, one, stats="count")["unit_id"].tolist() == ["0", "1"]


def test_datasets_and_arrays_with_crs(tmp_path):
    path = saved(tmp_path / "rain.tif", np.arange(16.0).reshape(4, 4))
    unit = frame(shapely.box(X, Y - 40, X + 40, Y))
    with rasterio.open(path) as dataset:
        assert ev.zonal(unit, dataset, stats="sum")["sum"][0] == 120.0
    assert ev.zonal(unit, (np.arange(16.0).reshape(4, 4), Affine(10, 0, X, 0, -10, Y), CRS), stats="sum")["sum"][0] == 120.0


def test_progress_and_cancellation():
    array = np.ones((1100, 1100), dtype=np.float32)
    unit = frame(shapely.box(X + 5, Y - 10_995, X + 10_995, Y - 5))
    seen = []
    ev.zonal(unit, raster(array), stats="median,sum", progress=lambda done, _text: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    with pytest.raises(Cancelled, match="cancelled"):
        ev.zonal(unit, raster(array), progress=lambda *_: False)


def test_progress_true_shows_a_bar_and_changes_nothing():
    unit = frame(shapely.box(X, Y - 20, X + 20, Y))
    quiet = ev.zonal(unit, raster(np.ones((4, 4))))
    pd.testing.assert_frame_equal(quiet, ev.zonal(unit, raster(np.ones((4, 4))), progress=True))
    pd.testing.assert_frame_equal(quiet, ev.zonal(unit, raster(np.ones((4, 4))), progress=False))
