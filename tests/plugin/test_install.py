import base64
import hashlib
import json
import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication

from ecoval_qgis.engine import install, locate, protocol

FAKE = Path(__file__).with_name("fake_engine.py").read_text(encoding="utf-8")
VERSION = "0.1.0"
MAIN = """
import sys
if sys.argv[1:2] == ["doctor"]:
    print("{}"); sys.exit({doctor})
if sys.argv[1:2] == ["demo"]:
    sys.exit("no sample here")
import {module}
sys.argv = ["ecoval", "{mode}"]
sys.exit({module}.main())
"""


def wheel(folder, mode="good", doctor=0):
    """A wheel of a library that is the fake engine."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ecoval-{}-py3-none-any.whl".format(VERSION)
    info = "ecoval-{}.dist-info".format(VERSION)
    files = {
        "ecoval/__init__.py": "",
        "ecoval/fake.py": FAKE,
        "ecoval/__main__.py": MAIN.replace("{module}", "ecoval.fake").replace("{mode}", mode).replace("{doctor}", str(doctor)),
        info + "/METADATA": "Metadata-Version: 2.1\nName: ecoval\nVersion: {}\n".format(VERSION),
        info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(str(path), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode("utf-8")).digest()).rstrip(b"=").decode("ascii")
            record += "{},sha256={},{}\n".format(name, digest, len(text.encode("utf-8")))
        archive.writestr(info + "/RECORD", record + info + "/RECORD,,\n")
    return path


def offline(folder, **options):
    """An offline folder as build.py writes it, with the fake library alone."""
    path = wheel(folder / "wheels", **options)
    entry = {"file": "wheels/" + path.name, "python": "py3", "platform": "any", "sha256": install.sha256(path)}
    manifest = {"format": 1, "ecoval": VERSION, "pythons": ["3.11", "3.12", "3.13"], "files": [entry]}
    write_manifest(folder, manifest)
    return folder, manifest


def write_manifest(folder, manifest):
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def refused(call, *arguments, **named):
    with pytest.raises(protocol.EngineError) as caught:
        call(*arguments, **named)
    return caught.value


@pytest.fixture
def place(qgis_app, tmp_path, monkeypatch):
    """The user's data folder, under a name with Chinese letters and a space."""
    folder = tmp_path / "数据 目录"
    folder.mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.delenv(locate.VARIABLE, raising=False)
    monkeypatch.setattr(install, "SPACE_GB", 0.05)
    return folder


def left(place):
    return sorted(entry.name for entry in (place / "ecoval").iterdir()) if (place / "ecoval").is_dir() else []


def test_an_offline_folder_becomes_an_engine(place, tmp_path):
    folder, _ = offline(tmp_path / "离线 folder")
    seen = []
    made = install.Installer(install.plan(folder, version=VERSION), lambda *step: seen.append(step))
    hello = made.run()
    assert hello["protocols"] == [1]
    assert left(place) == ["engine-" + VERSION]
    assert locate.interpreter(locate.engine_folder(VERSION)).is_file()
    assert list(dict.fromkeys(step for step, _, _ in seen)) == list(install.SHARES)
    assert any(line.startswith("kernels: INSTALL_STEP") for line in made.log)  # no sample in this wheel: not a failure
    assert any("Successfully installed ecoval" in line for line in made.log)


def test_the_environment_is_found_after_the_variable_and_the_option(place, tmp_path, monkeypatch):
    assert locate.candidates() == []
    own = locate.interpreter(locate.engine_folder())
    own.parent.mkdir(parents=True)
    own.write_text("")
    QgsSettings().setValue(locate.OPTION, "/chosen/python")
    monkeypatch.setenv(locate.VARIABLE, "/variable/python")
    try:
        assert [(each.kind, each.python) for each in locate.candidates()] == [
            ("variable", "/variable/python"),
            ("option", "/chosen/python"),
            ("own", str(own)),
        ]
    finally:
        QgsSettings().remove(locate.OPTION)
    assert str(place) in str(own)


def test_an_engine_that_does_not_greet_leaves_the_earlier_one(place, tmp_path):
    target = locate.engine_folder(VERSION)
    target.mkdir(parents=True)
    (target / "earlier").write_text("x")
    folder, _ = offline(tmp_path / "folder", mode="crash_at_start")
    error = refused(install.Installer(install.plan(folder, version=VERSION)).run)
    assert (error.code, error.fields["step"]) == ("INSTALL_STEP", "greeting")
    assert "boom at start" in error.fields["reason"]
    assert (target / "earlier").is_file()
    assert left(place) == ["engine-" + VERSION]


def test_a_self_test_that_fails_is_named(place, tmp_path):
    folder, _ = offline(tmp_path / "folder", doctor=1)
    error = refused(install.Installer(install.plan(folder, version=VERSION)).run)
    assert (error.code, error.fields["step"]) == ("INSTALL_STEP", "self test")
    assert left(place) == []


def test_a_new_environment_replaces_the_earlier_one(place, tmp_path):
    target = locate.engine_folder(VERSION)
    target.mkdir(parents=True)
    (target / "earlier").write_text("x")
    folder, _ = offline(tmp_path / "folder")
    install.Installer(install.plan(folder, version=VERSION)).run()
    assert not (target / "earlier").exists()
    assert left(place) == ["engine-" + VERSION]


@pytest.mark.parametrize("at", ["environment", "packages"])
def test_cancelled_at_any_step_it_leaves_nothing(place, tmp_path, at):
    folder, _ = offline(tmp_path / "folder")
    reached = []
    made = install.Installer(install.plan(folder, version=VERSION), lambda step, *_: reached.append(step), lambda: at in reached)
    assert refused(made.run).code == "INSTALL_CANCELLED"
    assert left(place) == []


