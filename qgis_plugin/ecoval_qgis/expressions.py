"""Expression functions over the unit layer of a run: ecoval_value, ecoval_per_ha, ecoval_rank."""

from qgis.core import NULL, QgsExpression, QgsExpressionFunction

from .i18n import tr

GROUP = "ecoval"
SQUARE_METRES_PER_HA = 1e4
_registered = []


class Value(QgsExpressionFunction):
    """Value of a service or account column, CNY."""

    def __init__(self):
        text = tr(
            "ecoval_value('water_retention'): value of a service of the unit, CNY; "
            "also gep, regulating and other columns."
        )
        super().__init__("ecoval_value", 1, GROUP, text)

    def func(self, values, context, parent, node):
        """The number, or nothing."""
        return value(context.feature(), values[0])


class PerHectare(QgsExpressionFunction):
    """The same per hectare."""

    def __init__(self):
        super().__init__("ecoval_per_ha", 1, GROUP, tr("ecoval_per_ha('gep'): value per hectare of the unit, CNY/ha."))

    def func(self, values, context, parent, node):
        """The number, or nothing."""
        found, area = value(context.feature(), values[0]), attribute(context.feature(), "area")
        return None if found is None or not area else found / (area / SQUARE_METRES_PER_HA)


class Rank(QgsExpressionFunction):
    """Place of the unit among all units of the layer."""

    def __init__(self):
        super().__init__("ecoval_rank", 1, GROUP, tr("ecoval_rank('gep'): place of the unit, 1 for the largest."))

    def func(self, values, context, parent, node):
        """The place, or nothing."""
        layer, mine = context.variable("layer"), value(context.feature(), values[0])
        if layer is None or mine is None:
            return None
        key = "ecoval_rank:{}:{}".format(layer.id(), values[0])
        if not context.hasCachedValue(key):
            context.setCachedValue(key, [value(feature, values[0]) for feature in layer.getFeatures()])
        return 1 + sum(other is not None and other > mine for other in context.cachedValue(key))


def value(feature, name):
    """Column `<name>_value`, else `<name>`."""
    for column in (str(name) + "_value", str(name)):
        found = attribute(feature, column)
        if found is not None:
            return found
    return None


def attribute(feature, column):
    """Attribute of a feature, or None."""
    place = feature.fields().lookupField(column)
    found = None if place < 0 else feature.attribute(place)
    return None if found == NULL else found


def register():
    """Add the functions to QGIS."""
    for kind in (Value, PerHectare, Rank):
        function = kind()
        if QgsExpression.registerFunction(function):
            _registered.append(function)


def unregister():
    """Take them out again."""
    for function in _registered:
        QgsExpression.unregisterFunction(function.name())
    _registered.clear()
