"""The QGIS plugin ecoval: ecosystem accounts per spatial unit, computed by an engine process beside QGIS."""


def classFactory(iface):
    """Plugin object for QGIS; the translator is there before any module that holds texts.

    Parameters
    ----------
    iface : QgisInterface or None

    Returns
    -------
    Plugin
    """
    from . import i18n

    i18n.install()
    from .plugin import Plugin

    return Plugin(iface)
