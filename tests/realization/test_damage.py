"""Damage assessment: the example to its printed digits, polygons, claims, refusals, the command and its folder."""

import json
import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box
from typer.testing import CliRunner

from ecoval.cli import app
from ecoval.errors import EcovalWarning, InputError, ParameterError
from ecoval.offset.equivalency.time import Timing
from ecoval.realization import outputs
from ecoval.realization.damage import assess_damage, loss_curve
from ecoval.realization.damage_tables import read_damage, read_rules

DAMAGE = {"damage_id": "spill", "service": "water", "area": 5.0, "baseline": 2500.0, "uom": "m3 ha-1 yr-1"}
KNOTS = [(-2, 0.8), (1, 0.8), (9, 0.0)]
RESTORATION = {"restoration_id": "marsh", "service": "water", "delay": 2, "ramp_years": 5, "level": 0.6, "end_year": 40}


def curve(*knots, **named):
    return pd.DataFrame([{**DAMAGE, **named, "year": year, "loss": loss} for year, loss in knots or KNOTS])


def span(**named):
    return pd.DataFrame([{**DAMAGE, "loss": 0.8, "start": -2, "end": 1, "recovery_years": 8, **named}])


def restoration(**named):
    return pd.DataFrame([{**RESTORATION, "unit_cost": 90_000.0, **named}])


def refused(call, kind=ParameterError):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.message("zh")
    return caught.value.code


# The example: 5 ha, 80 % loss from year -2, constant to year 1, linear to 0 at year 9; 3 %.


@pytest.mark.parametrize("damaged", [curve(), span()], ids=["levels", "span"])
def test_example_debit(damaged):
    found = assess_damage(damaged, restoration()).debits.iloc[0]
    assert found["undiscounted"] == pytest.approx(28.0, abs=1e-12)
    assert found["debit"] == pytest.approx(26.947140, abs=5e-7)
    assert found["past"] == pytest.approx(8.363600, abs=5e-7)
    assert found["future"] == pytest.approx(18.583540, abs=5e-7)
    assert found["quantity"] == pytest.approx(26.947140 * 2500, abs=2e-3)
    assert found["quantity_uom"] == "m3"


def test_example_restoration_and_claim():
    made = assess_damage(curve(), restoration())
    # printed as 11.736977, with which area and cost below would not be the printed ones: 11.736978769 in exact fractions
    assert made.credits["credit"][0] == pytest.approx(11.736978769, abs=5e-10)
    assert made.credits["area"][0] == pytest.approx(2.295918, abs=5e-7)
    made = assess_damage(curve(), restoration(success=0.8))
    assert made.credits["area"][0] == pytest.approx(2.869897, abs=5e-7)
    assert made.verdict["claim"] == pytest.approx(258_290.77, abs=5e-3)
    assert made.verdict["verdict"] == "claim"


def test_past_by_hand():
    # 4 ha lost in each of the years -2 and -1: 4 x 1.03^2 + 4 x 1.03
    assert assess_damage(curve(), restoration()).debits["past"][0] == pytest.approx(4 * 1.0609 + 4 * 1.03, abs=1e-12)


def test_calendar_years_give_the_same_as_years_after_the_evaluation():
    moved = curve(*[(year + 2024, loss) for year, loss in KNOTS])
    timing = Timing(rate=0.03, t0=2024)
    made = assess_damage(moved, restoration(end_year=2064, success=0.8), timing)
    assert made.verdict["claim"] == pytest.approx(258_290.77, abs=5e-3)
    assert made.timeline["year"].min() == 2022


def test_timeline_ends_even():
    timeline = assess_damage(curve(), restoration(success=0.8)).timeline
    assert timeline["cumulative"].iloc[-1] == pytest.approx(0.0, abs=1e-9)
    assert timeline["loss"].sum() == pytest.approx(28.0)
    assert timeline["net_present"].min() < 0 < timeline["net_present"].max()


# Money of the interim loss instead of restoration, and both kinds of costs.


