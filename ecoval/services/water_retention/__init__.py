"""Water retention (flow regulation): rain kept by the ecosystem after surface runoff and evapotranspiration.

    q = 10 max(0, P - R - ET)        m3 ha-1 yr-1        R = a P, or a runoff layer

P is precipitation, R surface runoff, ET actual evapotranspiration, all mm yr-1; a is the mean surface runoff coefficient; 1 mm
over 1 ha is 10 m3. HJ 1173-2021 equation A.1 [hj1173-2021]; coefficients [GONG2017], [REDLINE2017].

Decided 2026: HJ 1173 takes the rain that produces runoff, the papers the annual total; no series of producing rain is public,
so the total is the default; `rain = runoff_producing` takes the layer `runoff_producing_precipitation` in its place, while the
Budyko curve keeps the total. |P - R - ET| is never taken: what the lower bound cuts off is the diagnostic item
`clipped`. Water and marsh are out of scope, their volumes are flood mitigation. The value is the full cost of as much reservoir
capacity, or its yearly cost; both are printed where the rate, the lifetime and the maintenance are given. `budyko` supplies ET
where no layer exists (`ecoval.services.evapotranspiration`); types without vegetation take the smaller of PET and P.
"""

import numpy as np
import numpy.typing as npt

from ecoval.kernels.cellwise import Cells, cellwise, clipped
from ecoval.services import evapotranspiration as water
from ecoval.services.declaration import EQUATION_CONSTANTS, Input, Item, Option, Parameter, Service, TypeCodes, Variant
from ecoval.services.storage_costs import STORAGE_COSTS

F = np.float32
NOT_VEGETATED = (4, 6, 7, 8, 9)  # families; urban green (62) and marsh (41) are vegetated


def retention(
    types: TypeCodes,
    precipitation: Cells,
    runoff_producing_precipitation: Cells | None,
    runoff: Cells | None,
    runoff_coefficient: Cells,
    evapotranspiration: Cells | None,
    reference_evapotranspiration: Cells,
    crop_coefficient: Cells,
    temperature: Cells,
    temperature_max: Cells,
    temperature_min: Cells,
    humidity: Cells,
    wind: Cells,
    sunshine: Cells,
    latitude: Cells,
    dem: Cells,
    soil_depth: Cells,
    root_depth: Cells,
    available_water: Cells,
    seasonality: float,
    budyko_offset: float,
    budyko_maximum: float,
    form: str,
    reference_et: str,
) -> Cells:
    """Water kept by the ecosystem in a year.

    Parameters
    ----------
    precipitation, runoff, evapotranspiration, reference_evapotranspiration : array (rows, cols), mm yr-1, >= 0
    runoff_producing_precipitation : array (rows, cols), mm yr-1, >= 0
        Rain of the days that produce runoff; P of the formula where it is given.
    runoff_coefficient : array (rows, cols), 1, 0-1
    crop_coefficient : array (rows, cols), 1
    temperature, temperature_max, temperature_min : array (12, rows, cols), degC
    humidity : array (12, rows, cols), %, 0-100
    wind : array (12, rows, cols), m s-1
    sunshine : array (12, rows, cols), h d-1
    latitude : array (rows, cols), deg
    dem : array (rows, cols), m
    soil_depth, root_depth : array (rows, cols), mm
    available_water : array (rows, cols), 1, 0-1
    seasonality, budyko_offset, budyko_maximum : number, 1
    form : choice {invest, invest2013}
    reference_et : choice {given, hargreaves, penman_monteith}

    Returns
    -------
    array (rows, cols), m3 ha-1 yr-1
        Missing (nan) where any input is missing.

    Notes
    -----
    Q = 10 max(0, P - R - ET); inputs that the options leave out are None.

    References
    ----------
    [hj1173-2021] equation A.1
    """
    if evapotranspiration is None:
        et0: water.Weather = reference_evapotranspiration
        if reference_et == "hargreaves":
            et0 = water.yearly_hargreaves(temperature, temperature_max, temperature_min, latitude)
        elif reference_et == "penman_monteith":
            et0 = water.yearly_penman_monteith(temperature_max, temperature_min, humidity, wind, sunshine, latitude, dem)
        capacity = np.minimum(soil_depth, root_depth) * available_water
        evapotranspiration = budyko(
            types, precipitation, crop_coefficient * et0, capacity, seasonality, budyko_offset, budyko_maximum, form
        )
    rain = precipitation if runoff_producing_precipitation is None else runoff_producing_precipitation
    if runoff is None:
        return _kept_of_share(rain, runoff_coefficient, evapotranspiration)
    return _kept(rain, runoff, evapotranspiration)


