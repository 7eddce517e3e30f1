"""What a study reads is judged in check and run alike: the wrong measure is named, a reason is accepted, totals are not counted."""

import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import small_study
from small_study import STATISTICS, STUDY, flat, raster

from ecoval import Study
from ecoval.errors import EcovalWarning, InputError
from ecoval.layers import plausible
from ecoval.layers.items import ItemNames
from ecoval.services import SERVICES
from ecoval.services.declaration import Input
from ecoval.services.statistics import RESERVED


@pytest.fixture
def folder(tmp_path):
    small_study.write(tmp_path)
    return tmp_path


def rewrite(folder, old, new):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refused(folder, match):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match=match) as caught:
            Study.read(folder / "study.toml").run()
        table = Study.read(folder / "study.toml").check()
    assert caught.value.code == "implausible_refused"
    errors = [f"{row.found} {row.fix}" for row in table[table["level"] == "error"].itertuples()]
    assert any(re.search(match, text) for text in errors), errors


def test_a_layer_in_another_measure_is_refused_with_the_measure(folder):
    raster(folder / "npp.tif", flat(0.8))
    refused(folder, r'mean of the layer "npp".*Found 0\.8.*In .*kgC m-2 yr-1.* it would be plausible')
    rewrite(folder, 'npp = "npp.tif"', 'npp = { path = "npp.tif", measure = "kgC m-2 yr-1" }')
    declared = Study.read(folder / "study.toml").run().supply["quantity"]
    raster(folder / "npp.tif", flat(800))
    rewrite(folder, 'npp = { path = "npp.tif", measure = "kgC m-2 yr-1" }', 'npp = "npp.tif"')
    np.testing.assert_allclose(declared, Study.read(folder / "study.toml").run().supply["quantity"], rtol=1e-6)


def test_a_reason_turns_the_refusal_into_a_note(folder):
    raster(folder / "npp.tif", flat(0.8))
    rewrite(folder, 'npp = "npp.tif"', 'npp = { path = "npp.tif", accept = "bare rock" }')
    rewrite(folder, "[prices]", '[checks]\naccept = { "relation:water_use_efficiency" = "bare rock" }\n[prices]')
    notes = [note for note in Study.read(folder / "study.toml").run().records[0]["notes"] if note["code"] == "implausible_accepted"]
    assert len(notes) == 2
    assert all("bare rock" in note["en"] and "bare rock" in note["zh"] for note in notes)
    assert "mean of" not in notes[0]["zh"]  # no English phrase in the Chinese sentence


def test_an_unknown_name_is_not_accepted(folder):
    rewrite(folder, "[prices]", '[checks]\naccept = { "relation:water_use_eficiency" = "x" }\n[prices]')
    with pytest.raises(InputError, match="water_use_efficiency"):
        Study.read(folder / "study.toml")


def test_rain_below_evapotranspiration_is_a_warning(folder):
    raster(folder / "evapotranspiration.tif", np.where(np.arange(40) < 8, 1630, 750).astype(np.float32) * flat(1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Study.read(folder / "study.toml").run()
    texts = [str(entry.message) for entry in caught]
    assert any(re.search(r'"precipitation" is at least "evapotranspiration".*Found 0\.[1-9]', text) for text in texts), texts


def test_a_role_that_is_declared_of_another_kind_is_refused(folder):
    rewrite(folder, 'precipitation = "precipitation.tif"', 'precipitation = { path = "precipitation.tif", kind = "extensive" }')
    with pytest.raises(InputError, match=r"extensive.*intensive"):
        Study.read(folder / "study.toml").run()


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("rice,1000,t,", "rice,1000000,t,", r'"rice" of 330101, per km2.*In kg it would be plausible'),
        ("rice,1000,t,3000,CNY t-1", "rice,1000,t,3,CNY t-1", r'price of "rice" for 330101.*In CNY kg-1 it would be plausible'),
        ("population,20000,", "population,200000000,", r'"population" of 330101, per km2'),
        ("gdp,100000000,", "gdp,10000,", r'"gdp" of 330101, over "population".*In 1e4 CNY it would be plausible'),
    ],
)
def test_statistics_are_judged_against_their_unit(folder, old, new, match):
    (folder / "statistics.csv").write_text(STATISTICS.replace(old, new), encoding="utf-8")
    refused(folder, match)


