"""Evapotranspiration where no layer of it exists: reference evapotranspiration and the Budyko curve.

Reference evapotranspiration ET0 by FAO-56 [FAO56], from twelve monthly means, summed over the year:

    Hargreaves       ET0 = 0.0023 (T + 17.8) sqrt(Tmax - Tmin) 0.408 Ra
    Penman-Monteith  ET0 = [0.408 D (Rn - G) + g 900/(T + 273) u (es - ea)] / [D + g (1 + 0.34 u)]

Actual evapotranspiration by a Budyko curve, with PET = Kc ET0 and phi = PET / P:

    invest      w = min(Z AWC / P + 1.25, 5)    ET / P = min(phi, 1 + phi - (1 + phi^w)^(1/w))         [INVEST]
    invest2013  w = Z AWC / (P + 1)             ET / P = min(phi, (1 + w phi) / (1 + w phi + 1/phi))   [INVEST-2013]

where AWC is the smaller of soil depth and root depth times the available water fraction. Land without vegetation evaporates
min(PET, P). The two forms are not interchangeable at the same Z.

Decided 2026: months stand for their middle day, February has 28.25 days in every year; the soil heat flux of a month is 0.07 times
the difference of the temperatures of the next and the previous month (FAO-56 equation 43, the year taken as a ring); relative
humidity is the monthly mean, wind is at 2 m.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ecoval.kernels.cellwise import cellwise, choose, clipped, power

F = np.float32
Weather = npt.NDArray[np.floating[Any]]  # layers in single precision, radiation and what comes of it in double
DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MIDDLE_DAY = np.cumsum(DAYS) - DAYS / 2
SOLAR_CONSTANT = 0.0820  # MJ m-2 min-1
STEFAN_BOLTZMANN = 4.903e-9  # MJ K-4 m-2 d-1
MM_PER_MJ = 0.408  # mm d-1 of water evaporated by 1 MJ m-2 d-1


def extraterrestrial_radiation(latitude: npt.ArrayLike, day: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Radiation on a horizontal surface above the atmosphere, and day length.

    Parameters
    ----------
    latitude : array (rows, cols), deg, -66-66
    day : number, 1, 1-365
        Day of the year.

    Returns
    -------
    array (rows, cols), MJ m-2 d-1
    array (rows, cols), h d-1
    """
    phi = np.radians(np.asarray(latitude, dtype=np.float64))
    distance = 1 + 0.033 * np.cos(2 * np.pi * day / 365)
    declination = 0.409 * np.sin(2 * np.pi * day / 365 - 1.39)
    sunset = np.arccos(np.clip(-np.tan(phi) * np.tan(declination), -1, 1))
    height = sunset * np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.sin(sunset)
    return 24 * 60 / np.pi * SOLAR_CONSTANT * distance * height, 24 / np.pi * sunset


def hargreaves(temperature: Weather, temperature_max: Weather, temperature_min: Weather, radiation: Weather) -> Weather:
    """Reference evapotranspiration of a day by temperatures alone.

    Parameters
    ----------
    temperature, temperature_max, temperature_min : array (rows, cols), degC
    radiation : array (rows, cols), MJ m-2 d-1

    Returns
    -------
    array (rows, cols), mm d-1
    """
    spread = np.sqrt(np.maximum(np.subtract(temperature_max, temperature_min), 0))
    return 0.0023 * np.maximum(np.add(temperature, 17.8), 0) * spread * MM_PER_MJ * radiation


def penman_monteith(
    temperature_max: Weather,
    temperature_min: Weather,
    humidity: Weather,
    wind: Weather,
    sunshine: Weather,
    radiation: Weather,
    day_length: Weather,
    elevation: Weather,
    heat_flux: Weather | float = 0.0,
) -> Weather:
    """Reference evapotranspiration of a day by the Penman-Monteith equation of FAO-56.

    Parameters
    ----------
    temperature_max, temperature_min : array (rows, cols), degC
    humidity : array (rows, cols), %, 0-100
        Mean relative humidity.
    wind : array (rows, cols), m s-1, >= 0
        At 2 m height.
    sunshine, day_length : array (rows, cols), h d-1
    radiation : array (rows, cols), MJ m-2 d-1
        Above the atmosphere.
    elevation : array (rows, cols), m
    heat_flux : array (rows, cols), MJ m-2 d-1
        Into the soil.

    Returns
    -------
    array (rows, cols), mm d-1
    """
    temperature = (temperature_max + temperature_min) / 2
    saturated = (_vapour_pressure(temperature_max) + _vapour_pressure(temperature_min)) / 2
    actual = saturated * humidity / 100
    slope = 4098 * _vapour_pressure(temperature) / (temperature + 237.3) ** 2
    pressure = 101.3 * ((293 - 0.0065 * elevation) / 293) ** 5.26
    psychrometric = 0.665e-3 * pressure
    global_radiation = (0.25 + 0.5 * np.minimum(sunshine / day_length, 1)) * radiation
    clear_sky = (0.75 + 2e-5 * elevation) * radiation
    emitted = STEFAN_BOLTZMANN * ((temperature_max + 273.16) ** 4 + (temperature_min + 273.16) ** 4) / 2
    long_wave = emitted * (0.34 - 0.14 * np.sqrt(actual)) * (1.35 * np.minimum(global_radiation / clear_sky, 1) - 0.35)
    net = 0.77 * global_radiation - long_wave - heat_flux
    aerodynamic = psychrometric * 900 / (temperature + 273) * wind * (saturated - actual)
    return np.maximum((MM_PER_MJ * slope * net + aerodynamic) / (slope + psychrometric * (1 + 0.34 * wind)), 0)


