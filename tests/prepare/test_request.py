"""The data-request workbook: what a standard needs and nothing else, guarded cells, and read back as it was filled in."""

import csv
import shutil
from pathlib import Path

import geopandas
import openpyxl
import pytest

from ecoval import measure
from ecoval.__main__ import main
from ecoval.errors import EcovalWarning, InputError
from ecoval.layers.preparations import PREPARATIONS
from ecoval.layers.roles import known_roles
from ecoval.parameters import Parameters, indicators, standards
from ecoval.prepare import request, request_findings, request_scope
from ecoval.prepare.statistics import items, prepare, reading
from ecoval.services import SERVICES
from ecoval.services.statistics import RESERVED
from ecoval.units import SpatialUnits

ROOT = Path(__file__).parents[2]
TOWNS = ROOT / "sample_data" / "towns.gpkg"
UNITS = "unit_id,name\n330112,临安区\n330122,桐庐县\n"
SHEETS = ["统计", "自然资源", "水利", "农业农村", "生态环境", "林业", "文旅", "气象"]


@pytest.fixture
def units(tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(UNITS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("blank")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    return request.write(folder / "数据需求表.xlsx", "open-2026", folder / "units.csv")


@pytest.fixture
def path(tmp_path, blank):
    return Path(shutil.copy(blank, tmp_path))


def rows(sheet):
    names = [cell.value for cell in sheet[1]]
    return [dict(zip(names, line, strict=True)) for line in sheet.iter_rows(min_row=2, values_only=True) if any(line)]


def fill(path, sheet, entries):
    """Write numbers: (unit, item) -> {column: value}."""
    workbook = openpyxl.load_workbook(path)
    names = {cell.value: cell.column for cell in workbook[sheet][1]}
    for line in workbook[sheet].iter_rows(min_row=2):
        key = (line[names["单元代码"] - 1].value, line[names["指标代码"] - 1].value)
        for column, value in entries.get(key, {}).items():
            line[names[column] - 1].value = value
    workbook.save(path)


# ------------------------------------------------------------------ what is asked


def needed(standard):
    return {entry.item: need for entry, need in items.asked(standard)}


@pytest.mark.parametrize("standard", standards())
def test_every_indicator_of_a_standard_is_asked_for_and_no_other(standard):
    members = {name: row["included"] for name, row in indicators(standard).items()}
    asked = items.asked(standard)
    assert {name for entry, _ in asked for name in entry.indicators} - {"*"} <= {n for n, state in members.items() if state != "no"}
    served = {name for entry, need in asked if need != items.UNCHECKED for name in entry.indicators}
    for name, state in members.items():
        if state == "yes":
            assert name in served or "landcover" in needed(standard), name
    for entry, need in asked:
        states = {members.get(name) for name in entry.indicators} - {None}
        assert need != items.UNCHECKED or states == {"unknown"}, entry.item


def test_options_of_the_pack_decide_what_is_needed():
    ours, national, old = needed("open-2026"), needed("ndrc-2022"), needed("db33t2274-2020")
    assert {"rice", "intermediate_share"} <= set(ours)  # net value added
    assert "rice:intermediate" not in ours
    assert {"farming_output", "farming_output:labour", "return_rate"} <= set(national)  # residual
    assert "rice" not in national
    assert "rice" in old  # gross
    assert "intermediate_share" not in old
    assert "visit_cost" in national  # by visits
    assert "visit_cost" not in ours  # by revenue
    assert "tourism_revenue" in ours
    assert "wage" in ours  # for leisure
    assert "wage" not in needed("garze-2010")
    assert "price_o2" in old
    assert "price_o2" not in ours
    assert needed("gbt46869-2025")["air_purification:so2"] == items.UNCHECKED
    assert needed("gbt46869-2025")["price_co2"] == items.REQUIRED


def test_what_the_declarations_read_can_be_had_from_what_is_asked():
    """Every role of an active service is asked for, or made by a preparation out of roles that are."""
    for standard in ("open-2026", "ndrc-2022", "db33t2274-2020", "garze-2010"):
        asked = set(needed(standard))
        made = {entry.role for entry in PREPARATIONS if any(set(need) <= asked for need in entry.needs)}
        for service in SERVICES:
            if indicators(standard).get(service.code, {}).get("included") != "yes":
                continue
            active = service.active(Parameters.read(standard).options(service.code))
            for entry in active.inputs:
                if entry.role != "statistics":
                    assert entry.role in asked | made, f"{standard}: {service.code} reads {entry.role}"
            for entry in active.items:
                if entry.price is not None:
                    assert entry.price in asked, f"{standard}: {service.code}.{entry.code} needs {entry.price}"


def test_rows_of_the_table_are_of_known_indicators_roles_measures_and_departments():
    every = {name for standard in standards() for name in indicators(standard)} | {"*"}
    for item, entry in items.catalogue().items():
        assert set(entry.indicators) <= every, item
        assert entry.department in items.departments()
        assert entry.form in ("statistic", "product", "value", "price", "list", "layer")
        assert entry.need in (items.REQUIRED, items.OPTIONAL)
        assert entry.zh
        assert entry.en
        for uom in (*entry.uoms, *entry.price_uoms):
            measure.check(uom)
        for uom in entry.uoms[1:]:
            if entry.form != "list" and "%" not in entry.uoms:
                measure.factor(uom, entry.uoms[0])
        if entry.form == "layer" and entry.indicators not in (("sand_fixation",), ("coastal_wetland_carbon",)):
            assert item in known_roles(), item
    for name in RESERVED:
        assert name in items.catalogue(), name
    assert [entry["zh"] for entry in items.departments().values()] == SHEETS
    with (ROOT / "ecoval" / "data" / "request_items.csv").open(encoding="utf-8") as stream:
        assert all(row["basis"] for row in csv.DictReader(stream))
    labels = [name for entry in items.catalogue().values() for name in (entry.zh, *entry.aliases)]
    assert len(labels) == len(set(labels))


# ------------------------------------------------------------------ the file


def test_a_sheet_per_department_with_units_times_items(path):
    heads = [
        "单元代码",
        "单元名称",
        "指标",
        "要求",
        "数值",
        "计量单位",
        "价格",
        "价格单位",
        "价格年份",
        "年份",
        "来源",
        "备注",
        "能否提供",
        "说明",
        "用于",
        "指标代码",
    ]
    workbook = openpyxl.load_workbook(path)
    assert workbook.sheetnames == ["填表说明", *SHEETS, "水库名录", "湖泊名录"]
    for name in SHEETS:
        sheet = workbook[name]
        assert [cell.value for cell in sheet[1]] == heads
        assert sheet.freeze_panes == "D2"
        assert sheet.protection.sheet
        assert sheet["A1"].protection.locked
        assert sheet.column_dimensions["C"].width > 30
    agriculture = rows(workbook["农业农村"])
    rice = [row for row in agriculture if row["指标代码"] == "rice"]
    assert [(row["单元代码"], row["单元名称"], row["计量单位"], row["价格单位"]) for row in rice] == [
        ("330112", "临安区", "吨", "元/吨"),
        ("330122", "桐庐县", "吨", "元/吨"),
    ]
    assert [row["单元代码"] for row in agriculture if row["指标代码"] == "soil_sand"] == ["*"]


def test_cells_to_fill_are_open_and_guarded(path):
    sheet = openpyxl.load_workbook(path)["农业农村"]
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    rice = next(row[0].row for row in sheet.iter_rows(min_row=2) if row[15].value == "rice")
    soil = next(row[0].row for row in sheet.iter_rows(min_row=2) if row[15].value == "soil_sand")
    assert not sheet[f"{letters['数值']}{rice}"].protection.locked
    assert sheet[f"{letters['指标代码']}{rice}"].protection.locked
    assert sheet[f"{letters['数值']}{soil}"].protection.locked
    rules = {}
    for rule in sheet.data_validations.dataValidation:
        for area in rule.sqref.ranges:
            for row in (rice, soil):
                for name, letter in letters.items():
                    if area.coord and area.min_row <= row <= area.max_row and sheet[f"{letter}1"].column == area.min_col:
                        rules[name, row] = rule
    assert rules["计量单位", rice].formula1 == '"吨,万吨"'
    assert rules["价格单位", rice].formula1 == '"元/吨"'
    assert (rules["数值", rice].type, rules["数值", rice].formula1) == ("decimal", "0")
    assert rules["能否提供", soil].formula1 == '"是,否"'
    assert rules["年份", rice].type == "whole"
    assert all(len(rule.formula1) < 255 for rule in sheet.data_validations.dataValidation)


def test_unchecked_indicators_stand_in_a_block_of_their_own(tmp_path, units):
    path = request.write(tmp_path / "a.xlsx", "gbt46869-2025", units)
    lines = rows(openpyxl.load_workbook(path)["生态环境"])
    part = next(place for place, row in enumerate(lines) if str(row["指标"]).startswith(reading.SEPARATOR))
    assert {row["要求"] for row in lines[:part]} == {"必填"}
    assert {row["要求"] for row in lines[part + 1 :]} == {"未核对"}
    assert "price_co2" in {row["指标代码"] for row in lines[:part]}


def test_guide_speaks_both_languages(path):
    cells = [str(value) for line in openpyxl.load_workbook(path)["填表说明"].iter_rows(values_only=True) for value in line if value]
    assert "生态产品总值核算 数据需求表" in cells
    assert "Data request for the account of gross ecosystem product" in cells
    assert any("open-2026" in cell for cell in cells)


def test_a_workbook_is_never_replaced(path, units):
    with pytest.raises(InputError, match="exists already"):
        request.write(path, "open-2026", units)


def everything(monkeypatch):
    """A version that computes every indicator."""
    monkeypatch.setattr(request_scope, "registry", lambda: dict.fromkeys([*indicators("open-2026"), "recreation", "seascape"]))


def test_what_this_version_does_not_compute_is_not_asked_for(tmp_path, units, path):
    computed = {service.code for service in SERVICES} | set(items.SERVICES_OF) | {items.EVERYWHERE}
    asked = {code: items.catalogue()[code] for sheet in openpyxl.load_workbook(path) for code in codes_of(sheet)}
    assert asked
    assert all(set(entry.indicators) & computed for entry in asked.values())
    whole = openpyxl.load_workbook(request.write(tmp_path / "all.xlsx", "open-2026", units, all=True))
    assert {code for sheet in whole for code in codes_of(sheet)} == {entry.item for entry, _ in items.asked("open-2026")}
    guide = [str(cell.value) for line in openpyxl.load_workbook(path)["填表说明"] for cell in line if cell.value]
    assert any(text.startswith("未列入：") and "空气净化" in text and "本版本尚未实现" in text for text in guide)
    assert any(text.startswith("Not asked for: ") and "air purification" in text for text in guide)


def codes_of(sheet):
    names = [cell.value for cell in sheet[1]]
    if "指标代码" not in names:
        return set()
    place = names.index("指标代码")
    return {line[place] for line in sheet.iter_rows(min_row=2, values_only=True) if line[place]}


def test_coast_and_sea_are_asked_for_where_the_land_of_the_units_has_some(monkeypatch, tmp_path):
    everything(monkeypatch)
    towns, cover = geopandas.read_file(TOWNS), ROOT / "sample_data" / "landcover_2023.tif"
    classes = ROOT / "sample_data" / "landcover_classes.csv"
    sea = {"coastal_protection", "fishery_supply"}  # of the pack, those that count types of coast and sea alone

    def left_out(*ids):
        chosen = SpatialUnits(towns[towns["unit_id"].isin(ids)])
        return request_scope.left_out("open-2026", chosen, cover, str(classes))

    inland, coastal = left_out("339921100"), left_out("339921100", "339921105")
    assert {name for name, reason in inland.items() if reason == "no_type_in_scope"} >= sea
    assert not sea & set(coastal)
    assert {name for name, reason in request_scope.left_out("open-2026").items() if reason == "coast_unknown"} == sea
    # classes that know no coast cannot say that there is none
    inland_classes = tmp_path / "classes.csv"
    lines = classes.read_text(encoding="utf-8-sig").splitlines()
    inland_classes.write_text("\n".join(line for line in lines if not line.split(",")[1].startswith("9")), encoding="utf-8")
    found = request_scope.left_out("open-2026", SpatialUnits(towns[towns["unit_id"] == "339921100"]), cover, str(inland_classes))
    assert {name for name, reason in found.items() if reason == "coast_unknown"} == sea


def test_land_cover_needs_the_polygons_of_the_units(tmp_path, units):
    with pytest.raises(InputError, match="have no polygons"):
        request.write(tmp_path / "a.xlsx", "open-2026", units, landcover=ROOT / "sample_data" / "landcover_2023.tif")


def test_departments_without_a_question_have_no_sheet(tmp_path, units):
    path = request.write(tmp_path / "a.xlsx", "hj1173-2021", units)
    assert "文旅" not in openpyxl.load_workbook(path).sheetnames


# ------------------------------------------------------------------ read back


def test_filled_in_workbook_becomes_the_table_of_a_study(path, units, tmp_path):
    number = {"年份": 2023, "来源": "年鉴"}
    fill(
        path,
        "农业农村",
        {
            ("330112", "rice"): {"数值": 1.5, "计量单位": "万吨", "价格": 2900, "价格年份": 2022, **number},
            ("330122", "rice"): {"数值": 800, "价格": 3000, **number},
            ("*", "soil_sand"): {"能否提供": "是", "来源": "soil.tif"},
        },
    )
    fill(
        path,
        "统计",
        {("*", "price_electricity"): {"数值": 0.53, **number}, ("330112", "population"): {"数值": 60.1, "计量单位": "万人"}},
    )
    workbook = openpyxl.load_workbook(path)
    for column, value in zip("ABCDEF", ("330122", None, "富春江水库", 4.4, 1.2, "亿立方米"), strict=True):
        workbook["水库名录"][f"{column}2"] = value
    last = workbook["农业农村"].max_row
    spare = next(row for row in range(2, last + 1) if workbook["农业农村"].cell(row, 3).value is None)
    for column, value in {"A": "330112", "C": "山核桃", "E": 70, "F": "吨", "G": 60, "H": "元/公斤"}.items():
        workbook["农业农村"][f"{column}{spare}"] = value
    workbook.save(path)
    result = prepare(path, units, tmp_path / "statistics.csv", year=2023)
    found = {(row.unit_id, row.item): (row.quantity, row.uom, row.price) for row in result.table.itertuples()}
    assert found["330112", "rice"] == (15_000, "t", 2900)
    assert found["330122", "rice"] == (800, "t", 3000)
    assert found["330112", "population"][:2] == (601_000, "person")
    assert found["330112", "山核桃"] == (70, "t", 60)
    assert len(found) == 4
    assert result.table["price_year"].dropna().tolist() == [2022, 2023, 2023]
    assert result.prices[["price", "value", "uom", "year"]].to_numpy().tolist() == [["electricity", 0.53, "CNY kWh-1", 2023]]
    reservoirs = (tmp_path / "reservoirs.csv").read_text(encoding="utf-8-sig").splitlines()
    assert reservoirs[0] == "unit_id,name,uom,total_capacity,flood_capacity"
    assert reservoirs[1].startswith("330122,富春江水库,m3,")
    assert [float(text) for text in reservoirs[1].split(",")[3:]] == pytest.approx([4.4e8, 1.2e8], rel=1e-15)
    assert set(result.lists) == {"reservoirs"}
    empty = result.quality["empty"]
    assert "soil_sand" not in set(empty["item"])
    assert {"统计", "林业"} <= set(empty["department"])
    assert any(note["code"] == "request_empty" for note in result.notes)


def test_value_added_by_industry_is_counted_at_the_price_one(tmp_path, units):
    path = request.write(tmp_path / "a.xlsx", "ndrc-2022", units)
    fill(
        path,
        "统计",
        {("330112", "farming_output"): {"数值": 12, "计量单位": "亿元"}, ("330112", "farming_output:net_tax"): {"数值": -3}},
    )
    table = prepare(path, units, tmp_path / "statistics.csv").table
    assert table[["item", "quantity", "uom", "price_uom"]].to_numpy().tolist()[0] == ["farming_output", 1.2e9, "CNY", "1"]
    assert table["price"].iloc[0] == 1
    assert table["quantity"].iloc[1] == -30_000


def test_wrong_cells_of_the_workbook_are_named(path, units, tmp_path):
    fill(path, "文旅", {("330122", "visits"): {"数值": "约八百万"}})
    lines = openpyxl.load_workbook(path)["文旅"].iter_rows(min_row=2)
    line = next(row[0].row for row in lines if (row[0].value, row[15].value) == ("330122", "visits"))
    with pytest.raises(InputError, match=f"is not a number: cell 文旅!E{line} of"):
        prepare(path, units, tmp_path / "statistics.csv")


def test_findings_say_which_department_is_late(path, units):
    found = request_findings.findings(path, "zh")
    assert [text.split("部门")[0] for text in found["found"]] == SHEETS
    assert "催报" in found["fix"].iloc[0]
    required = ("intermediate_share", "wage", "price_electricity")
    fill(path, "统计", {(unit, item): {"数值": 1} for unit in ("330112", "330122", "*") for item in required})
    later = request_findings.findings(path, "en")
    assert not later["found"].str.contains("Statistics has not").any()
    assert later["found"].str.contains("has 5 statistics of 3 units").any()
    assert not request_findings.findings(path, "en", used=True)["found"].str.contains("has 5 statistics").any()


# ------------------------------------------------------------------ commands


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(each) for each in arguments])
    return stop.value.code or 0


