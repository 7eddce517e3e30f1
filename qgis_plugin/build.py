"""Build the QGIS plugin: catalogue, sample, translations, zip, plugins.xml; and the folder of wheels for offline offices.

    python qgis_plugin/build.py catalogue           catalogue.json out of the library
    python qgis_plugin/build.py translations        new texts into the .ts, and the .qm out of it
    /usr/bin/python3 qgis_plugin/help_pages.py      help pages out of the parameters (QGIS's Python)
    python qgis_plugin/build.py zip [--out dist] [--url https://server/plugins]
    python qgis_plugin/build.py wheels [--out dist/ecoval_offline]

`catalogue`, `sample` and `zip` need the library importable; `wheels` needs pip.
"""

import argparse
import ast
import configparser
import hashlib
import json
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLUGIN = HERE / "ecoval_qgis"
CONTEXT = "ecoval"
TS = PLUGIN / "i18n" / "ecoval_zh_CN.ts"
SAMPLE_YEAR = 2023
LEFT_OUT = (".ts", ".pyc")
STAMP = (2026, 1, 1, 0, 0, 0)
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "win_amd64": ("win_amd64",),
    "manylinux_x86_64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
}


def main():
    """Enter from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("catalogue", "sample", "translations", "zip", "wheels"))
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--url", default="")
    parser.add_argument("--draft", action="store_true", help="zip with texts that are not translated yet")
    given = parser.parse_args()
    if given.what == "catalogue":
        write_catalogue()
    elif given.what == "sample":
        write_sample()
    elif given.what == "translations":
        refresh_translations()
        compile_translations()
    elif given.what == "zip":
        make_zip(given.out or ROOT / "dist", given.url, given.draft)
    else:
        make_wheels(given.out or ROOT / "dist" / "ecoval_offline")


# catalogue and sample


def write_catalogue():
    """catalogue.json, with the hash by which the plugin knows that the engine has the same."""
    sys.path.insert(0, str(ROOT))
    from ecoval.engine.catalogue import catalogue, fingerprint

    content = {"hash": fingerprint(), **catalogue(), "types": ecosystem_types()}
    del content["operations"]  # operations.json holds them
    text = json.dumps(content, ensure_ascii=False, indent=0, sort_keys=True)
    (PLUGIN / "catalogue.json").write_text(text + "\n", encoding="utf-8")


def ecosystem_types():
    """Names of the ecosystem types in both languages, for the choice of the class after a project."""
    from ecoval.classification import ecosystem_types as table

    names = {each.code: each.name.replace("_3", "").replace("_", " ") for each in table().values()}
    return [{"code": each.code, "en": names[each.code], "zh": each.name_zh} for each in table().values()]


def write_sample():
    """The sample county of one year, with its roles, prices and options, out of sample_data/study.toml."""
    import tomllib

    source = ROOT / "sample_data"
    study = tomllib.loads((source / "study.toml").read_text(encoding="utf-8"))
    target = PLUGIN / "sample"
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    files, layers = ["towns.gpkg", "landcover_classes.csv", "statistics.csv", "parameters.csv"], []
    layers.append({"role": "units", "file": "towns.gpkg", "kind": "vector", "id": "unit_id", "name": "name"})
    settings = {"roles": {}}
    for role, entry in study["layers"].items():
        entry = entry if isinstance(entry, dict) else {"path": entry}
        name = entry["path"].replace("{year}", str(SAMPLE_YEAR))
        files.append(name)
        if name.endswith(".csv"):
            settings["roles"][role] = name
            continue
        layer = {"role": role, "file": name, "kind": "raster"}
        layer |= {key: entry[key] for key in ("measure", "classes") if key in entry}
        layers.append(layer)
    prices = ["name,value,uom,year,source,status"]
    prices += [
        f"{name},{e['value']},{e['uom']},{e['year']},{e['source']},{e['status']}" for name, e in study["prices"].items()
    ]
    (target / "prices.csv").write_text("\n".join(prices) + "\n", encoding="utf-8")
    for name in files:
        if name.endswith(".gpkg"):
            rewrite_geopackage(source / name, target / name)
        else:
            (target / name).write_bytes((source / name).read_bytes())
    write_sample_project(source, target)
    settings |= {"services": study["services"]["include"], "price_year": study["study"]["price_year"]}
    settings["exclude"] = "; ".join(f"{code}={reason}" for code, reason in study["services"].get("exclude", {}).items())
    settings |= {
        "region": study["study"]["region"],
        "standard": study["study"]["standard"],
        "name": study["study"]["name"],
    }
    roles = {
        "crs": "EPSG:4549",
        "year": SAMPLE_YEAR,
        "layers": layers,
        "tables": {"statistics": ["statistics.csv"], "parameters": ["parameters.csv"], "prices": ["prices.csv"]},
        "settings": settings,
        "project": tomllib.loads((source / "project.toml").read_text(encoding="utf-8")),
    }
    (target / "roles.json").write_text(json.dumps(roles, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_sample_project(source, target):
    """study.toml of the one year, project.toml, and every file that the project names."""
    import re
    import tomllib

    text = (source / "study.toml").read_text(encoding="utf-8")
    (target / "study.toml").write_text(
        re.sub(r"years = \[[^]]*\]", f"years = [{SAMPLE_YEAR}]", text, count=1), encoding="utf-8"
    )
    text = (source / "project.toml").read_text(encoding="utf-8")
    (target / "project.toml").write_text(text, encoding="utf-8")
    for name in sorted(named_files(tomllib.loads(text))):
        if not (source / name).is_file() or (target / name).exists():
            continue
        if name.endswith(".gpkg"):
            rewrite_geopackage(source / name, target / name)
        else:
            (target / name).write_bytes((source / name).read_bytes())


def named_files(content):
    """Texts of a project.toml that may be names of files."""
    if isinstance(content, dict):
        return {name for value in content.values() for name in named_files(value)}
    if isinstance(content, list):
        return {name for value in content for name in named_files(value)}
    return {content} if isinstance(content, str) and content.endswith((".gpkg", ".csv")) else set()


def rewrite_geopackage(source, target):
    """The same layers as GeoPackage 1.2, which the oldest QGIS reads without a warning."""
    sys.path.insert(0, str(ROOT))
    import geopandas

    from ecoval.tables.geopackage import write_layer

    names = list(geopandas.list_layers(source)["name"])
    for name in names:
        frame = geopandas.read_file(source, layer=name)
        write_layer(frame, target, name)


# translations


def sources():
    """Texts of the code that are shown: literals of tr(), mark()."""
    found = {}
    for path in sorted(PLUGIN.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("tr", "mark")
                and node.args
            ):
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.setdefault(text.value, path.relative_to(PLUGIN).as_posix())
    return found


def translations():
    """Source text -> translation of the .ts; unfinished ones are empty."""
    if not TS.exists():
        return {}
    made = {}
    for message in ET.parse(TS).getroot().iter("message"):
        translation = message.find("translation")
        unfinished = translation is None or translation.get("type") == "unfinished"
        made[message.findtext("source")] = "" if unfinished else translation.text or ""
    return made


def refresh_translations():
    """Bring the .ts to the texts of the code; what is new is unfinished."""
    known = translations()
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!DOCTYPE TS>",
        '<TS version="2.1" language="zh_CN">',
        "<context>",
    ]
    lines.append(f"    <name>{CONTEXT}</name>")
    for text, place in sorted(sources().items(), key=lambda entry: (entry[1], entry[0])):
        mark = "" if known.get(text) else ' type="unfinished"'
        lines += [
            "    <message>",
            f'        <location filename="../{place}"/>',
            f"        <source>{escape(text, quote=False)}</source>",
        ]
        lines += [
            f"        <translation{mark}>{escape(known.get(text, ''), quote=False)}</translation>",
            "    </message>",
        ]
    lines += ["</context>", "</TS>", ""]
    TS.write_text("\n".join(lines), encoding="utf-8")


def compile_translations():
    """The .qm that Qt reads: hashes of the sources, and the messages; no tool of Qt needed."""
    entries, messages = [], b""
    for text, translated in sorted(translations().items()):
        if not translated:
            continue
        source = text.encode("utf-8")
        entries.append((elf_hash(source), len(messages)))
        wide = translated.encode("utf-16-be")
        messages += struct.pack(">BI", 3, len(wide)) + wide
        for tag, part in ((5, b""), (6, source), (7, CONTEXT.encode())):
            messages += struct.pack(">BI", tag, len(part)) + part
        messages += b"\x01"
    hashes = b"".join(struct.pack(">II", *entry) for entry in sorted(entries))
    magic = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
    body = magic + struct.pack(">BI", 0x42, len(hashes)) + hashes + struct.pack(">BI", 0x69, len(messages)) + messages
    TS.with_suffix(".qm").write_bytes(body)


def elf_hash(data):
    """Hash by which Qt finds a message."""
    value = 0
    for byte in data:
        value = (value << 4) + byte
        high = value & 0xF0000000
        if high:
            value ^= high >> 24
        value &= ~high & 0xFFFFFFFF
    return value or 1


# zip


def version():
    """Version of the plugin, which is that of the library."""
    metadata = configparser.ConfigParser()
    metadata.read(PLUGIN / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def packed():
    """Files of the zip."""
    for path in sorted(PLUGIN.rglob("*")):
        parts = path.relative_to(PLUGIN).parts
        if path.is_file() and path.suffix not in LEFT_OUT and "__pycache__" not in parts:
            yield path


def make_zip(out, url, draft=False):
    """The zip and a plugins.xml beside it.

    Parameters
    ----------
    out : path
    url : text
        Where both will be served; empty writes file names alone.
    draft : choice {True, False}
        Whether texts may be untranslated.
    """
    write_catalogue()
    write_sample()
    compile_translations()
    unfinished = [text for text in sources() if not translations().get(text)]
    if unfinished and not draft:
        raise SystemExit(f"not translated: {unfinished[:5]} ({len(unfinished)}); run: build.py translations")
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"ecoval_qgis-{version()}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in packed():
            info = zipfile.ZipInfo("ecoval_qgis/" + path.relative_to(PLUGIN).as_posix(), STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())
    (out / "plugins.xml").write_text(plugins_xml(target.name, url), encoding="utf-8")
    print(f"{target} ({target.stat().st_size / 2**20:.2f} MB)")


def plugins_xml(name, url):
    """Index that QGIS's plugin manager reads from a server or share."""
    metadata = configparser.ConfigParser()
    metadata.read(PLUGIN / "metadata.txt", encoding="utf-8")
    general = metadata["general"]
    base = url.rstrip("/") + "/" if url else ""
    tags = {
        "description": general["description"],
        "about": general["about"],
        "version": general["version"],
        "qgis_minimum_version": general["qgisMinimumVersion"],
        "qgis_maximum_version": general["qgisMaximumVersion"],
        "homepage": general["homepage"],
        "tracker": general["tracker"],
        "repository": general["repository"],
        "file_name": name,
        "icon": "icon.svg",
        "author_name": general["author"],
        "download_url": base + name,
        "experimental": general["experimental"],
        "deprecated": general["deprecated"],
        "tags": general["tags"],
    }
    body = "".join(f"    <{tag}>{escape(text, quote=False)}</{tag}>\n" for tag, text in tags.items())
    head = f'  <pyqgis_plugin name="{escape(general["name"])}" version="{general["version"]}">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<plugins>\n{head}{body}  </pyqgis_plugin>\n</plugins>\n'


