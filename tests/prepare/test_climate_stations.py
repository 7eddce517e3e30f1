"""Station tables to layers: codes and measures, day boundaries, gaps, and youwuzhen against formulas written out here."""

import csv
import datetime
import math

import numpy as np
import pytest
import rasterio
from affine import Affine
from fao56 import hargreaves, penman_monteith
from layouts import local_csv, national_csv, sites_csv, surf_csv

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.prepare import climate
from ecoval.prepare.climate.stations import decoded_rain

GRID = {"cell": 5000.0, "crs": "EPSG:32650", "bounds": (700000, 3200000, 760000, 3250000)}


def days(first, last):
    first, last = (datetime.date(*each).toordinal() for each in (first, last))
    return [datetime.date.fromordinal(each) for each in range(first, last + 1)]


def surf_rows(stations, rain, year=2019):
    rows = []
    for name, lat, lon, height in stations:
        for day in days((year, 1, 1), (year, 12, 31)):
            rows.append((name, lat, lon, height, day.year, day.month, day.day, rain(name, day)))
    return rows


STATIONS = [("58549", 2900, 11930, 500), ("58550", 2915, 11945, 1200), ("58551", 2930, 11915, 3000)]


# ------------------------------------------------------------------ codes and measures


def test_codes_of_surface_data():
    # 12.3 mm; missing; trace; 4.5 mm of snow; 10.1 mm of rain and snow; 0.7 mm of dew; nothing
    found = decoded_rain(np.array([123, 32766, 32700, 30045, 31101, 32007, 0.0]))
    np.testing.assert_array_equal(found, [123, np.nan, 0, 45, 101, 7, 0])


def test_surface_data_in_tenths_with_codes_and_degree_minutes(tmp_path):
    odd = {datetime.date(2019, 3, 1): 32700, datetime.date(2019, 3, 2): 30045, datetime.date(2019, 3, 3): 125}
    path = surf_csv(tmp_path / "降水.csv", surf_rows(STATIONS, lambda _name, day: odd.get(day, 10)))
    options = {"coordinates": "degree_minutes", "elevation_measure": "0.1 m", "method": "thiessen", **GRID}
    options |= {"measure": "0.1 mm", "rain_codes": "surf", "role": "rain"}
    with pytest.warns(match="GB18030"):
        made = climate.prepare(path, "annual", tmp_path / "a.tif", **options)
    table = made.quality["stations"]
    np.testing.assert_allclose(table["lat"], [29.0, 29.25, 29.5])
    np.testing.assert_allclose(table["elevation"], [50, 120, 300])
    np.testing.assert_allclose(table["mean"], 362 * 1.0 + 0 + 4.5 + 12.5)
    np.testing.assert_allclose(made.quality["left_out"]["rmse"], 0, atol=1e-9)
    values = rasters.Source(made.path).read()
    np.testing.assert_allclose(values, 379.0)


def test_undeclared_codes_measures_and_coordinates_are_refused(tmp_path):
    path = surf_csv(tmp_path / "p.csv", surf_rows(STATIONS, lambda _name, day: 32766 if day.day == 1 else 300))
    options = {"method": "idw", "role": "rain", **GRID}
    with pytest.warns(match="GB18030"), pytest.raises(InputError, match=r"does not say its measure.*32,766.*--measure"):
        climate.prepare(path, "annual", tmp_path / "a.tif", **options)
    options |= {"measure": "0.1 mm"}
    with pytest.warns(match="GB18030"), pytest.raises(InputError, match=r"beyond what.*3276.*--rain-codes"):
        climate.prepare(path, "annual", tmp_path / "a.tif", **options)
    options |= {"missing": [32766]}
    with pytest.warns(match="GB18030"), pytest.raises(InputError, match=r"longitude 11,930, latitude 2900.*degree_minutes"):
        climate.prepare(path, "annual", tmp_path / "a.tif", **options)
    options |= {"coordinates": "degree_minutes"}
    with pytest.warns(match="GB18030"), pytest.raises(InputError, match=r"36 days: 58549: 2019-01-01, 2019-02-01.*--fill"):
        climate.prepare(path, "annual", tmp_path / "a.tif", **options)
    with pytest.warns(match="GB18030"):
        made = climate.prepare(path, "annual", tmp_path / "a.tif", fill="zero", **options)
    np.testing.assert_allclose(made.quality["stations"]["mean"], 353 * 30.0)
    assert made.quality["series"]["filled"].tolist() == [12, 12, 12]


