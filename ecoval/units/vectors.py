"""Vector layers as they come: any format that pyogrio opens, GeoParquet, zipped layers, Chinese encodings.

Nothing is assumed: a layer without a CRS, a file with several layers of which none is named, and a text in an encoding that
does not fit are refused with the way out. What was decided on reading is a finding.
"""

from __future__ import annotations

import codecs
import difflib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import geopandas
import numpy as np
import pandas as pd
import pyogrio

from ecoval import grid
from ecoval.errors import InputError
from ecoval.files import make_folder, work_folder, write_bytes
from ecoval.findings import Finding
from ecoval.units.findings import finding

ENDINGS = (".gpkg", ".shp", ".geojson", ".json", ".gdb", ".kml", ".parquet", ".geoparquet", ".fgb", ".zip")
SIDECARS = (".shx", ".dbf")
GEOJSON = (".geojson", ".json", ".geojsonl", ".geojsons")
CODEC_OF_PAGE = {"936": "gb18030", "54936": "gb18030", "950": "big5", "65001": "utf-8", "88591": "latin-1", "0": "utf-8"}

Readable: TypeAlias = str | Path | geopandas.GeoDataFrame  # what `read` takes


class Layer(NamedTuple):
    """A vector layer in memory, its name for messages, and what was decided on reading."""

    frame: geopandas.GeoDataFrame
    name: str
    findings: tuple[Finding, ...]


def is_vector(path: Path) -> bool:
    """Whether a path is a vector layer by its ending, or a folder of shapefiles."""
    return path.suffix.lower() in ENDINGS or (path.is_dir() and any(path.glob("*.[sS][hH][pP]")))


def read(path: Readable, *, layer: str | None = None, crs: object = None, encoding: str | None = None) -> Layer:
    """Vector layer of a file, folder, or GeoDataFrame.

    Parameters
    ----------
    path : GeoPackage, GeoJSON, shapefile, file geodatabase (folder), FlatGeobuf, GeoParquet, a zip of one of them, or whatever
        else pyogrio opens; or a GeoDataFrame.
    layer : needed where the file holds several
    crs : CRS of a layer that carries none
    encoding : encoding of a shapefile's attributes. Without it that of the .cpg file, UTF-8 and GB18030 are tried in turn.

    Raises
    ------
    InputError
        Absent or unreadable file, several layers, absent CRS, absent part of a shapefile, encoding that does not fit.
    """
    if isinstance(path, geopandas.GeoDataFrame):
        return _declared(path.copy(), "GeoDataFrame", crs, [])
    path = Path(path)
    if not path.exists():
        raise InputError("units_file_absent", path=str(path), nearest=_nearest_file(path))
    if path.suffix.lower() == ".zip":
        with work_folder() as folder:
            return _read(_unpacked(path, Path(folder), layer), layer, crs, encoding, str(path))
    return _read(path, layer, crs, encoding, str(path))


def column(frame: geopandas.GeoDataFrame, field: str, name: str) -> str:
    """Field name where the layer has it.

    Raises
    ------
    InputError
        With the nearest field and the list of fields.
    """
    fields = [str(each) for each in frame.columns if each != frame.geometry.name]
    if field in fields:
        return field
    folded = {each.casefold(): each for each in fields}
    near = difflib.get_close_matches(field.casefold(), list(folded), 1, 0.0)
    raise InputError(
        "units_field_unknown", path=name, field=field, nearest=folded[near[0]] if near else "-", fields=" ".join(fields)
    )


def _read(path: Path, layer: str | None, crs: object, encoding: str | None, name: str) -> Layer:
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        return _declared(geopandas.read_parquet(path), name, crs, [])
    if path.is_dir() and path.suffix.lower() != ".gdb":
        path = _only(sorted(path.glob("*.[sS][hH][pP]")), layer, name)
    if path.suffix.lower() == ".shp":
        _refuse_without_sidecar(path)
        frame, findings = _decoded(path, encoding, name)
        return _declared(frame, name, crs, findings)
    layer = _layer(path, layer, name)
    try:
        frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
    except pyogrio.errors.DataSourceError as error:
        raise InputError("units_file_unreadable", path=name, reason=str(error)[:200]) from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise InputError("units_layer_without_geometry", path=name, layer=layer)
    implied = path.suffix.lower() in GEOJSON and '"crs"' not in _head(path)
    return _declared(frame, name, crs, [], implied)


