"""Every packaged service on missing input, zeros, its hand example and a wrong measure; and what its declaration promises."""

import inspect
import itertools

import numpy as np
import pandas as pd
import pytest

from ecoval import measure, parameters, terms
from ecoval.accounts.valuation import item_price
from ecoval.classification import ecosystem_types, scope
from ecoval.errors import InputError, MeasureError
from ecoval.parameters import Parameters, packaged
from ecoval.services import SERVICES, Item, Service, registry, service
from ecoval.services.declaration import options_text
from ecoval.services.flood_mitigation import curves

SHAPE = (2, 3)
NUMBERS = Parameters.read(region="CN-33", allow_recalled=True)
TYPES = {"flood_mitigation": [111, 413], "carbon_sequestration": [111, 413]}
STATISTICS = ["unit_id", "item", "quantity", "uom", "price", "price_uom", "price_year", "status"]
VARIANTS = [(entry, choices) for entry in SERVICES for choices in [{}, *[{o.name: c} for o in entry.options for c in o.choices]]]
CASES = [
    pytest.param(entry, item, choices, id=f"{entry.code}-{item.code}-{'-'.join(map('='.join, choices.items())) or 'default'}")
    for entry, choices in VARIANTS
    for item in entry.active(choices).items
]
CELLS = [case for case in CASES if case.values[1].form == "cell"]
TABLES = [case for case in CASES if case.values[1].form == "table"]


def numbers_of(entry, choices):
    """Numbers of the parameter tables where they have some, else 0.5 for each."""
    found = {}
    for declared in entry.parameters:
        if declared.by == "type":
            found[declared.name] = np.full(SHAPE, 0.5, dtype=np.float32)
            continue
        try:
            got = NUMBERS.declared(entry.code, declared, [111, 512], choices)
        except parameters.ParameterError:
            got = None
        if declared.by == "table":
            found[declared.name] = {key: number.value for key, number in (got or {}).items()}
        else:
            found[declared.name] = 0.5 if got is None else got.value
    if "regression" in found:
        found["regression"] = {"111:intercept": 0.0, "111:slope": 0.0}
    return found


def arguments(entry, item, options, fill):
    active = entry.active(options)
    chosen = entry.chosen(options)
    given = dict.fromkeys(item.needed) | {name: choice for name, choice in chosen.items() if name in item.needed}
    given |= dict.fromkeys(active.idle & set(item.needed))
    given |= numbers_of(active, chosen)
    for layer in active.inputs:
        bands = (layer.bands,) if layer.bands not in (1, None) else ()
        if layer.role == "storm_runoff":
            bands = (len(curves(given.get("curve_number"), given.get("regression"), chosen["vegetation"])),)
        given[layer.role] = np.full((*bands, *SHAPE), fill, dtype=np.float32)
    given["types"] = np.full(SHAPE, 0 if np.isnan(fill) else 111, dtype=np.int16)
    if np.isnan(fill):
        given |= {
            name: np.full(SHAPE, np.nan) for name, value in given.items() if isinstance(value, np.ndarray) and value.shape == SHAPE
        }
        given["types"] = np.zeros(SHAPE, dtype=np.int16)
    elif "soil_group" in given:
        given["soil_group"] = np.full(SHAPE, 2)
    built_on = {name: other.quantity(**{key: given[key] for key in other.arguments}) for name, other in item.shared.items()}
    return {name: built_on[name] if name in built_on else given[name] for name in item.arguments}


@pytest.mark.parametrize(("entry", "item", "options"), CELLS)
def test_all_missing_gives_missing(entry, item, options):
    q = item.quantity(**arguments(entry, item, options, np.nan))
    assert q.shape == SHAPE
    assert q.dtype == np.float32
    assert np.isnan(q).all()


