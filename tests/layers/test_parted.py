"""Polygon land cover and mixtures in a study: against the raster study, and by hand."""

import json
from itertools import pairwise

import geopandas
import numpy as np
import pytest
import small_study
from shapely import box

from ecoval.errors import InputError, MissingData
from ecoval.study import Study

LEFT, TOP, SIDE = small_study.LEFT, small_study.TOP, small_study.CELL * small_study.SIDE
RASTER = 'landcover = { path = "landcover_{year}.tif", classes = "classes.csv" }'
POLYGONS = 'landcover = { path = "parcels.gpkg" }'


def strips(*borders, **columns):
    """Parcels side by side from west to east, cut at the given easting from the left."""
    edges = [0.0, *borders, SIDE]
    shapes = [box(LEFT + a, TOP - SIDE, LEFT + b, TOP) for a, b in pairwise(edges)]
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=small_study.CRS)


def written(folder, parcels, text=None, own=small_study.OWN):
    path = small_study.write(folder, small_study.STUDY.replace(RASTER, POLYGONS) if text is None else text, own)
    parcels.to_file(folder / "parcels.gpkg")
    return Study.read(path)


def by_type(account, column="quantity", service="carbon_sequestration"):
    rows = account.supply[(account.supply["service"] == service) & account.supply["ecosystem_type"].isin(["111", "512", "431"])]
    return rows.set_index(["unit_id", "item", "ecosystem_type"])[column].sort_index()


def test_parcels_on_the_borders_of_cells_give_the_account_of_the_raster(tmp_path):
    raster = Study.read(small_study.write(tmp_path / "raster")).run()
    polygons = written(tmp_path / "polygons", strips(2000.0, 3500.0, ecosystem_type=[111, 512, 431])).run()
    for service in ("carbon_sequestration", "water_retention"):
        for column in ("quantity", "value", "valid_area"):
            one, other = by_type(raster, column, service), by_type(polygons, column, service)
            assert other.index.tolist() == one.index.tolist()
            assert other.to_numpy() == pytest.approx(one.to_numpy(), rel=1e-6, nan_ok=True)
    assert polygons.gep["gep"].to_numpy() == pytest.approx(raster.gep["gep"].to_numpy(), rel=1e-6, nan_ok=True)
    assert polygons.extent["area"].to_numpy() == pytest.approx(raster.extent["area"].to_numpy(), rel=1e-6)


def test_a_border_inside_cells_is_counted_exactly(tmp_path):
    # the forest ends at 2037 m, in cells of 100 m: 37 % of a column of cells
    account = written(tmp_path, strips(2037.0, 3500.0, ecosystem_type=[111, 512, 431])).run()
    extent = account.extent.set_index(["unit_id", "ecosystem_type"])["area"]
    # the northern half of the first 2037 m: unit 1 has 2000 of them, unit 2 the other 37
    assert extent["330102", "111"] / extent["330101", "111"] == pytest.approx(37 / 2000, rel=1e-6)
    quantity = by_type(account)
    # 800 gC m-2 yr-1 x 0.5: each hectare of forest has 4 tC
    carbon = quantity.xs("111", level="ecosystem_type").groupby("unit_id").sum()
    assert carbon["330102"] / carbon["330101"] == pytest.approx(37 / 2000, rel=1e-6)


def test_field_ridges_are_counted_as_their_own_type(tmp_path):
    parcels = strips(2000.0, ecosystem_type=[111, 511], ridge_type=[0, 512], ridge_share=[0.0, 0.06])
    account = written(tmp_path, parcels).run()
    extent = account.extent.groupby("ecosystem_type")["area"].sum()
    assert extent["512"] / extent[["511", "512"]].sum() == pytest.approx(0.06, rel=1e-9)


def test_a_survey_with_its_own_codes_and_a_crosswalk(tmp_path):
    layer = 'landcover = { path = "parcels.gpkg", code = "DLBM", classes = "sandiao" }'
    parcels = strips(2000.0, 3500.0, DLBM=["0302", "0103", "1101"])
    own = small_study.OWN + "water_retention,runoff_coefficient,113,0.05,1,book\n"
    account = written(tmp_path, parcels, small_study.STUDY.replace(RASTER, layer), own).run()
    assert set(account.extent["ecosystem_type"]) == {"113", "512", "431"}
    with pytest.raises(InputError, match=r"fields DLBM\. Expected \"ecosystem_type\""):
        written(tmp_path / "unnamed", parcels).run()
    parcels["DLBM"] = ["0302", "0103", "11011"]
    with pytest.raises(InputError, match=r"11011 \(1, "):
        written(tmp_path / "wrong", parcels, small_study.STUDY.replace(RASTER, layer), own).run()


