"""The text of a project file: what is written is read back as the same data, by the reader of Python."""

import pytest
import tomllib


@pytest.mark.parametrize(
    "content",
    [
        {"project": {"name": '临澜“园区”\\n\t"x"', "year": 2023, "example": True}},
        {"rules": {"rate": 0.1 + 0.2, "ratio": {"water_retention": 1.5, "climate_regulation:plants": 2}, "must": ["C01", "C02"]}},
        {"area_units": {"province": "everywhere", "county": {"path": "C:\\数据 目录\\县.gpkg", "id": "unit_id"}}},
        {"statutory": {"layers": {"cropland": {"path": "a.gpkg", "kind": "kind"}}}, "footprints": {"costs": {"A": 3.18e8}}},
        {"plan": {"projects": []}, "record": {"note": "1\n2 \u007f"}},
    ],
)
def test_round_trip(processing, content):
    from ecoval_qgis import tomltext

    assert tomllib.loads(tomltext.text(content)) == content


def test_what_is_not_given_is_left_out_and_infinity_is_written(processing):
    from ecoval_qgis import tomltext

    assert tomllib.loads(tomltext.text({"rules": {"limit": None, "horizon": float("inf")}, "ledger": None})) == {
        "rules": {"horizon": float("inf")}
    }