@pytest.mark.parametrize(("entry", "item", "options"), CELLS)
def test_zeros_give_a_number(entry, item, options):
    given = arguments(entry, item, options, 0.0)
    q = item.quantity(**given)
    assert q.shape == SHAPE
    assert q.dtype == np.float32
    if (entry.code, item.code) in {("soil_retention", "silt")} and given["soil_bulk_density"] is not None:
        return  # a density of zero has no volume
    assert np.isfinite(q).all()
    no_quantity = {"vegetation", "retention", "clipped", "soil", "silt", "nitrogen", "phosphorus", "plants", "water"}
    by_respiration = options.get("respiration", "model") == "model" and options.get("method", "nep") == "nep"
    if item.code in no_quantity and not (
        entry.code in ("carbon_sequestration", "oxygen_release") and (by_respiration or "method" in options)
    ):
        assert (q == 0).all()


def statistics(value):
    items = {"rice": ("t", value, "CNY t-1"), "visits": ("visit", None, None), "tourism_revenue": ("CNY", None, None)}
    items |= {"population": ("person", None, None), "land:511": ("ha", value, "CNY ha-1")}
    rows = [("a", name, value, uom, price, price_uom, 2020, "user") for name, (uom, price, price_uom) in items.items()]
    table = pd.DataFrame(rows, columns=STATISTICS)
    return table.astype({"quantity": float, "price": float, "price_year": float})


def tables(item, value, uom="m3"):
    places = {"lakes": {"area": value, "lake_area": value, "capacity": value}, "reservoirs": {"flood_capacity": value}}
    made = {name: pd.DataFrame([{"unit_id": "a", "uom": uom} | columns]) for name, columns in places.items()}
    extent = pd.DataFrame({"unit_id": ["a"], "ecosystem_type": ["422"], "area": [1.0]})
    made |= {"statistics": statistics(value), "extent": extent}
    return {name: frame for name, frame in made.items() if name in item.arguments}


@pytest.mark.parametrize(("entry", "item", "options"), TABLES)
@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_tables_of_nothing(entry, item, options, value):
    given = arguments(entry, item, options, 0.0) | tables(item, value)
    table = item.quantity(**given)
    assert list(table.columns) == [
        "unit_id",
        "item",
        "ecosystem_type",
        "quantity",
        "uom",
        "price",
        "price_uom",
        "price_year",
        "value_share",
        "status",
        "note",
    ]
    if np.isnan(value):
        assert table["quantity"].isna().all()
    elif entry.code == "flood_mitigation" and item.code == "lake":
        assert table["quantity"].isna().all()  # a lake without area has no share in itself
    else:
        assert (table["quantity"] == 0).all()


EXAMPLES = {
    "material_supply": (
        "products",
        {"method": "gross"},
        {"statistics": (("a", "rice", 5000, "t", 3000, "CNY t-1", 2020, "user"),)},
        15e6,
    ),
    "water_retention": ("retention", {}, {"precipitation": 1600, "evapotranspiration": 750, "runoff_coefficient": 0.0465}, 7756),
    "soil_retention": (
        "soil",
        {"c_factor": "layer"},
        {"erosivity": 6000, "erodibility": 0.015868761854552254, "ls": 11.341154765, "cover_factor": 0.004},
        1075.5012349722658,
    ),
    "flood_mitigation": ("marsh", {}, {"marsh_surface_depth": 0.3}, 3000),
    "carbon_sequestration": ("vegetation", {"respiration": "raster"}, {"npp": 600, "respiration": 300}, 11),
    "oxygen_release": ("vegetation", {"respiration": "raster"}, {"npp": 600, "respiration": 300}, 8),
    "climate_regulation": ("plants", {}, {"cooling_evapotranspiration": 250}, 567129.6296296297),
    "recreation": (
        "tourism_health",
        {"tourism_health": "revenue"},
        {"statistics": (("a", "tourism_revenue", 300e6, "CNY"), ("a", "nature_share", 0.4, "1")), "nature_share": None},
        120e6,
    ),
}


@pytest.mark.parametrize("code", registry())
def test_hand_example(code):
    name, options, given, expected = EXAMPLES[code]
    entry = service(code)
    item = next(item for item in entry.active(options).items if item.code == name)
    default = arguments(entry, item, options, 0.0)
    if item.form == "table":
        table = pd.DataFrame([dict(itertools.zip_longest(STATISTICS, row)) for row in given["statistics"]], columns=STATISTICS)
        result = item.quantity(**default | given | {"statistics": table.astype({"quantity": float, "price": float})})
        assert (result["quantity"] * result["price"] * result["value_share"]).sum() == pytest.approx(expected)
    else:
        layers = {key: np.full(SHAPE, value) if key != "marsh_surface_depth" else value for key, value in given.items()}
        np.testing.assert_allclose(item.quantity(**default | layers), expected, rtol=2e-6)


