"""A station of the simulated world: a real store and a real desk on a clock that the world moves."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import Table, event, select

from kiosk.desk import Desk
from kiosk.domain import Now
from kiosk.journal import Journal
from kiosk.store.lineage import lineage
from kiosk.store.store import FILE, Store
from sync.carry import Machine
from sync.http import HttpLine
from sync.wire import Message, Pushed, Welcome
from tests.kiosk.lending import ZONE, rules_with
from tests.sync.town import ADDRESS, Centre, Wire

RULES = rules_with(("11:30", "00:00"), ("12:30", "23:59"), ("enabled = true", "enabled = false"))
# How long a message is on its way, there and back (ms): an anchor is never quite in the middle.
THERE_MS, BACK_MS = 40, 90


@dataclass
class Time:
    """The true time (UTC ms), which nothing in the world but the oracle and the centre can read."""

    ms: int


class StationClock:
    """Steady within a boot. Its wall clock may be off by any amount; `sure` says what it thinks of itself."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.off_ms = 0
        self.sure = True
        self.reboot()

    def reboot(self) -> None:
        self.boot = str(uuid.uuid4())
        self._since = self._time.ms - 5_000

    def mono_ms(self) -> int:
        return self._time.ms - self._since

    def now(self) -> Now:
        at_ms = self._time.ms + self.off_ms
        local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZONE)
        return Now(at_ms, local, sure=self.sure)

    @property
    def honest(self) -> bool:
        """What it claims of itself is right: a clock that is sure is right within five minutes."""
        return not self.sure or abs(self.off_ms) < 5 * 60_000


@dataclass
class Network:
    """What becomes of the next calls, one word each; and messages that are still on their way."""

    time: Time
    fates: list[str] = field(default_factory=list)
    late: list[Callable[[], httpx.Response]] = field(default_factory=list)

    def carry(self, path: str, go_on: Callable[[], httpx.Response]) -> httpx.Response:
        fate = self.fates.pop(0) if self.fates else "good"
        self.time.ms += THERE_MS
        if fate == "late":
            self.late.append(go_on)
        if fate in ("lost", "late"):
            raise httpx.ReadTimeout("no answer")
        answer = go_on()
        if fate == "twice":
            answer = go_on()
        if fate == "twice and late":
            self.late.append(go_on)
        self.time.ms += BACK_MS
        if fate == "reply lost":
            raise httpx.ReadError("the reply was lost")
        return answer


class HeardLine(HttpLine):
    """A line on which what the centre says of its watermark is overheard."""

    heard: Callable[[Message, Message | bytes], None]

    def send(self, message: Message) -> Message | bytes:
        reply = super().send(message)
        if isinstance(reply, (Welcome, Pushed)):
            self.heard(message, reply)
        return reply


class Disk:
    """One disk in one machine. `folder` outlives reboots; `hardware` names the board it is in."""

    def __init__(self, centre: Centre, network: Network, folder: Path, hardware: str) -> None:
        self.folder, self.hardware = folder, hardware
        self.clock = StationClock(network.time)
        wire = Wire(centre)
        wire.around = network.carry
        self.line = HeardLine(ADDRESS, transport=wire)
        self.machine = Machine(self.clock, hardware, "test")
        self.station = ""
        self.images = 0
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.folder)
        lazily(self.store._engine)
        with self.store.read() as tx:
            who = lineage(tx)
        if who:
            self.sit_down(who.station)

    def sit_down(self, station: str) -> None:
        self.station = station
        self.desk = Desk(self.store, Journal(station, self.clock), lambda: RULES, room="main")

    def power_cut(self) -> None:
        self.store.close()
        self.clock.reboot()
        self.open()

    def image(self) -> Path:
        self.images += 1
        return self.store.backup(self.folder / f"image-{self.images}.sqlite")

    def restore(self, image: Path) -> None:
        self.store.close()
        for file in self.folder.glob(f"{FILE}*"):
            file.unlink()
        (self.folder / "snapshot.sqlite").unlink(missing_ok=True)
        shutil.copy(image, self.folder / FILE)
        self.clock.reboot()
        self.open()

    def rows(self, table: Table) -> list:
        with self.store.read() as tx:
            return list(tx.conn.execute(select(table)))

    def close(self) -> None:
        self.line.close()
        self.store.close()


def lazily(engine) -> None:
    """New connections do not wait for the disk: here nothing is lost but what the world says is lost."""

    @event.listens_for(engine, "connect")
    def _lazily(connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    engine.dispose()
