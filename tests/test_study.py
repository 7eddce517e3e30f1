"""A study end to end: hand numbers, the run folder, running again, refusing, cancelling."""

import json

import numpy as np
import pandas as pd
import pytest
import small_study
from small_study import STUDY

import ecoval as ev
from ecoval.classification import scope
from ecoval.errors import Cancelled, InputError
from ecoval.study import Study, audit, outputs, sample
from ecoval.study.auditing import as_written, read_run_table

HECTARE = 1e4
TABLES = ["account.gpkg", "extent.csv", "gep.csv", "indicators.csv", "run.json", "study.toml", "supply.csv"]
FILES = sorted([*TABLES, "report.html", "report.xlsx"])


@pytest.fixture(autouse=True)
def _without_reports(request, monkeypatch):
    """Reports have their own tests; here one run writes them."""
    if not {"folder", "account"} & set(request.fixturenames):
        monkeypatch.setattr(outputs, "write_reports", lambda *_: None)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study.read(small_study.write(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "2023"
    study.run(path)
    return path


@pytest.fixture(scope="module")
def account(study):
    return study.run()


def row(account, unit, service, item, kind):
    table = account.supply
    found = table[(table["unit_id"] == unit) & (table["service"] == service) & (table["item"] == item)]
    return found[found["ecosystem_type"] == kind].iloc[0]


def test_water_retention_is_the_hand_example(account):
    # P 1600, ET 750, runoff coefficient 0.0465 of evergreen broadleaf forest: q = 10 (1600 - 74.4 - 750) = 7756 m3/ha
    forest = row(account, "330101", "water_retention", "retention", "111")
    hectares = forest["valid_area"] / HECTARE
    # a quarter is 20 x 20 cells of a hectare; on the ellipsoid the 3-degree zone makes it larger or smaller by its scale
    assert hectares == pytest.approx(400.0, rel=1e-3)
    assert forest["quantity"] == pytest.approx(7756.0 * hectares, rel=1e-6)
    assert forest["value"] == pytest.approx(forest["quantity"] * 6.0, rel=1e-12)
    assert forest["uom"] == "m3 yr-1"


def test_carbon_is_the_hand_example(account):
    # NEP = 0.5 x 800 = 400 gC/m2, q = 400 x 0.01 x 44/12 = 14.667 t CO2/ha
    forest = row(account, "330103", "carbon_sequestration", "vegetation", "111")
    assert forest["quantity"] == pytest.approx(400 * 0.01 * 44 / 12 * forest["valid_area"] / HECTARE, rel=1e-6)
    assert forest["price"] == 50
    assert forest["status"] == "user"


def test_statistics_belong_to_their_units(account):
    rice = account.supply[account.supply["item"] == "rice"].set_index("unit_id")
    assert rice.loc["330101", "value"] == 3_000_000
    assert np.isnan(rice.loc["330103", "value"])


def test_areas_add_up_and_farmland_is_out_of_scope(account):
    supply = account.supply[account.supply["item"] == "retention"]
    parts = supply.groupby("unit_id")[["valid_area", "missing_area", "out_of_scope_area"]].sum()
    whole = account.extent.groupby("unit_id")["area"].sum()
    assert (parts.sum(axis=1) / whole - 1).abs().max() < 1e-12
    # the eastern quarters are farmland and river alone, out of scope of water retention
    assert parts.loc["330102", "valid_area"] == 0
    assert parts.loc["330102", "out_of_scope_area"] == pytest.approx(whole["330102"])


def test_gep_is_empty_where_a_category_is_missing(account):
    gep = account.gep.set_index("unit_id")
    assert gep["gep"].isna().all()
    assert (gep["categories_missing"].str.contains("cultural")).all()
    assert gep.loc["330101", "provisioning"] == 3_000_000
    assert gep.loc["330101", "regulating"] > 0


def test_run_folder_holds_what_is_promised(folder, account):
    assert sorted(path.name for path in folder.iterdir()) == FILES
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert record["options"]["water_retention"]["coefficients"] == "GONG2017"
    inputs = {entry["role"]: entry for entry in record["inputs"]}
    assert inputs["landcover"]["size"] == (folder.parent.parent / inputs["landcover"]["path"]).stat().st_size
    assert all(len(entry["sha256"]) == 64 for entry in record["inputs"])
    assert {"units.admin", "landcover.classes", "statistics.products", "tables.own.csv"} <= set(inputs)
    assert {"rasterio", "gdal", "proj", "numpy"} <= set(record["versions"])
    for name in ("supply", "gep", "indicators", "extent"):
        written = read_run_table(folder, name)
        assert as_written(written).equals(as_written(getattr(account, name)))


def test_run_again_from_its_record_gives_the_same_bytes(folder, tmp_path):
    Study.read(folder / "run.json").run(tmp_path / "again")
    for name in ("supply.csv", "gep.csv", "indicators.csv", "extent.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_do_not_change_a_bit(study, account, threads):
    again = study.run(threads=threads)
    assert again.supply.equals(account.supply)
    assert again.gep.equals(account.gep)


def test_audit_says_same_and_why_not(study, folder, tmp_path):
    assert audit(folder).verdict == "same"
    other = small_study.write(tmp_path / "other", STUDY.replace("value = 6.0", "value = 7.0"))
    Study.read(other).run(tmp_path / "run")
    compared = audit(folder, against=tmp_path / "run")
    assert compared.verdict == "different"
    assert any("prices of water_retention:retention" in reason for reason in compared.reasons)
    assert set(compared.differences["column"]) <= {
        "price",
        "value",
        "regulating",
        "subtotal",
        "share",
        "line",
        "value_least",
        "value_most",
    }


def test_audit_names_a_changed_input(tmp_path):
    study = small_study.write(tmp_path / "study")
    Study.read(study).run(tmp_path / "run")
    small_study.raster(study.parent / "npp.tif", small_study.flat(900))
    found = audit(tmp_path / "run")
    assert found.verdict == "different"
    assert any("input npp has changed" in reason for reason in found.reasons)


def test_finished_run_is_refused_and_replaced_only_when_asked(study, tmp_path):
    study.run(tmp_path / "run")
    before = (tmp_path / "run" / "supply.csv").stat().st_mtime_ns
    with pytest.raises(InputError, match="holds a finished run") as caught:
        study.run(tmp_path / "run")
    assert caught.value.code == "run_folder_finished"
    assert (tmp_path / "run" / "supply.csv").stat().st_mtime_ns == before
    study.run(tmp_path / "run", overwrite=True)
    assert (tmp_path / "run" / "supply.csv").stat().st_mtime_ns > before


def test_cancelled_run_leaves_its_record_alone(study, tmp_path):
    with pytest.raises(Cancelled, match="cancelled"):
        study.run(tmp_path / "run", progress=lambda _done, _text: False)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "cancelled"
    study.run(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == TABLES


def test_cancelled_overwrite_keeps_the_finished_run(study, tmp_path):
    study.run(tmp_path / "run")
    with pytest.raises(Cancelled, match="cancelled"):
        study.run(tmp_path / "run", overwrite=True, progress=lambda _done, _text: False)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == TABLES
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert record["attempts"][0]["status"] == "cancelled"


def test_interrupt_is_a_cancellation(study, tmp_path):
    def interrupt(_done, _text):
        raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="cancelled"):
        study.run(tmp_path / "run", progress=interrupt)
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "cancelled"


def test_years_have_a_folder_each(tmp_path):
    text = STUDY.replace("years = [2023]", "years = [2022, 2023]").replace(
        'products = "statistics.csv"', 'products = "statistics_{year}.csv"'
    )
    path = small_study.write(tmp_path / "study", text)
    small_study.raster(path.parent / "landcover_2022.tif", small_study.cover())
    for year in (2022, 2023):
        (path.parent / f"statistics_{year}.csv").write_text(
            small_study.STATISTICS.replace(",2023,book", f",{year},book").replace("CNY,,,,", "CNY,,,2023,"), encoding="utf-8"
        )
    account = Study.read(path).run(tmp_path / "runs")
    assert [path.name for path in account.folders] == ["2022", "2023"]
    assert sorted(account.gep["year"].unique()) == [2022, 2023]
    only = Study.read(path).run(tmp_path / "one", year=2022)
    assert (tmp_path / "one" / "supply.csv").is_file()
    assert set(only.gep["year"]) == {2022}
    with pytest.raises(InputError, match="2021"):
        Study.read(path).run(year=2021)


def test_unit_sets_are_summed_side_by_side(tmp_path):
    text = STUDY.replace("[layers]", 'whole = { path = "whole.gpkg", id = "code" }\n[layers]')
    path = small_study.write(tmp_path / "study", text)
    frame = small_study.units().dissolve().assign(code="330101")
    frame[["code", "geometry"]].to_file(path.parent / "whole.gpkg")
    account = Study.read(path).run(tmp_path / "run")
    supply = account.supply[account.supply["service"] == "water_retention"]
    sums = supply.groupby("unit_set")["quantity"].sum()
    assert sums["whole"] == pytest.approx(sums["admin"], rel=1e-12)


def users_service():
    def cooling(evapotranspiration, saved):
        return evapotranspiration * np.float32(saved)

    return ev.Service(
        code="my_cooling",
        category="regulating",
        items=(ev.Item("saving", measure="kWh ha-1 yr-1", quantity=cooling, price="price_saving", price_measure="CNY kWh-1"),),
        inputs=(ev.Input("evapotranspiration", "mm yr-1"),),
        parameters=(ev.Parameter("saved", "1"),),
    )


def test_service_of_a_user_runs_in_the_same_pass(tmp_path):
    text = STUDY.replace("[parameters]", "[parameters]\nsaved = 2.0").replace(
        "[prices]", '[prices]\nsaving = { value = 0.5, uom = "CNY kWh-1", year = 2023 }'
    )
    account = Study.read(small_study.write(tmp_path, text)).run(services=[users_service()])
    rows = account.supply[(account.supply["service"] == "my_cooling") & (account.supply["unit_id"] == "330101")]
    assert rows["quantity"].sum() == pytest.approx(750 * 2 * rows["valid_area"].sum() / HECTARE, rel=1e-6)
    assert rows["value"].sum() == pytest.approx(rows["quantity"].sum() * 0.5)
    assert account.records[0]["user_services"] == ["my_cooling"]


def test_a_price_scales_value_and_leaves_quantity(account, tmp_path):
    twice = Study.read(small_study.write(tmp_path, STUDY.replace("value = 6.0", "value = 12.0"))).run()
    mine, theirs = (table.supply[table.supply["service"] == "water_retention"].reset_index(drop=True) for table in (account, twice))
    assert mine["quantity"].equals(theirs["quantity"])
    pd.testing.assert_series_equal(mine["value"] * 2, theirs["value"], rtol=1e-15)


def test_to_folder_writes_what_was_computed(account, folder, tmp_path):
    account.to_folder(tmp_path / "run")
    for name in ("supply.csv", "gep.csv", "extent.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (folder / name).read_bytes()


def test_units_carry_results_and_maps_are_drawn(account):
    units = account.units()
    assert {"gep", "water_retention_value", "geometry"} <= set(units.columns)
    figure = account.map("water_retention")
    assert figure.axes
    with pytest.raises(InputError, match="nearest"):
        account.map("water_retenton")


def test_layers_are_labelled_arrays_on_the_grid(account):
    npp, cover = account.layers("npp", "landcover").values()
    assert npp.dims == ("y", "x")
    assert npp.shape == (small_study.SIDE, small_study.SIDE)
    np.testing.assert_array_equal(npp, 800)
    assert npp.attrs["uom"] == "gC m-2 yr-1"
    assert npp.rio.crs.to_epsg() == 4549
    assert float(npp.x[0]) == small_study.LEFT + small_study.CELL / 2
    assert np.unique(cover).tolist() == [1, 2, 3]
    # and back: the array is a source of the same values on the same grid
    again = ev.Source.of(npp, kind="intensive", measure="gC m-2 yr-1")
    np.testing.assert_array_equal(ev.align(again, account.part().layers.grid).read(), npp)
    with pytest.raises(InputError, match='nearest is "npp"'):
        account.layers("nnp")


def test_a_prepared_layer_of_the_sample_is_finite_on_land():
    account = ev.Study.read(sample.sample_study()).run(year=2023)
    ls, erosivity = account.layers("ls", "erosivity").values()
    lookup = account.part().layers.lookup
    index, _ = lookup.index(account.layers("landcover").fillna(-1).to_numpy().astype(int))
    land = np.append(scope("soil_retention", lookup.types), False)[index]
    assert np.isfinite(ls.to_numpy()[land]).mean() > 0.99
    assert float(ls.max()) < 1000
    assert np.isfinite(erosivity).all()
    assert {ls.rio.crs.to_epsg(), erosivity.rio.crs.to_epsg()} == {4549}
    page = account.explore().get_root().render()
    assert all(json.dumps(name)[1:-1] in page for name in account.gep["unit_name"])


def test_a_prepared_layer_too_large_to_be_kept_says_so(monkeypatch):
    monkeypatch.setattr("ecoval.layers.terrain.HELD_BYTES", 0)
    account = ev.Study.read(sample.sample_study()).run(year=2023)
    with pytest.raises(InputError, match=r"factor_ls\.tif"):
        account.layers("ls")


def test_explore_is_a_map_of_the_units(account):
    shown = account.explore("water_retention_value")
    assert type(shown).__name__ == "Map"
    page = shown.get_root().render()
    assert all(json.dumps(f"单元 {number}")[1:-1] in page for number in (1, 2, 3, 4))
    with pytest.raises(InputError, match="nearest"):
        account.explore("water_retenton_value")


def test_absent_price_leaves_the_value_empty_and_says_so(tmp_path):
    text = STUDY.replace('co2 = { value = 50, uom = "CNY tCO2-1", year = 2023, source = "book" }', "")
    account = Study.read(small_study.write(tmp_path, text)).run()
    rows = account.supply[(account.supply["service"] == "carbon_sequestration") & (account.supply["quantity"] > 0)]
    assert rows["value"].isna().all()
    assert account.records[0]["prices"]["carbon_sequestration:vegetation"]["code"] == "price_not_given"


def test_maps_are_written_when_asked(study, tmp_path):
    study.run(tmp_path / "run", maps=("services", "factors"))
    names = sorted(path.name for path in (tmp_path / "run" / "maps").iterdir())
    assert "water_retention_retention.tif" in names
    assert "factor_npp.tif" in names
    values = ev.Source(tmp_path / "run" / "maps" / "water_retention_retention.tif").read()
    assert values[0, 0] == pytest.approx(7756, rel=1e-6)
    assert np.isnan(values[0, 30])


def test_sample_is_found_as_installed_in_the_tree_or_said_missing(tmp_path, monkeypatch):
    assert sample.sample_study() == sample.SOURCE_TREE / "study.toml"
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "study.toml").touch()
    monkeypatch.setattr(sample.resources, "files", lambda _name: tmp_path)
    assert sample.sample_study() == tmp_path / "sample" / "study.toml"
    monkeypatch.setattr(sample.resources, "files", lambda _name: tmp_path / "absent")
    monkeypatch.setattr(sample, "SOURCE_TREE", tmp_path / "absent")
    with pytest.raises(InputError, match="sample county is not installed"):
        sample.sample_study()


def test_optional_packages_are_named_with_their_extra(account, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    for call in (lambda: account.layers("npp"), account.explore):
        with pytest.raises(InputError, match=r"ecoval\[notebook\]"):
            call()
