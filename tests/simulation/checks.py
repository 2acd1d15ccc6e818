"""The invariants I01 to I21 as checks of a world: each tells its faults in words. Which are looked at when: CHECKS."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import delete, select

from kiosk import journal as journals
from kiosk.domain import Act
from kiosk.entry import parse
from kiosk.store import schema as station_tables
from kiosk.store.feed import TABLES
from sync.central import schema
from sync.central.ingest import take_in
from sync.central.read import shelf, tails, time_zone
from sync.central.verify import faults as faults_of_centre
from sync.continuity import Lineage
from sync.events import CASES, Code
from sync.fold import fold
from sync.timeline import in_order
from sync.wire import WireEntry
from tests.central.fleet import SCHOOL, picture, positions
from tests.simulation.world import OTHER, PATRONS, World
from tests.sync.town import COPIES

Faults = Iterator[str]


def durable_before_done(world: World) -> Faults:
    here = {name for disk in world.disks for name in world.on_disk(disk)}
    for name in world.oracle.deeds.keys() - here - world.oracle.lost - world.at_centre().keys():
        yield f"{name[0]} was shown as done, and is nowhere"


def chains(world: World) -> Faults:
    for name, disk in world.disks.items():
        yield from (f"{name}: {fault}" for fault in journals.verify(disk.store)[1])
    for (station, epoch), rows in _lineages(world).items():
        if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
            yield f"the centre's chain of {station}, epoch {epoch}, has gaps"


def prefix(world: World) -> Faults:
    held = {(r.station, r.epoch, r.seq): r.hash for r in _entries(world)}
    told = _incidents(world)
    for name, disk in world.disks.items():
        for row in disk.rows(station_tables.journal):
            there = held.get((disk.station, row.epoch, row.seq), row.hash)
            if there != row.hash and not told[disk.station]:
                yield f"{name} and the centre differ at {row.epoch}:{row.seq}, and nobody was told"


def at_most_once(world: World) -> Faults:
    for name, rows in world.at_centre().items():
        counted = [row for row in rows if row.barcode is not None]
        if len(counted) > 1:
            yield f"{name[0]} counts {len(counted)} times"


def again_changes_nothing(world: World) -> Faults:
    """I04 by deed: any part of any lineage is pushed again."""
    before = picture(world.centre.db), positions(world.centre.db)
    chance = random.Random(len(world.oracle.deeds))
    for (station, epoch), rows in _lineages(world).items():
        first = chance.randrange(len(rows))
        portion = rows[first : first + 1 + chance.randrange(len(rows))]
        wires = [WireEntry(seq=r.seq, hash=r.hash, body=r.body) for r in portion]
        lineage = Lineage(station, epoch, rows[-1].seq, rows[-1].hash, "")
        with world.centre.db.begin(SCHOOL) as conn:
            take_in(conn, SCHOOL, lineage, wires, now_ms=world.time.ms)
    if (picture(world.centre.db), positions(world.centre.db)) != before:
        yield "entries pushed again changed the tables"


def at_least_once(world: World) -> Faults:
    held = world.at_centre().keys()
    here = {name for disk in world.disks for name in world.on_disk(disk)}
    for name in world.oracle.deeds.keys() - held:
        if name in here or name not in world.oracle.lost:
            yield f"{name[0]} never reached the centre"


def convergence(world: World) -> Faults:
    """The tables are the fold of the set: any order of arrival gives the same."""
    yield from faults_of_centre(world.centre.db)
    chance = random.Random(len(world.oracle.deeds))
    with world.centre.db.read() as conn:
        stored = tails(conn, SCHOOL, dict.fromkeys(COPIES, -1))
        copies = shelf(conn, SCHOOL, list(COPIES), time_zone(conn, SCHOOL)).copies
    for barcode, entries in stored.items():
        events = [s.event for s in entries]
        whole = fold(events, copies[barcode])
        chance.shuffle(events)
        if fold(events, copies[barcode]) != whole:
            yield f"the order of arrival decides about {barcode}"


def local_view(world: World, name: str) -> Faults:
    """What this station wrote, and has no answer for, stands in its tables (I08, and I13 after each page)."""
    disk = world.disks[name]
    with disk.store.read() as tx:
        epoch = int(tx.value("epoch") or 1)
        durable = int(tx.value(f"durable:{epoch}") or 0)
    lent = {row.barcode: row.patron_id for row in disk.rows(station_tables.loans)}
    people = {(r.epoch, r.seq): r.patron_id for r in disk.rows(station_tables.journal_people)}
    should: dict[str, str | None] = {}
    for row in sorted(disk.rows(station_tables.journal), key=lambda r: (r.epoch, r.seq)):
        entry = parse(row.body)
        if entry.copy and entry.allowed and (row.epoch, row.seq) > (epoch, durable):
            back = entry.act is Act.CHECKIN
            should[entry.copy] = None if back else people[row.epoch, row.seq]
    for barcode, patron in should.items():
        if lent.get(barcode) != patron:
            yield f"{name}: {barcode} is with {lent.get(barcode)}, its own entries say {patron}"


def local_projection(world: World) -> Faults:
    for name in world.disks:
        yield from local_view(world, name)


def conservation(world: World) -> Faults:
    held = {row.barcode: row for row in world.centre.all_of(schema.holdings)}
    asked = _open_cases(world)
    for row in world.centre.all_of(schema.loans):
        if (row.closed_by is None) != (row.how == ""):
            yield f"the loan {row.opened_by} is half closed"
    still = Counter(r.barcode for r in world.centre.all_of(schema.loans) if r.closed_by is None)
    yield from (f"{barcode} is lent {n} times" for barcode, n in still.items() if n > 1)
    if held.keys() - set(COPIES):
        yield f"copies came out of nothing: {held.keys() - set(COPIES)}"
    for barcode, patron in world.oracle.holder.items():
        there = held[barcode].patron if barcode in held else None
        if barcode in world.oracle.unsure or there == patron:
            continue
        if not any(patron in who for who in asked[barcode]):
            yield f"{barcode} is with {patron}; the centre says {there}, and asks nobody"


def nothing_vanishes(world: World) -> Faults:
    entries = {(r.station, r.epoch, r.seq) for r in _entries(world)}
    outcomes = {(r.station, r.epoch, r.seq): r for r in world.centre.all_of(schema.outcomes)}
    if entries != outcomes.keys():
        yield f"entries without one outcome: {entries ^ outcomes.keys()}"
    asked = {
        (row.code, tuple(key))
        for row in world.centre.all_of(schema.cases)
        for key in json.loads(row.about)
    }
    for key, row in outcomes.items():
        for code in row.codes.split():
            if Code(code) in CASES and (code, key) not in asked:
                yield f"{key} is {code}, and no case was ever opened"


def no_refusal_afterwards(world: World) -> Faults:
    opened = {row.opened_by for row in world.centre.all_of(schema.loans)}
    codes = {(r.station, r.epoch, r.seq): r for r in world.centre.all_of(schema.outcomes)}
    for name, rows in world.at_centre().items():
        deed = world.oracle.deeds.get(name)
        if deed is None or deed.act is not Act.CHECKOUT or not deed.allowed:
            continue
        keys = [(row.station, row.epoch, row.seq) for row in rows]
        repeat = any("repeat_scan" in codes[key].codes for key in keys)
        if not repeat and not any("{}:{}:{}".format(*key) in opened for key in keys):
            yield f"the checkout {name[0]} is denied"


def in_the_patrons_favour(world: World) -> Faults:
    spans = {row.opened_by: row for row in world.centre.all_of(schema.loans)}
    for name, rows in world.at_centre().items():
        deed = world.oracle.deeds.get(name)
        if deed is None or not deed.allowed:
            continue
        for row in rows:
            key = f"{row.station}:{row.epoch}:{row.seq}"
            span = spans.get(key)
            lent = span if deed.act is Act.CHECKOUT and deed.due_on else None
            if lent and not lent.renewals and (lent.due_on is None or lent.due_on < deed.due_on):
                yield f"{key} was promised until {deed.due_on}, the centre says {lent.due_on}"
            for ended in spans.values():
                late = ended.closed_by == key and ended.closed_lo > deed.true_ms
                if late and deed.honest:
                    yield f"{ended.opened_by} came back before {ended.closed_lo}"


def complete_feed(world: World) -> Faults:
    """A station that takes a snapshot now knows what those know that read page by page."""
    fresh = world.disks.get("fresh") or world.new_station("fresh")
    for name, disk in world.disks.items():
        told = world.exchange(name)
        if told is None or told.parked:
            continue
        for table, (kind, key, columns) in TABLES.items():
            wanted = _fed(fresh, kind, key, columns)
            if _fed(disk, kind, key, columns) != wanted:
                yield f"{name}: its {table}s differ from those of a snapshot"


def causal_order(world: World) -> Faults:
    with world.centre.db.read() as conn:
        stored = tails(conn, SCHOOL, dict.fromkeys(COPIES, -1))
    for entries in stored.values():
        order = {e.key: at for at, e in enumerate(in_order([s.event for s in entries]))}
        for event in (s.event for s in entries):
            if event.after in order and order[event.after] > order[event.key]:
                yield f"{event.key} knew of {event.after}, and stands before it"


def sound_clock(world: World) -> Faults:
    for name, rows in world.at_centre().items():
        deed = world.oracle.deeds.get(name)
        for row in rows:
            if deed and deed.honest and not row.lo <= deed.true_ms <= row.hi:
                by = max(row.lo - deed.true_ms, deed.true_ms - row.hi)
                yield f"{name[0]} happened {by} ms outside of the interval of {row.station}:{row.epoch}:{row.seq}"


def forks_are_found(world: World) -> Faults:
    told, by_key = _incidents(world), defaultdict(list)
    for name in world.oracle.deeds.keys() & world.at_centre().keys():
        by_key[name[0]].append(name)
    for key, names in by_key.items():
        if len(names) > 1 and not told[key.partition(":")[0]]:
            yield f"{key} was written twice with other content, and nobody was told"


def erasable(world: World) -> Faults:
    """No chain names a person, so taking away what lies beside leaves every chain whole."""
    for row in _entries(world):
        if any(f'"{p}"' in row.body or f"c-{p}" in row.body for p in PATRONS):
            yield f"{row.station}:{row.epoch}:{row.seq} names a person"
    for name, disk in world.disks.items():
        with disk.store.begin() as tx:
            tx.conn.execute(delete(station_tables.journal_people))
        yield from (f"{name}: {fault}" for fault in journals.verify(disk.store)[1])


def schools_apart(world: World) -> Faults:
    for name, disk in world.disks.items():
        strangers = {row.id for row in disk.rows(station_tables.patrons)} - set(PATRONS)
        if strangers:
            yield f"{name} was told of {strangers}"
    with world.centre.db.read() as conn:
        of_other = select(schema.schools.c.position).where(schema.schools.c.id == OTHER)
        if conn.execute(of_other).scalar():
            yield "one school's acts moved another's feed"


def bounded(world: World) -> Faults:
    for name, disk in world.disks.items():
        with disk.store.read() as tx:
            if journals.unsent(tx):
                yield f"{name} still has entries to send"
        if (disk.folder / "snapshot.sqlite").exists():
            yield f"{name} keeps a snapshot that it has taken in"


def resolutions_hold(world: World) -> Faults:
    for row in world.centre.all_of(schema.cases):
        facts = world.oracle.settled.get(row.id)
        if facts == row.facts and row.is_open:
            yield f"the case {row.id} was settled, and is open again on the same facts"


STEP, QUIET = "after each step", "when all is quiet"


@dataclass(frozen=True)
class Check:
    """An invariant: when it is looked at, and by what. told: where else, or where instead, it is held."""

    when: str
    find: Callable[[World], Faults] | None
    told: str = ""


CHECKS: dict[str, tuple[Check, ...]] = {
    "I01": (Check(STEP, durable_before_done),),
    "I02": (Check(STEP, chains),),
    "I03": (Check(QUIET, prefix),),
    "I04": (Check(STEP, at_most_once), Check(QUIET, again_changes_nothing)),
    "I05": (Check(QUIET, at_least_once),),
    "I06": (Check("at each reply", None, "World._heard"),),
    "I07": (Check(QUIET, convergence),),
    "I08": (Check(STEP, local_projection),),
    "I09": (Check(QUIET, conservation),),
    "I10": (Check(STEP, nothing_vanishes),),
    "I11": (Check(STEP, no_refusal_afterwards),),
    "I12": (Check(QUIET, in_the_patrons_favour),),
    "I13": (Check("after each page", None, "World._own_writes_stand"),),
    "I14": (Check(QUIET, complete_feed),),
    "I15": (Check(QUIET, causal_order),),
    "I16": (Check(STEP, sound_clock),),
    "I17": (Check(STEP, forks_are_found),),
    "I19": (Check(QUIET, schools_apart),),
    "I20": (Check(QUIET, bounded),),
    "I21": (Check(STEP, resolutions_hold),),
    # Last, because it takes from the stations what lies beside their entries.
    "I18": (Check(QUIET, erasable),),
}


def faults(world: World, when: str) -> list[str]:
    """Everything that is not as it must be at this moment, with the number of the invariant."""
    found = list(world.oracle.faults)
    for number, checks in CHECKS.items():
        for check in checks:
            if check.when == when and check.find:
                found += [f"{number}: {fault}" for fault in check.find(world)]
    return found


def _entries(world: World) -> list:
    return [row for row in world.centre.all_of(schema.entries) if row.school == SCHOOL]


def _lineages(world: World) -> dict[tuple[str, int], list]:
    found = defaultdict(list)
    for row in sorted(_entries(world), key=lambda r: (r.station, r.epoch, r.seq)):
        found[row.station, row.epoch].append(row)
    return found


def _incidents(world: World) -> Counter[str]:
    return Counter(row.station for row in world.centre.all_of(schema.incidents))


def _open_cases(world: World) -> dict[str, list[list[str | None]]]:
    found = defaultdict(list)
    for row in world.centre.all_of(schema.cases):
        if row.is_open and row.barcode:
            found[row.barcode].append(json.loads(row.patrons))
    return found


def _fed(disk, table: str, key: str, columns: tuple[str, ...]) -> list:
    rows = disk.rows(getattr(station_tables, table))
    named = [name for name in (key, *columns) if name != "n"]
    return sorted(tuple(str(getattr(row, name)) for name in named) for row in rows)
