"""The two streams of the protocol: lines in, lines out, nothing else on either."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

PROTOCOL = 1  # version of what the lines say


class Channel:
    """Lines of JSON in both directions."""

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self.source = source
        self.target = target
        self._lock = threading.Lock()

    @classmethod
    def standard(cls) -> Channel:
        """Standard input and output of this process; what else writes to standard output goes to standard error."""
        target = os.fdopen(os.dup(1), "wb")
        source = os.fdopen(os.dup(0), "rb")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123  (a device)
            os.dup2(nothing.fileno(), 0)
        return cls(source, target)

    def send(self, **content: object) -> None:
        """Write one line; the end of the other side is the end of this process."""
        data = json.dumps(content, ensure_ascii=False, default=str, allow_nan=False).encode("utf-8", errors="replace") + b"\n"
        with self._lock:
            try:
                self.target.write(data)
                self.target.flush()
            except (BrokenPipeError, ValueError, OSError):
                os._exit(0)

    def requests(self) -> Iterator[dict[str, Any] | None]:
        """Requests as they come, until the end of the stream; None where a line is no JSON object."""
        for raw in self.source:
            if not raw.strip():
                continue
            try:
                value = json.loads(raw, parse_constant=_refuse_number, parse_float=_finite)
            except (ValueError, RecursionError):
                value = None
            yield value if isinstance(value, dict) else None


def _finite(text: str) -> float:
    """A number that JSON can hold; 1e999 is none."""
    value = float(text)
    return value if math.isfinite(value) else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