def budyko(
    types: npt.ArrayLike,
    precipitation: Cells,
    potential: water.Weather,
    water_capacity: Cells,
    seasonality: float,
    offset: float,
    maximum: float,
    form: str,
) -> Cells:
    """Actual evapotranspiration by the chosen Budyko curve; bare ground evaporates what falls, up to the demand.

    Parameters
    ----------
    precipitation, potential : array (rows, cols), mm yr-1, >= 0
    water_capacity : array (rows, cols), mm
    seasonality, offset, maximum : number, 1
    form : choice {invest, invest2013}

    Returns
    -------
    array (rows, cols), mm yr-1
    """
    if form == "invest":
        vegetated = water.budyko_invest(precipitation, potential, water_capacity, seasonality, offset, maximum)
    else:
        vegetated = water.budyko_invest2013(precipitation, potential, water_capacity, seasonality)
    types = np.asarray(types)
    family = types // np.where(types >= 100, 100, np.where(types >= 10, 10, 1))
    level2 = types // np.where(types >= 100, 10, 1)
    without = np.isin(family, NOT_VEGETATED) & ~np.isin(level2, (41, 62))
    return np.where(without, water.bare(precipitation, potential), vegetated)


def clipped_part(
    precipitation: Cells,
    runoff: Cells | None,
    runoff_coefficient: Cells,
    evapotranspiration: Cells,
    runoff_producing_precipitation: Cells | None = None,
) -> Cells:
    """Water that the lower bound of retention cuts off: evapotranspiration and runoff beyond the rain.

    Parameters
    ----------
    precipitation, runoff, evapotranspiration : array (rows, cols), mm yr-1, >= 0
    runoff_coefficient : array (rows, cols), 1, 0-1
    runoff_producing_precipitation : array (rows, cols), mm yr-1, >= 0
        In the place of the precipitation where it is given.

    Returns
    -------
    array (rows, cols), m3 ha-1 yr-1
        A share above 5 % of the area is a sign that precipitation and evapotranspiration do not fit.
    """
    rain = precipitation if runoff_producing_precipitation is None else runoff_producing_precipitation
    surface = runoff if runoff is not None else np.multiply(runoff_coefficient, rain)
    return _clipped(rain, surface, evapotranspiration)


@cellwise
def _kept(precipitation: F, runoff: F, evapotranspiration: F) -> F:
    return clipped(F(10.0) * (precipitation - runoff - evapotranspiration), F(0.0), F(np.inf))


@cellwise
def _kept_of_share(precipitation: F, share: F, evapotranspiration: F) -> F:
    return clipped(F(10.0) * (precipitation - share * precipitation - evapotranspiration), F(0.0), F(np.inf))


@cellwise
def _clipped(precipitation: F, runoff: F, evapotranspiration: F) -> F:
    return clipped(F(10.0) * (runoff + evapotranspiration - precipitation), F(0.0), F(np.inf))


LAYER, BUDYKO = {"evapotranspiration": ("layer",)}, {"evapotranspiration": ("budyko",)}
GIVEN = BUDYKO | {"reference_et": ("given",)}
WEATHER = BUDYKO | {"reference_et": ("hargreaves", "penman_monteith")}
HARGREAVES = BUDYKO | {"reference_et": ("hargreaves",)}
PENMAN = BUDYKO | {"reference_et": ("penman_monteith",)}


