"""A product counts once in a unit, by whatever name or spelling a table calls it."""

import option_study as base
import pytest

from ecoval.study import Study

HEADER = "unit_id,item,quantity,uom,price,price_uom,price_year\n"


def errors(folder, *items):
    path = base.write(folder)
    rows = "".join(f"a,{item},26.8,t,92000,CNY t-1,2023\n" for item in items)
    (folder / "statistics.csv").write_text(HEADER + rows, encoding="utf-8")
    check = Study(base.content("material_supply", [], {}), path).check()
    return list(check.loc[check["level"] == "error", "found"])


@pytest.mark.parametrize("pair", [("tea", "茶叶"), ("rice", "水稻"), ("稻谷", "水稻"), ("Tea", "tea"), ("Mushroom Z", "mushroomz")])
def test_two_names_of_one_product_are_refused(tmp_path, pair):
    (found,) = errors(tmp_path, *pair)
    assert all(name in found for name in pair)


def test_different_products_stand(tmp_path):
    assert errors(tmp_path, "tea", "rice", "citrus", "mushroom z") == []
