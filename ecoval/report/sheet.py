"""The page of a map: its place, legend, north arrow, scale bar, title and source, around whatever is drawn in it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import geopandas
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon, Rectangle
from matplotlib.patheffects import withStroke

from ecoval.report.fonts import drawable, families
from ecoval.report.geometry import fitting_labels
from ecoval.report.wording import word

INK, QUIET, RULE = "#1f2d3d", "#5b6770", "#c9d1ce"
WIDTH = 7.4
MAP_SHARE = 0.72


def map_sheet(
    bounds: Sequence[float],
    step: tuple[float, float],
    draw: Callable[[Axes, Figure], list[Patch]],
    *,
    title: str = "",
    heading: str = "",
    lang: str = "zh",
    source: str = "",
    svg: bool = False,
    width: float = WIDTH,
    share: float = MAP_SHARE,
    tallest: float = 7.0,
) -> Figure:
    """Figure with a map on the left and its legend on the right.

    Parameters
    ----------
    bounds : vector (4), m
        Left, bottom, right, top in the CRS of the map.
    step : vector (2), m
        Metres of one step to the right and one step up.
    draw : text
        A callable (axes, figure) that draws the map and returns the entries of the legend.
    title, heading, source : text
        Above the map, above the legend, and at the foot.
    lang : choice {zh, en}
    svg : choice {True, False}
        Text stays as it is, for a reader whose browser has the font.
    width, tallest : number, 1
        Width of the figure in inches, and the height that the map does not pass.
    share : number, 1, 0-1
        Of the width that the map takes; the rest is the legend's.

    Returns
    -------
    table (figure)
        A matplotlib Figure.
    """
    left, bottom, right, top = bounds
    aspect = (top - bottom) * step[1] / max((right - left) * step[0], 1e-9)
    map_height = min(max(width * share * aspect, 2.4), tallest)
    head = 0.4 if title else 0.08
    height = map_height + head + 0.6
    with style():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0.01, 0.6 / height, share, map_height / height))
        axes.set_axis_off()
        axes.set_aspect(step[1] / step[0])
        axes.set_xlim(left - 0.005 * (right - left), right + 0.005 * (right - left))
        axes.set_ylim(bottom - 0.005 * (top - bottom), top + 0.005 * (top - bottom))
        axes.apply_aspect()
        handles = draw(axes, figure)
        _map_legend(figure, handles, heading, svg, (share + 0.02, 1 - (head + 0.75) / height))
        _north(figure, lang, (share + 0.33 / width, 1 - (head + 0.6) / height), height)
        _scale_bar(figure, axes, step[0], height)
        write_title(figure, title, height, svg)
        if source:
            figure.text(0.012, 0.06 / height, shown_text(source, svg), fontsize=7, color=QUIET, va="bottom")
    return figure


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Settings under which a figure is drawn; a dollar sign in a name is a dollar sign."""
    look: Any = {"font.family": list(families()), "font.size": 8, "text.color": INK}
    look |= {"hatch.linewidth": 0.5, "text.parse_math": False}
    with mpl.rc_context(look):
        yield


def shown_text(text: str, svg: bool) -> str:
    """Text as a figure takes it: as it is in SVG, with stand-ins for what no font holds in PNG."""
    return text if svg else drawable(text)


def write_title(figure: Figure, title: str, height: float, svg: bool) -> None:
    """Title at the upper left, where there is one.

    Parameters
    ----------
    height : number, 1
        Of the figure in inches.
    """
    if title:
        figure.text(0.012, 1 - 0.08 / height, shown_text(title, svg), fontsize=11, color=INK, va="top")


def label_units(
    axes: Axes, figure: Figure, shapes: geopandas.GeoSeries, names: Sequence[object], svg: bool, above: float = 0.0
) -> None:
    """Names inside the units, with a light rim; in SVG the style sheet of the page draws the rim.

    Parameters
    ----------
    names : vector (units)
    above : number, 1
        Points by which a name stands above the middle of its unit.
    """
    size = 7.5 if len(names) <= 25 else 6.0
    box = axes.get_position()
    per_point = (
        (axes.get_xlim()[1] - axes.get_xlim()[0]) / (box.width * figure.get_figwidth() * 72),
        (axes.get_ylim()[1] - axes.get_ylim()[0]) / (box.height * figure.get_figheight() * 72),
    )
    for number, (name, easting, northing) in enumerate(fitting_labels(shapes, names, size, per_point)):
        label = axes.text(
            easting,
            northing + above * per_point[1],
            shown_text(name, svg),
            fontsize=size,
            ha="center",
            va="center",
            color=INK,
            clip_on=False,
        )
        label.set_gid(f"rim{number}")
        if not svg:
            label.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _map_legend(figure: Figure, handles: list[Patch], uom: str, svg: bool, place: tuple[float, float]) -> None:
    if handles:
        legend = figure.legend(
            handles=handles,
            title=shown_text(uom, svg),
            loc="upper left",
            bbox_to_anchor=place,
            frameon=False,
            fontsize=8,
            title_fontsize=8,
            alignment="left",
            handlelength=1.6,
            handleheight=1.1,
            labelspacing=0.45,
            borderpad=0,
        )
        legend.get_title().set_color(QUIET)


def _north(figure: Figure, lang: str, place: tuple[float, float], height: float) -> None:
    """A needle, its right half filled, with the letter above."""
    (centre, base), half = place, 0.09 / figure.get_figwidth()
    tip = base + 0.34 / height
    notch = base + 0.07 / height
    for side, fill in ((-1, "white"), (1, INK)):
        corners = [(centre, tip), (centre + side * half, base), (centre, notch)]
        figure.add_artist(Polygon(corners, facecolor=fill, edgecolor=INK, linewidth=0.6, transform=figure.transFigure))
    figure.text(centre, tip + 0.03 / height, word("north", lang), fontsize=8, ha="center", va="bottom")


def _scale_bar(figure: Figure, axes: Axes, metres: float, height: float) -> None:
    """Bar of a round length, about a quarter of the map, in two halves."""
    box = axes.get_position()
    across = (axes.get_xlim()[1] - axes.get_xlim()[0]) * metres
    length = _round_below(across * 0.3)
    share = box.width * length / across
    left, bottom = box.x0 + 0.01, 0.36 / height
    for part in (0, 1):
        figure.add_artist(
            Rectangle(
                (left + part * share / 2, bottom),
                share / 2,
                0.05 / height,
                facecolor=(INK, "white")[part],
                edgecolor=INK,
                linewidth=0.6,
                transform=figure.transFigure,
            )
        )
    unit, divisor = ("km", 1000) if length >= 1000 else ("m", 1)
    for place, text in ((0.0, "0"), (0.5, f"{length / 2 / divisor:g}"), (1, f"{length / divisor:g} {unit}")):
        figure.text(left + place * share, bottom + 0.08 / height, text, fontsize=7, ha="center", va="bottom")


def _round_below(length: float) -> float:
    """Largest of 1, 2, 5 times a power of ten that is not above the length."""
    power = 10.0 ** math.floor(math.log10(length))
    return next(part * power for part in (5, 2, 1) if part * power <= length)