def test_init_asks_by_the_land_cover_or_for_all(tmp_path, capsys):
    cover = (
        "--landcover",
        ROOT / "sample_data" / "landcover_2023.tif",
        "--classes",
        ROOT / "sample_data" / "landcover_classes.csv",
    )
    asked = []
    for name, options in (("a", cover), ("b", ("--all",))):
        assert run("init", tmp_path / name, "--units", TOWNS, *options) == 0
        asked.append({code for sheet in openpyxl.load_workbook(tmp_path / name / request.NAME) for code in codes_of(sheet)})
    assert asked[0] < asked[1]
    assert "eco_energy:hydropower" in asked[1] - asked[0]
    assert run("init", tmp_path / "c", "--landcover", cover[1]) != 0
    assert "have no polygons" in capsys.readouterr().err
    assert not (tmp_path / "c" / "study.toml").exists()


def test_init_prepare_and_check_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("init", "县", "--standard", "open-2026", "--units", TOWNS, "--lang", "zh") == 0
    path = tmp_path / "县" / "数据需求表.xlsx"
    assert 'towns.gpkg", id = "unit_id", name = "name" }' in (tmp_path / "县" / "study.toml").read_text(encoding="utf-8")
    assert len([row for row in rows(openpyxl.load_workbook(path)["农业农村"]) if row["指标代码"] == "rice"]) == 10
    run("check", "县/study.toml", "--lang", "zh")
    assert "文旅部门尚有" in capsys.readouterr().out
    fill(path, "农业农村", {("339921001", "rice"): {"数值": "１２", "价格": 3000, "年份": 2023, "来源": "年鉴"}})
    out = tmp_path / "县" / "statistics" / "statistics.csv"
    assert run("prepare", "statistics", path, "--units", TOWNS, "--out", out, "--lang", "zh") == 0
    printed = capsys.readouterr()
    assert "已写出" in printed.out
    assert "农业农村!E" in printed.err
    assert (
        out.read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith("339921001,城关街道,rice,12.0,t,3000.0,CNY t-1,2023,2023,年鉴,user,")
    )
    assert run("prepare", "rerun", out) == 0
    run("check", "县/study.toml", "--lang", "zh")
    printed = capsys.readouterr().out
    assert "须用 ecoval prepare" not in printed
    assert run("prepare", "statistics", path, "--units", TOWNS, "--out", out, "--uom", "x") == 2


def test_init_without_units_leaves_their_places_open(tmp_path, capsys):
    assert run("init", tmp_path / "a", "--units", tmp_path / "later.gpkg") == 0
    assert "units do not exist yet" in capsys.readouterr().err
    sheet = openpyxl.load_workbook(tmp_path / "a" / "数据需求表.xlsx")["农业农村"]
    assert sheet["A2"].value is None
    assert not sheet["A2"].protection.locked


def test_init_with_units_that_have_no_code_writes_nothing(tmp_path, capsys):
    units = tmp_path / "u.csv"
    units.write_text("a,b\n1,2\n", encoding="utf-8")
    assert run("init", tmp_path / "a", "--units", units) == 1
    assert "no field of codes" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_warnings_are_those_of_the_catalogue(path, units, tmp_path):
    fill(path, "农业农村", {("330112", "rice"): {"数值": "1,200", "价格": 3}})
    with pytest.warns(EcovalWarning) as caught:
        prepare(path, units, tmp_path / "statistics.csv")
    assert [entry.message.code for entry in caught] == ["statistics_corrected"]
