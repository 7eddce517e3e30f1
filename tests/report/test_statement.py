import csv
import hashlib
import html
import io
import json
import re
from importlib import resources
from itertools import pairwise

import numpy as np
import offset_run
import openpyxl
import pandas as pd
import pypdf
import pytest

from ecoval.errors import InputError
from ecoval.report import render
from ecoval.report import statement as room
from ecoval.report.pdf import set_pdf
from ecoval.report.statement.draft import StatementDraft, phrase, service_name, signed_text
from ecoval.report.statement.files import read_statement, truth
from ecoval.report.statement.writing import PARTS, money_of, statement_document
from ecoval.report.wording import LANGUAGES

NASTY = '$x^2$ #panic("a") *b* _c_ @d <e> `f` \\g // h [i] <script>alert(1)</script> & "q" {{ 7 * 7 }} {j} =1+1'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = offset_run.write(tmp_path_factory.mktemp("run") / "青溪公路 甲")
    room.write(path)
    return path


@pytest.fixture(scope="module")
def unbalanced(tmp_path_factory):
    return offset_run.write(tmp_path_factory.mktemp("run") / "青溪公路 乙", balanced=False)


def page_text(path):
    """What a reader sees of an HTML file."""
    text = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def paper_pages(source):
    return [page.extract_text() for page in pypdf.PdfReader(source).pages]


def squeezed(text):
    return re.sub(r"[\s\u200b]+", "", text)


def both(folder, lang):
    stem = "statement" if lang == "zh" else f"statement_{lang}"
    return squeezed(page_text(folder / f"{stem}.html")), squeezed("".join(paper_pages(folder / f"{stem}.pdf")))


def test_the_run_language_has_the_plain_name_and_the_other_its_code(folder):
    names = {path.name for path in folder.glob("statement*")}
    assert names == {"statement.html", "statement.pdf", "statement_en.html", "statement_en.pdf"}
    assert "生态占补平衡报告书" in page_text(folder / "statement.html")
    assert "Statement of the ecological offset balance" in page_text(folder / "statement_en.html")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_of_the_tables_is_in_both_documents(folder, lang):
    files = read_statement(folder)
    money = money_of(files) if lang == "zh" else "元"
    document = StatementDraft(lang, "", money=money)
    texts = both(folder, lang)
    scales = {  # how a column is written, where it is not written as it is
        **dict.fromkeys(("cost", "value_pv", "debit_value", "required_value", "credit_value", "net_value"), document.money_divisor),
        **dict.fromkeys(("area", "lost_area", "no_go_area", "red_line_area", "valid_area", "missing_area"), 1e4),
    }
    taken = set(files.table("portfolio")["candidate_id"])
    for name in ("statutory", "alternatives", "losses", "measures", "credits", "balance", "kinds", "value", "portfolio"):
        table = files.table(name)
        if name == "credits":
            table = table[table["candidate_id"].isin(taken)]
        for column in table.select_dtypes("number"):
            scale = 1e4 if name == "kinds" and column in ("required", "provided", "net") else scales.get(column, 1.0)
            scale = 0.01 if column == "share" else scale
            for value in table[column]:
                text = squeezed(signed_text(value / scale)) if column != "price_year" else str(value)
                for where in texts:
                    assert text in where, (name, column, text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_reasons_and_units_are_in_both_documents(folder, lang):
    for text in both(folder, lang):
        for word in (
            "青溪流域(W1)" if lang == "en" else "青溪流域（W1）",
            "黄土岭坡地",
            "以桥代路",
            "浙(2025)第0012号",
            "方案A避开生态保护红线",
        ):
            assert word in text
        assert squeezed(phrase("term CANDIDATE_IN_PROTECTED", lang)) in text
        assert squeezed(phrase("verdict balanced", lang)) in text
        assert squeezed(phrase("turns", lang, services="water")) in text


def test_the_conclusion_comes_first_and_the_steps_in_the_order_of_the_policy(folder):
    for text in (page_text(folder / "statement.html"), "\n".join(paper_pages(folder / "statement.pdf"))):
        places = [
            text.index(mark + word)
            for mark, word in zip(
                ("一、", "二、", "三、", "四、", "五、", "六、", "七、"),
                ("结论", "法定占补", "避免", "最小化", "损失", "补偿", "平衡"),
                strict=True,
            )
        ]
        assert all(first < second for first, second in pairwise(places))


def test_hashes_are_printed_in_full(folder):
    digest = hashlib.sha256((folder / "run.json").read_bytes()).hexdigest()
    rules = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))["rules_hash"]
    for lang in LANGUAGES:
        for text in both(folder, lang):
            assert digest in text
            assert rules in text


