"""Every number that a service takes has a domain, and a study is held to it."""

import math

import pytest

from ecoval.errors import ParameterError
from ecoval.layers.names import check_names
from ecoval.parameters import Parameters, packaged
from ecoval.services import SERVICES

EVERY = [(holder, entry) for service in SERVICES for holder, entry in service.numbers]


@pytest.mark.parametrize(("holder", "entry"), EVERY, ids=lambda each: each if isinstance(each, str) else each.name)
def test_a_parameter_is_bounded_or_says_why_not(holder, entry):
    bounded = entry.low is not None and entry.high is not None and -math.inf < entry.low < entry.high < math.inf
    assert bounded != bool(entry.free.strip())
    for row in packaged().get((holder, entry.table_name), ()):
        if bounded:
            assert entry.low <= row.in_measure(entry.measure).value <= entry.high


def choose(**numbers):
    return check_names(Parameters.read(choices={"water_retention": numbers}), SERVICES, "study.toml")


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ({"interest_rate": 0.045}, None),
        ({"interest_rate": {"value": 4.5, "uom": "%"}}, None),
        ({"interest_rate": 4.5}, "parameter_percent"),
        ({"interest_rate": {"value": 4.5, "uom": "yr-1"}}, "parameter_percent"),
        ({"interest_rate": {"value": 450, "uom": "%"}}, "parameter_beyond_declared"),
        ({"interest_rate": -0.01}, "parameter_beyond_declared"),
        ({"lifetime": 0.5}, "parameter_beyond_declared"),
        ({"maintenance": {"value": 5e4, "uom": "CNY m-3", "year": 2023}}, "parameter_beyond_declared"),
        ({"crop_coefficient": {"111": 2.5}}, "parameter_beyond_declared"),
    ],
)
def test_a_number_of_the_study_is_in_its_domain(numbers, code):
    if code is None:
        assert choose(**numbers)
        return
    with pytest.raises(ParameterError) as raised:
        choose(**numbers)
    assert raised.value.code == code


def test_an_own_table_is_held_to_the_same_domain(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("service,parameter,key,value,uom,source_id\nflood_mitigation,interest_rate,*,4.5,1,book\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="uom = %"):
        check_names(Parameters.read(own=[table]), SERVICES, "study.toml")