def test_the_report_says_how_exact_it_is(tmp_path):
    account = written(tmp_path, strips(2037.0, 3500.0, ecosystem_type=[111, 512, 431])).run(out=tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    notes = {note["code"]: note for note in record["notes"]}
    assert float(notes["landcover_overlay_difference"]["fields"]["share"]) < 1e-6
    assert any("3 parcels" in entry["en"] for entry in record["layers"] if entry["role"] == "landcover")
    assert [entry["sha256"] is not None for entry in record["inputs"] if entry["role"] == "landcover"] == [True]
    again = Study.read(tmp_path / "run" / "run.json").run()
    np.testing.assert_array_equal(again.supply["quantity"], account.supply["quantity"])


def test_same_bits_for_any_threads(tmp_path):
    study = written(tmp_path, strips(2037.0, 3511.0, ecosystem_type=[111, 512, 431]))
    one, other = study.run(threads=1), study.run(threads=4)
    np.testing.assert_array_equal(one.supply["quantity"], other.supply["quantity"])
    np.testing.assert_array_equal(one.extent["area"], other.extent["area"])


def test_maps_and_check_take_the_largest_type_of_a_cell(tmp_path):
    import rasterio

    study = written(tmp_path, strips(2037.0, 3560.0, ecosystem_type=[111, 512, 431]))
    study.run(out=tmp_path / "run", maps=("services",))
    with rasterio.open(next((tmp_path / "run" / "maps").glob("carbon*.tif"))) as dataset:
        assert dataset.shape == (40, 40)
        assert np.isfinite(dataset.read(1)[:, 19]).all()
    table = study.check()
    assert "error" not in set(table["level"])
    assert (table["what"] == "layers.landcover").sum() >= 2


def test_land_without_a_parcel_is_missing(tmp_path):
    parcels = strips(2000.0, 3500.0, ecosystem_type=[111, 512, 431]).iloc[[0, 2]]
    account = written(tmp_path, parcels).run()
    extent = account.extent.groupby("ecosystem_type")["area"].sum()
    assert extent["missing"] / extent.sum() == pytest.approx(0.375, rel=1e-6)


def test_overlapping_parcels_are_refused(tmp_path):
    parcels = strips(2000.0, 3500.0, ecosystem_type=[111, 512, 431])
    parcels.loc[1, "geometry"] = box(LEFT + 1500, TOP - SIDE, LEFT + 3500, TOP)
    with pytest.raises(InputError, match="more land than there is"):
        written(tmp_path, parcels).run()


def test_the_land_of_a_type_without_a_number_is_missing_even_as_a_sliver(tmp_path):
    # 3 m of bamboo in no cell the largest part
    study = written(tmp_path, strips(2000.0, 2003.0, 3500.0, ecosystem_type=[111, 113, 512, 431]))
    with pytest.warns(MissingData, match=r"113 \(1\.\d* ha\).*rows with the keys 113 .*parameters/water_retention\.csv"):
        supply = study.run().supply
    sliver = supply[(supply["service"] == "water_retention") & (supply["ecosystem_type"] == "113")]
    assert sliver["quantity"].isna().all()
    assert sliver["missing_area"].sum() == pytest.approx(3.0 * 4000.0, rel=1e-2)


def test_a_grid_cannot_be_like_polygons(tmp_path):
    text = small_study.STUDY.replace(RASTER, POLYGONS).replace('crs = "EPSG:4549"\ncell = 100.0', 'like = "landcover"')
    with pytest.raises(InputError, match="grid cannot be like polygons"):
        written(tmp_path, strips(2000.0, ecosystem_type=[111, 512]), text).run()


MIXTURE = """unit_id,coarse_code,target_code,share,source
*,1,111,0.75,inventory
*,1,121,0.25,inventory
330102,1,111,1,inventory
"""


def mixed(folder, parcels=None, table=MIXTURE):
    keys = 'path = "parcels.gpkg"' if parcels is not None else 'path = "landcover_{year}.tif", classes = "classes.csv"'
    text = small_study.STUDY.replace(RASTER, f'landcover = {{ {keys}, mixtures = "mixtures.csv" }}')
    path = small_study.write(folder, text)
    (folder / "classes.csv").write_text(small_study.CLASSES.replace("1,111,", "1,1,"), encoding="utf-8")
    (folder / "mixtures.csv").write_text(table, encoding="utf-8")
    if parcels is not None:
        parcels.to_file(folder / "parcels.gpkg")
    return Study.read(path)


def test_a_mixture_of_raster_classes_is_computed_per_target_and_weighted(tmp_path):
    plain = Study.read(small_study.write(tmp_path / "plain"))
    text = small_study.CLASSES.replace("1,111,", "1,121,")
    needle = small_study.write(tmp_path / "needle")
    (tmp_path / "needle" / "classes.csv").write_text(text, encoding="utf-8")
    broad, needle = plain.run(), Study.read(needle).run()
    account = mixed(tmp_path / "mixed").run()

    def water(made, unit, code):
        rows = made.supply[(made.supply["service"] == "water_retention") & (made.supply["ecosystem_type"] == code)]
        return rows.set_index("unit_id")["quantity"][unit]

    assert water(account, "330101", "111") == pytest.approx(0.75 * water(broad, "330101", "111"), rel=1e-9)
    assert water(account, "330101", "121") == pytest.approx(0.25 * water(needle, "330101", "121"), rel=1e-9)
    extent = account.extent.set_index(["unit_id", "ecosystem_type"])["area"]
    whole = broad.extent.set_index(["unit_id", "ecosystem_type"])["area"]
    assert extent["330101", "121"] == pytest.approx(0.25 * whole["330101", "111"])
    # the shares of a unit's own rows replace those of *
    assert ("330102", "121") not in extent.index


def test_a_mixture_of_parcels_is_that_of_cells(tmp_path):
    raster = mixed(tmp_path / "raster").run()
    parcels = mixed(tmp_path / "parcels", strips(2000.0, 3500.0, ecosystem_type=[1, 512, 431])).run()
    assert parcels.supply["ecosystem_type"].tolist() == raster.supply["ecosystem_type"].tolist()
    assert parcels.supply["quantity"].to_numpy() == pytest.approx(raster.supply["quantity"].to_numpy(), rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("*,1,111,0.5,x", "sums to 0.5"),
        ("*,1,111,1.5,x", "outside 0 to 1: 1.5 in row 2"),
        ("*,1,511,1,x", "511 in 1, row 2"),
        ("*,1,111,1,", "no source: row 2"),
        ("*,1,111,,x", "holds no share"),
        ("*,1,111,0.5,x\n*,1,111,0.5,x", 'unit "\\*", type 1, part 111 in row 3'),
        ("99,1,111,1,x", 'not in the study: 1, "99"'),
    ],
)
def test_wrong_mixtures_are_refused(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        mixed(tmp_path, table=f"unit_id,coarse_code,target_code,share,source\n{row}\n").run()


def test_parcels_in_another_crs_are_carried_with_their_edges(tmp_path):
    parcels = strips(2000.0, 3500.0, ecosystem_type=[111, 512, 431])
    plain = written(tmp_path / "plain", parcels).run().extent
    # the edges as they lie in the survey's CRS: points every 10 m before the vertices are transformed
    dense = parcels.copy()
    dense["geometry"] = dense.geometry.segmentize(10.0)
    other = written(tmp_path / "other", dense.to_crs("EPSG:4490")).run().extent
    land = other[other["ecosystem_type"] != "missing"]
    assert land["ecosystem_type"].tolist() == plain["ecosystem_type"].tolist()
    assert land["area"].to_numpy() == pytest.approx(plain["area"].to_numpy(), rel=1e-6)


def test_two_unit_sets_each_get_their_extent(tmp_path):
    text = small_study.STUDY.replace(RASTER, POLYGONS).replace("[layers]", 'whole = { path = "whole.gpkg", id = "code" }\n[layers]')
    (tmp_path / "study").mkdir()
    whole = geopandas.GeoDataFrame({"code": ["a"]}, geometry=[box(LEFT, TOP - SIDE, LEFT + SIDE, TOP)], crs=small_study.CRS)
    whole.to_file(tmp_path / "study" / "whole.gpkg")
    account = written(tmp_path / "study", strips(2037.0, 3500.0, ecosystem_type=[111, 512, 431]), text).run()
    total = account.extent.groupby(["unit_set", "ecosystem_type"])["area"].sum()
    assert total["whole"].to_numpy() == pytest.approx(total["admin"].to_numpy(), rel=1e-7)
    quantity = account.supply[account.supply["service"] == "water_retention"].groupby("unit_set")["quantity"].sum()
    assert quantity["whole"] == pytest.approx(quantity["admin"], rel=1e-9)
