import errno
import resource
import sqlite3
import subprocess
import sys
import textwrap

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

from ecoval.errors import InputError
from ecoval.tables import write_table

TABLE = pd.DataFrame({"unit_id": ["330110", "330111"], "unit_name": ["甲镇", "乙 镇"], "sum": [1.5, np.nan], "count": [3, 4]})
SHAPES = gpd.GeoDataFrame(TABLE, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs="EPSG:4549")


def test_write_table_csv_has_the_mark_for_excel(tmp_path):
    path = tmp_path / "表 格.csv"
    write_table(SHAPES, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfunit_id,unit_name,sum,count\n")
    pd.testing.assert_frame_equal(pd.read_csv(path, dtype={"unit_id": str}), TABLE)


def test_write_table_csv_without_the_mark(tmp_path):
    write_table(TABLE, tmp_path / "a.csv", excel=False)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"unit_id,")


def test_write_table_csv_keeps_every_digit(tmp_path):
    numbers = [0.1 + 0.2, 1e300, 1 / 3]
    write_table(pd.DataFrame({"sum": numbers}), tmp_path / "a.csv", excel=False)
    assert [float(line) for line in (tmp_path / "a.csv").read_text(encoding="utf-8").split()[1:]] == numbers


def test_write_table_parquet_keeps_types_and_geometry(tmp_path):
    write_table(TABLE, tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), TABLE)
    write_table(SHAPES, tmp_path / "b.parquet")
    assert gpd.read_parquet(tmp_path / "b.parquet").geometry.equals(SHAPES.geometry)


def test_write_table_geopackage_is_version_1_2_with_geometry(tmp_path):
    path = tmp_path / "a.gpkg"
    write_table(SHAPES, path, layer="zonal")
    with sqlite3.connect(path) as database:
        assert database.execute("pragma user_version").fetchone() == (10200,)
        assert database.execute("select table_name, data_type from gpkg_contents").fetchall() == [("zonal", "features")]
    back = gpd.read_file(path)
    assert back.crs == SHAPES.crs
    assert back["unit_id"].tolist() == ["330110", "330111"]
    assert back["geometry"].area.tolist() == [1.0, 1.0]


def test_write_table_xlsx_reopens_with_equal_numbers(tmp_path):
    write_table(SHAPES, tmp_path / "a.xlsx", layer="zonal")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["zonal"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["unit_id", "unit_name", "sum", "count"],
        ["330110", "甲镇", 1.5, 3],
        ["330111", "乙 镇", None, 4],
    ]
    assert sheet.freeze_panes == "A2"


def test_write_table_replaces_and_leaves_nothing_else(tmp_path):
    for ending in (".csv", ".parquet", ".gpkg", ".xlsx"):
        for _ in range(2):
            write_table(SHAPES, tmp_path / f"a{ending}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.gpkg", "a.parquet", "a.xlsx"]


def test_write_table_refuses_an_unknown_ending(tmp_path):
    with pytest.raises(InputError, match=r'ends in ".txt"\. Expected one of \.csv'):
        write_table(TABLE, tmp_path / "a.txt")


def test_write_table_refuses_an_absent_folder(tmp_path):
    with pytest.raises(InputError, match=r"may not be written here.*No such file.*Choose another folder") as caught:
        write_table(TABLE, tmp_path / "absent" / "a.csv")
    assert caught.value.code == "table_not_permitted"


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "table_disk_full"), (errno.EIO, "table_not_written")])
def test_write_table_keeps_the_old_file_where_writing_fails(tmp_path, monkeypatch, number, code):
    path = tmp_path / "a.csv"
    path.write_text("old", encoding="utf-8")

    def fail(*arguments, **options):
        raise OSError(number, "no")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(InputError, match=r"a\.csv") as caught:
        write_table(TABLE, path)
    assert caught.value.code == code
    assert [(entry.name, entry.read_text(encoding="utf-8")) for entry in tmp_path.iterdir()] == [("a.csv", "old")]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".gpkg", ".xlsx"])
def test_write_table_file_that_may_not_grow_leaves_no_half_file(tmp_path, ending):
    # a limit of 4 kB on the size of a file stands for a disk that fills up half way
    script = f"""
        import resource, signal
        import pandas as pd, numpy as np, geopandas as gpd, openpyxl, pyarrow
        from ecoval.tables import write_table
        from ecoval.errors import InputError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        frame = pd.DataFrame({{"a": np.random.default_rng(1).random(20_000)}})
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, {resource.RLIM_INFINITY}))
        try:
            write_table(frame, {str(tmp_path / ("a" + ending))!r})
        except InputError as error:
            print(error.code)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() in ("table_disk_full", "table_not_written"), done.stderr
    assert list(tmp_path.iterdir()) == []
