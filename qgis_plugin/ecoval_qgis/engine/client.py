"""The process of the engine and its answers, for any thread of QGIS.

`EngineClient` is a thread that owns the QProcess; requests go in by a queue, and each has a queue of its own for
what comes back.
Nothing of the interface is touched here: states and log lines are signals.
"""

import atexit
import collections
import itertools
import queue
import threading
import time

from qgis.PyQt.QtCore import QThread, pyqtSignal

from . import locate, protocol
from .process import Limits, Session

COMPUTING = (
    "check",
    "run",
    "zonal",
    "units",
    "prepare",
    "audit",
    "report",
    "conform",
    "params",
    "offset",
    "realize",
    "compare",
    "reunit",
)
ABSENT, STARTING, READY, BUSY, OUTDATED, CRASHED, HUNG, STOPPED = (
    "absent",
    "starting",
    "ready",
    "busy",
    "outdated",
    "crashed",
    "hung",
    "stopped",
)
LOG_LINES = 50
CRASHES_SECONDS = 60.0  # a second crash within that time ends the restarts


class Answer:
    """What comes back for one request: progress and warnings, then one result or error."""

    def __init__(self, number, method, out=None):
        self.number = number
        self.method = method
        self.out = out
        self._events = queue.Queue()

    def put(self, event):
        """Add an event (called by the client)."""
        self._events.put(event)

    def next(self, seconds):
        """The next event, or None where none came in that time."""
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None


