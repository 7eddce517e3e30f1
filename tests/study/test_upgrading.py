"""What 0.1.0 wrote is read as it is, brought up once, and kept; what a later version writes is refused."""

import json
import shutil
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
import small_study
from typer.testing import CliRunner

from ecoval import file_versions
from ecoval.cli import app
from ecoval.errors import InputError
from ecoval.ledger import Ledger
from ecoval.offset.declaration.files import PlanDeclaration, ProjectDeclaration
from ecoval.study import Study
from ecoval.study.study import read_record
from ecoval.study.upgrading import upgrade

WRITTEN = Path(__file__).parents[1] / "written_by_0_1_0"
HEAD = "4cd6366b95491c8e06e41956185c7df647307ed3856a8618630b936bb6c5efb6"  # of the chain, as 0.1.0 told it
DECLARED = ("study", "project", "plan")
READERS = {
    "study": Study.read,
    "project": ProjectDeclaration.read,
    "plan": PlanDeclaration.read,
    "run": read_record,
    "ledger": Ledger,
}


@pytest.fixture
def old(tmp_path):
    return shutil.copytree(WRITTEN, tmp_path / "旧 版本")


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(code, path):
    with pytest.raises(InputError) as caught:
        upgrade(path)
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize("kind", DECLARED)
def test_a_declaration_gets_one_line_and_keeps_the_rest(old, kind):
    path = old / f"{kind}.toml"
    before = path.read_text(encoding="utf-8")
    (one,) = upgrade(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    added = f"format = {file_versions.CURRENT[kind]}"
    assert lines.count(added) == 1
    assert lines[lines.index(added) - 1].startswith(f"[{kind}]")
    lines.remove(added)
    assert lines == before.splitlines()
    assert (one.kind, one.changed, one.backup.name) == (kind, True, f"{kind}.toml.0.1.0.bak")
    assert one.backup.read_text(encoding="utf-8") == before
    assert tomllib.loads(path.read_text(encoding="utf-8"))[kind]["format"] == file_versions.CURRENT[kind]
    READERS[kind](path)


@pytest.mark.parametrize("name", ["study.toml", "project.toml", "plan.toml", "run", "ledger.gpkg"])
def test_a_second_call_does_nothing(old, name):
    first = upgrade(old / name)
    after = contents(old)
    again = upgrade(old / name)
    assert contents(old) == after
    assert not any(one.changed for one in again)
    assert [(one.path, one.version) for one in again] == [(one.path, one.version) for one in first]


def test_a_run_folder_is_brought_up_file_by_file(old):
    record = old / "run" / "run.json"
    said = json.loads(record.read_text(encoding="utf-8"))
    assert {one.path.name: one.changed for one in upgrade(old / "run")} == {"run.json": False, "study.toml": True}
    del said["format"]  # as other commands of 0.1.0 left it out
    record.write_text(json.dumps(said), encoding="utf-8")
    assert {one.path.name: one.changed for one in upgrade(record)} == {"run.json": True, "study.toml": False}
    made = json.loads(record.read_text(encoding="utf-8"))
    assert made.pop("format") == file_versions.CURRENT["run"]
    assert made == said
    assert Study.read(old / "run").years == (2023,)


def test_a_ledger_keeps_its_entries_and_its_chain(old):
    path = old / "ledger.gpkg"
    before = path.read_bytes()
    assert Ledger(path).head() == HEAD  # read as it is
    entries = Ledger(path).entries()
    (one,) = upgrade(path)
    assert one.backup.read_bytes() == before
    ledger = Ledger(path)
    assert ledger.check(HEAD).empty
    assert ledger.entries().equals(entries)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version FROM ecoval_format").fetchall() == [(file_versions.CURRENT["ledger"],)]


def test_new_files_say_their_version(tmp_path):
    path = small_study.write(tmp_path / "study")
    Study.read(path).run(out=tmp_path / "run", reports=())
    Ledger.open(tmp_path / "ledger.gpkg")
    made = [*upgrade(tmp_path / "run"), *upgrade(tmp_path / "ledger.gpkg")]
    assert {one.kind: one.changed for one in made} == {"run": False, "study": False, "ledger": False}


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (b"\r\n", '\ufeff# \u6ce8\u91ca\r\n[study]\r\nname = "a"\r\n'.encode()),
        (b"\n", b'[study]\nname = """\n[study]\n"""\n'),
        (b"\n", b'[a]\nb = """\n[study]\n"""\n  [ study ]  # here\nname = "a"\n'),
        (b"\n", b"[study]"),
    ],
    ids=["bom and crlf", "header in a text below", "header in a text above", "header alone"],
)
def test_only_the_header_of_the_table_is_followed_by_the_key(tmp_path, ending, text):
    path = tmp_path / "study.toml"
    path.write_bytes(text)
    before = tomllib.loads(text.decode("utf-8-sig"))
    upgrade(path)
    after = path.read_bytes()
    assert after.startswith(text[:3])
    assert b"format = 1" + ending in after
    assert tomllib.loads(after.decode("utf-8-sig")) == {**before, "study": {**before["study"], "format": 1}}


