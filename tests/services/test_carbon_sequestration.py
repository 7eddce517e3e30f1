"""Carbon sequestration by hand (gep_methods 4.8), one method at a time."""

import numpy as np
import pytest

from ecoval.services import carbon, service
from ecoval.services.carbon_sequestration import vegetation, wetland

SERVICE = service("carbon_sequestration")
WANG = {"r0": 0.22, "t_coef": 0.0912, "p_coef": 0.3145, "days": 30.0, "carbon_share": 0.465}
TEMPERATURE = [4.5, 6, 10, 16, 21, 24.5, 28.5, 28, 24, 18.5, 12.5, 6.5]
RAIN = [75, 90, 140, 130, 150, 220, 150, 160, 130, 75, 65, 55]


def months(values, shape=(1, 1)):
    return np.broadcast_to(np.reshape(values, (12, 1, 1)), (12, *shape)).astype(float)


def taken_up(**given):
    defaults = dict.fromkeys(SERVICE.items[0].arguments) | {"method": "nep", "negative": "keep", "types": np.array([[111]])}
    return vegetation(**defaults | given)


def test_respiration_of_twelve_months():
    respired = carbon.respiration_model(months(TEMPERATURE), months(RAIN), WANG)
    np.testing.assert_allclose(respired, 352.0088993595157, rtol=1e-6)


def test_respiration_against_numpy():
    rng = np.random.default_rng(5)
    temperature, rain = rng.uniform(-15, 35, (12, 8, 9)), rng.uniform(0, 500, (12, 8, 9))
    expected = (0.22 * (np.exp(0.0912 * temperature) + np.log(0.3145 * rain + 1)) * 30 * 0.465).sum(axis=0)
    np.testing.assert_allclose(carbon.respiration_model(temperature, rain, WANG), expected, rtol=2e-6)


def test_net_productivity_by_the_model():
    q = taken_up(
        npp=np.array([[850.0]]),
        temperature=months(TEMPERATURE),
        precipitation_monthly=months(RAIN),
        heterotrophic_respiration=WANG,
    )
    np.testing.assert_allclose(q, 18.259673690151093, rtol=1e-6)
    assert q.dtype == np.float32


def test_two_by_three_by_a_respiration_layer():
    # (600 - 300) 0.01 44/12 = 11.0; NPP below respiration is a debit; no NPP
    npp = np.array([[600, 300, np.nan], [0, 300, 1000]], dtype=float)
    respired = np.array([[300, 400, 300], [0, np.nan, 100]], dtype=float)
    expected = np.array([[11.0, -100 * 0.11 / 3, np.nan], [0, np.nan, 33.0]])
    np.testing.assert_allclose(taken_up(npp=npp, respiration=respired), expected, rtol=1e-6)
    clipped = taken_up(npp=npp, respiration=respired, negative="clip")
    np.testing.assert_allclose(clipped, [[11, 0, np.nan], [0, np.nan, 33]], rtol=1e-6)


def test_by_ratio():
    np.testing.assert_allclose(taken_up(npp=np.array([[850.0]]), nep_ratio=0.3), 850 * 0.3 * 0.01 * 44 / 12, rtol=1e-6)


def test_by_rate():
    # 150 ha of salt marsh at 235.62 gC m-2 yr-1 give 1 295.9 t
    np.testing.assert_allclose(wetland(np.array([[235.62]])) * 150, 1295.91, rtol=1e-6)
    types, rate = np.array([[111, 311]]), np.array([[100.0, 100.0]])
    np.testing.assert_allclose(taken_up(method="rate", types=types, vegetation_rate=rate), 100 * 0.11 / 3, rtol=1e-6)
    with_soil = taken_up(method="rate", types=types, vegetation_rate=rate, forest_soil_ratio=0.646)
    np.testing.assert_allclose(with_soil, np.array([[1.646, 1.0]]) * 100 * 0.11 / 3, rtol=1e-6)


def test_by_biomass_and_by_dry_matter():
    growth = {"biomass_opening": np.array([[120.0]]), "biomass": np.array([[131.0]]), "biomass_years": 5.0, "carbon_fraction": 0.5}
    np.testing.assert_allclose(taken_up(method="biomass", **growth), 4.033333333333334, rtol=1e-6)
    dry = taken_up(method="npp_dry_matter", npp_dry_matter=np.array([[10.0]]), co2_per_dry_matter=1.63)
    np.testing.assert_allclose(dry, 16.3, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        ({}, {"npp", "temperature", "precipitation_monthly"}),
        ({"respiration": "raster"}, {"npp", "respiration"}),
        ({"respiration": "ratio"}, {"npp"}),
        ({"method": "rate"}, set()),
        ({"method": "biomass"}, {"biomass", "biomass_opening"}),
    ],
)
def test_methods_ask_for_their_layers(options, roles):
    assert {entry.role for entry in SERVICE.active(options).inputs} == roles
