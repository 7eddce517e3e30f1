"""Every name in a study's own numbers and prices is known, or refused with its place and the nearest; in both languages."""

import warnings
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import small_study
from hypothesis import assume, given
from hypothesis import strategies as st
from small_study import STUDY

import ecoval as ev
from ecoval.errors import EcovalError, EcovalWarning, InputError, MeasureError, ParameterError
from ecoval.layers.names import Vocabulary, check_names, read_own, unused_numbers
from ecoval.layers.study_toml import declaration
from ecoval.parameters import Parameters
from ecoval.services import SERVICES, service
from ecoval.sourced import packaged
from ecoval.study import Study
from ecoval.study.binding import study_parameters

HEADER = "service,parameter,key,value,uom,year,source_id,status\n"
VOCABULARY = Vocabulary(SERVICES)

STUDY_CASES = {
    "parameter of a service": (
        "[parameters.water_retention]\nrunof_coefficient = { 111 = 0.2 }",
        "parameter_name_unknown",
        "parameters.water_retention.runof_coefficient",
        "runoff_coefficient",
    ),
    "service": (
        "[parameters.soil_retentoin]\nbulk_density = 1.3",
        "parameter_name_unknown",
        "parameters.soil_retentoin",
        "soil_retention",
    ),
    "parameter": ("[parameters]\nbulk_densty = 1.3", "parameter_name_unknown", "parameters.bulk_densty", "bulk_density"),
    "argument in place of the name": (
        "[parameters.soil_retention]\npractice_factor = { 51 = 0.5 }",
        "parameter_name_unknown",
        "practice_factor",
        "P_factor",
    ),
    "argument at the top": (
        "[parameters]\nnitrogen_content = 0.002",
        "parameter_name_unknown",
        "nitrogen_content",
        "soil_nitrogen",
    ),
    "parameter of another service": (
        "[parameters.oxygen_release]\nnep_ratio = 0.5",
        "parameter_name_unknown",
        "oxygen_release.nep_ratio",
        "carbon_sequestration.nep_ratio",
    ),
    "price among parameters": ("[parameters]\nprice_co2 = 50", "parameter_name_unknown", "parameters.price_co2", "[prices] co2"),
    "type": ("[parameters]\nrunoff_coefficient = { 999 = 0.5 }", "parameter_key_unknown", "runoff_coefficient", "99"),
    "type of a service": (
        "[parameters.water_retention]\nrunoff_coefficient = { 1111 = 0.5 }",
        "parameter_key_unknown",
        "water_retention.runoff_coefficient",
        "111",
    ),
    "soil group": (
        "[parameters]\ncurve_number = { 'woods_good:E' = 50 }",
        "parameter_key_unknown",
        "parameters.curve_number",
        "woods_good:",
    ),
    "key of one number": (
        "[parameters]\nreservoir_share = { 111 = 0.3 }",
        "parameter_key_unknown",
        "parameters.reservoir_share",
        "*",
    ),
    "one number by type": (
        "[parameters.water_retention]\nrunoff_coefficient = 0.5",
        "parameter_needs_keys",
        "runoff_coefficient",
        None,
    ),
    "one number by table": ("[parameters]\nS_factor = { value = 0.5 }", "parameter_needs_keys", "parameters.S_factor", None),
    "source": ("[parameters]\nrunoff_coefficient = 'GONG2016'", "parameter_source_unknown", "runoff_coefficient", "GONG2017"),
    "source of a key": (
        "[parameters]\nrunoff_coefficient = { 111 = 'REDLINE2071' }",
        "parameter_source_unknown",
        "runoff_coefficient",
        "REDLINE2017",
    ),
    "entry of a number": (
        "[parameters]\nbulk_density = { value = 1.3, uon = 't m-3' }",
        "number_entry_unknown",
        "bulk_density",
        "uom",
    ),
    "status": (
        "[parameters]\nbulk_density = { value = 1.3, status = 'verifed' }",
        "parameter_status_unknown",
        "parameters.bulk_density",
        "verified",
    ),
    "price": ("[prices]\nstorge = { value = 6, uom = 'CNY m-3', year = 2023 }", "price_name_unknown", "prices.storge", "storage"),
    "price of a service": (
        "[prices.water_retention]\nco2 = 'GARZE2017'",
        "price_name_unknown",
        "prices.water_retention.co2",
        "storage",
    ),
    "source of a price": ("[prices]\nstorage = 'BYD2071'", "parameter_source_unknown", "prices.storage", "BYD2017"),
    "entry of a price": (
        "[prices]\nco2 = { valu = 6, uom = 'CNY tCO2-1', year = 2023 }",
        "number_entry_unknown",
        "prices.co2",
        "value",
    ),
    "status of a price": (
        "[prices]\nco2 = { value = 6, uom = 'CNY tCO2-1', year = 2023, status = 'magic' }",
        "parameter_status_unknown",
        "prices.co2",
        None,
    ),
}
TABLE_CASES = {
    "service": ("water_retentoin,runoff_coefficient,111,0.2,1,,b,", "parameter_service_unknown", "service", "water_retention"),
    "parameter": ("water_retention,runof_coefficient,111,0.2,1,,b,", "parameter_name_unknown", "parameter", "runoff_coefficient"),
    "type": ("water_retention,runoff_coefficient,1111,0.2,1,,b,", "parameter_key_unknown", "key", "111"),
    "all types": ("water_retention,runoff_coefficient,*,0.2,1,,b,", "parameter_key_of_all", "key", None),
    "class of cover": ("soil_retention,C_factor,511:0-11,0.2,1,,b,", "parameter_key_unknown", "key", "511:0-10"),
    "part of a regression": ("flood_mitigation,regression,111:intercep,1,mm,,b,", "parameter_key_unknown", "key", "111:intercept"),
    "part of a cutoff": ("soil_retention,slope_cutoff,stepp,0.05,1,,b,", "parameter_key_unknown", "key", "steep"),
    "region of a lake": ("flood_mitigation,lake_exchange,east_plane,3,yr-1,,b,", "parameter_key_unknown", "key", "east_plain"),
    "status": ("water_retention,runoff_coefficient,111,0.2,1,,b,magic", "parameter_status_unknown", "status", None),
    "price": ("carbon_sequestration,price_co3,*,50,CNY tCO2-1,2023,b,", "parameter_name_unknown", "parameter", "price_co2"),
}