def test_altered_and_missing_files_are_named(place, tmp_path):
    folder, manifest = offline(tmp_path / "folder")
    path = folder / manifest["files"][0]["file"]
    path.write_bytes(path.read_bytes() + b"x")
    error = refused(install.read_manifest, folder)
    assert (error.code, error.fields["files"]) == ("INSTALL_FOLDER_ALTERED", [manifest["files"][0]["file"]])
    path.unlink()
    assert refused(install.read_manifest, folder).code == "INSTALL_FOLDER_ALTERED"


def test_folders_that_are_none_are_refused(place, tmp_path):
    assert refused(install.read_manifest, tmp_path).code == "INSTALL_FOLDER_WRONG"
    for text in ("no json", "[]", '{"files": [{}]}', '{"files": []}'):
        (tmp_path / "manifest.json").write_text(text)
        assert refused(install.read_manifest, tmp_path).code == "INSTALL_FOLDER_WRONG"


def test_a_folder_for_another_platform_or_python_is_refused(place, tmp_path):
    folder, manifest = offline(tmp_path / "folder")
    foreign = {"file": "wheels/numpy-2.0-cp311-cp311-other.whl", "python": "cp311", "platform": "other_cpu", "sha256": "0"}
    write_manifest(folder, {**manifest, "files": [*manifest["files"], foreign]})
    assert refused(install.read_manifest, folder).code == "INSTALL_FOLDER_WRONG"
    write_manifest(folder, {**manifest, "pythons": ["3.99"]})
    error = refused(install.Installer(install.plan(folder, version=VERSION)).run)
    assert (error.code, error.fields["expected"]) == ("INSTALL_FOLDER_PYTHON", ["3.99"])


def test_platform_tags_of_wheels(place, monkeypatch):
    assert install.fits("any")
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(install, "machine", lambda: "x86_64")
    assert install.fits("manylinux_2_17_x86_64.manylinux2014_x86_64")
    assert not install.fits("win_amd64")
    assert not install.fits("manylinux2014_aarch64")
    monkeypatch.setattr(install.sys, "platform", "win32")
    monkeypatch.setattr(install, "machine", lambda: "amd64")
    assert install.fits("win_amd64")
    assert not install.fits("win32")


def test_no_python_no_room_no_permission_are_said(place, tmp_path, monkeypatch):
    plan = install.plan(version=VERSION)
    with monkeypatch.context() as changed:
        changed.setattr(locate, "base_interpreters", lambda folder=None: [])
        assert refused(install.Installer(plan).run).code == "INSTALL_NO_PYTHON"
    with monkeypatch.context() as changed:
        changed.setattr(install, "SPACE_GB", 1e9)
        assert refused(install.Installer(plan).run).code == "INSTALL_NO_SPACE"
    blocked = tmp_path / "a file"
    blocked.write_text("x")
    error = refused(install.Installer(plan, target=blocked / "engine").run)
    assert error.code == "INSTALL_NO_PERMISSION"
    assert left(place) == []


def test_a_requirement_that_nobody_offers_fails_at_its_step(place, tmp_path):
    folder, _ = offline(tmp_path / "folder")
    error = refused(install.Installer(install.plan(folder, version="9.9.9")).run)
    assert (error.code, error.fields["step"]) == ("INSTALL_STEP", "packages")
    assert "9.9.9" in error.fields["reason"]
    assert left(place) == []


def test_pip_keeps_the_users_configuration(place):
    def arguments(**options):
        return install.Installer(install.plan(version=VERSION, **options))._pip()

    assert arguments()[-2:] == ["--no-warn-script-location", "ecoval==" + VERSION]
    assert "--index-url" not in arguments()
    assert arguments(index="https://mirror/simple", proxy="http://proxy:1")[-5:] == [
        "--index-url",
        "https://mirror/simple",
        "--proxy",
        "http://proxy:1",
        "ecoval==" + VERSION,
    ]
    assert "--no-index" in arguments(folder="/x")
    assert not {"--user", "--system-site-packages"} & set(arguments())


def test_interpreters_are_asked_for_version_and_venv(place, tmp_path, monkeypatch):
    old = tmp_path / "bin" / "python3.11"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 3.9.2\n")
    old.chmod(old.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(old.parent) + os.pathsep + os.environ["PATH"])
    found = locate.base_interpreters()
    assert found
    assert all(each.version >= locate.OLDEST_PYTHON for each in found)
    assert str(old) not in [each.python[0] for each in found]
    bundled = tmp_path / "offline" / "python" / "bin" / "python3"
    bundled.parent.mkdir(parents=True)
    bundled.write_text('#!/bin/sh\nexec "{}" "$@"\n'.format(sys.executable))
    bundled.chmod(bundled.stat().st_mode | stat.S_IXUSR)
    assert locate.base_interpreters(tmp_path / "offline")[0].python == [str(bundled)]


def test_the_thread_tells_steps_and_end(place, tmp_path):
    folder, _ = offline(tmp_path / "folder")
    thread = install.Installation(install.plan(folder, version=VERSION))
    steps, ends = [], []
    thread.progressed.connect(lambda step, fraction, text: steps.append((step, fraction)))
    thread.ended.connect(lambda hello, error: ends.append((hello, error)))
    thread.start()
    while thread.isRunning() or not ends:
        QCoreApplication.processEvents()
        thread.wait(20)
    assert ends[0][1] is None
    assert ends[0][0]["ecoval"] == VERSION
    assert steps[-1] == ("done", 1.0)
