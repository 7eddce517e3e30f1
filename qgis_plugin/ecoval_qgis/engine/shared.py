"""The one engine of a QGIS session."""

import atexit
import threading

from .client import EngineClient

_lock = threading.Lock()
_held = {}


def client(interactive=False, lang="en"):
    """The client of this session, made at the first call; the process starts at the first request.

    Parameters
    ----------
    interactive : choice {True, False}
        Given by the desktop: somebody can be asked when the engine does not answer.
    lang : choice {en, zh}
    """
    with _lock:
        if "client" not in _held:
            _held["client"] = EngineClient(interactive=interactive, lang=lang)
            atexit.register(end)  # qgis_process ends without unloading plugins
        return _held["client"]


def end():
    """End the engine, when the plugin is unloaded or Python ends."""
    with _lock:
        made = _held.pop("client", None)
    if made is not None:
        atexit.unregister(end)
        made.shutdown()
