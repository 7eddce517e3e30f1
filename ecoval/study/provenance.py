"""What a run says of itself: versions, inputs with size and hash, the study with absolute paths."""

import hashlib
import json
import math
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from ecoval import formats
from ecoval.standards import located

DISTRIBUTIONS = (
    "ecoval",
    "numpy",
    "numba",
    "scipy",
    "pandas",
    "geopandas",
    "shapely",
    "rasterio",
    "pyproj",
    "pyogrio",
)
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
CHUNK = 1 << 22
RECIPE_SUFFIX = ".recipe.json"


def versions():
    """Versions of Python, ecoval and the libraries under it, and of GDAL and PROJ where loaded."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    for name, module, attribute in (
        ("gdal", "rasterio", "__gdal_version__"),
        ("proj", "pyproj", "proj_version_str"),
    ):
        found[name] = getattr(sys.modules.get(module), attribute, None)
    return found


class Fingerprints:
    """Size and SHA-256 of input files, hashed beside the run."""

    def __init__(self):
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hash")
        self._pending = {}
        self._stopped = False

    def add(self, role, path):
        """Begin to hash the file that a role reads."""
        key = (role, str(path))
        if key not in self._pending:
            self._pending[key] = self._pool.submit(self._fingerprint, Path(path))

    def records(self):
        """Role, path, size and sha256 of each input, in the order added."""
        return [{"role": role, "path": path, **future.result()} for (role, path), future in self._pending.items()]

    def close(self):
        """Drop what is not hashed yet."""
        self._stopped = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fingerprint(self, path):
        files = parts(path)
        digest = hashlib.sha256()
        size = 0
        for file in files:
            with file.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    if self._stopped:
                        return {"size": None, "sha256": None}
                    digest.update(chunk)
                    size += len(chunk)
        return {"size": size, "sha256": digest.hexdigest() if files else None}


def parts(path):
    """The files that a path stands for: a shapefile's parts, a folder's files, or itself."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix.lower() == ".shp":
        return [path.with_suffix(s) for s in SHAPEFILE_PARTS if path.with_suffix(s).is_file()]
    return [path] if path.is_file() else []


def recipes(inputs):
    """Recipes of prepared inputs, from the sidecars beside them.

    Parameters
    ----------
    inputs : list of (role, path)

    Returns
    -------
    list of mapping
        Role, path, and what `ecoval prepare` wrote.
    """
    found = []
    for role, path in inputs:
        sidecar = Path(f"{path}{RECIPE_SUFFIX}")
        if sidecar.is_file():
            found.append({"role": role, "path": str(path), **json.loads(sidecar.read_text(encoding="utf-8"))})
    return found


def absolute_study(content, folder):
    """Content of a study.toml with every path absolute."""

    def absolute(text):
        return str(folder / text)

    content = json.loads(json.dumps(content, ensure_ascii=False, default=str))
    content["study"].setdefault(formats.KEY, formats.CURRENT["study"])
    for entry in content.get("units", {}).values():
        entry["path"] = absolute(entry["path"])
    for table in ("layers", "statistics"):
        for key, entry in content.get(table, {}).items():
            if isinstance(entry, str):
                content[table][key] = absolute(entry)
            else:
                entry["path"] = absolute(entry["path"])
                if Path(entry.get("classes", "")).suffix:
                    entry["classes"] = absolute(entry["classes"])
                if "mixtures" in entry:
                    entry["mixtures"] = absolute(entry["mixtures"])
    if "standard" in content.get("study", {}):
        content["study"]["standard"] = located(content["study"]["standard"], folder)
    for table in ("parameters", "prices"):
        names = content.get(table, {}).get("tables")
        if names:
            names = [names] if isinstance(names, str) else names
            content[table]["tables"] = [absolute(name) for name in names]
    if "scope" in content.get("services", {}):
        content["services"]["scope"] = absolute(content["services"]["scope"])
    return content


def toml_text(content):
    """TOML text of nested dicts of texts, numbers, truth values and lists."""
    lines = []
    for table, entries in content.items():
        lines.append(f"[{_key(table)}]")
        lines += [f"{_key(key)} = {_value(value)}" for key, value in entries.items()]
        lines.append("")
    return "\n".join(lines)


def _key(text):
    plain = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if plain else json.dumps(text, ensure_ascii=False)


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)
