"""The demo's own things: its clock's start, the sample school, and hands for the simulated hardware."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from drivers.simulator import SimulatedPrinter, SimulatedScanner
from kiosk.calendar import Rules
from kiosk.clock import MovableClock
from kiosk.demo_shelf import Shelf
from kiosk.domain import Act, Loan, Note, Now, Reason, Verdict
from kiosk.errors import KioskError
from kiosk.journal import Journal, Occurrence, confirm_clock
from kiosk.sample import build
from kiosk.store.listing import is_empty
from kiosk.store.store import Store
from kiosk.store.tx import Tx

# A Wednesday inside the lending window, so that a newcomer's first scan is a loan.
FIRST_START = datetime(2026, 11, 25, 11, 45)  # noqa: DTZ001  # in the library's own zone
SHIPPED = Path(__file__).resolve().parent.parent / "config"
# A demo is slower than a pupil: it changes between two windows; and its disk is somebody's laptop.
_GENTLER = {"idle_s = 20": "idle_s = 45", "reserve_mb = 200": "reserve_mb = 16"}
_GENTLER |= {"stop_checkouts_below_mb = 300": "stop_checkouts_below_mb = 50"}
_GENTLER |= {'kind = "none"': 'kind = "simulator"'}


def lay_out(folder: Path) -> Path:
    """Put settings of its own into the demo's folder at the first start; they may be changed there afterwards."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    for name in ("library.toml", "central.toml"):
        if not (config / name).exists():
            shutil.copyfile(SHIPPED / name, config / name)
    station = config / "station.toml"
    if not station.exists():
        text = (SHIPPED / "station.toml").read_text(encoding="utf-8")
        for usual, gentler in _GENTLER.items():
            text = text.replace(usual, gentler)
        station.write_text(text, encoding="utf-8")
    return config


def demo_start(last_ms: int | None, zone: ZoneInfo) -> datetime:
    """The clock starts inside the window, and after a restart where the last entry left it."""
    if last_ms is None:
        return FIRST_START.replace(tzinfo=zone)
    return datetime.fromtimestamp(last_ms / 1000, UTC).astimezone(zone)


def fill_with_sample(store: Store, rules: Rules, station: str, zone: ZoneInfo) -> None:
    """Make the sample school in an empty store; the loans in progress come from journal entries, as all loans do."""
    with store.read() as tx:
        if not is_empty(tx):
            return
    start = FIRST_START.replace(tzinfo=zone)
    clock = MovableClock(zone, start, running=False)
    journal = Journal(station, clock)

    def enter(tx: Tx, what: Occurrence, verdict: Verdict, now: Now) -> str:
        written = journal.append(tx, what, verdict, now=now, rules_digest=rules.digest)
        tx.set_last_entry(what.copy or "", written.key)
        return written.key

    def at(at_ms: int) -> Now:
        return Now(at_ms, datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone))

    def lend(tx: Tx, patron_id: str, barcode: str, opened_ms: int, due_on: date) -> None:
        now = at(opened_ms)
        verdict = Verdict(True, Reason.OK, due_on=due_on, days=(due_on - now.local.date()).days)
        what = Occurrence(Act.CHECKOUT, copy=barcode, patron_id=patron_id)
        entry = enter(tx, what, verdict, now)
        tx.open_loan(Loan(barcode, patron_id, opened_ms, due_on), entry)

    def take_back(tx: Tx, patron_id: str, barcode: str, at_ms: int) -> None:
        copy = tx.copy(barcode)
        after = copy.last_entry if copy else None
        what = Occurrence(Act.CHECKIN, copy=barcode, patron_id=patron_id, after=after)
        verdict = Verdict(True, Reason.OK, notes=(Note.HOLD_WAITING,))
        enter(tx, what, verdict, at(at_ms))
        tx.close_loan(barcode)

    build(
        store,
        rules.library,
        today=start.date(),
        now_ms=round(start.timestamp() * 1000),
        lend=lend,
        take_back=take_back,
    )
    # The loans in progress were made on earlier days; the demo's own time begins now.
    with store.begin() as tx:
        confirm_clock(tx, round(start.timestamp() * 1000))


class Plug:
    """The network cable of the demo: out, and no message passes."""

    def __init__(self) -> None:
        self._in = threading.Event()
        self._in.set()
        self.on_plug_in: Callable[[], None] = lambda: None

    def is_set(self) -> bool:
        return self._in.is_set()

    def set(self, *, up: bool) -> None:
        if up:
            self._in.set()
            self.on_plug_in()
        else:
            self._in.clear()


class Hands:
    """What the demo panel can do: scan, move the clock, cut the line, look into the printer's tray."""

    # Where the demo has a central record: its console, and what its other stations do.
    console_url: str | None = None
    on_clash: Callable[[], dict[str, str]] | None = None
    on_clock: Callable[[int], None] = staticmethod(lambda at_ms: None)
    # Whoever looks at the screen after an answer sees what was done: the station looks around before it.
    on_changed: Callable[[], None] = staticmethod(lambda: None)

    def __init__(
        self,
        shelf: Shelf,
        clock: MovableClock,
        scanner: SimulatedScanner,
        printer: SimulatedPrinter,
        line: Plug,
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._scanner = scanner
        self._printer = printer
        self._line = line

    def scan(self, text: str) -> bool:
        """False where the simulated scanner is not running, so that nothing was read."""
        return self._scanner.scan(text)

    @property
    def clock_at(self) -> datetime:
        return self._clock.now().local

    @property
    def clock_ms(self) -> int:
        return self._clock.now().at_ms

    def set_clock(self, local_iso: str) -> None:
        """Move the clock to a local time such as 2026-11-25T11:45; ValueError says what is wrong with it."""
        try:
            at = datetime.fromisoformat(local_iso)
        except ValueError:
            raise ValueError(f"{local_iso!r} is not a time") from None
        if not 2000 <= at.year <= 2100:
            raise ValueError(f"{local_iso!r} is not in the years 2000 to 2100")
        self._clock.set(at)
        self.on_clock(self._clock.now().at_ms)
        self.on_changed()

    @property
    def network_up(self) -> bool:
        return self._line.is_set()

    def set_network(self, up: bool) -> None:
        self._line.set(up=up)
        self.on_changed()

    def clash(self) -> dict[str, str]:
        """Let another station lend what was lent here last. Raises KioskError with what to do."""
        if self.on_clash is None:
            raise KioskError("this station runs without a central record; start it by: kiosk demo")
        return self.on_clash()

    @property
    def paper_out(self) -> bool:
        return self._printer.no_paper

    def set_paper(self, out: bool) -> None:
        self._printer.out_of_paper(out)

    def shelf(self, changed_since: int | None = None) -> dict[str, Any]:
        """What can be scanned, or what of it has changed since the look of that number."""
        return self._shelf.look(changed_since)

    def tray(self) -> list[dict[str, str]]:
        return [asdict(slip) for slip in self._printer.tray()]
