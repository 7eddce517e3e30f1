"""Entry of ``python -m ecoval`` and of the installed command: `serve` goes to the engine, everything else to the commands."""

import sys


def main(arguments=None):
    """Run what the arguments name: the given ones, else those of the process."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if arguments == ["serve"]:
        from ecoval.engine import serve

        serve()
    else:
        from ecoval.cli import main as commands

        commands(arguments)


if __name__ == "__main__":
    main()
