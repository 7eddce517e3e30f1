"""A run against the table of a standard: each verdict by hand, each kind of deviation, and the page."""

import dataclasses
import json
import re
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest

from ecoval import writers
from ecoval.document import Text
from ecoval.errors import InputError, ParameterError
from ecoval.parameters import indicators
from ecoval.report import set_conformity
from ecoval.report.conformity import conformity_document
from ecoval.study import conform, write_conformity
from ecoval.study.conformity import COVERAGE_COLUMNS, DEVIATION_COLUMNS
from ecoval.terms import label, vocabulary

LEFT_OUT = {"code": "x", "fields": {}, "en": "A layer is lacking.", "zh": "缺少图层。"}


def row(unit, service, item, value, quantity=1.0):
    return {"unit_set": "units", "unit_id": unit, "service": service, "item": item, "quantity": quantity, "value": value}


@pytest.fixture
def run(tmp_path):
    """Two units: retention in both, carbon in one, oxygen in both though ndrc-2022 leaves it out, soil without a price."""
    supply = [row(unit, "water_retention", "retention", 100.0) for unit in ("1", "2")]
    supply += [row(unit, "oxygen_release", "vegetation", 7.0) for unit in ("1", "2")]
    supply += [row("1", "carbon_sequestration", "vegetation", 3.5), row("2", "carbon_sequestration", "vegetation", None)]
    supply += [row("1", "recreation", "tourism_health", 11.0), row("2", "recreation", "tourism_health", 11.0)]
    supply += [row("1", "soil_retention", "silt", None), row("1", "soil_retention", "soil", None)]
    pd.DataFrame(supply).to_csv(tmp_path / "supply.csv", index=False)
    pd.DataFrame({"unit_set": "units", "unit_id": ["1", "2"], "gep": [121.5, 118.0]}).to_csv(tmp_path / "gep.csv", index=False)
    number = {"service": "soil_retention", "parameter": "C_factor", "uom": "1", "source_id": "SAMPLE", "status": "example"}
    record = {
        "status": "finished",
        "name": "两区",
        "year": 2023,
        "price_year": 2023,
        "standard": "open-2026",
        "options": {"water_retention": {"price": "full_cost"}},
        "services": {"water_retention": ["retention"], "soil_retention": ["silt"]},
        "left_out": {"climate_regulation": LEFT_OUT},
        "numbers": [{**number, "key": key, "value": 0.1} for key in ("111", "112")],
        "prices": {"water_retention:retention": {"price": 8.0, "uom": "CNY m-3", "year": 2019}},
    }
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return tmp_path


def test_each_indicator_has_its_verdict(run):
    found = conform(run, "ndrc-2022")
    assert list(found.coverage.columns) == list(COVERAGE_COLUMNS)
    table = found.coverage.set_index("indicator")
    assert set(table.index) == set(indicators("ndrc-2022"))
    expected = {
        "water_retention": "covered",
        "carbon_sequestration": "partly_covered",
        "oxygen_release": "beyond_standard",
        "climate_regulation": "gap",
        "negative_ions": "outside",
        "water_supply": "unverified",
        "tourism_health": "covered",
    }
    assert table["verdict"][list(expected)].to_dict() == expected
    assert table["reason"]["climate_regulation"] == LEFT_OUT["en"]
    assert table["units_with_value"][["water_retention", "carbon_sequestration", "climate_regulation"]].tolist() == [2, 1, 0]


def test_the_sum_is_that_of_the_indicators_of_the_standard(run):
    found = conform(run, "ndrc-2022")
    assert found.own_total == 121.5 + 118.0
    assert found.total is None  # carbon of one unit is not there
    supply = pd.read_csv(run / "supply.csv")
    supply[supply["value"].notna()].to_csv(run / "supply.csv", index=False)
    assert conform(run, "ndrc-2022").total == 200.0 + 3.5 + 22.0  # without oxygen


def test_deviations_name_found_and_expected(run):
    table = conform(run, "ndrc-2022").deviations
    assert list(table.columns) == list(DEVIATION_COLUMNS)
    rows = {(row["kind"], row["service"], row["name"]): (row["found"], row["expected"]) for row in table.to_dict("records")}
    assert rows["standard", "", "standard"] == ("open-2026", "ndrc-2022")
    assert rows["option", "water_retention", "price"] == ("full_cost", "annualised")
    assert rows["price_year", "water_retention", "retention"] == ("2019", "2023")
    assert rows["status", "soil_retention", "C_factor"][0] == "2 x (SAMPLE, example)"
    assert ("without_price", "soil_retention", "silt") in rows
    assert ("without_price", "soil_retention", "soil") not in rows  # a quantity that the declaration gives no price


