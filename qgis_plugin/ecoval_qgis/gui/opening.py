"""A run comes into the window: its table first, then the map, then what is hidden, one short step at a time."""

import collections
import shutil

from qgis.core import Qgis, QgsProject
from qgis.PyQt.QtCore import QPoint, QTimer

from .. import outputs
from ..i18n import tr

CLICKS_KEPT = 20  # run folders of clicks that stay on the disk
STEP_PAUSE = 5  # ms between two steps of loading


class Opening:
    """Loads runs for the window.

    Parameters
    ----------
    window : Window
    """

    def __init__(self, window):
        self.window = window
        self.loading = None
        self.clicks = collections.deque()

    def end(self):
        """Load nothing more."""
        self.loading = None

    def open_run(self, folder, quick=False):
        """Load a run on the map and show its table, step by step.

        Parameters
        ----------
        folder : text
        quick : choice {True, False}
            The answer to a click takes the place of the answer before.
        """
        layer = outputs.unit_layer(folder)
        if layer is None:
            text = tr("The run {folder} has no results that can be read.").format(folder=folder)
            self.window.iface.messageBar().pushMessage("ecoval", text, Qgis.MessageLevel.Warning)
            return
        self.loading = self._opening(folder, layer, quick)
        self.load_next()

    def _opening(self, folder, layer, quick):
        """The steps of opening a run: the table first, then the map, then what is hidden."""
        self.window.dock.tabs.setCurrentIndex(0)
        yield from self.window.results.showing(folder, layer)
        if not quick:
            self.window.account.data.setCollapsed(True)
            QTimer.singleShot(100, self.show_results)
        yield from outputs.loading(folder, layer)
        self.window.results.link(layer)
        if quick:
            yield from self._forget_clicks(folder, layer)
            return
        yield from outputs.load_parts(folder, layer)
        yield from self.window.runs.filling()

    def _forget_clicks(self, folder, layer):
        """Take the answers to earlier clicks off the map, and the oldest ones off the disk."""
        project = QgsProject.instance()
        for _, known in self.clicks:
            node = project.layerTreeRoot().findLayer(known)
            if node is not None:
                group = node.parent()
                project.removeMapLayer(known)
                yield "layer"
                if group is not None and not group.children():
                    group.parent().removeChildNode(group)
                yield "group"
        self.clicks.append((folder, layer.id()))
        while len(self.clicks) > CLICKS_KEPT:
            shutil.rmtree(self.clicks.popleft()[0], ignore_errors=True)
            yield "folder"

    def load_next(self):
        """One more step of opening a run; then the window has its turn."""
        if self.loading is not None and stepped(self.loading):
            QTimer.singleShot(STEP_PAUSE, self.load_next)
        else:
            self.loading = None

    def fill_runs(self):
        """List the runs, step by step."""
        if self.loading is None:
            self.loading = self.window.runs.filling()
            self.load_next()

    def show_results(self):
        """Scroll to the results."""
        area = self.window.dock.tabs.widget(0)
        if self.window.results.isVisible():
            area.verticalScrollBar().setValue(self.window.results.mapTo(area.widget(), QPoint(0, 0)).y())


def stepped(steps):
    """Whether there was one more step; a layer or project that went away meanwhile ends them."""
    try:
        return next(steps, None) is not None
    except RuntimeError:
        return False
