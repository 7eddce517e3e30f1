"""The sample project's numbers by other means: overlays of cells and polygons in shapely, bilinear layers, formulas in float64,
present values as plain sums over the years. Of the library only the answers are read."""

import geopandas
import numpy as np
import pandas as pd
import project_cases as cases
import pyproj
import pytest
import rasterio
import shapely

SINGLE = 2e-6  # the services compute in single precision
EXACT = 1e-12
CELL = 60.0
WATER, CARBON = "water_retention", "carbon_sequestration:vegetation"
RUNOFF = {111: 0.0465, 113: 0.044, 121: 0.0452, 131: 0.0352, 211: 0.0426, 331: 0.0387, 521: 0.0957, 522: 0.0957}
GREEN = (*RUNOFF, 621)  # types that take up carbon and are no wetland
RATE, YEARS, START = 0.03, 30, 2024
V = 1.0 / (1.0 + RATE)
HELD = sum(V**k for k in range(YEARS))


@pytest.fixture(scope="module")
def made():
    return cases.sample().assess(scenarios=False)


def bilinear(path, x, y):
    """Layer at points, over the valid ones of the four neighbours."""
    with rasterio.open(path) as opened:
        data = np.ma.filled(opened.read(masked=True).astype(float) * opened.scales[0] + opened.offsets[0], np.nan)
        place = opened.transform
    across, down = (x - place.c) / place.a - 0.5, (y - place.f) / place.e - 0.5
    left, top = np.floor(across).astype(int), np.floor(down).astype(int)
    total = weight = 0.0
    for row, height in ((top, 1 - (down - top)), (top + 1, down - top)):
        for col, width in ((left, 1 - (across - left)), (left + 1, across - left)):
            inside = (row >= 0) & (row < data.shape[1]) & (col >= 0) & (col < data.shape[2])
            value = data[:, np.clip(row, 0, data.shape[1] - 1), np.clip(col, 0, data.shape[2] - 1)]
            share = height * width * (inside & ~np.isnan(value))
            total, weight = total + np.nan_to_num(value) * share, weight + share
    return total / weight


