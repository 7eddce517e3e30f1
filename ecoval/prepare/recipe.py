"""Recipe of a product: from which files, with which options and versions it was made, and how good it is.

It stands beside the product as `<file>.recipe.json`, a study's run.json takes it over, and the product can be made again from it.
`product` names the function: `landcover` is `prepare` of ecoval/prepare/landcover, `climate.erosivity` is `erosivity` of
ecoval/prepare/climate. `options` are that function's arguments but for `out`, `overwrite` and `progress`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.errors import EcovalError, InputError
from ecoval.files import RUN, write_json
from ecoval.findings import finding
from ecoval.runs.fingerprints import RECIPE_SUFFIX, input_records, read_sidecar
from ecoval.runs.record import versions
from ecoval.terms import nearest
from ecoval.totals.blocks import Progress

FORMAT = 1


@dataclass(frozen=True)
class Recipe:
    """How a product was made.

    Parameters
    ----------
    product : text
        Module of ecoval/prepare, with a function after a point where it is not `prepare`.
    inputs : list of (path, beside, size, sha256)
        `beside` is the path as seen from the product's folder.
    options : mapping
        Arguments of the function.
    quality : mapping
        Figures and tables: what the accuracy of the product rests on.
    notes : list of (code, fields, en, zh)
        What was decided on the way.
    outputs : list of text
        Files of the product, names without folder.
    """

    product: str
    inputs: list[dict[str, Any]]
    options: dict[str, Any]
    versions: dict[str, Any] = field(default_factory=versions)
    quality: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def recipe(
    product: str,
    inputs: Iterable[str | Path],
    options: Mapping[str, Any],
    *,
    quality: Mapping[str, Any] | None = None,
    notes: Iterable[Mapping[str, Any]] = (),
    outputs: Iterable[str | Path] = (),
) -> Recipe:
    """Recipe with the size and SHA-256 of each input and the versions of what is installed.

    Parameters
    ----------
    inputs : list of path
        Files and folders that were read; a shapefile stands for its parts.
    options : mapping
        Arguments of the function; paths as they were given.
    quality : mapping
        Numbers, texts, lists, tables (DataFrame).
    """
    records = input_records(("", Path(path).resolve()) for path in inputs)
    records = [{name: entry[name] for name in ("path", "size", "sha256")} for entry in records]
    names = [Path(path).name for path in outputs]
    return Recipe(
        product, records, plain(_absolute(options)), quality=plain(quality or {}), notes=plain(list(notes)), outputs=names
    )


def beside(path: str | Path) -> Path:
    """Path of the sidecar of a product."""
    path = Path(path)
    return path.with_name(path.name + RECIPE_SUFFIX)


def write(made: Recipe, path: str | Path) -> Path:
    """Sidecar of a product, written beside and renamed.

    Parameters
    ----------
    path : path
        The product; the sidecar is named after it.
    """
    target = beside(path)
    content = {"format": FORMAT, **asdict(made)}
    folder = target.resolve().parent
    content["inputs"] = [{**entry, "beside": _relative(entry["path"], folder)} for entry in made.inputs]
    write_json(target, content, RUN)
    return target


def read(path: str | Path) -> Recipe:
    """Recipe of a sidecar, or of the product that has one.

    Raises
    ------
    InputError
        Where there is none, or the file is no recipe.
    """
    path = Path(path)
    path = path if path.name.endswith(RECIPE_SUFFIX) else beside(path)
    content = read_sidecar(path)
    if content.get("format") != FORMAT:
        raise InputError("recipe_unreadable", path=str(path), reason=f"format {FORMAT} expected")
    names = Recipe.__dataclass_fields__
    return Recipe(**{name: value for name, value in content.items() if name in names})


def rerun(path: str | Path, *, out: str | Path | None = None, changed: bool = False, progress: Progress | None = None) -> Any:
    """Make a product again from its recipe.

    Parameters
    ----------
    path : path
        The sidecar, or the product.
    out : path
        Default: the product of the recipe, which is replaced.
    changed : choice {True, False}
        Whether inputs may differ from those of the recipe.

    Returns
    -------
    object
        What the product's function returns.

    Raises
    ------
    InputError
        Inputs that are absent or differ, an unknown product.
    """
    path = Path(path)
    made = read(path)
    folder = path.resolve().parent
    moved = _found_inputs(made, folder, changed)
    function = _function(made.product)
    if out is None:
        product = path.name.removesuffix(RECIPE_SUFFIX)
        out = folder / product
    given = {"out": out, "overwrite": True, "progress": progress}
    known = signature(function).parameters
    return function(**_replaced(made.options, moved), **{name: value for name, value in given.items() if name in known})


def _found_inputs(made: Recipe, folder: Path, changed: bool) -> dict[str, str]:
    """Where each input lies now: as recorded, else at the same place beside the recipe.

    Raises
    ------
    InputError
    """
    moved, absent, different = {}, [], []
    places = {}
    for entry in made.inputs:
        near = folder / entry["beside"] if entry.get("beside") else None
        place = Path(entry["path"])
        if not place.exists() and near is not None and near.exists():
            place = near.resolve()
        if not place.exists():
            absent.append(entry["path"])
            continue
        moved[entry["path"]] = str(place)
        places[entry["path"]] = place
    if absent:
        raise InputError("recipe_inputs_absent", count=len(absent), paths=absent)
    now = recipe(made.product, places.values(), {})
    for entry, fresh in zip(made.inputs, now.inputs, strict=True):
        if entry["sha256"] != fresh["sha256"]:
            different.append(entry["path"])
    if different and not changed:
        raise InputError("recipe_inputs_changed", count=len(different), paths=different)
    return moved


def _function(product: str) -> Callable[..., Any]:
    module, _, name = product.partition(".")
    folder = Path(__file__).parent
    known = {each.stem for each in folder.iterdir() if each.suffix == ".py" or (each / "__init__.py").is_file()}
    if module not in known - {"__init__", "recipe"}:
        raise InputError("recipe_product_unknown", product=product, nearest=nearest(module, known - {"__init__", "recipe"}))
    function: Callable[..., Any] | None = getattr(import_module(f"ecoval.prepare.{module}"), name or "prepare", None)
    if not callable(function):
        raise InputError("recipe_product_unknown", product=product, nearest=module)
    return function


def _absolute(value: Any) -> Any:
    """Options with the paths that exist made absolute."""
    if isinstance(value, Mapping):
        return {key: _absolute(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_absolute(entry) for entry in value]
    return str(value.resolve()) if isinstance(value, Path) else value


def _replaced(value: Any, moved: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(entry, moved) for key, entry in value.items()}
    if isinstance(value, list):
        return [_replaced(entry, moved) for entry in value]
    return moved.get(value, value) if isinstance(value, str) else value


def _relative(path: str, folder: Path) -> str | None:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return None


def plain(value: Any) -> Any:
    """Value as JSON holds it: tables as lists of rows, paths as text, missing numbers as null."""
    if isinstance(value, pd.DataFrame):
        return [plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, EcovalError):
        return {"code": value.code, "fields": plain(value.fields), "en": value.message("en"), "zh": value.message("zh")}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def note(code: str, /, **fields: Any) -> dict[str, Any]:
    """A fact of the recipe: code and fields, and the sentence in both languages.

    Parameters
    ----------
    code : text
        Key into the message catalogue.

    Returns
    -------
    mapping (code, fields, en, zh)
    """
    record: dict[str, Any] = plain(finding(code, **fields).record())
    return record
