"""Paper slips: printed by a thread of their own, so that no printer ever holds up the desk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import structlog

from kiosk.screen import Screen, VisitView

log = structlog.get_logger()

MOST_WAITING = 20


class SlipPrinter:
    """`print_one` draws a slip and puts it on paper; it runs here. With 20 waiting the next one fails at once."""

    def __init__(self, print_one: Callable[[VisitView, Screen], None]) -> None:
        self._print_one = print_one
        self._jobs: queue.Queue[tuple[VisitView, Screen, Callable[[bool], None]] | None]
        self._jobs = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="slips", daemon=True)
        self._thread.start()

    def put(self, visit: VisitView, screen: Screen, done: Callable[[bool], None]) -> None:
        try:
            self._jobs.put_nowait((visit, screen, done))
        except queue.Full:
            done(False)

    def stop(self) -> None:
        """Print what waits, for at most 2 s."""
        try:
            self._jobs.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            visit, screen, done = job
            try:
                self._print_one(visit, screen)
            except Exception as error:  # noqa: BLE001  # one odd slip must not end printing for good
                log.error("slip not printed", error=str(error))
                done(False)
            else:
                done(True)
