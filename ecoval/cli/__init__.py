"""Commands: what stands on the command line becomes the values of an operation; no computation, nothing heavy before the work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from io import TextIOWrapper
from itertools import pairwise

import typer

from ecoval.cli.commands import application
from ecoval.cli.session import chosen_language


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: the given arguments, else those of the process."""
    write_any_text()
    arguments = with_maps_value(sys.argv[1:] if arguments is None else arguments)
    application(language_of(arguments), arguments)(args=arguments)


def write_any_text() -> None:
    """Let the console write what its encoding lacks as an escape: a message never fails for the letters of a path."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def __getattr__(name: str) -> typer.Typer:
    """`app`: the command line with English help."""
    if name != "app":
        raise AttributeError(f"module 'ecoval.cli' has no attribute {name!r}")
    return _english()


@cache
def _english() -> typer.Typer:
    return application("en")


def language_of(arguments: Sequence[str]) -> str:
    """Language that the arguments ask for, else that of the environment; help is made before they are checked."""
    flags = [argument.partition("=")[2] for argument in arguments if argument.startswith("--lang=")]
    flags += [after for argument, after in pairwise(arguments) if argument == "--lang"]
    return chosen_language(flags[-1] if flags and flags[-1] in ("zh", "en") else "")


def with_maps_value(arguments: Sequence[str]) -> list[str]:
    """Arguments with the value that `--maps` stands for where it is given alone."""
    arguments = list(arguments)
    if "--maps" in arguments:
        place = arguments.index("--maps") + 1
        if arguments[place : place + 1] not in (["services"], ["factors"]):
            arguments.insert(place, "services")
    return arguments
