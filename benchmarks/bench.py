"""All benchmarks: prints the table and writes benchmarks/results.md.

    python benchmarks/bench.py [--inputs DIR] [--rounds 3] [--only zonal accumulate ...]

DIR holds the synthetic inputs of ../shared/tools/bench_inputs.py; where they are absent they are made there first. Sections that
are not run keep what results.md says of them.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results.md"
GENERATOR = HERE.parent.parent / "shared" / "tools" / "bench_inputs.py"
# rusle works in this process and comes last: the peak memory of a child counts that of its parent
SECTIONS = ("zonal", "accumulate", "account", "flow", "align", "rusle")
PACKAGES = ("numpy", "numba", "shapely", "geopandas", "rasterio", "exactextract", "pyflwdir")
HEAD = """# Benchmarks

Whole processes in turn (A B A B), medians; the ratio is peer / ecoval, median of the rounds with the smallest and the largest.
Only ratios carry over to another machine. Written by `make bench`.
"""


def inputs_ready(folder):
    """Make the inputs where they are absent."""
    if (folder / "prov_11.tif").exists() and (folder / "towns.gpkg").exists():
        return
    if not GENERATOR.exists():
        raise SystemExit(f"no inputs in {folder}, and no generator at ../shared/tools/bench_inputs.py to make them with")
    subprocess.run([sys.executable, GENERATOR, "--out", folder, "--what", "units,county,dem,province"], check=True)


def section(name, rows, lines):
    """Text of one section."""
    versions = ", ".join(f"{package} {_version(package)}" for package in PACKAGES)
    text = [f"## {name}", ""]
    machine = f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}"
    text.append(f"{datetime.date.today()}, {machine}, {versions}")
    text += ["", "| work | measure | ecoval | peer | peer's | ratio | from | to |", "|---|---|---|---|---|---|---|---|"]
    text += [
        "| {work} | {measure} | {ecoval} | {peer} | {peer_value} | {ratio} | {ratio_min} | {ratio_max} |".format(**row)
        for row in rows
    ]
    if lines:
        text += ["", "| growth | size | s | s per million |", "|---|---|---|---|"]
        text += [f"| {what} | {size:,} | {seconds:.2f} | {each:.3f} |" for what, size, seconds, each in lines]
    return "\n".join(text) + "\n"


def grown(name, inputs):
    """Lines of a module's `scaling`, from a process of its own: the peak memory of children counts that of their parent."""
    code = f"import json, pathlib, {name}; print(json.dumps({name}.scaling(pathlib.Path({str(inputs)!r}))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "-"


def write(name, text):
    """Replace one section of the results."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    parts = {part.split("\n", 1)[0][3:]: part for part in re.split(r"(?m)^(?=## )", old)[1:]}
    parts[name] = text
    ordered = [parts[each].strip() for each in (*SECTIONS, *sorted(set(parts) - set(SECTIONS))) if each in parts]
    RESULTS.write_text("\n\n".join([HEAD.strip(), *ordered]) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=Path(os.environ.get("ECOVAL_BENCH_INPUTS", HERE / "inputs")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    arguments = parser.parse_args()
    inputs = arguments.inputs.resolve()
    inputs_ready(inputs)
    for name in arguments.only:
        module = importlib.import_module(name)
        rows = module.rows(inputs, rounds=arguments.rounds)
        text = section(name, rows, grown(name, inputs) if hasattr(module, "scaling") else [])
        write(name, text)
        print(text)


if __name__ == "__main__":
    main()
