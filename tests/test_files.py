"""The door for writing: the earlier file or the new one, never half a file, and nobody writes beside it."""

import ast
import errno
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

import ecoval
from ecoval import files, rasters
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.report import render
from ecoval.tables import write_table
from ecoval.units import administrative

sys.path.append(str(Path(__file__).parent / "report"))

import sample_run

PACKAGE = Path(ecoval.__file__).parent
TABLE = gpd.GeoDataFrame({"unit_id": ["330110"], "sum": [1.5]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4549")
GRID = Grid.covering((500_000, 3_300_000, 500_060, 3_300_060), "EPSG:32650", 30.0)
UNITS = gpd.GeoDataFrame({"code": ["1"], "name": ["甲"]}, geometry=[box(500_000, 3_300_000, 501_000, 3_301_000)], crs="EPSG:32650")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return sample_run.write(tmp_path_factory.mktemp("run"))


def reported(path, sample):
    shutil.copytree(sample, path.parent, dirs_exist_ok=True, ignore=shutil.ignore_patterns(path.name))
    before = {entry.name for entry in path.parent.iterdir()}
    try:
        render(path.parent, (path.suffix[1:],))
    finally:
        for name in before - {path.name}:
            (path.parent / name).unlink()


WRITERS = {
    "a.csv": lambda path, _: write_table(TABLE, path),
    "a.xlsx": lambda path, _: write_table(TABLE, path),
    "a.gpkg": lambda path, _: write_table(TABLE, path),
    "a.parquet": lambda path, _: write_table(TABLE, path),
    "a.tif": lambda path, _: rasters.write(path, np.ones(GRID.shape), GRID),
    "cog.tif": lambda path, _: rasters.write(path, np.ones(GRID.shape), GRID, cog=True),
    "a.json": lambda path, _: files.write_json(path, {"名": 1}, files.RUN),
    "a.toml": lambda path, _: files.write_toml(path, {"study": {"name": "名"}}, files.RUN),
    "report.html": reported,
    "report.pdf": reported,
    "report.xlsx": reported,
    "units.gpkg": lambda path, _: administrative(UNITS, id="code", name="name").to_file(path),
    "units.geojson": lambda path, _: administrative(UNITS, id="code", name="name").to_file(path),
    "units.parquet": lambda path, _: administrative(UNITS, id="code", name="name").to_file(path),
}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("name", WRITERS)
def test_a_failure_at_the_last_step_leaves_the_earlier_file_alone(tmp_path, monkeypatch, sample, name, number):
    path = tmp_path / "out" / name
    path.parent.mkdir()
    path.write_text("earlier")
    replace, tried = Path.replace, []

    def fail(self, target):
        if Path(target) == path:
            tried.append(self)
            raise OSError(number, os.strerror(number), str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    passes = number == errno.EIO and path.suffix in (".json", ".toml")  # of a run folder only what it has a message for
    with pytest.raises(OSError if passes else InputError) as caught:
        WRITERS[name](path, sample)
    if not passes:
        assert name in str(caught.value) or caught.value.code == "no_write_permission"
        assert caught.value.message("zh") != caught.value.message("en")
    assert [(part.parent, part.suffix) for part in tried] == [(path.parent, path.suffix)]  # beside, on the same disk
    assert [(entry.name, entry.read_text()) for entry in path.parent.iterdir()] == [(name, "earlier")]
    monkeypatch.undo()
    WRITERS[name](path, sample)
    assert [entry.name for entry in path.parent.iterdir()] == [name]
    assert path.read_bytes() != b"earlier"


KILLED = """
import os, sys
from pathlib import Path
from ecoval import files
calls = 0
def at(number, call):
    def counted(*given, **named):
        global calls
        calls += 1
        if calls == number:
            os._exit(9)
        return call(*given, **named)
    return counted
number = int(sys.argv[2])
for name in ("touch", "unlink", "write_text", "replace"):
    setattr(Path, name, at(number, getattr(Path, name)))
os.fsync = at(number, os.fsync)
files.write_json(sys.argv[1], "later")
"""


def test_a_process_killed_at_any_step_leaves_the_earlier_file_or_the_later(tmp_path):
    seen = []
    for number in range(1, 12):
        path = tmp_path / str(number) / "a.json"
        path.parent.mkdir()
        path.write_text("earlier")
        done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(number)], check=False)
        seen.append(path.read_text().strip())
        if done.returncode == 0:
            break
    assert done.returncode == 0
    turn = seen.index('"later"')
    assert turn == 5  # the probe and its removal, the text, the flush, the renaming; then what is left to remove
    assert seen == ["earlier"] * turn + ['"later"'] * (len(seen) - turn)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_what_stops_the_writing_leaves_nothing(tmp_path, stop):
    def half():
        with files.written_beside(tmp_path / "a.gpkg") as part:
            for ending in ("", "-journal", "-wal"):
                part.with_name(part.name + ending).write_text("half")
            raise stop

    with pytest.raises(stop):
        half()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("refusals", "number", "code"),
    [
        (files.TABLE, errno.ENOSPC, "table_disk_full"),
        (files.TABLE, errno.EFBIG, "table_disk_full"),
        (files.TABLE, errno.EROFS, "table_not_permitted"),
        (files.TABLE, errno.EIO, "table_not_written"),
        (files.RUN, errno.EDQUOT, "disk_full"),
        (files.RUN, errno.EEXIST, "no_write_permission"),
        (files.UNITS, errno.ENOSPC, "units_not_written"),
        (rasters.output.RASTER, errno.EACCES, "raster_folder_not_writable"),
        (rasters.output.RASTER, errno.ENOSPC, "raster_not_written"),
    ],
)
def test_the_system_is_translated(tmp_path, refusals, number, code):
    with pytest.raises(InputError) as caught, files.translate_refusals(tmp_path / "a.csv", refusals):
        raise OSError(number, os.strerror(number))
    assert (caught.value.code, caught.value.fields["path"]) == (code, str(tmp_path / "a.csv"))


