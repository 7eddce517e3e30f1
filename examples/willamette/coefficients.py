"""Densities of willamette per ecosystem type, every number with its source.

| service | density | source |
|---|---|---|
| `soil_cover` | 1 - C P: share of the erosion of bare ground that cover and practice hold back, ha per ha | biophysical table |
| `nitrogen_kept`, `phosphorus_kept` | largest net load of all classes less that of the class | biophysical table |
| `extent:<type>` | 1 on the type, 0 elsewhere | the maps |

The net load of a class is load (1 - efficiency).

A type holds several classes: its density is the mean of their numbers, weighted by their area now, between the least and the
largest of them as range. The table gives C and P in thousandths, efficiencies in per cent; that its loads are grams per hectare and
year is recalled, not read, and said in the note of each row.

The worked water yield (wyield.tif) is left out: over the 9 subwatersheds its mean is 1,065 to 1,138 mm for conifers of any age and
854 to 1,428 mm between the 10th and 90th percentile of one class, so that place, not cover, decides it.
"""

import csv

import numpy as np
import pandas as pd
from changes import TYPES

EXTENTS = {
    "broadleaf_forest": (11,),
    "needleleaf_forest": (12, 121),
    "mixed_forest": (13,),
    "farmland": (51, 52),
    "grassland": (3,),
}
TABLE, MAPS = "InVEST 3 sample data, nutrient/biophysical_models.csv", "InVEST 3 sample data, lulc"
COLUMNS = ["service", "ecosystem_type", "quantity", "low", "high", "uom", "status", "source", "note"]


def densities(data, hectares, kinds):
    """Density table of the types in use.

    Parameters
    ----------
    data : path
    hectares : mapping (class, ha)
        Area of each class now.
    kinds : vector (types), 1

    Returns
    -------
    table (service, ecosystem_type, quantity, low, high, uom, status, source, note)
    """
    rows = [row for service, uom, values in table_services(data) for row in of_classes(service, uom, values, hectares, kinds)]
    for name, members in EXTENTS.items():
        for kind in kinds:
            value = float(kind in members)
            rows.append((f"extent:{name}", kind, value, value, value, "ha ha-1 yr-1", "published", MAPS, "exact by definition"))
    return pd.DataFrame(rows, columns=COLUMNS)


def table_services(data):
    """Service, measure and number of each class, of the biophysical table: thousandths, g per ha and yr, per cent."""
    text = (data / "nutrient" / "biophysical_models.csv").read_text(encoding="latin-1")
    plants = {int(row["lucode"]): row for row in csv.DictReader(text.splitlines())}
    held = {code: 1 - float(row["usle_c"]) / 1000 * float(row["usle_p"]) / 1000 for code, row in plants.items()}
    made = [("soil_cover", "ha ha-1 yr-1", held)]
    for name, nutrient in (("nitrogen_kept", "n"), ("phosphorus_kept", "p")):
        net = {c: float(r[f"load_{nutrient}"]) / 1000 * (1 - float(r[f"eff_{nutrient}"]) / 100) for c, r in plants.items()}
        made.append((name, "kg ha-1 yr-1", {code: max(net.values()) - value for code, value in net.items()}))
    return made


def of_classes(service, uom, values, hectares, kinds):
    """Rows of one service: mean over the classes of each type by their area now, the least and the largest as range."""
    for kind in kinds:
        members = [code for code, area in hectares.items() if TYPES[code] == kind and area > 0]
        numbers, weights = np.array([values[code] for code in members]), np.array([hectares[code] for code in members])
        mean = float(numbers @ weights / weights.sum())
        note = "classes " + " ".join(map(str, members)) + ("; loads taken as g ha-1 yr-1" if uom.startswith("kg") else "")
        yield service, kind, mean, min(mean, numbers.min()), max(mean, numbers.max()), uom, "published", TABLE, note
