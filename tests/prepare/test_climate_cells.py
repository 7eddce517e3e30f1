"""Gridded series to layers, on small files of each layout; sums by hand and with numpy."""

import json

import fao56
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from layouts import LAT_NORTHWARD, LON, cmfd_3hourly, cmfd_daily, era5_land, netcdf, steps
from scipy.io import netcdf_file

from ecoval import rasters
from ecoval.errors import Cancelled, InputError
from ecoval.grid import read_crs, transformation
from ecoval.prepare import climate, recipe

WGS84 = "EPSG:4326"
RECALLED = {"series_crs": WGS84, "allow_recalled": True}


def year_of_rain(*years, seed=1):
    rng = np.random.default_rng(seed)
    dates = np.arange(f"{years[0]}-01-01", f"{years[-1] + 1}-01-01", dtype="datetime64[D]")
    rain = np.round(rng.gamma(0.6, 15, (len(dates), 3, 4)) * (rng.random((len(dates), 3, 4)) < 0.4), 1)
    return dates, rain


def halfmonth_by_numpy(rain, dates):
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    alpha = np.where((month >= 5) & (month <= 9), 0.3937, 0.3101)[:, None, None]
    years = len(np.unique(dates.astype("datetime64[Y]")))
    return np.where(rain >= 10, alpha * np.where(rain > 0, rain, 1) ** 1.7265, 0).sum(axis=0) / years


def read(path):
    with rasterio.open(path) as dataset:
        return dataset.read(), dataset.descriptions, dataset.units, dataset.bounds


def codes(made):
    return [entry["code"] for entry in made.notes]


# ------------------------------------------------------------------ products


def test_daily_rain_in_mm_per_hour_to_erosivity(tmp_path):
    dates, rain = year_of_rain(2019, 2020)
    path = cmfd_daily(tmp_path / "prec.nc", rain, dates)
    made = climate.prepare(path, "erosivity", tmp_path / "r.tif", erosivity="halfmonth", **RECALLED)
    values, names, units, bounds = read(made.path)
    np.testing.assert_allclose(values[0], halfmonth_by_numpy(rain, dates)[::-1], rtol=1e-5)  # written north-up
    assert names == ("2019-2020",)
    assert units == ("MJ mm ha-1 h-1 yr-1",)
    assert bounds[3] == pytest.approx(29.3, abs=1e-5)
    assert {"climate_latitude_turned", "climate_converted", "climate_own_grid"} <= set(codes(made))
    parts = climate.prepare(path, "erosivity", tmp_path / "p.tif", parts=True, erosivity="halfmonth", **RECALLED)
    halves, names, _, _ = read(parts.path)
    assert names[:3] == ("01a", "01b", "02a")
    np.testing.assert_allclose(halves.sum(axis=0), values[0], rtol=1e-5)


def test_zhang_over_several_files_in_any_order(tmp_path):
    dates, rain = year_of_rain(2019, 2020)
    cut = 365
    late = cmfd_daily(tmp_path / "a.nc", rain[cut:], dates[cut:])
    early = cmfd_daily(tmp_path / "b.nc", rain[:cut], dates[:cut])
    made = climate.prepare([late, early], "erosivity", tmp_path / "r.tif", erosivity="zhang", **RECALLED)
    wet = np.where(rain >= 12, rain, np.nan)
    day, year = np.nanmean(wet, axis=0), np.nansum(wet, axis=0) / 2
    beta = 0.8363 + 18.144 / day + 24.455 / year
    expected = 21.586 * beta**-7.1891 * np.nansum(wet**beta, axis=0) / 2
    np.testing.assert_allclose(read(made.path)[0][0], expected[::-1], rtol=1e-4)