def _vapour_pressure(temperature: Weather) -> Weather:
    """Saturation vapour pressure in kPa."""
    return 0.6108 * np.exp(17.27 * temperature / (temperature + 237.3))


def yearly_hargreaves(temperature: Weather, temperature_max: Weather, temperature_min: Weather, latitude: Weather) -> Weather:
    """Reference evapotranspiration of a year from monthly temperatures.

    Parameters
    ----------
    temperature, temperature_max, temperature_min : array (12, rows, cols), degC
    latitude : array (rows, cols), deg

    Returns
    -------
    array (rows, cols), mm yr-1
    """
    total: Weather = np.zeros(np.shape(latitude))
    for mean, warm, cold, day, days in zip(temperature, temperature_max, temperature_min, MIDDLE_DAY, DAYS, strict=True):
        total = total + days * hargreaves(mean, warm, cold, extraterrestrial_radiation(latitude, day)[0])
    return total


def yearly_penman_monteith(
    temperature_max: Weather,
    temperature_min: Weather,
    humidity: Weather,
    wind: Weather,
    sunshine: Weather,
    latitude: Weather,
    dem: Weather,
) -> Weather:
    """Reference evapotranspiration of a year from monthly weather.

    Parameters
    ----------
    temperature_max, temperature_min : array (12, rows, cols), degC
    humidity : array (12, rows, cols), %, 0-100
    wind : array (12, rows, cols), m s-1
    sunshine : array (12, rows, cols), h d-1
    latitude : array (rows, cols), deg
    dem : array (rows, cols), m

    Returns
    -------
    array (rows, cols), mm yr-1
    """
    mean = (temperature_max + temperature_min) / 2
    flux = 0.07 * (np.roll(mean, -1, axis=0) - np.roll(mean, 1, axis=0))
    total: Weather = np.zeros(np.shape(latitude))
    for month, (day, days) in enumerate(zip(MIDDLE_DAY, DAYS, strict=True)):
        radiation, length = extraterrestrial_radiation(latitude, day)
        warm, cold, moist, windy, sunny = (layer[month] for layer in (temperature_max, temperature_min, humidity, wind, sunshine))
        total = total + days * penman_monteith(warm, cold, moist, windy, sunny, radiation, length, dem, flux[month])
    return total


@cellwise
def budyko_invest(precipitation: F, potential: F, water_capacity: F, seasonality: F, offset: F, maximum: F) -> F:
    """Actual evapotranspiration by Fu's curve.

    Parameters
    ----------
    precipitation, potential : array (rows, cols), mm yr-1, >= 0
    water_capacity : array (rows, cols), mm
    seasonality, offset, maximum : number, 1

    Returns
    -------
    array (rows, cols), mm yr-1
    """
    phi = potential / precipitation
    w = clipped(seasonality * water_capacity / precipitation + offset, F(1.0), maximum)
    share = F(1.0) + phi - power(F(1.0) + power(phi, w), F(1.0) / w)
    wet = precipitation * clipped(share, F(0.0), phi)
    return choose(precipitation > F(0.0), wet, precipitation + F(0.0) * (potential + water_capacity))


@cellwise
def budyko_invest2013(precipitation: F, potential: F, water_capacity: F, seasonality: F) -> F:
    """Actual evapotranspiration by Zhang's curve.

    Parameters
    ----------
    precipitation, potential : array (rows, cols), mm yr-1, >= 0
    water_capacity : array (rows, cols), mm
    seasonality : number, 1

    Returns
    -------
    array (rows, cols), mm yr-1
    """
    phi = potential / precipitation
    w = seasonality * water_capacity / (precipitation + F(1.0))
    share = phi * (F(1.0) + w * phi) / (phi * (F(1.0) + w * phi) + F(1.0))
    wet = precipitation * clipped(share, F(0.0), phi)
    return choose(precipitation > F(0.0), wet, precipitation + F(0.0) * (potential + water_capacity))


@cellwise
def bare(precipitation: F, potential: F) -> F:
    """Actual evapotranspiration of land without vegetation: the smaller of demand and rain.

    Parameters
    ----------
    precipitation, potential : array (rows, cols), mm yr-1, >= 0

    Returns
    -------
    array (rows, cols), mm yr-1
    """
    return choose(precipitation < potential, precipitation, potential) + F(0.0) * (precipitation + potential)
