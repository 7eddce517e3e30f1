import io

import docx
import openpyxl
import pandas as pd
import pytest

from ecoval.errors import InputError
from ecoval.realization.damage_run import run_damage
from ecoval.report import render
from ecoval.report.damage import damage_document

DAMAGE = {"damage_id": "spill", "service": "water_retention", "area": 5.0, "baseline": 2500.0, "uom": "m3 ha-1 yr-1"}
RESTORATION = {"restoration_id": "marsh", "service": "water_retention", "delay": 2, "ramp_years": 5, "level": 0.6, "end_year": 40}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("damage")
    levels = [(-2, 0.8), (1, 0.8), (9, 0.0)]
    pd.DataFrame([{**DAMAGE, "year": year, "loss": loss} for year, loss in levels]).to_csv(path / "damaged.csv", index=False)
    pd.DataFrame([RESTORATION | {"unit_cost": 90_000.0}]).to_csv(path / "restoration.csv", index=False)
    (path / "rules.toml").write_text("primary_cost = 120000\nprice_year = 2024\n", encoding="utf-8")
    return run_damage(path / "damaged.csv", path / "restoration.csv", path / "rules.toml", path / "损害")[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_of_the_run_are_those_of_the_document(folder, lang):
    document = damage_document(folder, lang)
    tables = dict(zip(("debit", "credit", "claim", "timeline"), document.tables, strict=False))
    for name, table in tables.items():
        frame = pd.read_csv(folder / f"{name}.csv", encoding="utf-8-sig")
        assert len(table.rows) == len(frame)
        for place, column in enumerate(table.columns):
            if column.numeric and column.key != "cumulative":
                values = [row.cells[place].value for row in table.rows]
                assert values == [None if pd.isna(value) else pytest.approx(value) for value in frame[column.key]], column
    claim = pd.read_csv(folder / "claim.csv", encoding="utf-8-sig")["value"].iloc[-1]
    assert tables["claim"].rows[-1].cells[-1].value == pytest.approx(claim)
    assert tables["claim"].rows[-1].kind == "sum"


def test_a_sum_that_is_none_is_written_as_none(folder):
    table = damage_document(folder).tables[3]
    assert table.rows[-1].cells[-1].text == "0"  # the restored area makes up for the loss exactly


def test_all_formats_are_written_with_the_name_of_a_report(folder):
    paths = render(folder, ("html", "pdf", "docx", "xlsx"), lang="zh")
    assert [path.name for path in paths] == ["report.html", "report.pdf", "report.docx", "report.xlsx"]
    page = paths[0].read_text(encoding="utf-8")
    assert "生态环境损害评估报告" in page
    assert "26.95" in page
    assert "2024 年价格" in page
    assert docx.Document(paths[2]).paragraphs[0].text == "生态环境损害评估报告"
    assert openpyxl.load_workbook(io.BytesIO(paths[3].read_bytes())).sheetnames == ["损失量", "恢复", "索赔", "逐年", "数据来源"]


def test_a_folder_without_a_table_is_refused(folder, tmp_path):
    for name in ("run.json", "verdict.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(InputError, match=r"debit\.csv") as caught:
        render(tmp_path)
    assert caught.value.code == "report_table_absent"