def test_months_years_normal_and_storms(tmp_path):
    dates, rain = year_of_rain(2019, 2020)
    path = cmfd_daily(tmp_path / "prec.nc", rain, dates)
    month = dates.astype("datetime64[M]").astype(int) % 12
    made = climate.prepare(path, "monthly", tmp_path / "m.tif", series_crs=WGS84)
    values, names, units, _ = read(made.path)
    expected = np.array([rain[month == each].sum(axis=0) / 2 for each in range(12)])
    np.testing.assert_allclose(values, expected[:, ::-1], rtol=1e-5)
    assert (names[0], names[11], units[0], made.role) == ("01", "12", "mm month-1", "precipitation_monthly")
    values, names, _, _ = read(climate.prepare(path, "annual", tmp_path / "y.tif", series_crs=WGS84).path)
    np.testing.assert_allclose(values[1], rain[365:].sum(axis=0)[::-1], rtol=1e-5)
    assert names == ("2019", "2020")
    made = climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84)
    np.testing.assert_allclose(read(made.path)[0][0], (rain.sum(axis=0) / 2)[::-1], rtol=1e-5)
    assert "climate_normal_short" in codes(made)
    made = climate.prepare(path, "storms", tmp_path / "s.tif", series_crs=WGS84, threshold=50.0)
    np.testing.assert_allclose(read(made.path)[0][0], (np.where(rain >= 50, rain, 0).sum(axis=0) / 2)[::-1], rtol=1e-5)


def test_daily_product_is_read_back_to_the_same_erosivity(tmp_path):
    dates, rain = year_of_rain(2019)
    path = cmfd_daily(tmp_path / "prec.nc", rain, dates)
    daily = climate.prepare(path, "daily", tmp_path / "rain.tif", series_crs=WGS84)
    values, names, units, _ = read(daily.path)
    np.testing.assert_allclose(values, rain[:, ::-1], rtol=1e-5, atol=1e-6)
    assert (names[0], names[-1], units[0], daily.role) == ("2019-01-01", "2019-12-31", "mm d-1", "rain_daily")
    again = climate.prepare(daily.path, "erosivity", tmp_path / "r2.tif", erosivity="halfmonth", allow_recalled=True)
    first = climate.prepare(path, "erosivity", tmp_path / "r1.tif", erosivity="halfmonth", **RECALLED)
    np.testing.assert_allclose(read(again.path)[0], read(first.path)[0], rtol=1e-5)


def test_cooling_days_from_three_hourly_kelvin(tmp_path):
    times = steps("2020-01-01", "2021-01-01", 3)
    rng = np.random.default_rng(2)
    kelvin = 273.15 + 15 + 10 * rng.random((len(times), 3, 4))
    kelvin[8 * 100 : 8 * 130 : 8] = 273.15 + 30  # thirty days with one step of 30 degC
    path = netcdf(tmp_path / "temp.nc", {"temp": (kelvin, "K", None)}, times, LAT_NORTHWARD, LON)
    options = {"variables": {"temperature_max": "temp"}, "series_crs": WGS84}
    made = climate.prepare(path, "cooling_days", tmp_path / "c.tif", threshold=26.0, **options)
    assert (read(made.path)[0] == 30).all()
    text = next(entry["en"] for entry in made.notes if entry["code"] == "climate_converted")
    assert '"K"' in text
    assert "degC" in text
    means = climate.prepare(path, "monthly", tmp_path / "t.tif", role="temperature", series_crs=WGS84)
    expected = (kelvin - 273.15)[: 31 * 8].mean(axis=0)
    np.testing.assert_allclose(read(means.path)[0][0], expected[::-1], atol=1e-3)


def test_hargreaves_on_cells_against_the_formula(tmp_path):
    dates = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")
    season = np.sin(2 * np.pi * (np.arange(365) - 100) / 365)[:, None, None] * np.ones((1, 3, 4))
    fields = {"tmean": 17 + 10 * season, "tmax": 22 + 10 * season, "tmin": 12 + 9 * season}
    path = netcdf(
        tmp_path / "t.nc", {k: (v, "degC", None) for k, v in fields.items()}, dates.astype("datetime64[s]"), LAT_NORTHWARD, LON
    )
    options = {"reference_et": "hargreaves", "series_crs": WGS84}
    made = climate.prepare(path, "reference_evapotranspiration", tmp_path / "e.tif", **options)
    expected = np.zeros((3, 4))
    for k in range(365):
        for row, lat in enumerate(LAT_NORTHWARD):
            expected[row] += fao56.hargreaves(
                k + 1, *(float(fields[name][k, row, 0]) for name in ("tmean", "tmax", "tmin")), lat=lat
            )
    np.testing.assert_allclose(read(made.path)[0][0], expected[::-1], rtol=1e-5)


