"""The simulated world: stations, a centre, pupils with books in their hands, and an oracle that saw it all.

The oracle knows no protocol. It knows who holds each copy, what was shown as done and when that truly was, which disks
died with what on them, and which clocks lied.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from kiosk.desk_values import NOBODY, Who
from kiosk.domain import Act, Receipt
from kiosk.store.schema import journal, journal_aside
from sync.carry import Carrier
from sync.central import schema
from sync.central.cases import questions
from sync.central.db import CentralError, insert_many
from sync.central.desk import Desk as StaffDesk
from sync.central.enrolment import unpark
from sync.enrol import enrol
from sync.exchange import ApplyPage, ApplySnapshot, Call, Failing, LineDown, Refused, Told
from sync.wire import AskChunk, AskSnapshot, Hello, Message, Pull, Push, Pushed, Welcome
from tests.central.fleet import SCHOOL
from tests.simulation.disks import Disk, Network, Time, lazily
from tests.sync.story import NOON
from tests.sync.town import COPIES, Centre

PATRONS = ("p1", "p2", "p3")
OTHER = "moon"
FETCHING = (Pull, AskSnapshot, AskChunk)
Name = tuple[
    str, str
]  # an entry's first key and its hash: what it is called wherever it comes to stand


class ProcessKilled(Exception):
    """The station's process ended between two steps of an exchange."""


@dataclass(frozen=True)
class Deed:
    """Something done at a station and shown as done. honest: the clock was what it claimed to be."""

    name: Name
    disk: str
    act: Act
    barcode: str
    patron: str | None
    allowed: bool
    true_ms: int
    honest: bool
    due_on: object = None


@dataclass
class Oracle:
    """What truly happened. unsure: copies of which part of the story died with a disk, or staff settled blindly."""

    deeds: dict[Name, Deed] = field(default_factory=dict)
    lost: set[Name] = field(default_factory=set)
    holder: dict[str, str | None] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    liars: set[str] = field(default_factory=set)
    watermarks: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    settled: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def done(self, deed: Deed) -> None:
        self.deeds[deed.name] = deed
        if deed.allowed and deed.act is not Act.RENEWAL:
            self.holder[deed.barcode] = deed.patron if deed.act is Act.CHECKOUT else None
        if not deed.honest:
            self.unsure.add(deed.barcode)

    def lose(self, names: set[Name]) -> None:
        self.lost |= names
        self.unsure |= {self.deeds[name].barcode for name in names}


