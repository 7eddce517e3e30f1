"""Oxygen release: oxygen set free by photosynthesis. Not an item of SEEA EA nor of the national specification.

    basis co2    q = 32/44 q_CO2                 net, consistent with carbon sequestration (default)
    basis npp    q = 32/12 0.01 NPP              gross of soil respiration
    basis dry    q = 1.2 DM                      DM t ha-1 yr-1 of dry matter [BYD2017]

all in t ha-1 yr-1; NPP gC m-2 yr-1; 32/44 and 32/12 are ratios of masses [CHEM].

Decided 2026: the default is the net form. The two differ by an order of magnitude: the published case of Garze has O2/CO2 =
8.1, since its carbon is net and its oxygen gross [GARZE2017]. By `co2` the options of carbon sequestration hold here as well:
what the study chooses there is used here, and another choice beside it is refused; its parameter tables are used.
"""

from dataclasses import replace

import numpy as np

from ecoval.kernels.cellwise import Cells, cellwise
from ecoval.services import carbon
from ecoval.services.declaration import Input, Item, KeyNumbers, Option, Parameter, Service, TypeCodes

F = np.float32


@cellwise
def _times(quantity: F, factor: F) -> F:
    return quantity * factor


@cellwise
def _of_carbon(npp: F, o2_per_c: F) -> F:
    return npp * o2_per_c * 0.01


def vegetation(
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
    basis: str,
    o2_per_co2: float,
    o2_per_c: float,
    o2_per_dry_matter: float,
) -> Cells:
    """Oxygen released by vegetation in a year.

    Parameters
    ----------
    npp, respiration : array (rows, cols), gC m-2 yr-1
    temperature : array (12, rows, cols), degC
    precipitation_monthly : array (12, rows, cols), mm month-1
    nep_ratio : number, 1, 0-1
    vegetation_rate : array (rows, cols), gC m-2 yr-1
    forest_soil_ratio : number, 1
    biomass, biomass_opening : array (rows, cols), t ha-1
    biomass_years, carbon_fraction, co2_per_dry_matter : number, 1
    npp_dry_matter : array (rows, cols), t ha-1 yr-1
    method : choice {nep, rate, biomass, npp_dry_matter}
    negative : choice {keep, clip}
    basis : choice {co2, npp, dry}
    o2_per_co2, o2_per_c, o2_per_dry_matter : number, 1

    Returns
    -------
    array (rows, cols), t ha-1 yr-1
    """
    if basis == "npp":
        return _of_carbon(npp, o2_per_c)
    if basis == "dry":
        return _times(npp_dry_matter, o2_per_dry_matter)
    co2 = carbon.uptake(
        types,
        npp,
        respiration,
        temperature,
        precipitation_monthly,
        heterotrophic_respiration,
        nep_ratio,
        vegetation_rate,
        forest_soil_ratio,
        biomass,
        biomass_opening,
        biomass_years,
        carbon_fraction,
        npp_dry_matter,
        co2_per_dry_matter,
        method,
        negative,
    )
    return _times(co2, o2_per_co2)


def wetland(wetland_rate: Cells, o2_per_co2: float) -> Cells:
    """Oxygen released by wetlands in a year, by the rate of their carbon.

    Parameters
    ----------
    wetland_rate : array (rows, cols), gC m-2 yr-1
    o2_per_co2 : number, 1

    Returns
    -------
    array (rows, cols), t ha-1 yr-1
    """
    return _times(carbon.of_rate(wetland_rate, 0.0), o2_per_co2)


CO2, NPP, DRY = {"basis": ("co2",)}, {"basis": ("npp",)}, {"basis": ("dry",)}

SERVICE = Service(
    code="oxygen_release",
    category="regulating",
    items=(
        Item("vegetation", measure="t ha-1 yr-1", quantity=vegetation, price="price_o2", price_measure="CNY t-1"),
        Item("wetland", measure="t ha-1 yr-1", quantity=wetland, price="price_o2", price_measure="CNY t-1", when=CO2),
    ),
    inputs=(
        *(replace(entry, when={**entry.when, **CO2}) for entry in carbon.INPUTS),
        Input("npp", "gC m-2 yr-1", low=-500, high=5000, when=NPP),
        Input("npp_dry_matter", "t ha-1 yr-1", low=0, high=150, when=DRY),
    ),
    parameters=(
        *(replace(entry, when={**entry.when, **CO2}) for entry in carbon.PARAMETERS),
        Parameter("o2_per_co2", "1", low=0, high=2, when=CO2),
        Parameter("o2_per_c", "1", low=0, high=5, when=NPP),
        Parameter("o2_per_dry_matter", "1", low=0, high=3, when=DRY),
    ),
    options=(
        Option("basis", ("co2", "npp", "dry"), "co2"),
        *(replace(option, when={**option.when, **CO2}, of=carbon.OF) for option in carbon.OPTIONS),
    ),
    references=("CHEM", "BYD2017", "GARZE2017", "WANGC2021"),
)