def test_penman_monteith_on_cells_takes_the_elevation_of_a_raster(tmp_path):
    dates = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")
    rng = np.random.default_rng(7)
    cold = rng.uniform(-3, 22, (365, 3, 4))
    weather = {
        "tmax": (cold + rng.uniform(3, 12, cold.shape) + 273.15, "K", None),
        "tmin": (cold + 273.15, "K", None),
        "hurs": (rng.uniform(40, 98, cold.shape), "%", None),
        "wind": (rng.uniform(0.3, 6, cold.shape), "m s-1", None),
        "ssd": (rng.uniform(0, 9, cold.shape), "h", None),
    }
    when = dates.astype("datetime64[s]")
    files = [netcdf(tmp_path / f"{name}.nc", {name: field}, when, LAT_NORTHWARD, LON) for name, field in weather.items()]
    roles = ("temperature_max", "temperature_min", "humidity", "wind", "sunshine")
    series = dict(zip(roles, files, strict=True))
    options = {"series_crs": WGS84, "wind_height": 10.0}
    with pytest.raises(InputError, match=r"Elevation is needed.*--dem"):
        climate.prepare(series, "reference_evapotranspiration", tmp_path / "e.tif", **options)
    height = np.linspace(0, 1100, 12).reshape(3, 4).astype("float32")
    grid = rasters.Stack(files[0], crs=WGS84).grid
    rasters.write(tmp_path / "dem.tif", height, grid)
    options["dem"] = tmp_path / "dem.tif"
    made = climate.prepare(series, "reference_evapotranspiration", tmp_path / "e.tif", **options)
    expected = np.zeros((3, 4))
    for k, row, col in np.ndindex(365, 3, 4):
        values = [float(field[0][k, row, col]) for field in weather.values()]
        values[:2] = [value - 273.15 for value in values[:2]]
        place = {"lat": LAT_NORTHWARD[row], "elevation": float(height[2 - row, col]), "wind_height": 10}
        expected[row, col] += fao56.penman_monteith(k + 1, *values, **place)
    np.testing.assert_allclose(read(made.path)[0][0], expected[::-1], rtol=2e-5)
    assert made.role == "reference_evapotranspiration"


# ------------------------------------------------------------------ layouts


def test_three_hourly_rates_become_days_of_beijing(tmp_path):
    times = steps("2020-01-01", "2021-01-02", 3)
    rate = np.zeros((len(times), 3, 4))
    # 2 mm/h in the three hours before 18 UTC of 9 March: 23-2 Beijing time, middle 0:30 on the 10th
    rate[np.flatnonzero(times == np.datetime64("2020-03-09T18:00:00"))] = 2.0
    # and before 15 UTC: 20-23 Beijing time of the 9th
    rate[np.flatnonzero(times == np.datetime64("2020-03-09T15:00:00"))] = 1.0
    path = cmfd_3hourly(tmp_path / "p.nc", rate, times)

    def wet(**how):
        made = climate.prepare(path, "daily", tmp_path / "d.tif", series_crs=WGS84, **how)
        values, names, _, _ = read(made.path)
        return {names[k]: float(values[k, 0, 0]) for k in np.flatnonzero(values[:, 0, 0])}

    assert wet() == {"2020-03-09": 9.0}
    assert wet(utc_offset=8) == {"2020-03-09": 3.0, "2020-03-10": 6.0}
    assert wet(utc_offset=8, day="20-20") == {"2020-03-10": 9.0}
    assert wet(utc_offset=8, day="08-08") == {"2020-03-09": 9.0}
    assert wet(stamp="start", utc_offset=8, day="20-20") == {"2020-03-10": 9.0}
    assert wet(stamp="start", utc_offset=8) == {"2020-03-10": 9.0}
    assert wet(stamp="start", utc_offset=8, day="08-08") == {"2020-03-09": 9.0}