class World:
    """What can happen, one method each. Nothing here checks anything but what only this moment can show."""

    def __init__(self, folder: Path, stations: int) -> None:
        self.folder = folder
        self.time = Time(NOON)
        self.network = Network(self.time)
        self.centre = Centre(folder, people=PATRONS, now_ms=lambda: self.time.ms)
        lazily(self.centre.db.engine)
        self._found_other_school()
        self.oracle = Oracle(holder=dict.fromkeys(COPIES))
        self.disks: dict[str, Disk] = {}
        self.images: dict[str, list[tuple[Path, set[Name]]]] = defaultdict(list)
        for number in range(stations):
            self.new_station(f"s{number + 1}")

    # Machines.

    def new_station(self, name: str) -> Disk:
        disk = self._disk(name, f"board-{name}")
        enrol(disk.store, disk.line, disk.machine, self.centre.code(name), local="kiosk-1")
        disk.sit_down(name)
        self.exchange(name)
        return disk

    def _disk(self, name: str, hardware: str) -> Disk:
        disk = Disk(self.centre, self.network, self.folder / name, hardware)
        disk.line.heard = lambda message, reply: self._heard(disk, message, reply)
        self.disks[name] = disk
        return disk

    def power_cut(self, name: str) -> None:
        self.disks[name].power_cut()

    def clock_jumps(self, name: str, off_ms: int, *, sure: bool) -> None:
        """A clock that is sure of a wrong time lies, and what its station writes from then on proves nothing."""
        disk = self.disks[name]
        disk.clock.off_ms, disk.clock.sure = off_ms, sure

    def back_up(self, name: str) -> None:
        self.images[name].append((self.disks[name].image(), self.on_disk(name)))

    def restore(self, name: str, which: int) -> None:
        """The disk dies; an image of it is put on a new one in the same machine."""
        image, there = self.images[name][which % len(self.images[name])]
        gone = self.on_disk(name) - there
        self.disks[name].restore(image)
        self.oracle.lose(gone - self.elsewhere(gone, but=name))

    def clone(self, name: str, which: int) -> str:
        """An image is put into another machine, which begins to work as the same station."""
        image, _ = self.images[name][which % len(self.images[name])]
        copy = f"{name}-clone"
        disk = self._disk(copy, f"board-{copy}")
        disk.restore(image)
        return copy

    def choose(self, name: str) -> None:
        """Staff say which of two disks is the station; for a disk that is parked."""
        disk = self.disks[name]
        with disk.store.read() as tx:
            epoch = int(tx.value("epoch") or 1)
        with contextlib.suppress(CentralError), self.centre.db.begin(SCHOOL) as conn:
            unpark(conn, SCHOOL, disk.station, epoch)

    # Pupils.

    def borrow(self, name: str, barcode: str, patron: str) -> Receipt | None:
        """A pupil takes a book that nobody holds to a station."""
        if self.oracle.holder[barcode] is not None:
            return None
        disk = self.disks[name]
        who = Who(patron, f"c-{patron}", visit="v1")
        return self._note(name, barcode, disk.desk.checkout(who, barcode, disk.clock.now()), patron)

    def give_back(self, name: str, barcode: str) -> Receipt | None:
        if self.oracle.holder[barcode] is None:
            return None
        disk = self.disks[name]
        return self._note(name, barcode, disk.desk.checkin(barcode, disk.clock.now(), NOBODY), None)

    def renew(self, name: str, barcode: str) -> Receipt | None:
        patron = self.oracle.holder[barcode]
        if patron is None:
            return None
        disk = self.disks[name]
        who = Who(patron, f"c-{patron}", visit="v1")
        return self._note(name, barcode, disk.desk.renew(who, barcode, disk.clock.now()), patron)

    def pass_on(self, name: str, barcode: str, patron: str) -> Receipt | None:
        """Whoever has the book brings it back; if nobody has it, this pupil takes it."""
        if self.oracle.holder[barcode] is None:
            return self.borrow(name, barcode, patron)
        return self.give_back(name, barcode)

    def _note(self, name: str, barcode: str, receipt: Receipt, patron: str | None) -> Receipt:
        disk = self.disks[name]
        _, epoch, seq = receipt.entry.split(":")
        at = select(journal.c.hash).where(journal.c.epoch == int(epoch), journal.c.seq == int(seq))
        with disk.store.read() as tx:
            entry_hash = tx.conn.execute(at).scalar()
        assert entry_hash, f"I01: {receipt.entry} was shown as done at {name}, and is not there"
        allowed = receipt.verdict.allowed
        if not disk.clock.honest:
            self.oracle.liars.add(disk.station)
        honest = disk.station not in self.oracle.liars
        told = (receipt.act, barcode, patron, allowed, self.time.ms, honest)
        self.oracle.done(
            Deed((receipt.entry, entry_hash), name, *told, due_on=receipt.verdict.due_on)
        )
        self.time.ms += 1_000
        return receipt

    # The line.

    def exchange(
        self,
        name: str,
        fates: list[str] | None = None,
        die_after: int = 0,
        meanwhile: Iterable[tuple[str, str]] = (),
    ) -> Told | None:
        """One exchange over a line with these fates; die_after: the process ends after so many steps.

        meanwhile: books (and pupils) passed on at this station, one each time that something has been fetched from the
        centre and is not yet written down here.
        """
        disk, steps, waiting = self.disks[name], [0], list(meanwhile)
        self.network.fates = list(fates or ())

        def watch(effect: object) -> None:
            steps[0] += 1
            fetched = isinstance(effect, Call) and isinstance(effect.message, FETCHING)
            if waiting and fetched:
                self.pass_on(name, *waiting.pop(0))
            if isinstance(effect, (ApplyPage, ApplySnapshot)):
                self._own_writes_stand(name)
            if steps[0] == die_after:
                raise ProcessKilled

        try:
            return Carrier(disk.store, disk.line, disk.machine, watch=watch).run()
        except (LineDown, ProcessKilled, Failing, Refused) as trouble:
            if isinstance(trouble, Failing):
                self.oracle.faults.append(f"I20: the centre failed on a message of {name}")
            return None
        finally:
            self.network.fates = []

    def deliver_late(self, which: int) -> None:
        """A message that was given up, or had been delivered before, arrives after all."""
        late = self.network.late
        if late:
            late.pop(which % len(late))()

    def _heard(self, disk: Disk, message: Message, reply: Message | bytes) -> None:
        """I06 at the moment of telling: not above what is committed, never falling within an epoch."""
        if isinstance(reply, Welcome) and isinstance(message, Hello):
            place, durable = (message.station, message.epoch), reply.durable
        elif isinstance(reply, Pushed) and isinstance(message, Push):
            epoch = int(message.entries[0].body.partition('"epoch":')[2].partition(",")[0])
            place, durable = (disk.station, epoch), reply.durable
        else:
            return
        held = [seq for epoch, seq, _ in self.centre.entries(place[0]) if epoch == place[1]]
        whole = next((n for n, seq in enumerate(sorted(held)) if seq != n + 1), len(held))
        if durable > whole:
            self.oracle.faults.append(f"I06: {place} was told {durable}, committed are {whole}")
        if durable < self.oracle.watermarks[place]:
            self.oracle.faults.append(f"I06: the watermark of {place} fell to {durable}")
        self.oracle.watermarks[place] = durable

    def _own_writes_stand(self, name: str) -> None:
        from tests.simulation.checks import local_view

        self.oracle.faults += [f"I13: {fault}" for fault in local_view(self, name)]

    # Staff.

    def settle(self, which: int, choice: int) -> None:
        """A librarian answers an open case, without having looked."""
        with self.centre.db.begin(SCHOOL) as conn:
            open_now = questions(conn, SCHOOL)
            if not open_now:
                return
            case = open_now[which % len(open_now)]
            chosen = case.choices[choice % len(case.choices)]
            try:
                StaffDesk(conn, SCHOOL, "lin", self.time.ms).settle(case.id, chosen.value)
            except CentralError:
                return
        self.oracle.settled[case.id] = case.facts
        if case.barcode:
            self.oracle.unsure.add(case.barcode)

    # What is where.

    def on_disk(self, name: str) -> set[Name]:
        """The entries of the oracle that this disk holds, under whatever key."""
        return {n for _, n in self.entries_on(name)} & self.oracle.deeds.keys()

    def entries_on(self, name: str) -> list[tuple[tuple[int, int], Name]]:
        from kiosk.entry import parse

        found = []
        for row in self.disks[name].rows(journal):
            entry = parse(row.body)
            first, _, first_hash = (entry.origin or f"{entry.key} {row.hash}").rpartition(" ")
            found.append(((row.epoch, row.seq), (first, first_hash)))
        return found

    def aside_on(self, name: str) -> set[Name]:
        return {
            (f"{r.station}:{r.epoch}:{r.seq}", r.hash) for r in self.disks[name].rows(journal_aside)
        }

    def at_centre(self) -> dict[Name, list]:
        """The rows of the centre by what the entry is called wherever it stands."""
        from kiosk.entry import parse

        found = defaultdict(list)
        for row in self.centre.all_of(schema.entries):
            if row.school != SCHOOL:
                continue
            entry = parse(row.body)
            first, _, first_hash = (entry.origin or f"{entry.key} {row.hash}").rpartition(" ")
            found[first, first_hash].append(row)
        return found

    def elsewhere(self, names: set[Name], *, but: str) -> set[Name]:
        held = set(self.at_centre())
        for other in self.disks.keys() - {but}:
            held |= self.on_disk(other)
        return names & held

    def quiet(self) -> int:
        """The line is good, everybody exchanges until nothing is left to say; how many rounds that took."""
        self.network.late.clear()
        for rounds in range(1, 5):
            told = [self.exchange(name) for name in self.disks]
            if all(t and not t.sent and not t.rewound for t in told):
                return rounds
        return 5

    def _found_other_school(self) -> None:
        told = {"name": "月亮学校", "name_en": "", "time_zone": "Asia/Shanghai"}
        rest = {"category": "student", "grade": 3, "class_name": "", "expires_on": None}
        person = {"school": OTHER, "id": "moon-child", "name": "月", **rest}
        with self.centre.db.begin() as conn:
            row = {"school": OTHER, "number": "c-moon", "patron_id": "moon-child"}
            insert_many(
                conn, schema.schools, [{"id": OTHER, **told, "position": 0, "feed_from": 0}]
            )
            insert_many(conn, schema.patrons, [{**person, "blocked": None, "gone_ms": None}])
            insert_many(conn, schema.cards, [{**row, "state": "active"}])

    def close(self) -> None:
        for disk in self.disks.values():
            disk.close()
        self.centre.db.close()
