"""Climate regulation: heat taken from the air by plants and water in the cooling season, as the electricity that it saves.

    plants   q = EPP D 10^4 / (3600 r)               kWh ha-1 yr-1
    water    q = E (rho l / (3600 r_w) + y)          kWh ha-1 yr-1

EPP is the heat used by transpiration, kJ m-2 d-1; D the cooling days of the year; r the energy efficiency ratio of an air
conditioner; E the evaporation of water in the cooling days, m3 ha-1 yr-1; rho the density of water, kg m-3; l the latent heat,
J g-1; y the energy of a humidifier, kWh m-3. 1 mm of water over 1 m2 takes l kJ; 3600 kJ are 1 kWh. [BO2017], [YOUYANG],
[FAO56].

Decided 2026: `epp = et` is the default: heat from the evapotranspiration of the cooling days; it holds the evaporation of the
soil too and is an upper figure. The two sets of constants differ 40-fold, both are recalled, and the study has to name one;
they hold for forest, shrub and grassland alone, so that orchards, urban green and marsh are missing area with them. A cooler is
replaced over water as over land (`water_eer = r`), and no humidifier is counted in a humid region (`humidification = none`).
This service alone can be half of GEP: the variants belong side by side in the report.
"""

from functools import partial

import numpy as np

from ecoval.kernels.cellwise import Cells, cellwise
from ecoval.services.declaration import Input, Item, Option, Parameter, Service, Variant

F = np.float32
KJ_PER_KWH = F(3600.0)
M2_PER_HA = F(10_000.0)
M3_HA_PER_MM = F(10.0)


def plants(
    cooling_evapotranspiration: Cells,
    transpiration_heat: Cells,
    cooling_days: Cells,
    energy_efficiency_ratio: float,
    latent_heat: float,
    epp: str,
) -> Cells:
    """Electricity saved by the transpiration of plants.

    Parameters
    ----------
    cooling_evapotranspiration : array (rows, cols), mm yr-1, >= 0
    transpiration_heat : array (rows, cols), kJ m-2 d-1
    cooling_days : array (rows, cols), d yr-1, 0-366
    energy_efficiency_ratio : number, 1
    latent_heat : number, J g-1
    epp : choice {et, GARZE2017, CIRCULATED}

    Returns
    -------
    array (rows, cols), kWh ha-1 yr-1
    """
    if epp == "et":
        return _of_depth(cooling_evapotranspiration, latent_heat, energy_efficiency_ratio)
    return _of_heat(transpiration_heat, cooling_days, energy_efficiency_ratio)


def water(
    water_evaporation: Cells,
    dry_water_evaporation: Cells,
    energy_efficiency_ratio: float,
    water_density: float,
    latent_heat: float,
    humidifier_energy: float,
    water_eer: str,
    humidification: str,
) -> Cells:
    """Electricity saved by the evaporation of open water.

    Parameters
    ----------
    water_evaporation : array (rows, cols), mm yr-1, >= 0
        Of the cooling days.
    dry_water_evaporation : array (rows, cols), mm yr-1, >= 0
        Of the cooling days below the humidity threshold; for `dry_days` alone.
    energy_efficiency_ratio : number, 1
    water_density : number, kg m-3
    latent_heat : number, J g-1
    humidifier_energy : number, kWh m-3
    water_eer : choice {r, none}
    humidification : choice {none, dry_days, all}

    Returns
    -------
    array (rows, cols), kWh ha-1 yr-1
    """
    ratio = energy_efficiency_ratio if water_eer == "r" else 1.0
    cooled = _of_water(water_evaporation, water_density, latent_heat, ratio)
    if humidification == "none":
        return cooled
    return _humid(cooled, water_evaporation if humidification == "all" else dry_water_evaporation, humidifier_energy)


@cellwise
def _of_depth(depth: F, latent_heat: F, ratio: F) -> F:
    return depth * latent_heat * M2_PER_HA / (KJ_PER_KWH * ratio)


@cellwise
def _of_heat(heat: F, days: F, ratio: F) -> F:
    return heat * days * M2_PER_HA / (KJ_PER_KWH * ratio)


@cellwise
def _of_water(depth: F, density: F, latent_heat: F, ratio: F) -> F:
    return depth * M3_HA_PER_MM * (density * latent_heat / (KJ_PER_KWH * ratio))


@cellwise
def _humid(cooled: F, depth: F, energy: F) -> F:
    return cooled + depth * M3_HA_PER_MM * energy


ET, SETS = {"epp": ("et",)}, {"epp": ("GARZE2017", "CIRCULATED")}
electricity = partial(Item, measure="kWh ha-1 yr-1", price="price_electricity", price_measure="CNY kWh-1")

PLANTS, WATER = ("plants",), ("water",)
BESIDE = (  # the published sets of transpiration heat differ 40-fold: a reader must see what the choice does
    Variant({"epp": "et"}, items=PLANTS),
    Variant({"epp": "GARZE2017"}, items=PLANTS),
    Variant({"epp": "CIRCULATED"}, items=PLANTS),
    Variant({"water_eer": "r", "humidification": "none"}, items=WATER, proportional=True),
    Variant({"water_eer": "r", "humidification": "all"}, items=WATER, proportional=True),
    Variant({"water_eer": "none", "humidification": "none"}, items=WATER, proportional=True),
    Variant({"water_eer": "none", "humidification": "all"}, items=WATER, proportional=True),
    Variant(factors={"energy_efficiency_ratio": 1.1}, proportional=True),
    Variant(factors={"cooling_days": 1.1}, when=SETS, items=PLANTS, proportional=True),
    Variant(factors={"humidifier_energy": 1.1}, when={"humidification": ("all",)}, items=WATER, proportional=True),
)

SERVICE = Service(
    code="climate_regulation",
    category="regulating",
    items=(
        electricity("plants", quantity=plants),
        electricity("water", quantity=water),
    ),
    inputs=(
        Input("cooling_evapotranspiration", "mm yr-1", low=0, high=2500, when=ET),
        Input("cooling_days", "d yr-1", low=0, high=366, when=SETS),
        Input("water_evaporation", "mm yr-1", low=0, high=3000),
        Input("dry_water_evaporation", "mm yr-1", low=0, high=3000, when={"humidification": ("dry_days",)}),
    ),
    parameters=(
        Parameter(
            "transpiration_heat",
            "kJ m-2 d-1",
            by="type",
            low=0,
            high=10000,
            fallback=True,
            source="{epp}",
            when=SETS,
        ),
        Parameter("energy_efficiency_ratio", "1", low=1, high=10),
        Parameter("latent_heat", "J g-1", low=2400, high=2510),
        Parameter("water_density", "kg m-3", low=900, high=1100),
        Parameter("humidifier_energy", "kWh m-3", low=0, high=1e4, when={"humidification": ("dry_days", "all")}),
    ),
    options=(
        Option("epp", ("et", "GARZE2017", "CIRCULATED"), "et"),
        Option("water_eer", ("r", "none"), "r"),
        Option("humidification", ("none", "dry_days", "all"), "none"),
    ),
    variants=BESIDE,
    lookups=(Parameter("cooling_threshold", "degC", low=0, high=50, key="daily_max"),),
    references=("BO2017", "YOUYANG", "FAO56", "GARZE2017", "CIRCULATED", "gbt46869-2025"),
)