def test_accumulated_metres_with_longitudes_to_360_and_southward_rows(tmp_path):
    times = steps("2019-12-31", "2021-01-02", 6) + np.timedelta64(6 * 3600, "s")
    rng = np.random.default_rng(3)
    hourly = rng.gamma(0.5, 3, (len(times), 3, 4))
    lat, lon = np.array([29.25, 29.15, 29.05]), np.array([239.05, 239.15, 239.25, 239.35])
    path = era5_land(tmp_path / "tp.nc", hourly, times, lat, lon, time="valid_time")
    options = {"series_crs": WGS84, "accumulated": "day", "years": (2020, 2020)}
    made = climate.prepare(path, "annual", tmp_path / "y.tif", **options)
    values, _, _, bounds = read(made.path)
    middle = times - np.timedelta64(3 * 3600, "s")
    inside = middle.astype("datetime64[Y]") == np.datetime64("2020")
    np.testing.assert_allclose(values[0], hourly[inside].sum(axis=0), rtol=2e-3)  # of int16 packing
    assert bounds[0] == pytest.approx(-121.0, abs=1e-4)
    assert {"climate_longitude_turned", "climate_deaccumulated"} <= set(codes(made))
    assert "climate_latitude_turned" not in codes(made)
    with pytest.warns(match=r"never fall within a day.*--accumulated day"):
        climate.prepare(path, "annual", tmp_path / "w.tif", **{**options, "accumulated": "step"})
    beijing = climate.prepare(path, "annual", tmp_path / "b.tif", utc_offset=8, **options)
    local = (middle + np.timedelta64(8 * 3600, "s")).astype("datetime64[Y]") == np.datetime64("2020")
    np.testing.assert_allclose(read(beijing.path)[0][0], hourly[local].sum(axis=0), rtol=2e-3)


def test_longitudes_to_360_reach_a_projected_grid_in_the_west(tmp_path):
    dates = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    lat, lon = 44.0 + 0.1 * np.arange(12), 236.0 + 0.1 * np.arange(20)
    field = np.broadcast_to(lon - 236 + 3 * (lat[:, None] - 44), (365, 12, 20))  # a plane in both coordinates
    path = netcdf(tmp_path / "t.nc", {"tas": (field, "degC", None)}, dates, lat, lon)
    grid = {"cell": 2000.0, "crs": "EPSG:32610", "bounds": (480000, 4920000, 500000, 4940000)}
    made = climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84, **grid)
    target = rasters.Source(made.path).grid
    west, south, east, north = target.bounds
    across, down = np.meshgrid(np.arange(west + 1000, east, 2000), np.arange(north - 1000, south, -2000))
    to_degrees = transformation(target.crs, read_crs(WGS84))
    at_lon, at_lat = to_degrees.transform(across, down)
    np.testing.assert_allclose(read(made.path)[0][0], at_lon + 360 - 236 + 3 * (at_lat - 44), atol=1e-4)


def test_series_with_levels_is_refused(tmp_path):
    with netcdf_file(tmp_path / "l.nc", "w", version=2) as file:
        for name, length in (("time", 2), ("level", 2), ("lat", 3), ("lon", 4)):
            file.createDimension(name, length)
            axis = file.createVariable(name, "d", (name,))
            axis[:] = np.arange(length)
            axis.units = {"time": "days since 2019-01-01", "lat": "degrees_north", "lon": "degrees_east"}.get(name, "hPa")
        file.createVariable("tas", "f", ("time", "level", "lat", "lon"))[:] = 1.0
    with pytest.raises(InputError, match=r"several dimensions.*level"):
        climate.prepare(tmp_path / "l.nc", "daily", tmp_path / "d.tif", series_crs=WGS84)


def test_whole_circle_of_longitudes_is_rolled(tmp_path):
    dates = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]")
    lon = np.arange(0, 360, 45.0)
    field = np.broadcast_to(np.arange(8.0), (365, 3, 8))
    path = netcdf(tmp_path / "t.nc", {"tas": (field, "degC", None)}, dates.astype("datetime64[s]"), np.array([40.0, 0, -40]), lon)
    made = climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84)
    values, _, _, bounds = read(made.path)
    np.testing.assert_array_equal(values[0, 0], [5, 6, 7, 0, 1, 2, 3, 4])
    assert bounds[0] == pytest.approx(-157.5)


