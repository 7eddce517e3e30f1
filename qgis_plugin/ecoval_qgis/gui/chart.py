"""A bar chart of units, stacked by category or plain, drawn with QPainter; saved as PNG or SVG."""

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter, QPen
from qgis.PyQt.QtSvg import QSvgGenerator
from qgis.PyQt.QtWidgets import QWidget

from ..i18n import tr

COLOURS = ("#5b8c3e", "#2b7a78", "#c98a2b", "#7a5ba8", "#b0503c", "#4a78b5", "#8a8a3a", "#5f6b73")
BAR, GAP, NAME, TOP, NUMBER = 16, 7, 96, 34, 64
SHOWN = 30


class Chart(QWidget):
    """Bars of the largest units."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.rows = []
        self.series = []
        self.word = ""
        self.marked = set()
        self.hidden = 0

    def show_rows(self, rows, series, word):
        """Set the content.

        Parameters
        ----------
        rows : list of (code, name, list of numbers)
            Largest first; numbers are in the measure of `word`.
        series : list of text
        word : text
        """
        self.hidden = max(len(rows) - SHOWN, 0)
        self.rows, self.series, self.word = rows[:SHOWN], series, word
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def mark(self, codes):
        """Show which units are selected."""
        self.marked = set(codes)
        self.update()

    def sizeHint(self):
        """Height of all bars."""
        return QSize(280, TOP + len(self.rows) * (BAR + GAP) + 26)

    def paintEvent(self, event):
        """Draw on the widget."""
        painter = QPainter(self)
        self.draw(painter, self.width(), self.height(), self.palette().text().color())
        painter.end()

    def draw(self, painter, width, height, ink=None):
        """Draw the chart with a painter."""
        ink = QColor("#222222") if ink is None else ink
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFont(self.font())
        small.setPointSizeF(max(self.font().pointSizeF() - 1, 7))
        painter.setFont(small)
        self._legend(painter, width, ink)
        longest = max([sum(max(number, 0.0) for number in numbers) for _, _, numbers in self.rows] or [0.0]) or 1.0
        room = max(width - NAME - NUMBER - 8, 20)
        for position, (code, name, numbers) in enumerate(self.rows):
            top = TOP + position * (BAR + GAP)
            painter.setPen(QPen(ink))
            box = QRectF(2, top, NAME - 6, BAR)
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, NAME - 6)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            left = float(NAME)
            for place, number in enumerate(numbers):
                long = max(number, 0.0) / longest * room
                painter.fillRect(QRectF(left, top, long, BAR), QColor(COLOURS[place % len(COLOURS)]))
                left += long
            if code in self.marked:
                painter.setPen(QPen(QColor("#e0a800"), 2))
                painter.drawRect(QRectF(NAME - 1, top - 1, left - NAME + 2, BAR + 2))
            painter.setPen(QPen(ink))
            text = "{:,.4g}".format(sum(numbers))
            painter.drawText(QRectF(left + 4, top, NUMBER, BAR), Qt.AlignmentFlag.AlignVCenter, text)
        if self.hidden:
            text = tr("and {count} more").format(count=self.hidden)
            painter.drawText(
                QRectF(NAME, TOP + len(self.rows) * (BAR + GAP), room, BAR), Qt.AlignmentFlag.AlignVCenter, text
            )

    def _legend(self, painter, width, ink):
        left = 6.0
        for place, name in enumerate(self.series):
            painter.fillRect(QRectF(left, 6, 10, 10), QColor(COLOURS[place % len(COLOURS)]))
            painter.setPen(QPen(ink))
            long = painter.fontMetrics().horizontalAdvance(name)
            painter.drawText(QRectF(left + 14, 2, long + 4, 18), Qt.AlignmentFlag.AlignVCenter, name)
            left += long + 26
        painter.setPen(QPen(ink))
        if left < width - 60:
            painter.drawText(
                QRectF(left, 2, width - left - 4, 18),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                self.word,
            )
        else:
            painter.drawText(
                QRectF(6, 17, width - 10, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.word
            )

    def save(self, path):
        """Write the chart as PNG or SVG, after the ending of the path."""
        size = QSize(max(self.width(), 480), max(self.sizeHint().height(), 120))
        if path.lower().endswith(".svg"):
            target = QSvgGenerator()
            target.setFileName(path)
            target.setSize(size)
            target.setViewBox(QRectF(0, 0, size.width(), size.height()))
            painter = QPainter(target)
            self.draw(painter, size.width(), size.height())
            painter.end()
            return True
        image = QImage(size * 2, QImage.Format.Format_ARGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        painter.scale(2, 2)
        self.draw(painter, size.width(), size.height())
        painter.end()
        return image.save(path)
