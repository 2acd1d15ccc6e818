"""Paper slips: printed by a thread of their own, so that no printer ever holds up the desk.

A slip that found no paper, or no printer, is tried again for as long as its owner may still stand there; then it is
given up, and counted for staff. One of which a part may have come out is not tried again: nobody wants it twice.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from kiosk.screen import Printed, Screen, VisitView

log = structlog.get_logger()

MOST_WAITING = 20
RETRY_S = 2.0
KEPT_S = 60.0
LOOK_S = 10.0
STOP_S = 2.0


class Press(Protocol):
    """What draws a slip and puts it on paper. Only `stop` and `health` are called from other threads."""

    def print_one(self, visit: VisitView, screen: Screen) -> Printed:
        """DONE; NO_PAPER or NOT_READY, when nothing was sent yet; FAILED, when a part of it may have come out."""
        ...

    def look(self) -> None: ...

    @property
    def no_paper(self) -> bool: ...

    def health(self) -> dict[str, object]: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Slowness:
    """Seconds: between two tries of a slip, until it is given up, between two looks at an idle printer."""

    retry_s: float = RETRY_S
    kept_s: float = KEPT_S
    look_s: float = LOOK_S


@dataclass(slots=True)
class _Job:
    visit: VisitView
    screen: Screen
    told: Callable[[Printed], None]
    asked_s: float


class SlipPrinter:
    """With 20 slips waiting the next one fails at once; asked for twice, a visit's slip waits once."""

    def __init__(self, press: Press, slowness: Slowness | None = None) -> None:
        self._press = press
        self._slow = slowness or Slowness()
        self._jobs: deque[_Job] = deque()
        self._at_work = ""
        self._not_before_s = 0.0
        self._changed = threading.Condition()
        self._ended = False
        self._missed = 0
        self._thread = threading.Thread(target=self._run, name="slips", daemon=True)
        self._thread.start()

    @property
    def no_paper(self) -> bool:
        return self._press.no_paper

    def put(self, visit: VisitView, screen: Screen, told: Callable[[Printed], None]) -> None:
        """Returns at once; `told` is called as it goes on, the last time with DONE or FAILED."""
        job = _Job(visit, screen, told, time.monotonic())
        with self._changed:
            if self._at_work == visit.id:
                return
            self._jobs = deque(one for one in self._jobs if one.visit.id != visit.id)
            full = len(self._jobs) >= MOST_WAITING
            if not full:
                self._jobs.append(job)
            # A person asks, so it is worth another try now.
            self._not_before_s = 0.0
            self._changed.notify()
        if full:
            self._give_up(job)

    def health(self) -> dict[str, object]:
        """The printer's own line, and how many slips were given up since the last one came out."""
        line = self._press.health()
        if not self._missed:
            return line
        what = f"{line['what']}; slips that were not printed: {self._missed}"
        state = "yellow" if line["state"] == "green" else line["state"]
        return {
            "state": state,
            "what": what,
            "do": line["do"] or "print a slip to see that it works",
        }

    def stop(self) -> None:
        """Print what waits, for at most 2 s; then leave the printer alone, however it hangs."""
        with self._changed:
            self._ended = True
            busy = bool(self._jobs or self._at_work)
            self._changed.notify()
        if busy:
            self._thread.join(STOP_S)
        self._press.stop()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        self._look()
        while (job := self._next()) or not self._ended:
            if job is None:
                self._look()
            else:
                self._print(job)
                self._at_work = ""

    def _next(self) -> _Job | None:
        """The next slip; None when it is time for a look at the printer, or to end."""
        with self._changed:
            wait_s = self._not_before_s - time.monotonic() if self._jobs else self._slow.look_s
            if wait_s > 0 and not self._ended:
                self._changed.wait(wait_s)
            early = self._not_before_s > time.monotonic() and not self._ended
            if early or not self._jobs:
                return None
            job = self._jobs.popleft()
            self._at_work = job.visit.id
            return job

    def _print(self, job: _Job) -> None:
        if time.monotonic() - job.asked_s > self._slow.kept_s:
            self._give_up(job)
            return
        match self._tried(job):
            case Printed.DONE:
                self._missed = 0
                job.told(Printed.DONE)
            case Printed.FAILED:
                self._give_up(job)
            case printed:
                job.told(printed)
                self._keep(job)

    def _keep(self, job: _Job) -> None:
        with self._changed:
            ended = self._ended
            if not ended:
                self._jobs.appendleft(job)
                self._not_before_s = time.monotonic() + self._slow.retry_s
        if ended:
            self._give_up(job)

    def _give_up(self, job: _Job) -> None:
        self._missed += 1
        log.warning("slip not printed", missed=self._missed, printer=self._press.health()["what"])
        job.told(Printed.FAILED)

    def _tried(self, job: _Job) -> Printed:
        try:
            return self._press.print_one(job.visit, job.screen)
        except Exception:
            # One odd slip must not end printing for good.
            log.exception("slip made a mistake")
            return Printed.FAILED

    def _look(self) -> None:
        try:
            self._press.look()
        except Exception:
            log.exception("look at the printer made a mistake")
