"""One account by every road: dock, toolbox, batch, model, command line, Python; the same figures to the last digit."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from office_files import rows
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterVectorLayer,
    QgsProject,
)
from qgis.PyQt.QtWidgets import QFileDialog

PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")
KEPT = ("provisioning", "regulating", "cultural", "gep", "subtotal", "gep_per_km2", "valid_fraction")


def figures(folder):
    """Every figure as the text that stands in the table."""
    return {row["unit_id"]: [row[name] for name in KEPT] for row in rows(folder)}


@pytest.fixture(scope="module")
def control(sample):
    """The dock's controller over the project of the sample."""
    from ecoval_qgis.gui.controller import Controller

    project = QgsProject.instance()
    assert project.read(str(next(sample.glob("*.qgz"))))
    made = Controller()
    made.load()
    assert not made.reason(), made.reason()
    yield made
    project.clear()


@pytest.fixture(scope="module")
def reference(processing, control, tmp_path_factory):
    """Figures of the parameters that the dock makes."""
    folder = tmp_path_factory.mktemp("坞 面") / "run"
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    processing.run("ecoval:gep_units", dict(control.parameters(), OUT_FOLDER=str(folder)), context=context)
    found = figures(folder)
    assert len(found) == 10
    return folder, found


def test_copied_python_gives_the_same(processing, control, reference, tmp_path):
    names = {}
    text = control.command("python").replace("processing.run(", "parameters = (")
    exec(text.replace("import processing", ""), names)
    _, parameters = names["parameters"]
    processing.run("ecoval:gep_units", dict(parameters, OUT_FOLDER=str(tmp_path / "run")))
    assert figures(tmp_path / "run") == reference[1]


def test_a_batch_of_two_rows_gives_the_same_twice(processing, control, reference, tmp_path, monkeypatch):
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog
    from processing.tools import dataobjects

    row = json.loads(control.command("batch"))[0]
    both = [dict(row, OUTPUTS={"OUT_FOLDER": str(tmp_path / name)}) for name in ("甲", "乙")]
    (tmp_path / "batch.json").write_text(json.dumps(both), encoding="ascii")
    found = lambda *_given, **_named: (str(tmp_path / "batch.json"), "")  # noqa: E731
    monkeypatch.setattr(QFileDialog, "getOpenFileName", found)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("ecoval:gep_units")
    dialog = BatchAlgorithmDialog(algorithm)
    panel = dialog.mainWidget()
    panel.load()
    assert panel.batchRowCount() == 2
    if hasattr(panel, "checkLoadLayersOnCompletion"):
        panel.checkLoadLayersOnCompletion.setChecked(False)
    for row in range(2):
        parameters, good = panel.parametersForRow(row)[:2]
        assert good
        feedback = QgsProcessingFeedback()
        results, went_well = algorithm.create().run(parameters, dataobjects.createContext(feedback), feedback)
        assert went_well, (
            feedback.textLog(),
            [(k, getattr(v, "sink", v)) for k, v in parameters.items() if k in ("GEP", "SUPPLY", "OUT_FOLDER")],
        )
        assert figures(results["FOLDER"]) == reference[1]
    assert (tmp_path / "甲" / "gep.csv").is_file()
    assert (tmp_path / "乙" / "gep.csv").is_file()
    dialog.close()


def test_a_model_gives_the_same(processing, control, reference, tmp_path):
    parameters = control.parameters(portable=True)
    model = QgsProcessingModelAlgorithm("全省核算", "ecoval", "province")
    for parameter in (
        QgsProcessingParameterVectorLayer("counties", "counties"),
        QgsProcessingParameterFolderDestination("results", "results"),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    child = QgsProcessingModelChildAlgorithm("ecoval:gep_units")
    child.setChildId("gep")
    static = QgsProcessingModelChildParameterSource.fromStaticValue
    for key, value in parameters.items():
        if key not in ("UNITS", "OUT_FOLDER"):
            child.addParameterSources(key, [static(value)])
    child.addParameterSources("UNITS", [QgsProcessingModelChildParameterSource.fromModelParameter("counties")])
    child.addParameterSources("OUT_FOLDER", [QgsProcessingModelChildParameterSource.fromModelParameter("results")])
    model.addChildAlgorithm(child)
    path = str(tmp_path / "全省核算.model3")
    assert model.toFile(path)
    again = QgsProcessingModelAlgorithm()
    assert again.fromFile(path)
    again.initAlgorithm({})
    given = {"counties": parameters["UNITS"], "results": str(tmp_path / "模 型")}
    processing.run(again, given)
    assert figures(tmp_path / "模 型") == reference[1]


def test_the_command_line_and_python_give_the_same(reference, tmp_path):
    study = str(reference[0] / "study.toml")
    command = [PYTHON, "-I", "-X", "utf8", "-m", "ecoval", "run", study, "--out", str(tmp_path / "cli"), "--quiet"]
    subprocess.run(command, check=True, capture_output=True)
    assert figures(tmp_path / "cli") == reference[1]
    script = "import sys; from ecoval.study import Study; Study.read(sys.argv[1]).run(sys.argv[2])"
    subprocess.run([PYTHON, "-I", "-X", "utf8", "-c", script, study, str(tmp_path / "py")], check=True, capture_output=True)
    assert figures(tmp_path / "py") == reference[1]


def test_a_copied_command_gives_the_same_in_qgis_process(control, reference, tmp_path):
    import shlex

    plugin = Path(__file__).resolve().parents[2] / "qgis_plugin" / "ecoval_qgis"
    plugins = tmp_path / "profile" / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "ecoval_qgis").symlink_to(plugin)
    more = {"QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile"), "ECOVAL_PYTHON": PYTHON, "QT_QPA_PLATFORM": "offscreen"}
    environment = dict(os.environ, **more)
    program = "/usr/bin/qgis_process.bin"
    subprocess.run([program, "plugins", "enable", "ecoval_qgis"], env=environment, capture_output=True)
    command = [program, *shlex.split(control.command("process"))[1:], "--OUT_FOLDER=" + str(tmp_path / "结 果")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (tmp_path / "结 果" / "gep.csv").is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    assert figures(tmp_path / "结 果") == reference[1]
    listed = subprocess.run([program, "list"], env=environment, capture_output=True, text=True).stdout
    provider = QgsApplication.processingRegistry().providerById("ecoval")
    assert [each.id() for each in provider.algorithms() if each.name() not in listed] == []
