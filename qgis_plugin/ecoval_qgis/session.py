"""The engine of this QGIS session, and requests as algorithms make them. No interface below this module."""

from qgis.core import QgsProcessingException

from .engine.protocol import EngineError
from .i18n import language, tr

_state = {"client": None, "interactive": False}


def interactive(value):
    """Say whether somebody can be asked when the engine does not answer."""
    _state["interactive"] = bool(value)


def client():
    """The engine client; made at the first need, started at the first request.

    Returns
    -------
    EngineClient
    """
    if _state["client"] is None:
        from .engine.client import EngineClient

        _state["client"] = EngineClient(interactive=_state["interactive"], lang=language())
    return _state["client"]


def close():
    """End the engine, when QGIS or the plugin ends."""
    found, _state["client"] = _state["client"], None
    if found is not None:
        found.shutdown()


def sentence(error):
    """What an engine error says, in the language of the user."""
    from .engine import messages

    return messages.of(error, language())


class Stopped(Exception):
    """The user cancelled; the algorithm returns no outputs."""


def request(method, params, feedback):
    """Send a request and wait, with progress, warnings and cancellation on a feedback.

    Parameters
    ----------
    method : text
    params : mapping
    feedback : QgsProcessingFeedback

    Returns
    -------
    mapping
        The event `result`: outputs, numbers, warnings, seconds.

    Raises
    ------
    QgsProcessingException
    Stopped
    """
    shown = {"text": ""}

    def progress(event):
        feedback.setProgress(100.0 * float(event.get("fraction") or 0.0))
        text = progress_text(event)
        if text and text != shown["text"]:
            shown["text"] = text
            feedback.setProgressText(text)

    def warning(event):
        feedback.pushWarning(sentence(event))

    params = dict(params)
    params.setdefault("lang", language())
    try:
        answer = client().call(method, params, progress=progress, warning=warning, stopped=feedback.isCanceled)
    except EngineError as error:
        if error.cancelled:
            raise Stopped() from None
        if error.traceback:
            feedback.pushDebugInfo(error.traceback)
        raise QgsProcessingException(sentence(error)) from None
    if answer.get("seconds") is not None:
        feedback.pushDebugInfo(tr("Engine time: {seconds} s").format(seconds=answer["seconds"]))
    return answer


def progress_text(event):
    """Line of a progress event: how many, which unit, which service."""
    from .catalogue import label

    parts = []
    if event.get("total"):
        parts.append("{}/{}".format(event.get("done", 0), event["total"]))
    if event.get("unit"):
        parts.append(str(event["unit"]))
    if event.get("service"):
        parts.append(label(event["service"]))
    text = str(event.get("text") or "")
    if text and text != event.get("service"):
        parts.append(label(text))
    return " · ".join(parts)