# ------------------------------------------------------------------ gaps, times


def test_gap_of_a_station_is_filled_from_the_nearest(tmp_path):
    # 58550 is 37 km from 58549 and 56 km from 58551
    def rain(name, day):
        if name == "58550" and day == datetime.date(2019, 6, 1):
            return 32766
        return {"58549": 10, "58550": 20, "58551": 40}[name]

    path = surf_csv(tmp_path / "p.csv", surf_rows(STATIONS, rain))
    options = {"method": "idw", "role": "rain", "measure": "0.1 mm", "rain_codes": "surf", "coordinates": "degree_minutes", **GRID}
    with pytest.warns(match="GB18030"):
        made = climate.prepare(path, "annual", tmp_path / "a.tif", fill="nearest_station", **options)
    np.testing.assert_allclose(made.quality["stations"]["mean"], [365.0, 364 * 2 + 1.0, 365 * 4.0])
    for rule, value in (("interpolate", 2.0), ("zero", 0.0)):
        with pytest.warns(match="GB18030"):
            made = climate.prepare(path, "annual", tmp_path / "a.tif", fill=rule, **options)
        assert made.quality["stations"]["mean"][1] == pytest.approx(364 * 2 + value)
    with pytest.warns(match="GB18030"), pytest.raises(InputError, match=r"nothing to be filled from|2019-06-01"):
        climate.prepare(surf_csv(tmp_path / "q.csv", surf_rows(STATIONS, rain)), "annual", tmp_path / "a.tif", **options)


def test_hourly_table_of_local_time_to_days_between_20_and_20(tmp_path):
    rows = []
    for day in days((2019, 1, 1), (2020, 1, 2)):
        for hour in range(24):
            rain = 5.0 if (day, hour) in ((datetime.date(2019, 7, 1), 21), (datetime.date(2019, 7, 2), 20)) else 0.0
            rows.append(("a", f"{day.year}-{day.month}-{day.day} {hour:02d}:00:00", rain))
    path = local_csv(tmp_path / "h.csv", rows, ["PRE"])
    sites = sites_csv(tmp_path / "s.csv", [("a", "A", 119.5, 29.0, 100)])
    options = {
        "stations": sites,
        "method": "thiessen",
        "role": "rain",
        "utc_offset": 8,
        "years": (2019, 2019),
        "measure": "mm",
        **GRID,
    }
    made = climate.prepare(path, "daily", tmp_path / "d.tif", day="20-20", fill="zero", **options)
    with rasterio.open(made.path) as dataset:
        values = dataset.read()[:, 0, 0]
        wet = {dataset.descriptions[k]: float(values[k]) for k in np.flatnonzero(values)}
    assert wet == {"2019-07-02": 10.0}  # the hours that end at 21 of the 1st and at 20 of the 2nd


def test_doubled_rows_absent_sites_and_columns_are_refused(tmp_path):
    rows = [("a", f"{day.year}-{day.month}-{day.day}", 1.0) for day in days((2019, 1, 1), (2019, 12, 31))]
    sites = sites_csv(tmp_path / "s.csv", [("a", "A", 119.5, 29.0, 100)])
    options = {"method": "idw", "role": "rain", **GRID}
    twice = local_csv(tmp_path / "t.csv", [*rows, rows[3]], ["PRE"])
    with pytest.raises(InputError, match=r'twice: "a" at 2019-01-04.*1 rows'):
        climate.prepare(twice, "annual", tmp_path / "a.tif", stations=sites, **options)
    path = local_csv(tmp_path / "p.csv", rows, ["PRE"])
    with pytest.raises(InputError, match=r"places of 1 stations are not known.*--stations"):
        climate.prepare(path, "annual", tmp_path / "a.tif", **options)
    other = sites_csv(tmp_path / "o.csv", [("b", "B", 119.5, 29.0, 100)])
    with pytest.raises(InputError, match=r'no place: "a".*table of sites'):
        climate.prepare(path, "annual", tmp_path / "a.tif", stations=other, **options)
    with pytest.raises(InputError, match=r"known to be temperature.*--variable temperature=COLUMN"):
        climate.prepare(path, "normal", tmp_path / "a.tif", stations=sites, **{**options, "role": "temperature"})
    with pytest.raises(InputError, match=r"not said how stations become cells.*thiessen, idw, regression"):
        climate.prepare(path, "annual", tmp_path / "a.tif", stations=sites, **{**options, "method": None})
    with pytest.raises(InputError, match=r"bounds are absent|cell, crs, bounds"):
        climate.prepare(path, "annual", tmp_path / "a.tif", stations=sites, method="idw", role="rain")
    bad = local_csv(tmp_path / "b.csv", [("a", "2019-13-1", 1.0)], ["PRE"])
    with pytest.raises(InputError, match="2019-13-1"):
        climate.prepare(bad, "annual", tmp_path / "a.tif", stations=sites, **options)


