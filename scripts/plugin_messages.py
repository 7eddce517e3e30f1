"""Write the plugin's table of error texts out of the library's: `python scripts/plugin_messages.py [--check]`."""

import json
import sys
from pathlib import Path

from ecoval.words import catalogue

TARGET = Path(__file__).parents[1] / "qgis_plugin" / "ecoval_qgis" / "engine" / "messages.json"


def text():
    texts = {code: dict(catalogue()[code]) for code in sorted(catalogue())}
    texts["CANCELLED"] = texts["cancelled"]
    return json.dumps(texts, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def main():
    if "--check" in sys.argv:
        found = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
        if found != text():
            sys.exit(f"{TARGET.name} is not what the library says: run scripts/plugin_messages.py")
        return
    TARGET.write_text(text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