def test_interim_loss_in_money_and_the_other_costs():
    made = assess_damage(curve(), prices={"water": 5.0}, primary_cost=1000.0, assessment_cost=200.0, price_year=2024)
    claim = made.claim.set_index("line")["value"]
    assert claim["interim_loss"] == pytest.approx(26.947140460 * 2500 * 5, rel=1e-9)
    assert claim["claim_total"] == pytest.approx(claim["interim_loss"] + 1200.0)
    assert set(made.claim["price_year"]) == {2024}


def test_value_ratio_and_success():
    plain = assess_damage(curve(), restoration()).credits["area"][0]
    assert assess_damage(curve(), restoration(), value_ratio=0.5).credits["area"][0] == pytest.approx(plain / 2)
    assert assess_damage(curve(), restoration(value_ratio=2.0), value_ratio=0.5).credits["area"][0] == pytest.approx(plain * 2)


def test_a_permanent_loss_is_an_unending_series():
    made = assess_damage(span(end=np.nan, start=0, loss=1.0), restoration(end_year=np.nan, delay=0, ramp_years=0, level=1.0))
    assert made.debits["debit"][0] == pytest.approx(5 * 1.03 / 0.03)
    assert made.debits["undiscounted"][0] == math.inf
    assert made.credits["area"][0] == pytest.approx(5.0)
    assert made.verdict["permanent"] == ["spill"]
    # the same as levels of which the last is held
    assert assess_damage(curve((0, 1.0)), restoration()).debits["debit"][0] == pytest.approx(5 * 1.03 / 0.03)


def test_a_restoration_serves_all_its_services_on_the_same_hectares():
    damaged = pd.concat([curve(), curve(service="carbon", baseline=6.0, uom="tCO2 ha-1 yr-1")])
    both = pd.concat([restoration(success=0.8), restoration(success=0.8, service="carbon", level=0.3)])
    credits = assess_damage(damaged, both).credits.set_index("service")
    assert credits.loc["carbon", "area_needed"] == pytest.approx(2 * credits.loc["water", "area_needed"])
    assert credits["area"].nunique() == 1
    assert assess_damage(damaged, both).verdict["claim"] == pytest.approx(2 * 258_290.7715, abs=1e-2)


def test_different_baselines_need_the_one_that_the_level_means():
    damaged = pd.concat([curve(), curve(damage_id="other", baseline=5000.0)])
    assert refused(lambda: assess_damage(damaged, restoration())) == "damage_baselines_differ"
    made = assess_damage(damaged, restoration(baseline=2500.0))
    assert made.credits["area"][0] == pytest.approx(3 * 2.295918, abs=2e-6)  # 1 + 2 times the single damage
    assert made.timeline["cumulative"].iloc[-1] == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=25)
@given(
    levels=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=10),
    first=st.integers(-8, 5),
    parts=st.lists(st.floats(0.1, 20), min_size=1, max_size=4),
)
def test_parts_of_a_damage_add_up(levels, first, parts):
    knots = list(enumerate([*levels, 0.0], first))
    whole = assess_damage(curve(*knots, area=sum(parts)), prices={"water": 1.0})
    pieces = pd.concat([curve(*knots, damage_id=str(number), area=part) for number, part in enumerate(parts)])
    made = assess_damage(pieces, prices={"water": 1.0})
    assert made.debits["debit"].sum() == pytest.approx(whole.debits["debit"].sum(), rel=1e-9, abs=1e-12)
    assert made.verdict["claim"] == pytest.approx(whole.verdict["claim"], rel=1e-9, abs=1e-9)


def test_levels_between_rows_are_in_proportion():
    assert loss_curve(curve((0, 0.8), (4, 0.0))).levels(0, 4).tolist() == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0])


def test_area_in_other_measures():
    metres = assess_damage(curve(area=50_000.0, area_uom="m2"), restoration()).debits
    assert metres["debit"][0] == pytest.approx(26.947140, abs=5e-7)
    assert metres["area_uom"][0] == "ha"


# What is not claimed is said; what cannot be computed is refused.


