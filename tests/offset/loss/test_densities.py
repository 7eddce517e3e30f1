"""Method D: the worked annual example of the reference to its printed digits, and its properties."""

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from ecoval.errors import InputError
from ecoval.offset.equivalency.time import Timing
from ecoval.offset.loss.densities import Densities
from ecoval.offset.loss.patches import loss_table, patch_losses
from ecoval.offset.measures import apply_measures, measures_of

SERVICES = ("water", "soil", "carbon")
MEASURES = ("m3 ha-1 yr-1", "t ha-1 yr-1", "tCO2 ha-1 yr-1")
PER_HA = {
    "forest": (2500, 40, 6),
    "wetland": (4000, 10, 4),
    "crop": (500, 5, 0.5),
    "built": (0, 2, 0),
    "bare slope": (600, 4, 0.2),
    "restored forest": (2300, 36, 5.5),
    "restored wetland": (3800, 9, 3.6),
}
PRICES = {"water": 5, "soil": 30, "carbon": 60}


def table(width=None):
    rows = [
        (service, kind, value, uom)
        for kind, values in PER_HA.items()
        for service, value, uom in zip(SERVICES, values, MEASURES, strict=True)
    ]
    made = pd.DataFrame(rows, columns=["service", "ecosystem_type", "quantity", "uom"])
    if width is not None:
        made["low"], made["high"] = made["quantity"] * (1 - width), made["quantity"] * (1 + width)
    return made


def footprint():
    kinds, hectares = ["forest", "wetland", "crop"], np.array([8, 3, 1])
    return pd.DataFrame({"kind_now": kinds, "area": hectares * 1e4, "after_class": "built"})


def zone():
    row = {"alternative_id": "A", "patch_id": "A-1", "kind_now": "forest", "area": 20e4}
    return pd.DataFrame([row | {"loss:water": 0.10, "loss:soil": 0.0, "loss:carbon": 0.05}])


def value(quantities):
    return sum(PRICES[name] * quantity for name, quantity in quantities.items())


def of(losses, column="annual"):
    return losses.groupby("service", sort=False)[column].sum().to_dict()


def test_example_1_unmitigated():
    losses = patch_losses(Densities(table()), footprint(), influence=zone())
    direct, indirect, whole = of(losses, "direct"), of(losses, "indirect"), of(losses)
    assert direct == pytest.approx({"water": 32_500, "soil": 331, "carbon": 60.5}, rel=1e-12)
    assert indirect == pytest.approx({"water": 5_000, "soil": 0, "carbon": 6.0}, rel=1e-12)
    assert whole == pytest.approx({"water": 37_500, "soil": 331, "carbon": 66.5}, rel=1e-12)
    assert [value(part) for part in (direct, indirect, whole)] == pytest.approx([176_060, 25_360, 201_420], rel=1e-12)


def test_example_1_residual_after_its_measures():
    losses = patch_losses(Densities(table()), footprint(), influence=zone())
    # the bridge saves 2 of 3 ha of wetland; the screen halves the loss of the zone
    rows = [{"patch_id": "A-2", "option_id": "bridge", "cost": 1, "area_factor": 1 / 3}]
    rows += [{"patch_id": "A-1", "option_id": "screen", "cost": 1, "loss_factor": 0.5, "acts_on": "indirect"}]
    left, _ = apply_measures(losses, measures_of(pd.DataFrame(rows)), Timing(rate=0.03))
    assert of(left) == pytest.approx({"water": 27_000, "soil": 315, "carbon": 55.5}, rel=1e-12)
    assert value(of(left)) == pytest.approx(147_780, rel=1e-12)


def test_example_1_offsets():
    provider = Densities(table())

    def gain(kind, target, hectares):
        found = provider.differences(pd.DataFrame({"kind_now": [kind], "area": [hectares * 1e4]}), target)
        return {name: -quantity for name, quantity in zip(found["service"], found["quantity"], strict=True)}

    a, b = gain("bare slope", "restored forest", 10), gain("crop", "restored wetland", 2)
    assert a == pytest.approx({"water": 17_000, "soil": 320, "carbon": 53.0}, rel=1e-12)
    assert b == pytest.approx({"water": 6_600, "soil": 8, "carbon": 6.2}, rel=1e-12)
    assert [value(a), value(b)] == pytest.approx([97_780, 33_612], rel=1e-12)
    more = gain("crop", "restored wetland", 10)
    assert more == pytest.approx({"water": 33_000, "soil": 40, "carbon": 31}, rel=1e-12)  # example 1b


