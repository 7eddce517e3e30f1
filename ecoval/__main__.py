"""Entry of ``python -m ecoval`` and of the installed command: `serve` goes to the engine, everything else to the commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence

SERVE_HELP = """Usage: ecoval serve

Answer requests on standard input, one JSON object per line, until `shutdown` or the end of the input.
For the QGIS plugin and other programs; the protocol is described in docs/engine.md.

Example: echo '{"id": 1, "method": "hello", "params": {"protocol": 1}}' | ecoval serve
"""
USAGE = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the arguments name: the given ones, else those of the process."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments[:1] != ["serve"]:
        from ecoval.cli import main as commands

        commands(arguments)
    elif len(arguments) > 1:
        sys.stdout.write(SERVE_HELP)
        sys.exit(0 if set(arguments[1:]) <= {"--help", "-h"} else USAGE)
    else:
        from ecoval.engine import serve

        serve()


if __name__ == "__main__":
    main()
