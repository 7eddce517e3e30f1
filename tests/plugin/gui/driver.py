"""Inside QGIS: clicks through the plugin as a user does, takes pictures, writes result.json, ends."""

import os
import signal
import sys
import time

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QEvent, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QToolButton
from qgis.utils import iface, loadPlugin, plugins, startPlugin, unloadPlugin

sys.path.insert(0, os.environ["ECOVAL_GUI_HERE"])
import balance_steps
from hands import (
    BLOCKED,
    HOME,
    LANG,
    OUT,
    SLOW,
    Beat,
    clean,
    click,
    click_at,
    dock,
    find,
    held,
    loaded,
    perform,
    picture,
    settle,
    show,
    wait,
    window,
)


def active():
    assert "ecoval_qgis" in plugins
    assert QgsApplication.processingRegistry().providerById("ecoval") is not None
    return ", ".join(a.displayName() for a in QgsApplication.processingRegistry().providerById("ecoval").algorithms())


def toolbar_opens_dock():
    buttons = [b for b in iface.pluginToolBar().findChildren(QToolButton) if b.defaultAction() is window().action]
    assert len(buttons) == 1
    click(buttons[0])
    wait(lambda: dock().isVisible(), 5, "the dock")
    assert not find("run").isEnabled() and find("reason").text(), "greyed without a reason"
    picture("empty")
    return find("reason").text()


def sample():
    window().open_sample(os.path.join(HOME, "示例 目录"))
    wait(lambda: len(QgsProject.instance().mapLayers()) > 10, 20, "the layers")
    settle(1.0)
    reason = find("reason").text() if not find("run").isEnabled() else ""
    picture("sample")
    assert find("run").isEnabled(), reason


def first_run():
    begin = time.perf_counter()
    click(find("run"))
    wait(lambda: window().control.busy, 5, "the start")
    settle(1.5)
    picture("running")
    with Beat() as beat:
        wait(lambda: not window().control.busy, 90, "the end")
        wait(lambda: window().results.isVisible() and window().opening.loading is None, 10, "the results")
    took = time.perf_counter() - begin
    assert window().results.table.rowCount() == 10
    settle(1.5)
    picture("result")
    held(beat.longest, SLOW if loaded() else BLOCKED, beat.late())
    return "%.1f s to the result; event loop blocked at most %.0f ms; %s" % (took, beat.longest, beat.late())


def row_selects_unit():
    table = window().results.table
    show(table)
    rect = table.visualItemRect(table.item(1, 0))
    click_at(table.viewport().mapToGlobal(rect.center()))
    layer = window().results.layer()
    assert layer.selectedFeatureCount() == 1
    code = next(layer.getSelectedFeatures())["unit_id"]
    assert str(code) == table.item(1, 0).data(Qt.ItemDataRole.UserRole)
    picture("linked")


def unit_selects_row():
    layer = window().results.layer()
    feature = next(layer.getFeatures())
    layer.selectByIds([feature.id()])
    settle(0.2)
    assert window().results.codes() == {str(feature["unit_id"])}


def chart_and_notes():
    window().results.tabs.setCurrentIndex(1)
    picture("chart")
    window().results.tabs.setCurrentIndex(2)
    picture("notes")
    window().results.tabs.setCurrentIndex(0)
    assert window().results.chart.save(os.path.join(OUT, LANG + "_chart.png"))
    assert window().results.chart.save(os.path.join(OUT, LANG + "_chart.svg"))


def pick_on_canvas():
    layer = window().control.layer("units")
    layer.removeSelection()
    window().control.set("scope", "all")
    iface.mapCanvas().setExtent(iface.mapCanvas().mapSettings().layerExtentToOutputExtent(layer, layer.extent()))
    iface.mapCanvas().refresh()
    settle(1.5)
    window().account.data.setCollapsed(True)
    click(find("tool_pick"))
    assert iface.mapCanvas().mapTool() is window().pick_tool
    feature = next(layer.getFeatures())
    inside = feature.geometry().pointOnSurface().asPoint()
    place = (
        iface.mapCanvas().getCoordinateTransform().transform(iface.mapCanvas().mapSettings().layerToMapCoordinates(layer, inside))
    )
    click_at(iface.mapCanvas().mapToGlobal(QPoint(int(place.x()), int(place.y()))))
    assert layer.selectedFeatureIds() == [feature.id()], layer.selectedFeatureIds()
    assert window().control.settings["scope"] == "selected"
    picture("picked")


def comparable():
    """One, two and five units, one after the other: their classes are those of one scale, the newest group is in front."""
    from ecoval_qgis import legend

    layer, texts = window().control.layer("units"), []
    total = window().results.layer().customProperty("ecoval/shown")
    before = legend.kept_scale(QgsProject.instance(), total).bounds
    identifiers = [feature.id() for feature in layer.getFeatures()]
    for count in (1, 2, 5):
        layer.selectByIds(identifiers[-count:])
        click(find("run"))
        wait(lambda: window().control.busy, 5, "the start")
        wait(lambda: not window().control.busy, 60, "the end")
        wait(lambda: window().opening.loading is None and window().results.layer() is not None, 20, "the layers")
        assert window().results.table.rowCount() == count
        settle(1.0)
        shown = window().results.layer()
        bounds = legend.kept_scale(QgsProject.instance(), shown.customProperty("ecoval/shown")).bounds
        assert bounds[0] <= before[0] and bounds[-1] >= before[-1]
        if shown.customProperty("ecoval/shown") == total:
            assert set(before[1:-1]) <= set(bounds)
        groups = [g for g in QgsProject.instance().layerTreeRoot().children() if g.customProperty("ecoval/results", False)]
        assert [g.isVisible() for g in groups] == [True] + [False] * (len(groups) - 1)
        view = iface.layerTreeView()
        assert view.isExpanded(view.node2index(groups[0])), "the newest group is collapsed"
        labels = [item.label() for item in shown.renderer().legendSymbolItems()]
        texts.append("; ".join(labels))
        picture("units_%d" % count)
    return " | ".join(texts)


