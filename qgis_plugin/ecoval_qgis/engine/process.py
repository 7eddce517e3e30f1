"""One life of the engine's process: start, greeting, lines in and out, end. Runs in the client's thread."""

import time
from collections import namedtuple

from qgis.PyQt.QtCore import QProcess

from . import locate, protocol

TICK = 20  # ms between two looks at the queues
KILL_MILLISECONDS = 2000
STDERR_SHOWN = 8  # last lines of the log in the sentence about a crash

_LIMITS = {"start": 120.0, "hang": 30.0, "cancel": 5.0, "end": 2.0}
Limits = namedtuple("Limits", _LIMITS)
Limits.__new__.__defaults__ = tuple(_LIMITS.values())


class Failure(namedtuple("Failure", "code fields message state")):
    """Why a session ended; `state` where it never became ready."""

    def as_error(self):
        """The error to raise."""
        return protocol.EngineError(self.code, self.fields, self.message)


def failure(code, state=None, message="", **fields):
    """A failure of a code with its fields."""
    return Failure(code, fields, message, state)


class Session:
    """A process from start to end.

    Parameters
    ----------
    client : EngineClient
        Where requests come from and events go to.
    """

    def __init__(self, client):
        self.client = client
        self.process = None
        self.lines = None
        self.seen = 0.0

    def run(self):
        """Start the first candidate that answers well, and serve until it ends.

        Returns
        -------
        Failure
            With the code ENGINE_STOPPED where the end was wanted.
        """
        client = self.client
        client.set_state("starting")
        client.failures = []
        for candidate in client.candidates():
            found = self._start(candidate)
            if found is None:
                client.candidate = candidate
                try:
                    return self._serve()
                finally:
                    client.process_id = 0
                    self._kill()
            self._kill()
            if found.code == "ENGINE_STOPPED":
                return found
            client.failures.append((candidate, found))
        if client.failures:
            return client.failures[0][1]
        return failure("ENGINE_ABSENT", state="absent")

    def _start(self, candidate):
        """Start and greet; None where the engine can be used."""
        self.lines = protocol.Lines()
        self.process = QProcess()
        try:
            self.process.setProcessEnvironment(locate.environment(candidate.folder))
        except OSError as error:
            return failure("ENGINE_FOLDER", "absent", path=str(candidate.folder), reason=str(error))
        self.process.start(str(candidate.python), list(locate.ARGUMENTS))
        if not self.process.waitForStarted(int(self.client.limits.start * 1000)):
            return failure("ENGINE_START", "absent", python=str(candidate.python), reason=self.process.errorString())
        self.client.process_id = int(self.process.processId())
        hello = {"protocol": protocol.PROTOCOL, "plugin": locate.plugin_version(), "lang": self.client.lang}
        self.process.write(protocol.line(protocol.HELLO_ID, "hello", hello))
        return self._greeted(candidate)

    def _greeted(self, candidate):
        until = time.monotonic() + self.client.limits.start
        while time.monotonic() < until:
            if self.client.stopping():
                return failure("ENGINE_STOPPED")
            self.process.waitForReadyRead(TICK)
            for event in self._events():
                if event.get("id") != protocol.HELLO_ID:
                    continue
                if event.get("event") == "error":
                    fields = {"python": str(candidate.python), "reason": str(event.get("message", ""))}
                    return failure("ENGINE_BROKEN", "outdated", **fields)
                if event.get("event") == "result":
                    refused = protocol.refusal(event)
                    if refused is not None:
                        return failure(refused[0], "outdated", python=str(candidate.python), **refused[1])
                    self.client.hello = event
                    return None
            if self.process.state() == QProcess.ProcessState.NotRunning:
                return failure("ENGINE_BROKEN", "absent", python=str(candidate.python), reason=self._last_words())
        return failure("ENGINE_SILENT", "absent", python=str(candidate.python), seconds=self.client.limits.start)

    def _serve(self):
        """Lines in and out until the process ends or must end."""
        client = self.client
        self.seen = time.monotonic()
        looked = self.seen
        client.set_state("ready")
        while self.process.state() != QProcess.ProcessState.NotRunning:
            if client.stopping():
                return self._end()
            if client.restart_wanted:
                return failure("ENGINE_RESTARTED")
            if client.overdue():
                return failure(protocol.CANCELLED)
            for data in client.taken():
                self.process.write(data)
            self.process.waitForReadyRead(TICK)
            for event in self._events():
                client.receive(event)
            now = time.monotonic()
            if now - looked > self.client.limits.end:
                self.seen = now  # this machine slept, not the engine
            looked = now
            if self._hangs(now):
                return failure("ENGINE_HUNG", seconds=client.limits.hang)
        for event in self._events():
            client.receive(event)
        return failure("ENGINE_CRASHED", status=self._status(), reason=self._last_words())

    def _hangs(self, now):
        """Whether the engine must be given up; where somebody can be asked it only becomes the state."""
        client = self.client
        silent = now - max(self.seen, client.patience_from) > client.limits.hang
        if silent and not client.interactive:
            return True
        client.set_state("hung" if silent else "busy" if client.computing() else "ready")
        return False

    def _events(self):
        """Events that have arrived; everything else goes to the log."""
        text = bytes(self.process.readAllStandardError()).decode("utf-8", errors="replace")
        for line in text.splitlines():
            self.client.log(line)
        found = []
        piece = bytes(self.process.readAllStandardOutput())
        if piece:
            self.seen = time.monotonic()
        for event, raw in self.lines.feed(piece):
            if event is None:
                self.client.log("? " + raw[:500])
            else:
                found.append(event)
        return found

    def _status(self):
        """How the process ended, as people read it."""
        crashed = self.process.exitStatus() == QProcess.ExitStatus.CrashExit
        return "{}{}".format("signal " if crashed else "", self.process.exitCode())

    def _last_words(self):
        return " / ".join(list(self.client.log_tail)[-STDERR_SHOWN:]) or self.process.errorString()

    def _end(self):
        """Ask for the end, then insist."""
        self.process.write(protocol.line(protocol.HELLO_ID, "shutdown"))
        self.process.closeWriteChannel()
        self.process.waitForFinished(int(self.client.limits.end * 1000))
        return failure("ENGINE_STOPPED")

    def _kill(self):
        """Make sure that no process is left."""
        if self.process is not None and self.process.state() != QProcess.ProcessState.NotRunning:
            self.process.kill()  # terminate() does nothing to a console program on Windows
            self.process.waitForFinished(KILL_MILLISECONDS)
