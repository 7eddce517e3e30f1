"""What a check says will be missing is missing in the run: of tables by unit, of layers by their share of the land."""

import re

import numpy as np
import pytest
import small_study
from small_study import STATISTICS, flat, raster

from ecoval.accounts.headline import prices_caption
from ecoval.errors import EcovalWarning
from ecoval.study import Study


def warned(folder, code_part):
    table = Study.read(folder / "study.toml").check()
    rows = table[(table["level"] == "warning") & table["found"].str.contains(code_part)]
    return dict(zip(rows["what"], rows["found"], strict=True))


@pytest.fixture
def folder(tmp_path):
    small_study.write(tmp_path)
    return tmp_path


@pytest.mark.parametrize("gone", ["-", "330102,rice"])
def test_units_without_rows_are_those_that_the_run_calls_missing(folder, gone):
    rows = [line for line in STATISTICS.splitlines() if not line.startswith(gone)]
    (folder / "statistics.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    states = Study.read(folder / "study.toml").run().indicators
    missing = states[(states["state"] == "missing") & (states["indicator"] == "material_supply")]
    units = ", ".join(missing["unit_id"])
    text = warned(folder, "will have no GEP")["units.admin"]
    assert f"material supply: no statistics for: rice [{len(missing)}/4: {units}]" in text
    assert ("330102" in units) == (gone != "-")


def test_a_layer_with_gaps_is_named_with_its_share_of_the_land(folder):
    assert warned(folder, "no data on land") == {}
    values = flat(800)
    values[:20] = np.nan
    raster(folder / "npp.tif", values)
    found = warned(folder, "no data on land")
    assert list(found) == ["layers.npp"]
    share = float(found["layers.npp"].partition("lacks ")[2].partition(" %")[0])
    assert 30 < share < 70  # half of the land, by windows of it


@pytest.mark.parametrize("scheme", ["complete", "recalled"])
def test_a_chinese_check_is_in_chinese(folder, scheme):
    """No Latin word but codes in brackets, measures, names of tables and of the CRS."""
    if scheme == "recalled":
        text = small_study.STUDY.replace('"material_supply"]', '"material_supply", "climate_regulation"]').replace(
            "carbon_sequestration = {", 'climate_regulation = { epp = "GARZE2017" }\ncarbon_sequestration = {'
        )
        (folder / "study.toml").write_text(text, encoding="utf-8")
    met = Study.read(folder / "study.toml").check(lang="zh")
    for text in [*met["found"], *met["fix"]]:
        plain = re.sub(r"[（(\[“][^）)\]”]*[）)\]”]( \w+)?|CGCS2000 / .*|\S+ = \S+", "", text)
        words = [word for word in re.findall(r"[A-Za-z_]{3,}", plain) if word not in ("GEP", "MiB")]
        assert not words, (words, text)


def test_an_own_scope_is_named_with_the_types_and_services_that_it_moves(folder):
    rows = "carbon_sequestration,431,yes\nwater_retention,111,no\n"
    (folder / "scope.csv").write_text("service,code,in_scope\n" + rows, encoding="utf-8")
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace("[services]\n", '[services]\nscope = "scope.csv"\n')
    path.write_text(text, encoding="utf-8")
    met = Study.read(path).check()
    notes = met[met["what"] == "services.scope"]
    assert notes["found"].str.contains("types 111 no longer count in water retention").all()
    assert len(notes) == 1
    with pytest.warns(EcovalWarning, match="types of which no source says .*: 431 in carbon sequestration"):
        notes = Study.read(path).run().records[0]["notes"]
    assert [note["zh"] for note in notes if note["code"] == "scope_changed" and "水源涵养不再计入类型 111" in note["zh"]]


def test_units_that_overlap_are_named(folder):
    frame = small_study.units()
    frame.geometry = [frame.geometry.iloc[0].union(frame.geometry.iloc[1]), *frame.geometry.iloc[1:]]
    frame.to_file(folder / "units.gpkg")
    met = Study.read(folder / "study.toml").check()
    assert met["found"].str.contains("overlap or nest").any()


@pytest.mark.parametrize("whole", [True, False])
def test_an_own_number_that_the_statistics_give_for_every_product_is_named(folder, whole):
    """Were a product without its own share, the number would count there."""
    units = ("330101", "330102")[: 2 if whole else 1]
    shares = "".join(f"{unit},rice:intermediate_share,0.4,1,,,,2023,book,user\n" for unit in units)
    (folder / "statistics.csv").write_text(STATISTICS + shares, encoding="utf-8")
    own = (folder / "own.csv").read_text(encoding="utf-8")
    (folder / "own.csv").write_text(own + "material_supply,intermediate_share,*,0.1,1,book\n", encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"gross"', '"net_value_added"'), encoding="utf-8")
    found = Study.read(path).check()["found"]
    assert found.str.contains("not used: material_supply.intermediate_share").any() == whole


@pytest.mark.parametrize(
    ("years", "expected"),
    [({}, "prices of 2015"), ({"2023": 1.0}, "prices of 2023"), ({"2015": 0.4, "2023": 0.6}, "prices of 2015, 2023")],
)
def test_a_caption_says_the_years_of_the_prices_that_count(years, expected):
    assert prices_caption([{"price_years": years}], 2015, "en") == expected