def run_selected():
    marks = []
    window().control.stirred.connect(lambda: marks.append((time.perf_counter(), window().control.busy)))
    click(find("run"))
    wait(lambda: window().results.table.rowCount() == 1, 60, "one row")
    shown = time.perf_counter()
    starts = [at for at, busy in marks if busy]
    ends = [at for at, busy in marks if not busy and at > starts[0]]
    wait(lambda: window().opening.loading is None, 10, "the layers")
    settle(1.0)
    selection = iface.mapCanvas().selectionColor().rgb() & 0xFFFFFF
    image = iface.mapCanvas().grab().toImage()
    outline = sum(
        image.pixel(x, y) & 0xFFFFFF == selection for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)
    )
    assert outline > 50, "the selection cannot be seen: %d pixels" % outline
    picture("selected")
    return "%.2f s warm for one unit, seen after at most %.2f s" % (ends[0] - starts[0], shown - starts[0])


def command_is_there():
    text = window().control.command("process")
    assert text.startswith("qgis_process run ecoval:gep_units") and "--UNITS=" in text
    return text[:120]


def cancel():
    """The engine is held while the run waits, so that the run cannot end before it is cancelled."""
    from ecoval_qgis import session

    window().clear()
    wait(lambda: window().opening.loading is None, 10, "the layers of the last run")
    before = len(QgsProject.instance().mapLayers())
    engine = session.client().process_id
    os.kill(engine, signal.SIGSTOP)
    try:
        click(find("run"))
        wait(lambda: window().control.busy, 5, "the start")
        settle(0.3)
        begin = time.perf_counter()
        window().control.cancel()
    finally:
        os.kill(engine, signal.SIGCONT)
    wait(lambda: not window().control.busy, 10, "the end after cancel")
    took = time.perf_counter() - begin
    settle(0.3)
    assert len(QgsProject.instance().mapLayers()) == before
    return "cancelled after %.2f s" % took


def kill_engine():
    from ecoval_qgis import session

    click(find("run"))
    wait(lambda: window().control.busy and session.client().process_id, 10, "the start")
    settle(0.4)
    os.kill(session.client().process_id, 9)
    wait(lambda: not window().control.busy, 20, "the end after the kill")
    text = window().control.failure
    assert text, "no sentence"
    settle(0.5)
    picture("killed")
    iface.messageBar().clearWidgets()
    click(find("run"))
    wait(lambda: window().control.busy, 5, "the next start")
    wait(lambda: not window().control.busy, 90, "the next run")
    assert not window().control.failure, window().control.failure
    return text


def runs_tab():
    find("tabs").setCurrentIndex(2)
    window().runs.refresh()
    assert window().runs.table.rowCount() >= 2
    window().runs.table.selectRow(0)
    picture("runs")
    find("tabs").setCurrentIndex(0)


def drawn_area():
    window().account.scope["drawn"].click()
    reason = find("reason").text()
    assert reason
    window().draw()
    layer = window().control.layer("units")
    center = layer.extent().center()
    from qgis.core import QgsGeometry, QgsPointXY

    corners = [QgsPointXY(center.x() + dx, center.y() + dy) for dx, dy in ((0, 0), (3000, 0), (3000, 3000), (0, 3000))]
    for corner in corners:
        place = iface.mapCanvas().getCoordinateTransform().transform(corner)
        QTest.mouseClick(iface.mapCanvas().viewport(), Qt.MouseButton.LeftButton, pos=QPoint(int(place.x()), int(place.y())))
    QTest.mouseClick(iface.mapCanvas().viewport(), Qt.MouseButton.RightButton, pos=QPoint(int(place.x()), int(place.y())))
    assert window().control.unit_layer() is not None and window().control.unit_layer().featureCount() == 1
    assert QgsGeometry is not None


def layer_removed():
    window().account.scope["all"].click()
    QgsProject.instance().removeMapLayer(window().control.layer("landcover").id())
    settle(0.4)
    assert not find("run").isEnabled() and find("reason").text()
    return find("reason").text()


def reload_three_times():
    for _ in range(3):
        assert unloadPlugin("ecoval_qgis")
        assert QgsApplication.processingRegistry().providerById("ecoval") is None
        settle(0.2)
        assert loadPlugin("ecoval_qgis") and startPlugin("ecoval_qgis")
        settle(0.2)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    docks = [d for d in iface.mainWindow().findChildren(QDockWidget) if d.objectName() == "EcovalDock"]
    actions = [a for a in iface.pluginToolBar().actions() if a.objectName() == "ecoval_action"]
    assert len(actions) == 1, len(actions)
    QgsProject.instance().clear()
    settle(0.3)
    assert len(docks) == 1, len(docks)
    return "one dock"


STEPS = os.environ.get("ECOVAL_GUI_STEPS") or (
    "active toolbar_opens_dock sample first_run row_selects_unit unit_selects_row chart_and_notes pick_on_canvas run_selected "
    "comparable command_is_there cancel kill_engine runs_tab "
    + balance_steps.NAMES
    + " drawn_area layer_removed reload_three_times clean"
)
assert callable(clean)
QTimer.singleShot(1500, lambda: perform(STEPS, {**globals(), **balance_steps.named()}))
