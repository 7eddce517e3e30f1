"""Standard packs: the packaged ones, and a folder of the user's own."""

import pytest

from ecoval.errors import ParameterError
from ecoval.files import write_toml
from ecoval.layers.study_toml import absolute_study, read_declaration
from ecoval.parameters import Parameters
from ecoval.registry import SERVICES, STANDARDS, service_rows
from ecoval.standards import MEMBERSHIPS, choices_of, indicators, located, standards
from ecoval.study import Study
from ecoval.study.own_standard import check_standard

PACK = "indicator,included,status\nwater_retention,yes,user\nsoil_retention,no,user\nrecreation,unknown,user\n"
CHOICES = """service,kind,name,choice,reason
water_retention,option,price,annualised,rule of the bureau
water_retention,parameter,runoff_coefficient,REDLINE2017,rule of the bureau
"""


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "标准 包"
    folder.mkdir()
    (folder / "indicators.csv").write_text(PACK, encoding="utf-8-sig")
    (folder / "choices.csv").write_text(CHOICES, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", STANDARDS)
def test_a_packaged_standard_is_sound(name):
    rows = indicators(name)
    assert rows
    assert {row["included"] for row in rows.values()} <= set(MEMBERSHIPS)
    assert all(row["kind"] in ("option", "parameter") and row["choice"] for row in choices_of(name))


def test_tables_of_services_belong_to_registered_ones():
    for table in ("parameters", "terms", "scope", "defaults", "stand_ins", "area_rule", "page"):
        assert {row["service"] for row in service_rows(table)} <= set(SERVICES)
    assert {row["service"] for row in service_rows("page")} == set(SERVICES)


def test_a_folder_of_the_users_own_is_a_standard(own):
    name = located(own.name, own.parent)
    assert name == str(own)
    assert {key: row["included"] for key, row in indicators(name).items()} == {
        "water_retention": "yes",
        "soil_retention": "no",
        "recreation": "unknown",
    }
    numbers = Parameters.read(name, region="CN-33", allow_recalled=True)
    assert numbers.options("water_retention")["price"] == "annualised"
    assert numbers.options("soil_retention") == Parameters.read("seea-ea").options("soil_retention")
    assert numbers.number("water_retention", "runoff_coefficient", "111").source_id == "REDLINE2017"
    assert name not in standards()


def test_a_study_names_the_folder_relative_to_its_file(own):
    content = {"study": {"name": "s", "years": [2023], "standard": own.name}, "units": {"u": {"path": "u.gpkg", "id": "code"}}}
    content |= {"grid": {"crs": "EPSG:4549", "cell": 30}}
    path = own.parent / "study.toml"
    write_toml(path, content)
    assert read_declaration(path, ()).standard == str(own)
    moved = Study(absolute_study(content, own.parent), own.parent / "elsewhere" / "study.toml")
    assert moved.declaration.standard == str(own)


def test_an_unknown_standard_names_the_nearest(tmp_path):
    with pytest.raises(ParameterError, match=r'"open-2025".*nearest is "open-2026"'):
        indicators(located("open-2025", tmp_path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PACK + "tea,,user\n", "row 5. Column included is absent"),
        (PACK + "tea,ja,user\n", 'row 5, column included. Found "ja"'),
        (PACK + "recreation,no,user\n", 'row 5, indicator "recreation"'),
        ("indicator,status\nwater_retention,user\n", "row 2. Column included is absent"),
    ],
)
def test_a_pack_that_is_not_sound_is_refused(own, text, expected):
    (own / "indicators.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=expected):
        indicators(str(own))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("indicators", PACK + "carbon_sequestraton,yes,user\n", r'row 5, column indicator.*nearest.*"carbon_sequestration"'),
        ("indicators", "indicator,included,status\nrecreation,no,user\n", "includes nothing"),
        ("indicators", "", "includes nothing"),
        ("choices", CHOICES + "water_retention,optn,price,annualised,x\n", r'row 4, column kind.*nearest.*"option"'),
        ("choices", CHOICES + "water_retention,option,prise,annualised,x\n", r'row 4, column name.*nearest.*"price"'),
        ("choices", CHOICES + "water_retention,option,rain,totl,x\n", r'row 4, column choice.*nearest.*"total"'),
        ("choices", CHOICES + "water_retenton,option,rain,total,x\n", r'row 4, column service.*"water_retention"'),
        ("choices", CHOICES + "water_retention,parameter,root_dept,INVEST,x\n", "row 4, column name"),
        ("choices", CHOICES + "water_retention,parameter,runoff_coefficient,NOBODY,x\n", "row 4, column (choice|name)|twice"),
        ("choices", CHOICES + "water_retention,option,price,full_cost,x\n", r"row 4.*water_retention option price"),
    ],
)
def test_a_name_that_nobody_knows_is_refused_before_anything_runs(own, name, text, expected):
    (own / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=expected):
        check_standard(str(own))


def test_packaged_standards_hold_only_known_names():
    for name in standards():
        check_standard(name)
