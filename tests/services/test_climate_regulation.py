"""Climate regulation by hand (gep_methods 4.12): plants by evapotranspiration or by a set, water with and without a cooler."""

import numpy as np
import pytest

from ecoval.services import service
from ecoval.services.climate_regulation import plants, water

SERVICE = service("climate_regulation")


def of_plants(epp="et", **given):
    defaults = dict.fromkeys(SERVICE.items[0].arguments) | {"energy_efficiency_ratio": 3.0, "latent_heat": 2450.0, "epp": epp}
    return plants(**defaults | given)


def of_water(**given):
    defaults = dict.fromkeys(SERVICE.items[1].arguments) | {"energy_efficiency_ratio": 3.0, "latent_heat": 2450.0}
    defaults |= {"water_density": 1000.0, "humidifier_energy": 120.0, "water_eer": "r", "humidification": "none"}
    return water(**defaults | given)


def test_two_by_three_by_evapotranspiration():
    # 250 mm x 2450 kJ m-2 mm-1 x 10^4 / (3600 x 3) = 567 129.63 kWh ha-1
    depth = np.array([[250, 0, np.nan], [500, 25, 2.5]], dtype=float)
    expected = 567129.6296296297 * np.array([[1, 0, np.nan], [2, 0.1, 0.01]])
    q = of_plants(cooling_evapotranspiration=depth)
    np.testing.assert_allclose(q, expected, rtol=1e-6)
    assert q.dtype == np.float32


@pytest.mark.parametrize(
    ("choice", "heat", "expected"), [("GARZE2017", 2837.27, 197032.63888888888), ("CIRCULATED", 70.4, 4888.888888888889)]
)
def test_by_a_set(choice, heat, expected):
    q = of_plants(choice, transpiration_heat=np.array([[heat, np.nan]]), cooling_days=np.array([[75.0, 75.0]]))
    np.testing.assert_allclose(q, [[expected, np.nan]], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 1020833.3333333334),
        ({"humidification": "all"}, 1560833.3333333333),
        ({"humidification": "all", "water_eer": "none"}, 3602500.0),
    ],
)
def test_water_by_hand(options, expected):
    # 450 mm, that is 4 500 m3 ha-1, in the cooling days
    np.testing.assert_allclose(of_water(water_evaporation=np.array([[450.0]]), **options), expected, rtol=1e-6)


def test_dry_days_count_the_humidifier_for_their_water_alone():
    q = of_water(water_evaporation=np.array([[450.0]]), dry_water_evaporation=np.array([[45.0]]), humidification="dry_days")
    np.testing.assert_allclose(q, 1020833.3333333334 + 450 * 120, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"humidification": "all", "water_eer": "none"}, 108951128000.0),
        ({"humidification": "all"}, 47204594666.66667),
        ({}, 30873266666.666668),
    ],
)
def test_the_scale_of_a_large_lake(options, value):
    # 581.6 km2, 450 mm, 0.52 CNY kWh-1
    q = of_water(water_evaporation=np.array([[450.0]]), **options).astype(float)
    np.testing.assert_allclose(q * 58160 * 0.52, value, rtol=1e-6)


def test_the_sets_read_the_cooling_days():
    assert {entry.role for entry in SERVICE.active({"epp": "GARZE2017"}).inputs} == {"cooling_days", "water_evaporation"}
    assert {entry.role for entry in SERVICE.active({}).inputs} == {"cooling_evapotranspiration", "water_evaporation"}
