"""Small files in the documented layouts of gridded and station series; values are made up, names, units and packing are not.

CMFD: variables prec (mm hr-1) and temp (K), 3-hourly or daily, time in "hours since 1900-01-01 00:00:0.0", latitude northward,
no CRS. ERA5-Land: tp (m, accumulated from 0 UTC), t2m (K), int16 with scale and offset, latitude southward, longitude 0-360
where global. Surface data of China: degree-minutes, 0.1 m, 0.1 mm, 0.1 degC, codes 32766, 32700, 30xxx.
"""

import numpy as np
from scipy.io import netcdf_file

ORIGIN = np.datetime64("1900-01-01T00:00:00")


def hours_since_1900(times):
    return (np.asarray(times, dtype="datetime64[s]") - ORIGIN).astype(float) / 3600


def netcdf(
    path, fields, times, lat, lon, *, calendar="standard", time="time", units="hours since 1900-01-01 00:00:0.0", values=None
):
    """A classic NetCDF file; fields: name -> (array (times, lat, lon), units, packing) with packing (scale, offset) or None."""
    with netcdf_file(path, "w", version=2) as file:
        for name, length in ((time, None), ("lat", len(lat)), ("lon", len(lon))):
            file.createDimension(name, length)
        axis = file.createVariable(time, "d", (time,))
        axis.units, axis.calendar = units, calendar
        for name, data, unit in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            variable = file.createVariable(name, "f", (name,))
            variable.units = unit
            variable[:] = data
        axis[:] = hours_since_1900(times) if values is None else values
        for name, (data, unit, packing) in fields.items():
            _field(file, name, np.asarray(data, dtype=float), unit, packing, time)
    return path


def _field(file, name, data, unit, packing, time):
    if packing is None:
        variable = file.createVariable(name, "f", (time, "lat", "lon"))
        variable._FillValue = np.float32(-9999)
        stored = np.where(np.isnan(data), -9999, data)
    else:
        scale, offset = packing
        variable = file.createVariable(name, "h", (time, "lat", "lon"))
        variable.scale_factor, variable.add_offset, variable._FillValue = scale, offset, np.int16(-32767)
        stored = np.where(np.isnan(data), -32767, np.round((data - offset) / scale)).astype(np.int16)
    if unit:
        variable.units = unit
    variable[:] = stored


LAT_NORTHWARD = np.array([29.05, 29.15, 29.25])
LON = np.array([119.05, 119.15, 119.25, 119.35])


def steps(first, last, hours):
    """Times from the begin of a day to the begin of another, without that."""
    return np.arange(np.datetime64(first, "h"), np.datetime64(last, "h"), np.timedelta64(hours, "h")).astype("datetime64[s]")


def cmfd_daily(path, rain, dates, **how):
    """CMFD, daily: rain (days, 3, 4) in mm d-1, rows from south to north."""
    return netcdf(path, {"prec": (rain / 24, "mm hr-1", None)}, dates.astype("datetime64[s]"), LAT_NORTHWARD, LON, **how)


def cmfd_3hourly(path, rate, times, **how):
    """CMFD, 3-hourly rate in mm h-1; each value is of the three hours before its time."""
    return netcdf(path, {"prec": (rate, "mm hr-1", None)}, times, LAT_NORTHWARD, LON, **how)


def era5_land(path, hourly, times, lat, lon, **how):
    """ERA5-Land: rain of each step before its time (mm), stored as accumulation from 0 UTC in m, packed."""
    total, step = np.zeros(hourly.shape), times[1] - times[0]
    for k, when in enumerate(times):
        begins = (when - step).astype("datetime64[D]") == when - step
        total[k] = hourly[k] + (0 if begins or k == 0 else total[k - 1])
    scale = max(float(total.max()) / 1000 / 60000, 1e-9)
    return netcdf(path, {"tp": (total / 1000, "m", (scale, scale * 32000))}, times, lat, lon, **how)


def surf_csv(path, rows):
    """Surface data of China as a table; rows: (station, lat in ddmm, lon, elevation in 0.1 m, year, month, day, rain in 0.1 mm)."""
    head = "区站号,纬度,经度,观测场海拔高度,年,月,日,20-20时累计降水量"
    lines = [head, *(",".join(str(value) for value in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")
    return path


def national_csv(path, frame_rows, columns):
    """Station_Id_C,Lat,Lon,Alti,Year,Mon,Day and variables."""
    lines = ["Station_Id_C,Lat,Lon,Alti,Year,Mon,Day," + ",".join(columns)]
    lines += [",".join(str(value) for value in row) for row in frame_rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def local_csv(path, rows, columns):
    """#LOCALTIME above StationID,DATETIME with months that are not padded."""
    lines = ["#LOCALTIME 8", "StationID,DATETIME," + ",".join(columns)]
    lines += [",".join(str(value) for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def sites_csv(path, rows):
    lines = ["StationID,Name,Lon,Lat,Elevation", *(",".join(str(value) for value in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
