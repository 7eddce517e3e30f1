"""The print layout of a run: overview, one page per unit on demand, with a Chinese font that is embedded."""

import math
import os

from qgis.core import (
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPrintLayout,
    QgsRectangle,
    QgsScaleBarSettings,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QFont

from . import catalogue, legend, outputs, records
from .compat import always_text
from .i18n import tr
from .lettering import text_format

NORTH = os.path.join(os.path.dirname(__file__), "styles", "north.svg")
DPI = 200
MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters
WIDTH, EDGE = 297.0, 12.0
MAP_WIDTH, MAP_HEIGHT = 178.0, 156.0
AIR = 1.08
LEGEND_LETTERS, WIDE_FROM = 44, 0x2E80  # narrow letters in a line; first of the wide ones


def layout(project, layer, folder, title, agency="", per_unit=True, scale=0.0, texts=()):
    """Layout of a run in a project.

    Parameters
    ----------
    project : QgsProject
    layer : QgsVectorLayer
        The styled unit layer, a layer of the project.
    folder : text
    title, agency : text
    per_unit : choice {True, False}
        One page per unit after the overview.
    scale : number, 1
        Denominator of the scale of every page; 0 fits the page to the unit.
    texts : list of (name, text)
        What an office must print beside a map, such as its approval number.

    Returns
    -------
    QgsPrintLayout
    """
    made = QgsPrintLayout(project)
    made.initializeDefaults()
    made.setName(tr("ecoval account"))
    made.renderContext().setTextRenderFormat(always_text())
    page = made.pageCollection().page(0)
    page.setPageSize("A4", QgsLayoutItemPage.Orientation.Landscape)
    place_map(made, layer, per_unit, scale)
    _label(made, title, EDGE, 8, WIDTH - 2 * EDGE, 10, text_format(18, True))
    head = '[% coalesce("unit_name", "unit_id") %]' if per_unit else tr("All units")
    _label(made, head, EDGE, 18, WIDTH - 2 * EDGE, 8, text_format(13, colour="#35624a"))
    _figures(made, layer, folder, per_unit)
    _furniture(made, layer, folder, agency, texts)
    atlas = made.atlas()
    atlas.setEnabled(per_unit)
    if per_unit:
        atlas.setCoverageLayer(layer)
        atlas.setPageNameExpression('coalesce("unit_name", "unit_id")')
        atlas.setSortFeatures(True)
        atlas.setSortExpression('"unit_id"')
        atlas.setFilenameExpression("'unit_' || \"unit_id\"")
        atlas.updateFeatures()
    return made


def place_map(made, layer, per_unit, scale=0.0):
    """Map at the left, two thirds of the page."""
    item = QgsLayoutItemMap(made)
    item.setId("map")
    made.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(EDGE, 28, MM))
    item.attemptResize(QgsLayoutSize(MAP_WIDTH, MAP_HEIGHT, MM))
    item.setFrameEnabled(True)
    item.setCrs(layer.crs())
    item.setLayers([layer])
    item.setKeepLayerSet(True)
    item.setExtent(framed(layer.extent()))
    item.attemptResize(QgsLayoutSize(MAP_WIDTH, MAP_HEIGHT, MM))
    if scale:
        item.setScale(scale)
    if per_unit:
        modes = QgsLayoutItemMap.AtlasScalingMode
        item.setAtlasDriven(True)
        item.setAtlasScalingMode(modes.Fixed if scale else modes.Auto)
        item.setAtlasMargin(0.25)
    return item


def framed(extent):
    """Extent with some air, in the proportions of the map item, which otherwise changes its height."""
    height = max(extent.height(), extent.width() * MAP_HEIGHT / MAP_WIDTH) * AIR
    return QgsRectangle.fromCenterAndSize(extent.center(), height * MAP_WIDTH / MAP_HEIGHT, height)


def _label(made, text, left, top, width, height, form):
    item = QgsLayoutItemLabel(made)
    item.setText(text)
    item.setTextFormat(form) if hasattr(item, "setTextFormat") else _plain_font(item, form)
    made.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(left, top, MM))
    item.attemptResize(QgsLayoutSize(width, height, MM))
    item.setVAlign(Qt.AlignmentFlag.AlignTop)
    return item


def _plain_font(item, form):
    font = QFont(form.font())
    font.setPointSizeF(form.size())
    item.setFont(font)
    item.setFontColor(form.color())


def _figures(made, layer, folder, per_unit):
    """The numbers at the right: of the unit of the page, or of all units."""
    unit_set = outputs.set_of(layer)
    total = records.total_column(folder, unit_set)
    columns = [total, "provisioning", "regulating", "cultural"]
    facts = legend.column_facts(layer)
    columns += [entry["code"] + "_value" for entry in catalogue.services() if entry["code"] + "_value" in facts]
    apart = {"no": tr(" (not in the total)"), "part": tr(" (in part not in the total)")}
    lines = []
    for name in columns:
        if not per_unit and not records.headline(folder, unit_set).get("additive", True):
            break  # units that overlap have no sum
        value = '"{}"'.format(name) if per_unit else whole(layer, name)
        shown = records.total_label(folder, name, unit_set) or outputs.column_label(name).replace(
            " · " + catalogue.label("value"), ""
        )
        shown += apart.get(facts.get(name, {}).get("in_total"), "")
        lines.append("{}  [% {} %]".format(shown, legend.amount_expression(value)))
    if per_unit:
        density = '"{}" / ("area" / 1e6)'.format(total)
        per_km2 = legend.amount_expression(density, "/km²")
        lines.append("{}  [% {} %]".format(outputs.column_label(total) + "/km²", per_km2))
        lines.append(
            '{}  [% format_number(floor("valid_fraction" * 10000) / 100, 2) %] %'.format(
                catalogue.label("valid_fraction")
            )
        )
        lines.append(
            "[% if(coalesce(\"indicators_missing\", '') = '', '', '{}' || \"indicators_missing\") %]".format(
                tr("Not complete, missing: ")
            )
        )
    _label(made, "\n".join(lines), 196, 28, 90, 76, text_format(9.5))


