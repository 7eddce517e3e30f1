"""Protocol 1: one JSON object per line, UTF-8, in both directions. Nothing of Qt here."""

import json

PROTOCOL = 1
LIBRARY = "0.1"  # oldest library that this plugin works with
HELLO_ID = 0
ENDINGS = ("result", "error")
CANCELLED = "CANCELLED"


def line(request_id, method, params=None):
    """Bytes of a request.

    Parameters
    ----------
    request_id : number, 1
    method : text
    params : mapping

    Returns
    -------
    bytes
    """
    request = {"id": request_id, "method": method, "params": params or {}}
    return json.dumps(request, ensure_ascii=False, default=str).encode("utf-8") + b"\n"


class Lines:
    """Objects out of pieces of a stream; what is no JSON object is handed back as text.

    A piece is looked at once: a line of many megabytes that comes in small pieces costs no more than its length.
    """

    def __init__(self):
        self._pieces = []

    def feed(self, piece):
        """Objects and stray lines that a piece completes.

        Parameters
        ----------
        piece : bytes

        Returns
        -------
        list of (mapping or None, text)
        """
        head, *rest = bytes(piece).split(b"\n")
        self._pieces.append(head)
        found = []
        for following in rest:
            raw = b"".join(self._pieces)
            self._pieces = [following]
            if raw.strip():
                found.append(_read(raw))
        return found


def _read(raw):
    text = raw.decode("utf-8", errors="replace").rstrip("\r")
    try:
        value = json.loads(text)
    except ValueError:
        return None, text
    return (value, text) if isinstance(value, dict) else (None, text)


def event(request_id, kind, **content):
    """An event as the engine would send it, for what the client itself must say."""
    made = {"id": request_id, "event": kind}
    made.update(content)
    return made


def error(request_id, code, message="", **fields):
    """An error that the client itself raises on a request."""
    return event(request_id, "error", code=code, fields=fields, message=message)


def refusal(hello):
    """Why an engine that answered cannot be used, as (code, fields), or None.

    Parameters
    ----------
    hello : mapping
        Result of the method `hello`.

    Returns
    -------
    tuple or None
    """
    offered = hello.get("protocols") or []
    found = str(hello.get("ecoval") or "")
    fields = {"found": found, "offered": ", ".join(str(number) for number in offered), "expected": str(PROTOCOL)}
    if PROTOCOL in offered:
        if found and version(found) < version(LIBRARY):  # a source tree that is not installed has no version
            return "ENGINE_TOO_OLD", {"found": found, "expected": LIBRARY}
        return None
    if offered and min(offered) > PROTOCOL:
        return "ENGINE_TOO_NEW", fields
    return "ENGINE_PROTOCOL", fields


def version(text):
    """Numbers of a version, to be compared."""
    numbers = []
    for part in str(text).split(".")[:3]:
        digits = ""
        for letter in part:
            if not letter.isdigit():
                break
            digits += letter
        numbers.append(int(digits or 0))
    return tuple(numbers)


class EngineError(Exception):
    """A request that ended with an error: its code, fields, the engine's own sentence."""

    def __init__(self, code, fields=None, message="", traceback=""):
        super().__init__(message or code)
        self.code = code
        self.fields = dict(fields or {})
        self.engine_message = message
        self.traceback = traceback

    @classmethod
    def of(cls, answer):
        """Error out of an event."""
        return cls(
            str(answer.get("code", "INTERNAL")),
            answer.get("fields"),
            str(answer.get("message", "")),
            str(answer.get("traceback", "")),
        )

    @property
    def cancelled(self):
        """Whether the user stopped the request."""
        return self.code == CANCELLED
