"""Packaged numbers, own numbers, named sources, statuses; and that the packaged tables are what the script makes."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecoval import measure
from ecoval.constants import STATUS_ORDER
from ecoval.errors import EcovalError, EcovalWarning, ParameterError
from ecoval.parameters import Parameters, contains, indicators, listing, offers_of, packaged, sources, standards, worst
from ecoval.services import SERVICES

ROOT = Path(__file__).parents[1]


def table(*rows):
    columns = ["service", "parameter", "key", "value", "uom", "status"]
    return pd.DataFrame([dict(zip(columns, row, strict=False)) for row in rows])


def code_of(call):
    with pytest.raises(EcovalError) as caught:
        call()
    return caught.value


def test_packaged_tables_are_what_the_script_makes(outside):
    spec = importlib.util.spec_from_file_location("package_tables", ROOT / "scripts" / "package_tables.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.ORIGIN = outside / "data"
    made = script.tables()
    package = ROOT / "ecoval"
    assert {name: (package / name).read_text(encoding="utf-8") for name in made} == made
    tables = (
        "data/parameters/*",
        "data/classification/*",
        "data/standards/*/*",
        "services/*/parameters.csv",
        "services/*/scope.csv",
    )
    assert {path.relative_to(package).as_posix() for pattern in tables for path in package.glob(pattern)} <= set(made)


def test_every_packaged_number_is_sound():
    for rows in packaged().values():
        for row in rows:
            measure.check(row.uom)
            assert row.source_id in sources(), row.text
            assert row.status in ("verified", "published", "recalled"), row.text
            assert not row.value < row.low, row.text
            assert not row.value > row.high, row.text
            assert row.year or not row.parameter.startswith("price"), row.text
    assert all(row["licence"] for row in sources().values())


def test_a_vector_of_the_default_source():
    numbers = Parameters.read(region="CN-33")
    vector = numbers.vector("water_retention", "runoff_coefficient", [111, 121, "131"])
    np.testing.assert_array_equal(vector.values, np.array([0.0465, 0.0452, 0.0352], dtype=np.float32))
    assert vector.status == "published"
    assert {number.source_id for number in vector.numbers} == {"GONG2017"}


def test_cells_get_the_number_of_their_type():
    vector = Parameters.read(region="CN-33").vector("water_retention", "runoff_coefficient", [111, 121])
    cells = vector.cells(np.array([[111, 121], [0, 999]], dtype=np.int16))
    np.testing.assert_array_equal(cells, np.array([[0.0465, 0.0452], [np.nan, np.nan]], dtype=np.float32))


def test_another_source_by_name():
    numbers = Parameters.read(region="CN-33", choices={"runoff_coefficient": "REDLINE2017"})
    assert numbers.vector("water_retention", "runoff_coefficient", [111]).values[0] == np.float32(0.0267)
    below = Parameters.read(region="CN-33", choices={"water_retention": {"runoff_coefficient": "REDLINE2017"}})
    assert below.vector("water_retention", "runoff_coefficient", [111]).values[0] == np.float32(0.0267)


def test_codes_without_a_number_are_one_error():
    numbers = Parameters.read(region="CN-33")
    error = code_of(lambda: numbers.vector("water_retention", "runoff_coefficient", [113, 111, 511, 82], fallback=True))
    assert error.code == "codes_without_parameter"
    assert error.fields["codes"] == ["113 竹林", "511 水田", "82 裸地"]
    assert "parameters/water_retention.csv" in str(error)
    assert "113 竹林" in error.message("zh")


def test_bamboo_borrows_from_its_parents_alone():
    numbers = Parameters.read(region="CN-33", own=[table(("water_retention", "runoff_coefficient", "11", 0.05, "1"))])
    assert numbers.vector("water_retention", "runoff_coefficient", [113], fallback=True).values[0] == np.float32(0.05)
    assert code_of(lambda: numbers.vector("water_retention", "runoff_coefficient", [113])).code == "codes_without_parameter"


def test_a_class_of_one_child_and_a_stand_in_of_the_region():
    numbers = Parameters.read(region="CN-33")
    # 33 has the one child 331, whose row of the subtropics stands in for it in Zhejiang
    assert numbers.vector("water_retention", "runoff_coefficient", [33, 331, 13]).values.tolist() == pytest.approx(
        [0.0387, 0.0387, 0.0352]
    )
    elsewhere = Parameters.read(region="CN-15")
    assert code_of(lambda: elsewhere.vector("water_retention", "runoff_coefficient", [331])).code == "codes_without_parameter"


def test_own_numbers_win_one_by_one():
    own = table(
        ("water_retention", "runoff_coefficient", "113", 0.044, "1", "example"),
        ("water_retention", "runoff_coefficient", "111", 4.0, "%", "published"),
    )
    numbers = Parameters.read(region="CN-33", own=[own])
    vector = numbers.vector("water_retention", "runoff_coefficient", [111, 113, 121], uom="1")
    assert vector.values.tolist() == pytest.approx([0.04, 0.044, 0.0452])
    assert [number.status for number in vector.numbers] == ["user", "example", "published"]
    assert vector.status == "example"


def test_a_number_twice_in_own_tables_is_refused():
    row = ("water_retention", "runoff_coefficient", "113", 0.044, "1")
    assert code_of(lambda: Parameters.read(own=[table(row), table(row)])).code == "parameter_twice"


def test_sources_side_by_side_need_a_name():
    numbers = Parameters.read("hj1173-2021", region="CN-33")
    error = code_of(lambda: numbers.number("soil_retention", "S_factor", "break1", source="CHEN2018"))
    assert error.code == "source_unknown"
    error = code_of(lambda: numbers.number("project_scale_x", "anything"))
    assert error.code == "parameter_missing"
    error = code_of(lambda: numbers.number("climate_regulation", "transpiration_heat", "1"))
    assert error.code == "parameter_ambiguous"
    assert len(error.fields["rows"]) == 2
    assert "GARZE2017" in str(error)
    assert "CIRCULATED" in str(error)


def test_recalled_numbers_need_leave():
    named = {"source": "GARZE2017"}
    error = code_of(lambda: Parameters.read(region="CN-33").number("climate_regulation", "transpiration_heat", "1", **named))
    assert error.code == "parameter_recalled"
    allowed = Parameters.read(region="CN-33", allow_recalled=True).number("climate_regulation", "transpiration_heat", "1", **named)
    assert (allowed.value, allowed.status) == (2837.27, "recalled")
    optional = Parameters.read(region="CN-33").number("climate_regulation", "transpiration_heat", "1", **named, required=False)
    assert optional is None


def test_recalled_rates_of_wetlands_stand_in_by_region():
    numbers = Parameters.read(region="CN-33", allow_recalled=True)
    rates = numbers.vector("carbon_sequestration", "sequestration_rate", [421, 413], fallback=True)
    assert rates.values.tolist() == pytest.approx([56.67, 32.48])
    assert rates.status == "recalled"


def test_a_number_of_another_region_is_transferred():
    here, there = Parameters.read(region="CN-33"), Parameters.read(region="CN-5001")
    density = [numbers.number("soil_retention", "bulk_density") for numbers in (here, there)]
    assert [(number.value, number.status) for number in density] == [(1.125, "transferred"), (1.125, "published")]
    assert Parameters.read().number("soil_retention", "sediment_deposition_share").status == "transferred"
    assert here.number("climate_regulation", "latent_heat").status == "published"


def test_regions_contain_their_parts():
    assert contains("*", None)
    assert contains("CN", "CN-33")
    assert contains("CN-33", "CN-3301")
    assert not contains("CN", "CNX")
    assert not contains("CN-33", "CN")
    assert not contains("CN", None)


def test_prices_are_never_silent():
    numbers = Parameters.read(region="CN-33")
    error = code_of(lambda: numbers.price("water_retention", "price_storage"))
    assert error.code == "price_not_given"
    assert "7.06" in str(error)
    assert "SHANG2018" in " ".join(map(str, error.fields["rows"]))
    priced = {name for _, name in packaged() if name.startswith("price_")}
    for service in SERVICES:
        for name in {item.price for item in service.items if item.price} & priced:
            assert code_of(lambda: numbers.price(service.code, name)).code == "price_not_given"  # noqa: B023


def test_prices_by_name_and_by_the_study():
    numbers = Parameters.read(
        region="CN-33", prices={"storage": "CHEN2017", "co2": {"value": 120, "uom": "CNY tC-1", "year": 2023}}
    )
    by_name = numbers.price("flood_mitigation", "price_storage")  # no row of its own: the other service's source
    assert (by_name.value, by_name.year, by_name.status) == (7.53, 2011, "published")
    given = numbers.price("carbon_sequestration", "price_co2", uom="CNY tCO2-1")
    assert given.value == pytest.approx(120 * 12 / 44)
    assert (given.status, given.source_id) == ("user", "study")
    error = code_of(lambda: Parameters.read(prices={"co2": "NOBODY"}).price("carbon_sequestration", "price_co2"))
    assert error.code == "source_unknown"
    error = code_of(lambda: Parameters.read(prices={"co2": {"value": 3}}).price("carbon_sequestration", "price_co2"))
    assert error.code == "number_incomplete"
    assert error.fields["absent"] == ["uom", "year"]
    below = Parameters.read(prices={"flood_mitigation": {"storage": "GARZE2017"}, "storage": "CHEN2017"})
    assert below.price("flood_mitigation", "price_storage").value == 7.06
    assert below.price("water_retention", "price_storage").value == 7.53


def test_a_list_of_prices_is_what_the_study_would_say_by_name(tmp_path):
    path = tmp_path / "价格 表.csv"
    path.write_text(
        "name,value,uom,year,source,status\nco2,120,CNY tC-1,2023,物价局,\no2,800,CNY t-1,2022,,example\n", encoding="gbk"
    )
    with pytest.warns(EcovalWarning, match="GB18030"):
        listed = Parameters.read(own=[path], prices={"o2": {"value": 900, "uom": "CNY t-1", "year": 2024}})
    said = Parameters.read(prices={"co2": {"value": 120.0, "uom": "CNY tC-1", "year": 2023, "source": "物价局"}})
    key = ("carbon_sequestration", "price_co2")
    one, other = (numbers.price(*key, uom="CNY tCO2-1") for numbers in (listed, said))
    for name in ("value", "uom", "year", "status", "source_id"):
        assert getattr(one, name) == getattr(other, name), name
    assert listed.price("oxygen_release", "price_o2").value == 900  # what the study says itself goes before the list


@pytest.mark.parametrize(
    ("rows", "reason"),
    [("co2,many,CNY tC-1,2023", "many"), ("co2,,CNY tC-1,2023", "value"), ("co2,1,CNY tC-1,2023\nco2,2,CNY tC-1,2023", "co2")],
)
def test_a_list_of_prices_without_a_number_or_with_a_name_twice_is_refused(tmp_path, rows, reason):
    path = tmp_path / "prices.csv"
    path.write_text(f"name,value,uom,year\n{rows}\n", encoding="utf-8")
    with pytest.raises(EcovalError, match=reason):
        Parameters.read(own=[path])


def test_a_price_in_an_own_table_is_used():
    own = pd.DataFrame([{"service": "oxygen_release", "parameter": "price_o2", "value": 800, "uom": "CNY t-1", "year": 2023}])
    price = Parameters.read(own=[own]).price("oxygen_release", "price_o2")
    assert (price.value, price.year, price.status) == (800, 2023, "user")


def test_packs_choose_options_and_indicators():
    ours, garze = Parameters.read("open-2026"), Parameters.read("garze-2010")
    assert ours.options("soil_retention")["ls"] == "invest"
    assert ours.options("soil_retention")["practice"] == "none"
    assert garze.options("soil_retention")["ls"] == "hj1173"
    assert garze.options("climate_regulation") == {"epp": "GARZE2017", "water_eer": "none", "humidification": "all"}
    assert ours.indicators()["oxygen_release"]["included"] == "no"
    assert indicators("hj1173-2021")["sand_fixation"]["included"] == "yes"
    assert indicators("db33t2274-2025")["sand_fixation"]["included"] == "unknown"
    assert {"open-2026", "garze-2010", "gbt46869-2025"} <= set(standards())
    assert code_of(lambda: Parameters.read("open-2025")).fields["nearest"] == "open-2026"


def test_the_default_pack_uses_no_recalled_number():
    numbers = Parameters.read(region="CN-33")
    for service in SERVICES:
        known = {option.name: option.choices for option in service.options}
        pack = {name: choice for name, choice in numbers.options(service.code).items() if name in known}
        for name, choice in pack.items():
            assert choice in known[name], f"{service.code} {name}={choice}"
        active = service.active(pack)
        for entry in active.parameters:
            if entry.by == "key" and entry.source != "own":
                found = numbers.declared(service.code, entry, [], service.chosen(pack))
                assert found is None or found.status != "recalled", entry


def test_declared_parameters_find_their_source_by_option():
    service = next(entry for entry in SERVICES if entry.code == "climate_regulation")
    numbers = Parameters.read(region="CN-33", allow_recalled=True)
    heat = next(entry for entry in service.parameters if entry.name == "transpiration_heat")
    for choice, expected in (("GARZE2017", [2837.27, 1300.95, np.nan]), ("CIRCULATED", [70.4, 25.6, np.nan])):
        vector = numbers.declared(service.code, heat, [111, 211, 521], service.chosen({"epp": choice}))
        np.testing.assert_allclose(vector.values, expected, rtol=1e-6)


def test_numbers_written_in_the_study():
    choices = {
        "nature_share": 0.6,
        "runoff_coefficient": {"113": 0.044},
        "soil_retention": {"bulk_density": {"value": 1300, "uom": "kg m-3"}},
    }
    numbers = Parameters.read(region="CN-33", choices=choices)
    assert numbers.number("recreation", "nature_share", source="own").value == 0.6
    assert numbers.vector("water_retention", "runoff_coefficient", [113, 111]).values.tolist() == pytest.approx([0.044, 0.0465])
    assert numbers.number("soil_retention", "bulk_density", uom="t m-3").value == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"value": "many"}, "table_not_a_number"),
        ({"value": ""}, "parameter_not_a_number"),
        ({"value": 2, "low": 3}, "parameter_outside_range"),
        ({"value": 1, "parameter": ""}, "own_row_incomplete"),
    ],
)
def test_bad_rows_are_refused(row, code):
    frame = pd.DataFrame([{"service": "recreation", "parameter": "wage", "uom": "CNY h-1"} | row])
    error = code_of(lambda: Parameters.read(own=[frame]))
    assert error.code == code
    assert error.message("zh")


def test_the_worst_status_wins():
    assert worst(STATUS_ORDER) == "recalled"
    assert worst(["user", "published"]) == "user"
    assert worst([]) == "verified"


def test_listing_shows_every_column():
    rows = listing("water_retention")
    assert (rows["service"] == "water_retention").all()
    assert {"value", "uom", "source_id", "status", "locator"} <= set(rows.columns)
    assert len(listing()) > len(rows)
    assert code_of(lambda: listing("water_retentoin")).fields["nearest"] == "water_retention"
    assert [row.source_id for row in offers_of("flood_mitigation", "price_storage")][:2] == ["GARZE2017", "BYD2017"]


def test_a_default_may_name_the_source_of_one_key_or_of_a_group():
    numbers = Parameters.read(region="CN-33")
    assert numbers.number("soil_retention", "R_erosive_threshold", "zhang").source_id == "CHEN2017"
    assert numbers.number("soil_retention", "S_factor", "invest:ge9:slope").source_id == "INVEST"
    assert numbers.number("soil_retention", "S_factor", "break1").source_id == "hj1173-2021"
    with pytest.raises(ParameterError, match="not checked"):
        numbers.number("soil_retention", "R_erosive_threshold", "halfmonth")
