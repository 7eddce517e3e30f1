"""Small parts of forms."""

from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QWidget

from ..i18n import tr
from . import checks
from .results import button

COLOURS = {checks.ERROR: "#b3261e", checks.WARNING: "#9a6700", checks.INFO: "#4a6572"}
SIGNS = {checks.ERROR: "✘", checks.WARNING: "⚠", checks.INFO: "ℹ"}


def check_row(found):
    """One finding with its button."""
    row = QWidget()
    box = QHBoxLayout(row)
    box.setContentsMargins(0, 1, 0, 1)
    text = QLabel("<span style='color:{}'>{}</span> {}".format(COLOURS[found.level], SIGNS[found.level], found.text))
    text.setWordWrap(True)
    box.addWidget(text, 1)
    if found.action is not None:
        made = button(found.fix, found.action)
        made.setObjectName("fix")
        box.addWidget(made)
    return row


def group(title, closed=False):
    """A group that can be closed."""
    made = QgsCollapsibleGroupBox(title)
    made.setCollapsed(closed)
    return made


def wide_form():
    """A form whose long labels stand above their fields, so that it stays narrow."""
    made = QFormLayout()
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    made.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return made


def narrow(combo, letters=6):
    """A combo box that needs no more than its place."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(letters)
    return combo


def chooser(pattern, several=False):
    """A field for a file, or several."""
    made = QgsFileWidget()
    made.setFilter("{} ({})".format(tr("Tables"), pattern))
    if several:
        made.setStorageMode(QgsFileWidget.StorageMode.GetMultipleFiles)
    return made


def paths(widget):
    """Files of a field."""
    return [path for path in QgsFileWidget.splitFilePaths(widget.filePath()) if path]


def show_path(widget, path):
    """Set a path where it differs."""
    if widget.filePath() != path:
        widget.setFilePath(path)
