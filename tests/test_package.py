import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import ecoval

ROOT = Path(__file__).parents[1]
HEAVY = ("geopandas", "matplotlib", "numba", "pandas", "pyproj", "rasterio", "scipy", "shapely")


def setup():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"  # built from a copy: a build folder in the project would leak old files into the wheel
    everywhere = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT, tree, ignore=lambda place, names: everywhere(place, names) | ({"runs"} if Path(place) == ROOT else set()))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(tree),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_keeps_the_dependencies_of_setup_cfg(wheel):
    text = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("METADATA"))
    required = {
        re.split(r"[ <>=(;]", entry)[0].lower()
        for entry in Parser().parsestr(text).get_all("Requires-Dist")
        if "extra ==" not in entry
    }
    declared = {re.split(r"[<>=]", line)[0].lower() for line in setup()["options"]["install_requires"].split()}
    assert required == declared


def test_wheel_holds_the_files_of_the_tree_and_no_others(wheel):
    """Modules, tables, templates and the sample; nothing of tests, benchmarks, plugin or the making of the sample."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    paths = [path for path in (ROOT / "ecoval").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    library = {path.relative_to(ROOT).as_posix() for path in paths}
    sample = {f"ecoval/sample/{path.name}" for path in (ROOT / "sample_data").iterdir() if path.is_file()}
    assert names == library | sample
    assert "ecoval/sample/study.toml" in names
    assert sum(wheel.getinfo(name).file_size for name in sample) < 3e6


def test_version_is_written_once():
    version = setup()["metadata"]["version"]
    assert ecoval.__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)(.*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if headings[0][0] != version:  # the next release, under way
        assert headings[0][1] == " (unreleased)"
        headings = headings[1:]
    assert headings[0][0] == version


def test_public_names_are_few_and_resolve():
    assert 10 <= len(ecoval.__all__) <= 25
    for name in ecoval.__all__:
        assert getattr(ecoval, name) is not None


def test_help_loads_no_heavy_library():
    code = (
        "import sys, ecoval.__main__\n"
        "try:\n    ecoval.__main__.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_constraints_pin_what_the_gate_installs():
    head, *lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"# Versions that the gate installs, on Python 3\.\d+\. .*make constraints", head)
    pinned = {}
    for line in lines:
        name, version = re.fullmatch(r"([\w.-]+)==([\w.+!-]+)", line).groups()
        pinned[Requirement(name).name.replace("_", "-").lower()] = version
    assert len(pinned) == len(lines)
    extras = setup()["options.extras_require"]
    needed = (setup()["options"]["install_requires"] + extras["test"] + extras["notebook"]).split()
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(pinned[requirement.name.lower()]), requirement
    assert "pytest-qgis" in pinned
