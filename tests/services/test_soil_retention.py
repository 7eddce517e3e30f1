"""Soil retention by hand (gep_methods 4.4): soil, silt, nitrogen, phosphorus, and C by class, type or layer."""

import numpy as np
import pytest

from ecoval.parameters import Parameters
from ecoval.services import service
from ecoval.services.soil_retention import nitrogen, phosphorus, potential, silt, soil, without_cover_factor

SERVICE = service("soil_retention")
R, K, LS = 6000.0, 0.015868761854552254, 1.7367130329797942 * 6.530241138832144
NUMBERS = Parameters.read(region="CN-33")
CLASSES = {key: number.value for key, number in NUMBERS.table("soil_retention", "C_factor").items()}
DRY = {key: number.value for key, number in NUMBERS.table("soil_retention", "C_dry_farmland").items()}
LOGARITHM = {key: number.value for key, number in NUMBERS.table("soil_retention", "C_cover_log").items()}


def kept(shape=(1, 1), **given):
    names = SERVICE.items[0].arguments
    layers = {
        "erosivity": np.full(shape, R),
        "erodibility": np.full(shape, K),
        "ls": np.full(shape, LS),
        "types": np.full(shape, 111),
    }
    defaults = dict.fromkeys(names) | layers | {"c_factor": "layer", "cover_factor": np.full(shape, 0.004)}
    return soil(**defaults | given)


def test_the_example_of_the_standard():
    # R 6000, K 0.015869, 20 degrees, 50 m, C 0.004
    np.testing.assert_allclose(potential(np.array([[R]]), K, LS), 1079.8205170404276, rtol=1e-6)
    q = kept()
    np.testing.assert_allclose(q, 1075.5012349722658, rtol=1e-6)
    assert q.dtype == np.float32


def test_silt_and_nutrients_of_the_example():
    retained = np.array([[1075.5012349722658, np.nan]])
    # 0.24 of the soil at 1.3 t m-3; 0.15 % N and 0.05 % P
    np.testing.assert_allclose(silt(retained, 0.24, 1.3, None), [[198.554074148726, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(silt(retained, 0.24, None, np.array([[1.3, 1.3]])), [[198.554074148726, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(nitrogen(retained, None, 0.0015), [[1.6132518524583987, np.nan]], rtol=1e-6)
    np.testing.assert_allclose(phosphorus(retained, np.array([[0.0005, 1]]), None), [[0.537750617486133, np.nan]], rtol=1e-6)
    value = 198.554074148726 * 19.76, 1.6132518524583987 * 875 + 0.537750617486133 * 2800
    np.testing.assert_allclose(value, (3923.4285051788256, 2917.2970998622714))


def test_two_by_three_by_classes_of_cover():
    # forest at 75 % 0.004, shrub at 5 % 0.40, dry farmland at 60 % 0.221 - 0.595 lg 0.6 = 0.353;
    # paddy 0, tree orchard at 95 % 0.011, forest without cover: missing
    types = np.array([[111, 211, 512], [511, 521, 111]])
    cover = np.array([[0.75, 0.05, 0.60], [0.3, 0.95, np.nan]])
    c = np.array([[0.004, 0.40, 0.221 - 0.595 * np.log10(0.6)], [0, 0.011, np.nan]])
    q = kept((2, 3), types=types, cover=cover, c_factor="classes", cover_classes=CLASSES, dry_farmland=DRY, cover_factor=None)
    np.testing.assert_allclose(q, R * K * LS * (1 - c), rtol=2e-6)


def test_cover_by_its_logarithm_and_by_land_class():
    q = kept((1, 2), cover=np.array([[0.5, 0.9]]), c_factor="cover_log", cover_logarithm=LOGARITHM)
    np.testing.assert_allclose(q, R * K * LS * (1 - np.array([[0.6508 - 0.3436 * np.log10(50), 0]])), rtol=2e-6)
    q = kept((1, 2), cover_of_type=np.array([[0.03, np.nan]]), c_factor="land_class")
    np.testing.assert_allclose(q, R * K * LS * (1 - np.array([[0.03, np.nan]])), rtol=2e-6)


def test_practice_reduces_the_loss():
    q = kept((1, 2), cover_factor=np.array([[0.4, 0.4]]), practice_factor=np.array([[0.35, 1.0]]))
    np.testing.assert_allclose(q, R * K * LS * (1 - 0.4 * np.array([[0.35, 1.0]])), rtol=1e-6)


def test_no_retention_beyond_the_potential():
    rng = np.random.default_rng(4)
    c = rng.random((20, 30))
    q = kept((20, 30), cover_factor=c)
    assert (q <= potential(np.full(c.shape, R), K, LS)).all()
    assert (q >= 0).all()


def test_items_ask_for_soil_and_their_own():
    items = {item.code: item for item in SERVICE.active({}).items}
    assert list(items) == ["soil", "silt", "nitrogen", "phosphorus"]
    own = ["sediment_deposition_share", "bulk_density", "soil_bulk_density"]
    assert items["silt"].arguments == ("soil", *own)
    assert set(items["silt"].needed) == {*items["soil"].arguments, *own}
    assert items["silt"].shared["soil"].quantity is soil
    assert items["soil"].shared == {}


def test_fertiliser_prices_are_other_prices():
    def prices(choice):
        return {item.code: item.price for item in SERVICE.active({"nutrients": choice}).items}

    assert prices("treatment_cost")["nitrogen"] == "price_nitrogen"
    assert prices("fertiliser_price")["phosphorus"] == "price_phosphorus_fertiliser"
    assert prices("treatment_cost")["soil"] is None


def test_types_without_a_cover_factor_are_named():
    codes = [111, 82, 51, 512, 511]
    assert without_cover_factor(codes, CLASSES, DRY, "classes") == [51, 82]
    assert without_cover_factor(codes, None, None, "layer") == []


@pytest.mark.parametrize("choice", ["classes", "cover_log", "land_class", "layer"])
def test_the_choice_of_c_asks_for_its_layers(choice):
    active = SERVICE.active({"c_factor": choice})
    roles = {entry.role for entry in active.inputs}
    assert ("cover" in roles) == (choice in ("classes", "cover_log"))
    assert ("cover_factor" in roles) == (choice == "layer")
    assert {"cover", "cover_factor"} - roles <= active.idle
