"""Guards: the table is sound, a value is judged by it and by nothing else, and the likely measure is the one that was meant."""

import math

import pytest

from ecoval import guards, measure
from ecoval.layers.items import ItemNames
from ecoval.layers.roles import known_roles
from ecoval.registry import data_rows
from ecoval.services import SERVICES
from ecoval.words import in_words

EVERY = [guard for rows in guards.guards().values() for guard in rows]
WHAT = in_words("guard_layer_mean", role="npp")


def test_every_guard_is_ordered_and_says_what_it_comes_from():
    for guard in EVERY:
        assert guard.low <= guard.warn_low < guard.warn_high <= guard.high, guard
        assert guard.basis
        assert guard.status
        assert guard.kind in guards.KINDS
        measure.check(guard.measure)
        assert guard.per in ("", "area", "output", "population", "visits", "gdp")


def test_every_guard_judges_something_that_there_is():
    statistics = ItemNames(SERVICES)
    prices = {item.price.removeprefix("price_") for service in SERVICES for item in service.items if item.price}
    products = {row["product"] for row in data_rows("products.csv")} | {guards.ANY_NAME}
    results = {f"{service.code}:{item.code}" for service in SERVICES for item in service.items} | {"gep", "service_share"}
    names = {
        "layer": {f"{role}:{part}" for role in known_roles() for part in ("mean", "range", "slope")},
        "statistic": {*statistics.alone, *statistics.parts},
        "price": prices,
        "product": products,
        "result": results,
    }
    for guard in EVERY:
        assert guard.kind == "relation" or guard.name in names[guard.kind], guard


@pytest.mark.parametrize(
    ("value", "level"),
    [(800.0, ""), (20.0, ""), (19.0, "warning"), (2.0, "warning"), (1.9, "error"), (5001.0, "error"), (math.nan, "")],
)
def test_level_of_a_value(value, level):
    assert guards.guard_of("layer", "npp:mean").level(value) == level


@pytest.mark.parametrize(
    ("kind", "name", "stated", "meant", "value"),
    [
        ("layer", "npp:mean", "gC m-2 yr-1", "kgC m-2 yr-1", 0.8),
        ("layer", "precipitation:mean", "mm yr-1", "m yr-1", 1.6),
        ("layer", "temperature:mean", "degC", "K", 290.0),
        ("layer", "soil_sand:mean", "%", "1", 0.4),
        ("layer", "soil_nitrogen:mean", "1", "%", 0.12),
        ("layer", "erodibility:mean", "t ha h ha-1 MJ-1 mm-1", "ton ac h (100 ac ft tonf in)-1", 0.3),
        ("product", "rice", "CNY t-1", "CNY kg-1", 3.0),
        ("price", "electricity", "CNY kWh-1", None, 5.0),
    ],
)
def test_likely_measure(kind, name, stated, meant, value):
    guard = guards.guard_of(kind, name, stated)
    verdict = guards.judged(
        guard, value * measure.factor(stated, guard.measure), WHAT, place="a.tif", uom=stated, entry=guards.accept_in("layers", "k")
    )
    cause = verdict.fields["cause"]
    if meant is None:
        assert cause == in_words("likely_factor", factor=0.1)
    else:
        assert meant in dict(cause.fields)["uom"]


def test_an_accepted_value_is_a_note_with_its_reason():
    guard = guards.guard_of("layer", "npp:mean")
    refused = guards.judged(guard, 0.8, WHAT, place="a.tif", entry=guards.accept_in("layers", "npp"))
    accepted = guards.judged(guard, 0.8, WHAT, place="a.tif", entry=guards.accept_in("layers", "npp"), accepted="a desert of rock")
    assert (refused.level, refused.code) == ("error", "implausible_refused")
    assert (accepted.level, accepted.fields["reason"]) == ("note", "a desert of rock")


def test_a_name_without_a_guard_has_that_of_its_measure():
    assert guards.guard_of("product", "saffron", "CNY kg-1").measure == "CNY t-1"
    assert guards.guard_of("product", "saffron", "CNY visit-1") is None