@pytest.mark.parametrize(("entry", "item", "options"), CELLS)
def test_a_layer_or_price_in_a_wrong_measure_is_refused(entry, item, options):
    for layer in entry.active(options).inputs:
        if layer.kind != "table":
            measure.check(layer.measure)
            with pytest.raises(MeasureError):
                measure.factor("CNY" if layer.measure == "1" else "1", layer.measure)
    if item.price:
        price = {"value": 1, "uom": "CNY h-1", "year": 2020}
        wrong = {item.price.removeprefix("price_"): price, "water": price}
        with pytest.raises(MeasureError):
            item_price(Parameters.read(prices=wrong), entry.code, item, options, 2020)


@pytest.mark.parametrize(("entry", "item", "options"), TABLES)
def test_a_table_in_a_wrong_measure_is_refused(entry, item, options):
    given = arguments(entry, item, options, 0.0) | tables(item, 1.0, uom="kWh")
    if "statistics" in given:
        given["statistics"] = given["statistics"].assign(uom="kWh")
    method = options.get("method", "gross")
    equation = item.code == "lake" and options.get("lakes") in ("east_plain", "tibet")
    if (item.code == "products" and method in ("gross", "net_value_added")) or equation:
        return  # a product keeps the measure of its price, which the account checks; a lake is measured by its area
    with pytest.raises(MeasureError):
        item.quantity(**given)


@pytest.mark.parametrize("entry", SERVICES, ids=lambda entry: entry.code)
def test_declarations_hold(entry):
    assert terms.label(entry.code, "zh") != terms.label(entry.code, "en")
    assert entry.category in ("provisioning", "regulating", "cultural")
    assert set(entry.references) <= set(parameters.sources())
    option_names = {option.name for option in entry.options}
    for declared in (*entry.inputs, *entry.parameters, *entry.items):
        for name, choices in declared.when.items():
            option = next(option for option in entry.options if option.name == name)
            assert set(choices) <= set(option.choices), f"{declared} {name}"
    known = {"types", *(layer.role for layer in entry.inputs), *(number.name for number in entry.parameters), *option_names}
    for item in entry.active({}).items:
        given = known | ({"price_year", "extent"} if item.form == "table" else set())
        assert set(item.needed) <= given
        assert set(item.arguments) <= given | set(item.shared)
        measure.check(item.measure)
        assert (item.price is None) == (item.price_measure is None)
        if item.price_measure:
            measure.check(item.price_measure)
        if item.form == "cell":
            assert not scope(entry.code, list(ecosystem_types())).all()  # a service without rows would count every type
        assert inspect.signature(item.quantity).parameters.keys() == set(item.arguments)
    for number in entry.parameters:
        measure.check(number.measure)
        rows = packaged().get((number.service or entry.code, number.table_name), ())
        for row in rows:
            if number.by != "table" and number.key in (row.key, "*") and "{" not in number.key and number.measure != "1":
                measure.factor(row.uom, number.measure)


def test_options_stand_in_the_text_and_filter_the_rest():
    entry = service("soil_retention")
    text = options_text(entry.counted({"ls": "invest"}, {}))
    assert "ls=invest" in text
    assert "erosivity=halfmonth" in text
    assert "length=" not in text  # of the lengths of other methods
    assert entry.active({}).active({}).idle == entry.active({}).idle


def test_an_unknown_service_names_the_nearest():
    with pytest.raises(InputError, match="soil_retention"):
        service("soil_retension")


def test_a_service_of_a_user_needs_no_registry():
    def shade(npp):
        return np.asarray(npp, dtype=np.float32) * np.float32(0.1)

    entry = Service(code="shade", category="regulating", items=[Item("shade", measure="t ha-1 yr-1", quantity=shade)])
    assert entry.items[0].arguments == ("npp",)
    assert options_text(entry.counted({}, {})) == ""