def test_what_has_no_words_passes(tmp_path):
    for refusals in (files.RUN, None):
        with pytest.raises(OSError, match="output"), files.translate_refusals(tmp_path, refusals):
            raise OSError(errno.EIO, "Input/output error")


def test_the_folder_is_tried_before_the_work(tmp_path):
    for path, reason in ((tmp_path / "absent" / "a.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError, match=reason), files.written_beside(path):
            pytest.fail("the work began")


def test_a_file_that_is_held_open_is_refused_before_the_work(tmp_path, monkeypatch):
    held = tmp_path / "held.csv"
    held.write_text("x")
    files.refuse_in_use([held, tmp_path / "absent.csv"])
    assert held.read_text() == "x"

    def refuse(self, target):
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match=r"held\.csv") as caught:
        files.refuse_in_use([held])
    assert caught.value.code == "FILE_IN_USE"


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS


@given(st.dictionaries(TEXTS, PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(TEXTS, PLAIN, max_size=3), max_size=4))
def test_toml_is_read_back_as_it_was(content):
    import tomli_w

    assert tomllib.loads(tomli_w.dumps(files.plain_toml(content))) == content


def test_toml_is_lines_that_people_read(tmp_path):
    content = {"study": {"name": "临澜 县", "year": [2015, 2023], "price_year": None}, "layers": {"npp": {"path": Path("a/b.tif")}}}
    files.write_toml(tmp_path / "study.toml", content)
    lines = (tmp_path / "study.toml").read_bytes().decode().split("\n")
    assert [line for line in lines if line] == [
        "[study]",
        'name = "临澜 县"',
        "year = [",
        "    2015,",
        "    2023,",
        "]",
        "[layers.npp]",
        'path = "a/b.tif"',
    ]


# nobody else opens a file for writing

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "files.py")
OF_PATHS = {"write_text", "write_bytes", "mkdir", "rmdir", "unlink", "touch", "symlink_to", "hardlink_to", "extractall"}
OF_FORMATS = {
    *("to_csv", "to_parquet", "to_excel", "to_file", "to_feather", "to_pickle", "write_dataframe", "write_arrow", "ExcelWriter"),
    *("save", "savefig", "savez", "savetxt", "tofile", "memmap", "dump", "rmtree", "mkdtemp"),
}
OF_SYSTEM = {"replace", "rename", "remove", "unlink", "mkdir", "makedirs", "rmdir", "link", "symlink", "truncate", "open"}
GIVEN = {  # functions that write one format into the temporary path that they are given
    ("tables/geopackage.py", "write_layer"),
    ("tables/writing.py", "_write_csv"),
    ("tables/writing.py", "_write_parquet"),
    ("tables/writing.py", "save_book"),
    ("rasters/output.py", "_copy_optimized"),
}
MEMORY = {("report/docx.py", "set_docx"), ("report/figures.py", "png"), ("report/packing.py", "packed")}  # into a stream of bytes
UNITS_WRITTEN = {("operations/units_admin.py", "written")}  # SpatialUnits.to_file, which takes the door
DATABASE = {("ledger/store.py", "connect")}  # SQLite has transactions of its own