def test_target_grid_is_that_of_a_raster_or_of_cell_and_bounds(tmp_path):
    dates, rain = year_of_rain(2019)
    path = cmfd_daily(tmp_path / "prec.nc", rain, dates)
    grid = {"cell": 2000.0, "crs": "EPSG:32650", "bounds": (704000, 3216000, 716000, 3224000)}
    made = climate.prepare(path, "annual", tmp_path / "a.tif", series_crs=WGS84, **grid)
    source = rasters.Source(made.path)
    assert source.grid.shape == (4, 6)
    plain = climate.prepare(path, "annual", tmp_path / "b.tif", series_crs=WGS84)
    expected = rasters.Source(plain.path).read(source.grid)
    np.testing.assert_allclose(source.read(), expected, rtol=1e-5)
    like = climate.prepare(path, "annual", tmp_path / "c.tif", series_crs=WGS84, like=made.path)
    np.testing.assert_array_equal(rasters.Source(like.path).read(), source.read())
    with pytest.raises(InputError, match=r"grid lies beside the series.*--series-crs"):
        climate.prepare(path, "annual", tmp_path / "d.tif", series_crs=WGS84, **{**grid, "bounds": (0, 0, 4000, 4000)})


def test_packed_values_and_fill(tmp_path):
    dates, rain = year_of_rain(2019)
    rain[7, 0, 0] = np.nan
    packed = {"prec": (rain, "mm", (0.1, 10.0))}
    path = netcdf(tmp_path / "p.nc", packed, dates.astype("datetime64[s]"), LAT_NORTHWARD, LON)
    values = read(climate.prepare(path, "annual", tmp_path / "a.tif", series_crs=WGS84).path)[0][0]
    assert np.isnan(values[2, 0])
    assert np.isnan(values).sum() == 1
    np.testing.assert_allclose(values[0], rain.sum(axis=0)[2], rtol=1e-4)


def test_netcdf4_with_a_crs_and_compressed_chunks(tmp_path):
    dates, rain = year_of_rain(2019)
    profile = {"driver": "GTiff", "width": 4, "height": 3, "count": len(dates), "dtype": "float32", "crs": WGS84}
    hours = 24 * np.arange(len(dates))
    with rasterio.open(tmp_path / "s.tif", "w", transform=Affine(0.1, 0, 119, 0, -0.1, 29.3), **profile) as dataset:
        dataset.update_tags(
            NETCDF_DIM_EXTRA="{time}",
            NETCDF_DIM_time_DEF=f"{{{len(dates)},6}}",
            NETCDF_DIM_time_VALUES="{" + ",".join(map(str, hours)) + "}",
            **{"time#units": "hours since 2019-01-01", "time#calendar": "standard"},
        )
        dataset.write(rain.astype("float32"))
        for band, hour in enumerate(hours, start=1):
            dataset.update_tags(band, NETCDF_DIM_time=str(hour), NETCDF_VARNAME="prec", units="mm")
    options = {"FORMAT": "NC4", "COMPRESS": "DEFLATE"}
    rasterio.shutil.copy(tmp_path / "s.tif", tmp_path / "prec.nc", driver="netCDF", **options)
    made = climate.prepare(tmp_path / "prec.nc", "annual", tmp_path / "a.tif")
    np.testing.assert_allclose(read(made.path)[0][0], rain.sum(axis=0), rtol=1e-5)


# ------------------------------------------------------------------ gaps, calendars, wrong input


def test_gaps_are_listed_and_filled_by_rule_only(tmp_path):
    dates, rain = year_of_rain(2019, 2020)
    keep = ~np.isin(dates, np.array(["2020-03-04", "2020-03-05", "2020-07-01"], dtype="datetime64[D]"))
    path = cmfd_daily(tmp_path / "p.nc", rain[keep], dates[keep])
    with pytest.raises(InputError, match=r"3 days: 2020-03-04/2020-03-05, 2020-07-01.*--fill"):
        climate.prepare(path, "annual", tmp_path / "a.tif", series_crs=WGS84)
    assert not (tmp_path / "a.tif").exists()
    sums = {}
    for rule in ("zero", "interpolate", "climatology"):
        made = climate.prepare(path, "annual", tmp_path / "a.tif", series_crs=WGS84, fill=rule)
        sums[rule] = read(made.path)[0][1][::-1]
        assert recipe.read(made.path).quality["series"][0]["filled"] == 3
    day = {str(each): layer for each, layer in zip(dates, rain, strict=True)}
    there = rain[keep & (dates >= np.datetime64("2020-01-01"))].sum(axis=0)
    np.testing.assert_allclose(sums["zero"], there, rtol=1e-5)
    between = day["2020-03-03"] + day["2020-03-06"] + (day["2020-06-30"] + day["2020-07-02"]) / 2
    np.testing.assert_allclose(sums["interpolate"], there + between, rtol=1e-5)
    earlier = day["2019-03-04"] + day["2019-03-05"] + day["2019-07-01"]
    np.testing.assert_allclose(sums["climatology"], there + earlier, rtol=1e-5)
    with pytest.raises(InputError, match="stations only"):
        climate.prepare(path, "annual", tmp_path / "a.tif", series_crs=WGS84, fill="nearest_station")


