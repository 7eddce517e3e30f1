"""What a running algorithm says, as signals."""

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import pyqtSignal


class Feedback(QgsProcessingFeedback):
    """Feedback whose texts come as signals."""

    noted = pyqtSignal(str, str)

    def __init__(self):
        super().__init__(False)
        self.shown = ""
        self.failure = ""

    def setProgressText(self, text):
        """Line beside the bar."""
        self.shown = text

    def reportError(self, text, fatalError=False):
        """What ended the run."""
        self.failure = text
        self.noted.emit("error", text)

    def pushWarning(self, text):
        """What the reader must know."""
        self.noted.emit("warning", text)

    def pushInfo(self, text):
        """Facts."""
        self.noted.emit("info", text)

    def pushDebugInfo(self, text):
        """Timings."""
        self.noted.emit("debug", text)
