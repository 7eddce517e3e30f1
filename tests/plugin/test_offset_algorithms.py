"""The algorithms of the project balance with the real engine on the sample: numbers of the command line, refusals, sinks."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsVectorLayer,
)

PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def project(sample):
    return str(sample / "project.toml")


@pytest.fixture(scope="module")
def suggestion(processing, project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("占补 目录") / "run"
    return processing.run("ecoval:offset_portfolio", {"PROJECT": project, "OUT_FOLDER": str(folder)})


@pytest.fixture(scope="module")
def library(project, tmp_path_factory):
    """The same by the command line, in a process of its own."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    command = [PYTHON, "-I", "-X", "utf8", "-m", "ecoval", "offset", "assess", project, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def same(one, other, names):
    for name in names:
        assert table(Path(one) / name) == table(Path(other) / name), name


def test_toolbox_and_command_line_give_the_same_digits(suggestion, library):
    same(suggestion["FOLDER"], library, ("losses.csv", "credits.csv", "portfolio.csv", "balance.csv", "statutory.csv", "value.csv"))
    said = json.loads((library / "verdict.json").read_text(encoding="utf-8"))
    assert suggestion["VERDICT"] == said["verdict"] and suggestion["VERDICT_CAUTIOUS"] == said["verdict_cautious"]
    assert suggestion["ROBUST"] is (said["verdict"] == said["verdict_cautious"])


