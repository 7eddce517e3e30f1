"""The sample county: unpacked from the zip of the plugin, with a project whose layers have roles."""

import csv
import json
import os
import shutil

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsReferencedRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from . import remembered
from .i18n import tr

COLOURS = {  # first digit of the ecosystem type
    "1": "#2f6b3a",
    "2": "#6f9a52",
    "3": "#b8c97a",
    "4": "#4a8fb5",
    "5": "#d9b86a",
    "6": "#b5584a",
    "7": "#d8c9a8",
    "8": "#a39a90",
    "9": "#7fa8a0",
}
SOURCE = os.path.join(os.path.dirname(__file__), "sample")


def layers():
    """Role, file and measure of each layer, as the sample's own list says."""
    with open(os.path.join(SOURCE, "roles.json"), encoding="utf-8") as stream:
        return json.load(stream)


def colour_classes(layer, table):
    """Colours and names of the classes, after the first digit of the ecosystem type."""
    with open(table, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    classes, seen = [], {}
    for row in rows:
        family = row["ecosystem_type"][0]
        seen[family] = seen.get(family, 0) + 1
        colour = QColor(COLOURS.get(family, "#bbbbbb")).lighter(100 + 9 * (seen[family] - 1))
        classes.append(QgsPalettedRasterRenderer.Class(int(row["code"]), colour, row["name"]))
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))


def add_balance(project, declared, folder):
    """The project balance of the sample: its declaration, and its layers with their parts.

    Parameters
    ----------
    project : QgsProject
    declared : mapping
        Content of project.toml.
    folder : text
    """
    from . import offsets

    content = placed(declared, folder)
    remembered.write("offset", {"content": content}, project)
    group = project.layerTreeRoot().insertGroup(0, tr("Project balance"))
    for table, role, title in (
        ("footprints", "footprint", tr("Footprints")),
        ("candidates", "candidates", tr("Parcels")),
    ):
        entry = content[table]
        layer = QgsVectorLayer("{}|layername={}".format(entry["path"], entry.get("layer", table)), title, "ogr")
        layer.setCustomProperty("ecoval/role", role)
        if role == "footprint":
            offsets.style_footprints(layer)
        else:
            offsets.style_candidates(layer, offsets.state_expression((), ()))
        project.addMapLayer(layer, False)
        group.addLayer(layer).setExpanded(False)


def placed(value, folder):
    """The content with the files of the sample as absolute paths."""
    if isinstance(value, dict):
        return {key: placed(entry, folder) for key, entry in value.items()}
    if isinstance(value, list):
        return [placed(entry, folder) for entry in value]
    if (
        isinstance(value, str)
        and value.endswith((".gpkg", ".csv", ".toml"))
        and os.path.exists(os.path.join(folder, value))
    ):
        return os.path.abspath(os.path.join(folder, value))
    return value


def unpack(folder):
    """Copy the data and write the project.

    Parameters
    ----------
    folder : text

    Returns
    -------
    text
        Path of the project.
    """
    from . import catalogue

    os.makedirs(folder, exist_ok=True)
    for name in sorted(os.listdir(SOURCE)):
        target = os.path.join(folder, name)
        if name != "roles.json" and not os.path.exists(target):
            shutil.copyfile(os.path.join(SOURCE, name), target)
    listed = layers()
    project = QgsProject()
    project.setTitle(tr("Ecoval sample county"))
    project.setCrs(QgsCoordinateReferenceSystem(listed["crs"]))
    group = project.layerTreeRoot().addGroup(tr("Data"))
    units = None
    for entry in listed["layers"]:
        path = os.path.join(folder, entry["file"])
        title = catalogue.label(entry["role"])
        if entry["kind"] == "vector":
            layer = QgsVectorLayer(path, title, "ogr")
            units = layer
            layer.renderer().setSymbol(
                QgsFillSymbol.createSimple({"color": "255,255,255,40", "outline_color": "60,80,70"})
            )
        else:
            layer = QgsRasterLayer(path, title)
            if entry["role"] == "landcover":
                colour_classes(layer, os.path.join(folder, entry["classes"]))
        layer.setCustomProperty("ecoval/role", entry["role"])
        layer.setCustomProperty("ecoval/year", listed["year"])
        for key in ("measure", "classes", "id", "name"):
            if entry.get(key):
                value = os.path.join(folder, entry[key]) if key == "classes" else entry[key]
                layer.setCustomProperty("ecoval/" + key, value)
        project.addMapLayer(layer, False)
        parent = project.layerTreeRoot() if layer is units else group
        node = parent.insertLayer(0, layer) if layer is units else parent.addLayer(layer)
        node.setItemVisibilityChecked(entry["role"] in ("units", "landcover"))
        node.setExpanded(False)
    settings = {key: [os.path.join(folder, name) for name in names] for key, names in listed["tables"].items()}
    settings.update(listed["settings"])
    settings["roles"] = {role: os.path.join(folder, name) for role, name in settings["roles"].items()}
    settings["year"] = listed["year"]
    remembered.write("settings", settings, project)
    if listed.get("project"):
        add_balance(project, listed["project"], folder)
    if units is not None:
        view = QgsReferencedRectangle(units.extent().buffered(units.extent().width() / 20), units.crs())
        project.viewSettings().setDefaultViewExtent(view)
    path = os.path.join(folder, "ecoval_sample.qgz")
    if not project.write(path):
        raise OSError(0, project.error(), path)
    return path
