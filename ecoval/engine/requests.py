"""Requests made of the declared operations: fields checked before any work, then the work, then paths and numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from ecoval.engine.task import Task
from ecoval.errors import InputError
from ecoval.files import refuse_in_use
from ecoval.operations import classes, operations
from ecoval.operations.declared import Operation
from ecoval.operations.work import Progress, Work
from ecoval.terms import nearest


class RequestWork(Work):
    """Work of a request: its progress goes to the task, what comes again is kept."""

    def __init__(self, task: Task, lang: str):
        super().__init__(lang)
        self.task = task

    @property
    def store(self) -> Any:
        """Passes and arrays of this process."""
        from ecoval.engine.caches import Kept

        return Kept()

    @contextmanager
    def progress(self, description: str) -> Iterator[Progress]:  # noqa: ARG002  (the task is known by its number)
        """Progress lines."""
        yield self.task.progress

    def step(self, fraction: float, text: str) -> None:
        """A progress line."""
        self.task.progress(fraction, text)

    def claim(self, paths: Iterable[Path]) -> None:
        """Refuse files that another program holds open."""
        refuse_in_use(paths)

    def zonal(self, units: Any, rasters: Any, **options: Any) -> Any:
        """The table, a kept one where files and question are the same."""
        from ecoval.engine.caches import zonal_table

        question = {name: options[name] for name in ("id", "layer", "crs")}
        return zonal_table(units, rasters, options["stats"], question, options["threads"], self.task)


def methods() -> dict[str, Callable[..., Mapping[str, Any]]]:
    """Functions `method(task, **params)` by the name of the method."""
    by_method: dict[str, list[Operation]] = {}
    for operation in operations():
        if operation.request is not None:
            by_method.setdefault(operation.request.method, []).append(operation)
    return {name: _method(several) for name, several in by_method.items()}


def _method(several: list[Operation]) -> Callable[..., Mapping[str, Any]]:
    def method(task: Task, **params: Any) -> Mapping[str, Any]:
        operation = operation_of(several, params)
        values = operation.of_request(params)
        if isinstance(operation.run, str):
            module, _, name = operation.run.partition(":")
            content: Mapping[str, Any] = getattr(import_module(module), name)(task, **values)
            return content
        work = RequestWork(task, params.get("lang") or task.lang)
        result = operation.run(work, values)
        return {} if operation.answer is None else operation.answer(result, values)

    return method


def at_once(params: Mapping[str, Any], lang: str) -> Callable[[], Mapping[str, Any]] | None:
    """A function that answers the classes of a legend while another request computes: a window waits for them.

    Parameters
    ----------
    lang : choice {en, zh}

    Returns
    -------
    callable
        None until the background has loaded what computes them: then the request waits as any other.
    """

    def answered() -> Mapping[str, Any]:
        values = classes.OPERATION.of_request(params)
        return classes.answer(classes.run(Work(lang), values), values)

    return answered if "ecoval.legends" in sys.modules else None


def operation_of(several: list[Operation], params: Mapping[str, Any]) -> Operation:
    """The operation that a request means: its fixed fields are those of the request.

    Raises
    ------
    InputError
    """
    requests = [(operation, operation.request) for operation in several if operation.request is not None]
    for operation, request in requests:
        if all(params.get(name, value if request.first else None) == value for name, value in request.fixed.items()):
            return operation
    name = next(iter(requests[0][1].fixed))
    valid = [request.fixed[name] for _, request in requests]
    value = str(params.get(name))
    reason = f"absent: {name}" if name not in params else f"{name} {value}; nearest: {nearest(value, valid)}"
    raise InputError("BAD_REQUEST", reason=f"{reason}; known: {', '.join(valid)}")
