"""Classes of the units on the map: one scale per column that the project keeps, colours by sign, what is not given.

The bounds are the library's: those that a run has beside its columns, and what the engine says where a scale goes on.
"""

import collections
import json
import math

from qgis.core import (
    NULL,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGradientColorRamp,
    QgsGraduatedSymbolRenderer,
    QgsLinePatternFillSymbolLayer,
    QgsProperty,
    QgsRendererRange,
    QgsRuleBasedRenderer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from . import catalogue, session
from .engine import client as states
from .engine.protocol import EngineError
from .i18n import language, tr

CLASSES = 5
METHOD = "natural"
TOTALS = ("gep", "subtotal", "gep_per_km2", "gep_per_capita")
RISING = (QColor(237, 246, 226), QColor(24, 94, 52))
FALLING = (QColor(253, 240, 217), QColor(153, 72, 10))
OUTLINE, PLAIN = QColor(90, 100, 90), QColor(238, 240, 239)
ALONE = 0.6  # of the way to the dark end, for a class that stands alone
SCOPE = "ecoval"  # of the entries of a project
SECONDS = 1.5  # that a window waits for the classes

Scale = collections.namedtuple("Scale", "bounds method number")


# the scale of a column


def column_facts(layer):
    """What a run says of the columns of a unit layer.

    Parameters
    ----------
    layer : QgsVectorLayer

    Returns
    -------
    mapping
        Column -> uom, bounds, in_total; texts, empty where an earlier version did not write them.
    """
    path, _, rest = layer.source().partition("|layername=")
    unit_set = rest.partition("|")[0]
    table = QgsVectorLayer(path + "|layername=columns", "columns", "ogr")
    names = table.fields().names() if table.isValid() else []
    facts = {}
    for row in table.getFeatures() if names else ():
        if "unit_set" not in names or row["unit_set"] == unit_set:
            facts[row["column"]] = {
                name: str(row[name] or "") if name in names else "" for name in ("uom", "bounds", "in_total")
            }
    return facts


def numbers(layer, column):
    """Values of the units that have one."""
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes([column], layer.fields())
    values = [row[column] for row in layer.getFeatures(request)]
    return [float(value) for value in values if value is not None and value != NULL and math.isfinite(value)]


def kept_scale(project, column):
    """The scale that a project keeps for a column, or None."""
    text, there = project.readEntry(SCOPE, "scale/" + column, "")
    try:
        scale = Scale(**json.loads(text)) if there else None
    except (TypeError, ValueError):
        return None
    return scale if scale and len(scale.bounds) > 1 else None


def keep_scale(project, column, scale):
    """Let a project keep a scale."""
    if scale.bounds:
        project.writeEntry(SCOPE, "scale/" + column, json.dumps(scale._asdict()))


def asked(values, scale):
    """Bounds that the engine gives to values, on a scale that may go on; None where no engine answers now."""
    client = session.client()
    if client.state not in (states.READY, states.BUSY):
        return None
    params = {"values": values, "method": scale.method, "number": scale.number, "scale": list(scale.bounds)}
    try:
        return client.call("classes", params, timeout=SECONDS)["numbers"]["bounds"]
    except (EngineError, KeyError):
        return None


def scale_for(project, layer, column, afresh=None):
    """The scale of a column with the values of a layer in it.

    Parameters
    ----------
    project : QgsProject
        Is read alone.
    layer : QgsVectorLayer
    column : text
    afresh : Scale
        Method and number of a scale that takes the place of the one that is kept.

    Returns
    -------
    Scale or None
        None where a fresh one was asked for and no engine answers.
    """
    values = numbers(layer, column)
    if afresh is not None:
        for other in showing(project, column, layer):
            values += numbers(other, column)
        bounds = asked(values, afresh._replace(bounds=[]))
        return None if bounds is None else afresh._replace(bounds=bounds)
    kept = kept_scale(project, column)
    if kept is None:
        text = column_facts(layer).get(column, {}).get("bounds", "")
        kept = Scale([float(part) for part in text.split(";") if part], METHOD, CLASSES)
    bounds = kept.bounds
    if not values or (bounds and bounds[0] <= min(values) and max(values) <= bounds[-1]):
        return kept
    return kept._replace(bounds=asked(values, kept) or widened(bounds, values))


def widened(bounds, values):
    """Bounds whose outer ones enclose the values: what there is where the library has none and no engine answers."""
    low, high = min([*bounds[:1], *values]), max([*bounds[-1:], *values])
    inner = {0.0, *bounds[1:-1]} if low < 0 < high else set(bounds[1:-1])
    return [low, *sorted(inner), high if high > low else low + (abs(low) or 1.0)]


def showing(project, column, apart=None):
    """Layers of results that show a column."""
    layers = [each for each in project.mapLayers().values() if each.customProperty("ecoval/run", "")]
    return [each for each in layers if each.customProperty("ecoval/shown", "") == column and each is not apart]


def show_column(project, layer, column, afresh=None):
    """Style a layer by a column on the scale that the project keeps; where that grows, other layers follow.

    Parameters
    ----------
    project : QgsProject
    layer : QgsVectorLayer
    column : text
    afresh : Scale
        Method and number of a new scale.

    Returns
    -------
    choice {True, False}
        Whether there was an engine for a new scale, where one was asked for.
    """
    before, scale = kept_scale(project, column), scale_for(project, layer, column, afresh)
    if scale is None:
        return False
    keep_scale(project, column, scale)
    style(layer, column, scale.bounds)
    if before is not None and before.bounds != scale.bounds:
        for other in showing(project, column, layer):
            style(other, column, scale.bounds)
    return True


# the look of a layer


def scale_of(measure, largest):
    """Divisor and word of a measure for legends and headlines: money in the size that people read."""
    if not measure.startswith("CNY"):
        return 1.0, catalogue.label(measure) if measure in catalogue.content()["labels"] else measure
    rest = {"CNY km-2": "/km²", "CNY person-1": tr("/person")}.get(measure, "")
    for size, word in money_steps():
        if abs(largest) >= size or size == 1.0:
            return size, word + rest
    return 1.0, "CNY" + rest


def money_steps():
    """Sizes of money and their words, the largest first."""
    if language() == "zh":
        return [(1e8, "亿元"), (1e4, "万元"), (1.0, "元")]
    return [(1e9, tr("billion CNY")), (1e6, tr("million CNY")), (1.0, "CNY")]


def number_text(value):
    """A number with four digits that count: never nothing where it is not zero."""
    if not value:
        return "0"
    places = max(0, 3 - math.floor(math.log10(abs(value))))
    text = "{:,.{places}f}".format(value, places=places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_expression(value, rest=""):
    """Expression of QGIS that writes money in the size that fits, or that it is not given.

    Parameters
    ----------
    value : text
        Expression of the money in CNY.
    rest : text
        Stands behind the word of the measure.
    """
    cases = "".join(
        " WHEN abs(@money) >= {size:.0f} THEN format_number(@money / {size:.0f}, 2) || ' {word}'".format(
            size=size, word=word + rest
        )
        for size, word in money_steps()
    )
    small = " ELSE to_string(@money) || ' {}'".format(money_steps()[-1][1] + rest)
    text = "CASE WHEN @money IS NULL THEN '{}'{}{} END".format(tr("not given"), cases, small)
    return "with_variable('money', {}, {})".format(value, text)


def class_colours(bounds):
    """Colour of each class: a ramp for each sign, darker away from zero."""
    below = sum(1 for bound in bounds[:-1] if bound < 0)
    above = max(len(bounds) - 1, 0) - below

    def ramp(ends, count):
        colours = QgsGradientColorRamp(*ends)
        return [colours.color(place / (count - 1) if count > 1 else ALONE) for place in range(count)]

    return [*reversed(ramp(FALLING, below)), *ramp(RISING, above)]


def class_labels(bounds, measure):
    """Text of each class: its bounds, and the measure in the size that fits the whole scale."""
    size, word = scale_of(measure, max(map(abs, bounds), default=0.0))
    texts = [number_text(bound / size) for bound in bounds]
    return ["{} – {} {}".format(low, high, word).strip() for low, high in zip(texts, texts[1:])]


def style(layer, column, bounds):
    """Colours of a column by the classes between bounds; a class holds its lower bound, the last one both.

    Parameters
    ----------
    layer : QgsVectorLayer
    column : text
    bounds : list
        Ascending and distinct; empty where no unit has a value.
    """
    facts = column_facts(layer).get(column, {})
    base = QgsSymbol.defaultSymbol(layer.geometryType())
    base.symbolLayer(0).setStrokeColor(OUTLINE)
    base.symbolLayer(0).setStrokeWidth(0.2)
    hatch(layer, column, base)
    ranges = []
    labels = class_labels(bounds, facts.get("uom") or "CNY")
    for place, (label, colour) in enumerate(zip(labels, class_colours(bounds))):
        symbol = base.clone()
        symbol.symbolLayer(0).setFillColor(colour)
        last = place == len(labels) - 1
        upper = bounds[place + 1] if last else math.nextafter(bounds[place + 1], -math.inf)
        ranges.append(QgsRendererRange(bounds[place], upper, symbol, label))
    if any(row[column] in (None, NULL) for row in layer.getFeatures()):
        layer.setRenderer(with_absent(column, bounds, ranges))
    else:
        renderer = QgsGraduatedSymbolRenderer(column, ranges)
        renderer.setSourceSymbol(base)
        renderer.setSourceColorRamp(QgsGradientColorRamp(*RISING))
        layer.setRenderer(renderer)
    layer.setCustomProperty("ecoval/shown", column)
    layer.triggerRepaint()


def with_absent(column, bounds, ranges):
    """The same classes as rules, and one more for the units without a value, which graduated colours leave out."""
    root = QgsRuleBasedRenderer.Rule(None)
    for place, each in enumerate(ranges):
        sign = "<=" if place == len(ranges) - 1 else "<"
        text = '"{0}" >= {1!r} AND "{0}" {2} {3!r}'.format(column, bounds[place], sign, bounds[place + 1])
        root.appendChild(QgsRuleBasedRenderer.Rule(each.symbol().clone(), 0, 0, text, each.label()))
    absent = QgsFillSymbol()
    absent.symbolLayer(0).setFillColor(PLAIN)
    absent.symbolLayer(0).setStrokeColor(OUTLINE)
    absent.symbolLayer(0).setStrokeWidth(0.2)
    absent.appendSymbolLayer(lines(-45, 1.5))
    root.appendChild(QgsRuleBasedRenderer.Rule(absent, 0, 0, '"{}" IS NULL'.format(column), tr("not given")))
    return QgsRuleBasedRenderer(root)


def lines(angle, distance):
    """Hatching."""
    pattern = QgsLinePatternFillSymbolLayer()
    pattern.setLineAngle(angle)
    pattern.setDistance(distance)
    pattern.setColor(OUTLINE)
    return pattern


def hatch(layer, column, symbol):
    """Hatch the units whose total lacks other indicators than that of most units: theirs is not comparable."""
    lists = missing_lists(layer)
    if column not in TOTALS or len(lists) < 2:
        return
    usual = max(lists, key=lists.get)
    pattern = lines(45, 2.0)
    expression = "coalesce(\"indicators_missing\", '') <> '{}'".format(usual)
    pattern.setDataDefinedProperty(QgsSymbolLayer.PropertyLayerEnabled, QgsProperty.fromExpression(expression))
    symbol.appendSymbolLayer(pattern)


def missing_lists(layer):
    """Lists of missing indicators of the units -> number of units; empty where the layer does not say."""
    if layer.fields().lookupField("indicators_missing") < 0:
        return {}
    return collections.Counter(str(each["indicators_missing"] or "") for each in layer.getFeatures())
