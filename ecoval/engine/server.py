"""The loop: reads requests, answers what is quick, queues what computes, beats once a second."""

from __future__ import annotations

import collections
import inspect
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ecoval.engine import methods, warm
from ecoval.engine.channel import PROTOCOL, Channel
from ecoval.engine.task import Task, plain, raise_again
from ecoval.errors import Cancelled, EcovalError, InputError
from ecoval.operations import operations
from ecoval.words import LANGUAGES, message

BEAT_SECONDS = 1.0
END_SECONDS = 1.5  # for a running computation to clean up when the input ends
CANCELLED = "CANCELLED"
REQUEST_KEYS = ("id", "method", "params")

Answer = Callable[..., Mapping[str, Any]]
Ready = Callable[[Mapping[str, Any], str], Callable[[], Mapping[str, Any]] | None]


class Server:
    """One engine over one channel.

    Parameters
    ----------
    computing : functions that compute, by method: `function(task, **params)`
    ready : what can be answered from what is kept, by method: `function(params, lang)` gives a function without arguments, or None
    """

    def __init__(
        self, channel: Channel, computing: Mapping[str, Answer] | None = None, ready: Mapping[str, Ready] | None = None
    ) -> None:
        self.channel = channel
        self.computing = methods.METHODS if computing is None else computing
        self.ready = methods.READY if ready is None else ready
        self.lang = "en"
        self.quick: dict[str, Answer] = {
            "hello": self._hello,
            "catalogue": self._catalogue,
            "cancel": self._cancel,
            "ping": self._ping,
            "shutdown": self._shutdown,
        }
        self.busy: Task | None = None
        self._queue: collections.deque[Task] = collections.deque()
        self._ready = threading.Condition()
        self._ended = False

    def run(self) -> None:
        """Serve until `shutdown` or the end of the input."""
        sys.unraisablehook = raise_again
        for target in (self._beat, self._work):
            threading.Thread(target=target, name=target.__name__.strip("_"), daemon=True).start()
        for request in self.channel.requests():
            self._take(request)
            if self._ended:
                break
        self._end()

    def _take(self, request: dict[str, Any] | None) -> None:
        identifier = request.get("id") if request is not None else None
        number = identifier if isinstance(identifier, int) and not isinstance(identifier, bool) else None
        if request is None or number is None or not isinstance(request.get("method"), str) or set(request) - set(REQUEST_KEYS):
            reason = f"one JSON object with {', '.join(REQUEST_KEYS)} and nothing else expected, its numbers finite"
            self._refuse(number, InputError("BAD_REQUEST", reason=reason))
            return
        params = request.get("params")
        if params is not None and not isinstance(params, dict):
            self._refuse(number, InputError("BAD_REQUEST", reason="params must be an object"))
            return
        lang = (params or {}).get("lang") or self.lang
        if lang not in LANGUAGES:
            self._refuse(number, InputError("BAD_REQUEST", reason=f"lang: {lang}; known: {', '.join(LANGUAGES)}"))
            return
        method = request["method"]
        prepare = self.ready.get(method)
        ready = None if prepare is None else prepare(params or {}, lang)
        if ready is not None:
            self._answer(number, ready, {})
        elif method in self.computing:
            self._enqueue(Task(self.channel, request, lang))
        elif method in self.quick:
            self._answer(number, self.quick[method], params or {})
        else:
            known = [*self.quick, *self.computing]
            self._refuse(number, InputError("METHOD_UNKNOWN", method=method, known=" ".join(known)))

    def _answer(self, number: int, function: Answer, params: Mapping[str, Any]) -> None:
        """Answer what needs no computation, on the thread that reads."""
        begin = time.perf_counter()
        try:
            content = function(**bound(function, params))
        except Exception as error:
            self._refuse(number, error)
            return
        self._result(number, content, 0, begin)

    def _result(self, number: int, content: Mapping[str, Any], warned: int, begin: float) -> None:
        fields = {"outputs": {}, "numbers": {}} | plain(content)
        self.channel.send(id=number, event="result", **fields, warnings=warned, seconds=round(time.perf_counter() - begin, 3))

    def _refuse(self, number: int | None, error: BaseException, lang: str | None = None) -> None:
        """End a request with an error: code and fields of the library, or one of the protocol's own codes."""
        self.channel.send(id=number, event="error", **described(error, lang or self.lang))

    # quick methods

    def _hello(self, protocol: int = PROTOCOL, plugin: str = "", lang: str = "en") -> dict[str, Any]:  # noqa: ARG002  (the plugin's version is for the log)
        if protocol != PROTOCOL:
            raise InputError("PROTOCOL", given=protocol, offered=PROTOCOL)
        self.lang = lang or self.lang
        content = methods.greeting() | {"methods": [*self.quick, *self.computing]}
        content |= {"operations": [operation.name for operation in operations() if operation.request is not None]}
        warm.begin()
        return content

    def _catalogue(self) -> dict[str, Any]:
        from ecoval.engine.catalogue import catalogue, fingerprint

        return {"catalogue": catalogue(), "hash": fingerprint()}

    def _cancel(self, id: int) -> dict[str, Any]:
        with self._ready:
            waiting = next((task for task in self._queue if task.number == id), None)
            if waiting is not None:
                self._queue.remove(waiting)
        if waiting is not None:
            self._refuse(id, Cancelled(), waiting.lang)
        elif self.busy is not None and self.busy.number == id:
            self.busy.stop()
        return {}

    def _ping(self) -> dict[str, Any]:
        return {}

    def _shutdown(self) -> dict[str, Any]:
        self._ended = True
        return {}

    # the computation

    def _enqueue(self, task: Task) -> None:
        with self._ready:
            self._queue.append(task)
            behind = self.busy is not None or len(self._queue) > 1
            if behind:
                task.queued()
            self._ready.notify()

    def _work(self) -> NoReturn:
        """Compute one task after the other."""
        while True:
            with self._ready:
                while not self._queue:
                    self._ready.wait()
                task = self._queue.popleft()
                task.thread = threading.get_ident()
                self.busy = task
            self._compute(task)

    def _compute(self, task: Task) -> None:
        begin = time.perf_counter()
        content: Mapping[str, Any] | None = None
        error: BaseException | None = None
        try:
            try:
                with task.warnings():
                    warm.wait(task.cancelled.is_set)
                    function = self.computing[task.method]
                    content = function(task, **bound(function, task.params, skip=1))
            except BaseException as found:
                error = found
            self._finish(task)
        except KeyboardInterrupt:  # the interruption came when the work had just ended
            self._finish(task)
        if content is not None:
            self._result(task.number, content, task.warned, begin)
        else:
            self._refuse(task.number, Cancelled() if error is None else error, task.lang)

    def _finish(self, task: Task) -> None:
        task.finish()
        self.busy = None

    def _beat(self) -> NoReturn:
        """Say once a second that the process lives."""
        while True:
            task = self.busy
            self.channel.send(event="alive", busy=None if task is None else task.number)
            if task is not None:
                task.repeat()
            time.sleep(BEAT_SECONDS)

    def _end(self) -> NoReturn:
        """End the process; a running computation gets a moment to clean up."""
        task = self.busy
        if task is not None:
            task.stop()
            task.ended.wait(END_SECONDS)
        os._exit(0)