def whole(layer, column):
    """Expression of the sum over the units: a number, because a label of a layout knows no layer."""
    values = legend.numbers(layer, column)
    return repr(math.fsum(values)) if values else "NULL"


def wrapped(text):
    """Text in lines that the column of the legend holds; a Chinese letter is as wide as two."""
    lines, width = [""], 0
    for letter in text:
        width += 2 if ord(letter) > WIDE_FROM else 1
        if width > LEGEND_LETTERS and (letter == " " or ord(letter) > WIDE_FROM):
            lines, width = [*lines, ""], 0
        lines[-1] += letter
    return "\n".join(line.strip() for line in lines)


def _furniture(made, layer, folder, agency, texts):
    """Legend, scale bar, north arrow, facts and the page number."""
    page_map = made.itemById("map")
    entries = QgsLayoutItemLegend(made)
    made.addLayoutItem(entries)
    entries.setLinkedMap(page_map)
    entries.setAutoUpdateModel(False)
    root = entries.model().rootGroup()
    root.clear()
    shown = layer.customProperty("ecoval/shown", records.total_column(folder, outputs.set_of(layer)))
    entries.setWrapString("\n")
    root.addLayer(layer).setName(wrapped(outputs.layer_name(folder, layer, shown)))
    from qgis.core import QgsLegendStyle

    for part, points in (
        (QgsLegendStyle.Style.Title, 10),
        (QgsLegendStyle.Style.Subgroup, 9.5),
        (QgsLegendStyle.Style.SymbolLabel, 9),
    ):
        style = entries.style(part)
        font = QFont(text_format(points).font())
        font.setPointSizeF(points)
        style.setFont(font)
        entries.setStyle(part, style)
    entries.attemptMove(QgsLayoutPoint(196, 106, MM))
    bar = QgsLayoutItemScaleBar(made)
    made.addLayoutItem(bar)
    bar.setStyle("Single Box")
    bar.setLinkedMap(page_map)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceKilometers)
    bar.setUnitLabel("km")
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
    bar.setMinimumBarWidth(30)
    bar.setMaximumBarWidth(60)
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.setTextFormat(text_format(8))
    bar.attemptMove(QgsLayoutPoint(EDGE + 3, 170, MM))
    ratio = "[% '1 : ' || format_number(item_variables('map')['map_scale'], 0) %]"
    _label(made, ratio, EDGE + 72, 174, 40, 6, text_format(8))
    north = QgsLayoutItemPicture(made)
    north.setPicturePath(NORTH)
    made.addLayoutItem(north)
    north.attemptMove(QgsLayoutPoint(EDGE + 163, 31, MM))
    north.attemptResize(QgsLayoutSize(11, 13, MM))
    said = records.record(folder) or {}
    facts = [
        (tr("Year"), said.get("year")),
        (tr("Price year"), records.headline_texts(folder, outputs.set_of(layer))["prices"] or said.get("price_year")),
        (tr("Standard"), said.get("standard")),
    ]
    facts.append((tr("CRS"), layer.crs().authid()))
    rows = [facts, [(name, text) for name, text in texts if text]]
    text = "\n".join("    ".join("{}: {}".format(*each) for each in row) for row in rows if row)
    text += "\n" + tr("Computed by ecoval {version} on {date}.").format(**outputs.versions(said))
    if said.get("example") or any(str(each.get("status")) == "example" for each in said.get("numbers", [])):
        text += "  " + tr("Contains example numbers: not for decisions.")
    _label(made, text, EDGE, 189, 220, 12, text_format(8, colour="#555555"))
    right = "[% @layout_page %] / [% @layout_numpages %]" if not made.atlas() else page_text()
    _label(made, "{}   {}".format(agency, right).strip(), 226, 189, 59, 8, text_format(8, colour="#555555"))


def page_text():
    """Number of the page out of all pages of the atlas."""
    return "[% coalesce(@atlas_featurenumber, 1) %] / [% coalesce(@atlas_totalfeatures, 1) %]"


def export_pdf(made, path, feedback=None):
    """PDF of all pages, the text as text.

    Parameters
    ----------
    made : QgsPrintLayout
    path : text
    feedback : QgsFeedback

    Raises
    ------
    OSError
    """
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = DPI
    settings.writeGeoPdf = False
    settings.textRenderFormat = always_text()
    if made.atlas().enabled():
        answer, reason = QgsLayoutExporter.exportToPdf(made.atlas(), path, settings, feedback)
    else:
        answer, reason = QgsLayoutExporter(made).exportToPdf(path, settings), ""
    if answer != QgsLayoutExporter.ExportResult.Success:
        raise OSError(0, reason or tr("The PDF cannot be written."), path)


def export_pictures(made, folder, feedback=None):
    """PNG of every page in a folder."""
    os.makedirs(folder, exist_ok=True)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 120
    base = os.path.join(folder, "page.png")
    if made.atlas().enabled():
        answer, reason = QgsLayoutExporter.exportToImage(
            made.atlas(), os.path.join(folder, "unit"), "png", settings, feedback
        )
    else:
        answer, reason = QgsLayoutExporter(made).exportToImage(base, settings), ""
    if answer != QgsLayoutExporter.ExportResult.Success:
        raise OSError(0, reason or tr("The pictures cannot be written."), folder)