def test_day_that_lacks_steps_is_a_gap(tmp_path):
    times = np.delete(steps("2020-01-01", "2021-01-01", 6), 41)
    path = netcdf(tmp_path / "t.nc", {"tas": (np.full((len(times), 3, 4), 280.0), "K", None)}, times, LAT_NORTHWARD, LON)
    with pytest.raises(InputError, match=r"1 days: 2020-01-11; days that lack steps.*2020-01-11 \(3\)"):
        climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84)


def test_calendar_without_leap_days_leaves_a_gap(tmp_path):
    days = 2 * 365
    field = {"tas": (np.ones((days, 3, 4)), "degC", None)}
    how = {"calendar": "noleap", "units": "days since 2019-01-01", "values": np.arange(days)}
    path = netcdf(tmp_path / "t.nc", field, None, LAT_NORTHWARD, LON, **how)
    with pytest.raises(InputError, match=r"1 days: 2020-02-29"):
        climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84)
    made = climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84, fill="interpolate")
    assert (read(made.path)[0] == 1).all()


def test_calendar_of_360_days_is_refused(tmp_path):
    how = {"calendar": "360_day", "units": "days since 2019-01-01", "values": np.arange(360)}
    path = netcdf(tmp_path / "t.nc", {"tas": (np.ones((360, 3, 4)), "degC", None)}, None, LAT_NORTHWARD, LON, **how)
    with pytest.raises(InputError, match=r'calendar.*"360_day".*noleap.*convert'):
        climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84)


@pytest.mark.parametrize(
    ("unit", "offset", "options", "text"),
    [
        ("", 273.15, {}, r"does not say its measure.*as temperature, has 28\d.*--measure"),
        ("furlong", 0, {}, r'"furlong".*as temperature.*degC'),
        ("degC", 273.15, {}, r"beyond what the variable can be.*28\d"),
        ("degC", 0, {"years": (1990, 1991)}, r"asked for 1990-1991"),
        ("degC", 0, {"years": (2020, 2019)}, r"first and a last"),
        ("degC", 0, {"role": "rainfall"}, r'"rainfall".*nearest is "rain"'),
        ("degC", 0, {"fill": "mean"}, r"\"?mean\"?.*nearest_station, zero"),
        ("degC", 0, {"cell": 0.1}, r"crs, bounds are absent"),
    ],
)
def test_refused(tmp_path, unit, offset, options, text):
    dates = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    field = np.full((365, 3, 4), 10.0) + offset
    path = netcdf(tmp_path / "t.nc", {"tas": (field, unit, None)}, dates, LAT_NORTHWARD, LON)
    with pytest.raises(InputError, match=text):
        climate.prepare(path, "normal", tmp_path / "n.tif", **{"series_crs": WGS84, **options})
    assert not list(tmp_path.glob("*.tif*"))