SERVICE = Service(
    code="water_retention",
    category="regulating",
    items=(
        Item("retention", measure="m3 ha-1 yr-1", quantity=retention, price="price_storage", price_measure="CNY m-3"),
        Item("clipped", measure="m3 ha-1 yr-1", quantity=clipped_part, when=LAYER, diagnostic=True),
    ),
    inputs=(
        Input("precipitation", "mm yr-1", low=0, high=12000, when={"rain": ("total",)}),
        Input("precipitation", "mm yr-1", low=0, high=12000, when=BUDYKO),
        Input("runoff_producing_precipitation", "mm yr-1", low=0, high=12000, when={"rain": ("runoff_producing",)}),
        Input("runoff", "mm yr-1", low=0, high=12000, when={"runoff": ("raster",)}),
        Input("evapotranspiration", "mm yr-1", low=0, high=4000, when=LAYER),
        Input("reference_evapotranspiration", "mm yr-1", low=0, high=4000, when=GIVEN),
        Input("temperature", "degC", low=-60, high=60, bands=12, when=HARGREAVES),
        Input("temperature_max", "degC", low=-60, high=60, bands=12, when=WEATHER),
        Input("temperature_min", "degC", low=-60, high=60, bands=12, when=WEATHER),
        Input("humidity", "%", low=0, high=100, bands=12, when=PENMAN),
        Input("wind", "m s-1", low=0, high=60, bands=12, when=PENMAN),
        Input("sunshine", "h d-1", low=0, high=24, bands=12, when=PENMAN),
        Input("latitude", "deg", low=-66, high=66, when=WEATHER),
        Input("dem", "m", low=-500, high=9000, when=PENMAN),
        Input("soil_depth", "mm", low=0, high=20000, when=BUDYKO),
        Input("available_water", "1", low=0, high=1, when=BUDYKO),
    ),
    parameters=(
        Parameter(
            "runoff_coefficient",
            "1",
            by="type",
            low=0,
            high=1,
            fallback=True,
            source="{coefficients}",
            when={"runoff": ("coefficient",)},
        ),
        Parameter("crop_coefficient", "1", by="type", low=0, high=2, fallback=True, when=BUDYKO),
        Parameter("root_depth", "mm", by="type", low=0, high=50000, fallback=True, when=BUDYKO),
        Parameter("seasonality", "1", low=0, high=50, when=BUDYKO),
        Parameter("budyko_offset", "1", key="invest", low=0, high=10, when=BUDYKO | {"form": ("invest",)}),
        Parameter("budyko_maximum", "1", key="invest", low=0, high=100, when=BUDYKO | {"form": ("invest",)}),
    ),
    options=(
        Option("rain", ("total", "runoff_producing"), "total"),
        Option("runoff", ("coefficient", "raster"), "coefficient"),
        Option("coefficients", ("GONG2017", "REDLINE2017", "own"), "GONG2017", when={"runoff": ("coefficient",)}),
        Option("evapotranspiration", ("layer", "budyko"), "layer"),
        Option("form", ("invest", "invest2013"), "invest", when=BUDYKO),
        Option("reference_et", ("given", "hargreaves", "penman_monteith"), "given", when=BUDYKO),
        Option("price", ("full_cost", "annualised", "water_price"), "full_cost"),
    ),
    variants=tuple(Variant(factors={"seasonality": factor}, when=BUDYKO, items=("retention",)) for factor in (0.5, 2.0)),
    lookups=(
        *STORAGE_COSTS,
        *(Parameter(name, "1", by="table", free=EQUATION_CONSTANTS) for name in ("hargreaves", "radiation_to_water")),
    ),
    references=("hj1173-2021", "GONG2017", "REDLINE2017", "INVEST", "INVEST-2013", "FAO56"),
)