def test_a_service_without_claim_and_a_restoration_without_cost_are_said():
    with pytest.warns(EcovalWarning, match="neither restored nor paid for"):
        made = assess_damage(curve())
    assert made.verdict["verdict"] == "claim_incomplete"
    assert made.verdict["reasons"][0]["code"] == "damage_not_claimed"
    assert "索赔" in made.verdict["reasons"][0]["zh"]
    with pytest.warns(EcovalWarning, match="no unit cost"):
        made = assess_damage(curve(), pd.DataFrame([RESTORATION]))
    assert (made.verdict["claim"], made.verdict["verdict"]) == (None, "claim_incomplete")


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("damage_compensated_twice", lambda: assess_damage(curve(), restoration(), prices={"water": 5.0})),
        ("credit_not_positive", lambda: assess_damage(curve(), restoration(level=0.0))),
        ("credit_not_positive", lambda: assess_damage(curve(), restoration(success=0.0))),
        ("damage_baseline_missing", lambda: assess_damage(curve(baseline=np.nan), restoration())),
        ("damage_baseline_missing", lambda: assess_damage(curve(baseline=0.0), restoration())),
        ("recovery_above_baseline", lambda: assess_damage(curve((0, 0.8), (5, -0.1)), restoration())),
        ("loss_above_whole", lambda: assess_damage(span(loss=1.1), restoration())),
        ("horizon_infinite_rate_zero", lambda: assess_damage(curve(), restoration(), Timing(rate=0.0))),
        ("guarantee_before_maturity", lambda: assess_damage(curve(), restoration(end_year=5))),
        ("damage_baseline_uom", lambda: assess_damage(curve(uom="m3"), restoration())),
        ("damage_service_unknown", lambda: assess_damage(curve(), restoration(service="watr"))),
        ("damage_service_unknown", lambda: assess_damage(curve(), restoration(), prices={"soil": 1.0})),
        ("damage_restored_twice", lambda: assess_damage(curve(), pd.concat([restoration(), restoration(restoration_id="b")]))),
        ("damage_year_twice", lambda: assess_damage(curve((0, 0.5), (0, 0.4)), restoration())),
        ("damage_year_twice", lambda: assess_damage(pd.concat([span(), span()]), restoration())),
        ("damage_area_differs", lambda: assess_damage(pd.concat([curve((0, 0.5)), curve((1, 0.0), area=6.0)]), restoration())),
        ("damage_column_missing", lambda: assess_damage(curve().drop(columns="area"), restoration())),
        ("damage_column_unknown", lambda: assess_damage(curve(loos=1), restoration())),
        ("damage_number_missing", lambda: assess_damage(curve(area="five"), restoration())),
        ("damage_number_missing", lambda: assess_damage(curve(), prices={"water": "5"})),
        ("damage_cost_negative", lambda: assess_damage(curve(), restoration(), primary_cost=-1.0)),
        ("not_above_zero", lambda: assess_damage(curve(area=0.0), restoration())),
        ("share_out_of_range", lambda: assess_damage(curve(), restoration(success=1.2))),
        ("time_years_not_whole", lambda: assess_damage(curve((0.5, 0.5), (2, 0.0)), restoration())),
        ("time_multiplier_has_no_value", lambda: assess_damage(curve(), restoration(), Timing(time="multiplier"))),
    ],
)
def test_refusals(code, call):
    assert refused(call) == code


def test_one_restoration_has_one_cost():
    damaged = pd.concat([curve(), curve(service="carbon", baseline=6.0, uom="tCO2 ha-1 yr-1")])
    both = pd.concat([restoration(), restoration(service="carbon", unit_cost=1.0)])
    assert refused(lambda: assess_damage(damaged, both)) == "damage_unit_cost_differs"


# Files, the command, its folder.


def files(folder, rules="rate = 0.03\n"):
    curve().to_csv(folder / "damaged.csv", index=False)
    restoration(success=0.8).to_csv(folder / "restoration.csv", index=False)
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    names = ("damaged.csv", "restoration.csv", "rules.toml")
    given = [part for name in names for part in (f"--{name.split('.')[0]}", str(folder / name))]
    return ["realize", "damage", *given, "--out", str(folder / "结果")]


