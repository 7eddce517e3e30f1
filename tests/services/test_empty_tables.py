"""Tables without rows: each table service is missing and named, none falls over and none gives a number."""

import itertools

import option_study as base
import pandas as pd
import pytest

from ecoval.layers.statistics import COLUMNS, OPTIONAL
from ecoval.services import SERVICES
from ecoval.study import Study

ITEMS = [(service, item) for service in SERVICES for item in service.items if item.form == "table"]
HEADER = "unit_id,item,quantity,uom,price,price_uom,price_year,year\n"
OTHER_YEAR = HEADER + "a,rice,5000,t,3000,CNY t-1,2023,2019\na,visits,200,visit,,,,2019\na,wage,30,CNY h-1,,,2019,2019\n"


def empty(service, name):
    """What a table function gets of an account without rows."""
    if name in ("statistics", "extent"):
        return pd.DataFrame(columns=[*COLUMNS, *OPTIONAL] if name == "statistics" else ["unit_id", "ecosystem_type", "area"])
    for entry in service.inputs:
        if entry.role == name and entry.rows is not None:
            return pd.DataFrame(columns=list(entry.rows.__annotations__))
    return 2023 if name == "price_year" else None


@pytest.mark.parametrize(("service", "item"), ITEMS, ids=lambda each: each.code)
def test_an_item_of_an_empty_table_has_no_rows(service, item):
    roles = {entry.role for entry in service.inputs}
    options = {option.name: option.choices for option in service.options if option.name in {*item.arguments} - roles}
    for choices in itertools.product(*options.values()):
        chosen = dict(zip(options, choices, strict=True))
        for number in (0.5, None):
            given = {name: empty(service, name) for name in item.arguments}
            given = {name: number if value is None else value for name, value in given.items()} | chosen
            rows = item.quantity(**given)
            assert rows is None or not len(rows), (item.code, chosen)


@pytest.mark.parametrize("text", [HEADER, OTHER_YEAR], ids=["header only", "of another year"])
@pytest.mark.parametrize("code", sorted({service.code for service, item in ITEMS if "statistics" in item.arguments}))
@pytest.mark.filterwarnings("ignore::ecoval.errors.EcovalWarning")
def test_statistics_without_rows_leave_a_service_missing(tmp_path, code, text):
    path = base.write(tmp_path)
    (tmp_path / "statistics.csv").write_text(text, encoding="utf-8")
    study = Study(base.content(code, [], {}), path)
    assert not (study.check()["level"] == "error").any()
    account = study.run()
    assert not account.supply["value"].notna().any()
    states = account.indicators.set_index("indicator")["state"]
    assert set(states[states.index.isin([code])]) <= {"missing", "not_applicable"}
