"""Oxygen release by hand (gep_methods 4.9): net by carbon dioxide, gross by productivity, by dry matter."""

import numpy as np

from ecoval.services import service
from ecoval.services.oxygen_release import vegetation, wetland

SERVICE = service("oxygen_release")
O2_PER_CO2, O2_PER_C = 0.727273, 2.666667


def released(**given):
    defaults = dict.fromkeys(SERVICE.items[0].arguments) | {"method": "nep", "negative": "keep", "basis": "co2"}
    return vegetation(**defaults | {"types": np.array([[111]]), "o2_per_co2": O2_PER_CO2, "o2_per_c": O2_PER_C} | given)


def test_two_by_three_of_carbon_dioxide():
    # NEP 300: 11.0 t CO2, 8.0 t O2; a debit stays one
    npp = np.array([[600, 300, np.nan], [0, 300, 1000]], dtype=float)
    respiration = np.array([[300, 400, 300], [0, np.nan, 100]], dtype=float)
    expected = np.array([[8.0, -8.0 / 3, np.nan], [0, np.nan, 24.0]])
    q = released(npp=npp, respiration=respiration)
    np.testing.assert_allclose(q, expected, rtol=2e-6)
    assert q.dtype == np.float32


def test_gross_of_productivity():
    np.testing.assert_allclose(released(basis="npp", npp=np.array([[850.0]])), 22.666666666666668, rtol=1e-6)


def test_of_dry_matter():
    q = released(basis="dry", npp_dry_matter=np.array([[10.0]]), o2_per_dry_matter=1.2)
    np.testing.assert_allclose(q, 12.0, rtol=1e-6)


def test_wetlands_by_the_rate_of_their_carbon():
    np.testing.assert_allclose(wetland(np.array([[56.67]]), O2_PER_CO2), 56.67 * 0.01 * 32 / 12, rtol=1e-6)


def test_it_is_the_carbon_of_the_other_service_in_another_mass():
    carbon = service("carbon_sequestration")
    for options in ({}, {"respiration": "ratio"}, {"method": "biomass"}):
        ours, theirs = SERVICE.active(options), carbon.active(options)
        assert {entry.role for entry in ours.inputs} == {entry.role for entry in theirs.inputs}
        own = {entry.name for entry in ours.parameters} - {"o2_per_co2"}
        assert own == {entry.name for entry in theirs.parameters}
        assert all(entry.service == "carbon_sequestration" for entry in ours.parameters if entry.name in own)
    assert {entry.role for entry in SERVICE.active({"basis": "npp"}).inputs} == {"npp"}
    assert [item.code for item in SERVICE.active({"basis": "npp"}).items] == ["vegetation"]
