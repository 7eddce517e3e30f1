import json
import re
import shutil
from html.parser import HTMLParser

import openpyxl
import pandas as pd
import pytest
import sample_run

from ecoval.accounts.geopackage import write_account
from ecoval.errors import InputError
from ecoval.report import render
from ecoval.report.folder import read_run
from ecoval.tables import write_table

VOID = {"meta", "br", "link", "img", "hr", "input", "col"}


class Checked(HTMLParser):
    """Every element is closed in its order, no identifier stands twice."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, _, attrs):
        self.ids += [value for key, value in attrs if key == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def pages(run_folder):
    found = {}
    for lang in ("zh", "en"):
        paths = render(run_folder, lang=lang)
        assert [path.name for path in paths] == ["report.html", "report.xlsx"]
        found[lang] = (paths[0].read_text(encoding="utf-8"), openpyxl.load_workbook(paths[1]))
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_html_is_well_formed_and_loads_nothing(pages, lang):
    page = pages[lang][0]
    parser = Checked()
    parser.feed(page)
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)
    assert set(re.findall(r"https?://[^\"' )<]*", page)) <= {"http://www.w3.org/1999/xlink"}
    assert not re.search(r"<(script|link|img|iframe|object)|@import|src=|url\((?!#)", page)
    assert "&#34;" not in page[page.index("<style>") : page.index("</style>")]


def test_html_says_what_a_bureau_must_know(pages):
    page = pages["zh"][0]
    parser = Checked()
    parser.feed(page)
    text = "".join(parser.text)
    for wanted in (
        "滨海县 2023 年生态产品总值核算",
        "不是官方标准",
        "小计（未含",
        "9 个单元中有 1 个缺少标准所列指标",
        "8/9 个单元",
        "旅游康养：缺少统计数据",
        "各单元缺少的指标不同，其小计不可比较",
        "归属未核实",
        "不计入总值",
        "海门镇",
        "未提供海堤造价",
        "全额造价法",
        "年化成本",
        "空调能效比 × 1.1",
        "蒸散发图层（et）",
        "7.25",
        "待核实数据清单",
        "范围外面积",
        "SHA-256",
        "abab",
        "2020 年价格",
    ):
        assert wanted in text, wanted
    assert page.count("<svg") == 3
    assert "北</text>" in page


def test_html_english_has_no_hanzi_but_names(pages):
    parser = Checked()
    parser.feed(pages["en"][0])
    hanzi = {text for text in map(str.strip, parser.text) if re.search(r"[一-鿿]", text)}
    names = {*sample_run.TOWNS, "滨海", "稻谷", "茶叶", "吨/a"}
    assert not [text for text in hanzi if not any(name in text for name in names)]


def test_html_money_and_area_follow_the_choice(run_folder, run):
    page = render(run_folder, formats=("html",), money="万元", area="亩")[0].read_text(encoding="utf-8")
    town = run.gep.set_index("unit_name").loc["海门镇"]
    land = run.extent[run.extent["unit_name"] == "海门镇"]["area"].sum()
    assert f"{town['gep'] / 1e4:,.2f}</td>" in page
    assert f"{land * 15 / 1e4:,.2f}</td>" in page
    assert "万元，2020 年价格" in page


def test_html_and_xlsx_say_what_they_leave_out_of_a_long_table(run_folder, monkeypatch):
    from ecoval.report import account

    monkeypatch.setattr(account, "MOST_LISTED", 5)
    monkeypatch.setattr(account, "LONGEST", 10)
    page, book = render(run_folder)
    assert "另有 4 个单元见 gep.csv" in page.read_text(encoding="utf-8")
    sheet = openpyxl.load_workbook(book)["分单元"]
    assert sheet.max_row == 12
    assert sheet["A1"].value == "另有 107 行见 supply.csv。"


def test_html_is_the_same_each_time(run_folder):
    first, second = (render(run_folder, formats=("html",))[0].read_bytes() for _ in range(2))
    assert first == second


def test_xlsx_reopens_with_equal_numbers(pages, run):
    book = pages["zh"][1]
    assert book.sheetnames == [
        "总值",
        "指标状态",
        "服务清单",
        "分单元",
        "分生态系统类型",
        "面积状态",
        "算法对照",
        "蓄水价值",
        "参数清单",
        "说明",
        "数据来源",
    ]
    sheet = book["总值"]
    assert sheet.freeze_panes == "C3"
    rows = {row[1]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    for unit in run.gep.itertuples():
        given = rows[unit.unit_name]
        assert given[6] == (pytest.approx(unit.gep / 1e8, rel=1e-14) if unit.gep == unit.gep else None)
    assert rows["合计"][6] is None
    units = {(row[1], row[3]): row for row in book["分单元"].iter_rows(min_row=3, values_only=True)}
    silt = run.supply[(run.supply["unit_name"] == "海门镇") & (run.supply["item"] == "silt")]
    assert units["海门镇", "土壤保持：减少泥沙淤积"][4] == pytest.approx(silt["quantity"].sum(), rel=1e-14)
    assert units["海门镇", "土壤保持：减少泥沙淤积"][6] == pytest.approx(silt["value"].sum() / 1e8, rel=1e-14)
    assert isinstance(units["海门镇", "水源涵养"][0], str)


def test_xlsx_english_sheets(pages):
    assert pages["en"][1].sheetnames[:3] == ["GEP", "Indicators", "Services"]


def test_render_takes_a_record_that_is_not_written_yet(run_folder, tmp_path):
    for name in ("supply.csv", "gep.csv", "extent.csv", "indicators.csv", "account.gpkg"):
        shutil.copy(run_folder / name, tmp_path / name)
    render(tmp_path, formats=("html",), record=sample_run.record())
    assert sorted(path.name for path in tmp_path.glob("report*")) == ["report.html"]


def test_render_refuses_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match=r"holds no run.*no run\.json.*expected the folder of a finished run"):
        render(tmp_path)


def test_render_refuses_an_unfinished_run(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"status": "cancelled"}), encoding="utf-8")
    with pytest.raises(InputError, match=r'says "cancelled".*Run the study again'):
        render(tmp_path)


def test_render_refuses_a_run_without_a_table(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"status": "finished"}), encoding="utf-8")
    with pytest.raises(InputError, match=r"supply\.csv.*copy the whole folder"):
        render(tmp_path)


def test_render_refuses_a_table_without_its_columns(run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / "gep.csv").write_text("unit_id,gep\na,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"lacks columns.*year, unit_set, unit_name, provisioning, regulating \(\+\d+\)"):
        render(tmp_path / "run")


@pytest.mark.parametrize(("option", "given"), [("formats", ("odt",)), ("lang", "de"), ("money", "角"), ("area", "m")])
def test_render_refuses_an_unknown_option(run_folder, option, given):
    with pytest.raises(InputError, match="choice for the report is not known"):
        render(run_folder, **{option: given})


def test_read_run_takes_the_indicators_of_the_packaged_standard(run_folder):
    record = {key: value for key, value in sample_run.record().items() if key != "indicators"}
    found = read_run(run_folder, record).indicators
    assert found["water_retention"][0] == "yes"
    assert found["oxygen_release"][0] == "no"


def edge_run(folder, units, **changed):
    supply, gep, extent, states = sample_run.accounts(units)
    for name, table in (("supply", supply), ("gep", gep), ("extent", extent), ("indicators", states)):
        write_table(table, folder / f"{name}.csv")
    write_account(folder / "account.gpkg", units, supply, gep, extent, states)
    (folder / "run.json").write_text(json.dumps(sample_run.record() | changed, ensure_ascii=False), encoding="utf-8")
    return render(folder)[0].read_text(encoding="utf-8")


def test_render_units_in_degrees(tmp_path):
    page = edge_run(tmp_path, sample_run.county().to_crs("EPSG:4490"))
    assert "China Geodetic Coordinate System 2000" in page
    assert re.search(r">\d+ km</text>", page)


def test_render_a_record_with_the_least(tmp_path):
    page = edge_run(
        tmp_path,
        sample_run.county(),
        numbers=[],
        notes=[],
        warnings=[],
        left_out={},
        inputs=[],
        options={},
        versions={},
        diagnostics=[],
    )
    assert "没有标记为“未核对”“异地移用”或“示例”的数据" in page


def test_render_other_standard_is_named(tmp_path):
    page = edge_run(tmp_path, sample_run.county(), standard="ndrc-2022", indicators=None)
    assert "按核算标准 ndrc-2022 核算" in page
    assert "归属尚未与标准原文核对" in page


def test_render_without_geometry_has_no_map(run_folder, tmp_path):
    for name in ("supply.csv", "gep.csv", "extent.csv", "indicators.csv", "run.json"):
        shutil.copy(run_folder / name, tmp_path / name)
    page = render(tmp_path, formats=("html",))[0].read_text(encoding="utf-8")
    assert "北</text>" not in page
    assert page.count("<svg") == 2


def test_render_one_unit_and_two_sets(run_folder, tmp_path):
    code = "330226008"
    for name in ("supply", "gep", "extent", "indicators"):
        table = pd.read_csv(run_folder / f"{name}.csv", dtype={"unit_id": str, "ecosystem_type": str})
        one = table[table["unit_id"] == code].assign(unit_set="project")
        write_table(pd.concat([table, one]), tmp_path / f"{name}.csv")
    shutil.copy(run_folder / "account.gpkg", tmp_path / "account.gpkg")
    shutil.copy(run_folder / "run.json", tmp_path / "run.json")
    paths = render(tmp_path)
    page = paths[0].read_text(encoding="utf-8")
    parser = Checked()
    parser.feed(page)
    assert len(set(parser.ids)) == len(parser.ids)
    assert "核算结果概要 · project" in page
    assert "总值 project" in openpyxl.load_workbook(paths[1]).sheetnames


def test_render_nested_units_shows_the_largest(tmp_path):
    units = sample_run.county()
    units.loc[8, "geometry"] = units.union_all()
    page = edge_run(tmp_path, units)
    assert "单元之间相互重叠或嵌套，以下为其中面积最大的单元“东屿乡”的结果" in page
    assert ">合计</th>" not in page


def test_render_writes_mixtures_and_reasons_in_both_languages(run_folder):
    record = sample_run.record() | {"mixtures": [{"zh": "林地 0.6", "en": "forest 0.6"}]}
    for lang, text in (("zh", "林地 0.6"), ("en", "forest 0.6")):
        assert text in render(run_folder, formats=("html",), lang=lang, record=record)[0].read_text(encoding="utf-8")
