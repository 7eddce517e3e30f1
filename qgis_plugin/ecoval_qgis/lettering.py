"""Letters of maps and layouts: a font that has Chinese glyphs."""

from functools import lru_cache

from qgis.core import QgsTextFormat, QgsUnitTypes
from qgis.PyQt.QtGui import QColor, QFont, QFontDatabase, QRawFont

FONTS = (
    "Microsoft YaHei",
    "SimSun",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
)
PROBE = "值"


@lru_cache(maxsize=1)
def chinese_font():
    """Name of a font that has Chinese glyphs, or nothing.

    Returns
    -------
    text
    """
    families = QFontDatabase().families()
    for name in [each for each in FONTS if each in families]:
        if QRawFont.fromFont(QFont(name)).supportsCharacter(PROBE):
            return name
    for name in QFontDatabase().families(QFontDatabase.WritingSystem.SimplifiedChinese):
        if QRawFont.fromFont(QFont(name)).supportsCharacter(PROBE):
            return name
    return ""


def text_format(size, bold=False, colour="#1d2b22"):
    """Format of a text of the layout."""
    font = QFont(chinese_font() or "DejaVu Sans")
    font.setBold(bold)
    made = QgsTextFormat()
    made.setFont(font)
    made.setSize(size)
    made.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    made.setColor(QColor(colour))
    return made
