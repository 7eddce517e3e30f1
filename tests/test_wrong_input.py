"""Wrong input gets a clear error of four parts and leaves nothing behind but the record of the failure."""

import errno
import json
import warnings

import numpy as np
import openpyxl
import pytest
import small_study
from affine import Affine
from small_study import CELL, LEFT, SIDE, STATISTICS, STUDY, TOP, flat, raster, units

from ecoval.errors import EcovalError, EcovalWarning
from ecoval.study import Study, outputs


@pytest.fixture(autouse=True)
def _without_reports(monkeypatch):
    monkeypatch.setattr(outputs, "write_reports", lambda *_: None)


@pytest.fixture
def folder(tmp_path):
    """The folder of a sound study."""
    small_study.write(tmp_path / "study")
    return tmp_path / "study"


def refused(folder, code=None, match=None, record=True):
    """Run the study; the error, after a look that nothing but the record was left."""
    with pytest.raises(EcovalError, match=match) as caught:
        Study.read(folder / "study.toml").run(folder / "run")
    if code is not None:
        assert caught.value.code == code
    assert caught.value.message("zh") != caught.value.message("en")
    if record:
        assert [path.name for path in (folder / "run").iterdir()] == ["run.json"]
        written = json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))
        assert written["status"] == "failed"
        assert written["error"]["code"] == caught.value.code
    return caught.value


def rewrite(folder, old, new):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def soil(folder, sand=40, silt=40, clay=20):
    """Add soil retention with every factor as a layer but erodibility, which comes from texture."""
    for name, value in (("sand", sand), ("silt", silt), ("clay", clay), ("organic_carbon", 1.5)):
        raster(folder / f"{name}.tif", flat(value))
    for name, value in (("erosivity", 6000), ("ls", 2), ("cover_factor", 0.01)):
        raster(folder / f"{name}.tif", flat(value))
    layers = "".join(f'soil_{name} = "{name}.tif"\n' for name in ("sand", "silt", "clay", "organic_carbon"))
    layers += "".join(f'{name} = "{name}.tif"\n' for name in ("erosivity", "ls", "cover_factor"))
    rewrite(folder, "[statistics]", layers + "[statistics]")
    rewrite(folder, 'include = ["water_retention"', 'include = ["soil_retention", "water_retention"')
    rewrite(folder, "carbon_sequestration = {", 'soil_retention = { c_factor = "layer" }\ncarbon_sequestration = {')


def test_soil_study_is_sound(folder):
    soil(folder)
    account = Study.read(folder / "study.toml").run()
    rows = account.supply[account.supply["item"] == "soil"]
    # K of 40/40/20 and 1.5 % carbon is 0.015869 (hand example): q = 6000 x 0.015869 x 2 x 0.99 t/ha
    expected = 6000 * 0.015869 * 2 * 0.99 * rows["valid_area"].sum() / 1e4
    assert rows["quantity"].sum() == pytest.approx(expected, rel=1e-4)


