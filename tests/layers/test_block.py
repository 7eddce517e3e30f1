"""Quantities that several items of a service share are worked out once per tile."""

import numpy as np
import pytest
import small_study

import ecoval as ev
from ecoval import Input, Item, Option, Service


def shade(calls):
    """A service whose items `half` and `quarter` build on `whole`, and `quarter` on `half` too."""

    def whole(npp):
        calls.append("whole")
        return np.asarray(npp, dtype=np.float32)

    def half(whole):
        return whole * np.float32(0.5)

    def quarter(whole, half):
        calls.append("quarter")
        return half * half / whole

    functions = {"quarter": quarter, "half": half, "whole": whole}
    items = [Item(name, measure="t ha-1 yr-1", quantity=function) for name, function in functions.items()]
    return Service(code="shade", category="regulating", items=items, inputs=[Input("npp", "gC m-2 yr-1", low=0)])


def test_a_shared_quantity_is_computed_once_per_tile(tmp_path):
    calls = []
    study = ev.Study.read(small_study.write(tmp_path))
    supply = study.run(services=[shade(calls)], threads=1).supply
    found = supply[supply["service"] == "shade"].groupby("item")["quantity"].sum()
    # 1600 ha of 800 gC m-2
    np.testing.assert_allclose([found[name] for name in ("whole", "half", "quarter")], [1_280_000, 640_000, 320_000], rtol=1e-4)
    assert calls.count("whole") == calls.count("quarter") > 0


def test_what_an_item_needs_goes_through_the_items_it_builds_on():
    items = {item.code: item for item in shade([]).active({}).items}
    assert items["quarter"].arguments == ("whole", "half")
    assert items["quarter"].needed == ("npp",)
    assert list(items["quarter"].shared["half"].shared) == ["whole"]


def test_items_that_build_on_each_other_are_refused():
    def first(second):
        return second

    def second(first):
        return first

    items = [Item(name, measure="m3 ha-1 yr-1", quantity=function) for name, function in (("first", first), ("second", second))]
    with pytest.raises(ValueError, match="first <- second <- first"):
        Service(code="ring", category="regulating", items=items).active({})


def test_an_option_of_the_same_name_comes_first():
    def depth(depth):
        return depth

    option = Option("depth", ("a", "b"), "a")
    entry = Service(
        code="x", category="regulating", items=[Item("depth", measure="m3 ha-1 yr-1", quantity=depth)], options=[option]
    )
    assert entry.active({}).items[0].shared == {}
    assert entry.active({}).items[0].needed == ("depth",)
