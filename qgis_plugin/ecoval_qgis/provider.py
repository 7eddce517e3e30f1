"""The Processing provider: all computing of the plugin goes through its algorithms."""

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .i18n import tr
from .icon import ICON


class EcovalProvider(QgsProcessingProvider):
    """Algorithms with ids `ecoval:<name>`."""

    def id(self):
        """Identifier that scripts use."""
        return "ecoval"

    def name(self):
        """Name in the toolbox."""
        return tr("Ecoval ecosystem value")

    def longName(self):
        """Name with explanation."""
        return tr("Ecoval: gross ecosystem product per spatial unit")

    def icon(self):
        """Icon of the provider."""
        return QIcon(ICON)

    def svgIconPath(self):
        """Icon as file."""
        return ICON

    def supportsNonFileBasedOutput(self):
        """Memory outputs are possible where they are asked for."""
        return True

    def loadAlgorithms(self):
        """Add what the library declares, and what is the plugin's own."""
        from .algorithms import algorithms

        for algorithm in algorithms():
            self.addAlgorithm(algorithm)