class EngineClient(QThread):
    """The engine of this session; starts at the first request and stays until `shutdown`.

    Parameters
    ----------
    candidates : callable
        Interpreters in the order in which they are tried: list of `locate.Candidate`.
    interactive : choice {True, False}
        Whether somebody can be asked when the engine does not answer; otherwise it is ended.
    lang : choice {en, zh}
        Language of the engine's own sentences.
    limits : process.Limits
        Seconds after which something is taken as failed.
    """

    state_changed = pyqtSignal(str)
    logged = pyqtSignal(str)

    def __init__(self, candidates=locate.candidates, interactive=False, lang="en", limits=None, parent=None):
        super().__init__(parent)
        self.candidates = candidates
        self.interactive = interactive
        self.lang = lang
        self.limits = limits or Limits()
        self.state = STOPPED
        self.hello = None
        self.candidate = None
        self.failures = []
        self.log_tail = collections.deque(maxlen=LOG_LINES)
        self.crashes = collections.deque(maxlen=2)
        self.process_id = 0
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._alive = False
        self._stopping = False
        self.restart_wanted = False
        self.waiting = {}
        self.outgoing = collections.deque()
        self.cancelling = {}
        self.patience_from = 0.0

    # any thread

    def request(self, method, /, **params):
        """Send a request; the engine is started where it does not run.

        Parameters
        ----------
        method : text
        **params : object
            Plain data: what JSON can hold.

        Returns
        -------
        Answer
        """
        with self._lock:
            answer = Answer(next(self._numbers), method, params.get("out"))
            self.waiting[answer.number] = answer
            self.outgoing.append((answer.number, protocol.line(answer.number, method, params)))
            self._begin()
        return answer

    def call(self, method, params=None, progress=None, warning=None, stopped=None, timeout=None):
        """Send a request and wait for its end, from a thread that may wait.

        Parameters
        ----------
        method : text
        params : mapping
        progress, warning : callable (event)
        stopped : callable
            Whether the user has cancelled, such as `feedback.isCanceled`.
        timeout : number, s

        Returns
        -------
        mapping
            The event `result`.

        Raises
        ------
        EngineError
        """
        answer = self.request(method, **(params or {}))
        handlers = {"progress": progress, "warning": warning}
        until = None if timeout is None else time.monotonic() + timeout
        cancelled = False
        while True:
            event = answer.next(0.05)
            if stopped is not None and not cancelled and stopped():
                self.cancel(answer.number)
                cancelled = True
            if event is None:
                if until is not None and time.monotonic() > until:
                    self.cancel(answer.number)
                    raise protocol.EngineError("ENGINE_TIMEOUT", {"method": method, "seconds": timeout})
                continue
            if event["event"] == "result":
                return event
            if event["event"] == "error":
                raise protocol.EngineError.of(event)
            handler = handlers.get(event["event"])
            if handler is not None:
                handler(event)

    def cancel(self, number):
        """Ask the engine to stop a request; it is killed and started again where that takes too long."""
        with self._lock:
            if number in self.waiting and number not in self.cancelling:
                self.cancelling[number] = time.monotonic() + self.limits.cancel
                self.outgoing.append((None, protocol.line(next(self._numbers), "cancel", {"id": number})))

    def restart(self):
        """End the process and start another; open requests end with an error."""
        with self._lock:
            self.restart_wanted = True
            self._begin()

    def wait_again(self):
        """Give an engine that does not answer some more time."""
        self.patience_from = time.monotonic()

    def shutdown(self):
        """End the engine: asked first, then killed. Safe to call twice."""
        self._stopping = True
        self.wait()
        self._stopping = False
        atexit.unregister(self.shutdown)

    def _begin(self):
        if not self._alive:
            self.wait()  # the last steps of an earlier run
            self._alive = True
            atexit.register(self.shutdown)  # qgis_process ends without unloading plugins
            self.start()

    # the thread itself

    def run(self):
        """Sessions one after the other until somebody ends them or crashes come too fast."""
        going = True
        while going:
            self.restart_wanted = False
            ending = Session(self).run()
            going = self._goes_on(ending)
            if not going:
                with self._lock:
                    # a request that came in since starts a new thread after this one
                    self._alive = False
                    self._fail(ending, all_of_them=True)

    def _goes_on(self, ending):
        """Whether another session follows one that ended so."""
        if ending.code == "ENGINE_STOPPED":
            self.set_state(STOPPED)
            return False
        self._fail(ending, all_of_them=False)
        if ending.code in ("ENGINE_RESTARTED", protocol.CANCELLED):
            return True
        if ending.state is not None:  # it never became ready
            self.set_state(ending.state)
            return False
        now = time.monotonic()
        again = bool(self.crashes) and now - self.crashes[-1] < CRASHES_SECONDS
        self.crashes.append(now)
        if again:
            self.set_state(CRASHED)
        return not again

    def _fail(self, ending, all_of_them):
        """End the requests that were sent to a process that is gone; those that were not wait for the next one."""
        with self._lock:
            unsent = set() if all_of_them else {number for number, _ in self.outgoing}
            left = []
            for number in [number for number in self.waiting if number not in unsent]:
                answer = self.waiting.pop(number)
                cancelled = number in self.cancelling
                other = "ENGINE_RESTARTED" if ending.code == protocol.CANCELLED else ending.code
                code = protocol.CANCELLED if cancelled else other
                if answer.method == "run" and answer.out:  # the next engine removes what is half written
                    params = {"out": str(answer.out), "status": "cancelled" if cancelled else "failed"}
                    left.append((0, protocol.line(next(self._numbers), "abandon", params)))
                answer.put(protocol.error(number, code, ending.message, **ending.fields))
            self.cancelling.clear()
            if all_of_them:
                self.outgoing.clear()
            else:
                self.outgoing = collections.deque(entry for entry in self.outgoing if entry[0] is not None)
                self.outgoing.extendleft(left)

    def stopping(self):
        """Whether the thread is asked to end."""
        return self._stopping

    def set_state(self, state):
        """Change the state and tell it."""
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def log(self, text):
        """Note a line of the engine."""
        self.log_tail.append(text)
        self.logged.emit(text)

    def taken(self):
        """Lines to be sent."""
        with self._lock:
            lines, self.outgoing = self.outgoing, collections.deque()
        return [data for _, data in lines]

    def receive(self, event):
        """Hand an event to the request that it belongs to."""
        number = event.get("id")
        with self._lock:
            answer = self.waiting.get(number)
            if answer is not None and event.get("event") in protocol.ENDINGS:
                del self.waiting[number]
                self.cancelling.pop(number, None)
        if answer is not None:
            answer.put(event)

    def overdue(self):
        """Whether a cancelled request has not ended in time."""
        with self._lock:
            return any(time.monotonic() > until for until in self.cancelling.values())

    def computing(self):
        """Whether a request is open that computes."""
        with self._lock:
            return any(answer.method in COMPUTING for answer in self.waiting.values())


def handshake(candidate, lang="en", limits=None):
    """Start an engine, greet it, end it: what it says of itself.

    Parameters
    ----------
    candidate : locate.Candidate
    lang : choice {en, zh}
    limits : process.Limits

    Returns
    -------
    mapping
        Result of `hello`.

    Raises
    ------
    EngineError
    """
    client = EngineClient(lambda: [candidate], lang=lang, limits=limits)
    try:
        client.call("ping")
        return client.hello
    except protocol.EngineError as error:
        if client.failures:
            raise client.failures[0][1].as_error() from error
        raise
    finally:
        client.shutdown()
