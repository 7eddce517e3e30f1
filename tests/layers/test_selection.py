"""Which numbers of the tables an account used: those of the types that are there and in scope."""

from ecoval.layers.selection import LeftOut, plan
from ecoval.parameters import Parameters
from ecoval.services import service

TYPES = (111, 211, 511, 512)


def planned(code, **options):
    parameters = Parameters.read(region="CN-33", choices={"storm_threshold": {"value": 50, "uom": "mm d-1"}})
    entry = service(code)
    chosen = entry.chosen(parameters.options(code) | options)
    return plan(entry, False, chosen, TYPES, parameters, lambda role: True, [], LeftOut())  # noqa: ARG005


def keys(made, parameter, present):
    return {row.key for row in made.rows(TYPES, present) if row.parameter == parameter}


def test_curve_numbers_of_covers_that_are_not_there_are_left_out():
    made = planned("flood_mitigation", storms="all")
    every = {f"{cover}:{group}" for cover in ("woods_good", "bare_soil") for group in "ABCD"}
    assert keys(made, "curve_number", {111}) == every
    # paddy is out of scope: its cover is not used although the type is there
    assert keys(made, "curve_number", {111, 511}) == every
    assert keys(made, "curve_number", {111, 211}) > every


def test_cover_factors_of_types_that_are_not_there_are_left_out():
    made = planned("soil_retention")
    assert keys(made, "C_factor", {111}) == {f"1:{name}" for name in ("0-10", "10-30", "30-50", "50-70", "70-90", "90-100")}
    assert keys(made, "C_factor", {511}) == {"511"}


def test_numbers_by_type_are_those_of_the_types_that_are_there():
    made = planned("water_retention")
    assert keys(made, "runoff_coefficient", {111}) == {"111"}
    assert keys(made, "runoff_coefficient", set()) == set()