# wheels


def make_wheels(out):
    """Folder for offices without a network: wheels per platform and Python, manifest with hashes, place for a Python installer."""
    wheels = out / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    (out / "python").mkdir(exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)], check=True)
    own = next(wheels.glob("ecoval-*.whl"))
    for tags in PLATFORMS.values():
        for python in PYTHONS:
            chosen = [part for tag in tags for part in ("--platform", tag)]
            command = [
                *pip,
                "download",
                "--only-binary=:all:",
                "--python-version",
                python,
                *chosen,
                "--dest",
                str(wheels),
                str(own),
            ]
            subprocess.run(command, check=True)
    files = []
    for path in sorted(wheels.glob("*.whl")):
        python, platform = serves(path.stem)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entry = {"file": f"wheels/{path.name}", "python": python, "platform": platform}
        files.append(entry | {"sha256": digest, "size": path.stat().st_size})
    manifest = {
        "format": 1,
        "ecoval": version(),
        "pythons": list(PYTHONS),
        "platforms": list(PLATFORMS),
        "files": files,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    print(f"{out}: {len(files)} wheels, {sum(each['size'] for each in files) / 2**20:.0f} MB")


def serves(stem):
    """Python and platform of a wheel, as the manifest names them: "3.12" or "any", "win_amd64", "manylinux_x86_64" or "any"."""
    python, abi, platform = stem.split("-")[-3:]
    exact = python.startswith("cp3") and abi.startswith("cp")
    named = "any" if platform == "any" else "win_amd64" if platform.startswith("win") else "manylinux_x86_64"
    return (f"3.{python[3:]}" if exact else "any"), named


if __name__ == "__main__":
    main()
