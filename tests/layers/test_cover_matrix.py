"""Land cover x pack x service: each type of each packaged crosswalk has a number, or is named before anything runs.

Independent of how the plans are made: the function of every item that reads cells is called on a row of one cell per type with
layers of one value each. Where the type counts, the quantity is a number, or the plan lists the type as lacking one (the check says
so). A number that is not the type's own is that of a class above it, of its only class below, or stands in `stand_ins.csv`.
"""

import numpy as np
import pytest

from ecoval.classification import crosswalk, ecosystem_types, undecided
from ecoval.layers.selection import LeftOut, chosen_options, plan
from ecoval.parameters import Parameters
from ecoval.registry import STANDARDS, service_rows
from ecoval.services import SERVICES, flood_mitigation, registry

CROSSWALKS = ("clcd", "corine", "globeland30", "sandiao", "worldcover")
VALUES = {"temperature": 15.0, "soil_bulk_density": 1.3, "cover": 0.5, "soil_group": 2, "latitude": 30.0, "soil_depth": 800.0}
STAND_INS = {(row["service"], row["parameter"], row["key"]) for row in service_rows("stand_ins")}


class Declared:
    """As much of a study as options are chosen by."""

    class services:  # noqa: N801
        options: dict = {}  # noqa: RUF012

    path = "-"


def layer(entry, made, count):
    """One value everywhere, in the shape that the function reads."""
    value = VALUES.get(entry.role, 500.0 if entry.high is None or entry.high > 1000 else entry.high / 3)
    cells = np.full((1, count), value, dtype=np.int32 if entry.kind == "categorical" else np.float32)
    bands = entry.bands
    if bands is None:
        numbers, options = made.numbers, made.options
        bands = len(flood_mitigation.curves(numbers.get("curve_number"), numbers.get("regression"), options["vegetation"]))
    return cells if bands == 1 else np.repeat(cells[None], bands, axis=0)


def quantity(made, item, types):
    inputs = {entry.role: entry for entry in made.service.inputs}
    arguments = {}
    for name in item.arguments:
        if name == "types":
            arguments[name] = np.array([types], dtype=np.int16)
        elif name in item.shared:
            arguments[name] = quantity(made, item.shared[name], types)
        elif name in inputs:
            arguments[name] = layer(inputs[name], made, len(types))
        elif name in made.vectors:
            arguments[name] = made.vectors[name][:-1][None]
        else:
            arguments[name] = made.numbers.get(name, None if name in made.roles else made.options.get(name))
    return np.asarray(item.quantity(**arguments))


def plans(standard, types):
    parameters = Parameters.read(standard=standard, region="CN-33", allow_recalled=True)
    for service in SERVICES:
        options = chosen_options(service, Declared, parameters, registry(), list(registry()))
        made = plan(service, False, options, types, parameters, lambda _role: True, (), LeftOut())
        if made is not None:
            yield made


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("name", CROSSWALKS)
def test_every_type_has_a_number_or_is_named(name, standard):
    types = sorted({int(kind) for kind in crosswalk(name).values() if kind})
    compared = 0
    for made in plans(standard, types):
        for item in made.service.items:
            if item.form == "table":
                continue
            values = quantity(made, item, types)[0]
            lacking = made.lacking.get(item.code, {})
            for place, code in enumerate(types):
                if made.scopes[item.code][place] and place not in lacking:
                    assert np.isfinite(values[place]), (name, standard, made.service.code, item.code, code)
                    compared += 1
            assert set(undecided(made.service.code, types, (), item.code)) <= {types[place] for place in lacking}
    assert compared > 20


@pytest.mark.parametrize("name", CROSSWALKS)
def test_a_number_of_another_type_is_listed(name):
    types = sorted({int(kind) for kind in crosswalk(name).values() if kind})
    for made in plans("open-2026", types):
        for entry, value in made.found.values():
            if entry.by != "type":
                continue
            for code, number in zip(value.codes, value.numbers, strict=True):
                if number is not None:
                    below = [str(kind) for kind in ecosystem_types() if kind // 10 == code]
                    own = {str(code)[:level] for level in (1, 2, 3)} | {"*", *(below if len(below) == 1 else ())}
                    holder = entry.service or made.service.code
                    assert number.key in own or (holder, entry.table_name, number.key) in STAND_INS, (code, number)