def _layer(path: Path, layer: str | None, name: str) -> str:
    try:
        table = pyogrio.list_layers(path)
    except pyogrio.errors.DataSourceError as error:
        raise InputError("units_file_unreadable", path=name, reason=str(error)[:200]) from error
    layers = [str(each) for each in table[:, 0]]
    spatial = [str(each) for each, kind in table if kind is not None]
    if layer is not None:
        if layer not in layers:
            near = difflib.get_close_matches(layer, layers, 1, 0.0)
            raise InputError(
                "units_layer_unknown", path=name, layer=layer, nearest=near[0] if near else "-", layers=" ".join(layers)
            )
        return layer
    candidates = spatial or layers
    if len(candidates) != 1:
        raise InputError("units_layer_ambiguous", path=name, count=len(candidates), layers=", ".join(candidates))
    return candidates[0]


def _only(paths: list[Path], layer: str | None, name: str) -> Path:
    stems = [path.stem for path in paths]
    if not paths:
        raise InputError("units_file_unreadable", path=name, reason="no vector layer in it")
    if layer is not None:
        if layer not in stems:
            near = difflib.get_close_matches(layer, stems, 1, 0.0)
            raise InputError("units_layer_unknown", path=name, layer=layer, nearest=near[0], layers=" ".join(stems))
        return paths[stems.index(layer)]
    if len(paths) > 1:
        raise InputError("units_layer_ambiguous", path=name, count=len(paths), layers=", ".join(stems))
    return paths[0]


def _refuse_without_sidecar(path: Path) -> None:
    there = {each.suffix.lower() for each in path.parent.iterdir() if each.stem == path.stem}
    absent = [suffix for suffix in SIDECARS if suffix not in there]
    if absent:
        raise InputError("shapefile_part_absent", path=str(path), absent=" ".join(path.stem + suffix for suffix in absent))


def _decoded(path: Path, encoding: str | None, name: str) -> tuple[geopandas.GeoDataFrame, list[Finding]]:
    """Frame of a shapefile in the first encoding that fits, and how that was found.

    Bytes are read one to one (ISO 8859-1) and decoded here: the reader itself replaces what does not fit without a word.
    """
    try:
        raw = pyogrio.read_dataframe(path, encoding="ISO-8859-1")
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise InputError("encoding_unknown", path=name, encoding=encoding) from error
    except pyogrio.errors.DataSourceError as error:
        raise InputError("units_file_unreadable", path=name, reason=str(error)[:200]) from error
    page = _code_page(path)
    tried = [encoding] if encoding is not None else list(dict.fromkeys([*([page] if page else []), "utf-8", "gb18030"]))
    for whole in (True, False):
        for codec in tried:
            frame, cut = _recoded(raw, codec, whole)
            if frame is not None:
                findings = _encoding_finding(codec, page, encoding)
                return frame, findings + ([finding("text_cut", "warning", count=len(cut), texts=cut)] if cut else [])
    raise InputError("encoding_unfit", path=name, tried=", ".join(tried))


def _recoded(raw: geopandas.GeoDataFrame, codec: str, whole: bool) -> tuple[geopandas.GeoDataFrame | None, list[str]]:
    """Frame with its texts decoded, or None where one does not fit; with `whole` False a character may be cut off at the end."""
    decoder = codecs.getincrementaldecoder(codec)
    cut: list[str] = []

    def text(value: object) -> object:
        if not isinstance(value, str) or value.isascii():
            return value
        state = decoder("strict")
        decoded = state.decode(value.encode("latin-1"), final=whole)
        if state.getstate()[0]:
            cut.append(decoded)
        return decoded

    try:
        columns = {text(name): raw[name] for name in raw.columns}
        texts = {
            name: pd.Series([text(value) for value in values], dtype=values.dtype)
            for name, values in columns.items()
            if pd.api.types.is_string_dtype(values)
        }
    except UnicodeDecodeError:
        return None, []
    frame = geopandas.GeoDataFrame({**columns, **texts}, geometry=raw.geometry.name, crs=raw.crs)
    return frame, cut


