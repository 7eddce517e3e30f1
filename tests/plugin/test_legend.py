"""The map is right for one to six units: classes, colours, what is not given, one scale, one result in front, the same atlas."""

import itertools
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from qgis.core import (
    NULL,
    QgsExpression,
    QgsExpressionContext,
    QgsFeature,
    QgsGeometry,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)

PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")
STUDY = Path(__file__).resolve().parents[2] / "sample_data" / "study.toml"
VALUES = {
    1: [5.37e8],
    2: [5.37e8, 9.1e8],
    3: [2.4e7, 5.37e8, 9.1e8],
    4: [2.4e7, 5.37e8, 9.1e8, 3.3e9],
    5: [3.1, 2.4e7, 5.37e8, 9.1e8, 3.3e9],
    6: [2.4e7, 2.5e7, 5.37e8, 9.1e8, 3.3e9, 3.4e9],
}
MORE = ([], [None], [0.0], [-4e8], [None, 0.0, -4e8, -2.0])
CASES = [(count, more) for count, more in itertools.product(VALUES, MORE)]


def units(values, column="gep"):
    """Layer of units side by side, one for each value."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:4549&field=unit_id:string&field={}:double".format(column), "units", "memory")
    for place, value in enumerate(values):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt("POLYGON(({0} 0,{1} 0,{1} 1,{0} 1,{0} 0))".format(place, place + 1)))
        feature.setAttributes([str(place), NULL if value is None else value])
        layer.dataProvider().addFeature(feature)
    layer.setCustomProperty("ecoval/run", "run")
    return layer


def legend_of(layer):
    """Label -> fill colour of each entry, in the order of the legend."""
    return {item.label(): item.symbol().symbolLayer(0).fillColor().name() for item in layer.renderer().legendSymbolItems()}


def classes_of(layer):
    """Label of the one class that each unit is drawn in."""
    names = {item.ruleKey(): item.label() for item in layer.renderer().legendSymbolItems()}
    renderer, context, drawn = layer.renderer().clone(), QgsRenderContext(), []
    context.setExpressionContext(layer.createExpressionContext())
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        keys = set(renderer.legendKeysForFeature(feature, context)) & set(names)  # rules name their root too
        assert len(keys) == 1, (feature.attributes(), keys)
        assert renderer.willRenderFeature(feature, context)
        drawn.append(names[keys.pop()])
    renderer.stopRender(context)
    return drawn


@pytest.fixture(scope="module")
def legend(processing):
    from ecoval_qgis import legend as module
    from ecoval_qgis import session

    session.client().call("ping")
    return module


@pytest.mark.parametrize(("count", "more"), CASES)
def test_every_unit_is_in_one_class_with_a_colour_of_its_own(legend, count, more):
    from ecoval_qgis.i18n import tr

    entries, drawn = [], []
    for order in ([*more, *VALUES[count]], [*reversed(VALUES[count]), *more]):
        project, layer = QgsProject(), units(order)
        assert legend.show_column(project, layer, "gep")
        bounds = legend.kept_scale(project, "gep").bounds
        assert bounds == sorted(set(bounds))
        classes = classes_of(layer)
        for value, label in zip(order, classes):
            if value is None:
                assert label == tr("not given")
                continue
            place = next(place for place in reversed(range(len(bounds) - 1)) if bounds[place] <= value)
            assert label == legend.class_labels(bounds, "CNY")[place]
        entries.append(list(legend_of(layer).items()))
        drawn.append(dict(zip(order, classes)))
        colours = [colour for label, colour in entries[-1] if label != tr("not given")]
        assert len(colours) == len(bounds) - 1 == len(set(colours))
        assert (entries[-1][-1][0] == tr("not given")) == (None in order)
        assert not any("0.00" in label or "nan" in label for label, _ in entries[-1])
        different = {value for value in order if value is not None}
        assert len({label for value, label in drawn[-1].items() if value is not None}) >= min(len(different), 2)
    assert entries[0] == entries[1]
    assert drawn[0] == drawn[1]


def test_a_value_on_a_bound_is_in_the_class_above_and_the_last_class_holds_both(legend):
    for values in ([0.0, 5e8, 1e9], [0.0, 5e8, 1e9, None]):
        layer = units(values)
        legend.style(layer, "gep", [0.0, 5e8, 1e9])
        low, high = list(legend_of(layer))[:2]
        assert classes_of(layer)[:3] == [low, high, high]


def test_signs_have_ramps_of_their_own_that_darken_away_from_zero(legend):
    colours = legend.class_colours([-2.0, -1.0, 0.0, 1.0, 2.0])
    below, above = colours[:2], colours[2:]
    assert [colour.lightness() for colour in below] == sorted(colour.lightness() for colour in below)
    assert [colour.lightness() for colour in above] == sorted((colour.lightness() for colour in above), reverse=True)
    assert all(colour.red() > colour.green() for colour in below)
    assert all(colour.green() > colour.red() for colour in above)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.00012347, "0.0001235"), (1234.6, "1,235"), (-0.5, "-0.5"), (1e-9, "0.000000001")],
)
def test_a_number_is_never_written_as_nothing(legend, value, text):
    assert legend.number_text(value) == text


def test_map_tips_have_the_size_that_fits(legend):
    def tip(value):
        expression = QgsExpression(legend.amount_expression("NULL" if value is None else repr(value)))
        assert not expression.hasParserError()
        text = expression.evaluate(QgsExpressionContext())
        assert not expression.hasEvalError(), expression.evalErrorString()
        return text

    sizes = {word: size for size, word in legend.money_steps()}
    for value in (0.004, 3.0, 25000.0, 4.2e6, 7.7e9, -7.7e9):
        number, word = tip(value).split(" ", 1)
        assert float(number.replace(",", "")) * sizes[word] == pytest.approx(value, rel=0.01)
    assert tip(0.0).startswith("0 ")
    assert not tip(None)[0].isdigit()


def test_one_scale_stays_while_units_change_and_grows_outwards(legend):
    project, layers, former = QgsProject(), [], None
    for value in (5.37e8, 5.4e8, 9.1e8, -3e7, 3.3e9):
        layers.append(units([value]))
        project.addMapLayer(layers[-1])
        assert legend.show_column(project, layers[-1], "gep")
        bounds = legend.kept_scale(project, "gep").bounds
        if former is not None:
            assert bounds[0] <= former[0] and bounds[-1] >= former[-1]
            if former[0] <= value <= former[-1]:
                assert bounds == former
        former = bounds
        entries = [legend_of(layer) for layer in layers]
        assert all(each == entries[0] for each in entries)
    shown = [classes_of(layer)[0] for layer in layers]
    assert shown[0] == shown[1]
    assert len(set(shown)) == 4
    other = units([1.0], "water_retention_value")
    legend.show_column(project, other, "water_retention_value")
    assert legend.kept_scale(project, "gep").bounds == former
    assert legend.kept_scale(project, "water_retention_value").bounds[-1] < 10


def test_the_scale_is_saved_with_the_project(legend, tmp_path):
    project = QgsProject()
    legend.show_column(project, units([5.37e8]), "gep")
    project.write(str(tmp_path / "项目.qgz"))
    again = QgsProject()
    again.read(str(tmp_path / "项目.qgz"))
    assert legend.kept_scale(again, "gep") == legend.kept_scale(project, "gep")


def test_a_scale_asked_for_afresh_has_its_method_and_number(legend):
    project, layer = QgsProject(), units([1e8, 2e8, 3e8, 1e9])
    legend.show_column(project, layer, "gep")
    assert legend.show_column(project, layer, "gep", legend.Scale([], "equal", 2))
    assert legend.kept_scale(project, "gep") == legend.Scale([0.0, 5e8, 1e9], "equal", 2)


def test_without_an_engine_the_scale_still_encloses_the_values(legend, monkeypatch):
    monkeypatch.setattr(legend, "asked", lambda *_ignored: None)
    for count, more in CASES:
        project, values = QgsProject(), [*more, *VALUES[count]]
        layer = units(values)
        legend.keep_scale(project, "gep", legend.Scale([1e7, 1e8], "natural", 5))
        assert legend.show_column(project, layer, "gep")
        bounds = legend.kept_scale(project, "gep").bounds
        assert bounds == sorted(set(bounds))
        classes_of(layer)
    assert not legend.show_column(project, layer, "gep", legend.Scale([], "equal", 2))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of the sample, which has a service outside the total."""
    out = tmp_path_factory.mktemp("分级 目录")
    for name in ("a", "b"):
        command = [PYTHON, "-I", "-X", "utf8", "-m", "ecoval", "run", str(STUDY), "--out", str(out / name), "--quiet"]
        subprocess.run([*command, "--year", "2023"], check=True, capture_output=True)
    return [str(out / "a"), str(out / "b")]


