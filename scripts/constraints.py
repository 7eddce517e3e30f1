"""The versions that the gate installs: `pip install $(python scripts/constraints.py) ...`.

They hold on the Python they were made for; on another nothing is printed, and the bounds of setup.cfg alone hold. The file is
renewed by `make constraints`: `--write FOLDER...` takes the versions of the environments in these folders.
"""

import platform
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / "constraints.txt"
HEAD = "# Versions that the gate installs, on Python {version}. Renewed by: make constraints\n"


def version() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def frozen(environment: Path, *options: str) -> set[str]:
    """Lines of pip for what stands in an environment itself, without pip and the project."""
    (packages,) = (environment / "lib").glob("python3*/site-packages")
    command = [sys.executable, "-m", "pip", "freeze", "--exclude", "pip", "--exclude", "ecoval", "--path", str(packages), *options]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {line for line in lines if "==" in line}


def write(environments: list[Path]) -> None:
    first, *others = environments  # with the setuptools that builds wheels; those that Python puts into others say nothing
    lines = sorted(frozen(first, "--all").union(*map(frozen, others)), key=str.lower)
    names = [line.partition("==")[0].lower() for line in lines]
    if len(set(names)) < len(names):
        raise SystemExit("two versions of: " + ", ".join(sorted({name for name in names if names.count(name) > 1})))
    FILE.write_text(HEAD.format(version=version()) + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write([Path(folder) for folder in sys.argv[2:]])
    elif FILE.read_text(encoding="utf-8").startswith(HEAD.format(version=version())):
        print("--constraint", FILE.name)
