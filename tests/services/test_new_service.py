"""What a new service takes: one folder and one line. The folder is tests/services/shade_supply."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_study

import ecoval
from ecoval import registry

PACKAGE = Path(ecoval.__file__).parent
CODE = "shade_supply"
SCRIPT = """
import json, sys
from pathlib import Path
from ecoval.engine.catalogue import catalogue
from ecoval.layers.catalogue import service_catalogue
from ecoval.offset.rules.counting import SpatialRule
from ecoval.parameters import Parameters
from ecoval.study import Study
import methods_pages
from ecoval.services import service

account = Study.read(sys.argv[1]).run(out=sys.argv[2], reports=("html", "xlsx"), lang="zh")
rows = account.supply.query("service == 'shade_supply'")
listed = next(each for each in catalogue()["services"] if each["code"] == "shade_supply")
rule = SpatialRule.read()
print(json.dumps({
    "quantity": rows["quantity"].sum(), "value": rows["value"].sum(),
    "types": sorted(set(rows.query("quantity > 0")["ecosystem_type"].astype(str))),
    "labels": listed["labels"], "item": listed["items"][0]["labels"],
    "row": service_catalogue(lang="zh").set_index("service").loc["shade_supply", "name"],
    "page": methods_pages.page(service("shade_supply")),
    "rule": [rule.area_kind("shade_supply"), rule.weight("shade_supply", "neighbour")],
    "html": "遮荫供给" in (Path(sys.argv[2]) / "report.html").read_text(encoding="utf-8"),
}))
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What a copy of the package says after the folder and the line were added."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, root / "ecoval")
    shutil.copytree(Path(__file__).parent / CODE, root / "ecoval" / "services" / CODE)
    path = root / "ecoval" / "registry.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('    "recreation",\n)', f'    "recreation",\n    "{CODE}",\n)'), encoding="utf-8")
    services = small_study.STUDY.replace('include = ["water_retention"', f'include = ["{CODE}", "water_retention"')
    study = small_study.write(root / "study", services + 'shade = "ecoval"\n')
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(PACKAGE.parent / "scripts")])}
    command = [sys.executable, "-c", SCRIPT, str(study), str(root / "run")]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_it_is_in_the_account_with_its_number_and_price(answer):
    forest_hectares = 20 * small_study.SIDE  # half of the cells, each of one hectare on the plane
    assert answer["quantity"] == pytest.approx(5 * forest_hectares, rel=2e-3)
    assert answer["value"] == pytest.approx(2 * answer["quantity"], rel=1e-12)
    assert answer["types"] == ["111"]


def test_it_has_its_names_in_both_languages_wherever_services_are_listed(answer):
    assert answer["labels"] == {"en": "shade supply", "zh": "遮荫供给"}
    assert answer["item"] == {"en": "heat kept off", "zh": "遮挡热量"}
    assert answer["row"] == "遮荫供给"
    assert answer["html"]


def test_it_has_a_page_and_a_row_of_the_area_rule(answer):
    assert "shade_heat" in answer["page"]
    assert "A service made up." in answer["page"]
    assert answer["rule"] == ["county", 0.5]


@pytest.mark.parametrize("code", registry.SERVICES)
def test_a_registered_service_has_its_folder_and_knows_no_other(code):
    folder = PACKAGE / "services" / code
    assert (folder / "__init__.py").is_file()
    others = {f"ecoval.services.{other}" for other in registry.SERVICES if other != code}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            if isinstance(node, ast.ImportFrom):
                names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            assert not names & others, f"{path.name} imports {names & others}"


def test_every_folder_of_services_is_registered():
    folders = {path.name for path in (PACKAGE / "services").iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(registry.SERVICES)
    assert not re.search("|".join(registry.SERVICES), (PACKAGE / "services" / "__init__.py").read_text(encoding="utf-8"))
