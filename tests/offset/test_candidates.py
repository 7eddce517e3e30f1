"""Candidates: what is read, what they cost at t0, and why some of them are left out."""

import math

import geopandas
import numpy as np
import pytest
from shapely.geometry import box

from ecoval.errors import InputError, ParameterError
from ecoval.offset.candidates import candidate_table, costs, exclusions, read_candidates, shared_area
from ecoval.offset.equivalency.time import Timing

CRS = "EPSG:4549"
X, Y = 650_000.0, 3_210_000.0


def square(x, y, side=100.0):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def layer(count=1, **columns):
    """Candidates of 1 ha side by side, 200 m apart."""
    made = {"candidate_id": [f"C{n}" for n in range(count)], "kind_target": [131] * count, "variable_cost": [1000.0] * count}
    return geopandas.GeoDataFrame({**made, **columns}, geometry=[square(200.0 * n, 0.0) for n in range(count)], crs=CRS)


def read(count=1, t0=2024, **columns):
    return read_candidates(layer(count, **columns), t0)


def test_absent_columns_have_their_defaults():
    row = read().iloc[0]
    assert (row["option_id"], row["ramp_shape"], row["level"], row["start_year"]) == ("", "linear", 1.0, 2024.0)
    assert (row["leakage"], row["trend"], row["ramp_years"], row["fixed_cost"]) == (0.0, 0.0, 0.0, 0.0)
    assert math.isnan(row["success"])
    assert math.isnan(row["end_year"])
    assert row["area"] == pytest.approx(1e4, rel=2e-3)  # on the ellipsoid: the projection stretches by 0.18 %
    assert row["area"] != 1e4


def test_file_and_field_names(tmp_path):
    path = tmp_path / "candidates.gpkg"
    layer(2, chance=[0.5, 0.6]).to_file(path, layer="c")
    from ecoval.offset.declaration.files import ProjectDeclaration

    content = {
        "project": {"name": "p", "study": "s"},
        "footprints": "f",
        "candidates": {"path": "candidates.gpkg", "fields": {"success": "chance"}},
    }
    made = read_candidates(ProjectDeclaration.of(content, tmp_path).candidates, 2024)
    assert made["success"].tolist() == [0.5, 0.6]


@pytest.mark.parametrize(("word", "value"), [("low", 1.0), ("Medium", 0.67), ("高", 0.33), ("very high", 0.10)])
def test_class_of_difficulty_is_a_success(word, value):
    assert read(difficulty=[word])["success"].tolist() == [value]
    assert read(success=[word])["success"].tolist() == [value]


def test_unknown_class_is_no_success():
    assert math.isnan(read(difficulty=["hardly"])["success"][0])


@pytest.mark.parametrize("columns", [{"kind_target": ["forest"]}, {"start_year": ["2024年"]}, {"variable_cost": ["many"]}])
def test_text_where_a_number_belongs_is_refused(columns):
    with pytest.raises(InputError, match=f"{next(iter(columns))} = ") as caught:
        read(**columns)
    assert caught.value.code == "VALUE_OUT_OF_RANGE"


def test_border_drawn_twice_is_no_overlap():
    """A strip of 5 cm along 100 m has 5 m2 and is a sliver; one of 50 cm is not."""
    assert exclusions(read(), footprints=land(box(X - 50, Y, X + 0.05, Y + 100)))["excluded"].tolist() == [""]
    assert exclusions(read(), footprints=land(box(X - 50, Y, X + 0.5, Y + 100)))["excluded"].tolist() == ["CANDIDATE_IN_FOOTPRINT"]


def test_cost_per_hectare_and_money_in_ten_thousands():
    made = read(variable_cost=[math.nan], cost_per_ha=[10.0], fixed_cost=[2.0], uom=["万元"])
    assert made["fixed_cost"][0] == 20_000.0
    assert made["variable_cost"][0] == pytest.approx(100_000.0 * made["area"][0] / 1e4, rel=1e-12)


