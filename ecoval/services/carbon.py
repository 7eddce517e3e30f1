"""Carbon dioxide taken up by land: what carbon sequestration and oxygen release share.

    nep             q = (NPP - Rh) 0.01 44/12              NPP, Rh gC m-2 yr-1
    rate            q = 0.01 44/12 rate                    rate gC m-2 yr-1
    biomass         q = (B1 - B0)/years CF 44/12           B t ha-1 of dry matter
    npp_dry_matter  q = 1.63 DM                            DM t ha-1 yr-1 of dry matter

Heterotrophic respiration of a month, gC m-2, with T mean temperature and P rain in mm [WANGC2021]:

    Rh = r0 [exp(t_coef T) + ln(p_coef P + 1)] days carbon_share

1 gC m-2 is 0.01 tC ha-1; 44/12 is the mass of CO2 per mass of carbon.
"""

from functools import partial

import numpy as np
import numpy.typing as npt

from ecoval.kernels.cellwise import Cells, cellwise, clipped, exponential, logarithm
from ecoval.services.declaration import EQUATION_CONSTANTS, Input, KeyNumbers, Option, Parameter, TypeCodes

F = np.float32
CO2_PER_GC_M2 = F(0.01 * 44 / 12)  # tCO2 ha-1 per gC m-2
CO2_PER_CARBON = F(44 / 12)


@cellwise
def _month(total: F, temperature: F, precipitation: F, r0: F, t_coef: F, p_coef: F, scale: F) -> F:
    rain = logarithm(p_coef * precipitation + F(1.0))
    return total + r0 * scale * (exponential(t_coef * temperature) + rain)


def respiration_model(temperature: Cells, precipitation_monthly: Cells, heterotrophic_respiration: KeyNumbers) -> Cells:
    """Heterotrophic respiration of a year from monthly weather.

    Parameters
    ----------
    temperature : array (12, rows, cols), degC
    precipitation_monthly : array (12, rows, cols), mm month-1, >= 0
    heterotrophic_respiration : table (key, value)
        Numbers r0, t_coef, p_coef, days, carbon_share.

    Returns
    -------
    array (rows, cols), gC m-2 yr-1
    """
    c = heterotrophic_respiration
    total = np.zeros(np.shape(temperature)[1:], dtype=F)
    for warmth, rain in zip(temperature, precipitation_monthly, strict=True):
        total = _month(total, warmth, rain, c["r0"], c["t_coef"], c["p_coef"], c["days"] * c["carbon_share"])
    return total


@cellwise
def _of_respiration(npp: F, respiration: F) -> F:
    return (npp - respiration) * CO2_PER_GC_M2


@cellwise
def _of_ratio(npp: F, ratio: F) -> F:
    return npp * ratio * CO2_PER_GC_M2


@cellwise
def of_rate(rate: F, soil_ratio: F) -> F:
    """Carbon dioxide by a sequestration rate of the vegetation and the soil's share of it.

    Parameters
    ----------
    rate : array (rows, cols), gC m-2 yr-1
    soil_ratio : array (rows, cols), 1

    Returns
    -------
    array (rows, cols), tCO2 ha-1 yr-1
    """
    return rate * (F(1.0) + soil_ratio) * CO2_PER_GC_M2


@cellwise
def of_biomass(opening: F, closing: F, years: F, carbon_fraction: F) -> F:
    """Carbon dioxide by the growth of biomass between two dates.

    Parameters
    ----------
    opening, closing : array (rows, cols), t ha-1
    years, carbon_fraction : number, 1

    Returns
    -------
    array (rows, cols), tCO2 ha-1 yr-1
    """
    return (closing - opening) / years * carbon_fraction * CO2_PER_CARBON


@cellwise
def of_dry_matter(npp_dry_matter: F, co2_per_dry_matter: F) -> F:
    """Carbon dioxide by dry matter produced; soil respiration is not taken off.

    Parameters
    ----------
    npp_dry_matter : array (rows, cols), t ha-1 yr-1
    co2_per_dry_matter : number, 1

    Returns
    -------
    array (rows, cols), tCO2 ha-1 yr-1
    """
    return npp_dry_matter * co2_per_dry_matter


