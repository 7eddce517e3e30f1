"""Commands made of the declared operations, in the language of the user."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from ecoval.cli.session import COMMON, REFUSED, Session, session
from ecoval.errors import InputError
from ecoval.operations import GROUPS, operations
from ecoval.operations.declared import Operation, Option, Words, empty_is_absent
from ecoval.operations.kinds import OutsideDomain
from ecoval.operations.work import Progress, Work

ABOUT = Words("Gross ecosystem product (GEP) per spatial unit.", "按空间单元核算生态产品总值（GEP）。")
EXAMPLE = Words("Example: ", "示例：")
PANELS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "DEFAULT_STRING": "[默认：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
}
VERSION = Words("Print the version and leave. 显示版本。", "显示版本并退出。")
SHOW_HELP = "显示本帮助并退出。"


class CommandWork(Work):
    """Work whose progress is a bar."""

    console: Session

    @contextmanager
    def progress(self, description: str) -> Iterator[Progress]:
        """A bar on a terminal."""
        with self.console.progress(description) as report:
            yield report


def _folding(table: Any) -> Any:
    """A table that breaks a line between any two letters: Chinese has no spaces, and would be cut off."""

    class Folding(table):  # type: ignore[misc]
        def add_row(self, *cells: Any, **options: Any) -> None:
            for cell in cells:
                for text in getattr(cell, "renderables", [cell]):
                    if hasattr(text, "overflow"):
                        text.overflow = "fold"
            super().add_row(*cells, **options)

    return Folding


class _Chinese:
    """Titles of the help that typer itself sets."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from typer import rich_utils

        texts = PANELS | {"Table": _folding(vars(rich_utils)["Table"])}
        before = {name: getattr(rich_utils, name, None) for name in texts}
        try:
            for name, text in texts.items():
                setattr(rich_utils, name, text)
            super().format_help(ctx, formatter)  # type: ignore[misc]
        finally:
            for name, text in before.items():
                setattr(rich_utils, name, text)

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = SHOW_HELP
        return option


class ChineseCommand(_Chinese, TyperCommand):
    """A command whose help is in Chinese."""


class ChineseGroup(_Chinese, TyperGroup):
    """Commands whose help is in Chinese."""


def application(lang: str, words: Sequence[str] | None = None) -> typer.Typer:
    """The command line, with its help in one language; with words, the options of the command that they name alone."""
    one, many = (ChineseCommand, ChineseGroup) if lang == "zh" else (TyperCommand, TyperGroup)
    same: dict[str, Any] = {"no_args_is_help": True, "pretty_exceptions_enable": False, "cls": many}
    app = typer.Typer(
        name="ecoval",
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["--help", "-h"]},
        help=ABOUT.in_language(lang),
        **same,
    )
    app.callback()(_versioned(lang))
    groups = {name: typer.Typer(help=text.in_language(lang), **same) for name, text in GROUPS.items()}
    for group in groups.values():
        group.callback()(_nothing)  # without it, a group of one command would be that command
    for operation in operations():
        if operation.show is not None:
            first, _, second = operation.name.partition(" ")
            whole = words is None or list(words[:2] if second else words[:1]) == operation.name.split()
            about = f"{operation.help.in_language(lang)}\n\n{EXAMPLE.in_language(lang)}[bold]{operation.example}[/bold]"
            target = groups[first] if second else app
            target.command(second or first, help=about, cls=one)(command(operation, lang) if whole else _nothing)
    for name, group in groups.items():
        if group.registered_commands:
            app.add_typer(group, name=name, help=GROUPS[name].in_language(lang))
    return app


def _versioned(lang: str) -> Callable[..., None]:
    """The options of `ecoval` itself."""

    def leave(value: bool) -> None:
        if value:
            typer.echo(f"ecoval {metadata.version('ecoval')}")
            raise typer.Exit

    def options(version: bool = False) -> None: ...

    flag = typer.Option("--version", callback=leave, is_eager=True, help=VERSION.in_language(lang))
    options.__annotations__ = {"version": Annotated[bool, flag], "return": None}
    return options


def _nothing() -> None:
    """A group by itself does nothing."""


def command(operation: Operation, lang: str = "en") -> Callable[..., None]:
    """The function of a command, with the signature that typer reads."""
    options = [option for option in operation.options if option.flag is not None]

    def body(**entries: Any) -> None:
        common = {name: entries.pop(name) for name in COMMON}
        values = {option.name: option.default for option in operation.options if option.flag is None}
        for option in options:
            values[option.name] = read(option, entries[option.name], lang)
        with session(**common) as console:
            assert not isinstance(operation.run, str)
            result = operation.run(CommandWork(console.lang, console), values)
            if operation.show is not None:
                console.result = (console.result or {}) | operation.show(console, result, values)
            if operation.refused is not None and operation.refused(result):
                raise typer.Exit(REFUSED)

    hints = {option.name: hint(option, lang) for option in options} | {
        name: kind.in_language(lang) for name, kind in COMMON.items()
    }
    defaults = {option.name: default(option) for option in options} | {name: kind.default for name, kind in COMMON.items()}
    body.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=hints[name]) for name in hints]
    )
    body.__annotations__ = hints
    return body


def hint(option: Option, lang: str) -> Any:
    """The type with what typer wants to know of it."""
    kind = option.kind
    typed: Any = list[kind.typed] if kind.repeats else kind.typed  # type: ignore[name-defined]
    if not option.required and (kind.repeats or (option.default is None and typed is not str)):
        typed = typed | None
    details: dict[str, Any] = {"metavar": option.metavar or None, "help": option.help.in_language(lang)}
    if option.flag == "":
        return Annotated[typed, typer.Argument(**details)]
    return Annotated[typed, typer.Option(option.spelled, **details)]


def default(option: Option) -> Any:
    """Default as typer shows it."""
    if option.required:
        return inspect.Parameter.empty
    if option.kind.repeats:
        return list(option.default) if option.default else None
    if isinstance(option.default, tuple | list):
        return option.kind.mark.join(map(str, option.default))  # type: ignore[attr-defined]
    return "" if option.default is None and option.kind.typed is str else option.default


def read(option: Option, entry: Any, lang: str = "en") -> Any:
    """Value of an option out of what typer gives; a wrong form, or a number outside its domain, is wrong usage."""
    if entry is None or entry == []:
        return option.default
    try:
        return empty_is_absent(option, entry, option.kind.of_command)
    except OutsideDomain as error:
        refusal = InputError("option_outside_domain", option=option.spelled, found=entry, domain=error.domain)
        raise typer.BadParameter(refusal.message(lang)) from None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option.spelled) from None
