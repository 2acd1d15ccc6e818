"""Keeps a station and its central record together, in a thread of its own: new entries up soon, changes down.

It never stands in the desk's way: no transaction is open over the network, and what comes down is written in steps of
milliseconds. Trouble makes it wait longer, with jitter, so that a fleet does not come back all at once.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from kiosk import journal
from kiosk.errors import KioskError
from kiosk.signs import Exchange
from kiosk.store.store import Store
from sync.carry import Carrier, Line, Machine, NotEnrolled
from sync.exchange import Failing, LineDown, Refused, Told

log = structlog.get_logger()

# How long new entries wait for others to come along; how long without any until the feed is asked again.
GATHER_S = 1.0
IDLE_S = 30.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
_LOOK_S = 0.5


class Stopped(Exception):
    """The station ends: break off, everything kept so far is good."""


class Agent:
    """`start`, `stop` (within a second), and `state`, which may be read from any thread."""

    def __init__(self, store: Store, line: Line, machine: Machine) -> None:
        self.state = Exchange()
        self._failures = 0
        self._store = store
        self._line = line
        self._machine = machine
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._carrier = Carrier(store, line, machine, check=self._check)
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A call that waits for its answer is left behind: it finds that it was stopped before it touches the store."""
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(1.0)
        if not self._thread.is_alive():
            self._line.close()

    def wake(self) -> None:
        """Exchange now, whatever the wait was for: the line is back, or somebody asks for it."""
        self._woken.set()

    def _check(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stop.is_set():
            self._wait(wait_s)
            if self._stop.is_set():
                return
            try:
                wait_s = self._once()
            except Stopped:
                return
            except Exception as error:
                # Whatever it is, the thread goes on: entries wait in the journal, and the sign says what is wrong.
                log.exception(
                    "the exchange failed by a mistake of our own, or for want of the disk"
                )
                wait_s = self._failed(repr(error))

    def _once(self) -> float:
        """One exchange; how long to wait then."""
        try:
            told = self._carrier.run()
        except LineDown as down:
            return self._failed(str(down), online=False, asked_s=down.retry_after_s)
        except Failing as failing:
            return self._failed(str(failing) or "the central record failed", online=True)
        except Refused as refused:
            code = refused.refusal.error
            return self._failed(refused.refusal.message, online=True, refused=code)
        except NotEnrolled as error:
            return self._failed(str(error))
        self._went_well(told)
        return IDLE_S

    def _went_well(self, told: Told) -> None:
        if self.state.trouble:
            log.info("the exchange goes on", sent=told.sent, changes=told.changes)
        at_ms = self._machine.clock.now().at_ms
        self._failures = 0
        self.state = Exchange(online=True, last_ms=at_ms, parked=told.parked)

    def _failed(
        self,
        words: str,
        *,
        online: bool | None = None,
        refused: str = "",
        asked_s: float | None = None,
    ) -> float:
        before = self.state
        self._failures += 1
        if words != before.trouble:
            log.warning("no exchange", why=words)
        self.state = replace(before, online=online, trouble=words, refused=refused)
        return max(FIRST_WAIT_S, asked_s) if asked_s is not None else back_off_s(self._failures)

    def _wait(self, wait_s: float) -> None:
        """Until the wait is over, somebody wakes us, or entries wait while all is well."""
        end = time.monotonic() + wait_s
        while (left := end - time.monotonic()) > 0:
            if self._woken.wait(min(left, _LOOK_S)):
                break
            if not self._failures and self._unsent():
                # Who has scanned one book scans another.
                self._stop.wait(GATHER_S)
                break
        self._woken.clear()

    def _unsent(self) -> bool:
        try:
            with self._store.read() as tx:
                return journal.unsent(tx) > 0
        except (KioskError, OSError) as error:
            log.error("the journal cannot be read", why=str(error))
            return False


def back_off_s(failures: int, rand: Callable[[float, float], float] = random.uniform) -> float:
    """Full jitter: anything between one second and a bound that doubles up to five minutes."""
    bound = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 16))
    return rand(FIRST_WAIT_S, bound)
