"""Algorithms in a real QGIS with the real engine: help, numbers, selections, refusals, cancellation, Chinese and GBK."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from office_files import rows, units_file
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsLayerNotesUtils,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProject,
    QgsVectorLayer,
)

PLUGIN = Path(__file__).resolve().parents[2] / "qgis_plugin" / "ecoval_qgis"
PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")


@pytest.fixture(scope="module")
def parameters(sample):
    roles = json.loads((PLUGIN / "sample" / "roles.json").read_text(encoding="utf-8"))
    made = {"UNITS": str(sample / "towns.gpkg"), "UNIT_ID": "unit_id", "UNIT_NAME": "name", "YEAR": 2023, "REGION": "CN-33"}
    made["CLASSES"] = str(sample / "landcover_classes.csv")
    made.update({key.upper(): str(sample / names[0]) for key, names in roles["tables"].items()})
    made["STATISTICS"] = [made["STATISTICS"]]
    measures = []
    for layer in roles["layers"]:
        if layer["kind"] == "raster":
            made[layer["role"].upper()] = str(sample / layer["file"])
        if "measure" in layer:
            measures.append("{role}={measure}".format(**layer))
    made.update({role.upper(): str(sample / name) for role, name in roles["settings"]["roles"].items()})
    return dict(
        made, MEASURES="; ".join(measures), SERVICES=["water_retention", "material_supply", "recreation", "flood_mitigation"]
    )


@pytest.fixture(scope="module")
def account(processing, parameters, tmp_path_factory):
    folder = tmp_path_factory.mktemp("运行 目录") / "run"
    return processing.run("ecoval:gep_units", dict(parameters, OUT_FOLDER=str(folder)))


def figures(folder):
    """Every figure as the text that stands in the table: equal text is equal to the last digit."""
    kept = ("provisioning", "regulating", "cultural", "gep", "subtotal", "gep_per_km2", "valid_fraction")
    return {row["unit_id"]: [row[name] for name in kept] for row in rows(folder)}


def algorithms():
    return QgsApplication.processingRegistry().providerById("ecoval").algorithms()


def test_every_parameter_and_algorithm_explains_itself(processing):
    expected = (
        "check_inputs prepare_landcover prepare_climate prepare_statistics make_units zonal gep_units run_study service_map "
        "report conform map_atlas sample_project project_loss offset_credits offset_portfolio offset_balance "
        "compare_alternatives"
    )
    assert {each.name() for each in algorithms()} == set(expected.split())
    for each in algorithms():
        assert each.shortHelpString() and each.group() and each.tags() and not each.icon().isNull()
        assert Path(each.helpUrl().replace("file://", "")).is_file(), each.helpUrl()
        for parameter in each.parameterDefinitions():
            assert parameter.help() or parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagHidden, parameter.name()


def test_help_pages_say_what_the_parameters_say(processing):
    for each in algorithms():
        for lang in ("zh", "en"):
            page = (PLUGIN / "help" / lang / (each.name() + ".html")).read_text(encoding="utf-8")
            hidden = QgsProcessingParameterDefinition.Flag.FlagHidden
            names = [p.name() for p in each.parameterDefinitions() if not p.flags() & hidden]
            missing = [name for name in names if "<code>{}</code>".format(name) not in page]
            assert not missing, (lang, each.name(), missing)


def test_a_service_of_the_library_is_a_choice_without_plugin_code(processing):
    catalogue = json.loads((PLUGIN / "catalogue.json").read_text(encoding="utf-8"))
    found = next(each for each in algorithms() if each.name() == "gep_units").create()
    assert found.parameterDefinition("SERVICES").options() == [each["code"] for each in catalogue["services"]]
    for role in catalogue["roles"]:
        if role["files"] == ["raster"] and role["role"] != "latitude":
            assert found.parameterDefinition(role["role"].upper()) is not None, role["role"]


def test_toolbox_and_library_give_the_same_digits(account, tmp_path):
    study = Path(account["FOLDER"]) / "study.toml"
    command = [PYTHON, "-I", "-X", "utf8", "-m", "ecoval", "run", str(study), "--out", str(tmp_path / "cli"), "--quiet"]
    subprocess.run(command, check=True, capture_output=True)
    assert figures(tmp_path / "cli") == figures(account["FOLDER"])
    values = [float(row["subtotal"]) for row in rows(account["FOLDER"])]
    layer = QgsVectorLayer(account["GEP"], "gep", "ogr")
    assert sorted(feature["subtotal"] for feature in layer.getFeatures()) == sorted(values)
    del layer


def test_qgis_process_gives_the_same_digits(account, parameters, tmp_path):
    command = ["/usr/bin/qgis_process.bin", "--json", "run", "ecoval:gep_units", "--OUT_FOLDER=" + str(tmp_path / "结果 目录")]
    for key, value in parameters.items():
        command += ["--{}={}".format(key, each) for each in (value if isinstance(value, list) else [value])]
    profile = tmp_path / "profile"
    plugins = profile / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "ecoval_qgis").symlink_to(PLUGIN)
    environment = dict(os.environ, QGIS_CUSTOM_CONFIG_PATH=str(profile), ECOVAL_PYTHON=PYTHON, QT_QPA_PLATFORM="offscreen")
    subprocess.run(["/usr/bin/qgis_process.bin", "plugins", "enable", "ecoval_qgis"], env=environment, capture_output=True)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (tmp_path / "结果 目录" / "gep.csv").is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    assert figures(tmp_path / "结果 目录") == figures(account["FOLDER"])


def test_a_run_is_repeated_from_its_record(processing, account, tmp_path):
    study = str(Path(account["FOLDER"]) / "run.json")
    again = processing.run("ecoval:run_study", {"STUDY": study, "OUT_FOLDER": str(tmp_path / "again")})
    assert figures(again["FOLDER"]) == figures(account["FOLDER"])


def selected(sample, count):
    layer = QgsVectorLayer(str(sample / "towns.gpkg"), "towns", "ogr")
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][:count])
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return layer, context


def test_three_selected_units_give_three_rows_with_the_same_digits(processing, sample, parameters, account, tmp_path):
    layer, context = selected(sample, 3)
    codes = {feature["unit_id"] for feature in layer.getSelectedFeatures()}
    given = dict(parameters, UNITS=QgsProcessingFeatureSourceDefinition(layer.id(), True), OUT_FOLDER=str(tmp_path / "run"))
    processing.run("ecoval:gep_units", given, context=context)
    QgsProject.instance().removeMapLayer(layer.id())
    whole = figures(account["FOLDER"])
    assert figures(tmp_path / "run") == {code: whole[code] for code in codes}


def test_nothing_selected_is_refused_not_all(processing, sample, parameters, tmp_path):
    layer, context = selected(sample, 0)
    given = dict(parameters, UNITS=QgsProcessingFeatureSourceDefinition(layer.id(), True), OUT_FOLDER=str(tmp_path / "run"))
    with pytest.raises(QgsProcessingException, match=r"selected|选中"):
        processing.run("ecoval:gep_units", given, context=context)
    QgsProject.instance().removeMapLayer(layer.id())
    assert not (tmp_path / "run" / "gep.csv").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"CLASSES": None}, "classes|地类"),
        ({"PRECIPITATION": "/no/such/file.tif"}, "PRECIPITATION"),
        ({"OPTIONS": "nonsense"}, "OPTIONS"),
        ({"UNIT_ID": "no_such_field"}, "no_such_field"),
        ({"OUT_FOLDER": "/proc/ecoval"}, "/proc/ecoval"),
        ({"MEASURES": "ls=1"}, "ls"),
    ],
)
def test_bad_input_is_one_sentence_that_names_it(processing, parameters, tmp_path, change, words):
    with pytest.raises(QgsProcessingException, match=words):
        processing.run("ecoval:gep_units", {**parameters, "OUT_FOLDER": str(tmp_path / "run"), **change})


def test_one_layer_in_two_roles_is_refused(processing, parameters, tmp_path):
    given = dict(parameters, EVAPOTRANSPIRATION=parameters["PRECIPITATION"], OUT_FOLDER=str(tmp_path / "run"))
    with pytest.raises(QgsProcessingException, match=r"two roles|两个角色"):
        processing.run("ecoval:gep_units", given)


def test_a_code_without_a_class_is_named(processing, parameters, tmp_path):
    text = Path(parameters["CLASSES"]).read_text(encoding="utf-8").splitlines()
    (tmp_path / "short.csv").write_text("\n".join(text[:-1]) + "\n", encoding="utf-8")
    given = dict(parameters, CLASSES=str(tmp_path / "short.csv"), OUT_FOLDER=str(tmp_path / "run"))
    with pytest.raises(QgsProcessingException, match=text[-1].split(",")[0]):
        processing.run("ecoval:gep_units", given)


class Impatient(QgsProcessingFeedback):
    """Cancels at the first progress."""

    def setProgressText(self, text):
        self.cancel()


def test_a_cancelled_run_gives_nothing_and_says_so(processing, parameters, tmp_path):
    folder = tmp_path / "run"
    given = dict(parameters, OUT_FOLDER=str(folder))
    found = QgsApplication.processingRegistry().createAlgorithmById("ecoval:gep_units")
    feedback = Impatient()
    feedback.cancel()
    results, _ = found.run(given, QgsProcessingContext(), feedback)
    assert not results
    assert not (folder / "gep.csv").exists()


@pytest.mark.parametrize(("cpg", "broken"), [("GBK", False), (None, True), ("UTF-8", True)])
def test_gbk_shapefiles_are_right_or_refused_never_mojibake(processing, tmp_path, cpg, broken):
    path = units_file(tmp_path / "县界.shp", "GBK")
    path.with_suffix(".cpg").unlink()
    raw = bytearray(path.with_suffix(".dbf").read_bytes())
    raw[29] = 0  # no language driver
    path.with_suffix(".dbf").write_bytes(raw)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    layer = QgsVectorLayer(str(path), "u", "ogr")
    name = layer.fields()[1].name()
    del layer
    given = {"UNITS": str(path), "UNIT_ID": "code", "UNIT_NAME": name, "UNITS_OUT": str(tmp_path / "out.gpkg")}
    if broken:
        with pytest.raises(QgsProcessingException, match="GBK"):
            processing.run("ecoval:make_units", given)
        given.update(UNITS=str(path) + "|option:ENCODING=GBK", UNIT_NAME="名称", ENCODING="GBK")
    processing.run("ecoval:make_units", given)
    made = QgsVectorLayer(str(tmp_path / "out.gpkg"), "u", "ogr")
    assert [feature["name"] for feature in made.getFeatures()] == ["余杭区", "临安区"]
    del made


def test_invalid_geometry_is_repaired_left_out_or_refused(processing, sample, tmp_path):
    path = units_file(tmp_path / "bow.shp", "UTF-8", bow=True)
    given = {"UNITS": str(path), "UNIT_ID": "code", "RASTERS": [str(sample / "dem.tif")], "TABLE": str(tmp_path / "z.gpkg")}
    with pytest.raises(QgsProcessingException, match="330"):
        processing.run("ecoval:zonal", dict(given, INVALID="stop"))
    assert processing.run("ecoval:zonal", dict(given, INVALID="skip"))["ROWS"] == 1
    assert processing.run("ecoval:zonal", dict(given, INVALID="fix"))["ROWS"] == 2


def test_units_without_a_crs_are_refused(processing, sample, tmp_path):
    path = units_file(tmp_path / "nowhere.shp", "UTF-8")
    path.with_suffix(".prj").unlink()
    path.with_suffix(".qpj").unlink() if path.with_suffix(".qpj").exists() else None
    layer = QgsVectorLayer(str(path), "u", "ogr")
    layer.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayer(layer)
    given = {"UNITS": layer, "UNIT_ID": "code", "RASTERS": [str(sample / "dem.tif")], "TABLE": str(tmp_path / "z.gpkg")}
    with pytest.raises(QgsProcessingException, match=r"CRS|坐标系"):
        processing.run("ecoval:zonal", given)
    QgsProject.instance().removeMapLayer(layer.id())


def test_zonal_is_the_command(processing, sample, tmp_path):
    target = tmp_path / "统 计.gpkg"
    given = {"UNITS": str(sample / "towns.gpkg"), "UNIT_ID": "unit_id", "RASTERS": [str(sample / "dem.tif")], "TABLE": str(target)}
    processing.run("ecoval:zonal", dict(given, STATS=["mean", "max"]))
    command = [PYTHON, "-I", "-m", "ecoval", "zonal", str(sample / "towns.gpkg"), str(sample / "dem.tif"), "--id", "unit_id"]
    subprocess.run([*command, "--stats", "mean,max", "--out", str(tmp_path / "z.csv"), "--quiet"], check=True, capture_output=True)
    layer = QgsVectorLayer(str(target), "z", "ogr")
    ours = {feature["unit_id"]: (feature["mean"], feature["max"]) for feature in layer.getFeatures()}
    del layer
    assert ours == {row["unit_id"]: (float(row["mean"]), float(row["max"])) for row in rows(tmp_path, "z.csv")}


def test_check_finds_nothing_wrong_with_the_sample(processing, parameters, tmp_path):
    found = processing.run("ecoval:check_inputs", dict(parameters, OUT_FOLDER=str(tmp_path / "check")))
    assert found["N_ERROR"] == 0
    assert Path(found["HTML"]).is_file()


def test_service_map_writes_a_raster(processing, parameters, tmp_path):
    given = {key: value for key, value in parameters.items() if key != "SERVICES"}
    found = processing.run("ecoval:service_map", dict(given, SERVICE="water_retention", OUT_FOLDER=str(tmp_path / "map")))
    assert Path(found["QUANTITY"]).is_file()


def test_report_and_atlas(processing, account):
    found = processing.run("ecoval:report", {"RUN": account["FOLDER"], "FORMAT": ["html", "xlsx"], "LANG": "zh"})
    assert Path(found["HTML"]).is_file()
    read = "import openpyxl, sys; print(*[sheet.max_row for sheet in openpyxl.load_workbook(sys.argv[1])])"
    lengths = subprocess.run([PYTHON, "-I", "-c", read, found["XLSX"]], check=True, capture_output=True, text=True).stdout.split()
    assert len(lengths) >= 3 and max(map(int, lengths)) > 10
    made = processing.run("ecoval:map_atlas", {"RUN": account["FOLDER"], "PAGE": "units"})
    raw = Path(made["PDF"]).read_bytes()
    assert made["PAGES"] == 10
    assert raw.count(b"/Type /Page\n") + raw.count(b"/Type /Page ") == 10
    from ecoval_qgis import lettering

    if lettering.chinese_font():
        assert b"/FontFile2" in raw


def test_layers_of_a_run_are_styled_and_explained(account):
    from ecoval_qgis import outputs

    project = QgsProject()
    layer = outputs.load_run(account["FOLDER"], project)
    assert len(list(outputs.load_parts(account["FOLDER"], layer, project))) >= 3
    labels = [each.label() for each in layer.renderer().ranges()]
    assert 1 < len(labels) <= 5
    assert all("CNY" in label or "元" in label for label in labels)
    assert layer.mapTipTemplate()
    assert layer.metadata().title()
    project.write(str(Path(account["FOLDER"]).parent / "saved.qgz"))
    again = QgsProject()
    again.read(str(Path(account["FOLDER"]).parent / "saved.qgz"))
    kept, made = ({each.id(): each for each in found.mapLayers().values()} for found in (again, project))
    assert kept.keys() == made.keys()
    for key, each in made.items():
        assert kept[key].name() == each.name()
        assert [r.label() for r in kept[key].renderer().ranges()] == [r.label() for r in each.renderer().ranges()]
    assert kept[layer.id()].mapTipTemplate() == layer.mapTipTemplate()
    assert kept[layer.id()].metadata().title() == layer.metadata().title()
    assert QgsLayerNotesUtils.layerNotes(kept[layer.id()]) == QgsLayerNotesUtils.layerNotes(layer)
    del kept, made, each
    del layer, project, again