def bound(function: Callable[..., object], params: Mapping[str, Any], skip: int = 0) -> dict[str, Any]:
    """Parameters of a request, refused where the method does not have them.

    Raises
    ------
    InputError
    """
    signature = inspect.signature(function)
    names = list(signature.parameters.values())[skip:]
    free = any(entry.kind is entry.VAR_KEYWORD for entry in names)
    known = {entry.name for entry in names} | {"lang"}
    unknown = [] if free else sorted(set(params) - known)
    needed = [entry.name for entry in names if entry.default is entry.empty and entry.kind is entry.POSITIONAL_OR_KEYWORD]
    absent = [name for name in needed if name not in params]
    if unknown or absent:
        reason = f"unknown: {', '.join(unknown) or '-'}; absent: {', '.join(absent) or '-'}; known: {', '.join(sorted(known))}"
        raise InputError("BAD_REQUEST", reason=reason)
    return {name: value for name, value in params.items() if free or name in {entry.name for entry in names}}


def described(error: BaseException, lang: str) -> dict[str, Any]:
    """Code, fields, sentence and traceback of an error."""
    text = "".join(traceback.format_exception(error))
    if isinstance(error, Cancelled | KeyboardInterrupt):
        return {"code": CANCELLED, "fields": {}, "message": message("cancelled", {}, lang), "traceback": ""}
    if isinstance(error, EcovalError):
        return {"code": error.code, "fields": plain(error.fields), "message": error.message(lang), "traceback": text}
    if isinstance(error, MemoryError):
        return {"code": "OUT_OF_MEMORY", "fields": {}, "message": message("OUT_OF_MEMORY", {}, lang), "traceback": text}
    fields = {"kind": type(error).__name__, "reason": str(error)[:500]}
    return {"code": "INTERNAL", "fields": fields, "message": message("INTERNAL", fields, lang), "traceback": text}
