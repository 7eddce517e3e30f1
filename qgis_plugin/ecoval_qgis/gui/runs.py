"""The tab of the runs: run folders beside the project and in the home folder; open, run again, report."""

import json
import os

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import catalogue, records
from ..i18n import tr
from .results import button

FOLDER = Qt.ItemDataRole.UserRole


class Runs(QWidget):
    """List of run folders."""

    stale = pyqtSignal(list)  # folders whose run was not finished when they were listed

    def __init__(self, opened, report, again, parent=None):
        super().__init__(parent)
        self.added = []
        self.read = {}
        self.unfinished = []
        self.opened = opened
        self.report = report
        self.again = again
        self.words = tr(
            "Runs beside the project and in the home folder. Choose one; a double click opens it on the map."
        )
        self.hint = QLabel(self.words)
        self.hint.setWordWrap(True)
        self.table = QTableWidget(0, 4)
        self.table.setObjectName("runs_table")
        self.table.setHorizontalHeaderLabels([tr("Run"), tr("Year"), tr("State"), tr("Inputs")])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setVisible(False)
        self.table.itemDoubleClicked.connect(lambda _item: self._with(self.opened))
        self.table.itemSelectionChanged.connect(self._enable)
        self.buttons = [
            button(tr("Open"), lambda: self._with(self.opened), tr("Load the layers of the run.")),
            button(tr("Report"), lambda: self._with(self.report), tr("Open the report of this run.")),
            button(
                tr("Run again"), lambda: self._with(self.again), tr("Compute the same study again in a new folder.")
            ),
        ]
        row = QHBoxLayout()
        for each in self.buttons:
            row.addWidget(each)
        second = QHBoxLayout()
        second.addWidget(button(tr("Other folder…"), self._add, tr("Show a run that lies elsewhere.")))
        second.addWidget(button(tr("Refresh"), self.refresh, tr("Look again.")))
        box = QVBoxLayout(self)
        box.addWidget(self.hint)
        box.addWidget(self.table, 1)
        box.addLayout(row)
        box.addLayout(second)
        self._enable()

    def folders(self):
        """Run folders that are found, newest first."""
        roots = [QgsProject.instance().homePath(), os.path.expanduser("~")]
        found = list(self.added)
        for root in [os.path.join(root, "ecoval_runs") for root in roots if root]:
            if os.path.isdir(root):
                found += [os.path.join(root, name) for name in os.listdir(root)]
        found = [path for path in dict.fromkeys(found) if os.path.isfile(os.path.join(path, "run.json"))]
        return sorted(found, key=lambda path: -os.path.getmtime(os.path.join(path, "run.json")))

    def refresh(self):
        """Fill the table anew."""
        for _ in self.filling():
            continue

    def filling(self):
        """Fill the table anew, one row at a time.

        Yields
        ------
        text
            Folder of the row.
        """
        folders = self.folders()
        self.table.setRowCount(len(folders))
        self.unfinished = []
        for row, folder in enumerate(folders):
            if row < self.table.rowCount():  # somebody else may fill it meanwhile
                for place, item in enumerate(self._cells(folder)):
                    self.table.setItem(row, place, item)
            yield folder
        self.table.resizeColumnsToContents()
        self._enable()
        if self.unfinished:
            self.stale.emit(self.unfinished)

    def _cells(self, folder):
        """Cells of a run; what was read once is read again only where run.json has changed."""
        mark = os.stat(os.path.join(folder, "run.json")).st_mtime_ns
        if self.read.get(folder, (None,))[0] != mark:
            said = records.record(folder) or {}
            inputs = [{"path": entry.get("path", ""), "size": entry.get("size")} for entry in said.get("inputs", [])]
            self.read[folder] = (mark, str(said.get("year", "")), str(said.get("status", "")), inputs)
        _, year, status, inputs = self.read[folder]
        if status == "running":
            self.unfinished.append(folder)
        name = QTableWidgetItem(os.path.basename(folder))
        name.setData(FOLDER, folder)
        name.setToolTip(folder)
        changed, tip = changes({"inputs": inputs})
        last = QTableWidgetItem(changed)
        last.setToolTip(tip)
        return name, QTableWidgetItem(year), QTableWidgetItem(catalogue.label(status)), last

    def selected(self):
        """Folder of the selected row, or nothing."""
        rows = self.table.selectionModel().selectedRows()
        return self.table.item(rows[0].row(), 0).data(FOLDER) if rows else ""

    def _with(self, action):
        folder = self.selected()
        if folder:
            action(folder)

    def _enable(self):
        folder = self.selected()
        for each in self.buttons:
            each.setEnabled(bool(folder))
        self.hint.setText(
            self.words if self.table.rowCount() else tr("No run yet: compute an account, or choose another folder.")
        )

    def _add(self):
        folder = QFileDialog.getExistingDirectory(self, tr("Run folder"))
        if folder:
            self.added.append(folder)
            self.refresh()


def changes(said):
    """Whether the inputs of a run are still those of its record, and what is different.

    Sizes are compared here; the hashes are compared by the audit of the library.
    """
    gone, other = [], []
    for entry in said.get("inputs", []):
        path = entry.get("path", "")
        if not os.path.exists(path):
            gone.append(path)
        elif os.path.isfile(path) and entry.get("size") is not None and os.path.getsize(path) != entry["size"]:
            other.append(path)
    if gone:
        return tr("missing: {count}").format(count=len(gone)), "\n".join(gone)
    if other:
        return tr("changed: {count}").format(count=len(other)), "\n".join(other)
    return tr("same size"), json.dumps(
        [entry.get("path") for entry in said.get("inputs", [])], ensure_ascii=False, indent=0
    )
