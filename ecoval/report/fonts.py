"""A font that has the characters of a text: one of the machine, else the packaged subset of Noto Sans CJK SC (OFL)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import resources

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from ecoval.errors import warn

PROBE = "值"
PACKAGED = "Ecoval Sans"
FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti SC",
)
LAST = "DejaVu Sans"  # comes with matplotlib; signs of mathematics
NORMAL = 400  # weight of a face
STAND_IN = "〓"  # the sign that printers set for a character they lack


@cache
def families() -> tuple[str, ...]:
    """Font families for a figure, the first that holds a character is used for it.

    Returns
    -------
    vector (families)
    """
    packaged = _register_packaged()
    found = next((path for path in map(_installed, FAMILIES) if path and _holds(path, PROBE)), None)
    return ((font_manager.get_font(found).family_name,) if found else ()) + (packaged, LAST)


def drawable(text: str) -> str:
    """The text with a stand-in for each character that no font holds, and a warning that names them."""
    absent = sorted({sign for sign in text if sign.isprintable() and not any(_holds(path, sign) for path in _files())})
    if not absent:
        return text
    warn("report_character_without_font", characters=absent, text=text)
    return text.translate({ord(sign): STAND_IN for sign in absent})


@cache
def _register_packaged() -> str:
    with resources.as_file(resources.files("ecoval").joinpath("data", "fonts", "EcovalSans-Regular.otf")) as path:
        font_manager.fontManager.addfont(str(path))
    return PACKAGED


@cache
def _files() -> tuple[str, ...]:
    return tuple(font_manager.findfont(family, fallback_to_default=False) for family in families())


def _installed(family: str) -> str | None:
    """File of a family of the machine, the upright face nearest to the normal weight; known as normal from then on."""
    faces = [face for face in font_manager.fontManager.ttflist if face.name == family]
    if not faces:
        return None
    nearest = min(faces, key=lambda face: (face.style != "normal", abs(_weight(face) - NORMAL)))
    if _weight(nearest) != NORMAL:  # matplotlib would warn of it at each figure
        font_manager.fontManager.ttflist.append(replace(nearest, weight=NORMAL))
    return nearest.fname


def _weight(face: font_manager.FontEntry) -> int:
    return face.weight if isinstance(face.weight, int) else font_manager.weight_dict[face.weight]


@cache
def _font(path: str) -> FT2Font:
    return FT2Font(path)


def _holds(path: str, sign: str) -> bool:
    return _font(path).get_char_index(ord(sign)) != 0