def forest(types: npt.ArrayLike) -> Cells:
    """Whether a cell is forest, 1 or 0: codes 1, 11-19, 111-199."""
    types = np.asarray(types)
    return np.where(types // np.where(types >= 100, 100, np.where(types >= 10, 10, 1)) == 1, F(1.0), F(0.0))


@cellwise
def _positive(q: F) -> F:
    return clipped(q, F(0.0), F(np.inf))


def uptake(
    types: TypeCodes,
    npp: Cells,
    respiration: Cells | None,
    temperature: Cells,
    precipitation_monthly: Cells,
    heterotrophic_respiration: KeyNumbers,
    nep_ratio: float | None,
    vegetation_rate: Cells,
    forest_soil_ratio: float | None,
    biomass: Cells,
    biomass_opening: Cells,
    biomass_years: float,
    carbon_fraction: float,
    npp_dry_matter: Cells,
    co2_per_dry_matter: float,
    method: str,
    negative: str,
) -> Cells:
    """Carbon dioxide taken up by vegetation, by the chosen method; what a method leaves out is None.

    Parameters
    ----------
    npp, respiration : array (rows, cols), gC m-2 yr-1
    temperature : array (12, rows, cols), degC
    precipitation_monthly : array (12, rows, cols), mm month-1
    nep_ratio : number, 1, 0-1
    vegetation_rate : array (rows, cols), gC m-2 yr-1
    forest_soil_ratio : number, 1
        Carbon that the soil of forests stores per carbon that their vegetation stores.
    biomass, biomass_opening : array (rows, cols), t ha-1
    biomass_years, carbon_fraction, co2_per_dry_matter : number, 1
    npp_dry_matter : array (rows, cols), t ha-1 yr-1
    method : choice {nep, rate, biomass, npp_dry_matter}
    negative : choice {keep, clip}

    Returns
    -------
    array (rows, cols), tCO2 ha-1 yr-1
    """
    if method == "rate":
        q = of_rate(vegetation_rate, 0.0 if forest_soil_ratio is None else forest(types) * F(forest_soil_ratio))
    elif method == "biomass":
        q = of_biomass(biomass_opening, biomass, biomass_years, carbon_fraction)
    elif method == "npp_dry_matter":
        q = of_dry_matter(npp_dry_matter, co2_per_dry_matter)
    elif nep_ratio is not None:
        q = _of_ratio(npp, nep_ratio)
    else:
        if respiration is None:
            respiration = respiration_model(temperature, precipitation_monthly, heterotrophic_respiration)
        q = _of_respiration(npp, respiration)
    return _positive(q) if negative == "clip" else q


NEP = {"method": ("nep",)}
RASTER = NEP | {"respiration": ("raster",)}
MODEL = NEP | {"respiration": ("model",)}
RATIO = NEP | {"respiration": ("ratio",)}
RATE, BIOMASS, DRY = {"method": ("rate",)}, {"method": ("biomass",)}, {"method": ("npp_dry_matter",)}
OF = "carbon_sequestration"  # the tables that hold the numbers

INPUTS = (
    Input("npp", "gC m-2 yr-1", low=-500, high=5000, when=NEP),
    Input("respiration", "gC m-2 yr-1", low=0, high=5000, when=RASTER),
    Input("temperature", "degC", low=-60, high=60, bands=12, when=MODEL),
    Input("precipitation_monthly", "mm month-1", low=0, high=4000, bands=12, when=MODEL),
    Input("biomass", "t ha-1", low=0, high=2000, when=BIOMASS),
    Input("biomass_opening", "t ha-1", low=0, high=2000, when=BIOMASS),
    Input("npp_dry_matter", "t ha-1 yr-1", low=0, high=150, when=DRY),
)
rate_of_type = partial(
    Parameter, measure="gC m-2 yr-1", by="type", parameter="sequestration_rate", low=0, high=2000, fallback=True, service=OF
)
PARAMETERS = (
    Parameter("heterotrophic_respiration", "1", by="table", free=EQUATION_CONSTANTS, service=OF, when=MODEL),
    Parameter("nep_ratio", "1", low=0, high=1, source="own", service=OF, when=RATIO),
    rate_of_type("vegetation_rate", when=RATE),
    Parameter("forest_soil_ratio", "1", low=0, high=2, service=OF, when=RATE | {"soil": ("forest_ratio",)}),
    Parameter("biomass_years", "yr", low=0.1, high=1000, source="own", service=OF, when=BIOMASS),
    Parameter("carbon_fraction", "1", key="dry_matter", low=0, high=1, service=OF, when=BIOMASS),
    Parameter("co2_per_dry_matter", "1", low=0, high=3.67, service=OF, when=DRY),
    rate_of_type("wetland_rate"),
)
OPTIONS = (
    Option("method", ("nep", "rate", "biomass", "npp_dry_matter"), "nep"),
    Option("respiration", ("model", "ratio", "raster"), "model", when=NEP),
    Option("soil", ("none", "forest_ratio"), "none", when=RATE),
    Option("negative", ("keep", "clip"), "keep"),
)
