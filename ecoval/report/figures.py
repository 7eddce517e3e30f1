"""Maps and bars as matplotlib figures. In HTML they become inline SVG whose text stays text; in PNG a font with hanzi draws it."""

from __future__ import annotations

import contextlib
import io
import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from ecoval.files import written_beside
from ecoval.legends import class_bounds
from ecoval.measure import SYMBOLS
from ecoval.report.fonts import drawable
from ecoval.report.geometry import display_geometry, metres_per_unit, polygon_path
from ecoval.report.sheet import INK, QUIET, RULE, WIDTH, label_units, map_sheet, shown_text, style, write_title
from ecoval.report.wording import word
from ecoval.terms import number_text, scaled

MISSING_FILL, MISSING_LINE = "#eef0ef", "#9aa5a0"
RISING, FALLING = "YlGnBu", "YlOrBr"  # ordered by lightness: read with every kind of colour vision, and in grey
CATEGORY_COLOURS = {"provisioning": "#e69f00", "regulating": "#009e73", "cultural": "#56b4e9"}  # palette of Okabe and Ito
PART_COLOURS = ("#009e73", "#56b4e9", "#e69f00", "#0072b2", "#d55e00", "#cc79a7", "#f0e442", "#7f8c8d", "#004d40", "#a0785a")
SCREEN_FONTS = (
    "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','Hiragino Sans GB','WenQuanYi Micro Hei',sans-serif"
)
MOST_BARS = 40
MOST_LABELS = 60


def map_figure(
    units: geopandas.GeoDataFrame,
    column: str,
    title: str = "",
    uom: str = "",
    lang: str = "zh",
    *,
    source: str = "",
    svg: bool = False,
) -> Figure:
    """Choropleth of one column, with legend, missing units, north arrow, scale bar and source.

    Parameters
    ----------
    units : table (unit_id, unit_name, <column>, geometry)
    uom : text
        A symbol of `measure`, shown in words and with 万 or 亿 where the values are large; else the text itself.
    lang : choice {zh, en}
    svg : choice {True, False}
        Text stays as it is, for a reader whose browser has the font.

    Returns
    -------
    table (figure)
        A matplotlib Figure.
    """
    shapes = display_geometry(units)
    values, uom = _readable(units[column].to_numpy(dtype="float64", na_value=np.nan), uom, lang)

    def draw(axes: Axes, figure: Figure) -> list[Patch]:
        handles = _fill(axes, shapes, values, lang)
        if len(units) <= MOST_LABELS:
            label_units(axes, figure, shapes, units["unit_name"].to_numpy(), svg)
        return handles

    step = metres_per_unit(units)
    return map_sheet(shapes.total_bounds, step, draw, title=title, heading=uom, lang=lang, source=source, svg=svg)


def bars_figure(
    table: pd.DataFrame,
    title: str = "",
    uom: str = "",
    lang: str = "zh",
    *,
    colours: Sequence[str] = PART_COLOURS,
    totals: npt.ArrayLike | None = None,
    svg: bool = False,
) -> Figure:
    """Stacked horizontal bars, one per row, the longest first.

    Parameters
    ----------
    table : table (part, ...)
        Index: names of the rows; columns: parts, in the order of the stack. Missing parts are left out.
    lang : choice {zh, en}
    colours : vector (parts)
    totals : vector (rows)
        What is written at the end of a bar, where it is not the sum of its parts.

    Returns
    -------
    table (figure)
        A matplotlib Figure.
    """
    lengths = table.sum(axis=1, min_count=1).to_numpy(dtype="float64", na_value=np.nan)
    written = lengths if totals is None else np.asarray(totals, dtype="float64")
    order = np.argsort(-np.nan_to_num(lengths, nan=-np.inf), kind="stable")[:MOST_BARS]
    ordered, dropped = table.iloc[order], max(len(table) - MOST_BARS, 0)
    several = len(table.columns) > 1
    rows = math.ceil(len(table.columns) / 4) if several else 0
    head, foot = (0.4 if title else 0.08) + 0.24 * rows, 0.5
    height = 0.25 * len(ordered) + head + foot
    with style():
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0.21, foot / height, 0.68, 1 - (head + foot) / height))
        _stack(axes, ordered, colours, svg)
        _end_labels(axes, ordered, written[order], lang)
        axes.set_yticks(range(len(ordered)), [shown_text(str(name), svg) for name in ordered.index], fontsize=8, color=INK)
        axes.set_ylim(len(ordered) - 0.4, -0.6)
        axes.set_xlabel(shown_text(uom, svg), fontsize=8, color=QUIET)
        _plain(axes)
        if several:
            _part_legend(figure, axes, 1 - (0.32 if title else 0.0) / height)
        write_title(figure, title, height, svg)
        if dropped:
            figure.text(0.012, 0.05 / height, shown_text(word("bars_left_out", lang, number=dropped), svg), fontsize=7, color=QUIET)
    return figure