def writes(call):
    """Whether a call creates, replaces or deletes a file or folder, as far as its name and arguments say."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
    if owner == "os":
        return name in OF_SYSTEM
    if name in ("open", "ZipFile"):
        arguments = (*call.args, *(keyword.value for keyword in call.keywords))
        modes = [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        return any(set(mode) <= set("rwaxbt+") and set(mode) & set("wax+") for mode in modes)
    if name in ("replace", "rename"):  # of a path; of texts and tables they take two arguments, a mapping or keywords
        plain = len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Dict | ast.Constant)
        return plain and isinstance(function, ast.Attribute) and not isinstance(function.value, ast.Call)
    if name in OF_PATHS:
        return isinstance(function, ast.Attribute)
    return name in OF_FORMATS or (owner, name) in {("rasterio.shutil", "copy"), ("sqlite3", "connect")}


def writers(tree):
    """Calls that write outside the door, and imports of what writes: (function, line, text)."""
    found = []

    def walk(node, function, temporary):
        if isinstance(node, ast.FunctionDef):
            function = node.name
        if isinstance(node, ast.With):
            for item in node.items:
                if any(f"{door}(" in ast.unparse(item.context_expr) for door in ("written_beside", "temporary_beside")):
                    temporary = temporary | {item.optional_vars.id}
        if isinstance(node, ast.Call) and writes(node):
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            if not names & temporary:
                found.append((function, node.lineno, ast.unparse(node)))
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = {node.module} if isinstance(node, ast.ImportFrom) else {alias.name for alias in node.names}
            if modules & {"tempfile", "shutil"}:
                found.append((function, node.lineno, ast.unparse(node)))
        for child in ast.iter_child_nodes(node):
            walk(child, function, temporary)

    walk(tree, "", frozenset())
    return found


@pytest.fixture(scope="module")
def written():
    """Where each module of the package writes outside the door: (module, function) -> texts."""
    places = {}
    for path in MODULES:
        for function, line, text in writers(ast.parse(path.read_text(encoding="utf-8"))):
            places.setdefault((path.relative_to(PACKAGE).as_posix(), function), []).append((line, text))
    return places


def test_nobody_else_opens_a_file_for_writing(written):
    allowed = GIVEN | MEMORY | UNITS_WRITTEN | DATABASE
    assert {place: calls for place, calls in written.items() if place not in allowed} == {}


def test_every_exception_is_still_needed(written):
    assert set(written) == GIVEN | MEMORY | UNITS_WRITTEN | DATABASE


@pytest.mark.parametrize(
    "line",
    [
        *("open(path, 'w')", "path.open('ab')", "path.open(mode='x')", "rasterio.open(path, 'w')", "path.write_text('')"),
        *("frame.to_csv(path)", "part.replace(path)", "path.unlink()", "book.save(path)", "path.rename(other)"),
        *("os.replace(a, path)", "os.open(path, flags)", "sqlite3.connect(path)", "figure.savefig(path)"),
    ],
)
def test_what_writes_is_seen(line):
    assert len(writers(ast.parse(line))) == 1
    assert writers(ast.parse(f"with written_beside(target) as path:\n    {line}")) == []


@pytest.mark.parametrize("line", ["import tempfile", "from shutil import rmtree", "from tempfile import mkdtemp"])
def test_what_could_write_is_not_brought_in(line):
    assert len(writers(ast.parse(line))) == 1


@pytest.mark.parametrize(
    "line", ["open(path)", "path.open('r')", "text.replace('a', 'b')", "table.replace({1: 2})", "time.replace(second=0)"]
)
def test_what_reads_is_let_be(line):
    assert writers(ast.parse(line)) == []


def test_a_link_stays_a_link_and_rights_stay(tmp_path):
    real = tmp_path / "real.txt"
    files.write_text(real, "first")
    real.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    files.write_text(link, "second")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "second"
    assert real.stat().st_mode & 0o777 == 0o640
