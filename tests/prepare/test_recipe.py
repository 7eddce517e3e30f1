import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from ecoval.errors import InputError
from ecoval.prepare import recipe
from ecoval.prepare.landcover import prepare


@pytest.fixture
def made(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("a\n1\n", encoding="utf-8")
    product = tmp_path / "out.csv"
    product.write_text("b\n2\n", encoding="utf-8")
    quality = {"table": pd.DataFrame({"area": [np.float64(1.5), np.nan]}), "count": np.int64(3)}
    one = recipe.recipe("landcover", [source], {"path": source, "cell": 30.0}, quality=quality, outputs=[product])
    recipe.write(one, product)
    return product, source, one


def test_a_recipe_holds_hashes_options_versions_and_figures(made):
    product, source, one = made
    assert recipe.read(product) == recipe.read(recipe.beside(product))
    held = json.loads((product.parent / "out.csv.recipe.json").read_text(encoding="utf-8"))
    assert held["inputs"] == [{"path": str(source), "size": 4, "sha256": hashlib.sha256(b"a\n1\n").hexdigest(), "beside": "in.csv"}]
    assert held["options"] == {"path": str(source), "cell": 30.0}
    assert held["versions"]["ecoval"] == one.versions["ecoval"]
    assert held["quality"] == {"table": [{"area": 1.5}, {"area": None}], "count": 3}
    assert held["outputs"] == ["out.csv"]


def test_absent_and_broken_recipes_are_refused(tmp_path, made):
    with pytest.raises(InputError, match=r"recipe does not exist: .*absent\.tif\.recipe\.json"):
        recipe.read(tmp_path / "absent.tif")
    broken = tmp_path / "x.recipe.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        recipe.read(broken)
    broken.write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(InputError, match="format 1 expected"):
        recipe.read(broken)


def test_rerun_refuses_inputs_that_are_gone_or_differ(made):
    product, source, _ = made
    source.write_text("a\n2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"1 inputs of a recipe are not those .*in\.csv"):
        recipe.rerun(product)
    source.unlink()
    with pytest.raises(InputError, match=r"1 inputs of a recipe do not exist"):
        recipe.rerun(product)


def test_an_unknown_product_names_the_nearest(made):
    product, source, _ = made
    recipe.write(recipe.recipe("landcovers", [source], {}), product)
    with pytest.raises(InputError, match=r"\"landcovers\"\. The nearest is \"landcover\""):
        recipe.rerun(product)


def test_rerun_makes_the_same_product_again_also_after_a_move(tmp_path):
    import rasterio
    from affine import Affine

    folder = tmp_path / "one"
    folder.mkdir()
    codes = np.array([[1, 2], [3, 5]], dtype=np.uint8)
    profile = {"driver": "GTiff", "height": 2, "width": 2, "count": 1, "dtype": "uint8", "crs": "EPSG:4549"}
    with rasterio.open(folder / "clcd.tif", "w", transform=Affine(30, 0, 5e5, 0, -30, 3.2e6), **profile) as dataset:
        dataset.write(codes, 1)
    table = folder / "own.csv"
    table.write_text("source_code,target_code\n1,512\n2,111\n3,211\n5,431\n", encoding="utf-8")
    first = prepare(folder / "clcd.tif", table, folder / "cover.tif", year=2023)
    again = recipe.rerun(first.path, out=tmp_path / "again.tif")
    assert first.path.read_bytes() == again.path.read_bytes()
    assert again.recipe.quality == first.recipe.quality
    moved = shutil.move(folder, tmp_path / "two")
    third = recipe.rerun(tmp_path / "two" / "cover.tif")
    assert third.path.parent.name == "two"
    assert third.areas == first.areas
    assert str(moved) in third.recipe.inputs[0]["path"]
