"""The zip that people install: its rules, its size, its index; nothing but the plugin's own code."""

import ast
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest
from bounds import within

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("ECOVAL_TEST_PYTHON", sys.executable)


def test_names_and_sizes(built):
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        sample = sum(each.file_size for each in archive.infolist() if "/sample/" in each.filename)
    assert built.stat().st_size < 5 * 2**20
    assert sample < 3 * 2**20
    assert all(name.startswith("ecoval_qgis/") for name in names)
    assert not [name for name in names if name.endswith((".ts", ".pyc", ".whl")) or "test" in name]
    needed_files = ("__init__.py", "LICENSE", "metadata.txt", "catalogue.json", "operations.json")
    for needed in (*needed_files, "i18n/ecoval_zh_CN.qm", "sample/roles.json"):
        assert "ecoval_qgis/" + needed in names


def test_index_for_an_intranet(built):
    entry = ET.parse(built.parent / "plugins.xml").getroot().find("pyqgis_plugin")
    assert entry.findtext("download_url") == "https://intranet/plugins/" + built.name
    assert entry.findtext("qgis_minimum_version") == "3.22"


def test_two_builds_are_the_same_bytes(built, tmp_path):
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    command = [PYTHON, str(ROOT / "qgis_plugin" / "build.py"), "zip", "--out", str(tmp_path)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    with zipfile.ZipFile(built) as one, zipfile.ZipFile(tmp_path / built.name) as two:
        different = [name for name in one.namelist() if not name.endswith(".gpkg") and one.read(name) != two.read(name)]
    assert not different


def test_the_catalogue_is_what_the_library_says(built):
    code = "from ecoval.engine.catalogue import fingerprint; print(fingerprint())"
    found = subprocess.run([PYTHON, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    with zipfile.ZipFile(built) as archive:
        assert '"hash": "{}"'.format(found) in archive.read("ecoval_qgis/catalogue.json").decode("utf-8")


def test_only_the_standard_library_and_qgis(built):
    with zipfile.ZipFile(built) as archive:
        for name in archive.namelist():
            if not name.endswith(".py"):
                continue
            for node in ast.walk(ast.parse(archive.read(name), feature_version=(3, 9))):
                modules = []
                if isinstance(node, ast.Import):
                    modules = [each.name for each in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    modules = [node.module]
                for module in modules:
                    top = module.split(".")[0]
                    assert top in ("qgis", "processing") or top in sys.stdlib_module_names, (name, module)


def test_the_checker_of_the_repository_rules(built, outside):
    checker = outside / "tools" / "plugin_check_zip.py"
    done = subprocess.run([sys.executable, str(checker), "--strict", str(built)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.timed
def test_loading_is_short_and_silent(built, tmp_path):
    """In an interpreter of its own that refuses every import but the standard library and qgis."""
    zipfile.ZipFile(built).extractall(tmp_path / "插件 目录")
    code = """
import sys, time
import processing
from qgis.core import QgsApplication
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.split('.')[0]
        if top in ('numpy', 'pandas', 'osgeo', 'ecoval', 'shapely', 'rasterio', 'geopandas'):
            raise ImportError(name)
app = QgsApplication([], False); app.initQgis()
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
begin = time.perf_counter()
import ecoval_qgis
plugin = ecoval_qgis.classFactory(None)
plugin.initProcessing()
took = time.perf_counter() - begin
count = len(plugin.provider.algorithms())
plugin.unload()
sys.stderr.write('took %d %d ' % (1000 * took, count))
sys.stderr.flush()
import os; os._exit(0)
"""
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "插件 目录")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == ""
    assert "took" in done.stderr, done.stderr
    _, milliseconds, count = done.stderr[done.stderr.index("took") :].split()[:3]
    assert int(count) == 18
    within(int(milliseconds) / 1000, 0.15, "loading")