def svg_text(figure: Figure, prefix: str) -> str:
    """Figure as an SVG element to stand in HTML: text as text, identifiers of its own, nothing loaded.

    Parameters
    ----------
    prefix : text
        Start of the identifiers, different for each figure of a page.
    """
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix}), _without_glyph_warnings():
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>\s*|<defs>\s*<style.*?</defs>\s*", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    text = re.sub(r"(font(?:-family)?:[^;\"']*)'[^\";]*(?=[;\"])", rf"\g<1>{SCREEN_FONTS}", text)
    return re.sub(
        r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg role="img" xmlns:xlink="http://www.w3.org/1999/xlink" \1>', text, count=1
    )


class Drawn:
    """A picture of a document: the figure is drawn once, when it is first needed, for the screen and for paper.

    Parameters
    ----------
    figure : callable
        Makes the matplotlib Figure, its text as it is.
    prefix : text
        Start of the identifiers in the SVG, different for each figure of a document.
    """

    def __init__(self, figure: Callable[[], Figure], prefix: str) -> None:
        self._make, self._prefix = figure, prefix

    @cached_property
    def _figure(self) -> Figure:
        return self._make()

    @cached_property
    def svg(self) -> str:
        """Figure as an SVG element."""
        return str(svg_text(self._figure, self._prefix))

    @cached_property
    def png(self) -> bytes:
        """Figure as PNG of 200 dots per inch: stand-ins for what no font holds, rims around the names on a map."""
        buffer, kept = io.BytesIO(), []
        for text in self._figure.findobj(Text):
            kept.append((text, text.get_text(), text.get_path_effects()))
            text.set_text(drawable(text.get_text()))
            if str(text.get_gid() or "").startswith("rim"):
                text.set_path_effects([withStroke(linewidth=2, foreground="white")])
        with style():
            self._figure.savefig(buffer, format="png", dpi=200, facecolor="white", metadata={"Software": None})
        for text, words, effects in kept:  # the same figure may still be drawn for the screen
            text.set_text(words)
            text.set_path_effects(effects)
        return buffer.getvalue()


def write_png(figure: Figure, path: str | Path, dpi: int = 200) -> None:
    """Figure as PNG.

    Parameters
    ----------
    dpi : number, 1
    """
    with written_beside(path) as part:
        figure.savefig(part, format="png", dpi=dpi, facecolor="white")


@contextlib.contextmanager
def _without_glyph_warnings() -> Iterator[None]:
    """In SVG the reader's font counts, not the one that measured the text."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _readable(values: npt.NDArray[np.float64], uom: str, lang: str) -> tuple[npt.NDArray[np.float64], str]:
    """Values in a measure that gives them few digits, and its words."""
    if uom not in SYMBOLS:
        return values, uom
    largest = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
    shown, text = scaled(largest, uom, lang)
    return (values * (shown / largest) if largest else values), text


def _fill(axes: Axes, shapes: geopandas.GeoSeries, values: npt.NDArray[np.float64], lang: str) -> list[Patch]:
    """Draw the units by class and return the entries of the legend."""
    breaks = class_bounds(values)
    colours = _class_colours(breaks)
    inner = np.asarray(breaks[1:-1])
    of_class = np.searchsorted(inner, np.nan_to_num(values), side="right")
    known = np.isfinite(values)
    each = len(np.unique(values[known])) == len(colours)  # a class to each value: the legend says the values
    paths = [polygon_path(shape) for shape in shapes]
    handles = []
    for index in reversed(range(len(colours))):
        members = [path for path, here in zip(paths, known & (of_class == index), strict=True) if here and path]
        axes.add_collection(PathCollection(members, facecolor=colours[index], linewidth=0))
        ends = values[known & (of_class == index)] if each else breaks[index : index + 2]
        bounds = "–".join(dict.fromkeys(number_text(bound) for bound in ends))
        handles.append(Patch(facecolor=colours[index], edgecolor=RULE, linewidth=0.4, label=f"{bounds}  ({len(members)})"))
    absent = [path for path, here in zip(paths, ~known, strict=True) if here and path]
    if absent:
        look: dict[str, Any] = {"facecolor": MISSING_FILL, "edgecolor": MISSING_LINE, "hatch": "////", "linewidth": 0.4}
        axes.add_collection(PathCollection(absent, **look))
        handles.append(Patch(**look, label=f"{word('map_missing', lang)}  ({len(absent)})"))
    axes.add_collection(PathCollection([path for path in paths if path], facecolor="none", edgecolor="#6b7a75", linewidth=0.35))
    return handles


def _class_colours(breaks: Sequence[float]) -> list[str]:
    """Light to dark away from zero, one scale for each sign."""
    below = sum(1 for bound in breaks[:-1] if bound < 0)
    above = max(len(breaks) - 1, 0) - below

    def scale(name: str, number: int) -> list[str]:
        return (
            [mpl.colors.to_hex(mpl.colormaps[name](share)) for share in np.linspace(0.16, 0.78, number)]
            if number > 1
            else ([mpl.colors.to_hex(mpl.colormaps[name](0.5))] * number)
        )

    return [*reversed(scale(FALLING, below)), *scale(RISING, above)]


def _part_legend(figure: Figure, axes: Axes, top: float) -> None:
    """Parts of the bars, in the order of the stack."""
    look: dict[str, Any] = {"frameon": False, "fontsize": 8, "handlelength": 1.1, "columnspacing": 1.4}
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", ncols=4, bbox_to_anchor=(0.2, top), **look)


def _stack(axes: Axes, table: pd.DataFrame, colours: Sequence[str], svg: bool) -> None:
    """Bars of the parts, negative ones to the left of zero."""
    rows = np.arange(len(table))
    right, left = np.zeros(len(table)), np.zeros(len(table))
    for number, part in enumerate(table.columns):
        values = table[part].to_numpy(dtype="float64", na_value=np.nan)
        drawn = np.nan_to_num(values)
        start = np.where(drawn >= 0, right, left)
        axes.barh(
            rows,
            drawn,
            left=start,
            height=0.68,
            color=colours[number % len(colours)],
            label=shown_text(str(part), svg),
            linewidth=0,
        )
        right, left = right + np.maximum(drawn, 0), left + np.minimum(drawn, 0)
    axes.set_xlim(left.min(initial=0) * 1.05, max(right.max(initial=0), 1e-12) * 1.16)
    if left.min(initial=0) < 0:
        axes.axvline(0, color=INK, linewidth=0.6)


def _end_labels(axes: Axes, table: pd.DataFrame, totals: npt.NDArray[np.float64], lang: str) -> None:
    """Totals at the ends of the bars; where a total is missing, that is said."""
    ends = table.clip(lower=0).sum(axis=1).to_numpy()
    room = (axes.get_xlim()[1] - axes.get_xlim()[0]) * 0.008
    for row, (end, total) in enumerate(zip(ends, totals, strict=True)):
        known = np.isfinite(total)
        text = number_text(total) if known else word("no_total", lang)
        axes.text(end + room, row, text, fontsize=7.5, va="center", color=INK if known else QUIET)


def _plain(axes: Axes) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", colors=QUIET, labelsize=7, length=2)
    axes.xaxis.set_major_formatter(lambda value, _: number_text(value))
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
