"""Steps of the desktop run in the tab of the project balance."""

import os
import time

from hands import click, click_at, find, picture, settle, show, wait, window
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.utils import iface

NAMES = (
    "balance_tab balance_gains balance_tick balance_row_zooms balance_tick_on_map balance_suggest balance_statement balance_rules"
)


def named():
    """Name -> step."""
    steps = Steps()
    return {name: getattr(steps, name) for name in NAMES.split()}


class Steps:
    """One method per step."""

    def __init__(self):
        self.opened = []

    @property
    def tab(self):
        return window().balance

    @property
    def state(self):
        return self.tab.state

    def top(self):
        """Scroll the tab to its beginning."""
        find("balance").verticalScrollBar().setValue(0)
        settle(0.3)

    def look(self, widget, name):
        """Picture with a widget in view."""
        area = find("balance")
        area.verticalScrollBar().setValue(max(widget.mapTo(area.widget(), QPoint(0, 0)).y() - 6, 0))
        settle(0.4)
        picture(name)

    def ran(self):
        wait(lambda: not window().control.busy, 150, "the end of the step")
        assert not window().control.failure, window().control.failure

    def balance_tab(self):
        find("tabs").setCurrentIndex(1)
        settle(0.5)
        self.top()
        picture("balance_start")
        assert self.state.alternatives() == ["A", "B"]
        assert not find("offset_suggest").isEnabled() and find("offset_reason").text()
        assert "ha" in find("offset_area").text()
        return find("offset_reason").text()

    def balance_gains(self):
        begin = time.perf_counter()
        click(find("offset_credits"))
        self.ran()
        wait(lambda: self.state.sure, 20, "the engine's verdict")
        took = time.perf_counter() - begin
        self.look(self.tab.candidates_group, "balance_parcels")
        assert find("offset_parcels").rowCount() >= 20
        return "%.1f s to gains and verdict" % took

    def balance_tick(self):
        table = find("offset_parcels")
        show(table)
        before = [row.net for row in self.state.sums]
        rect = table.visualItemRect(table.item(0, 0))
        click_at(table.viewport().mapToGlobal(QPoint(rect.left() + 10, rect.center().y())))
        assert len(self.state.ticked) == 1, self.state.ticked
        assert [row.net for row in self.state.sums] != before, "the numbers did not move"
        wait(lambda: self.state.sure, 10, "the engine's answer")
        self.look(self.tab.balance_group, "balance_one")
        return find("offset_line").text()

    def balance_row_zooms(self):
        table = find("offset_parcels")
        show(table)
        rect = table.visualItemRect(table.item(1, 1))
        click_at(table.viewport().mapToGlobal(rect.center()))
        layer = self.state.layer("candidates")
        codes = {str(feature["candidate_id"]) for feature in layer.selectedFeatures()}
        assert codes == {table.item(1, 0).data(Qt.ItemDataRole.UserRole)[0]}, codes
        layer.removeSelection()

    def balance_tick_on_map(self):
        layer = self.state.layer("candidates")
        canvas = iface.mapCanvas()
        pairs = {row["candidate_id"] for row in self.state.parcels if not row["excluded"]}
        pairs -= {pair[0] for pair in self.state.ticked}
        feature = next(each for each in layer.getFeatures() if str(each["candidate_id"]) in pairs)
        canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(layer, feature.geometry().boundingBox().buffered(900)))
        canvas.refresh()
        settle(1.5)
        click(find("offset_tick_map"))
        assert canvas.mapTool() is self.tab.tick_tool
        inside = canvas.mapSettings().layerToMapCoordinates(layer, feature.geometry().pointOnSurface().asPoint())
        place = canvas.getCoordinateTransform().transform(inside)
        click_at(canvas.mapToGlobal(QPoint(int(place.x()), int(place.y()))))
        assert str(feature["candidate_id"]) in {pair[0] for pair in self.state.ticked}
        iface.actionPan().trigger()

    def balance_suggest(self):
        begin = time.perf_counter()
        self.top()
        click(find("offset_suggest"))
        wait(lambda: bool(window().control.busy), 5, "the start")
        self.ran()
        wait(lambda: self.state.sure, 20, "the engine's verdict")
        took = time.perf_counter() - begin
        said = self.state.engine
        assert said["verdict"] == "balanced", said["verdict"]
        assert ("?" in find("offset_verdict").text()) is (not said["robust"])
        layer = self.state.layer("candidates")
        canvas = iface.mapCanvas()
        canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent().buffered(500)))
        canvas.refresh()
        settle(1.5)
        self.look(self.tab.balance_group, "balance_suggested")
        self.look(self.tab.candidates_group, "balance_chosen")
        return "%.1f s; %d parcels" % (took, len(self.state.ticked))

    def balance_statement(self):
        from ecoval_qgis.gui import balance

        real = balance.QDesktopServices.openUrl
        balance.QDesktopServices.openUrl = lambda url: self.opened.append(url.toLocalFile())
        try:
            click(find("offset_export"))
            wait(lambda: bool(window().control.busy), 5, "the start")
            self.ran()
            wait(lambda: bool(self.opened), 10, "the statement")
        finally:
            balance.QDesktopServices.openUrl = real
        assert os.path.isfile(self.opened[-1]) and os.path.getsize(self.opened[-1]) > 10000
        assert os.path.isfile(self.state.exported["PDF"])
        names = [layer.name() for layer in QgsProject.instance().mapLayers().values() if layer.customProperty("ecoval/run", "")]
        assert len(names) >= 4
        settle(1.0)
        self.look(find("offset_exported"), "balance_statement")
        return self.opened[-1]

    def balance_rules(self):
        for each, name in ((self.tab.rules, "balance_rules"), (self.tab.records, "balance_records")):
            each.setCollapsed(False)
            settle(0.3)
            self.look(each, name)
            each.setCollapsed(True)
        find("tabs").setCurrentIndex(0)
