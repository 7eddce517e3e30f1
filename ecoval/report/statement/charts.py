"""Maps and courses of a statement: callables that make a matplotlib Figure, None where the run folder has nothing to draw."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import geopandas
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ecoval.legends import class_bounds
from ecoval.measure import SYMBOLS
from ecoval.report.geometry import display_geometry, metres_per_unit, polygon_path
from ecoval.report.sheet import INK, QUIET, RULE, WIDTH, label_units, map_sheet, style
from ecoval.report.statement.draft import StatementDraft, known, phrase, plain, service_name
from ecoval.report.statement.files import StatementFiles
from ecoval.terms import name, number_text, scaled

Look = dict[str, Any]  # of patches, as matplotlib names it
Layer = tuple[geopandas.GeoDataFrame, Look, str]  # shapes, look, words of the legend
MakesFigure = Callable[[], Figure]
DIVERGING = "BrBG"  # read with every kind of colour vision: brown below zero, green above
NOTHING, UNKNOWN, OUTSIDE = "#f4f5f4", "#fffffe", "#ffffff"
LAND_LINE = "#8b9692"
FOOTPRINT: Look = {"facecolor": "#c0392b", "edgecolor": "#7b1e14", "linewidth": 0.8}
ZONE: Look = {"facecolor": "none", "edgecolor": "#c0392b", "linewidth": 0.9, "linestyle": (0, (4, 2))}
CHOSEN: Look = {"facecolor": "#1f7a5c", "edgecolor": "#0d3b2e", "linewidth": 1.2}
ELIGIBLE: Look = {"facecolor": "#bfe3d3", "edgecolor": "#1f7a5c", "linewidth": 0.6}
EXCLUDED = ("#b9b2d6", "#f0c987", "#9db7d6", "#d8a6b8", "#c9c49a", "#a8a8a8")
HATCHES = ("////", "\\\\\\\\", "....", "xxxx", "----", "++++")
ALTERNATIVES = ("#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#7f8c8d", "#a0785a")
LINES = ("#1f5c4d", "#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#56b4e9", "#7f8c8d", "#000000")
HALF = 3.7
MARGIN = 0.06
WIDEST = 1.2  # width over height from which a map fills its frame
HALF_SHARE = 0.64  # of a half-wide figure for its map: the numbers of the legend are long
WRAP = {"zh": 11, "en": 21}
PANELS, PANEL = 6, 2.15  # services in one figure of courses, and the inches of each
NAMES_ABREAST, OTHER = 4, "#b8c4c0"


def alternatives_map(files: StatementFiles, lang: str) -> MakesFigure | None:
    """Footprints by alternative with the zones of influence.

    Parameters
    ----------
    lang : choice {zh, en}

    Returns
    -------
    callable
        Makes a matplotlib Figure; or None.
    """
    footprints = files.shapes.get("footprints")
    if footprints is None or footprints.empty or "alternative_id" not in footprints:
        return None
    layers = [(shapes, ZONE, phrase("legend_zone", lang)) for shapes in _zones(files, footprints.crs)]
    names = footprints["alternative_id"].astype(str)
    chosen, there = files.chosen, list(dict.fromkeys(names))
    if len(there) > len(ALTERNATIVES):  # of a plan: too many for a colour each
        taken = names.isin(chosen)
        layers.append((footprints[~taken], {**FOOTPRINT, "facecolor": ALTERNATIVES[1]}, phrase("legend_other_alternatives", lang)))
        layers.append((footprints[taken], FOOTPRINT, phrase("legend_chosen_alternatives", lang)))
        return _layered(files, layers, footprints, lang)
    for number, alternative in enumerate(there):
        look = FOOTPRINT if alternative in chosen else {**FOOTPRINT, "facecolor": ALTERNATIVES[number], "edgecolor": INK}
        word = "legend_chosen_alternative" if alternative in chosen else "legend_alternative"
        layers.append((footprints[names == alternative], look, phrase(word, lang, name=alternative)))
    return _layered(files, layers, footprints, lang)


def parcels_map(files: StatementFiles, lang: str) -> MakesFigure | None:
    """Footprint, zones, and candidates: taken, eligible, and excluded by reason.

    Parameters
    ----------
    lang : choice {zh, en}

    Returns
    -------
    callable
        Makes a matplotlib Figure; or None.
    """
    candidates = files.shapes.get("candidates")
    if candidates is None or candidates.empty:
        return None
    codes = candidates["excluded"].map(plain) if "excluded" in candidates else pd.Series("", index=candidates.index)
    share = candidates["share"] if "share" in candidates else pd.Series(0.0, index=candidates.index)
    taken = pd.to_numeric(share, errors="coerce").fillna(0) > 0
    layers = [(shapes, ZONE, phrase("legend_zone", lang)) for shapes in _zones(files, candidates.crs)]
    for number, code in enumerate(dict.fromkeys(code for code in codes[~taken] if code)):
        look = {"facecolor": EXCLUDED[number % 6], "edgecolor": QUIET, "linewidth": 0.5, "hatch": HATCHES[number % 6]}
        layers.append((candidates[~taken & (codes == code)], look, phrase("legend_excluded", lang, reason=_reason(code, lang))))
    layers.append((candidates[~taken & (codes == "")], ELIGIBLE, phrase("legend_eligible", lang)))
    layers.append((candidates[taken], CHOSEN, phrase("legend_taken", lang)))
    footprints = files.shapes.get("footprints")
    if footprints is not None and len(footprints):
        chosen = files.chosen
        here = footprints["alternative_id"].astype(str).isin(chosen) if chosen and "alternative_id" in footprints else slice(None)
        layers.append((footprints.loc[here].to_crs(candidates.crs), FOOTPRINT, phrase("legend_footprint", lang)))
    labels = candidates[taken]["candidate_id"].astype(str) if "candidate_id" in candidates else None
    return _layered(files, layers, candidates, lang, labels=(candidates[taken], labels))


def agreement_map(files: StatementFiles, lang: str) -> MakesFigure | None:
    """Candidates by the share of the scenarios that choose them.

    Parameters
    ----------
    lang : choice {zh, en}

    Returns
    -------
    callable
        Makes a matplotlib Figure; or None.
    """
    candidates, table = files.shapes.get("candidates"), files.table("agreement")
    if candidates is None or candidates.empty or table is None or "candidate_id" not in candidates:
        return None
    share = pd.to_numeric(table["chosen"], errors="coerce").groupby(table["candidate_id"]).sum().clip(upper=1)
    of = candidates["candidate_id"].astype(str).map(share).fillna(0.0).to_numpy()
    bounds = ((-0.1, 0.0, "0"), (0.0, 0.25, "0–25 %"), (0.25, 0.5, "25–50 %"), (0.5, 0.75, "50–75 %"), (0.75, 0.999, "75–99 %"))
    colours = [NOTHING, *[mpl.colors.to_hex(mpl.colormaps["YlGnBu"](part)) for part in (0.2, 0.4, 0.6, 0.75, 0.95)]]
    layers = []
    for colour, (low, high, label) in zip(colours, (*bounds, (0.999, 2.0, "100 %")), strict=True):
        look = {"facecolor": colour, "edgecolor": LAND_LINE, "linewidth": 0.5}
        layers.append((candidates[(of > low) & (of <= high)], look, label))
    return _layered(files, layers, candidates, lang, heading=phrase("legend_agreement", lang))


def net_maps(document: StatementDraft, files: StatementFiles) -> list[tuple[MakesFigure, str]]:
    """Areas by net, one map per service.

    Returns
    -------
    vector (figures)
        Pairs of a callable that makes a matplotlib Figure and its caption.
    """
    table = files.table("balance")
    made: list[tuple[MakesFigure, str]] = []
    for service, rows in table.groupby("service", sort=False) if table is not None else ():
        kind = plain(rows["area_kind"].iloc[0]) if "area_kind" in rows else ""
        areas = files.shapes.get(f"areas_{kind}")
        if areas is None or "unit_id" not in areas:
            continue
        net = pd.to_numeric(rows["net"], errors="coerce").groupby(rows["area_unit"].astype(str)).sum(min_count=1)
        units = areas["unit_id"].astype(str)
        values = units.map(net).to_numpy(dtype="float64")
        if not np.isfinite(values).any():
            continue
        uom = plain(rows["uom"].iloc[0]) if "uom" in rows else ""
        figure = partial(_net_map, areas, values, units.isin(net.index).to_numpy(), uom, document)
        made.append((figure, document.w("caption_net_map", service=service_name(str(service), document.lang))))
    return made


def timeline_figures(table: pd.DataFrame, document: StatementDraft) -> list[tuple[MakesFigure, str]]:
    """Running balance of each service, one panel per service and one line per area.

    Parameters
    ----------
    table : table (year, service, area_unit, cumulative, uom)

    Returns
    -------
    vector (figures)
        Pairs of a callable that makes a matplotlib Figure and the names of its services.
    """
    services = list(dict.fromkeys(table["service"]))
    made: list[tuple[MakesFigure, str]] = []
    for first in range(0, len(services), PANELS):
        group = services[first : first + PANELS]
        names = [service_name(code, document.lang) for code in group]
        made.append((partial(_courses, table, group, document), document.w("comma").join(names)))
    return made


def _zones(files: StatementFiles, crs: Any) -> list[geopandas.GeoDataFrame]:
    zones = files.shapes.get("zones")
    return [zones.to_crs(crs)] if zones is not None and len(zones) else []


def _reason(code: str, lang: str) -> str:
    return phrase(f"term {code}", lang) if known(f"term {code}") else name(code, lang)


def _layered(
    files: StatementFiles,
    layers: Sequence[Layer],
    frame: geopandas.GeoDataFrame,
    lang: str,
    heading: str = "",
    labels: tuple[geopandas.GeoDataFrame, pd.Series[str] | None] | None = None,
) -> MakesFigure:
    """Layers over the lines of the areas, the legend without empty ones."""
    layers = [(shapes.to_crs(frame.crs), look, text) for shapes, look, text in layers if len(shapes)]
    bounds = np.array([shapes.total_bounds for shapes, _, _ in layers])
    left, bottom = bounds[:, :2].min(axis=0).tolist()
    right, top = bounds[:, 2:].max(axis=0).tolist()
    step = metres_per_unit(frame)
    room = MARGIN * max((right - left) * step[0], (top - bottom) * step[1], 1e-9)
    widened = max((WIDEST * ((top - bottom) * step[1] + 2 * room) - (right - left) * step[0]) / 2, room)
    extent = (left - widened / step[0], bottom - room / step[1], right + widened / step[0], top + room / step[1])
    land = [shapes.to_crs(frame.crs) for key, shapes in files.shapes.items() if key.startswith("areas_") and len(shapes)][:1]

    def draw(axes: Axes, figure: Figure) -> list[Patch]:
        for shapes in land:
            _fill(axes, display_geometry(shapes), {"facecolor": "none", "edgecolor": RULE, "linewidth": 0.6})
        for shapes, look, _ in layers:
            _fill(axes, display_geometry(shapes), look)
        if labels is not None and labels[1] is not None and 0 < len(labels[1]) <= 40:
            label_units(axes, figure, labels[0].geometry.reset_index(drop=True), labels[1].tolist(), True, above=8)
        handles = [Patch(**look, label=_wrapped(text, lang)) for _, look, text in reversed(layers)]
        if land:
            handles.append(Patch(facecolor="none", edgecolor=RULE, linewidth=0.8, label=phrase("legend_areas", lang)))
        return list({handle.get_label(): handle for handle in handles}.values())

    return partial(map_sheet, extent, step, draw, heading=heading, lang=lang, source=_source(frame, lang), svg=True, tallest=4.4)


def _net_map(
    areas: geopandas.GeoDataFrame,
    values: npt.NDArray[np.float64],
    concerned: npt.NDArray[np.bool_],
    uom: str,
    document: StatementDraft,
) -> Figure:
    """Areas in colours that part at zero; an area whose net is nothing has none of them."""
    lang = document.lang
    largest = float(np.nanmax(np.abs(values)))
    shown, words = scaled(largest, uom, lang) if uom in SYMBOLS else (largest, uom)
    values = values * (shown / largest) if largest else values
    nothing = np.abs(values) <= 1e-9 * max(shown, 1e-300)
    breaks = class_bounds(values[np.isfinite(values) & ~nothing])
    of_class = np.searchsorted(np.asarray(breaks[1:-1]), np.nan_to_num(values), side="right")
    shapes = display_geometry(areas)
    bound = max((abs(edge) for edge in breaks), default=1.0) or 1.0
    classes = []
    for index in reversed(range(max(len(breaks) - 1, 0))):
        middle = (breaks[index] + breaks[index + 1]) / 2 / bound
        colour = mpl.colormaps[DIVERGING](0.5 + 0.4 * np.sign(middle) * max(abs(middle), 0.2))
        edges = " … ".join(dict.fromkeys(number_text(edge).replace("-", "−") for edge in breaks[index : index + 2]))
        classes.append((np.isfinite(values) & ~nothing & (of_class == index), mpl.colors.to_hex(colour), edges))
    classes.append((nothing, NOTHING, "0"))
    classes.append((~np.isfinite(values) & concerned, UNKNOWN, phrase("legend_unknown", lang)))
    classes.append((~concerned, OUTSIDE, phrase("legend_outside", lang)))

    def draw(axes: Axes, figure: Figure) -> list[Patch]:
        handles = []
        for members, colour, label in classes:
            if members.any():
                hatch: Look = {"hatch": "////"} if colour == UNKNOWN else {}
                _fill(axes, shapes[members], {"facecolor": colour, "edgecolor": LAND_LINE, "linewidth": 0.5, **hatch})
                handles.append(Patch(facecolor=colour, edgecolor=LAND_LINE, linewidth=0.4, label=label, **hatch))
        names = areas["name"] if "name" in areas else areas["unit_id"]
        if len(areas) <= 40:
            label_units(axes, figure, shapes, names.map(plain).tolist(), True)
        return handles

    look = {"heading": words, "lang": lang, "source": _source(areas, lang)}
    return map_sheet(areas.total_bounds, metres_per_unit(areas), draw, svg=True, width=HALF, share=HALF_SHARE, tallest=3.4, **look)


def _fill(axes: Axes, shapes: geopandas.GeoSeries, look: Look) -> None:
    paths = [path for path in map(polygon_path, shapes) if path]
    if paths:
        axes.add_collection(PathCollection(paths, **look))


def _wrapped(text: str, lang: str) -> str:
    return "\n".join(textwrap.wrap(text, WRAP[lang], break_long_words=True))


def _source(frame: geopandas.GeoDataFrame, lang: str) -> str:
    crs = frame.crs.name if frame.crs is not None else phrase("crs_none", lang)
    return phrase("map_source", lang, crs=crs)


def _courses(table: pd.DataFrame, services: Sequence[str], document: StatementDraft) -> Figure:
    """Panels of a figure, the lines of an area in one colour in all of them, named below."""
    columns = 1 if len(services) == 1 else 2
    rows = -(-len(services) // columns)
    here = table[table["service"].isin(services)]
    units = list(dict.fromkeys(here["area_unit"]))
    colours = {str(unit): LINES[number] if number < len(LINES) else OTHER for number, unit in enumerate(units)}
    foot = 0.1 + 0.17 * -(-min(len(units), len(LINES) + 1) // NAMES_ABREAST)
    height = PANEL * rows + foot
    with style():
        figure = Figure(figsize=(WIDTH, height))
        for number, service in enumerate(services):
            row, column = divmod(number, columns)
            left, wide = 0.085 + column * 0.505, 0.895 if columns == 1 else 0.395
            axes = figure.add_axes((left, 1 - (row * PANEL + 1.85) / height, wide, 1.5 / height))
            _course_panel(axes, here[here["service"] == service], service, colours, document.lang)
        names = [(colours[str(unit)], document.unit(unit)) for unit in units[: len(LINES)]]
        names += [(OTHER, document.w("legend_others"))] if len(units) > len(LINES) else []
        handles = [Line2D([], [], color=colour, linewidth=1.4, label=text) for colour, text in names]
        look = {"frameon": False, "fontsize": 7.5, "ncols": NAMES_ABREAST, "handlelength": 1.6, "borderpad": 0}
        figure.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.06, 0), **look)
    return figure


def _course_panel(axes: Axes, part: pd.DataFrame, service: str, colours: Mapping[str, str], lang: str) -> None:
    uom = plain(part["uom"].iloc[0]) if "uom" in part else ""
    running = pd.to_numeric(part["cumulative"], errors="coerce")
    largest = float(running.abs().max()) if running.notna().any() else 0.0
    shown, words = scaled(largest, uom, lang) if uom in SYMBOLS else (largest, uom)
    factor = shown / largest if largest else 1.0
    for unit, rows in part.groupby("area_unit", sort=False):
        rows = rows.sort_values("year")
        values = pd.to_numeric(rows["cumulative"], errors="coerce").to_numpy() * factor
        years = rows["year"].to_numpy(dtype="float64")
        axes.plot(years, values, color=colours[str(unit)], linewidth=1.3, zorder=3)
        axes.fill_between(years, np.minimum(values, 0), 0, color="#d55e00", alpha=0.1, linewidth=0)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=2)
    title = f"{service_name(service, lang)} / {words}" if words else service_name(service, lang)
    axes.set_title(title, fontsize=8.5, color=INK, loc="left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(RULE)
    axes.grid(axis="y", color=RULE, linewidth=0.4)
    axes.tick_params(colors=QUIET, labelsize=7, length=2)
    axes.margins(x=0.01)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    axes.yaxis.set_major_formatter(lambda value, _: number_text(value).replace("-", "−"))