def _encoding_finding(codec: str, page: str | None, encoding: str | None) -> list[Finding]:
    if encoding is not None or codec == page:
        return [finding("encoding_declared", "note", encoding=codec)]
    if page is not None:
        return [finding("encoding_contradicted", "warning", encoding=codec, declared=page)]
    return [finding("encoding_tried", "note", encoding=codec)]


def _code_page(path: Path) -> str | None:
    """Codec that the .cpg beside a shapefile names, None where there is none or it is unknown."""
    beside = [each for each in path.parent.iterdir() if each.stem == path.stem and each.suffix.lower() == ".cpg"]
    if not beside:
        return None
    text = beside[0].read_bytes().decode("ascii", "ignore").strip().casefold()
    bare = text.removeprefix("cp").removeprefix("ansi ").removeprefix("oem ").replace("iso-", "").replace("-", "").strip()
    text = CODEC_OF_PAGE.get(bare, text)
    try:
        codec = codecs.lookup(text).name
    except LookupError:
        return None
    return "gb18030" if codec in ("gbk", "gb2312", "cp936") else codec


def _declared(frame: geopandas.GeoDataFrame, name: str, crs: object, findings: list[Finding], implied: bool = False) -> Layer:
    """Layer whose CRS is that of the file, or the declared one where the file has none."""
    if crs is None and frame.crs is None:
        raise InputError("units_without_crs", path=name)
    if crs is not None:
        declared = grid.read_crs(crs)
        if frame.crs is None or implied:
            frame = frame.set_crs(declared, allow_override=True)
            findings = [*findings, finding("crs_declared", "note", crs=declared.name)]
        elif not grid.same_crs(frame.crs, declared):
            raise InputError("units_crs_contradicted", path=name, found=frame.crs.name, declared=declared.name)
    _refuse_impossible_degrees(frame, name)
    return Layer(frame, name, tuple(findings))


def _refuse_impossible_degrees(frame: geopandas.GeoDataFrame, name: str) -> None:
    if not frame.crs.is_geographic or not len(frame):
        return
    left, bottom, right, top = frame.total_bounds
    if np.isfinite(left) and (left < -360 or right > 360 or bottom < -90.000001 or top > 90.000001):
        raise InputError(
            "units_not_degrees", path=name, crs=frame.crs.name, bounds=f"{left:.8g} {bottom:.8g} {right:.8g} {top:.8g}"
        )


def _unpacked(path: Path, folder: Path, layer: str | None) -> Path:
    """The one layer of a zip, unpacked; names that are not flagged as UTF-8 are read as GB18030 where they fit."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            parts = Path(_entry_name(entry)).parts
            target = folder.joinpath(*(part for part in parts if part not in ("..", "/", "\\") and ":" not in part))
            if entry.is_dir() or "__MACOSX" in parts:
                continue
            make_folder(target.parent)
            write_bytes(target, archive.read(entry))
    databases = [each for each in folder.rglob("*") if each.is_dir() and each.suffix.lower() == ".gdb"]
    endings = (".shp", ".gpkg", ".fgb", ".parquet", *GEOJSON)
    files = [each for each in folder.rglob("*") if each.is_file() and each.suffix.lower() in endings]
    found_paths: Iterable[Path] = [*databases, *(each for each in files if not any(one in each.parents for one in databases))]
    candidates = sorted(found_paths)
    if len(candidates) == 1:
        return candidates[0]
    return _only(candidates, layer, str(path))


def _entry_name(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(65_536).decode("utf-8", "ignore")


def _nearest_file(path: Path) -> str:
    if not path.parent.is_dir():
        return "-"
    near = difflib.get_close_matches(path.name, [each.name for each in path.parent.iterdir()], 1, 0.0)
    return near[0] if near else "-"
