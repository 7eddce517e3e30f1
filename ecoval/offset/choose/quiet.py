"""Standard output kept for the answer: what the solver prints by itself goes to standard error."""

import contextlib
import ctypes
import os
import sys
import threading

_lock = threading.Lock()
_inside = 0
_kept = None


@contextlib.contextmanager
def solver_output_aside():
    """Send what native code writes to standard output to standard error; solves that overlap in time share one change.

    Python's own output waits in its buffer meanwhile. Without a standard output (a program without console) nothing is done.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter():
    global _inside, _kept
    with _lock:
        _inside += 1
        if _inside == 1:
            _flush()
            try:
                _kept = os.dup(1)
                os.dup2(2, 1)
            except OSError:
                _kept = None


def _leave():
    global _inside, _kept
    with _lock:
        _inside -= 1
        if _inside == 0 and _kept is not None:
            _flush(python=False)
            os.dup2(_kept, 1)
            os.close(_kept)
            _kept = None


def _flush(python=True):
    """Empty the buffers of Python and of the C library, so that what was written goes where it was meant to."""
    if python and sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None if os.name == "posix" else "ucrtbase").fflush(None)
