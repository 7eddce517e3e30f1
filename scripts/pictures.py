"""Draw the pictures of the README from the sample county."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import PathCollection
from matplotlib.patches import Patch

import ecoval as ev
from ecoval.report.geometry import display_geometry, metres_per_unit, polygon_path
from ecoval.report.sheet import QUIET, label_units, map_sheet

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data"
IMAGES = ROOT / "docs" / "images"
SERVICE = "net_water_retention"
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # million m3
WATER_M3 = 1e6
MARK = 340.0  # metres about a parcel, so that small ones are seen


def fill(axes, shapes, **look):
    paths = [path for path in map(polygon_path, display_geometry(shapes)) if path]
    axes.add_collection(PathCollection(paths, **look))


def balance_map(made):
    areas, candidates = made.layers["areas_watershed"], made.layers["candidates"]
    net = areas[SERVICE] / WATER_M3
    footprint = made.layers["footprints"].query("chosen")
    taken = candidates[candidates["share"] > 0]
    barred = candidates[candidates["excluded"] != ""]
    left = candidates[(candidates["share"] == 0) & (candidates["excluded"] == "")]
    marks = [
        (barred, {"facecolor": "white", "edgecolor": "#9a9a9a", "linewidth": 0.9, "linestyle": ":"}, "不得选用的备选地块"),
        (left, {"facecolor": "white", "edgecolor": QUIET, "linewidth": 0.8}, "未选用的备选地块"),
        (taken, {"facecolor": "#0072b2", "edgecolor": "white", "linewidth": 0.9}, "选用的补偿地块"),
    ]
    shade = colormaps["YlGn"]

    def draw(axes, figure):
        handles = []
        fill(axes, areas, facecolor="#f4f5f4", edgecolor="#8b9692", linewidth=0.6)
        for low, high in pairwise(STEPS):
            here = (net > low) & (net <= high)
            if here.any():
                look = {"facecolor": shade(0.15 + 0.5 * high), "edgecolor": "#8b9692", "linewidth": 0.6}
                fill(axes, areas[here], **look)
                handles.append(Patch(label=f"{low * 100:.0f} – {high * 100:.0f} 万立方米", **look))
        for shapes, look, label in marks:
            fill(axes, shapes.set_geometry(shapes.representative_point().buffer(MARK)), **look)
            handles.append(Patch(label=label, **look))
        fill(axes, footprint, facecolor="#c0392b", edgecolor="#7b1e14", linewidth=0.9)
        handles.append(Patch(facecolor="#c0392b", edgecolor="#7b1e14", label="占用范围（方案 B）"))
        names = np.where(net.notna(), areas["name"], "")
        label_units(axes, figure, display_geometry(areas), names, False)
        handles.append(Patch(facecolor="#f4f5f4", edgecolor="#8b9692", label="无占用、无补充的小流域"))
        return handles

    look = {"title": "临澜产业园：占用、补偿地块与水源涵养净结余", "heading": "水源涵养净结余", "lang": "zh"}
    source = f"示例县（虚构）；{len(made.portfolio)} 个地块，{made.portfolio['cost'].sum() / 1e4:,.0f} 万元；30 年现值，折现率 3%"
    return map_sheet(areas.total_bounds, metres_per_unit(areas), draw, source=source, **look)


if __name__ == "__main__":
    account = ev.Study.read(SAMPLE / "study.toml").run(year=2023)
    account.map("gep", lang="zh").savefig(IMAGES / "sample_gep.png", dpi=110)
    made = ev.offset.Project.read(SAMPLE / "project.toml").assess(scenarios=False)
    balance_map(made).savefig(IMAGES / "sample_balance.png", dpi=110)
