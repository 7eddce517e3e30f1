"""Entry of ``python -m ecoval`` and of the installed command: `serve` goes to the engine, everything else to the commands."""

import sys


def main():
    """Run what the arguments of the process name."""
    if sys.argv[1:] == ["serve"]:
        from ecoval.engine import serve

        serve()
    else:
        from ecoval.cli import main as commands

        commands()


if __name__ == "__main__":
    main()