def test_a_price_of_the_study_is_judged(folder):
    rewrite(folder, "co2 = { value = 50", "co2 = { value = 500000")
    refused(folder, r'price "co2".*accept = "\.\.\." in the entry co2 of \[prices\]')
    rewrite(folder, "co2 = { value = 500000", 'co2 = { accept = "a trial", value = 500000')
    account = Study.read(folder / "study.toml").run()
    assert "a trial" in str(account.records[0]["notes"])


def test_what_a_refusal_says_to_write_is_accepted(folder):
    """A layer, its relation and a price of a table: each remedy typed as it stands."""
    raster(folder / "npp.tif", flat(0.8))
    rewrite(folder, 'co2 = { value = 50, uom = "CNY tCO2-1", year = 2023, source = "book" }\n', "")
    own = (folder / "own.csv").read_text(encoding="utf-8")
    (folder / "own.csv").write_text(own + "carbon_sequestration,price_co2,*,500000,CNY tCO2-1,book\n", encoding="utf-8")
    met = Study.read(folder / "study.toml").check()
    fixes = list(met.loc[met["level"] == "error", "fix"])
    assert len(fixes) == 3, fixes
    lines = [match[1] for fix in fixes for match in re.finditer(r'under \[checks\]: accept = \{ ("\S+" = "\.\.\.") \}', fix)]
    assert len(lines) == 2
    rewrite(folder, "[prices]", f"[checks]\naccept = {{ {', '.join(lines)} }}\n[prices]")
    assert any('accept = "..." in the entry npp of [layers], beside its path' in fix for fix in fixes)
    rewrite(folder, 'npp = "npp.tif"', 'npp = { path = "npp.tif", accept = "..." }')
    met = Study.read(folder / "study.toml").check()
    assert not (met["level"] == "error").any()
    assert (met["level"] == "note").sum() == 3


def test_a_total_beside_its_parts_is_said_and_not_counted(folder):
    total = "330101,粮食,1200,t,3000,CNY t-1,2023,2023,book,user\n330102,粮食,700,t,3000,CNY t-1,2023,2023,book,user\n"
    rows = STATISTICS.replace("330102,rice,500", "330102,tea,500") + total
    (folder / "statistics.csv").write_text(rows.replace("tea,500,t,3000", "tea,5,t,30000"), encoding="utf-8")
    with pytest.warns(EcovalWarning, match='"粮食" of 330101 .*holds rice'):
        supply = Study.read(folder / "study.toml").run().supply
    products = (
        supply[supply["service"] == "material_supply"].dropna(subset=["value"]).set_index(["unit_id", "item"])["value"].to_dict()
    )
    # rice counts and not the grain that holds it; in the other unit, where no part stands beside it, the grain counts
    assert products == {("330101", "rice"): 3e6, ("330102", "tea"): 1.5e5, ("330102", "粮食"): 2.1e6}


@pytest.mark.parametrize(
    ("old", "new", "column"), [("rice,500,t", "rice,,t", "quantity"), ("500,t,3000,CNY t-1", "500,t,,", "price")]
)
def test_an_empty_cell_that_an_item_needs_is_named(folder, old, new, column):
    (folder / "statistics.csv").write_text(STATISTICS.replace(old, new), encoding="utf-8")
    with pytest.warns(EcovalWarning, match=f"rice of 330102, column {column}"):
        Study.read(folder / "study.toml").run()


def test_kelvin_is_read_as_degrees(folder):
    from ecoval.layers.opening import source_of
    from ecoval.services.declaration import Input

    raster(folder / "temperature.tif", flat(288.15))
    rewrite(folder, 'npp = "npp.tif"', 'npp = "npp.tif"\ntemperature = { path = "temperature.tif", measure = "K" }')
    layer = Study.read(folder / "study.toml").declaration.layers["temperature"]
    source = source_of(layer, 2023, Input("temperature", "degC"))
    assert source.measure == "degC"
    np.testing.assert_allclose(source.read(), 15.0, atol=1e-4)