def test_fonts_of_the_pdf_are_embedded_and_the_packaged_one_is_among_them(folder):
    for name in ("statement.pdf", "statement_en.pdf"):
        reader = pypdf.PdfReader(folder / name)
        fonts = {}
        for page in reader.pages:
            fonts |= {str(entry.get_object()["/BaseFont"]): entry.get_object() for entry in page["/Resources"]["/Font"].values()}
        assert any("EcovalSans" in name for name in fonts)
        for font in fonts.values():
            described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(described)


def test_no_page_of_the_pdf_is_blank_and_each_has_its_number(folder):
    for name, pattern in (("statement.pdf", "第{}页共{}页"), ("statement_en.pdf", "Page{}of{}")):
        pages = paper_pages(folder / name)
        for number, text in enumerate(pages, start=1):
            assert pattern.format(number, len(pages)) in squeezed(text)
            assert len(squeezed(text)) > 60, (name, number)


def test_words_on_the_maps_are_text_in_the_pdf(folder):
    text = squeezed("".join(paper_pages(folder / "statement.pdf")))
    for word in ("影响区", "可用、未选", "CGCS2000/3-degreeGauss-KrugerCM120E", "不涉及"):
        assert word in text


def test_nothing_is_loaded(folder):
    template = resources.files("ecoval").joinpath("report", "templates", "document.typ").read_text(encoding="utf-8")
    assert "@preview" not in template
    assert "#import" not in template
    for name in ("statement.html", "statement_en.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert not re.findall(r"(?:src|href)=[\"'](?!#)", text)
        assert not re.findall(r"url\((?!#)", text)
        assert set(re.findall(r"https?://[^\"' <]+", text)) <= {"http://www.w3.org/1999/xlink"}


def test_a_name_with_signs_of_every_language_stays_a_name(tmp_path):
    folder = offset_run.write(tmp_path / "名 字", name="安全")
    for name in ("candidates", "portfolio"):
        table = pd.read_csv(folder / f"{name}.csv", encoding="utf-8-sig", dtype=str)
        table["name"] = NASTY
        table.to_csv(folder / f"{name}.csv", index=False)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["warnings"] = [NASTY]
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "project.toml").write_text(f"[project]\nname = {json.dumps(NASTY)}\n", encoding="utf-8")
    page, sheets, _ = room.write(folder, ("en",), ("html", "pdf", "xlsx"))
    raw = page.read_text(encoding="utf-8")
    assert "<script" not in raw
    assert raw.count(html.escape(NASTY, quote=False).replace('"', "&#34;")) >= 4
    assert squeezed("".join(paper_pages(sheets))).count(squeezed(NASTY)) >= 3
    book = openpyxl.load_workbook(folder / "statement.xlsx")
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_name_of_an_area_with_a_dollar_is_drawn_as_it_is(tmp_path):
    import geopandas as gpd

    from ecoval.tables.geopackage import write_layer

    folder = offset_run.write(tmp_path / "run")
    areas = gpd.read_file(folder / "offset.gpkg", layer="areas_watershed").assign(name=["a $\\frac{1}$ <b>", "c"])
    write_layer(areas, folder / "offset.gpkg", "areas_watershed")
    text = room.statement_html(folder, "en")
    assert "a $\\frac{1}$ &lt;b&gt;" in text