def test_a_table_without_a_header_is_left_to_its_owner(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('study = { name = "a" }\n', encoding="utf-8")
    error = refused("upgrade_by_hand", path)
    assert "format = 1" in error.message("zh")
    assert [each.name for each in tmp_path.iterdir()] == ["study.toml"]


def test_nothing_is_overwritten(old):
    backup = old / "study.toml.0.1.0.bak"
    backup.write_text("of somebody", encoding="utf-8")
    before = contents(old)
    refused("upgrade_backup_differs", old / "study.toml")
    assert contents(old) == before
    backup.write_bytes((old / "study.toml").read_bytes())  # left by a call that was stopped
    assert upgrade(old / "study.toml")[0].changed


@pytest.mark.parametrize("name", ["units.csv", "other.toml", "."])
def test_what_is_none_of_these_is_refused(tmp_path, name):
    if name != ".":
        (tmp_path / name).write_text("[units]\na = 1\n", encoding="utf-8")
    refused("upgrade_of_nothing", tmp_path / name)


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize(("version", "code"), [(99, "format_later"), (0, "format_wrong"), ("1", "format_wrong")])
def test_a_version_that_is_not_known_is_refused(old, kind, version, code):
    path = old / ({"run": "run/run.json", "ledger": "ledger.gpkg"}.get(kind) or f"{kind}.toml")
    if kind == "ledger":
        upgrade(path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE ecoval_format")
            connection.execute("CREATE TABLE ecoval_format (version)")
            connection.execute("INSERT INTO ecoval_format VALUES (?)", (version,))
    elif kind == "run":
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format": version}), encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
        table = f"[{kind}]"
        value = json.dumps(version)
        path.write_text(
            text.replace(table, f"[later]\n{table}", 1).replace("name =", f"format = {value}\nname =", 1), encoding="utf-8"
        )
    for read in (READERS[kind], upgrade):
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.code == code
        assert str(file_versions.CURRENT[kind]) in str(caught.value)


def test_the_command_says_what_it_did(old):
    said = {}
    for lang in ("en", "zh"):
        shutil.copytree(WRITTEN, old / lang)
        said[lang] = CliRunner().invoke(app, ["upgrade", str(old / lang / "study.toml"), "--lang", lang]).stdout
    assert "Brought up: " in said["en"]
    assert "study.toml.0.1.0.bak" in said["en"]
    assert "已升级：" in said["zh"]
    result = CliRunner().invoke(app, ["upgrade", str(old / "run"), "--json"])
    files = json.loads(result.stdout)["files"]
    assert [(Path(file["path"]).name, file["changed"]) for file in files] == [("run.json", False), ("study.toml", True)]
    again = CliRunner().invoke(app, ["upgrade", str(old / "run"), "--lang", "en"])
    assert again.stdout.count("Up to date: ") == 2
    assert CliRunner().invoke(app, ["upgrade", str(old / "nothing.toml")]).exit_code == 1
