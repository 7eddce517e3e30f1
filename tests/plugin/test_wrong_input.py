"""What goes wrong with people's data: each case has one sentence in the language of the user that names the way out."""

from pathlib import Path

import pytest
from office_files import rows, units_file
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsSettings,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

PLUGIN = Path(__file__).resolve().parents[2] / "qgis_plugin" / "ecoval_qgis"
KEPT = ("provisioning", "regulating", "cultural", "gep", "subtotal", "valid_fraction")


@pytest.fixture(params=["zh", "en"])
def lang(request, processing):
    from ecoval_qgis import i18n

    QgsSettings().setValue("ecoval/language", request.param)
    i18n.install()
    yield request.param
    QgsSettings().remove("ecoval/language")
    i18n.install()


@pytest.fixture(scope="module")
def parameters(sample):
    """A short account: one service."""
    names = {"CLASSES": "landcover_classes.csv", "PARAMETERS": "parameters.csv", "PRICES": "prices.csv"}
    made = {key: str(sample / name) for key, name in names.items()}
    for role in ("landcover", "precipitation", "evapotranspiration"):
        made[role.upper()] = str(sample / (role + "_2023.tif"))
    return dict(
        made,
        UNITS=str(sample / "towns.gpkg"),
        UNIT_ID="unit_id",
        UNIT_NAME="name",
        YEAR=2023,
        REGION="CN-33",
        SERVICES=["water_retention"],
    )


