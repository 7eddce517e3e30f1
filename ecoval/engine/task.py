"""One request that computes: its progress, its warnings, and how it is stopped."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Protocol

from ecoval.engine.channel import Channel
from ecoval.errors import EcovalWarning

PROGRESS_SECONDS = 0.1  # least time between two progress lines
REPEAT_SECONDS = 1.5  # a line is repeated after that time without news
GRACE_SECONDS = 0.15  # time for the work to notice by itself that it shall stop
AGAIN_SECONDS = 1.0
ATTEMPTS = 3


class Task:
    """A request in the queue or at work.

    Parameters
    ----------
    request : mapping (id, method, params)
    lang : choice {en, zh}
    """

    def __init__(self, channel: Channel, request: Mapping[str, Any], lang: str) -> None:
        self.channel = channel
        self.number: int = request["id"]
        self.method: str = request["method"]
        self.params: dict[str, Any] = request.get("params") or {}
        self.lang = lang
        self.cancelled = threading.Event()
        self.ended = threading.Event()
        self.thread: int | None = None  # identity of the thread that computes it
        self.warned = 0
        self._noticed = False
        self._lock = threading.Lock()
        self._shown: dict[str, Any] = {"fraction": 0.0, "text": ""}
        self._sent = 0.0

    def progress(self, done: float, text: str = "") -> bool:
        """The callable for `progress=`: False where the work shall stop.

        Parameters
        ----------
        done : number, 1, 0..1
        """
        if self.cancelled.is_set():
            self._noticed = True
            return False
        with self._lock:
            self._shown = {"fraction": round(min(max(float(done), self._shown["fraction"]), 1.0), 4), "text": str(text or "")}
            known = {name: getattr(text, name, None) for name in ("done", "total", "service")}
            self._shown |= {name: value for name, value in known.items() if value}
            due = time.monotonic() - self._sent >= PROGRESS_SECONDS
            if due:
                self._send()
        return True

    def repeat(self) -> None:
        """Send the last progress again where there was no news for long."""
        with self._lock:
            if not self.ended.is_set() and time.monotonic() - self._sent >= REPEAT_SECONDS:
                self._send()

    def queued(self) -> None:
        """Say that another computation goes first."""
        with self._lock:
            self._shown["text"] = "queued"
            self._send()
            self._shown["text"] = ""

    def _send(self) -> None:
        self.channel.send(id=self.number, event="progress", **self._shown)
        self._sent = time.monotonic()

    def warn(self, message: Warning | str, *_rest: object, **_named: object) -> None:
        """Stand-in for `warnings.showwarning`: warnings of the library become lines, others go to the log."""
        if isinstance(message, EcovalWarning):
            self.warned += 1
            self.channel.send(
                id=self.number,
                event="warning",
                code=message.code,
                fields=plain(message.fields),
                message=message.message(self.lang),
            )
        else:
            print(f"{type(message).__name__}: {message}", file=sys.stderr)  # noqa: T201  (the log)

    def warnings(self) -> _Warnings:
        """Context in which warnings become lines."""
        return _Warnings(self.warn)

    def stop(self) -> None:
        """Ask the work to stop; where it does not look for long, it is interrupted."""
        if not self.cancelled.is_set():
            self.cancelled.set()
            threading.Thread(target=self._insist, name="stop", daemon=True).start()

    def _insist(self) -> None:
        wait = GRACE_SECONDS
        for _ in range(ATTEMPTS):
            self.ended.wait(wait)
            with self._lock:
                if self.ended.is_set() or self._noticed:
                    return
                if self.thread is not None:
                    interrupt(self.thread)
            wait = AGAIN_SECONDS

    def finish(self) -> None:
        """Note the end: from here on nobody interrupts the thread for this task."""
        with self._lock:
            self.ended.set()


class _Show(Protocol):
    def __call__(self, message: Warning | str, *_rest: object, **_named: object) -> None: ...


class _Warnings:
    """`warnings.catch_warnings` with a function of its own."""

    def __init__(self, show: _Show) -> None:
        self.show = show
        self.caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        self.caught.__enter__()
        warnings.simplefilter("always")
        warnings.showwarning = self.show

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.caught.__exit__(kind, error, trace)


def interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in a computing thread, or in the threads over blocks that it waits for.

    A thread that rests between two blocks is left alone: its pool must be able to end it.

    Parameters
    ----------
    thread : identity of the thread that computes
    """
    frames = sys._current_frames()
    working = [number for number, frame in frames.items() if number != thread and _in_a_block(frame)]
    for number in working or ([thread] if thread in frames else []):
        _raise_in(number)


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))


def raise_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Stand-in for `sys.unraisablehook`: an interruption that was lost in a finaliser comes again right after it."""
    if unraisable.exc_type is KeyboardInterrupt:
        _raise_in(threading.get_ident())
    else:
        sys.__unraisablehook__(unraisable)


def _in_a_block(frame: FrameType | None) -> bool:
    """Whether a stack runs a job of a thread pool."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "run" and code.co_filename.replace("\\", "/").endswith("concurrent/futures/thread.py"):
            return True
        frame = frame.f_back
    return False


def plain(value: Any) -> Any:
    """Value as JSON holds it: paths as text, arrays as lists, what is not finite as text."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(entry) for entry in value), key=str)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
