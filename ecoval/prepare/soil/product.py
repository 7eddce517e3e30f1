"""prepare.soil: layers of soil for the roles of a study, their quality and their recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import Cancelled, EcovalWarning, InputError, MissingData, warn
from ecoval.files import make_folder, move, remove_folder, work_folder
from ecoval.grid import Grid, read_crs
from ecoval.layers.names import read_own
from ecoval.prepare import recipe as recipes
from ecoval.prepare.soil import maps, profiles, texture
from ecoval.prepare.soil.erodibility import Erodibility
from ecoval.prepare.soil.properties import TEXTURE, properties
from ecoval.services import rusle
from ecoval.totals.blocks import Progress
from ecoval.units import vectors

PRODUCT = "soil"
K_METHODS = ("hj1173", "epic_si", "none")
RULES = ("refuse", "missing")
ERODIBILITY, GROUP, CARBON = "erodibility", maps.GROUP, "soil_organic_carbon"
K_UOM = "t ha h ha-1 MJ-1 mm-1"


@dataclass(frozen=True)
class SoilLayerRow:
    """A layer that was written."""

    role: Annotated[str, Key("role of the layer in study.toml", "图层在 study.toml 中的名称")]
    uom: Annotated[str, Key("unit of measure of the values", "数值的计量单位")]
    valid: Annotated[float, Key("area with a value", "有值的面积", low=0, measure="m2", free=WORKED_OUT)]
    missing: Annotated[float, Key("area without one", "缺值的面积", low=0, measure="m2", free=WORKED_OUT)]
    minimum: Annotated[float | None, Key("smallest value, in uom", "最小值，单位见 uom", free=WORKED_OUT)]
    mean: Annotated[float | None, Key("mean by area, in uom", "按面积的平均值，单位见 uom", free=WORKED_OUT)]
    maximum: Annotated[float | None, Key("largest value, in uom", "最大值，单位见 uom", free=WORKED_OUT)]


@dataclass(frozen=True)
class SoilOfMapRow:
    """A soil of the table."""

    code: Annotated[str, Key("code of the soil", "土壤代码")]
    area: Annotated[float, Key("of the soil on the map", "图上面积", low=0, measure="m2", free=WORKED_OUT)]
    covered: Annotated[
        float | None, Key("share of the depth that its layers cover", "土层覆盖所取深度的比例", low=0, high=1, measure="1")
    ]
    texture_class: Annotated[str | None, Key("class of the texture triangle", "质地名称")] = None
    layers: Annotated[dict[str, float], Key("the layer of this name", "同名图层的数值", rest=True, free=WORKED_OUT)] = field(
        default_factory=dict
    )


@dataclass(frozen=True)
class UnmatchedSoilRow:
    """A code of the map that the table lacks."""

    code: Annotated[str, Key("code of the soil", "土壤代码")]
    area: Annotated[float, Key("of the code on the map", "图上面积", low=0, measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


QUALITY = (("layers", SoilLayerRow), ("soils", SoilOfMapRow), ("unmatched", UnmatchedSoilRow))


@dataclass
class Soil:
    """Layers of soil.

    Parameters
    ----------
    layers : mapping (text, path)
        Role -> GeoTIFF.
    quality : mapping (text, table)
        `layers`; `soils` and `unmatched` where soil types have a table.
    """

    folder: Path
    layers: dict[str, Path] = field(default_factory=dict)
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    recipe: recipes.Recipe | None = None

    @property
    def paths(self) -> list[Path]:
        """Files of the product."""
        return [each for path in self.layers.values() for each in (path, recipes.beside(path))]


def prepare(
    sources: Iterable[str | Path | Mapping[str, Any]],
    out: str | Path,
    *,
    table: str | Path | None = None,
    form: str | None = None,
    table_code: str | None = None,
    columns: profiles.NamedColumns | None = None,
    sheet: str | None = None,
    code: str | None = None,
    depth: str | Sequence[float] = (0, 30),
    like: str | Path | None = None,
    cell: float | None = None,
    grid_crs: Any = None,
    layer: str | None = None,
    crs: Any = None,
    encoding: str | None = None,
    group: str | None = None,
    k: str | None = None,
    unmatched: str = "refuse",
    bad_texture: str = "refuse",
    parameters: Sequence[str | Path] = (),
    standard: str = "open-2026",
    region: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Soil:
    """Layers of soil out of a map of soil types with a table, or of rasters of properties.

    Parameters
    ----------
    sources : list of path, text or mapping (property, path, uom, depth)
        With a table: one map of soil types. Else rasters: named as SoilGrids names them, or `sand=FILE,uom=%,depth=0-20`.
    out : path
        Folder; a file `soil_sand.tif` ... for each role.
    table : path
        CSV or XLSX of the soils.
    form : choice {long, wide, swat}
    table_code : text
        Column of the soil code in the table.
    columns : mapping (text, (text, text))
        Property -> column and measure, of a wide table.
    code : text
        Field of the soil code in polygons.
    depth : (number, number) or text
        cm.
    like : path
        Raster whose grid is taken.
    cell : number, m
        With `grid_crs`: grid of polygons without `like`.
    layer, crs, encoding : text
        Of the map; `crs` also of rasters that have none.
    group : choice {texture, conductivity, none}
        Rule of the hydrologic soil group; by texture where there is one.
    k : choice {hj1173, epic_si, none}
        Erodibility; hj1173 where texture and carbon are there.
    unmatched : choice {refuse, missing}
        Soil codes that the table lacks.
    bad_texture : choice {refuse, missing}
        Cells of rasters whose texture does not add up.
    parameters : list of path
        Own parameter tables.
    progress : callable (done, text)
        False stops.

    Raises
    ------
    InputError
        Whatever is refused about maps, tables, measures and choices.
    """
    options = {name: value for name, value in locals().items() if name not in ("out", "progress", "overwrite")}
    given = [_given(source) for source in sources]
    paths = {"sources": given, "table": _path(table), "like": _path(like), "parameters": [Path(each) for each in parameters]}
    options |= {**paths, "depth": list(maps.depth_of(depth)), "columns": None if columns is None else dict(columns)}
    for name, value, choices in (("unmatched", unmatched, RULES), ("bad_texture", bad_texture, RULES)):
        _choice(name, value, choices)
    _choice("group", group or "none", texture.GROUPS)
    _choice("k", k or "none", K_METHODS)
    factor = Erodibility.of(k or "hj1173", read_own(parameters, standard=standard, region=region))
    work = _Work(Soil(_folder(out)), factor, progress)
    target = maps.SoilGrid(
        None if like is None else rasters.Source(like, kind="categorical", measure="1").grid,
        cell,
        None if grid_crs is None else read_crs(grid_crs),
    )
    if table is None:
        work.of_rasters(given, maps.depth_of(depth), target, crs, group, k, bad_texture)
    else:
        soils = profiles.read(table, form=form, code=table_code, columns=columns, sheet=sheet)
        fields = {"layer": layer, "crs": crs, "encoding": encoding}
        work.of_types(given, soils, maps.depth_of(depth), target, code, fields, group, k, unmatched)
    work.write(options, overwrite)
    return work.made


@dataclass
class _Work:
    """A product in the making: the map, its roles, tables and notes."""

    made: Soil
    factor: Erodibility
    progress: Progress | None
    source: maps.Types | maps.Rasters = field(init=False)
    roles: list[str] = field(default_factory=list)

    def of_types(
        self,
        given: Sequence[Mapping[str, Any]],
        soils: profiles.Profiles,
        depth: tuple[float, float],
        target: maps.SoilGrid,
        code: str | None,
        fields: Mapping[str, Any],
        group: str | None,
        k: str | None,
        unmatched: str,
    ) -> None:
        """Read a map of soil types and give each soil its numbers."""
        if len(given) != 1 or given[0].get("property"):
            raise InputError("soil_one_map", count=len(given), table=str(soils.path))
        path = given[0]["path"]
        if path.suffix.lower() in vectors.ENDINGS or path.is_dir():
            source: maps.Types = maps.TypePolygons(path, code, target, **fields)
        else:
            source = maps.TypeRaster(path, target.like, fields["crs"], self._tick(0.0, 0.3))
        self.source = source
        numbers = profiles.means(soils, depth)
        soils_by_role = self._derive(numbers, soils, group, k)
        gone = source.refuse_unknown(list(soils_by_role.index), soils.path, path, unmatched)
        source.soils = soils_by_role
        self.made.notes += [*soils.notes, *source.aligned_notes(), *_depth_notes(numbers, depth)]
        if gone:
            areas = [source.areas[name] for name in gone]
            self.made.quality["unmatched"] = pd.DataFrame(
                [(name, area, "m2") for name, area in zip(gone, areas, strict=True)], columns=columns(UnmatchedSoilRow)
            )
            codes = [f'"{name}" ({area / 1e4:.6g} ha)' for name, area in zip(gone, areas, strict=True)]
            warn("soil_codes_missing", MissingData, path=str(path), area=sum(areas) / 1e4, codes=codes)
        shown = soils_by_role.copy()
        shown.insert(0, "area", [source.areas.get(name, 0.0) for name in shown.index])
        self.made.quality["soils"] = shown.reset_index(names="code")

    def of_rasters(
        self,
        given: Sequence[Mapping[str, Any]],
        depth: tuple[float, float],
        target: maps.SoilGrid,
        crs: Any,
        group: str | None,
        k: str | None,
        bad_texture: str,
    ) -> None:
        """Open rasters of properties and check their texture."""
        entries = [maps.SoilRaster.of(each) for each in given]
        if not entries:
            raise InputError("soil_one_map", count=0, table="-")
        group = group or ("texture" if {entry.property.name for entry in entries} >= set(TEXTURE) else "none")
        self.source = source = maps.Rasters(entries, depth, target.like, crs, self.factor, group)
        names = source.names
        self.roles = [each.role for each in properties().values() if each.name in names and each.role]
        absent = [name for name in TEXTURE if name not in names]
        if 0 < len(absent) < 3:
            raise InputError("soil_texture_absent", path=str(entries[0].path), absent=absent)
        self._group(group, names)
        self._carbon_and_k(names, k)
        self.made.notes += source.notes
        if not absent:
            self._refuse_texture(source, bad_texture, next(entry.path for entry in entries if entry.property.name in TEXTURE))

    def _derive(self, numbers: pd.DataFrame, soils: profiles.Profiles, group: str | None, k: str | None) -> pd.DataFrame:
        """The table of soils by role, with carbon, group and K."""
        names = [*soils.names, *(["depth"] if "depth" in numbers else [])]
        group = group or ("texture" if set(TEXTURE) <= set(names) else "none")
        self.roles = [each.role for each in properties().values() if each.name in numbers and each.role]
        self._group(group, names)
        self._carbon_and_k(names, k)
        parts = [numbers[name].to_numpy(float) for name in TEXTURE] if set(TEXTURE) <= set(names) else []
        result = pd.DataFrame({"covered": numbers["covered"]})
        for name in numbers.columns.intersection(list(properties())):
            if properties()[name].role:
                result[properties()[name].role] = numbers[name]
        if CARBON in self.roles and CARBON not in result:
            result[CARBON] = rusle.organic_carbon(numbers["organic_matter"], self.factor.ratio)
        if parts:
            result["texture_class"] = [("", *texture.CLASSES)[index] for index in texture.texture_class(*parts)]
        if group != "none":
            found = texture.group_of_texture(*parts) if group == "texture" else _conductivity_group(numbers)
            result[GROUP] = np.where(found > 0, found, np.nan)
        if ERODIBILITY in self.roles:
            result[ERODIBILITY] = self.factor(parts[0], parts[1], parts[2], result[CARBON].to_numpy(float)).astype(float)
        return result.set_axis(numbers.index.astype(str))

    def _group(self, group: str, names: Sequence[str]) -> None:
        need = {"texture": TEXTURE, "conductivity": ("conductivity", "depth"), "none": ()}[group]
        absent = [name for name in need if name not in names]
        if absent:
            raise InputError("soil_rule_needs", rule=f"group {group}", absent=absent)
        if group != "none":
            self.roles.append(GROUP)
            self.made.notes.append(recipes.note(f"soil_group_by_{group}"))
        if group == "conductivity":
            warn("soil_group_recalled", EcovalWarning)

    def _carbon_and_k(self, names: Sequence[str], k: str | None) -> None:
        """Roles of organic carbon and of K, where there is what they need."""
        carbon = "organic_carbon" in names or "organic_matter" in names
        if carbon and "organic_carbon" not in names:
            self.roles.append(CARBON)
            self.made.notes.append(recipes.note("soil_carbon_of_matter", ratio=self.factor.ratio))
        absent = [name for name in TEXTURE if name not in names] + ([] if carbon else ["organic_carbon"])
        if k == "none" or (absent and k is None):
            return
        if absent:
            raise InputError("soil_rule_needs", rule=f"k {k}", absent=absent)
        self.roles.append(ERODIBILITY)
        self.made.notes.append(recipes.note("soil_erodibility", method=self.factor.method))

    def _refuse_texture(self, source: maps.Rasters, rule: str, path: Path) -> None:
        """Refuse cells whose texture does not add up, or say what they leave missing."""
        wrong, low, high = 0.0, np.inf, -np.inf
        for tile in self._tick(0.0, 0.3)(source.grid, "texture"):
            total = texture.sums(*source.parts(tile))
            bad = abs(total - 100) > texture.TOLERANCE
            if bad.any():
                wrong += float(tile.cell_area()[bad].sum())
                low, high = min(low, float(total[bad].min())), max(high, float(total[bad].max()))
        if not wrong:
            return
        fields = {"path": str(path), "area": wrong / 1e4, "low": low, "high": high, "tolerance": texture.TOLERANCE}
        if rule == "refuse":
            raise InputError("soil_texture_cells", **fields)
        self.made.notes.append(recipes.note("soil_texture_missing", **fields))
        warn("soil_texture_missing", MissingData, **fields)

    def _tick(self, start: float, end: float) -> Callable[[Grid, str], Iterator[Grid]]:
        """Tiles of a grid with progress between two marks."""

        def tiles(grid: Grid, text: str) -> Iterator[Grid]:
            every = grid.tiles()
            for number, tile in enumerate(every):
                if self.progress is not None and self.progress(start + (end - start) * number / len(every), text) is False:
                    raise Cancelled
                yield tile

        return tiles

    def write(self, options: dict[str, Any], overwrite: bool) -> None:
        """Write all layers into a stage and move them when the last is there."""
        made, folder = self.made, self.made.folder
        targets = {role: folder / f"{role}.tif" for role in self.roles}
        there = [str(path) for path in targets.values() if path.exists()]
        if there and not overwrite:
            raise InputError("product_exists", path=there[0])
        make_folder(folder)
        try:
            with work_folder(".partial-", folder) as stage:
                rows = [self._layer(role, Path(stage), number) for number, role in enumerate(self.roles)]
                made.quality["layers"] = pd.DataFrame(rows, columns=columns(SoilLayerRow))
                for role, path in targets.items():
                    move(Path(stage) / path.name, path)
                    made.layers[role] = path
        finally:
            self.source.close()
            if not any(folder.iterdir()):
                remove_folder(folder)
        read = [each["path"] for each in options["sources"]] + [
            each for each in (options["table"], options["like"]) if each is not None
        ]
        read += options["parameters"]
        names = list(targets.values())
        made.recipe = recipes.recipe(PRODUCT, dict.fromkeys(read), options, quality=made.quality, notes=made.notes, outputs=names)
        for path in names:
            recipes.write(made.recipe, path)

    def _layer(self, role: str, stage: Path, number: int) -> tuple[Any, ...]:
        """Write one layer; its row of the table of quality."""
        uom = _uom(role)
        found = np.array([0.0, 0.0, 0.0, np.inf, -np.inf])
        step = 0.7 / len(self.roles)
        tick = self._tick(0.3 + step * number, 0.3 + step * (number + 1))

        def blocks() -> Iterator[tuple[Grid, np.ndarray]]:
            for tile in tick(self.source.grid, role):
                values, area = self.source.block(role, tile).astype(np.float32), tile.cell_area()
                known = ~np.isnan(values)
                found[1] += area[~known].sum()
                if known.any():
                    found[0] += area[known].sum()
                    found[2] += (area[known] * values[known]).sum()
                    found[3:] = min(found[3], values[known].min()), max(found[4], values[known].max())
                yield tile, np.where(known, values, 0).astype(np.uint8) if role == GROUP else values

        dtype, missing = ("uint8", 0) if role == GROUP else ("float32", np.nan)
        rasters.write(stage / f"{role}.tif", blocks(), self.source.grid, measure=uom, dtype=dtype, missing=missing)
        mean = found[2] / found[0] if found[0] else np.nan
        low, high = (found[3], found[4]) if found[0] else (np.nan, np.nan)
        return (role, uom, float(found[0]), float(found[1]), float(low), float(mean), float(high))


def _uom(role: str) -> str:
    if role in (ERODIBILITY, GROUP):
        return K_UOM if role == ERODIBILITY else "1"
    return next(each.uom for each in properties().values() if each.role == role)


def _conductivity_group(numbers: pd.DataFrame) -> np.ndarray:
    return texture.group_of_conductivity(numbers["conductivity"].to_numpy(float), numbers["depth"].to_numpy(float))


def _depth_notes(numbers: pd.DataFrame, depth: tuple[float, float]) -> list[dict[str, Any]]:
    """Notes on the depth of the means, and on soils that are shallower."""
    shown = f"{depth[0]:g}-{depth[1]:g}"
    if numbers["covered"].isna().all():
        return [recipes.note("soil_without_depths")]
    short = numbers["covered"] < 1 - 1e-9
    notes = [recipes.note("soil_depth_mean", depth=shown)]
    if short.any():
        soils = [f'"{code}" {share:.0%}' for code, share in numbers["covered"][short].items()]
        notes.append(recipes.note("soil_shallow", depth=shown, soils=soils))
    return notes


def _given(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """A source as a mapping: property, path, uom, depth."""
    if isinstance(source, Mapping):
        return {**source, "path": Path(source["path"])}
    name, _, rest = str(source).partition("=")
    if isinstance(source, Path) or not rest or Path(str(source)).exists():
        return {"path": Path(source)}
    path, *more = rest.split(",")
    entry = {"property": name, "path": Path(path)}
    for part in more:
        key, _, value = part.partition("=")
        _choice("source", key.strip(), ("uom", "depth"))
        entry[key.strip()] = value.strip()
    return entry


def _folder(out: str | Path) -> Path:
    """Folder of the layers; a layer stands for its folder, as when a recipe is run again."""
    out = Path(out)
    return out.parent if out.suffix.lower() == ".tif" else out


def _path(value: str | Path | None) -> Path | None:
    return None if value is None else Path(value)


def _choice(name: str, found: str | None, choices: tuple[str, ...]) -> None:
    if found not in choices:
        raise InputError("choice_unknown", name=name, found=str(found), choices=choices)
