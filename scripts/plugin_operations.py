"""Write the plugin's algorithms out of the declared operations: `python scripts/plugin_operations.py [--check]`."""

import json
import sys
from pathlib import Path

from ecoval.operations import operations

TARGET = Path(__file__).parents[1] / "qgis_plugin" / "ecoval_qgis" / "operations.json"


def text():
    algorithms = [algorithm for operation in operations() for algorithm in operation.described()["algorithms"]]
    return json.dumps({"algorithms": algorithms}, ensure_ascii=False, indent=0) + "\n"


def main():
    if "--check" in sys.argv:
        found = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
        if found != text():
            sys.exit(f"{TARGET.name} is not what the library declares: run scripts/plugin_operations.py")
        return
    TARGET.write_text(text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
