"""Tables of the example on the measured catchment of youwuzhen, where its data are."""

import sys
from pathlib import Path

import outside
from golden.comparison import Tables

ROOT = Path(__file__).parents[2]
DATA = None if outside.FOLDER is None else outside.FOLDER / "data" / "youwuzhen"


def quantities(folder: Path) -> Tables:
    """Quantities of each year, and the modelled soil loss beside the observed sediment."""
    sys.path.insert(0, str(ROOT / "examples" / "youwuzhen"))
    from run import tables

    supply, sediment = tables(DATA, folder)
    return {"quantities.csv": supply.to_csv(index=False), "sediment.csv": sediment.to_csv()}