def test_under_its_own_standard_no_choice_deviates(run):
    kinds = set(conform(run, "open-2026").deviations["kind"])
    assert not kinds & {"standard", "option", "source"}


@pytest.mark.parametrize(("lang", "words"), [("en", ("gap", "Deviations")), ("zh", ("缺口", "偏离", "缺少图层"))])
def test_tables_and_page_are_written(run, lang, words):
    paths = write_conformity(conform(run, "ndrc-2022", lang), lang=lang)
    text = paths["html"].read_text(encoding="utf-8")
    assert all(word in text for word in words)
    assert not re.search(r"https?://|<script|<link|<img", text)  # it is read without a network
    assert paths["html"].name == "conform_ndrc-2022.html"
    assert len(pd.read_csv(paths["coverage"])) == len(indicators("ndrc-2022"))
    assert len(pd.read_csv(paths["deviations"])) == len(conform(run, "ndrc-2022").deviations)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_document_has_every_row_and_column_of_the_tables(run, lang):
    found = conform(run, "ndrc-2022", lang)
    document = conformity_document(found, lang)
    assert len(document.tables) == 2
    for table, frame in zip(document.tables, (found.coverage, found.deviations), strict=True):
        assert [column.key for column in table.columns] == list(frame.columns)
        assert [column.title for column in table.columns] == [label(name, lang) for name in frame.columns]
        assert len(table.rows) == len(frame)
        for row, cells in zip(frame.to_dict("records"), table.rows, strict=True):
            for column, cell in zip(table.columns, cells.cells, strict=True):
                value = row[column.key]
                if column.numeric:
                    assert cell.value == (None if pd.isna(value) else value)
                elif column.key not in ("name", "indicator", "found", "expected", "basis", "reason"):
                    assert cell.text.lower() == (vocabulary()[value][lang].lower() if value else "")
                else:
                    assert cell.value == value
    looks = [cells.cells[4].look for cells in document.tables[0].rows]
    assert [look == "fail" for look in looks] == (found.coverage["verdict"] == "gap").tolist()
    assert "fail" in looks


def test_the_sums_and_counts_stand_in_front(run):
    document = conformity_document(conform(run, "ndrc-2022"), "en")
    first, counts = (block.text for block in document.opening)
    assert first == "Sum of the indicators of the standard: - CNY, prices of 2023; the run's own total: 239.50."  # 121.5 + 118
    assert "gap " in counts
    assert (document.title, document.kind) == ("Conformity with ndrc-2022", "两区 · 2023")


@pytest.mark.parametrize(("lang", "words"), [("en", "None found."), ("zh", "未发现。")])
def test_no_deviation_is_said(run, lang, words):
    found = conform(run, "ndrc-2022", lang)
    without = dataclasses.replace(found, deviations=found.deviations.iloc[:0])
    document = conformity_document(without, lang)
    assert len(document.tables) == 1
    assert Text(words) in document.blocks
    assert Text(words) not in conformity_document(found, lang).blocks


def test_the_document_is_set_in_other_formats_too(run):
    paths = set_conformity(conform(run, "ndrc-2022", "zh"), run / "conform", ("xlsx", "docx"), "zh")
    assert [path.name for path in paths] == ["conform.xlsx", "conform.docx"]
    assert openpyxl.load_workbook(paths[0]).sheetnames == ["指标", "偏离"]


def test_the_page_is_left_to_the_room_that_was_handed_in(run, monkeypatch):
    calls = []

    def set_one(compared, stem, formats, lang):
        calls.append((compared.standard, stem.name, formats, lang))
        return [stem.with_name("other.html")]

    monkeypatch.setattr(writers, "_rooms", [lambda: SimpleNamespace(set_conformity=set_one)])
    paths = write_conformity(conform(run, "ndrc-2022"), lang="en")
    assert calls == [("ndrc-2022", "conform_ndrc-2022", ("html",), "en")]
    assert (paths["html"].name, paths["coverage"].is_file()) == ("other.html", True)
    assert not list(run.glob("*.html"))


def test_unfinished_runs_and_unknown_standards_are_refused(run):
    with pytest.raises(ParameterError, match="ndrc-2022"):
        conform(run, "ndrc-2021")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps(record | {"status": "failed"}), encoding="utf-8")
    with pytest.raises(InputError, match="failed"):
        conform(run, "ndrc-2022")
