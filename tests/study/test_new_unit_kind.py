"""What a new kind of units takes: one file and one line. The file is tests/study/halves.py."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_study

import ecoval

PACKAGE = Path(ecoval.__file__).parent
SIDES = (
    f'sides = {{ kind = "halves", easting = {small_study.LEFT + 1000.0} }}'  # ten of the twenty columns of forest lie west of it
)
SCRIPT = """
import json, sys
from ecoval.declarations import described
from ecoval.errors import InputError
from ecoval.layers.study_toml import Declaration
from ecoval.study import Study

def refusal(path, old, new):
    text = path.read_text(encoding="utf-8").replace(old, new)
    path.with_name("wrong.toml").write_text(text, encoding="utf-8")
    try:
        Study.read(path.with_name("wrong.toml"))
    except InputError as error:
        return error.code, {name: str(value) for name, value in error.fields.items()}

study = Study.read(sys.argv[1])
check = study.check()
account = study.run(out=sys.argv[2], reports=(), lang="en")
folder, = account.folders
sides = account.extent.query("unit_set == 'sides'")
supply = account.supply.query("service == 'carbon_sequestration' and item == 'vegetation'")
units = next(key for key in described(Declaration) if key["name"] == "units")
print(json.dumps({
    "checked": check.query("what == 'units.sides'")[["level", "found"]].values.tolist(),
    "errors": int((check["level"] == "error").sum()),
    "extent": [[row.unit_id, str(row.ecosystem_type), row.area] for row in sides.itertuples()],
    "sums": supply.groupby(["unit_set", "unit_id"])["quantity"].sum().reset_index().values.tolist(),
    "value": account.gep.query("unit_set == 'sides'")["regulating"].notna().tolist(),
    "notes": [note["fields"] for note in json.loads((folder / "run.json").read_text(encoding="utf-8"))["notes"]
              if note["code"] == "unit_set_made"],
    "again": Study.read(folder).declaration.units == study.declaration.units,
    "keys": [key["name"] for key in units["variants"]["halves"]],
    "kind": refusal(study.path, '"halves"', '"halfs"'),
    "key": refusal(study.path, "easting", "eastin"),
    "value_of_key": refusal(study.path, "easting = 501000.0", "easting = -1"),
}))
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What a copy of the package says after the file and the line were added."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, root / "ecoval")
    shutil.copy(Path(__file__).with_name("halves.py"), root / "ecoval" / "units")
    path = root / "ecoval" / "registry.py"
    text = path.read_text(encoding="utf-8")
    assert text.count('UNIT_KINDS = ("grid",)') == 1
    path.write_text(text.replace('UNIT_KINDS = ("grid",)', 'UNIT_KINDS = ("grid", "halves")'), encoding="utf-8")
    study = small_study.write(root / "study", small_study.STUDY.replace("[layers]", f"{SIDES}\n[layers]"))
    command = [sys.executable, "-c", SCRIPT, str(study), str(root / "run")]
    environment = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_it_is_accounted_on_as_the_units_that_are_read(answer):
    cells = {("west", "111"): 400, ("east", "111"): 400, ("east", "512"): 600, ("east", "431"): 200}  # each of one hectare
    extent = {(unit, kind): area for unit, kind, area in answer["extent"] if area > 0}
    assert extent == pytest.approx({key: count * 1e4 for key, count in cells.items()}, rel=2e-3)
    sums = {(unit_set, unit): quantity for unit_set, unit, quantity in answer["sums"]}
    # 400 ha of forest take up half of 8 tC ha-1 yr-1, each of 44/12 tCO2
    assert sums["sides", "west"] == pytest.approx(400 * 0.5 * 8 * 44 / 12, rel=2e-3)
    whole = {name: sum(quantity for (unit_set, _), quantity in sums.items() if unit_set == name) for name in ("admin", "sides")}
    assert whole["sides"] == pytest.approx(whole["admin"], rel=1e-9)
    assert answer["value"] == [True, True]


def test_it_is_checked_and_said_in_the_record_of_the_run(answer):
    assert [found.partition(",")[0] for level, found in answer["checked"] if level == "ok"] == ["2 units"]
    assert answer["errors"] == 0
    assert [(note["unit_set"], note["kind"], note["count"]) for note in answer["notes"]] == [("sides", "halves", "2")]
    assert answer["again"]


def test_its_keys_are_described_and_what_is_wrong_is_refused_with_the_nearest(answer):
    assert answer["keys"] == ["kind", "easting", "only"]
    code, fields = answer["kind"]
    assert (code, fields["found"], fields["nearest"]) == ("study_wrong_choice", "halfs", "halves")
    code, fields = answer["key"]
    assert (code, fields["key"], fields["nearest"]) == ("study_unknown_key", "eastin", "easting")
    code, fields = answer["value_of_key"]
    assert (code, fields["key"]) == ("study_wrong_value", "units.sides.easting")