def call(arguments, code=0):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.stderr or result.stdout
    assert "Traceback" not in result.stderr
    return result.stdout, result.stderr


def test_command_writes_tables_and_verdict(tmp_path):
    out, err = call([*files(tmp_path, "rate = 0.03\nassessment_cost = 5000\nprice_year = 2024\n"), "--json"])
    assert err == ""
    folder = tmp_path / "结果"
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["claim"] == pytest.approx(263_290.77, abs=5e-3)
    assert json.loads(out)["claim"] == verdict["claim"]
    assert (verdict["rate"], verdict["horizon"], verdict["convention"], verdict["price_year"]) == (0.03, None, "mean", 2024)
    assert len(verdict["rules_hash"]) == 64
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["kind"], record["status"]) == ("damage", "finished")
    assert [entry["role"] for entry in record["inputs"]] == ["damaged", "restoration", "rules"]
    assert set(record["outputs"]) == {"claim.csv", "credit.csv", "debit.csv", "timeline.csv", "verdict.json"}
    assert pd.read_csv(folder / "debit.csv")["debit"][0] == pytest.approx(26.947140, abs=5e-7)


def test_command_prints_tables_in_both_languages(tmp_path):
    out, _ = call([*files(tmp_path), "--lang", "en"])
    assert "258,290.77" in out
    assert "total of the claim" in out
    out, _ = call([*files(tmp_path), "--lang", "zh", "--overwrite"])
    assert "补偿性恢复费用" in out


def test_a_finished_run_is_kept(tmp_path):
    call(files(tmp_path))
    _, err = call(files(tmp_path), code=1)
    assert "overwrite" in err


def test_a_refusal_leaves_no_tables(tmp_path):
    arguments = files(tmp_path, "rate = 0\n")
    _, err = call(arguments, code=1)
    assert "rate" in err
    assert not (tmp_path / "结果").exists()


def test_rules_are_checked_by_name(tmp_path):
    (tmp_path / "rules.toml").write_text("rat = 0.03\n", encoding="utf-8")
    with pytest.raises(InputError, match="rate"):
        read_rules(tmp_path / "rules.toml")
    timing, rest = read_rules(None)
    assert (timing, rest) == (Timing(), {})


def test_failure_while_writing_is_recorded_and_leaves_nothing_half(tmp_path, monkeypatch):
    def full(*_):
        raise InputError("disk_full", path="run")

    monkeypatch.setattr(outputs, "write_json", full)
    with pytest.raises(InputError):
        outputs.write_run(tmp_path / "run", "damage", {"debit": pd.DataFrame({"a": [1]})}, {})
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], record["error"]["code"]) == ("failed", "disk_full")


def test_area_of_polygons_is_taken_from_the_ellipsoid(tmp_path):
    polygon = box(500_000, 3_300_000, 500_250, 3_300_200)  # 250 m x 200 m on the central meridian: 5 ha, scale 0.9996
    fields = {"damage_id": ["spill"], "service": ["water"], "baseline": [2500.0], "uom": ["m3 ha-1 yr-1"], "loss": [0.8]}
    frame = gpd.GeoDataFrame({**fields, "start": [-2], "end": [1], "recovery_years": [8]}, geometry=[polygon], crs="EPSG:32650")
    frame.to_file(tmp_path / "损害.gpkg", layer="damaged")
    made = assess_damage(read_damage(tmp_path / "损害.gpkg"), restoration())
    assert made.debits["area"][0] == pytest.approx(5.0 / 0.9996**2, rel=1e-6)
    assert made.debits["debit"][0] == pytest.approx(26.947140 / 0.9996**2, rel=1e-6)


def test_help_has_an_example():
    out, _ = call(["realize", "damage", "--help"])
    text = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert "Example: ecoval realize damage" in text
    assert all(option in text for option in ("--damaged", "--restoration", "--rules", "--out", "--json", "--quiet"))
