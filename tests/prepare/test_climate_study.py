"""Prepared climate layers in a study give what flat layers of the same numbers give, and their recipes go into run.json."""

import json
from calendar import monthrange

import numpy as np
import pytest
import small_study
from layouts import netcdf

from ecoval.prepare import climate
from ecoval.study import Study

LAT, LON = np.array([29.85, 29.95, 30.05, 30.15]), np.array([119.85, 119.95, 120.05, 120.15, 120.25])
RATIO = "carbon_sequestration,nep_ratio,*,0.5,1,book\n"  # which `respiration = model` does not use
WET, DEGREES = 4.0, 18.0  # mm d-1, degC
TEXT = (
    small_study.STUDY.replace('respiration = "ratio"', 'respiration = "model"')
    .replace(
        'precipitation = "precipitation.tif"', 'precipitation = "p.tif"\nprecipitation_monthly = "pm.tif"\ntemperature = "t.tif"'
    )
    .replace("[parameters]\n", "[parameters]\nallow_recalled = true\n")
)


def prepared(folder):
    dates = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]").astype("datetime64[s]")
    shape = (len(dates), len(LAT), len(LON))
    netcdf(folder / "prec.nc", {"prec": (np.full(shape, WET / 24), "mm hr-1", None)}, dates, LAT, LON)
    netcdf(folder / "temp.nc", {"temp": (np.full(shape, DEGREES + 273.15), "K", None)}, dates, LAT, LON)
    options = {"series_crs": "EPSG:4490", "like": folder / "landcover_2023.tif"}
    climate.prepare(folder / "prec.nc", "annual", folder / "p.tif", **options)
    climate.prepare(folder / "prec.nc", "monthly", folder / "pm.tif", **options)
    climate.prepare(folder / "temp.nc", "monthly", folder / "t.tif", **options)


def flat(folder):
    days = [monthrange(2023, month)[1] for month in range(1, 13)]
    small_study.raster(folder / "p.tif", small_study.flat(365 * WET))
    small_study.raster(folder / "pm.tif", np.stack([small_study.flat(count * WET) for count in days]))
    small_study.raster(folder / "t.tif", np.stack([small_study.flat(DEGREES)] * 12))


@pytest.mark.filterwarnings("ignore:A value is not plausible")  # twelve months of one temperature
def test_prepared_layers_are_those_of_the_numbers(tmp_path):
    accounts = {}
    for make in (prepared, flat):
        path = small_study.write(tmp_path / make.__name__, TEXT)
        (path.parent / "own.csv").write_text(small_study.OWN.replace(RATIO, ""), encoding="utf-8")
        make(path.parent)
        accounts[make] = Study.read(path).run()
        accounts[make].to_folder(tmp_path / f"{make.__name__} run")
    one, other = (accounts[make].supply for make in (prepared, flat))
    np.testing.assert_allclose(one["quantity"], other["quantity"], rtol=2e-5)
    assert {"water_retention", "carbon_sequestration"} <= set(one["service"])
    record = json.loads((tmp_path / "prepared run" / "run.json").read_text(encoding="utf-8"))
    assert "prec.nc" in json.dumps(record)