def test_wide_tables_of_several_variables(tmp_path):
    levels = {"temperature": 20.0, "temperature_max": 26.0, "temperature_min": 15.0}
    dates = days((2019, 1, 1), (2019, 12, 31))
    files = {}
    for role, level in levels.items():
        files[role] = tmp_path / f"{role}.csv"
        files[role].write_text("DATETIME,a,b\n" + "".join(f"{day},{level},{level + 1}\n" for day in dates), encoding="utf-8")
    sites = sites_csv(tmp_path / "s.csv", [("a", "A", 119.5, 29.0, 100), ("b", "B", 119.2, 29.1, 200)])
    options = {"stations": sites, "method": "thiessen", **GRID}
    made = climate.prepare(files, "reference_evapotranspiration", tmp_path / "e.tif", reference_et="hargreaves", **options)
    expected = sum(hargreaves(day.timetuple().tm_yday, 20.0, 26.0, 15.0, lat=29.0) for day in dates)
    assert made.quality["stations"]["mean"][0] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(InputError, match=r"one column per station.*--series ROLE=FILE"):
        climate.prepare(
            list(files.values()), "reference_evapotranspiration", tmp_path / "e.tif", reference_et="hargreaves", **options
        )


# ------------------------------------------------------------------ regression on elevation


def at_sea_level(day):
    return 17 + 10 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 100) / 365)


def test_temperature_by_regression_follows_the_elevation_of_the_cells(tmp_path):
    rng = np.random.default_rng(5)
    names = [f"{58500 + k}" for k in range(12)]
    lon, lat, height = rng.uniform(119.1, 119.6, 12), rng.uniform(28.95, 29.3, 12), rng.uniform(20, 1400, 12)
    rows = []
    for k, name in enumerate(names):
        for day in days((2019, 1, 1), (2019, 12, 31)):
            level = at_sea_level(day) - 0.006 * height[k]
            rows.append((name, lat[k], lon[k], height[k], day.year, day.month, day.day, level))
    path = national_csv(tmp_path / "t.csv", rows, ["TEM_Avg"])
    dem = tmp_path / "dem.tif"
    grid = rasters.Source.of((np.zeros((10, 12), "f4"), Affine(5000, 0, 700000, 0, -5000, 3250000), "EPSG:32650")).grid
    heights = np.linspace(0, 1500, 120).reshape(10, 12).astype("float32")
    rasters.write(dem, heights, grid, measure="m")
    options = {"role": "temperature", "method": "regression", "dem": dem, "like": dem}
    made = climate.prepare(path, "monthly", tmp_path / "m.tif", **options)
    values = rasters.Source(made.path, band=None).read()
    july = np.mean([at_sea_level(each) for each in days((2019, 7, 1), (2019, 7, 31))])
    np.testing.assert_allclose(values[6], july - 0.006 * heights, atol=1e-4)
    assert made.quality["left_out"]["rmse"].max() < 1e-6
    assert set(made.quality["variogram"]["model"]) == {"spherical"}
    with pytest.raises(InputError, match=r"Elevation is needed.*--dem"):
        climate.prepare(path, "monthly", tmp_path / "n.tif", role="temperature", method="regression", **GRID)


# ------------------------------------------------------------------ youwuzhen


def rows_of(folder, name):
    """Rows below the line with the kind of time."""
    with (folder / "climate" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(list(file)[1:]))


