"""Example 1 of the reference: densities, services and prices, for the tests that count with them."""

import pandas as pd

# Example 1: densities per ha and year (water m3, soil t, carbon tCO2)
DENSITY = {
    "forest": (2500, 40, 6),
    "wetland": (4000, 10, 4),
    "crop": (500, 5, 0.5),
    "built": (0, 2, 0),
    "slope": (600, 4, 0.2),
    "restored_forest": (2300, 36, 5.5),
    "restored_wetland": (3800, 9, 3.6),
}
SERVICES = ("water", "soil", "carbon")
UOM = {"water": "m3 yr-1", "soil": "t yr-1", "carbon": "tCO2 yr-1"}
PRICES = pd.DataFrame(
    {
        "service": SERVICES,
        "price": [5.0, 30.0, 60.0],
        "price_uom": ["CNY m-3", "CNY t-1", "CNY tCO2-1"],
        "price_year": 2023,
        "status": "example",
    }
)
