"""The plugin object: provider for QGIS and `qgis_process`; dock, options and menus where there is a window."""

from qgis.core import QgsApplication

from . import i18n, session
from .provider import EcovalProvider


class Plugin:
    """What QGIS loads and unloads.

    Parameters
    ----------
    iface : QgisInterface or None
    """

    def __init__(self, iface):
        self.iface = iface
        self.provider = None
        self.window = None

    def initProcessing(self):
        """Register the provider: all that `qgis_process` needs."""
        if self.provider is None:
            self.provider = EcovalProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Register the provider, then the parts of the window."""
        self.initProcessing()
        from .gui.window import Window

        session.interactive(True)
        self.window = Window(self.iface)
        self.window.show()

    def unload(self):
        """Take everything out again."""
        if self.window is not None:
            self.window.remove()
            self.window = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        session.close()
        i18n.remove()