class Land:
    """Cells of the sample with yearly water (m3 ha-1) and carbon dioxide (t ha-1), now and under another type."""

    def __init__(self):
        with rasterio.open(cases.SAMPLE / "landcover_2023.tif") as opened:
            codes, self.left, self.top = opened.read(1), opened.transform.c, opened.transform.f
        known = pd.read_csv(cases.SAMPLE / "landcover_classes.csv").set_index("code")["ecosystem_type"]
        table = np.zeros(256, dtype=int)
        table[known.index] = known
        self.types = table[codes]
        rows, cols = codes.shape
        x, y = np.meshgrid(self.left + CELL * (np.arange(cols) + 0.5), self.top - CELL * (np.arange(rows) + 0.5))
        read = {
            name: bilinear(cases.SAMPLE / f"{name}_2023.tif", x, y)
            for name in ("precipitation", "evapotranspiration", "npp", "temperature", "precipitation_monthly")
        }
        self.rain, self.et, self.npp = (read[name][0] for name in ("precipitation", "evapotranspiration", "npp"))
        warmth = np.exp(0.0912 * read["temperature"]) + np.log(0.3145 * read["precipitation_monthly"] + 1.0)
        self.respiration = (0.22 * 30 * 0.465 * warmth).sum(axis=0)
        runoff = np.full(self.types.shape, np.nan)
        for code, share in RUNOFF.items():
            runoff[self.types == code] = share
        self.now = {
            WATER: np.nan_to_num(self.water(runoff, self.et)),
            CARBON: np.where(np.isin(self.types, GREEN), self.carbon(self.npp), 0.0),
        }

    def water(self, runoff, et):
        return 10.0 * np.maximum(0.0, self.rain - runoff * self.rain - et)

    def carbon(self, npp):
        return (npp - self.respiration) * 0.01 * 44 / 12

    def under(self, kind):
        """The services where every cell has another type: evapotranspiration and production at that type's mean."""
        of_kind = self.types == kind
        row, col = np.nonzero(of_kind)
        towns = geopandas.read_file(cases.SAMPLE / "towns.gpkg").to_crs("EPSG:4549").union_all()
        boxes = self.boxes(row, col)
        inside = shapely.area(shapely.intersection(boxes, towns)) * self.distortion(col)
        et, npp = (np.average(layer[of_kind], weights=inside) for layer in (self.et, self.npp))
        other = {WATER: self.water(RUNOFF[kind], et), CARBON: self.carbon(npp)}
        return {service: np.where(of_kind, self.now[service], other[service]) for service in other}

    def boxes(self, row, col):
        return shapely.box(self.left + CELL * col, self.top - CELL * (row + 1), self.left + CELL * (col + 1), self.top - CELL * row)

    def distortion(self, col):
        """Ellipsoidal over plane area: the scale of a transverse Mercator depends on the distance from the meridian."""
        edge = np.array([self.left, self.left + CELL * self.types.shape[1]])
        x, y = np.linspace(*edge, 9), np.full(9, self.top - CELL * self.types.shape[0] / 2)
        carry = pyproj.Transformer.from_crs(4549, 4490, always_xy=True)
        geod = pyproj.Geod(ellps="GRS80")
        sizes = []
        for a, b in zip(x, y, strict=True):
            lon, lat = carry.transform([a - 30, a + 30, a + 30, a - 30], [b - 30, b - 30, b + 30, b + 30])
            sizes.append(abs(geod.polygon_area_perimeter(lon, lat)[0]) / CELL**2)
        fit = np.polyfit(x - x.mean(), sizes, 2)
        return np.polyval(fit, self.left + CELL * (np.asarray(col) + 0.5) - x.mean())

    def total(self, shape, layer):
        """Sum of a layer per ha over a polygon."""
        if shape.is_empty:
            return 0.0
        left, bottom, right, top = shape.bounds
        rows = np.arange(int((self.top - top) // CELL), int((self.top - bottom) // CELL) + 1)
        cols = np.arange(int((left - self.left) // CELL), int((right - self.left) // CELL) + 1)
        row, col = (part.ravel() for part in np.meshgrid(rows, cols, indexing="ij"))
        area = shapely.area(shapely.intersection(self.boxes(row, col), shape)) * self.distortion(col)
        return float((layer[row, col] * area).sum() / 1e4)


@pytest.fixture(scope="module")
def land():
    return Land()


@pytest.fixture(scope="module")
def places():
    """Patches by alternative, their rings of 150 m without the patches and each other, and the watersheds."""
    patches = geopandas.read_file(cases.SAMPLE / "project.gpkg", layer="footprints")
    found = {}
    for name, own in patches.groupby("alternative_id"):
        taken, rings = own.union_all(), []
        for shape in own.geometry:
            rings.append(shape.buffer(150.0, quad_segs=16).difference(taken))
            taken = taken.union(rings[-1])
        found[name] = list(own.geometry), rings
    return found, geopandas.read_file(cases.SAMPLE / "watersheds.gpkg").set_index("unit_id").geometry


def row_of(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name].astype(str) == value]
    assert len(table) == 1, wanted
    return table.iloc[0]


def ramp(years):
    """Mean levels of the years of a rise from the start that is held to the horizon."""
    level = np.minimum(np.arange(YEARS + 1) / years, 1.0)
    return (level[:-1] + level[1:]) / 2


def pv(levels):
    return sum(level * V**k for k, level in enumerate(levels))


@pytest.mark.parametrize("name", ["A", "B"])
def test_losses_of_water_and_carbon_are_those_of_an_overlay(made, land, places, name):
    (patches, rings), watersheds = places[0][name], places[1]
    losses = made.losses
    touched = {unit for unit, shape in watersheds.items() if any(shape.intersects(each) for each in (*patches, *rings))}
    told = losses[(losses["alternative_id"] == name) & (losses["service"] == WATER)]
    assert set(told["area_unit"]) == touched
    cases_of = [(WATER, unit, watersheds[unit], 0.05) for unit in sorted(touched)]
    everywhere = shapely.box(0, 0, 1e7, 1e7)
    for service, unit, shape, fraction in [*cases_of, (CARBON, "everywhere", everywhere, 0.03)]:
        row = row_of(losses, alternative_id=name, service=service, area_unit=unit)
        direct = sum(land.total(each.intersection(shape), land.now[service]) for each in patches)
        around = fraction * sum(land.total(each.intersection(shape), land.now[service]) for each in rings)
        assert row["direct"] == pytest.approx(direct, rel=SINGLE)
        assert row["indirect"] == pytest.approx(around, rel=SINGLE)
        assert row["annual"] == row["permanent"] == pytest.approx(direct + around, rel=SINGLE)
        assert row["pv"] == pytest.approx(row["annual"] * HELD, rel=EXACT)


def test_residual_is_what_the_measures_leave(made, land, places):
    """0.92 and 0.60 of the land of the two patches, half of the ring of the first; what a ring loses is no matter of area."""
    (first, second), (ring, other) = places[0]["B"]
    for service, unit, fraction in ((WATER, "W1", 0.05), (CARBON, "everywhere", 0.03)):
        now = land.now[service]
        left = 0.92 * land.total(first, now) + 0.6 * land.total(second, now)
        left += fraction * (0.5 * land.total(ring, now) + land.total(other, now))
        row = row_of(made.debits, service=service, area_unit=unit)
        assert row["annual"] == pytest.approx(left, rel=SINGLE)
        assert row["debit"] == pytest.approx(left * HELD, rel=SINGLE)


@pytest.mark.parametrize("candidate", ["C08", "C11", "C21"])
def test_credits_are_the_weighted_gain_of_the_land(made, land, places, candidate):
    """Restored mixed forest against the land as it is; a gain shrinks by success and leakage, a harm does not."""
    layer = geopandas.read_file(cases.SAMPLE / "candidates.gpkg").set_index("candidate_id").loc[candidate]
    later = land.under(int(layer["kind_target"]))
    rows = made.credits[made.credits["candidate_id"] == candidate]
    rows = rows[rows["service"].isin([WATER, CARBON])]
    assert set(rows["service"]) == {WATER, CARBON}
    for row in rows.itertuples():
        shape = layer["geometry"] if row.service == CARBON else layer["geometry"].intersection(places[1][row.area_unit])
        gain = land.total(shape, later[row.service] - land.now[row.service])
        assert row.gain == pytest.approx(gain, rel=2e-5)
        chance = layer["success"] * (1 - layer["leakage"]) if gain > 0 else 1.0
        assert row.credit == pytest.approx(gain * chance * pv(ramp(layer["ramp_years"])), rel=2e-5)
        assert row.annual == pytest.approx(gain * chance, rel=2e-5)


KEY = ["service", "area_unit"]


def test_balance_value_and_kinds_follow_from_their_tables(made):
    chosen = made.credits.merge(made.portfolio[["candidate_id", "option_id", "share"]], on=["candidate_id", "option_id"])
    sums = chosen["share"] * chosen["credit"]
    credit = sums.groupby([chosen[name] for name in KEY]).sum()
    balance = made.balance.set_index(KEY)
    debit = made.debits.set_index(KEY)["debit"]
    assert set(balance.index) == set(credit.index) | set(debit.index)
    assert balance["credit"].to_numpy() == pytest.approx(credit.reindex(balance.index).fillna(0.0).to_numpy(), rel=EXACT)
    assert (balance["debit"] == debit.reindex(balance.index).fillna(0.0)).all()
    assert (balance["net"] == balance["credit"] - balance["required"]).all()
    assert (balance["required"] == balance["debit"].clip(lower=0.0)).all()  # the sample's ratio is 1
    avoided = made.measures.groupby(KEY)["avoided_pv"].sum()
    losses = made.losses[made.losses["alternative_id"] == "B"].set_index(KEY)["pv"]
    assert (losses - avoided).reindex(debit.index).to_numpy() == pytest.approx(debit.to_numpy(), rel=EXACT)
    for row in made.value.itertuples():
        rows = balance.loc[row.service]
        numbers = (row.debit_value, row.credit_value, row.net_value)
        told = tuple(row.price * rows[name].sum() for name in ("required", "credit", "net"))
        assert numbers == pytest.approx(told, rel=EXACT, nan_ok=True)
    area = made.portfolio["area"].sum()
    assert (made.kinds["provided"] - area).abs().max() < 1e-6 * area  # all of them forest, which the rules take for any loss here
    costs = made.candidates.set_index("candidate_id").loc[made.portfolio["candidate_id"]]
    assert made.verdict.portfolio["cost"] == pytest.approx((costs["cost"] + costs["fixed_cost"]).sum(), rel=EXACT)


def test_years_of_the_timeline_add_up_to_both_sums(made):
    """Undiscounted: the yearly loss times the horizon, the levels of the ramps; discounted: debit and credit of the balance."""
    timeline = made.timeline
    assert list(timeline["year"].unique()) == list(range(START, START + YEARS))
    known = made.candidates.set_index("candidate_id")
    chosen = made.credits[made.credits["candidate_id"].isin(made.portfolio["candidate_id"])]
    rise = chosen["candidate_id"].map(lambda name: ramp(known.loc[name, "ramp_years"]).sum())
    gains = (chosen["annual"] * rise).groupby([chosen[name] for name in KEY]).sum()
    balance, debits = made.balance.set_index(KEY), made.debits.set_index(KEY)
    for key, rows in timeline.groupby(KEY):
        weight = V ** (rows["year"] - START)
        assert rows["gain"].sum() == pytest.approx(gains[key], rel=EXACT)
        assert (rows["gain"] * weight).sum() == pytest.approx(balance.loc[key, "credit"], rel=EXACT)
        assert (rows["loss"] * weight).sum() == pytest.approx(balance.loc[key, "debit"], rel=EXACT)
        assert rows["loss"].sum() == pytest.approx(YEARS * debits["annual"].get(key, 0.0), rel=EXACT)
        assert rows["cumulative"].iloc[-1] == pytest.approx((rows["gain"] - rows["loss"]).sum(), rel=1e-10)


def test_land_that_is_excluded_makes_up_for_no_kind(made):
    """A parcel behind the red line in place of a chosen one gives neither services nor land: the table of kinds does not see it."""
    chosen = made.portfolio[["candidate_id", "option_id", "share"]]
    left = chosen[chosen["candidate_id"] != "C11"]
    barred = made.candidates[made.candidates["excluded"] == "CANDIDATE_IN_RED_LINE"].iloc[:1]
    with_it = pd.concat([left, barred[["candidate_id", "option_id"]].assign(share=1.0)], ignore_index=True)
    alone, beside = (cases.sample().assess(portfolio=each, scenarios=False) for each in (left, with_it))
    assert not alone.verdict.kind_ok
    assert not beside.verdict.kind_ok
    assert (alone.kinds["provided"] == beside.kinds["provided"]).all()
    assert "offset_excluded_used" in {each["code"] for each in beside.verdict.reasons}