def test_a_run_brings_its_bounds_and_the_newest_result_is_in_front(legend, runs):
    from ecoval_qgis import outputs

    project, layers = QgsProject(), []
    for folder in runs:
        layers.append(outputs.load_run(folder, project))
        list(outputs.load_parts(folder, layers[-1], project))
    facts = legend.column_facts(layers[0])
    column = layers[0].customProperty("ecoval/shown")
    assert legend.kept_scale(project, column).bounds == [float(part) for part in facts[column]["bounds"].split(";")]
    groups = [node for node in project.layerTreeRoot().children() if node.customProperty(outputs.RESULTS, False)]
    assert [group.findLayer(layer.id()) is not None for group, layer in zip(groups, reversed(layers))] == [True, True]
    assert groups[0].isVisible() and groups[0].isExpanded()
    assert not groups[1].isVisible() and not groups[1].isExpanded()
    assert layers[-1].labelsEnabled()
    label = QgsExpression(layers[-1].labeling().settings().fieldName)
    context = layers[-1].createExpressionContext()
    feature = next(layers[-1].getFeatures())
    context.setFeature(feature)
    assert label.evaluate(context) == feature["unit_name"]
    del layers, project


def test_the_atlas_has_the_legend_of_the_map_and_says_what_is_not_in_the_total(legend, runs):
    from ecoval_qgis import atlas, outputs
    from ecoval_qgis.i18n import tr

    project = QgsProject()
    layer = outputs.load_run(runs[0], project)
    made = atlas.layout(project, layer, runs[0], "T", texts=[("审图号", "浙S(2026)1号")], scale=250000)
    entries = next(item for item in made.items() if isinstance(item, QgsLayoutItemLegend)).model()
    nodes = entries.layerLegendNodes(entries.rootGroup().findLayers()[0])
    assert [node.data(0) for node in nodes] == list(legend_of(layer))
    texts = [item.text() for item in made.items() if isinstance(item, QgsLayoutItemLabel)]
    assert any("审图号: 浙S(2026)1号" in text for text in texts)
    lines = next(text for text in texts if "oxygen" in text.lower() or "释氧" in text).split("\n")
    with sqlite3.connect(os.path.join(runs[0], "account.gpkg")) as database:
        rows = dict(database.execute("select service, in_total from columns where column like '%_value'"))
    assert rows["oxygen_release"] == "no" and rows["water_retention"] == "yes"
    marked = [line for line in lines if tr(" (not in the total)") in line]
    assert len(marked) == sum(word == "no" for word in rows.values())
    assert any("oxygen_release_value" in line for line in marked)
    made.atlas().beginRender()
    made.atlas().first()
    assert made.itemById("map").scale() == pytest.approx(250000, rel=1e-3)
    made.atlas().endRender()
    whole = atlas.layout(project, layer, runs[0], "T", per_unit=False)
    texts = [item.currentText() for item in whole.items() if isinstance(item, QgsLayoutItemLabel)]
    assert not any("[%" in text for text in texts)
    total = sum(feature[layer.customProperty("ecoval/shown")] for feature in layer.getFeatures())
    assert any("{:,.2f}".format(total / legend.scale_of("CNY", total)[0]) in text for text in texts)
    del whole, made, layer, project
