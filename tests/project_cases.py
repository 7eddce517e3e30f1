"""Projects for tests: the sample project with changes, and Example 1 of the reference drawn as squares."""

import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from example_1 import DENSITY, PRICES, SERVICES, UOM

import ecoval
from ecoval.offset.declaration.files import ProjectDeclaration
from ecoval.offset.project.project import Project

ROOT = Path(ecoval.__file__).parents[1]
SAMPLE = ROOT / "sample_data"
EQUAL_AREA = "EPSG:6933"
HECTARE = 1e4
_kept = {}


def keep(name, content, _paths, make, _reads=None):
    """Stages kept between the tests of this process: the files of the sample do not change."""
    if (name, content) not in _kept:
        _kept[name, content] = make()
    return _kept[name, content]


def content(**changes):
    """Content of the sample's project.toml with absolute paths; a table that is changed is merged, None removes it."""
    made = ProjectDeclaration.read(SAMPLE / "project.toml").absolute()
    for table, change in changes.items():
        if change is None:
            made.pop(table)
        else:
            made[table] = {**made.get(table, {}), **change}
            made[table] = {key: value for key, value in made[table].items() if value is not None}
    return made


def sample(**changes):
    return Project.of(content(**changes), SAMPLE, keep)


def layer(name, path, change):
    """A layer of the sample changed by a function, in a file of its own."""
    frame = gpd.read_file(SAMPLE / f"{name}.gpkg", layer={"project": "footprints"}.get(name, name))
    frame = change(frame)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_file(path, layer=name, driver="GPKG")
    return {"path": str(path), "layer": name}


def squares(hectares, row):
    """Squares of some hectares beside each other."""
    boxes = []
    for place, size in enumerate(hectares):
        side = (size * HECTARE) ** 0.5
        left, bottom = 11_600_000 + 2_000 * place, 3_500_000 + 3_000 * row
        boxes.append(shapely.box(left, bottom, left + side, bottom + side))
    return boxes


KINDS = {"forest": 111, "wetland": 311, "crop": 511, "built": 611, "slope": 711, "new_forest": 121, "new_wetland": 321}


def example_1(folder, offsets=(("A", "slope", "new_forest", 10), ("B", "crop", "new_wetland", 2))):
    """Example 1 of the reference as a project by densities."""
    named = dict(zip(KINDS, ("forest", "wetland", "crop", "built", "slope", "restored_forest", "restored_wetland"), strict=True))
    rows = [
        (service, KINDS[kind], DENSITY[name][i], UOM[service].replace(" yr-1", " ha-1 yr-1"))
        for kind, name in named.items()
        for i, service in enumerate(SERVICES)
    ]
    table = pd.DataFrame(rows, columns=["service", "ecosystem_type", "quantity", "uom"])
    table.to_csv(folder / "densities.csv", index=False)
    PRICES.to_csv(folder / "prices.csv", index=False)
    spatial = pd.DataFrame({"service": SERVICES, "area_kind": "valley", "same": 1.0, "neighbour": 0.0, "elsewhere": 0.0})
    spatial.to_csv(folder / "spatial.csv", index=False)
    footprints = gpd.GeoDataFrame(
        {
            "alternative_id": "A",
            "patch_id": ["forest", "wetland", "crop"],
            "kind_now": [KINDS[k] for k in ("forest", "wetland", "crop")],
        },
        geometry=squares((8, 3, 1), 0),
        crs=EQUAL_AREA,
    )
    footprints.assign(impact_type="permanent", start=2024, after_class=KINDS["built"]).to_file(folder / "footprints.gpkg")
    zone = {"alternative_id": ["A"], "patch_id": ["forest"], "kind_now": [KINDS["forest"]]}
    gpd.GeoDataFrame(zone, geometry=squares((20,), 1), crs=EQUAL_AREA).to_file(folder / "zone.gpkg")
    measures = [("wetland", "bridge", 1 / 3, None, 1000.0), ("forest", "screen", None, 0.5, 500.0)]
    columns = ["patch_id", "option_id", "area_factor", "loss_factor", "cost"]
    pd.DataFrame(measures, columns=columns).to_csv(folder / "measures.csv", index=False)
    names = ["candidate_id", "kind_now", "kind_target", "size"]
    pool = pd.DataFrame([(name, KINDS[now], KINDS[then], size) for name, now, then, size in offsets], columns=names)
    pool = pool.assign(option_id="restore", variable_cost=1e5, success=1.0, leakage=0.0, ramp_years=0, start_year=2024)
    shapes = squares(pool["size"], 2)
    gpd.GeoDataFrame(pool.drop(columns="size"), geometry=shapes, crs=EQUAL_AREA).to_file(folder / "candidates.gpkg")
    text = EXAMPLE_1
    (folder / "project.toml").write_text(text, encoding="utf-8")
    return Project.read(folder / "project.toml")


EXAMPLE_1 = """
[project]
name = "Example 1"
densities = "densities.csv"
prices = "prices.csv"
t0 = 2024
area_units = { valley = "everywhere" }
[footprints]
path = "footprints.gpkg"
[influence]
path = "zone.gpkg"
loss = { water = 0.10, carbon = 0.05 }
[measures]
path = "measures.csv"
[candidates]
path = "candidates.gpkg"
[rules]
spatial = "spatial.csv"
time = "multiplier"
base = 1.0
kinds = false
[record]
avoid_reason = "one place only"
minimise_reason = { crop = "nothing can be done" }
"""


def toml(path):
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))
