"""A run against the table of a standard: each verdict by hand, each kind of deviation, and the page."""

import json

import pandas as pd
import pytest

from ecoval.errors import InputError, ParameterError
from ecoval.parameters import indicators
from ecoval.study import conform, write_conformity
from ecoval.study.conformity import COVERAGE_COLUMNS, DEVIATION_COLUMNS

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
    assert "http" not in text
    assert len(pd.read_csv(paths["coverage"])) == len(indicators("ndrc-2022"))
    assert len(pd.read_csv(paths["deviations"])) == len(conform(run, "ndrc-2022").deviations)


def test_unfinished_runs_and_unknown_standards_are_refused(run):
    with pytest.raises(ParameterError, match="ndrc-2022"):
        conform(run, "ndrc-2021")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps(record | {"status": "failed"}), encoding="utf-8")
    with pytest.raises(InputError, match="failed"):
        conform(run, "ndrc-2022")