def test_python_gives_the_same_digits(suggestion, project, tmp_path):
    code = (
        "import sys; from ecoval.offset import Project\n"
        "made = Project.read(sys.argv[1]).assess()\n"
        "print(repr(made.balance['net'].tolist()), made.verdict.verdict)"
    )
    done = subprocess.run([PYTHON, "-I", "-X", "utf8", "-W", "ignore", "-c", code, project], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    nets, verdict = done.stdout.strip().splitlines()[-1].rsplit(" ", 1)
    found = [float(row["net"]) for row in table(Path(suggestion["FOLDER"]) / "balance.csv")]
    assert found == json.loads(nets) and verdict == suggestion["VERDICT"]


def test_the_run_folder_is_complete(suggestion):
    folder = Path(suggestion["FOLDER"])
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["kind"] == "offset" and record["status"] == "finished"
    for name in ("HTML", "PDF", "RUN_JSON", "SUMMARY_HTML"):
        assert Path(suggestion[name]).is_file(), name
    assert {path.name for path in folder.glob("statement*.html")} == {"statement.html", "statement_zh.html"}


def test_the_steps_one_by_one(processing, project, tmp_path):
    loss = processing.run("ecoval:project_loss", {"PROJECT": project, "OUT_FOLDER": str(tmp_path / "l"), "AFFECTED": "memory:"})
    assert Path(loss["LOSS"]).name == "losses.csv"
    page = Path(loss["SUMMARY_HTML"]).read_text(encoding="utf-8")
    assert "water_retention" not in page and ">W1<" not in page  # names, no codes
    record = json.loads(Path(loss["RUN_JSON"]).read_text(encoding="utf-8"))
    assert record["command"] == "loss" and record["status"] == "finished"
    assert {len(entry["sha256"]) for entry in record["inputs"]} == {64}
    layer = loss["AFFECTED"] if isinstance(loss["AFFECTED"], QgsVectorLayer) else QgsVectorLayer(loss["AFFECTED"], "a", "ogr")
    assert layer.featureCount() > 0
    del layer
    given = {"PROJECT": project, "OUT_FOLDER": str(tmp_path / "c"), "EXCLUDED": str(tmp_path / "excluded.gpkg")}
    credits = processing.run("ecoval:offset_credits", given)
    out = [row for row in table(credits["CANDIDATES_TABLE"]) if row["excluded"]]
    excluded = QgsVectorLayer(credits["EXCLUDED"], "e", "ogr")
    assert excluded.featureCount() == len(out) > 0
    assert all(feature["reason_zh"] and feature["reason_en"] for feature in excluded.getFeatures())
    del excluded


def test_somebody_elses_list_is_judged_without_a_choice(processing, project, suggestion, tmp_path):
    listed = str(Path(suggestion["FOLDER"]) / "portfolio.csv")
    made = processing.run("ecoval:offset_balance", {"PROJECT": project, "CHOSEN": listed, "OUT_FOLDER": str(tmp_path / "b")})
    assert made["VERDICT"] == suggestion["VERDICT"]
    same(made["FOLDER"], suggestion["FOLDER"], ("balance.csv", "statutory.csv"))
    assert json.loads((tmp_path / "b" / "verdict.json").read_text(encoding="utf-8"))["portfolio"]["status"] == "given"


def test_a_list_with_one_parcel_less_does_not_balance(processing, project, suggestion, tmp_path):
    rows = table(Path(suggestion["FOLDER"]) / "portfolio.csv")
    path = tmp_path / "weniger 少.csv"
    path.write_text(
        "candidate_id,option_id,share\n" + "".join(f"{r['candidate_id']},{r['option_id']},{r['share']}\n" for r in rows[1:])
    )
    made = processing.run("ecoval:offset_balance", {"PROJECT": project, "CHOSEN": str(path), "OUT_FOLDER": str(tmp_path / "b")})
    assert made["VERDICT"] in ("not_balanced", "balanced_value_only")  # never balanced


def test_own_layers_instead_of_a_project_file(processing, project, sample, library, tmp_path):
    """Selected polygons, a study, one layer of areas: the same loss as the project file gives for that alternative."""
    layer = QgsVectorLayer(str(sample / "project.gpkg") + "|layername=footprints", "f", "ogr")
    QgsProject.instance().addMapLayer(layer)
    layer.selectByExpression("alternative_id = 'B'")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    given = {
        "STUDY": str(sample / "study.toml"),
        "FOOTPRINT": QgsProcessingFeatureSourceDefinition(layer.id(), True),
        "SERVICESHEDS": str(sample / "watersheds.gpkg"),
        "SERVICESHED_ID": "unit_id",
        "ALTERNATIVE": "B",
        "AVOID_REASON": "一处选址",
        "MINIMISE_REASON": "无",
        "OUT_FOLDER": str(tmp_path / "自 有"),
    }
    made = processing.run("ecoval:project_loss", given, context=context)
    QgsProject.instance().removeMapLayer(layer.id())
    rows = {(r["service"], r["area_unit"]): float(r["direct"]) for r in table(made["LOSS"]) if r["service"] == "water_retention"}
    whole = table(library / "losses.csv")
    wanted = {
        (r["service"], r["area_unit"]): float(r["direct"])
        for r in whole
        if r["alternative_id"] == "B" and r["service"] == "water_retention" and float(r["direct"])
    }
    assert {key: value for key, value in rows.items() if value} == pytest.approx(wanted, rel=1e-9)
    assert (tmp_path / "自 有" / "project.toml").is_file()


def test_rules_of_the_dialog_go_before_those_of_the_file(processing, project, tmp_path):
    given = {"PROJECT": project, "RATIO": 2.0, "MUST": "C01", "OUT_FOLDER": str(tmp_path / "r")}
    made = processing.run("ecoval:offset_portfolio", given)
    balance = table(tmp_path / "r" / "balance.csv")
    assert all(float(r["required"]) == pytest.approx(2 * max(float(r["debit"]), 0.0)) for r in balance)
    assert "C01" in {r["candidate_id"] for r in table(tmp_path / "r" / "portfolio.csv")}
    assert Path(made["PROJECT_FILE"]).parent == tmp_path / "r"


def test_alternatives_side_by_side(processing, project, tmp_path):
    made = processing.run("ecoval:compare_alternatives", {"PROJECT": project, "OUT_FOLDER": str(tmp_path / "a")})
    assert {row["alternative_id"] for row in table(made["ALTERNATIVES"])} == {"A", "B"}
    runs = [made["RUN_JSON"], made["RUN_JSON"]]
    both = processing.run("ecoval:compare_alternatives", {"RUNS": runs, "OUT_FOLDER": str(tmp_path / "two"), "TABLE": "memory:"})
    assert Path(both["HTML"]).is_file()


def refusal(processing, algorithm, given, pattern):
    with pytest.raises(QgsProcessingException, match=pattern):
        processing.run(algorithm, given)


def test_wrong_input_is_one_sentence(processing, project, sample, tmp_path):
    out = str(tmp_path / "out")
    refusal(processing, "ecoval:project_loss", {"OUT_FOLDER": out}, r"footprint|FOOTPRINT|占用")
    refusal(
        processing,
        "ecoval:project_loss",
        {"PROJECT": str(sample / "dem.tif").replace("dem", "nothing"), "OUT_FOLDER": out},
        r"project\.toml",
    )
    given = {"FOOTPRINT": str(sample / "project.gpkg"), "OUT_FOLDER": out}
    refusal(processing, "ecoval:project_loss", given, r"STUDY")
    listed = {"PROJECT": project, "CHOSEN": str(sample / "measures.csv"), "OUT_FOLDER": out}
    refusal(processing, "ecoval:offset_balance", listed, r"candidate_id")
    path = tmp_path / "unknown.csv"
    path.write_text("candidate_id,share\nC999,1\n")
    refusal(processing, "ecoval:offset_balance", {"PROJECT": project, "CHOSEN": str(path), "OUT_FOLDER": out}, r"C999")
    towns = {"PROJECT": project, "FOOTPRINT": str(sample / "towns.gpkg"), "OUT_FOLDER": out}
    refusal(processing, "ecoval:project_loss", towns, r"after_class")
    refusal(processing, "ecoval:project_loss", dict(towns, AFTER_CLASS="industry"), r"industry")
    refusal(processing, "ecoval:compare_alternatives", {"RUNS": [project], "OUT_FOLDER": out}, r"alternatives\.csv")


def test_an_unknown_key_of_the_file_is_named(processing, project, sample, tmp_path):
    path = sample / "wrong.toml"
    path.write_text(Path(project).read_text(encoding="utf-8").replace("[record]", "[recrod]"), encoding="utf-8")
    refusal(processing, "ecoval:project_loss", {"PROJECT": str(path), "OUT_FOLDER": str(tmp_path / "o")}, r"recrod")


def test_a_self_crossing_footprint_is_repaired_or_refused(processing, project, tmp_path):
    layer = QgsVectorLayer(
        "Polygon?crs=EPSG:4549&field=alternative_id:string&field=after_class:integer&field=start:integer", "f", "memory"
    )
    feature = QgsFeature(layer.fields())
    source = QgsVectorLayer(str(Path(project).parent / "project.gpkg") + "|layername=footprints", "s", "ogr")
    middle = next(source.getFeatures()).geometry().pointOnSurface().asPoint()
    x, y = middle.x(), middle.y()
    bow = f"POLYGON(({x} {y}, {x + 200} {y + 200}, {x + 200} {y}, {x} {y + 200}, {x} {y}))"
    feature.setGeometry(QgsGeometry.fromWkt(bow))
    feature.setAttributes(["B", 631, 2024])
    layer.dataProvider().addFeature(feature)
    home = Path(project).parent
    given = {"STUDY": str(home / "study.toml"), "SERVICESHEDS": str(home / "watersheds.gpkg"), "SERVICESHED_ID": "unit_id"}
    given |= {"FOOTPRINT": layer, "AVOID_REASON": "x", "MINIMISE_REASON": "x", "OUT_FOLDER": str(tmp_path / "o")}
    refusal(processing, "ecoval:project_loss", dict(given, INVALID="stop"), r"invalid|无效")
    made = processing.run("ecoval:project_loss", given)
    assert table(made["LOSS"])
    del layer
    del source


def test_qgis_process_gives_the_same_verdict(suggestion, project, tmp_path):
    profile = tmp_path / "profile"
    plugins = profile / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "ecoval_qgis").symlink_to(Path(__file__).resolve().parents[2] / "qgis_plugin" / "ecoval_qgis")
    environment = dict(os.environ, QGIS_CUSTOM_CONFIG_PATH=str(profile), ECOVAL_PYTHON=PYTHON, QT_QPA_PLATFORM="offscreen")
    subprocess.run(["/usr/bin/qgis_process.bin", "plugins", "enable", "ecoval_qgis"], env=environment, capture_output=True)
    out = tmp_path / "结果 目录"
    listed = Path(suggestion["FOLDER"]) / "portfolio.csv"
    command = ["/usr/bin/qgis_process.bin", "--json", "run", "ecoval:offset_balance", f"--PROJECT={project}", f"--CHOSEN={listed}"]
    done = subprocess.run([*command, f"--OUT_FOLDER={out}"], env=environment, capture_output=True, text=True)
    assert (out / "balance.csv").is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    same(out, suggestion["FOLDER"], ("balance.csv",))
