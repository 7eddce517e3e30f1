"""Files as offices hold them, and tables as the tests read them."""

import csv
from pathlib import Path

from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorFileWriter, QgsVectorLayer


def rows(folder, name="gep.csv"):
    with open(Path(folder) / name, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def units_file(path, encoding, crs="EPSG:4549", names=("余杭区", "临安区"), bow=False):
    """Two squares, written as somebody's shapefile."""
    layer = QgsVectorLayer("Polygon?crs={}&field=code:string(9)&field=名称:string(20)".format(crs), "u", "memory")
    for place, name in enumerate(names):
        feature = QgsFeature(layer.fields())
        left = 655000 + place * 2000
        corners = "{0} 3205000, {1} 3205000, {1} 3207000, {0} 3207000, {0} 3205000".format(left, left + 2000)
        if bow and place == 0:
            corners = "{0} 3205000, {1} 3207000, {1} 3205000, {0} 3207000, {0} 3205000".format(left, left + 2000)
        feature.setGeometry(QgsGeometry.fromWkt("POLYGON((" + corners + "))"))
        feature.setAttributes(["33{}".format(place), name])
        layer.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.fileEncoding = "ESRI Shapefile", encoding
    context = QgsProject.instance().transformContext()
    assert QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)[0] == 0
    return path
