"""The actor: one thread owns the visit, takes scans and touches in order, and emits screens.

Scans that come faster than the screen can follow wait here in order; none is lost, none is doubled. The time of the
scan decides, not the time it was got round to. What is done about them is attendant.py's, what is drawn show.py's.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from drivers.scan import Scan
from kiosk.attendant import Attendant, Finger
from kiosk.board import NOTHING, Posted
from kiosk.clock import Clock
from kiosk.countdown import Countdown, Patience
from kiosk.desk import Desk
from kiosk.domain import Now
from kiosk.errors import StoreError
from kiosk.rulebook import Rulebook
from kiosk.screen import FindView, Place, Printed, Screen, Status, Touch
from kiosk.show import Shown, screen_of
from kiosk.signs import Sign
from kiosk.slip_keeper import Paper, SlipKeeper

log = structlog.get_logger()

TICK_S = 1.0
TOUCH_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Ports:
    """What the station works with.

    find: (typed letters, language) -> results. status: marks for staff, read once a second. signs: all that the marks
    stand for. health: for /health. upkeep: what the store wants done now and then, once a second too.
    """

    desk: Desk
    rulebook: Rulebook
    clock: Clock
    find: Callable[[str, str], FindView]
    status: Callable[[], Status]
    signs: Callable[[], tuple[Sign, ...]]
    health: Callable[[], dict[str, object]]
    upkeep: Callable[[], None]
    paper: Paper | None
    room: str


@dataclass(slots=True)
class _Touched:
    finger: Finger
    answered: threading.Event = field(default_factory=threading.Event)
    taken: bool = False
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    visit: str
    printed: Printed


@dataclass(frozen=True, slots=True)
class _Look:
    done: threading.Event = field(default_factory=threading.Event)


class _Stop:
    pass


class Station:
    """`on_scan` and `touch` may be called from any thread; all else happens in the station's own."""

    def __init__(self, ports: Ports, patience: Patience) -> None:
        self._p = ports
        self._patience = patience
        self._inbox: queue.Queue[tuple[Scan, Now] | _Touched | _Told | _Look | _Stop] = (
            queue.Queue()
        )
        self._attendant = Attendant(
            ports.desk,
            lambda: ports.rulebook.current,
            repeat_ms=patience.repeat_ms,
            leaving=lambda visit: self._slips.keep(self.screen, visit),
            began_ms=ports.clock.now().at_ms,
        )
        self._status = ports.status()
        self._slips = SlipKeeper(ports.paper, ports.clock.mono_ms, patience.slip_s)
        self._countdown = Countdown(ports.clock.mono_ms)
        self._ticked_ms = ports.clock.mono_ms()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="station", daemon=True)
        self.failed: BaseException | None = None
        self.on_failure: Callable[[BaseException], None] = lambda error: None
        self._n = 0
        self._posted: tuple[datetime, Posted] | None = None
        self.screen = self._draw(ports.clock.now())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in the inbox, then end the thread."""
        self._inbox.put(_Stop())
        self._thread.join(timeout=10)

    def on_scan(self, scan: Scan) -> None:
        """A scanner's thread hands over what it read; the time is taken here, before any waiting."""
        self._inbox.put((scan, self._p.clock.now()))

    def touch(
        self, touch: Touch, *, visit: str | None, line: int | None = None, text: str = ""
    ) -> bool:
        """A finger; False when the visit it names has ended or the page does not offer it. Any thread."""
        touched = _Touched(Finger(touch, visit, line, text, self._p.clock.now()))
        self._inbox.put(touched)
        if not touched.answered.wait(TOUCH_WAIT_S):
            # Answered "no" already: it must not be done behind the finger's back.
            touched.given_up = True
            return False
        return touched.taken

    def wait(self, after_n: int, timeout_s: float) -> Screen | None:
        """The newest screen if it is newer than `after_n`, waiting for one up to `timeout_s`; None if none came."""
        with self._changed:
            self._changed.wait_for(lambda: self.screen.n > after_n, timeout_s)
            return self.screen if self.screen.n > after_n else None

    def settled(self) -> Screen:
        """Wait until everything handed in so far has been dealt with; for tests and the demo."""
        self.touch(Touch.STAY, visit="", text="")
        return self.screen

    def look_again(self) -> None:
        """Show at once what has changed around the station, such as a clock moved by hand; returns when it is shown."""
        look = _Look()
        self._inbox.put(look)
        look.done.wait(TOUCH_WAIT_S)

    def screen_of_visit(self, visit_id: str) -> Screen | None:
        """The screen on which this visit stands, or stood until a while ago: for its slip. Any thread."""
        now = self.screen
        if now.visit and now.visit.id == visit_id:
            return now
        return self._slips.find(visit_id)

    def signs(self) -> tuple[Sign, ...]:
        """How every part is, for whoever looks after the machine."""
        return self._p.signs()

    def health(self) -> dict[str, object]:
        """How everything is: for /health."""
        failed = {"stopped": repr(self.failed)} if self.failed else {}
        return {**self._p.health(), "waiting": self.waiting, **failed}

    @property
    def waiting(self) -> int:
        """Scans and touches not yet got round to."""
        return self._inbox.qsize()

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except BaseException as error:
            # Our own mistake: stop here, with the journal whole, and let the service manager start us afresh.
            log.exception("station stopped by a mistake of its own")
            self.failed = error
            self.on_failure(error)

    def _turn(self) -> bool:
        try:
            item = self._inbox.get(timeout=self._countdown.left_s(TICK_S))
        except queue.Empty:
            self._tick()
            return True
        match item:
            case _Stop():
                return False
            case _Touched():
                self._take_touch(item)
            case _Told():
                self._slips.heard(item.visit, item.printed)
                self._publish(self._p.clock.now())
            case _Look():
                self._tick()
                item.done.set()
            case (scan, now):
                self._take_scan(scan, now)
        # Scans that follow each other closely must not keep new rules and marks for staff waiting.
        if self._p.clock.mono_ms() - self._ticked_ms >= TICK_S * 1000:
            self._tick()
        return True

    # Time

    def _tick(self) -> None:
        now, self._ticked_ms = self._p.clock.now(), self._p.clock.mono_ms()
        if self._countdown.over:
            self._attendant.close(walked_away=True)
            self._restart_countdown()
            self._publish(now)
        self._p.upkeep()
        changed = self._p.rulebook.refresh()
        status = self._marks()
        minute_passed = now.local.replace(second=0, microsecond=0) != self.screen.local.replace(
            second=0, microsecond=0
        )
        watched = self._attendant.state.place is Place.STAFF
        if changed or minute_passed or watched or self._board_turns(now) or status != self._status:
            self._status = status
            self._publish(now)

    def _board_turns(self, now: Now) -> bool:
        board = self.screen.board
        if board is None or board.of == 1:
            return False
        return self._attendant.state.board.step_at(now.at_ms) != board.step

    def _board(self, now: Now) -> Posted:
        """What is put up, read anew each minute: it takes longer than all else that is drawn, and scans would wait."""
        minute = now.local.replace(second=0, microsecond=0)
        if self._posted is None or self._posted[0] != minute:
            self._posted = minute, self._p.desk.board(now)
        return self._posted[1]

    def _marks(self) -> Status:
        try:
            return self._p.status()
        except (StoreError, OSError) as error:
            log.error("marks not read", error=str(error))
            return self._status

    def _restart_countdown(self) -> None:
        attendant = self._attendant
        place, undisturbed = attendant.state.place, attendant.undisturbed
        self._countdown.restart(self._patience.for_page(place, undisturbed=undisturbed))

    # Scans and touches

    def _take_scan(self, scan: Scan, now: Now) -> None:
        acted = True
        try:
            acted = self._attendant.scan(scan, now)
        except (StoreError, OSError) as error:
            log.error("scan not done", device=scan.device, error=str(error))
            self._attendant.apologise(error)
        if acted:
            self._restart_countdown()
        self._publish(now)

    def _take_touch(self, touched: _Touched) -> None:
        finger = touched.finger
        if touched.given_up:
            return
        try:
            touched.taken = self._attendant.touch(finger)
        except (StoreError, OSError) as error:
            log.error("touch not done", touch=finger.touch.value, error=str(error))
            self._attendant.apologise(error)
        if touched.taken:
            if finger.touch is Touch.PRINT:
                self._slips.print(self.screen, lambda *how: self._inbox.put(_Told(*how)))
            self._restart_countdown()
            self._publish(finger.now)
        touched.answered.set()

    # Screens

    def _publish(self, now: Now) -> None:
        try:
            screen = self._draw(now)
        except (StoreError, OSError) as error:
            # What stands on the screen stays: a second of trouble with the disk must not end the station.
            log.error("screen not drawn", error=str(error))
            return
        with self._changed:
            self.screen = screen
            self._changed.notify_all()

    def _draw(self, now: Now) -> Screen:
        self._n += 1
        state = self._attendant.state
        account = self._p.desk.account(state.visit.patron.id, now) if state.visit else None
        find = self._p.find(state.typed, state.language) if state.place is Place.FIND else None
        shown_now = Shown(
            account=account,
            find=find,
            status=self._status,
            signs=self._p.signs() if state.place is Place.STAFF else (),
            timing=self._countdown.timing,
            room=self._p.room,
            printer=self._slips.can_print,
            printed=self._slips.how_printed(state.visit),
            cue=self._attendant.cue[0],
            cue_n=self._attendant.cue[1],
            messages=self._p.desk.messages(now) if state.place is Place.IDLE else (),
            posted=self._board(now) if state.place is Place.IDLE else NOTHING,
        )
        return screen_of(self._n, state, self._p.rulebook.current, now, shown_now)