def test_youwuzhen_daily_rain_to_erosivity(youwuzhen, tmp_path):
    # a sum over the rows of the file: alpha P^1.7265 of days with at least 10 mm, 2012-2017 (or two made-up years)
    total, years = 0.0, set()
    for row in rows_of(youwuzhen, "pcp_daily.csv"):
        year, month, _ = row.pop("DATETIME").split("-")
        (rain,) = (float(value) for value in row.values())
        years.add(year)
        month = int(month)
        if rain >= 10:
            total += (0.3937 if 5 <= month <= 9 else 0.3101) * rain**1.7265
    options = {
        "stations": youwuzhen / "climate" / "Sites_P.csv",
        "method": "thiessen",
        "like": youwuzhen / "spatial" / "ywzdem30m.tif",
        "allow_recalled": True,
    }
    options["erosivity"] = "halfmonth"
    made = climate.prepare(youwuzhen / "climate" / "pcp_daily.csv", "erosivity", tmp_path / "r.tif", **options)
    values = rasters.Source(made.path).read()
    np.testing.assert_allclose(values, total / len(years), rtol=1e-5)
    assert values.shape == rasters.Source(youwuzhen / "spatial" / "ywzdem30m.tif").grid.shape
    assert "#UTCTIME" in next(entry["en"] for entry in made.notes if entry["code"] == "climate_table_time")


def test_youwuzhen_weather_to_months(youwuzhen, tmp_path):
    rows = rows_of(youwuzhen, "meteo_daily.csv")
    options = {"stations": youwuzhen / "climate" / "Sites_M.csv", "method": "idw", "like": youwuzhen / "spatial" / "ywzdem30m.tif"}
    for role, column in (("temperature", "TMEAN"), ("humidity", "RM"), ("wind", "WS"), ("sunshine", "SSD")):
        made = climate.prepare(youwuzhen / "climate" / "meteo_daily.csv", "monthly", tmp_path / "m.tif", role=role, **options)
        found = rasters.Source(made.path, band=None).read()[:, 0, 0]
        months = [[] for _ in range(12)]
        for row in rows:
            months[int(row["DATETIME"].split("-")[1]) - 1].append(float(row[column]))
        np.testing.assert_allclose(found, [sum(each) / len(each) for each in months], rtol=1e-6)


def years_of(rows):
    return len({row["DATETIME"].split("-")[0] for row in rows})


def reference_of_a_row(row, site):
    day = datetime.datetime.fromisoformat(row["DATETIME"]).timetuple().tm_yday
    weather = (float(row[name]) for name in ("TMAX", "TMIN", "RM", "WS", "SSD"))
    return penman_monteith(day, *weather, lat=float(site["Lat"]), elevation=float(site["Elevation"]), wind_height=10)


def test_youwuzhen_reference_evapotranspiration(youwuzhen, tmp_path):
    rows = rows_of(youwuzhen, "meteo_daily.csv")
    (site,) = csv.DictReader((youwuzhen / "climate" / "Sites_M.csv").read_text(encoding="utf-8").splitlines())
    expected = sum(reference_of_a_row(row, site) for row in rows) / years_of(rows)
    options = {
        "stations": youwuzhen / "climate" / "Sites_M.csv",
        "method": "thiessen",
        "like": youwuzhen / "spatial" / "ywzdem30m.tif",
    }
    path = youwuzhen / "climate" / "meteo_daily.csv"
    with pytest.raises(InputError, match=r"height of the wind is not said.*--wind-height"):
        climate.prepare(path, "reference_evapotranspiration", tmp_path / "e.tif", **options)
    made = climate.prepare(path, "reference_evapotranspiration", tmp_path / "e.tif", wind_height=10, **options)
    np.testing.assert_allclose(rasters.Source(made.path).read(), expected, rtol=1e-5)
    assert 800 < expected < 1300
    months = climate.prepare(path, "reference_evapotranspiration", tmp_path / "p.tif", wind_height=10, parts=True, **options)
    found = rasters.Source(months.path, band=None).read()
    np.testing.assert_allclose(found.sum(axis=0), expected, rtol=1e-5)
    assert found[6, 0, 0] > found[0, 0, 0]


def test_youwuzhen_cooling_days(youwuzhen, tmp_path):
    rows = rows_of(youwuzhen, "meteo_daily.csv")
    count = sum(float(row["TMAX"]) > 26 for row in rows) / years_of(rows)
    options = {
        "stations": youwuzhen / "climate" / "Sites_M.csv",
        "method": "thiessen",
        "like": youwuzhen / "spatial" / "ywzdem30m.tif",
    }
    made = climate.prepare(youwuzhen / "climate" / "meteo_daily.csv", "cooling_days", tmp_path / "c.tif", **options)
    np.testing.assert_allclose(rasters.Source(made.path).read(), count)