def test_units_without_crs(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        units(crs=None).to_file(folder / "units.gpkg")
    refused(folder, match="no coordinate reference system")
    (folder / "run" / "run.json").unlink()
    rewrite(folder, 'id = "code"', 'id = "code", crs = "EPSG:4549"')
    Study.read(folder / "study.toml").run()


def test_raster_without_crs(folder):
    raster(folder / "npp.tif", flat(800), crs=None)
    refused(folder, "raster_without_crs", "npp.tif")
    rewrite(folder, 'npp = "npp.tif"', 'npp = { path = "npp.tif", crs = "EPSG:4549" }')
    Study.read(folder / "study.toml").run()


def test_rotated_raster(folder):
    raster(folder / "npp.tif", flat(800), transform=Affine(CELL, 10, LEFT, 10, -CELL, TOP))
    refused(folder, match="npp.tif|rotated")


def test_ballpark_change_of_datum(folder):
    # Beijing 1954 has no operation of known accuracy to CGCS2000
    raster(folder / "npp.tif", flat(800), crs="EPSG:2437")
    refused(folder, "datum_ballpark", "Beijing 1954")


def test_half_cell_shift_is_aligned_and_said(folder):
    raster(folder / "npp.tif", flat(800), transform=Affine(CELL, 0, LEFT + CELL / 2, 0, -CELL, TOP))
    account = Study.read(folder / "study.toml").run()
    notes = [note["en"] for note in account.records[0]["notes"] if note.get("role") == "npp"]
    assert len(notes) == 1
    assert "0.5" in notes[0]


def test_unknown_landcover_code(folder):
    codes = small_study.cover()
    codes[0, 0], codes[5, 5:7] = 255, 9
    raster(folder / "landcover_2023.tif", codes)
    error = refused(folder, "landcover_codes_unknown", r"9 \(2 cells, 2 ha\).*classes\.csv.*255")
    assert "255 (1 cells, 1 ha)" in str(error)


def test_unknown_code_outside_the_units_does_not_matter(folder):
    wide = np.full((SIDE + 10, SIDE + 10), 9, dtype=np.uint8)
    wide[:SIDE, :SIDE] = small_study.cover()
    raster(folder / "landcover_2023.tif", wide)
    rewrite(folder, 'crs = "EPSG:4549"\ncell = 100.0', 'like = "landcover"')
    assert len(Study.read(folder / "study.toml").run().gep) == 4


def test_type_without_parameter(folder):
    (folder / "classes.csv").write_text("code,ecosystem_type\n1,113\n2,512\n3,431\n", encoding="utf-8")
    refused(folder, "types_without_parameter", r"runoff_coefficient for 113\..*keys 113 .*params export water_retention")


def test_cover_as_percent_where_a_fraction_is_expected(folder):
    soil(folder)
    raster(folder / "cover_factor.tif", flat(30))
    error = refused(folder, "layer_percent_for_fraction", "cover_factor")
    assert str(error.fields["cells"]) == f"{SIDE * SIDE} cells inside the study"
    rewrite(folder, 'cover_factor = "cover_factor.tif"', 'cover_factor = { path = "cover_factor.tif", measure = "%" }')
    Study.read(folder / "study.toml").run()


def test_texture_as_fraction_where_percent_is_expected(folder):
    soil(folder, 0.4, 0.4, 0.2)
    refused(
        folder, "implausible_refused", r"soil_clay.*In 1 it would be plausible.*accept = .* in the entry soil_clay of \[layers\]"
    )


def test_texture_that_does_not_add_up(folder):
    soil(folder, 40, 40, 30)
    refused(folder, "texture_sum", "110")


@pytest.mark.parametrize(
    ("name", "value", "low"), [("precipitation", -5, 0), ("evapotranspiration", -1, 0), ("precipitation", 99999, 0)]
)
def test_rain_out_of_range(folder, name, value, low):
    values = flat(1000)
    values[3, 4:6] = value
    raster(folder / f"{name}.tif", values)
    error = refused(folder, "layer_out_of_range", f"{name}.*2 cells")
    assert error.fields["low"] == low


@pytest.mark.parametrize(("name", "value"), [("ls", -1), ("erosivity", 1e6), ("cover_factor", 1000)])
def test_factors_of_soil_loss_out_of_range(folder, name, value):
    soil(folder)
    raster(folder / f"{name}.tif", flat(value))
    refused(folder, "layer_out_of_range", name)


def test_erodibility_and_practice_out_of_range(folder):
    soil(folder)
    raster(folder / "erodibility.tif", flat(2))
    rewrite(folder, "[statistics]", 'erodibility = "erodibility.tif"\n[statistics]')
    refused(folder, "layer_out_of_range", "erodibility")
    (folder / "run" / "run.json").unlink()
    raster(folder / "erodibility.tif", flat(0.02))
    rewrite(folder, 'c_factor = "layer" }', 'c_factor = "layer", practice = "P" }')
    own = (folder / "own.csv").read_text(encoding="utf-8")
    rows = "".join(f"soil_retention,P_factor,{code},1.7,1,book\n" for code in (111, 512, 431))
    (folder / "own.csv").write_text(own + rows, encoding="utf-8")
    refused(folder, match="P_factor.*1.7")


def test_statistics_of_an_unknown_unit(folder):
    (folder / "statistics.csv").write_text(STATISTICS.replace("330102", "330192"), encoding="utf-8")
    refused(folder, "statistics_units_unknown", "330192.*3301")


@pytest.mark.parametrize(
    ("old", "new"),
    [("1000,t", "much,t"), ("1000,t", "1000,tt"), ("330102,rice", "330101,rice"), ("price,price_uom", "prize,price_uom")],
)
def test_statistics_that_cannot_be_read(folder, old, new):
    (folder / "statistics.csv").write_text(STATISTICS.replace(old, new), encoding="utf-8")
    refused(folder, match="much|tt|330101 rice|prize")


def test_layer_of_a_wanted_service_is_missing(folder):
    rewrite(folder, 'evapotranspiration = "evapotranspiration.tif"\n', "")
    refused(folder, "service_layer_missing", "water_retention.*evapotranspiration")


def test_service_that_nobody_named_is_left_out_and_said(folder):
    rewrite(folder, 'evapotranspiration = "evapotranspiration.tif"\n', "")
    rewrite(folder, 'include = ["water_retention", "carbon_sequestration", "material_supply"]', "")
    account = Study.read(folder / "study.toml").run()
    left_out = account.records[0]["left_out"]
    assert left_out["water_retention"]["code"] == "service_layer_missing"
    assert "soil_retention" in left_out


def test_file_of_a_layer_is_missing(folder):
    (folder / "npp.tif").unlink()
    refused(folder, "layer_file_missing", "npp.tif")


def test_all_units_outside_a_raster(folder):
    raster(folder / "npp.tif", flat(800), transform=Affine(CELL, 0, LEFT + 1e5, 0, -CELL, TOP))
    refused(folder, "units_outside_layer", "npp.tif.*500000.*600000")


def test_all_units_outside_the_layer_of_the_grid(folder):
    units(shift=1e5).to_file(folder / "units.gpkg")
    rewrite(folder, 'crs = "EPSG:4549"\ncell = 100.0', 'like = "landcover"')
    refused(folder, "units_outside_layer", "landcover")


def test_truncated_raster(folder):
    path = folder / "npp.tif"
    raster(path, np.random.default_rng(1).random((SIDE, SIDE)).astype(np.float32))
    path.write_bytes(path.read_bytes()[:3000])
    refused(folder, match="npp.tif")


def test_disk_full(folder, monkeypatch):
    def full(*_args, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(outputs, "write_toml", full)
    refused(folder, "disk_full", "disk is full")


def test_disk_full_at_the_last_moment(folder, monkeypatch):
    from pathlib import Path

    replace = Path.replace

    def full(self, target):
        if self.name == "supply.csv" and self.parent.name == ".partial":
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(EcovalError, match="disk is full"):
        Study.read(folder / "study.toml").run(folder / "run")
    assert [path.name for path in (folder / "run").iterdir()] == ["run.json"]


def test_no_permission_to_write(folder):
    (folder / "run").write_text("a file where the folder should be", encoding="utf-8")
    error = refused(folder, "no_write_permission", "run", record=False)
    assert "permission" in str(error)


def test_path_with_chinese_space_and_emoji(tmp_path):
    folder = tmp_path / "临澜 县 🌲"
    path = small_study.write(folder)
    account = Study.read(path).run(folder / "运行 1")
    assert sorted(entry.name for entry in (folder / "运行 1").iterdir())[0] == "account.gpkg"
    again = Study.read(folder / "运行 1").run()
    assert again.supply.equals(account.supply)


def test_gbk_table_is_read_and_said(folder):
    text = STATISTICS.replace(",rice,", ",水稻,")
    (folder / "statistics.csv").write_bytes(text.encode("gb18030"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        account = Study.read(folder / "study.toml").run()
    assert "水稻" in set(account.supply["item"])
    said = [entry.message for entry in caught if isinstance(entry.message, EcovalWarning)]
    assert any("statistics.csv" in str(warning) for warning in said)
    assert any("statistics.csv" in warning["en"] for warning in account.records[0]["warnings"])


def test_table_in_neither_encoding(folder):
    (folder / "statistics.csv").write_bytes(STATISTICS.encode() + b"330101,\xff\xff,1,t,,,,2023,,\n")
    refused(folder, match="statistics.csv")


def test_excel_with_merged_header_cells(folder):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (line.split(",") for line in STATISTICS.splitlines()):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    book.save(folder / "statistics.xlsx")
    rewrite(folder, "statistics.csv", "statistics.xlsx")
    refused(folder, match="A1")


def test_overwriting_failure_keeps_the_finished_run(folder):
    Study.read(folder / "study.toml").run(folder / "run")
    before = {path.name: path.read_bytes() for path in (folder / "run").iterdir() if path.suffix == ".csv"}
    raster(folder / "npp.tif", flat(800), crs=None)
    with pytest.raises(EcovalError, match=r"npp\.tif"):
        Study.read(folder / "study.toml").run(folder / "run", overwrite=True)
    assert {path.name: path.read_bytes() for path in (folder / "run").iterdir() if path.suffix == ".csv"} == before


def test_recalled_number_leaves_the_service_out(folder):
    rewrite(folder, '"material_supply"]', '"material_supply", "climate_regulation"]')
    rewrite(folder, "[statistics]", 'cooling_days = "days.tif"\nwater_evaporation = "water.tif"\n[statistics]')
    raster(folder / "days.tif", flat(75))
    raster(folder / "water.tif", flat(400))
    rewrite(folder, "carbon_sequestration = {", 'climate_regulation = { epp = "GARZE2017" }\ncarbon_sequestration = {')
    account = Study.read(folder / "study.toml").run()
    assert account.records[0]["left_out"]["climate_regulation:plants"]["code"] == "parameter_recalled"
    rewrite(folder, "[parameters]", "[parameters]\nallow_recalled = true")
    allowed = Study.read(folder / "study.toml").run().supply
    forest = allowed[(allowed["item"] == "plants") & (allowed["ecosystem_type"] == "111") & (allowed["unit_id"] == "330101")].iloc[
        0
    ]
    # hand example: 2837.27 kJ/(m2 d), 75 days, r = 3: 197 033 kWh/ha
    assert forest["quantity"] == pytest.approx(197_033 * forest["valid_area"] / 1e4, rel=1e-5)
    assert forest["status"] == "recalled"


def test_price_without_deflator_keeps_its_year_and_strict_refuses(folder):
    rewrite(folder, 'uom = "CNY tCO2-1", year = 2023', 'uom = "CNY tCO2-1", year = 2019')
    with pytest.warns(EcovalWarning, match="2019"):
        account = Study.read(folder / "study.toml").run()
    rows = account.supply[(account.supply["service"] == "carbon_sequestration") & account.supply["price"].notna()]
    assert set(rows["price_year"]) == {2019}
    with pytest.raises(EcovalError, match="2019") as caught:
        Study.read(folder / "study.toml").run(strict=True)
    assert caught.value.code == "price_year_not_reached"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('material_supply = { method = "gross" }', 'material_supply = { method = "gros" }', "study_wrong_choice"),
        ('material_supply = { method = "gross" }', 'material_supply = { metod = "gross" }', "study_unknown_key"),
        ('"material_supply"]', '"material_suply"]', "service_unknown"),
        ('like = "x"', 'like = "x"', "grid_like_unknown"),
    ],
)
def test_wrong_names_are_refused_with_the_nearest(folder, old, new, code):
    if code == "grid_like_unknown":
        rewrite(folder, 'crs = "EPSG:4549"\ncell = 100.0', new)
    else:
        rewrite(folder, old, new)
    refused(folder, code, "nearest")


def test_uncertainty_is_refused_until_there_is_one(folder):
    rewrite(folder, "[prices]", "[uncertainty]\ndraws = 100\n[prices]")
    refused(folder, "uncertainty_not_available", "draws")


def test_check_lists_every_problem_at_once(folder):
    raster(folder / "npp.tif", flat(800), crs=None)
    assert "raster_without_crs" not in STUDY
    rewrite(folder, 'npp = "npp.tif"', 'npp = "npp.tif"\nndvi = "absent.tif"')
    findings = Study.read(folder / "study.toml").check()
    errors = findings[findings["level"] == "error"]
    assert list(errors["what"]) == ["layers.ndvi", "study"]  # the missing file, and the raster without a CRS
    rewrite(folder, '\nndvi = "absent.tif"', "")
    findings = Study.read(folder / "study.toml").check()
    assert findings["found"].str.contains("npp.tif").any()
    assert (findings["level"] == "error").sum() == 1


def test_check_of_a_sound_study_has_no_error(folder):
    findings = Study.read(folder / "study.toml").check()
    assert not (findings["level"] == "error").any()
    assert list(findings["what"].iloc[-2:]) == ["estimate", "results"]
    strict = Study.read(folder / "study.toml").check(strict=True)
    assert set(strict["level"]) <= {"ok", "error"}


def test_check_names_what_a_run_would_refuse(folder):
    codes = small_study.cover()
    codes[0, 0] = 9
    raster(folder / "landcover_2023.tif", codes)
    values = flat(1600)
    values[0, 0] = -1
    raster(folder / "precipitation.tif", values)
    findings = Study.read(folder / "study.toml").check()
    errors = findings[findings["level"] == "error"]
    assert set(errors["what"]) == {"layers.landcover", "layers.precipitation"}
    assert errors["fix"].str.len().min() > 10
