import datetime

import openpyxl
import pandas as pd
import pytest

from ecoval import tables
from ecoval.errors import EcovalWarning, InputError


def book(path, rows, sheet="表", **cells):
    workbook = openpyxl.Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    for place, value in cells.items():
        workbook.active[place] = value
    workbook.save(path)
    return path


def text(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_is_stripped_text_indexed_by_its_rows(tmp_path, encoding):
    path = text(tmp_path / "统计 表.csv", "unit_id, 名称 ,quantity\r\n0101,　青田 ,1.50\r\n\r\n0102,,\r\n", encoding)
    frame = tables.read(path, ("unit_id", "quantity"), ("名称",))
    assert frame.index.tolist() == [2, 4]
    assert frame["unit_id"].tolist() == ["0101", "0102"]
    assert frame["名称"].iloc[0] == "青田"
    assert frame.isna().to_numpy().tolist() == [[False, False, False], [False, True, True]]
    assert tables.numbers(frame, "quantity").iloc[0] == 1.5
    assert tables.cell(frame, 4, "quantity") == "C4"


def test_gbk_is_read_and_said(tmp_path):
    path = text(tmp_path / "a.csv", "unit_id,name\n1,普陀区\n", "gbk")
    with pytest.warns(EcovalWarning, match="read as GB18030") as caught:
        frame = tables.read(path)
    assert caught[0].message.code == "table_read_as_gb18030"
    assert frame["name"].tolist() == ["普陀区"]


def test_neither_encoding_names_the_byte_and_its_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"unit_id,name\n1,Garz\xea\n2,b\n")
    with pytest.raises(InputError, match=r"neither UTF-8 nor GB18030.*row 2\. Byte 0xEA at place 19.*Save the file as UTF-8"):
        tables.read(path)
    path.write_bytes("unit_id,name\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"row 1\. Byte 0xFF at place 0"):
        tables.read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "A table is empty"),
        ("\n,,\n", "A table is empty"),
        ("a;b;c\n1;2;3\n", "not parted by commas.*a;b;c"),
        ("a，b\n1，2\n", "not parted by commas"),
        ("unit_id,,b\n1,2,3\n", "no name: cell B1"),
        ("unit_id,b,b\n1,2,3\n", 'twice: "b".*cell C1'),
        ("unit_id,b\n1,2\n1,2,3\n", "row 3.*Found 3, expected 2"),
        ("unit_id,b\n1\n", "row 2.*Found 1, expected 2"),
        ('unit_id,b\n1,"2\n', "not well-formed CSV"),
        ("unit,b\n1,2\n", 'lacks a column: "unit_id".*nearest found is "unit"'),
        ("unit_id,b,pric\n1,2,3\n", 'not known: "pric".*nearest is "price"'),
        ("unit_id,b\n1,2\n3,4\n1,5\n", "there twice: unit_id = 1 .*rows 2, 4"),
    ],
)
def test_broken_csv_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        tables.read(text(tmp_path / "a.csv", content), ("unit_id",), ("b", "price"), key=("unit_id",))


def test_trailing_empty_columns_are_no_columns(tmp_path):
    frame = tables.read(text(tmp_path / "a.csv", "unit_id,b,,\n1,2,,\n"))
    assert frame.columns.tolist() == ["unit_id", "b"]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("1e400", r"not a number.*Found \"1e400\".*Correct the cell"),
        ("１２３４．５", r"full-width.*C2 \(column \"c\"\).*Found \"１２３４．５\".*Write it as 1234\.5"),
        ('"1,234.5"', r"thousands.*Write it as 1234\.5"),
        ("１，２３４", r"Write it as 1234"),
        ("1 234", r"Write it as 1234"),
        ("−3", r"Write it as -3"),
        ("12%", r"not a number: C2"),
        ("3吨", r"not a number: C2.*unit of measure in its own column"),
        ("nan", r"not a number"),
        ("1_000", r"not a number"),
        ('"1,23"', r"not a number"),
    ],
)
def test_odd_numbers_are_refused_with_their_cell(tmp_path, found, message):
    frame = tables.read(text(tmp_path / "a.csv", f"a,b,c\n1,2,{found}\n"))
    with pytest.raises(InputError, match=message):
        tables.numbers(frame, "c")