def test_present_value_of_a_permanent_loss():
    losses = patch_losses(Densities(table()), footprint(), influence=zone())
    made = loss_table(losses, Timing(rate=0.03)).set_index("service")
    assert made.loc["water", "pv"] == pytest.approx(37_500 * 1.03 / 0.03, rel=1e-12)
    assert made.loc["water", ["uom", "pv_uom"]].tolist() == ["m3 yr-1", "m3"]
    assert made.loc["water", ["permanent", "temporary"]].tolist() == [37_500, 0]


def test_a_density_moves_base_and_zone_together():
    """Forest stands in the footprint and in the zone: one coefficient, so its moves add before coefficients combine."""
    losses = patch_losses(Densities(table(0.1)), footprint(), influence=zone())
    first = losses[(losses["patch_id"] == "A-1") & (losses["service"] == "water")].iloc[0]
    moved = 250 * 8 + 250 * 20 * 0.10
    assert first["annual_high"] - first["annual"] == pytest.approx(moved, rel=1e-12)
    soil = losses[(losses["patch_id"] == "A-1") & (losses["service"] == "soil")].iloc[0]
    assert soil["annual"] - soil["annual_low"] == pytest.approx(np.hypot(4 * 8, 0.2 * 8), rel=1e-12)  # forest and built


def test_without_widths_low_mid_and_high_are_one():
    losses = patch_losses(Densities(table(0.0)), footprint(), influence=zone())
    assert (losses["annual_low"] == losses["annual"]).all()
    assert (losses["annual_high"] == losses["annual"]).all()
    assert len(Densities(table()).without_range) == len(table())


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(PER_HA)), st.floats(0.1, 1e4)), min_size=1, max_size=6), st.floats(0.01, 100))
def test_losses_add_and_scale(patches, factor):
    provider = Densities(table(0.2))
    rows = pd.DataFrame({"kind_now": [kind for kind, _ in patches], "area": [area for _, area in patches], "after_class": "built"})
    whole = of(patch_losses(provider, rows))
    alone = [of(patch_losses(provider, rows.iloc[[row]])) for row in range(len(rows))]
    for name in SERVICES:
        assert whole[name] == pytest.approx(sum(part[name] for part in alone), rel=1e-9, abs=1e-9)  # disjoint footprints add
    scaled = of(patch_losses(provider, rows.assign(area=rows["area"] * factor)))
    assert scaled == pytest.approx({name: quantity * factor for name, quantity in whole.items()}, rel=1e-9)


def test_the_class_above_stands_in_and_nothing_else():
    made = pd.DataFrame({"service": "water", "ecosystem_type": [11, "611.0"], "quantity": [2500, 0], "uom": MEASURES[0]})
    provider = Densities(made)
    found = provider.differences(pd.DataFrame({"kind_now": [111, 131], "area": 1e4}), 611)
    assert found["quantity"].iloc[0] == pytest.approx(2500)
    assert np.isnan(found["quantity"].iloc[1])  # mixed forest has no density: missing, not 0
    assert found["missing_area"].tolist() == [0.0, 1e4]
    assert provider.notes[0]["code"] == "offset_parameter_missing"


def test_areas_of_polygons_are_those_of_the_ellipsoid():
    frame = geopandas.GeoDataFrame(
        {"kind_now": ["forest"]}, geometry=[box(500_000, 3_320_000, 501_000, 3_321_000)], crs="EPSG:4549"
    )
    found = Densities(table()).flows(frame)
    assert found["valid_area"].iloc[0] == pytest.approx(1e6, rel=1e-3)
    assert found["quantity"].iloc[0] == pytest.approx(2500 * found["valid_area"].iloc[0] / 1e4, rel=1e-12)


def test_refusals():
    with pytest.raises(InputError, match="stand twice"):
        Densities(pd.concat([table(), table()]))
    mixed = table()
    mixed.loc[1, "uom"] = "kg ha-1 yr-1"
    with pytest.raises(InputError, match="several measures"):
        Densities(mixed)
    with pytest.raises(InputError, match="kind_now"):
        Densities(table()).flows(pd.DataFrame({"area": [1.0]}))
    with pytest.raises(InputError, match='"after_class"'):
        patch_losses(Densities(table()), footprint().drop(columns="after_class"))
