"""Every value of every option of every packaged service through the account, against its published formula by hand.

The cases are asked for by the declarations: an option or a value that is added without a case fails. Each is worked in double
precision from the layers of `option_study`, apart from the library's functions; the row has to name the value too.
"""

import functools
import math
import warnings

import numpy as np
import option_study as given
import pytest
from option_study import COLUMN, FALL, RAIN, VALUES

from ecoval.services import SERVICES
from ecoval.study import Study

V = VALUES
SINE = math.sin(math.atan(FALL))
CO2 = 0.01 * 44 / 12
FOREST, SHRUB, GRASS, DRY, MARSH, LAKE = 111, 211, 311, 512, 413, 421
EVERY = [
    (option, value)
    for service in SERVICES
    for entry in service.options
    for value in entry.choices
    for option in [(service.code, entry.name)]
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return given.write(tmp_path_factory.mktemp("options"))


class Case:
    """Choices with the layers and own numbers that they need, and per item what a type gives: quantity per ha, or the price."""

    def __init__(self, layers, choices, expected, numbers=(), also=None, prices=None):
        self.layers, self.choices, self.expected, self.numbers, self.also = layers, choices, expected, numbers, also
        self.prices = prices or {}


def run(path, service, case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        declared = given.content(service, case.layers, case.choices, case.numbers, case.also)
        return Study(declared, path).run()


# water retention -----------------------------------------------------------------------------------------------------------------
WATER = ("precipitation", "evapotranspiration")
GONG = {111: 0.0465, 121: 0.0452, 211: 0.0426, 311: 0.082}
REDLINE = {111: 0.0267, 121: 0.0302, 211: 0.0426, 311: 0.082}
OWN = {111: 0.1, 121: 0.2, 211: 0.3, 311: 0.4}
KC, ROOT, Z = 0.9, 1000.0, 5.0
STORAGE = [("interest_rate", "*", 0.045, "1"), ("lifetime", "*", 50, "yr"), ("maintenance", "*", 0.12, "CNY m-3")]
CRF = 0.045 * 1.045**50 / (1.045**50 - 1)
YEARLY = {"full_cost": 8.2, "annualised": 8.2 * CRF + 0.12, "water_price": 0.9}


def kept(rain, runoff, evaporated):
    return 10 * max(0.0, rain - runoff - evaporated)


def of_table(table, rain=V["precipitation"], evaporated=V["evapotranspiration"]):
    return {code: kept(rain, share * rain, evaporated) for code, share in table.items()}


def budyko(et0, form="invest"):
    rain, capacity = V["precipitation"], ROOT * V["available_water"]
    phi = KC * et0 / rain
    if form == "invest":
        w = min(Z * capacity / rain + 1.25, 5)
        return rain * min(phi, 1 + phi - (1 + phi**w) ** (1 / w))
    w = Z * capacity / (rain + 1)
    return rain * min(phi, (1 + w * phi) / (1 + w * phi + 1 / phi))


def sky(day):
    """Radiation above the atmosphere, MJ m-2 d-1, and hours of day on a day at 30 degrees north (FAO-56, equations 21 to 34)."""
    phi, angle = math.radians(V["latitude"]), 2 * math.pi * day / 365
    declination = 0.409 * math.sin(angle - 1.39)
    sunset = math.acos(-math.tan(phi) * math.tan(declination))
    height = sunset * math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.sin(sunset)
    return 24 * 60 / math.pi * 0.0820 * (1 + 0.033 * math.cos(angle)) * height, 24 / math.pi * sunset


def year_of(day_depth):
    """Sum of a year over months that stand for their middle day."""
    lengths, end, total = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 0.0, 0.0
    for length in lengths:
        end += length
        total += length * day_depth(*sky(end - length / 2))
    return total


def hargreaves(radiation, _hours):
    return 0.0023 * (15 + 17.8) * math.sqrt(20 - 10) * 0.408 * radiation


def penman(radiation, hours):
    """FAO-56 equation 6 at sea level (the plane of 500 m by `dem` is a layer of the case: 0 m), 10 to 20 degrees, no soil heat."""
    vapour = functools.partial(lambda t: 0.6108 * math.exp(17.27 * t / (t + 237.3)))
    saturated = (vapour(20) + vapour(10)) / 2
    actual = saturated * V["humidity"] / 100
    slope = 4098 * vapour(15) / (15 + 237.3) ** 2
    gamma = 0.665e-3 * 101.3 * ((293 - 0.0065 * V["latitude"]) / 293) ** 5.26
    sun = (0.25 + 0.5 * min(V["sunshine"] / hours, 1)) * radiation
    clear = (0.75 + 2e-5 * V["latitude"]) * radiation
    waves = 4.903e-9 * (293.16**4 + 283.16**4) / 2 * (0.34 - 0.14 * math.sqrt(actual)) * (1.35 * min(sun / clear, 1) - 0.35)
    wind = V["wind"]
    top = 0.408 * slope * (0.77 * sun - waves) + gamma * 900 / (15 + 273) * wind * (saturated - actual)
    return max(top / (slope + gamma * (1 + 0.34 * wind)), 0)


def water(option, value):
    code = "water_retention"
    numbers = [(code, "runoff_coefficient", key, share, "1") for key, share in OWN.items()]
    demand = [(code, "crop_coefficient", each, KC, "1") for each in "123456"]
    demand += [(code, "root_depth", each, ROOT, "mm") for each in "123456"] + [(code, "seasonality", "*", Z, "1")]
    soil = ("precipitation", "soil_depth", "available_water")
    curve = {"evapotranspiration": "budyko"}
    weather = (*soil, "latitude", "temperature", "temperature_max", "temperature_min", "humidity", "wind", "sunshine")

    def by_curve(layers, more, et0, form="invest"):
        return Case(layers, curve | more, {"retention": of_table(GONG, evaporated=budyko(et0, form))}, demand)

    if option == "rain":
        rain = {"total": V["precipitation"], "runoff_producing": V["runoff_producing_precipitation"]}[value]
        role = {"total": "precipitation", "runoff_producing": "runoff_producing_precipitation"}[value]
        return Case((role, "evapotranspiration"), {option: value}, {"retention": of_table(GONG, rain)})
    if option == "runoff":
        by_layer = dict.fromkeys(GONG, kept(1600, V["runoff"], 750))
        return Case((*WATER, "runoff"), {option: value}, {"retention": by_layer if value == "raster" else of_table(GONG)})
    if option == "coefficients":
        table = {"GONG2017": GONG, "REDLINE2017": REDLINE, "own": OWN}[value]
        return Case(WATER, {option: value}, {"retention": of_table(table)}, numbers if value == "own" else ())
    if option == "evapotranspiration":
        if value == "layer":
            return Case(WATER, {option: value}, {"retention": of_table(GONG)})
        return by_curve((*soil, "reference_evapotranspiration"), {}, V["reference_evapotranspiration"])
    if option == "form":
        return by_curve((*soil, "reference_evapotranspiration"), {option: value}, V["reference_evapotranspiration"], value)
    if option == "reference_et":
        et0 = {"given": 1000.0, "hargreaves": year_of(hargreaves), "penman_monteith": year_of(penman)}[value]
        layers = (*soil, "reference_evapotranspiration") if value == "given" else (*weather, "dem=latitude")
        return by_curve(layers, {option: value}, et0)
    numbers = [(code, *row) for row in STORAGE]
    return Case(WATER, {option: value}, {"retention": of_table(GONG)}, numbers, prices={"retention": YEARLY[value]})


# soil retention ------------------------------------------------------------------------------------------------------------------
FACTORS = ("erosivity", "erodibility", "ls", "cover_factor", "soil_bulk_density", "soil_nitrogen", "soil_phosphorus")
TEXTURE = ("soil_sand", "soil_silt", "soil_clay", "soil_organic_carbon")
SOILS = (111, 121, 211, 311, 512, 413)
CLASSES = {111: 0.02, 121: 0.02, 211: 0.085, 311: 0.09, 512: 0.221 - 0.595 * math.log10(0.6), 413: 0.0}
BY_CLASS = {111: 0.03, 121: 0.03, 211: 0.05, 311: 0.02, 512: 0.24, 413: 0.0}  # of shrub the study's own
PRACTICE = {111: 1.0, 121: 1.0, 211: 0.9, 311: 0.8, 512: 0.47, 413: 0.0}
WIDE = [("soil_retention", "max_length", "*", 5000, "m")]


def erosivity(method):
    if method == "halfmonth":  # alpha P^1.7265 of days of 10 mm and more, by season
        return sum((0.3937 if 5 <= int(day[:2]) <= 9 else 0.3101) * rain**1.7265 for day, rain in RAIN.items() if rain >= 10)
    if method == "zhang":
        wet = [rain for rain in RAIN.values() if rain >= 12]
        beta = 0.8363 + 18.144 / (sum(wet) / len(wet)) + 24.455 / sum(wet)
        return 21.586 * beta**-7.1891 * sum(rain**beta for rain in wet)
    months = [sum(rain for day, rain in RAIN.items() if day[:2] == f"{month:02d}") for month in range(1, 13)]
    return 17.02 * sum(1.735 * 10 ** (1.5 * math.log10(each**2 / sum(months)) - 0.8188) for each in months if each)


def erodibility(method):
    epic = (0.2 + 0.3 * math.exp(-0.0256 * 40 * 0.6)) * (40 / 60) ** 0.3
    epic *= 1 - 0.25 * 1.5 / (1.5 + math.exp(3.72 - 2.95 * 1.5))
    epic *= 1 - 0.7 * 0.6 / (0.6 + math.exp(-5.51 + 22.9 * 0.6))
    return (-0.01383 + 0.51575 * epic) * 0.1317 if method == "hj1173" else epic * 0.1317


def steep(sine):
    """S of the standard on the plane: 11.31 degrees lie in the third piece."""
    return 21.9 * sine - 0.96


def exponent(sine, divisor=0.089):
    beta = sine / divisor / (3 * sine**0.8 + 0.56)
    return beta / (1 + beta)


def printed(length, m=None):
    return (length / 22.13) ** (exponent(SINE) if m is None else m) * steep(SINE)


def area_length(inlet, x, m):
    """L from what enters a cell of 100 m, in m2 or, as the program has it, its root."""
    return ((inlet + 1e4) ** (m + 1) - inlet ** (m + 1)) / (100 ** (m + 2) * x**m * 22.13**m)


def invest(cells, tangent=FALL):
    sine, cosine = math.sin(math.atan(tangent)), math.cos(math.atan(tangent))
    percent = 100 * tangent
    m = exponent(sine, 0.0896) if percent > 9 else 0.5 if percent > 5 else 0.4 if percent > 3.5 else 0.3 if percent > 1 else 0.2
    s = 10.8 * sine + 0.03 if percent < 9 else 16.8 * sine - 0.5
    return min(area_length(math.sqrt((cells - 1) * 1e4), sine + cosine, m), 122) * s


def desmet(cells):
    return area_length((cells - 1) * 1e4, 1.0, exponent(SINE)) * steep(SINE)  # water runs straight to the east: x = 1


def horn(height):
    """Tangent of the slope inside the edge (Horn), 0 elsewhere."""
    z, out = height.astype(float), np.zeros(height.shape)
    for row in range(1, z.shape[0] - 1):
        for col in range(1, z.shape[1] - 1):
            a, b, c, d, _, f, g, h, i = z[row - 1 : row + 2, col - 1 : col + 2].ravel()
            out[row, col] = math.hypot((c + 2 * f + i) - (a + 2 * d + g), (a + 2 * b + c) - (g + 2 * h + i)) / 800
    return out


def soil(option, value):
    code = "soil_retention"
    r, k, ls = V["erosivity"], V["erodibility"], V["ls"]
    base = {"c_factor": "layer"}
    shrub = [(code, "C_landclass", "2", 0.05, "1"), (code, "P_factor", "2", 0.9, "1")]
    if option == "practice":
        c = {each: 0.25 * PRACTICE[each] if value == "P" else 0.25 for each in SOILS}
        return Case(FACTORS, base | {option: value}, {"soil": {each: r * k * ls * (1 - c[each]) for each in SOILS}}, shrub)
    if option == "c_factor":
        logarithm = dict.fromkeys(SOILS, 0.6508 - 0.3436 * math.log10(60))
        table = {"classes": CLASSES, "cover_log": logarithm, "land_class": BY_CLASS, "layer": dict.fromkeys(SOILS, 0.25)}[value]
        expected = {"soil": {each: r * k * ls * (1 - table[each]) for each in SOILS}}
        return Case((*FACTORS, "cover"), {option: value}, expected, shrub)
    if option == "erosivity":
        layers = (*(role for role in FACTORS if role != "erosivity"), "rain_daily")
        return Case(layers, base | {option: value}, {"soil": dict.fromkeys(SOILS, erosivity(value) * k * ls * 0.75)})
    if option == "k":
        layers = (*(role for role in FACTORS if role != "erodibility"), *TEXTURE)
        return Case(layers, base | {option: value}, {"soil": dict.fromkeys(SOILS, r * erodibility(value) * ls * 0.75)})
    if option in ("ls", "m", "length", "channels"):
        layers = (*(role for role in FACTORS if role != "ls"), "dem")
        choices = {"ls": "hj1173"} if option in ("m", "length") else {"ls": "invest"} if option == "channels" else {}
        cells = {each: COLUMN[each] + 1 for each in SOILS}
        by_method = {"hj1173": lambda n: printed(100 * n), "invest": invest, "desmet_govers": desmet}
        ways = {"cell": lambda _: printed(100 / math.cos(math.atan(FALL))), "accumulation": lambda n: printed(100 * n)}
        ways |= {"flow_length": lambda n: printed(100 * n - 50)}
        exponents = {"rusle": lambda n: printed(100 * n), "steps": lambda n: printed(100 * n, 0.5)}
        out = {"out": lambda n: 0.0 if n >= 4 else invest(n), "in": invest}
        factor = {"ls": by_method, "length": ways, "m": exponents, "channels": out}[option][value]
        numbers = [*WIDE, *([(code, "channel_cells", "*", 4, "1")] if option == "channels" else [])]
        expected = {"soil": {each: r * k * factor(n) * 0.75 for each, n in cells.items()}}
        return Case(layers, base | choices | {option: value}, expected, numbers)
    if option == "slope":
        layers = (*(role for role in FACTORS if role != "ls"), "dem=pit")
        raw = given.elevation(pit=True)
        filled = raw.copy()
        filled[given.PIT[:2]] = filled[given.PIT[0], given.PIT[1] + 1]  # the hollow fills to the cell in the east, its lowest
        return Case(layers, base | {"ls": "invest", option: value}, {"slope": horn(raw if value == "raw" else filled)})
    if option == "density":
        density = {"layer": 1.3, "number": 1.125}[value]
        kept_soil = r * k * ls * 0.75
        return Case(FACTORS, base | {option: value}, {"silt": dict.fromkeys(SOILS, 0.24 * kept_soil / density)})
    if option == "content":
        share = {"layer": 0.0015, "number": 0.002}[value]
        own = [(code, "soil_nitrogen", "*", 0.002, "1"), (code, "soil_phosphorus", "*", 0.001, "1")] if value == "number" else ()
        return Case(FACTORS, base | {option: value}, {"nitrogen": dict.fromkeys(SOILS, r * k * ls * 0.75 * share)}, own)
    prices = {"treatment_cost": (1050.0, 3300.0), "fertiliser_price": (4200.0, 7100.0)}[value]
    expected = {"nitrogen": dict.fromkeys(SOILS, r * k * ls * 0.75 * 0.0015)}
    return Case(FACTORS, base | {option: value}, expected, prices=dict(zip(("nitrogen", "phosphorus"), prices, strict=True)))


# flood mitigation ----------------------------------------------------------------------------------------------------------------
NUMBER = {111: 55, 121: 55, 211: 48, 311: 58, 512: 78}  # on soils of group B; bare soil 86
PAIR = (-5.0, 6.0)


def scs(rain, number):
    storage = 25400 / number - 254
    return (rain - 0.2 * storage) ** 2 / (rain + 0.8 * storage) if rain > 0.2 * storage else 0.0


def held(storms, baseline="bare"):
    depth = {code: sum((scs(p, 86) if baseline == "bare" else p) - scs(p, n) for p in storms) for code, n in NUMBER.items()}
    return {"vegetation": {code: 10 * each for code, each in depth.items()}}


def flood(option, value):
    code = "flood_mitigation"
    layers = ("soil_group", "rain_daily", "lakes", "reservoirs")
    own = [(code, "storm_threshold", "*", 25, "mm d-1")]
    storms = [rain for rain in RAIN.values() if rain >= 25]
    if option == "vegetation" and value == "regression":
        pairs = [
            (code, "regression", f"{each}:{part}", number, "mm")
            for each in given.TYPES
            for part, number in zip(("intercept", "slope"), PAIR, strict=True)
        ]
        left = 10 * sum(p - min(max(PAIR[0] + PAIR[1] * math.log(p), 0), p) for p in storms)
        return Case(layers, {option: value}, {"vegetation": dict.fromkeys(NUMBER, left)}, own + pairs)
    if option in ("vegetation", "baseline"):
        return Case(layers, {option: value}, held(storms, value if option == "baseline" else "bare"), own)
    if option == "storms":
        least = {"user_threshold": 25, "threshold": 50, "all": 0}[value]  # 50: the grade of rainstorms
        numbers = own if value == "user_threshold" else ()
        return Case(layers, {option: value}, held([rain for rain in RAIN.values() if rain >= least]), numbers)
    if option == "lakes":
        constants = {"east_plain": (4.924, 1.128, 3.19), "tibet": (6.636, 0.678, 1.0)}
        whole = 1_740_000.0 + 3_000_000.0
        if value in constants:
            a, b, exchange = constants[value]
            whole = sum(math.exp(a) * area**b * exchange * 1e4 for area in (2.0, 5.0))
        return Case(layers, {option: value}, {"lake": whole, "reservoir": (0.35 * 8000 + 20) * 1e4}, own)
    numbers = [(code, *row) for row in STORAGE] + own
    return Case(
        layers, {option: value}, held(storms), numbers, prices=dict.fromkeys(("vegetation", "marsh", "lake"), YEARLY[value])
    )


# climate, carbon, oxygen ---------------------------------------------------------------------------------------------------------
HEAT = {
    "GARZE2017": {111: 2837.27, 121: 2837.27, 211: 1300.95, 311: 969.83},
    "CIRCULATED": {111: 70.4, 121: 70.4, 211: 25.6, 311: 25.6},
}
AIR = ("cooling_evapotranspiration", "cooling_days", "water_evaporation", "dry_water_evaporation")


def climate(option, value):
    if option == "epp":
        if value == "et":
            expected = dict.fromkeys((111, 121, 211, 311, 413), 250 * 2450 * 1e4 / (3600 * 3))
        else:
            expected = {code: heat * 75 * 1e4 / (3600 * 3) for code, heat in HEAT[value].items()}
        return Case(AIR, {option: value}, {"plants": expected})
    ratio = {"r": 3.0, "none": 1.0}[value] if option == "water_eer" else 3.0
    humid = {"none": 0.0, "dry_days": 900.0, "all": 4500.0}[value] if option == "humidification" else 0.0
    return Case(AIR, {option: value}, {"water": {LAKE: 4500 * 1000 * 2450 / (3600 * ratio) + humid * 120}})


LAND = (111, 121, 211, 311)
RATE = {"1": 180.0, "2": 90.0, "3": 45.0, "5": 60.0, "6": 12.0}
HELD = "carbon_sequestration"
CARBON = ("npp", "respiration", "temperature", "precipitation_monthly", "biomass", "biomass_opening", "npp_dry_matter")


def carbon(option, value):
    numbers = [(HELD, "nep_ratio", "*", 0.5, "1"), (HELD, "biomass_years", "*", 5, "yr")]
    rates = [(HELD, "sequestration_rate", key, rate, "gC m-2 yr-1") for key, rate in RATE.items()]
    modelled = 12 * 0.22 * (math.exp(0.0912 * 15) + math.log(0.3145 * 100 + 1)) * 30 * 0.465
    by_rate = {code: RATE[str(code)[0]] * CO2 for code in LAND}
    if option == "method":
        uptake = {"nep": (600 - modelled) * CO2, "biomass": 11 / 5 * 0.5 * 44 / 12, "npp_dry_matter": 1.63 * 12}
        return {option: value}, by_rate if value == "rate" else dict.fromkeys(LAND, uptake[value]), numbers + rates
    if option == "respiration":
        net = {"model": 600 - modelled, "ratio": 300.0, "raster": -300.0}[value]
        return {option: value}, dict.fromkeys(LAND, net * CO2), numbers + rates
    if option == "soil":
        share = 0.646 if value == "forest_ratio" else 0.0
        forest = {code: each * (1 + share * (code < 200)) for code, each in by_rate.items()}
        return {"method": "rate", option: value}, forest, numbers + rates
    net = {"keep": -300 * CO2, "clip": 0.0}[value]
    return {"respiration": "raster", option: value}, dict.fromkeys(LAND, net), numbers + rates


def sequestration(option, value):
    choices, expected, numbers = carbon(option, value)
    return Case(CARBON, choices, {"vegetation": expected, "wetland": {MARSH: 32.48 * CO2, LAKE: 56.67 * CO2}}, numbers)


def oxygen(option, value):
    if option == "basis":
        _, net, numbers = carbon("method", "nep")
        gross = {"co2": None, "npp": 32 / 12 * 0.01 * 600, "dry": 1.2 * 12}[value]
        by_type = {code: each * 32 / 44 for code, each in net.items()} if gross is None else dict.fromkeys(LAND, gross)
        return Case(CARBON, {option: value}, {"vegetation": by_type}, numbers)
    choices, expected, numbers = carbon(option, value)
    released = {code: each * 32 / 44 for code, each in expected.items()}
    return Case(CARBON, {}, {"vegetation": released}, numbers, {HELD: choices})


# tables --------------------------------------------------------------------------------------------------------------------------
def supply(option, value):
    costs = 6.3e6 + 5.0e6 + 0.8e6 + 0.2e6 + 0.06 * 8e6
    worth = {"gross": 15e6, "net_value_added": 15e6 * 0.58, "residual_rent": 15e6 - costs}
    if value == "land_rent":
        return Case((), {option: value}, {"land": 40.0}, prices={"land": 12000.0})
    return Case((), {option: value}, {"rice": 5000.0}, prices={"rice": worth[value] / 5000})


def recreation(option, value):
    trips = {"near": 600_000 * (1.5 * 8 * 45 * 0.3 + 260), "far": 200_000 * (3 * 8 * 45 * 0.3 + 260)}
    worth = {"visits": sum(trips.values()) * 0.6, "revenue": 300e6 * 0.6}[value]
    return Case((), {option: value}, {"tourism_health": 800_000.0}, prices={"tourism_health": worth / 800_000})


CASES = {
    "water_retention": water,
    "soil_retention": soil,
    "flood_mitigation": flood,
    "climate_regulation": climate,
    "carbon_sequestration": sequestration,
    "oxygen_release": oxygen,
    "material_supply": supply,
    "recreation": recreation,
}


@pytest.mark.parametrize(("option", "value"), EVERY, ids=lambda each: each if isinstance(each, str) else "-".join(each))
def test_the_value_gives_what_its_formula_says(path, option, value):
    service, name = option
    case = CASES[service](name, value)
    account = run(path, service, case)
    rows = account.supply[account.supply["service"] == service]
    assert f"{name}={value}" in rows["option"].iloc[0].split("; ")
    for item, expected in case.expected.items():
        if item == "slope":
            _check_slope(account, expected)
            continue
        found = rows[(rows["item"] == item) & rows["quantity"].notna()]
        if isinstance(expected, dict):
            density = dict(zip(found["ecosystem_type"].astype(int), found["quantity"] / (found["valid_area"] / 1e4), strict=True))
            assert density == pytest.approx(expected, rel=2e-5, abs=1e-9), item
        else:
            assert found["quantity"].tolist() == pytest.approx([expected], rel=1e-9), item
    for item, price in case.prices.items():
        found = rows[(rows["item"] == item) & rows["quantity"].notna()]
        assert len(found)
        assert found["price"].tolist() == pytest.approx([price] * len(found), rel=1e-9), item
        assert (found["price_year"] == given.YEAR).all()
        worth = found["quantity"] * found["price"]
        assert found["value"].tolist() == pytest.approx(worth.tolist(), rel=1e-12)


def _check_slope(account, tangents):
    """LS of `invest` in the cells west of the hollow, which gather the cells of their rows and see it in their window."""
    row, col, _ = given.PIT
    found = account.layers("ls").to_numpy()
    for place in ((row - 1, col - 1), (row, col - 1), (row + 1, col - 1)):
        assert found[place] == pytest.approx(invest(col, tangents[place]), rel=2e-5)
    assert tangents[row, col - 1] != pytest.approx(FALL, rel=0.01)


def test_every_service_and_option_has_a_case():
    assert set(CASES) == {service.code for service in SERVICES}
    assert len(EVERY) == len(set(EVERY)) >= 98