def test_no_look_depends_on_the_size_of_the_grid(folder, monkeypatch):
    looked_at = []
    monkeypatch.setattr(
        plausible.Sample, "_land", lambda _self, window: looked_at.append(window.shape) or np.ones(window.shape, bool)
    )
    for cell in ("100.0", "5.0"):  # 1600 cells, and 640 000
        rewrite(folder, "cell = 100.0", f"cell = {cell}")
        looked_at.clear()
        Study.read(folder / "study.toml").check()
        assert 1 <= len(looked_at) <= plausible.NET_SIDE**2 + plausible.OWN_WINDOWS
        assert max(rows * cols for rows, cols in looked_at) <= plausible.SIDE**2


def test_the_study_of_these_tests_is_plausible(folder):
    assert STUDY
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Study.read(folder / "study.toml").run()


def test_items_that_are_no_products_are_those_that_services_read():
    assert set(RESERVED) == set(ItemNames(SERVICES).alone)


def levels(values, accept=None, inputs=None, paths=None):
    """Relation -> level, as means of layers of these values give them."""
    paths = paths or {}

    def of(role):
        return SimpleNamespace(path=lambda _year: Path(paths.get(role, f"{role}.tif")), subdataset=None, band=1, accept=None)

    declaration = SimpleNamespace(
        path=Path("study.toml"), layers={role: of(role) for role in values}, checks=SimpleNamespace(accept=accept or {})
    )
    layers = SimpleNamespace(declaration=declaration, year=2023)
    sample = SimpleNamespace(source_of=lambda layer, _year, _entry: layer)
    inputs = inputs or {role: Input(role, "1") for role in values}
    arrays = {role: np.atleast_2d(np.asarray(cells, dtype=float)) for role, cells in values.items()}
    remarks = [*plausible._of_relations(layers, arrays), *plausible._of_pairs(layers, inputs, arrays, sample)]
    return {str(remark.verdict.fields["what"].code): remark.verdict.level for remark in remarks}


@pytest.mark.parametrize(
    ("share", "level"), [(0.5, None), (0.84, None), (0.9, "warning"), (1.0, "error"), (1.2, "error"), (0.02, "warning")]
)
def test_a_cooling_season_does_not_evaporate_the_year(share, level):
    yearly = np.array([700.0, 800.0, 900.0])
    values = {"evapotranspiration": yearly, "cooling_evapotranspiration": yearly[::-1] * share}
    assert levels(values).get("guard_cooling_of_evapotranspiration") == level


@pytest.mark.parametrize(
    ("ratio", "days", "level"),
    [
        (1.0, 365, None),
        (1.2, 365, None),
        (1.3, 365, "warning"),
        (0.6, 366, "warning"),
        (2.4, 365, "error"),
        (0.3, 365, "error"),
        (2.4, 731, "warning"),
        (0.3, 3653, "warning"),
    ],
)
def test_the_days_of_a_year_make_its_rain(ratio, days, level):
    values = {"precipitation": [1400.0, 1500.0], "rain_daily": np.tile([[1400.0, 1500.0]], (days, 1)) * ratio / 365.25}
    assert levels(values).get("guard_rain_of_days") == level


def test_two_roles_are_two_layers():
    first, second = [1.0, 2.0, np.nan], [1.0, 2.0, 3.0]
    assert levels({"runoff": first, "respiration": second}) == {}
    assert levels({"runoff": first, "respiration": first}) == {"guard_same_layer": "error"}
    assert levels({"runoff": [5.0, 5.0], "respiration": [5.0, 5.0]}) == {}  # two numbers that are equal
    same = {"runoff": "a.tif", "respiration": "./a.tif"}
    assert levels({"runoff": first, "respiration": second}, paths=same) == {"guard_same_layer": "error"}
    accepted = levels({"runoff": first, "respiration": first}, accept={"relation:same_layer": "an exercise"})
    assert accepted == {"guard_same_layer": "note"}