def test_what_is_not_there_is_said_to_be_not_examined(tmp_path):
    folder = offset_run.write(tmp_path / "空 白", leave_out=(*offset_run.tables(), "offset.gpkg"))
    verdict = {"verdict": "not_assessable", "verdict_cautious": "not_assessable", "robust": True}
    (folder / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    room.write(folder)
    for lang in LANGUAGES:
        for text in both(folder, lang):
            words = (
                "statutory_not_examined",
                "alternatives_none",
                "measures_none",
                "losses_none",
                "candidates_none",
                "not_examined",
            )
            for word in (*words, "value_none", "timeline_none", "checks_none", "rules_none"):
                assert squeezed(phrase(word, lang)) in text, word


@pytest.mark.parametrize("absent", sorted(offset_run.tables()))
def test_each_table_may_be_absent_by_itself(tmp_path, absent):
    folder = offset_run.write(tmp_path / "run", leave_out=(absent, "offset.gpkg"))
    files = read_statement(folder)
    for lang in LANGUAGES:
        assert statement_document(files, lang).blocks


def test_a_statutory_table_comes_before_the_services_and_its_absence_is_not_a_failure(tmp_path):
    folder = offset_run.write(tmp_path / "run", leave_out=("statutory",))
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    (folder / "verdict.json").write_text(json.dumps(verdict | {"statutory_ok": None}), encoding="utf-8")
    text = squeezed(re.sub(r"<[^>]+>", " ", room.statement_html(folder, "zh")))
    assert "未核法定占补" in text
    assert "法定占补未核" in text


def test_a_statutory_balance_that_is_not_met_is_named_with_its_shortfall(tmp_path):
    folder = offset_run.write(tmp_path / "run")
    table = pd.read_csv(folder / "statutory.csv")
    table.loc[0, ["provided", "net", "ok"]] = [11_300.0, -700.0, False]
    table.to_csv(folder / "statutory.csv", index=False)
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    loser = {"service": "water_retention", "area_unit": "C1", "net": -2500.0, "uom": "m3 yr-1"}
    (folder / "verdict.json").write_text(json.dumps(verdict | {"statutory_ok": False, "new_losers": [loser]}), encoding="utf-8")
    text = squeezed(re.sub(r"<[^>]+>", " ", room.statement_html(folder, "en")))
    assert squeezed("1 of 2 rows are met; not met:") in text
    assert squeezed("−700 m²") in text
    assert squeezed("−2,500") in text


def test_a_long_table_runs_over_pages_with_its_heading_on_each(tmp_path):
    folder = offset_run.write(tmp_path / "run")
    table = pd.concat([offset_run.candidates(12.0)[0].iloc[[3]]] * 150, ignore_index=True)
    table["candidate_id"] = [f"P{number:04d}" for number in range(150)]
    table.to_csv(folder / "candidates.csv", index=False)
    path = room.statement_pdf(folder, tmp_path / "long.pdf", "en")
    pages = [squeezed(text) for text in paper_pages(path)]
    holding = [text for text in pages if re.search(r"P0\d{3}", text)]
    assert len(holding) >= 3
    assert all("Whynot" in text for text in holding)
    assert {f"P{number:04d}" for number in range(150)} <= set(re.findall(r"P0\d{3}", "".join(pages)))
    assert all(len(text) > 60 for text in pages)


def test_a_plan_has_its_projects_and_one_chosen_alternative_of_each(tmp_path):
    folder = offset_run.write(tmp_path / "规划")
    offset_run.as_plan(folder)
    assert read_statement(folder).chosen == {f"项目{number}/A" for number in range(7)}
    room.write(folder, ("zh",))
    for text in both(folder, "zh"):
        for word in ("滨海县规划", "规划内项目", "项目7", "书面理由见各项目记录", "选定方案", "其他方案"):
            assert word in text


def test_failing_rows_are_named_in_the_conclusion(unbalanced):
    text = squeezed(re.sub(r"<[^>]+>", " ", room.statement_html(unbalanced, "en")))
    assert "2of3rowsaremet;notmet:water,青溪流域(W1)−3,400m³." in text
    assert "Netvalue−16,388CNYover3pricedservices." in text
    assert "Notbalanced" in text


def test_worked_example_balances_with_twelve_hectares_and_not_with_ten(folder, unbalanced):
    net = {path: read_statement(path).table("balance").set_index("service")["net"] for path in (folder, unbalanced)}
    np.testing.assert_allclose(net[folder][["water", "soil", "carbon"]], [0, 77, 14.3], atol=1e-9)
    np.testing.assert_allclose(net[unbalanced][["water", "soil", "carbon"]], [-3400, 13, 3.7], atol=1e-9)
    sums = [read_statement(path).table("value")["net_value"].sum() for path in (folder, unbalanced)]
    np.testing.assert_allclose(sums, [3168, -16388])


def test_the_same_run_makes_the_same_file(folder):
    files = read_statement(folder)
    assert set_pdf(statement_document(files, "zh")) == (folder / "statement.pdf").read_bytes()
    assert room.statement_html(folder, "en") == (folder / "statement_en.html").read_text(encoding="utf-8")


def test_report_of_an_assessment_is_its_statement(tmp_path):
    folder = offset_run.write(tmp_path / "run")
    paths = render(folder, ("html", "pdf", "xlsx"), lang="en")
    assert [path.name for path in paths] == ["statement.html", "statement.pdf", "statement.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(paths[2].read_bytes()))
    sheet = next(sheet for sheet in book if "Physical balance at mid" in sheet.title)
    head, *rows = [row for row in sheet.iter_rows(min_row=3, values_only=True) if row[1] is not None]
    assert rows[2][head.index("Net")] == pytest.approx(14.3)


def test_language_of_the_run_keeps_the_plain_name(tmp_path):
    folder = offset_run.write(tmp_path / "run")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8")) | {"lang": "en"}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert [path.name for path in room.write(folder, ("zh",), ("html",))] == ["statement_zh.html"]
    assert [path.name for path in room.write(folder, "en", ("html",))] == ["statement.html"]


def test_refusals_name_what_is_wrong(tmp_path):
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="verdict") as caught:
        room.write(tmp_path)
    assert caught.value.code == "statement_without_verdict"
    folder = offset_run.write(tmp_path / "run")
    for wrong in ({"langs": ("fr",)}, {"formats": ("odt",)}):
        with pytest.raises(InputError) as caught:
            room.write(folder, **wrong)
        assert caught.value.code == "report_option_unknown"
    pd.DataFrame({"service": ["water"]}).to_csv(folder / "balance.csv", index=False)
    with pytest.raises(InputError) as caught:
        room.write(folder)
    assert caught.value.code == "report_columns_absent"


def test_a_user_s_service_is_not_called_by_a_name_of_the_library():
    assert service_name("water", "zh") == "water"
    assert service_name("water_retention", "zh") == "水源涵养"
    assert service_name("soil_retention:nitrogen", "zh").startswith("土壤保持·")


def test_answers_are_read_from_any_writing():
    assert [truth(value) for value in (True, "False", 1, "0", "", None, np.nan, "maybe")] == [
        *(True, False, True, False),
        *(None, None, None, None),
    ]


def test_words_have_both_languages_with_the_same_fields_and_each_is_used():
    text = resources.files("ecoval").joinpath("report", "templates", "statement_words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["identifier"] for row in rows}) == len(rows)
    code = "".join(
        entry.read_text(encoding="utf-8")
        for entry in resources.files("ecoval").joinpath("report", "statement").iterdir()
        if entry.name.endswith(".py")
    )
    for row in rows:
        fields = [{part.split("}")[0] for part in row[lang].split("{")[1:]} for lang in LANGUAGES]
        assert fields[0] == fields[1], row
        assert row["zh"], row
        kind = row["identifier"].split(" ")[0]
        composed = kind in ("why", "field", "verdict", "verdict_why", "column", "term", "choice", "portfolio")
        named = re.search(f"[\"']{re.escape(row['identifier'])}[\"']", code)
        assert composed or row["identifier"].startswith(("mark_", "caption_")) or named, row
    assert len(PARTS) == 14
