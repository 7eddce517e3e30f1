"""Carbon sequestration: carbon dioxide taken up by land, net of soil respiration.

    q = NEP 0.01 44/12        tCO2 ha-1 yr-1        NEP = NPP - Rh, gC m-2 yr-1

The methods `nep`, `rate`, `biomass` and `npp_dry_matter` and their formulas stand in `ecoval.services.carbon`. GB/T 46869-2025
names three of them [gbt46869-2025]; respiration model [WANGC2021]; wetland rates [DUAN2008], recalled.

Decided 2026: one land unit, one method. Item `vegetation` covers all types in scope but wetlands by the chosen method, item
`wetland` the types of family 4 by rate, so the map of methods is the map of the two items. Negative NEP is kept as a debit
unless `negative = clip`. No sourced ratio of NEP to NPP exists for Zhejiang: `ratio` needs the user's own number. Dry matter
overstates and serves to reproduce older papers. Prices per t of carbon are converted by 12/44.
"""

from ecoval.kernels.cellwise import Cells
from ecoval.services import carbon
from ecoval.services.declaration import Item, Service

vegetation = carbon.uptake


def wetland(wetland_rate: Cells) -> Cells:
    """Carbon dioxide taken up by wetlands in a year, by rate.

    Parameters
    ----------
    wetland_rate : array (rows, cols), gC m-2 yr-1

    Returns
    -------
    array (rows, cols), tCO2 ha-1 yr-1

    References
    ----------
    [DUAN2008]
    """
    return carbon.of_rate(wetland_rate, 0.0)


SERVICE = Service(
    code="carbon_sequestration",
    category="regulating",
    items=(
        Item("vegetation", measure="tCO2 ha-1 yr-1", quantity=vegetation, price="price_co2", price_measure="CNY tCO2-1"),
        Item("wetland", measure="tCO2 ha-1 yr-1", quantity=wetland, price="price_co2", price_measure="CNY tCO2-1"),
    ),
    inputs=carbon.INPUTS,
    parameters=carbon.PARAMETERS,
    options=carbon.OPTIONS,
    references=("gbt46869-2025", "WANGC2021", "LI2022", "DUAN2008", "BYD2017", "CHEM"),
)
