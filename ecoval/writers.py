"""Who sets documents and draws maps for the rooms that compute: the package hands the room in, they import nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

_rooms: list[Callable[[], ModuleType]] = []


def use_documents(room: Callable[[], ModuleType]) -> None:
    """Hand in what loads the room of `render`, `map_figure` and `set_conformity`, in place of the one before."""
    _rooms[:] = [room]


def documents() -> ModuleType:
    """The room of documents, loaded now."""
    return _rooms[0]()
