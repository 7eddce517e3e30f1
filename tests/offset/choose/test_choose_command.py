"""`ecoval offset portfolio`: files, run folder, languages, exit codes."""

import json
import re

import choose_cases as cases
import pandas as pd
import pytest
from typer.testing import CliRunner

from ecoval.cli import app
from ecoval.errors import Cancelled
from ecoval.offset.choose import portfolio_run


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)


@pytest.fixture
def folder(tmp_path):
    """The three tables of example 3 in a folder with Chinese and a space in its name."""
    made = tmp_path / "占补 平衡"
    made.mkdir()
    for name, table in zip("RCK", cases.example(), strict=True):
        table.to_csv(made / f"{name}.csv", index=False)
    return made


def call(folder, *further, code=0, kind="csv"):
    files = zip(("--requirements", "--candidates", "--credits"), "RCK", strict=True)
    given = [text for option, name in files for text in (option, str(folder / f"{name}.{kind}"))]
    result = CliRunner().invoke(app, ["offset", "portfolio", *given, *map(str, further)])
    assert result.exit_code == code, result.stderr or result.stdout
    assert "Traceback" not in result.stderr
    return result.stdout, result.stderr


def verdict(folder):
    return json.loads((folder / "verdict.json").read_text(encoding="utf-8"))


def test_help_has_an_example():
    out = CliRunner().invoke(app, ["offset", "portfolio", "--help"]).stdout
    text = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert "Example: ecoval offset portfolio" in text
    assert "--json" in text


def test_whole_parcels_of_example_3(folder):
    out, err = call(folder, "--whole", "--ratio", "1.0", "--out", folder / "答案")
    assert err == ""
    assert "optimal; cost 170.00" in out
    portfolio = pd.read_csv(folder / "答案" / "portfolio.csv", dtype={"option_id": str})
    assert list(portfolio.columns[:4]) == ["candidate_id", "option_id", "share", "cost"]
    assert portfolio.iloc[:, :4].values.tolist() == [["P2", "1", 1, 60], ["P3", "1", 1, 50], ["P4", "1", 1, 20], ["P5", "1", 1, 40]]
    balance = pd.read_csv(folder / "答案" / "balance.csv")
    assert list(balance.columns) == ["service", "area_unit", "debit", "required", "credit", "net", "ratio", "ok", "uom"]
    assert balance["ok"].all()
    told = verdict(folder / "答案")
    assert (told["status"], told["cost"], told["bound"], told["gap"], told["proven"]) == ("optimal", 170.0, 170.0, 0.0, True)
    assert (told["shortfall"], told["closest"]) == ([], None)
    record = json.loads((folder / "答案" / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], record["kind"]) == ("finished", "offset")
    assert [entry["role"] for entry in record["inputs"]] == ["requirements", "candidates", "credits"]
    assert all(len(entry["sha256"]) == 64 for entry in record["inputs"])
    assert record["options"]["whole"] is True
    assert set(record["outputs"]) >= {"portfolio.csv", "balance.csv", "verdict.json"}


def test_ratio_multiplies_every_requirement(folder):
    call(folder, "--whole", "--ratio", "1.1", "--out", folder / "out")
    balance = pd.read_csv(folder / "out" / "balance.csv")
    assert balance["required"].tolist() == pytest.approx((balance["debit"] * 1.1).tolist())
    assert verdict(folder / "out")["cost"] == 175


def test_infeasible_is_an_answer(folder):
    out, _ = call(folder, "--whole", "--ratio", "2", "--out", folder / "out")
    told = verdict(folder / "out")
    assert told["status"] == "infeasible"
    short = {(row["service"], row["area_unit"]): (row["short"], row["attainable"]) for row in told["shortfall"]}
    assert short == {("carbon", "all"): (10, 90), ("soil", "W1"): (5, 75), ("water", "W1"): (25, 175)}
    assert [row["candidate_id"] for row in told["closest"]] == ["P1", "P2", "P3", "P4", "P5"]
    assert (told["cost"], told["proven"]) == (265, True)
    assert "infeasible" in out
    assert "25 " in out


def test_json_is_one_object(folder):
    out, _ = call(folder, "--out", folder / "out", "--json")
    told = json.loads(out)
    assert told["status"] == "optimal"
    assert told["folder"] == str(folder / "out")
    assert {row["candidate_id"] for row in told["portfolio"]} == {"P1", "P2", "P3", "P4", "P5"}


def test_quiet_and_chinese(folder):
    assert call(folder, "--out", folder / "one", "--quiet") == ("", "")
    out, _ = call(folder, "--whole", "--ratio", "2", "--out", folder / "two", "--lang", "zh")
    assert "缺口" in out
    assert "不可行" in out
    assert "还需新增备选地块" in out
    (folder / "R.csv").unlink()
    assert call(folder, "--out", folder / "three", "--lang", "zh", code=1)[1].startswith("错误")