@pytest.fixture(scope="module")
def figures(processing, parameters, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    processing.run("ecoval:gep_units", dict(parameters, OUT_FOLDER=str(folder / "r")))
    return table(folder / "r")


def table(folder):
    return {row["unit_id"]: [row[name] for name in KEPT] for row in rows(folder)}


def sentence(processing, given, algorithm="ecoval:gep_units", context=None):
    with pytest.raises(QgsProcessingException) as caught:
        processing.run(algorithm, given, context=context)
    lines = str(caught.value).strip().splitlines()
    assert len(lines) == 1 or lines[0] == "Unable to execute algorithm"  # what QGIS puts before a refusal of the parameters
    return lines[-1]


def in_project(layer):
    QgsProject.instance().addMapLayer(layer)
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return context


@pytest.fixture
def drop():
    """Layers go out of the project after a test."""
    yield
    QgsProject.instance().removeAllMapLayers()


def chinese(text):
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("case", ["permission", "removed", "web", "crs", "roles", "nothing", "apart"])
def test_a_refusal_is_in_the_language_of_the_user_and_names_the_way_out(processing, parameters, sample, tmp_path, lang, case, drop):
    given, context = dict(parameters, OUT_FOLDER=str(tmp_path / "run")), None
    towns = QgsVectorLayer(parameters["UNITS"], "乡镇 towns", "ogr")
    if case == "permission":
        given["OUT_FOLDER"], words = "/proc/ecoval", ("/proc/ecoval", "Choose another|另选|更换")
    elif case == "removed":
        context = in_project(towns)
        given["UNITS"], words = towns.id(), ("UNITS", "Choose it again|重新选择")
        QgsProject.instance().removeMapLayer(towns.id())
    elif case == "web":
        web = QgsRasterLayer("type=xyz&url=file:///none/{z}/{x}/{y}.png&zmin=0&zmax=1", "web map", "wms")
        context = in_project(web)
        given["LANDCOVER"], words = web.id(), ("web map", "GeoTIFF")
    elif case == "crs":
        towns.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
        context = in_project(towns)
        given["UNITS"], words = towns.id(), ("EPSG:4326", "Reproject|重投影|投影")
    elif case == "roles":
        given["EVAPOTRANSPIRATION"], words = given["PRECIPITATION"], ("precipitation_2023", "another layer|另|其他|换")
    elif case == "nothing":
        context = in_project(towns)
        given["UNITS"] = QgsProcessingFeatureSourceDefinition(towns.id(), True)
        words = ("towns", "Select units|选择|选取")
    else:
        far = units_file(tmp_path / "far.shp", "UTF-8")
        layer = QgsVectorLayer(str(far), "far", "ogr")
        moved = QgsVectorLayer("Polygon?crs=EPSG:4549&field=code:string", "far", "memory")
        feature = next(layer.getFeatures())
        geometry = feature.geometry()
        geometry.translate(900000, 0)
        feature.setGeometry(geometry)
        feature.setFields(moved.fields(), True)
        feature["code"] = "1"
        moved.dataProvider().addFeature(feature)
        context = in_project(moved)
        given.update(UNITS=moved.id(), UNIT_ID="code", UNIT_NAME=None)
        words = ("landcover", "")
    text = sentence(processing, given, context=context)
    assert words[0] in text, text
    assert any(word in text for word in words[1].split("|")), text
    for part in ("乡镇", str(sample), str(tmp_path)):
        text = text.replace(part, "")
    assert chinese(text) == (lang == "zh"), text
    assert not (tmp_path / "run" / "gep.csv").exists()


def test_memory_layers_virtual_layers_edits_and_degrees_give_the_same_account(processing, parameters, figures, tmp_path, drop):
    towns = QgsVectorLayer(parameters["UNITS"], "towns", "ogr")
    kept = towns.materialize(QgsFeatureRequest())
    virtual = QgsVectorLayer("?layer_ref={}".format(in_project(towns) and towns.id()), "virtual", "virtual")
    for number, layer in enumerate((kept, virtual)):
        assert layer.isValid()
        context = in_project(layer)
        folder = tmp_path / str(number)
        processing.run("ecoval:gep_units", dict(parameters, UNITS=layer.id(), OUT_FOLDER=str(folder)), context=context)
        assert (folder / "inputs").is_dir()
        assert table(folder) == figures


def test_units_in_degrees_over_a_raster_in_metres(processing, parameters, figures, tmp_path):
    target = str(tmp_path / "degrees.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    from qgis.core import QgsCoordinateTransform

    towns = QgsVectorLayer(parameters["UNITS"], "towns", "ogr")
    wanted = QgsCoordinateReferenceSystem("EPSG:4490")
    options.ct = QgsCoordinateTransform(towns.crs(), wanted, QgsProject.instance())
    QgsVectorFileWriter.writeAsVectorFormatV3(towns, target, QgsProject.instance().transformContext(), options)
    del towns
    processing.run("ecoval:gep_units", dict(parameters, UNITS=target, OUT_FOLDER=str(tmp_path / "run")))
    found = table(tmp_path / "run")
    assert found.keys() == figures.keys()
    for code, row in found.items():  # corners are the same, edges bend by centimetres
        assert float(row[3] or row[1]) == pytest.approx(float(figures[code][3] or figures[code][1]), rel=5e-4)


def test_a_layer_that_is_removed_while_the_engine_works_changes_nothing(processing, parameters, figures, tmp_path, drop):
    towns = QgsVectorLayer(parameters["UNITS"], "towns", "ogr")
    context = in_project(towns)

    class Removing(QgsProcessingFeedback):
        def setProgressText(self, text):
            if QgsProject.instance().mapLayers():
                QgsProject.instance().removeAllMapLayers()

    found = QgsApplication.processingRegistry().createAlgorithmById("ecoval:gep_units")
    given = dict(parameters, UNITS=towns.id(), OUT_FOLDER=str(tmp_path / "run"))
    _, good = found.run(given, context, Removing())
    assert good
    assert table(tmp_path / "run") == figures


def test_a_path_of_two_hundred_letters(processing, parameters, figures, tmp_path):
    folder = tmp_path / ("很长的目录名 " * 5) / ("x" * 120) / "run"
    processing.run("ecoval:gep_units", dict(parameters, OUT_FOLDER=str(folder)))
    assert len(str(folder)) > 200
    assert table(folder) == figures


@pytest.fixture
def control(sample, drop, lang):
    from ecoval_qgis.gui.controller import Controller

    QgsProject.instance().clear()
    for name, role in (("towns.gpkg", "units"), ("landcover_2023.tif", "landcover")):
        path = str(sample / name)
        layer = QgsVectorLayer(path, role, "ogr") if role == "units" else QgsRasterLayer(path, role)
        layer.setCustomProperty("ecoval/role", role)
        QgsProject.instance().addMapLayer(layer)
    made = Controller()
    made.load()
    return made


def found_rows(control):
    from ecoval_qgis.gui import checks

    actions = dict.fromkeys(("install", "save", "properties", "confirm"), lambda *_given: None)
    return checks.findings(control, actions)


def test_rows_of_the_checks_say_what_is_wrong_and_offer_a_way(control, sample, tmp_path, lang):
    texts = [(each.text, each.fix) for each in found_rows(control)]
    assert any("ecoval_runs" in text and fix for text, fix in texts), texts  # not saved: where results go, and a button
    assert all(chinese(text) == (lang == "zh") for text, _ in texts), texts
    network = QgsRasterLayer("/" + str(sample / "precipitation_2023.tif"), "rain")
    QgsProject.instance().addMapLayer(network)
    control.assign("precipitation", network)
    assert any("rain" in each.text and each.level == "info" for each in found_rows(control))  # //server/share is slower
    path = units_file(tmp_path / "县界.shp", "GBK")
    path.with_suffix(".cpg").unlink()
    raw = bytearray(path.with_suffix(".dbf").read_bytes())
    raw[29] = 0
    path.with_suffix(".dbf").write_bytes(raw)
    broken = QgsVectorLayer(str(path), "counties", "ogr")
    QgsProject.instance().addMapLayer(broken)
    control.assign("units", broken)
    reread = [each for each in found_rows(control) if "GBK" in each.fix]
    assert len(reread) == 1
    reread[0].action()
    assert "名称" in [field.name() for field in control.layer("units").fields()]


def test_the_run_button_says_why_it_is_grey_in_every_state(control, sample, lang, monkeypatch):
    from ecoval_qgis.engine import locate

    said = []

    def grey(change):
        change()
        said.append(control.reason())
        assert said[-1], change
        assert chinese(said[-1]) == (lang == "zh"), said[-1]

    classes = str(sample / "landcover_classes.csv")
    grey(lambda: control.set("classes", ""))
    grey(lambda: control.set("classes", classes))  # no service has its inputs
    rain = QgsRasterLayer(str(sample / "precipitation_2023.tif"), "p")
    steam = QgsRasterLayer(str(sample / "evapotranspiration_2023.tif"), "e")
    for layer in (rain, steam):
        QgsProject.instance().addMapLayer(layer)
    control.guessed.clear()
    control.assign("precipitation", rain)
    control.assign("evapotranspiration", steam)
    assert not control.reason(), control.reason()
    grey(lambda: control.guessed.add("precipitation"))
    control.guessed.clear()
    grey(lambda: control.set("scope", "selected"))
    grey(lambda: control.set("scope", "drawn"))
    control.set("scope", "all")
    identifier = control.settings["id"]
    grey(lambda: control.set("id", ""))
    control.set("id", identifier)
    grey(lambda: control.assign("evapotranspiration", rain))
    control.assign("evapotranspiration", steam)
    cover = control.layer("landcover")
    grey(lambda: control.assign("landcover", None))
    control.assign("landcover", cover)
    grey(lambda: control.assign("units", None))
    control.assign("units", next(each for each in QgsProject.instance().mapLayers().values() if each.name() == "units"))
    control.set("id", identifier)
    control.busy = "x"
    grey(lambda: None)
    control.busy = ""
    monkeypatch.setattr(locate, "candidates", list)
    grey(lambda: None)
    assert len(set(said)) == len(said)


def test_preparations_list_all_that_was_not_matched(processing, sample, tmp_path, lang):
    text = (sample / "statistics.csv").read_text(encoding="utf-8-sig").splitlines()
    code = text[1].split(",")[0]
    wrong = [line.replace(code, "无此乡") if line.startswith(code) else line for line in text]
    (tmp_path / "t.csv").write_text("\n".join(wrong) + "\n", encoding="utf-8")
    given = {"TABLES": [str(tmp_path / "t.csv")], "UNITS": str(sample / "towns.gpkg"), "UNIT_ID": "unit_id", "UNIT_NAME": "name"}
    said = sentence(processing, dict(given, YEAR=2023, STATISTICS_OUT=str(tmp_path / "s.csv")), "ecoval:prepare_statistics")
    assert "s_unmatched.csv" in said
    listed = rows(tmp_path, "s_unmatched.csv")
    assert len(listed) == sum(line.startswith("无此乡") for line in wrong) > 1
    assert {row["found"] for row in listed} == {"无此乡"}


def test_prepare_landcover_takes_selected_parcels_alone(processing, tmp_path, drop):
    path = units_file(tmp_path / "parcels.shp", "UTF-8")
    (tmp_path / "own.csv").write_text("source_code,target_code\n330,51\n331,3\n", encoding="utf-8")
    layer = QgsVectorLayer(str(path), "parcels", "ogr")
    context = in_project(layer)
    layer.selectByExpression("\"code\" = '330'")
    given = {"CLASS_FIELD": "code", "SCHEME": "own", "CLASSES": str(tmp_path / "own.csv")}
    for number, (selected, count) in enumerate(((True, 1), (False, 2))):
        target = str(tmp_path / "l{}.gpkg".format(number))
        asked = dict(given, LANDCOVER=layer.id(), SELECTED_ONLY=selected, LANDCOVER_OUT=target)
        processing.run("ecoval:prepare_landcover", asked, context=context)
        made = QgsVectorLayer(target, "l", "ogr")
        assert made.featureCount() == count
        del made
    layer.setSubsetString("\"code\" = '331'")
    target = str(tmp_path / "filtered.gpkg")
    processing.run("ecoval:prepare_landcover", dict(given, LANDCOVER=layer.id(), LANDCOVER_OUT=target), context=context)
    made = QgsVectorLayer(target, "l", "ogr")
    assert made.featureCount() == 1
    del made


def test_conformity_of_a_run(processing, parameters, tmp_path):
    made = processing.run("ecoval:gep_units", dict(parameters, OUT_FOLDER=str(tmp_path / "run"), REPORT="later"))
    assert "SUMMARY_HTML" not in made
    found = processing.run("ecoval:conform", {"RUN": made["FOLDER"], "STANDARD": "ndrc-2022"})
    verdicts = {row["indicator"]: row["verdict"] for row in rows(tmp_path / "run", Path(found["COVERAGE"]).name)}
    assert verdicts["water_retention"] == "covered"
    assert verdicts["carbon_sequestration"] == "gap"
    assert found["GAPS"] == list(verdicts.values()).count("gap")
    assert Path(found["HTML"]).is_file()
    assert Path(found["DEVIATIONS"]).is_file()