def with_lines(folder, lines):
    """The small study with lines of [parameters] or [prices], none of its own in their place."""
    text = STUDY.split("[parameters]")[0] + lines + "\n"
    return small_study.write(folder, text)


def refused(path, code, fragments, nearest):
    """check, run and the numbers of the study refuse alike, in both languages, with place and nearest name."""
    study = Study.read(path)
    with pytest.raises(EcovalError) as caught:
        study.run()
    error = caught.value
    findings = study.check()
    assert error.code == code
    errors = findings[findings["level"] == "error"]
    assert any(str(error).startswith(found) for found in errors["found"]), errors["found"].tolist()
    for lang in ("en", "zh"):
        for fragment in fragments:
            assert fragment in error.message(lang), error.message(lang)
    assert error.message("en") != error.message("zh")
    if nearest is not None:
        assert nearest in str(error.fields["nearest"])


@pytest.mark.parametrize("case", STUDY_CASES)
def test_unknown_names_in_study_toml(case, tmp_path):
    lines, code, place, nearest = STUDY_CASES[case]
    refused(with_lines(tmp_path, lines), code, (place, "study.toml"), nearest)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("case", TABLE_CASES)
def test_unknown_names_in_own_tables(case, ending, tmp_path):
    row, code, column, nearest = TABLE_CASES[case]
    path = with_lines(tmp_path, f"[parameters]\ntables = ['mine.{ending}']")
    lines = [HEADER.strip(), "water_retention,runoff_coefficient,121,0.1,1,,b,user", row]
    if ending == "csv":
        (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for line in lines:
            book.active.append(line.split(","))
        book.save(tmp_path / "mine.xlsx")
    refused(path, code, (f"mine.{ending}", "3", column), nearest)


@pytest.mark.parametrize(
    ("row", "code", "nearest"),
    [
        ("co3,50,CNY tCO2-1,2023,b,user", "price_name_unknown", "co2"),
        ("co2,50,CNY tCO2-1,2023,b,magic", "parameter_status_unknown", None),
    ],
)
def test_unknown_names_in_a_list_of_prices(row, code, nearest, tmp_path):
    path = with_lines(tmp_path, "[prices]\ntables = ['prices.csv']")
    text = f"name,value,uom,year,source,status\nstorage,6,CNY m-3,2023,b,user\n{row}\n"
    (tmp_path / "prices.csv").write_text(text, encoding="utf-8")
    refused(path, code, ("prices.csv", "3"), nearest)


@pytest.mark.parametrize(
    ("lines", "code", "nearest"),
    [
        ("soil_retention = { lss = 'invest' }", "study_unknown_key", "ls"),
        ("soil_retention = { ls = 'invset' }", "study_wrong_choice", "invest"),
        ("soil_retentoin = { ls = 'invest' }", "service_unknown", "soil_retention"),
    ],
)
def test_options_of_a_service_that_is_not_computed_are_known_too(lines, code, nearest, tmp_path):
    path = small_study.write(tmp_path, STUDY.replace("carbon_sequestration = {", f"{lines}\ncarbon_sequestration = {{", 1))
    refused(path, code, ("study.toml",), nearest)


@pytest.mark.parametrize(
    ("row", "code", "column", "nearest"),
    [
        ("water_retentoin,111,yes", "parameter_service_unknown", "service", "water_retention"),
        ("water_retention,1111,yes", "parameter_key_unknown", "code", "111"),
    ],
)
def test_unknown_names_in_an_own_table_of_scope(row, code, column, nearest, tmp_path):
    path = small_study.write(tmp_path, STUDY.replace("[services]", "[services]\nscope = 'scope.csv'"))
    rows = "service,code,in_scope\ncarbon_sequestration:vegetation,*,yes\n"
    (tmp_path / "scope.csv").write_text(rows + row + "\n", encoding="utf-8")
    refused(path, code, ("scope.csv", "3", column), nearest)


NAMES = sorted(VOCABULARY.numbers & set(packaged()))
LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")


@given(name=st.sampled_from(NAMES), data=st.data())
def test_a_changed_letter_is_refused_and_the_right_name_is_the_nearest(name, data):
    holder, right = name
    place = data.draw(st.integers(0, len(right) - 1))
    wrong = right[:place] + data.draw(LETTERS) + right[place + 1 :]
    others = {each for each in VOCABULARY.of(holder) if each != right}

    def close(word):
        return len(word) == len(wrong) and sum(a != b for a, b in zip(word, wrong, strict=True)) <= 1

    assume(wrong not in VOCABULARY.of(holder) and not any(close(each) for each in others) and len(right) > 3)
    content = {
        "study": {"name": "x", "years": [2023]},
        "grid": {"crs": "EPSG:4549", "cell": 100},
        "units": {"admin": {"path": "u.gpkg", "id": "code"}},
        "layers": {},
        "parameters": {holder: {wrong: 1.0}},
    }
    with pytest.raises(ParameterError) as caught:
        study_parameters(declaration(content, Path("study.toml"), ()))
    assert caught.value.code == "parameter_name_unknown"
    expected = {right} if not VOCABULARY.other_name(holder, wrong) else {VOCABULARY.other_name(holder, wrong)}
    assert caught.value.fields["nearest"] in expected
    row = pd.DataFrame([{"service": holder, "parameter": wrong, "value": 1.0}])
    with pytest.raises(ParameterError) as caught:
        read_own([row])
    assert caught.value.code == "parameter_name_unknown"


@pytest.mark.parametrize("name", sorted(packaged()), ids=":".join)
def test_every_packaged_number_may_be_given_again(name):
    """Rows of `ecoval parameters` with their own service, name and key are what a study may say, in a table and in [parameters]."""
    holder, parameter = name
    rows = packaged()[name]
    values = {row.key: (row.value, row.uom) for row in rows}
    frame = pd.DataFrame([(holder, parameter, key, *each) for key, each in values.items()])
    read_own([frame.set_axis(["service", "parameter", "key", "value", "uom"], axis=1)])
    if name in VOCABULARY.numbers:
        check_names(Parameters(choices={holder: {parameter: rows[0].source_id}}), SERVICES, "study.toml")
        check_names(Parameters(choices={holder: {parameter: {row.key: row.value for row in rows}}}), SERVICES, "study.toml")
    else:
        check_names(Parameters(prices={parameter: rows[0].source_id}), SERVICES, "study.toml")


def test_every_declared_number_may_be_given():
    for entry in SERVICES:
        for holder, parameter in entry.numbers:
            number = 0.5 if parameter.free else (parameter.low + parameter.high) / 2
            for key in VOCABULARY.keys(holder, parameter.table_name):
                check_names(Parameters(choices={holder: {parameter.table_name: {key: number}}}), SERVICES, "study.toml")
            assert VOCABULARY.keys(holder, parameter.table_name), (holder, parameter.name)


def warned(path):
    """Numbers that the run and the check say are not used."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Study.read(path).run()
    said = [entry.message for entry in caught if isinstance(entry.message, EcovalWarning)]
    said = [message for message in said if message.code == "parameters_not_used"]
    found = Study.read(path).check()
    assert len(found[found["found"].str.startswith("Own numbers are not used")]) == len(said)
    return [name for message in said for name in message.fields["names"]]


def test_a_number_that_no_chosen_option_uses_is_named(tmp_path):
    idle = "budyko_offset = { invest = 1.2 }\n[parameters.water_retention]\nseasonality = 4\n"
    rows = "water_retention,plausible_depth,southeast_rivers,300,mm yr-1,,b,\nair_purification,capacity_so2,12,9,kg ha-1 yr-1,,b,\n"
    (tmp_path / "study").mkdir()
    path = small_study.write(tmp_path / "study", STUDY.replace('tables = ["own.csv"]', f'tables = ["own.csv", "more.csv"]\n{idle}'))
    (path.parent / "more.csv").write_text(HEADER + rows + "soil_retention,bulk_density,*,1.3,t m-3,,b,\n", encoding="utf-8")
    names = {"budyko_offset", "water_retention.seasonality", "water_retention.plausible_depth", "air_purification.capacity_so2"}
    assert set(warned(path)) == names
    assert warned(small_study.write(tmp_path / "plain")) == []


def test_a_number_of_a_prepared_layer_is_used_by_its_option_alone():
    numbers = Parameters(choices={"soil_retention": {"R_zhang": {"beta0": 0.8}, "max_length": 300}})
    soil = service("soil_retention")
    assert unused_numbers(numbers, SERVICES, [(soil, {"erosivity": "zhang", "ls": "hj1173"})]) == []
    idle = unused_numbers(numbers, SERVICES, [(soil, {"erosivity": "monthly", "ls": "invest"})])
    assert idle == ["soil_retention.R_zhang", "soil_retention.max_length"]


def own_service(code="my_cooling", uom="kWh ha-1 yr-1", **more):
    def cooling(evapotranspiration):
        return evapotranspiration * np.float32(2)

    price = {"price": "price_saving", "price_measure": more.pop("price_measure", None)} if more.pop("priced", False) else {}
    item = ev.Item("saving", measure=uom, quantity=cooling, **price)
    return ev.Service(code=code, category="regulating", items=(item,), inputs=(ev.Input("evapotranspiration", "mm yr-1"),), **more)


@pytest.mark.parametrize(
    ("uom", "code", "alike"),
    [
        ("foo bar", "measure_unknown", None),
        ("t yr-1", "measure_no_density", None),
        ("t ha-1", "measure_no_density", None),
        ("mm yr-1", "measure_no_density", "m3 ha-1 yr-1"),
        ("1", "measure_no_density", None),
    ],
)
def test_the_measure_of_cells_is_known_and_per_area_and_year(uom, code, alike):
    with pytest.raises(MeasureError) as caught:
        own_service(uom=uom)
    assert caught.value.code == code
    assert uom in caught.value.message("zh")
    if alike is not None:  # the same quantity in measures of a density, nothing else
        assert caught.value.fields["symbols"] == [alike]


@pytest.mark.parametrize(("uom", "factor"), [("kWh ha-1 yr-1", 1.0), ("kWh km-2 yr-1", 0.01)])
def test_a_density_of_another_area_gives_the_total_of_its_land(uom, factor, tmp_path):
    account = Study.read(small_study.write(tmp_path)).run(services=[own_service(uom=uom)])
    rows = account.supply[account.supply["service"] == "my_cooling"].dropna(subset="quantity")
    evapotranspiration = 750
    assert set(rows["uom"]) == {"kWh yr-1"}
    assert rows["quantity"].sum() == pytest.approx(2 * evapotranspiration * factor * rows["valid_area"].sum() / 1e4, rel=1e-6)


def test_mass_per_square_kilometre_is_a_hundredth_per_hectare_for_items_that_build_on_it_too(tmp_path):
    def rain(precipitation):
        return precipitation

    def half(rain):
        return rain * np.float32(0.5)

    items = (ev.Item("rain", "t km-2 yr-1", rain), ev.Item("half", "t ha-1 yr-1", half))
    mine = ev.Service(code="mine", category="regulating", items=items, inputs=(ev.Input("precipitation", "mm yr-1"),))
    supply = Study.read(small_study.write(tmp_path)).run(services=[mine]).supply
    sums = supply[supply["service"] == "mine"].groupby("item")["quantity"].sum()
    assert sums["half"] == pytest.approx(sums["rain"] * 100 / 2, rel=1e-6)
    hectares = supply.loc[supply["item"] == "half", "valid_area"].sum() / 1e4
    assert sums["half"] == pytest.approx(hectares * 0.5 * 1600, rel=1e-6)


@pytest.mark.parametrize("codes", [("water_retention",), ("mine", "mine")])
def test_a_second_service_of_one_code_is_refused(codes, tmp_path):
    study, services = Study.read(small_study.write(tmp_path)), [own_service(code) for code in codes]
    with pytest.raises(InputError) as caught:
        study.run(services=services)
    assert caught.value.code == "service_twice"
    assert codes[0] in caught.value.message("zh")
    assert "error" in set(study.check(services=services)["level"])


@pytest.mark.parametrize(("references", "status"), [((), "user"), (("hj1173-2021",), "verified")])
def test_a_service_without_references_is_the_users(references, status, tmp_path):
    account = Study.read(small_study.write(tmp_path)).run(services=[own_service(references=references)])
    rows = account.supply[account.supply["service"] == "my_cooling"].dropna(subset="quantity")
    assert set(rows["status"]) == {status}


def test_the_price_of_an_own_item_is_per_unit_of_its_quantity(tmp_path):
    with pytest.raises(InputError) as caught:
        own_service(priced=True, price_measure="CNY t-1")
    assert (caught.value.code, caught.value.fields["fitting"]) == ("price_measure_unfit", ["CNY kWh-1"])
    text = STUDY.replace("[prices]", "[prices]\nsaving = { value = 0.5, uom = 'CNY t-1', year = 2023 }")
    study = Study.read(small_study.write(tmp_path, text))
    with pytest.raises(InputError) as caught:
        study.run(services=[own_service(priced=True)])
    assert caught.value.code == "price_measure_unfit"
    found = study.check(services=[own_service(priced=True)])
    assert found.loc[found["level"] == "error", "what"].tolist() == ["prices"]


def test_names_of_an_own_service_are_known_while_it_is_there(tmp_path):
    text = STUDY.replace("[prices]", "[prices]\nsaving = { value = 0.5, uom = 'CNY kWh-1', year = 2023 }")
    study = Study.read(small_study.write(tmp_path, text))
    assert "error" not in set(study.check(services=[own_service(priced=True)])["level"])
    with pytest.raises(ParameterError) as caught:
        study.run()
    assert caught.value.code == "price_name_unknown"