def test_numbers_keep_their_rows_and_their_gaps(tmp_path):
    frame = tables.read(text(tmp_path / "a.csv", "a,b\n1,-1.5e3\n2,\n3,+.5\n"))
    numbers = tables.numbers(frame[frame["a"] != "1"], "b")
    assert numbers.index.tolist() == [3, 4]
    assert numbers.isna().tolist() == [True, False]
    with pytest.raises(InputError, match="empty: B3"):
        tables.numbers(frame, "b", required=True)


def test_workbook_reads_like_the_csv(tmp_path):
    day = datetime.datetime(2020, 5, 1)
    path = book(
        tmp_path / "数据需求表 😀.xlsx", [["unit_id", "x", "day", "flag"], [330102, 0.25, day, True], [None, None, None, None]]
    )
    frame = tables.read(path, ("unit_id",))
    assert frame.to_numpy().tolist() == [["330102", "0.25", "2020-05-01", "true"]]
    assert frame.index.tolist() == [2]


def test_merged_cells_are_refused_with_the_cells(tmp_path):
    path = book(tmp_path / "a.xlsx", [["面积", None], ["a", "b"], [1, 2]])
    workbook = openpyxl.load_workbook(path)
    workbook.active.merge_cells("A1:B1")
    workbook.save(path)
    with pytest.raises(InputError, match=r'merged: A1:B1 in sheet "表".*Unmerge'):
        tables.read(path)


def test_formula_without_a_value_is_refused_with_the_cell(tmp_path):
    path = book(tmp_path / "a.xlsx", [["a", "b"], [1, 2]], B3="=B2*2", A3=1)
    with pytest.raises(InputError, match=r"no stored value: cell B3.*save it"):
        tables.read(path)


def test_error_cells_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds an error: #N/A in cell B2"):
        tables.read(book(tmp_path / "a.xlsx", [["a", "b"], [1, "#N/A"]]))


def test_sheets_are_named_where_several_hold_data(tmp_path):
    path = book(tmp_path / "a.xlsx", [["a"], [1]], sheet="林业")
    workbook = openpyxl.load_workbook(path)
    workbook.create_sheet("空")
    workbook.save(path)
    assert tables.read(path)["a"].tolist() == ["1"]
    workbook.create_sheet("水利").append(["b"])
    workbook.save(path)
    with pytest.raises(InputError, match=r"several sheets.*林业, 水利"):
        tables.read(path)
    assert tables.read(path, sheet="林业")["a"].tolist() == ["1"]
    with pytest.raises(InputError, match=r'not in the workbook: "林".*nearest is "林业"'):
        tables.read(path, sheet="林")


def test_files_that_are_no_tables(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        tables.read(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r'ending.*Found "\.xls"'):
        tables.read(text(tmp_path / "a.xls", "x"))
    with pytest.raises(InputError, match="cannot be read"):
        tables.read(text(tmp_path / "a.xlsx", "no zip"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"cannot be read.*directory"):
        tables.read(tmp_path / "folder.csv")
    with pytest.raises(InputError, match="not in the workbook"):
        tables.read(text(tmp_path / "b.csv", "a\n1\n"), sheet="x")


def test_column_letters_are_those_of_excel(tmp_path):
    names = [f"c{i}" for i in range(703)]
    frame = tables.read(text(tmp_path / "a.csv", ",".join(names) + "\n" + ",".join("1" for _ in names) + "\n"))
    places = [tables.cell(frame, 2, name) for name in ("c0", "c25", "c26", "c701", "c702")]
    assert places == ["A2", "Z2", "AA2", "ZZ2", "AAA2"]


def test_an_empty_table_has_its_columns(tmp_path):
    frame = tables.read(text(tmp_path / "a.csv", "a,b\n"))
    assert frame.columns.tolist() == ["a", "b"]
    assert len(tables.numbers(frame, "b")) == 0
    assert isinstance(frame, pd.DataFrame)
