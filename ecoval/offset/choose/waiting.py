"""Seconds that a choice may take, and a solver that can be left: it works beside, so that the caller hears of a cancel."""

import threading
import time

from ecoval.errors import Cancelled

TURN = 0.1  # seconds between two looks at whether the work shall go on
SMALL = 200  # unknowns below which a solve is over before anyone could cancel it


class Clock:
    """Seconds that are left, None for ever; `progress` is asked whether to go on."""

    def __init__(self, seconds=None, progress=None):
        self.begin = time.monotonic()
        self.end = None if seconds is None else self.begin + seconds
        self.progress = progress

    def left(self, part=1.0):
        """Part of the seconds that are left, at least 0."""
        return None if self.end is None else max(self.end - time.monotonic(), 0.0) * part

    def within(self, part):
        """A clock of a part of the seconds that are left, that asks the same caller.

        Parameters
        ----------
        part : number, 1

        Returns
        -------
        Clock
        """
        return Clock(self.left(part), self.progress)

    def goes_on(self):
        """Ask the caller; raise where the answer is False.

        Raises
        ------
        Cancelled
        """
        span = None if self.end is None else self.end - self.begin
        done = min((time.monotonic() - self.begin) / span, 1.0) if span else 0.0
        if self.progress is not None and self.progress(done, "portfolio") is False:
            raise Cancelled

    def awaited(self, work, size):
        """Result of a piece of work that lets others run, such as a solve.

        Parameters
        ----------
        work : callable
        size : number, 1
            Unknowns; few are solved at once.

        Returns
        -------
        any
        """
        if size < SMALL:
            return work()
        found, failed = [], []

        def run():
            try:
                found.append(work())
            except BaseException as error:  # told to the caller below
                failed.append(error)

        beside = threading.Thread(target=run, daemon=True, name="portfolio")
        beside.start()
        while beside.is_alive():
            beside.join(TURN)
            self.goes_on()
        if failed:
            raise failed[0]
        return found[0]