def test_finished_folder_needs_overwrite(folder):
    call(folder, "--out", folder / "out")
    assert "--overwrite" in call(folder, "--out", folder / "out", "--whole", code=1)[1]
    call(folder, "--out", folder / "out", "--whole", "--overwrite")
    assert verdict(folder / "out")["cost"] == 170


def test_default_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    call(folder)
    call(folder)
    names = sorted(path.name for path in (folder / "runs").iterdir())
    assert names[0].endswith("-portfolio")
    assert names[1] == f"{names[0]}-2"


def test_must_ban_limit_most_objective(folder):
    call(folder, "--whole", "--must", "P1", "--ban", "P2:1", "--limit", "190", "--most", "3", "--out", folder / "out")
    told = verdict(folder / "out")
    assert told["cost"] == 185
    assert [row["excluded"] for row in told["excluded"]] == ["BANNED"]
    err = call(folder, "--objective", "area", "--out", folder / "two", code=1)[1]
    assert '"area" of candidate "P1:1"' in err
    assert "Found beauty" in call(folder, "--objective", "beauty", "--out", folder / "three", code=1)[1]


def test_gb18030_and_workbooks_are_read(folder):
    requirements, candidates, credits = cases.example()
    requirements["area_unit"] = requirements["area_unit"].replace("W1", "一号流域")
    credits["area_unit"] = credits["area_unit"].replace("W1", "一号流域")
    for name, table in zip("RCK", (requirements, candidates, credits), strict=True):
        table.to_csv(folder / f"{name}.csv", index=False, encoding="gb18030")
        table.to_excel(folder / f"{name}.xlsx", index=False)
    _, err = call(folder, "--whole", "--out", folder / "one")
    assert err.count("Warning") == 2  # candidates are plain ASCII
    record = json.loads((folder / "one" / "run.json").read_text(encoding="utf-8"))
    assert [entry["code"] for entry in record["warnings"]] == ["table_read_as_gb18030"] * 2
    assert call(folder, "--whole", "--out", folder / "two", kind="xlsx")[1] == ""
    assert verdict(folder / "one")["cost"] == verdict(folder / "two")["cost"] == 170
    assert "一号流域" in (folder / "two" / "balance.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("name", "line", "text"),
    [
        ("K", "P7,1,water,W1,5", r'A17 of ".*K.csv".*"P7:1"'),
        ("C", "P6,1,", r'C7 \(column "cost"\).*must hold|must hold.*C7'),
        ("C", "P6,1,-3", r"C7.*Found -3, expected >= 0"),
        ("C", "P5,1,3", r"P5.*(6, 7)"),
        ("R", "water,W1,3", r"water"),
        ("K", "P1,1,air,W1,much", r"E17.*much"),
    ],
)
def test_wrong_rows_are_named_and_leave_no_table(folder, name, line, text):
    with (folder / f"{name}.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    err = call(folder, "--out", folder / "out", code=1)[1]
    assert re.search(text, err), err
    assert len(err.strip().splitlines()) == 1
    assert not (folder / "out" / "portfolio.csv").exists()
    assert json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))["status"] == "failed"


def test_misspelt_and_further_columns(folder):
    candidates = cases.example()[1]
    candidates.assign(remark="none").to_csv(folder / "C.csv", index=False)
    call(folder, "--out", folder / "one")
    candidates.assign(area=1.0, minimum_aera=1.0).to_csv(folder / "C.csv", index=False)
    assert '"minimum_area"' in call(folder, "--out", folder / "two", code=1)[1]
    candidates.assign(minimum_area=1.0).to_csv(folder / "C.csv", index=False)
    told = json.loads(call(folder, "--out", folder / "three", "--json", code=1)[0])
    assert told["error"]["code"] == "MINIMUM_AREA_WITHOUT_AREA"


def test_zero_requirement_is_an_empty_portfolio(folder):
    cases.example()[0].assign(required=0.0).to_csv(folder / "R.csv", index=False)
    out, _ = call(folder, "--out", folder / "out")
    assert "Nothing is required" in out
    assert len(pd.read_csv(folder / "out" / "portfolio.csv")) == 0
    assert (verdict(folder / "out")["status"], verdict(folder / "out")["cost"]) == ("optimal", 0)


def test_usage_is_exit_two(folder):
    result = CliRunner().invoke(app, ["offset", "portfolio", "--requirements", str(folder / "R.csv")])
    assert result.exit_code == 2
    call(folder, "--out", folder / "out", "--lang", "fr", code=2)


def test_cancel_leaves_the_record_alone(folder):
    with pytest.raises(Cancelled):
        portfolio_run(*(folder / f"{name}.csv" for name in "RCK"), folder / "out", progress=lambda *_: False)
    assert [path.name for path in (folder / "out").iterdir()] == ["run.json"]
    assert json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))["status"] == "cancelled"
