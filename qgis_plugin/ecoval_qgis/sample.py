"""The sample county: unpacked from the zip of the plugin, with a project whose layers have roles."""

import json
import os
import shutil

from qgis.core import QgsCoordinateReferenceSystem, QgsFillSymbol, QgsProject, QgsRasterLayer, QgsReferencedRectangle, QgsVectorLayer

from .i18n import tr

SOURCE = os.path.join(os.path.dirname(__file__), "sample")


def layers():
    """Role, file and measure of each layer, as the sample's own list says."""
    with open(os.path.join(SOURCE, "roles.json"), encoding="utf-8") as stream:
        return json.load(stream)


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
            layer.renderer().setSymbol(QgsFillSymbol.createSimple({"color": "255,255,255,40", "outline_color": "60,80,70"}))
        else:
            layer = QgsRasterLayer(path, title)
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
    project.writeEntry("ecoval", "settings", json.dumps(settings, ensure_ascii=False))
    if units is not None:
        view = QgsReferencedRectangle(units.extent().buffered(units.extent().width() / 20), units.crs())
        project.viewSettings().setDefaultViewExtent(view)
    path = os.path.join(folder, "ecoval_sample.qgz")
    if not project.write(path):
        raise OSError(0, project.error(), path)
    return path
