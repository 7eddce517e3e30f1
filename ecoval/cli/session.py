"""What every command shares: output for people or as JSON, progress, one clear error, exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn

import typer

from ecoval.operations.declared import Words
from ecoval.operations.prepared import digits

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from ecoval.errors import EcovalWarning
    from ecoval.operations.work import Progress


class Common(NamedTuple):
    """An option that every command has."""

    kind: type
    default: Any
    flags: tuple[str, ...]
    help: Words
    metavar: str | None = None

    def in_language(self, lang: str) -> Any:
        """The annotation that typer reads."""
        return Annotated[self.kind, typer.Option(*self.flags, metavar=self.metavar, help=self.help.in_language(lang))]


COMMON = {
    "quiet": Common(bool, False, ("--quiet", "-q"), Words("Print nothing but errors.", "除错误外不输出。")),
    "as_json": Common(bool, False, ("--json",), Words("Print one JSON object on standard output.", "在标准输出写一个 JSON 对象。")),
    "debug": Common(bool, False, ("--debug",), Words("Show the traceback of an error.", "显示错误的调用栈。")),
    "lang": Common(
        str, "", ("--lang",), Words("Language of messages; default from LANG.", "消息与帮助的语言；默认取自 LANG。"), "zh|en"
    ),
}

REFUSED = 1
CANCELLED = 130
WIDTH = 160  # columns where the output is no terminal


class Session:
    """Output of one command: tables and lines through rich, or one JSON object."""

    def __init__(self, quiet: bool = False, as_json: bool = False, debug: bool = False, lang: str = "") -> None:
        self.quiet = quiet
        self.as_json = as_json
        self.debug = debug
        self.lang = chosen_language(lang)
        self.result: dict[str, Any] | None = {}  # None when it is printed
        self.interrupted = False

    def text(self, en: str, zh: str) -> str:
        """The sentence in the language of the session."""
        return zh if self.lang == "zh" else en

    def line(self, en: str, zh: str) -> None:
        """Print a line for people."""
        if not (self.quiet or self.as_json):
            self._console().print(self.text(en, zh), soft_wrap=True, highlight=False, markup=False)

    def table(self, frame: pd.DataFrame, title: str | None = None, formats: Mapping[str, str] | None = None) -> None:
        """Print a table for people."""
        if self.quiet or self.as_json:
            return
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=None if title is None else escape(title), title_justify="left", header_style="bold")
        formats = formats or {}
        for column in frame.columns:
            right = frame[column].dtype.kind in "fiu" or column in formats
            table.add_column(str(column), justify="right" if right else "left", overflow="fold")
        for row in frame.itertuples(index=False):
            cells = zip(frame.columns, row, strict=True)
            table.add_row(*[escape(_cell(value, formats.get(column))) for column, value in cells])
        self._console().print(table)

    @contextlib.contextmanager
    def progress(self, description: str) -> Iterator[Progress]:
        """A callable for `progress=`: a bar on a terminal, silent elsewhere; False after Ctrl-C."""
        with _interrupt_flag(self):
            if self.quiet or self.as_json or not sys.stderr.isatty():
                yield lambda _done, _text="": not self.interrupted
                return
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            percent = TextColumn("{task.percentage:>3.0f} %")
            columns = (TextColumn("{task.description}"), BarColumn(), percent, TimeRemainingColumn())
            with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task(description, total=1.0)

                def report(done: float, text: str = "") -> bool:
                    bar.update(task, completed=done, description=text or description)
                    return not self.interrupted

                yield report

    def warn(self, warning: EcovalWarning) -> None:
        """Print a warning on standard error."""
        if self.quiet:
            return
        text = self.text("Warning: ", "注意：") + warning.message(self.lang)
        self._error_console().print(text, soft_wrap=True, highlight=False, markup=False)

    def fail(self, text: str) -> None:
        """Print an error on standard error."""
        self._error_console().print(self.text("Error: ", "错误：") + text, soft_wrap=True, highlight=False, markup=False)

    def _console(self) -> Console:
        from rich.console import Console

        narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
        return Console(width=None if narrow else WIDTH)

    def _error_console(self) -> Console:
        from rich.console import Console

        return Console(stderr=True)


@contextlib.contextmanager
def session(quiet: bool, as_json: bool, debug: bool, lang: str) -> Iterator[Session]:
    """Run the body of a command: its errors become one message and an exit code."""
    out = Session(quiet, as_json, debug, lang)
    # what stands in the result is printed also after a failure, so that a program reads one object
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_rest, **_named: _show_warning(out, message)
            yield out
    except typer.Exit:
        _print_json(out)
        raise
    except KeyboardInterrupt:
        _refuse(out, "cancelled", out.text("Cancelled.", "已取消。"), CANCELLED)
    except Exception as error:
        _handle(out, error)
    _print_json(out)


def _handle(out: Session, error: Exception) -> NoReturn:
    from ecoval.errors import Cancelled, EcovalError, InputError

    if isinstance(error, UnicodeEncodeError) and sys.getfilesystemencoding() != "utf-8":
        error = InputError("names_beyond_encoding", encoding=sys.getfilesystemencoding())
    if out.debug:
        import traceback

        out.fail(traceback.format_exc())
    if isinstance(error, Cancelled):
        _refuse(out, error.code, error.message(out.lang), CANCELLED)
    if isinstance(error, EcovalError):
        _refuse(out, error.code, error.message(out.lang), REFUSED, error.fields)
    en = f"Something failed that ecoval has no message for: {type(error).__name__}: {error}. Run again with --debug and report it."
    zh = f"发生了 ecoval 未预料的错误：{type(error).__name__}: {error}。请加 --debug 重新运行并反馈。"
    _refuse(out, "unexpected", out.text(en, zh), REFUSED)


def _refuse(out: Session, code: str, text: str, status: int, fields: Mapping[str, object] | None = None) -> NoReturn:
    out.fail(text)
    out.result = {"error": {"code": code, "message": text, "fields": dict(fields or {})}}
    _print_json(out)
    raise typer.Exit(status)


def _print_json(out: Session) -> None:
    if out.as_json and out.result is not None:
        # UTF-8 whatever the console says; a file name that is no text keeps its bytes
        typer.echo((json.dumps(out.result, ensure_ascii=False, default=_plain)).encode("utf-8", "surrogateescape"))
        out.result = None


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    return sorted(value, key=str) if isinstance(value, set | frozenset) else str(value)


def chosen_language(lang: str) -> str:
    """Language asked for, else that of the environment, else English."""
    if lang in ("zh", "en"):
        return lang
    if lang:
        raise typer.BadParameter("zh or en", param_hint="--lang")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].lower().startswith("zh") else "en"
    return "en"


def _show_warning(out: Session, message: Warning | str) -> None:
    from ecoval.errors import EcovalWarning

    if isinstance(message, EcovalWarning):
        out.warn(message)


def _cell(value: Any, form: str | None) -> str:
    if value is None or value != value:
        return ""
    if form is not None:
        return form.format(value)
    return digits(value) if isinstance(value, float) else str(value)


@contextlib.contextmanager
def _interrupt_flag(out: Session) -> Iterator[None]:
    """The first Ctrl-C asks the work to stop at the next block; the second stops at once."""

    def note(_signal: int, _frame: FrameType | None) -> None:
        if out.interrupted:
            raise KeyboardInterrupt
        out.interrupted = True

    try:
        earlier = signal.signal(signal.SIGINT, note)
    except ValueError:  # not the main thread: the caller handles interrupts
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