def test_yearly_cost_is_an_annuity_from_the_start():
    """1000 + 100 a year for ever at 3 %, from t0: 1000 + 100 x 1.03 / 0.03; two years later all of it times v^2."""
    timing = Timing(rate=0.03, t0=2024)
    made = costs(read(2, yearly_cost=[100.0, 100.0], fixed_cost=[50.0, 50.0], start_year=[2024, 2026]), timing)
    assert made["cost"][0] == pytest.approx(1000 + 100 * 1.03 / 0.03, rel=1e-12)
    assert made["cost"][1] == pytest.approx((1000 + 100 * 1.03 / 0.03) / 1.03**2, rel=1e-12)
    assert made["fixed_cost"].tolist() == pytest.approx([50.0, 50.0 / 1.03**2])


def test_yearly_cost_ends_with_guarantee_and_horizon():
    made = read(2, yearly_cost=[100.0, 100.0], end_year=[2034, np.nan])
    assert costs(made, Timing(rate=0.0, horizon=30, t0=2024))["cost"].tolist() == pytest.approx([2000.0, 4000.0])
    assert costs(made, Timing("multiplier", horizon=30, t0=2024))["cost"].tolist() == pytest.approx([2000.0, 4000.0])


def test_yearly_cost_without_end_is_refused_under_the_multiplier():
    with pytest.raises(ParameterError, match="no end"):
        costs(read(yearly_cost=[1.0]), Timing("multiplier", t0=2024))


def test_shared_area_is_of_the_union_on_the_ellipsoid():
    frame = layer()
    other = geopandas.GeoDataFrame(geometry=[square(0, 0, 50.0), square(0, 0, 50.0), square(100.0, 0.0)], crs=CRS)
    assert shared_area(frame, other)[0] == pytest.approx(read()["area"][0] / 4.0, rel=1e-6)
    assert shared_area(frame, None).tolist() == [0.0]


def land(*squares):
    return geopandas.GeoDataFrame(geometry=list(squares), crs=CRS)


def test_each_reason_leaves_out_its_candidate_and_no_other():
    reasons = [None] * 6 + ["planted by the project", None, None, "planted by the project"]
    made = read(10, additionality=reasons, kind_target=[131] * 5 + [999, 131, 91, 131, 131])
    out = exclusions(
        made,
        footprints=land(square(0, 0, 20.0)),
        used=lambda *key: key == ("C1", ""),
        layers={
            "granted": land(square(400, 0, 50.0)),
            "protected": land(square(600, 0), square(1200, 0)),
            "no_go": land(square(800, 50)),
            "red_line": land(square(1600, 0), square(1800, 0)),
        },
        barred=(9,),
    )
    codes = ["IN_FOOTPRINT", "IN_LEDGER", "IN_GRANTED", "IN_PROTECTED", "IN_NO_GO"]
    rest = ["KIND_UNKNOWN", "", "NOT_RESTORABLE", "CANDIDATE_IN_RED_LINE", ""]
    assert out["excluded"].tolist() == [*(f"CANDIDATE_{code}" for code in codes), *rest]
    assert out["reason_en"][0].startswith("A candidate lies in the footprint")
    assert "0.03998 ha" in out["reason_en"][0]
    assert "台账" in out["reason_zh"][1]
    assert out["reason_en"][6] == out["reason_zh"][6] == ""


def test_used_land_is_left_out_also_by_its_polygon():
    out = exclusions(read(2), used=land(square(200, 0, 10.0)))
    assert out["excluded"].tolist() == ["", "CANDIDATE_IN_LEDGER"]


def test_a_touching_border_leaves_nothing_out():
    assert exclusions(read(), footprints=land(square(100, 0)))["excluded"].tolist() == [""]


def test_table_has_the_columns_of_the_file():
    made = read(2, yearly_cost=[100.0, 0.0])
    table = candidate_table(made, exclusions(made, footprints=land(square(0, 0))), Timing(rate=0.0, horizon=10, t0=2024))
    assert list(table.columns[:4]) == ["candidate_id", "option_id", "name", "area"]
    assert table["cost"].tolist() == [2000.0, 1000.0]
    assert table["excluded"].tolist() == ["CANDIDATE_IN_FOOTPRINT", ""]
    assert table["kind_now"].isna().all()
    assert table["kind_target"].tolist() == [131, 131]