def test_measure_that_is_declared_wins(tmp_path):
    dates = np.arange("2019-01-01", "2020-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    path = netcdf(tmp_path / "t.nc", {"tas": (np.full((365, 3, 4), 105.0), "", None)}, dates, LAT_NORTHWARD, LON)
    made = climate.prepare(path, "normal", tmp_path / "n.tif", series_crs=WGS84, measure="0.1 degC")
    np.testing.assert_allclose(read(made.path)[0], 10.5)


def test_series_without_crs_or_times_or_with_several_variables(tmp_path):
    dates, rain = year_of_rain(2019)
    path = cmfd_daily(tmp_path / "p.nc", rain, dates)
    with pytest.raises(InputError, match="no coordinate reference system"):
        climate.prepare(path, "annual", tmp_path / "a.tif")
    when = dates.astype("datetime64[s]")
    both = netcdf(tmp_path / "b.nc", {"a1": (rain, "mm", None), "a2": (rain, "mm", None)}, when, LAT_NORTHWARD, LON)
    with pytest.raises(InputError, match=r"several variables.*a1, a2.*--variable rain=NAME"):
        climate.prepare(both, "annual", tmp_path / "a.tif", role="rain", series_crs=WGS84)
    climate.prepare(both, "annual", tmp_path / "a.tif", variables={"rain": "a2"}, series_crs=WGS84)
    profile = {"driver": "GTiff", "width": 4, "height": 3, "count": 2, "dtype": "float32", "crs": WGS84}
    with rasterio.open(tmp_path / "plain.tif", "w", transform=Affine(0.1, 0, 119, 0, -0.1, 29.3), **profile) as dataset:
        dataset.write(rain[:2].astype("float32"))
    with pytest.raises(InputError, match=r"does not say its times.*2 bands.*ISO date"):
        climate.prepare(tmp_path / "plain.tif", "annual", tmp_path / "x.tif", role="rain")
    hourly = steps("2019-01-01", "2019-02-01", 6)
    metres = netcdf(tmp_path / "m.nc", {"tp": (rain[: len(hourly)] / 1e4, "m", None)}, hourly, LAT_NORTHWARD, LON)
    with pytest.raises(InputError, match=r"how amounts of a series add up.*--accumulated day"):
        climate.prepare(metres, "daily", tmp_path / "x.tif", series_crs=WGS84)
    with pytest.raises(InputError, match=r"falls within a day.*--accumulated step"):
        climate.prepare(metres, "daily", tmp_path / "x.tif", series_crs=WGS84, accumulated="day")
    with pytest.raises(InputError, match=r"go back or stand twice"):
        climate.prepare([path, path], "annual", tmp_path / "x.tif", series_crs=WGS84)
    assert not list(tmp_path.glob("x.tif*"))


# ------------------------------------------------------------------ work


def test_cancelled_work_leaves_nothing_and_an_old_product_stays(tmp_path):
    dates, rain = year_of_rain(2019)
    path = cmfd_daily(tmp_path / "p.nc", rain, dates)
    out = tmp_path / "a.tif"
    out.write_bytes(b"earlier")
    for product in ("annual", "daily"):
        with pytest.raises(Cancelled):
            climate.prepare(path, product, out, series_crs=WGS84, progress=lambda done, _text: done < 0.5)
    assert out.read_bytes() == b"earlier"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tif", "p.nc"]


def test_product_is_made_again_from_its_recipe(tmp_path):
    dates, rain = year_of_rain(2019)
    path = cmfd_daily(tmp_path / "p.nc", rain, dates)
    made = climate.prepare(path, "erosivity", tmp_path / "r.tif", erosivity="halfmonth", **RECALLED)
    before = read(made.path)[0]
    kept = json.loads(recipe.beside(made.path).read_text(encoding="utf-8"))
    assert kept["product"] == "climate"
    assert [entry["path"] for entry in kept["inputs"]] == [str(path)]
    assert {row["parameter"] for row in kept["quality"]["numbers"]} >= {"R_alpha", "R_beta"}
    made.path.unlink()
    recipe.rerun(recipe.beside(made.path))
    np.testing.assert_array_equal(read(made.path)[0], before)


def test_blocks_of_the_file_do_not_matter(tmp_path, monkeypatch):
    dates, rain = year_of_rain(2019)
    path = cmfd_daily(tmp_path / "p.nc", rain, dates)
    whole = read(climate.prepare(path, "erosivity", tmp_path / "a.tif", erosivity="halfmonth", **RECALLED).path)[0]
    monkeypatch.setattr("ecoval.prepare.climate.gridded.WINDOW_CELLS", 4)
    monkeypatch.setattr("ecoval.prepare.climate.gridded.BATCH_CELLS", 40)
    np.testing.assert_array_equal(
        read(climate.prepare(path, "erosivity", tmp_path / "b.tif", erosivity="halfmonth", **RECALLED).path)[0], whole
    )
