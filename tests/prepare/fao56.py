"""Reference evapotranspiration of a day in plain arithmetic, by the numbered equations of FAO-56."""

import math


def sky(day, lat):
    """Radiation above the atmosphere (equations 21, 23-25) and day length (34)."""
    dr = 1 + 0.033 * math.cos(2 * math.pi * day / 365)
    sun = 0.409 * math.sin(2 * math.pi * day / 365 - 1.39)
    phi = math.radians(lat)
    ws = math.acos(-math.tan(phi) * math.tan(sun))
    ra = 24 * 60 / math.pi * 0.0820 * dr * (ws * math.sin(phi) * math.sin(sun) + math.cos(phi) * math.cos(sun) * math.sin(ws))
    return ra, 24 / math.pi * ws


def hargreaves(day, mean, warm, cold, lat):
    """Equation 52, with radiation as depth of water (0.408)."""
    return 0.0023 * (mean + 17.8) * math.sqrt(warm - cold) * 0.408 * sky(day, lat)[0]


def penman_monteith(day, warm, cold, humidity, wind, sunshine, lat, elevation, wind_height):
    """Equation 6 with 7, 8, 11-13, 19, 35, 37-40, 47."""

    def vapour(t):
        return 0.6108 * math.exp(17.27 * t / (t + 237.3))

    mean = (warm + cold) / 2
    es = (vapour(warm) + vapour(cold)) / 2
    ea = es * humidity / 100
    delta = 4098 * vapour(mean) / (mean + 237.3) ** 2
    gamma = 0.665e-3 * 101.3 * ((293 - 0.0065 * elevation) / 293) ** 5.26
    ra, length = sky(day, lat)
    rs = (0.25 + 0.5 * min(sunshine / length, 1)) * ra
    rso = (0.75 + 2e-5 * elevation) * ra
    rnl = 4.903e-9 * ((warm + 273.16) ** 4 + (cold + 273.16) ** 4) / 2 * (0.34 - 0.14 * math.sqrt(ea))
    rnl *= 1.35 * min(rs / rso, 1) - 0.35
    u2 = wind * 4.87 / math.log(67.8 * wind_height - 5.42)
    et = (0.408 * delta * (0.77 * rs - rnl) + gamma * 900 / (mean + 273) * u2 * (es - ea)) / (delta + gamma * (1 + 0.34 * u2))
    return max(et, 0.0)
