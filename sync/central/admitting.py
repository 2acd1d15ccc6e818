"""Entries of a revoked station that a person lets count after all, and that person's second thoughts.

Such an entry was kept apart, on no copy. Admitted, it is folded in as if it had come in its turn; nothing is rewritten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from msgspec import structs
from sqlalchemy import Connection, and_, delete, select, update

from kiosk.domain import Act
from kiosk.entry import Entry, parse
from sync.central.db import one_of
from sync.central.hearing import hear, unhear
from sync.central.ingest import step_queues
from sync.central.late import spoken_of
from sync.central.positions import publish
from sync.central.read import key_of, shelf, tails, time_zone
from sync.central.refold import refold
from sync.central.rehomed import rehomed_before
from sync.central.reports.counting import count_again
from sync.central.schema import (
    cases,
    copies,
    entries,
    holdings,
    holds,
    outcomes,
    people,
    said,
    seals,
)
from sync.continuity import Arrival
from sync.events import Code, Event, Key, Outcome
from sync.wire import WireEntry


def admit(conn: Connection, school: str, case: Any, by: Key, now_ms: int) -> None:
    """Let all that this case's station sent after it was revoked count; one answer closes all the cases about it."""
    about = _of_same_station(conn, school, case, cases.c.is_open)
    rows = [_entry(conn, school, key) for key in about.values()]
    arrivals = [_arrival(row) for row in rows]
    counted_before = rehomed_before(conn, school, arrivals)
    labels = {a.entry.copy for a in arrivals if a.entry and a.entry.copy}
    around = shelf(conn, school, labels, time_zone(conn, school))
    touched: set[str] = set()
    for row, arrival in zip(rows, arrivals, strict=True):
        entry, key = arrival.entry, _key(row)
        assert entry is not None, "what was kept for its station's sake can be read"
        _tell(conn, school, key, Outcome.ACCEPTED, "")
        if key not in counted_before:
            barcode = around.barcode(entry) if entry.copy else None
            _put(conn, school, key, barcode=barcode, origin=entry.origin)
            if barcode:
                touched.add(barcode)
    _fold_anew(conn, school, touched, now_ms)
    hear(conn, school, _said(conn, school, rows, counted_before), now_ms)
    new = {_key(row) for row in rows}
    _step_queues(conn, school, touched, lambda event: event.key in new, now_ms)
    _count_again(conn, school, about)
    who = parse(_entry(conn, school, by).body).staff
    told = {"settled_by": str(by), "settled_staff": who, "closed_ms": now_ms}
    _note(conn, school, about, is_open=False, **told)


def withdraw(conn: Connection, school: str, case: Any, now_ms: int) -> None:
    """Take an admission back: the entries are kept apart again, and the questions are open."""
    about = _of_same_station(conn, school, case, cases.c.settled_by == case.settled_by)
    rows = [_entry(conn, school, key) for key in about.values()]
    for key in about.values():
        _put(conn, school, key, barcode=None, origin=None)
        _tell(conn, school, key, Outcome.QUARANTINED, Code.REVOKED.value)
    counted = rehomed_before(conn, school, [_arrival(row) for row in rows])
    unhear(conn, school, _said(conn, school, rows, counted))
    touched = {row.barcode for row in rows if row.barcode}
    touched |= _wait_again(conn, school, about.values())
    _fold_anew(conn, school, touched, now_ms)
    # Whoever waits again may have got a copy later.
    _step_queues(conn, school, touched, lambda event: event.act is Act.CHECKOUT, now_ms)
    _count_again(conn, school, about)
    _note(conn, school, about, is_open=True, settled_by=None, closed_ms=None, reopened=True)


def choice_of(conn: Connection, school: str, settled_by: str) -> str:
    """What was chosen in the entry that settled a case."""
    key = key_of(settled_by)
    assert key is not None, "a settlement is an entry"
    entry: Entry = parse(_entry(conn, school, key).body)
    return entry.choice or ""


def _of_same_station(conn: Connection, school: str, case: Any, which: Any) -> dict[str, Key]:
    """The cases of this kind about the same station, with the entry that each is about."""
    mine = select(cases.c.id, cases.c.about).where(
        cases.c.school == school, cases.c.code == Code.REVOKED.value, which
    )
    about = {row.id: Key(*json.loads(row.about)[0]) for row in conn.execute(mine)}
    station = Key(*json.loads(case.about)[0]).station
    ours = {name: key for name, key in about.items() if key.station == station}
    return dict(sorted(ours.items(), key=lambda pair: pair[1]))


def _fold_anew(conn: Connection, school: str, touched: set[str], now_ms: int) -> None:
    if not touched:
        return
    around = shelf(conn, school, touched, time_zone(conn, school))
    refold(conn, school, {b: [] for b in sorted(touched)}, around, now_ms=now_ms)
    left = select(entries.c.barcode).where(
        entries.c.school == school, entries.c.barcode.in_(touched)
    )
    nowhere = touched - set(conn.execute(left).scalars())
    for table in (holdings, seals):
        conn.execute(
            delete(table).where(table.c.school == school, table.c.barcode.in_(sorted(nowhere)))
        )


def _said(
    conn: Connection, school: str, rows: Iterable[Any], but: Collection[Key]
) -> list[tuple[Entry, WireEntry, int]]:
    """What readers said in these entries, with what lies beside each."""
    told = []
    for row in rows:
        arrival, key = _arrival(row), _key(row)
        if arrival.entry and arrival.entry.act is Act.SAY and key not in but:
            who = select(people.c.patron).where(_at(people, school, key))
            words = conn.execute(select(said).where(_at(said, school, key))).first()
            beside = {"said_salt": words.salt, "said": words.said} if words else {}
            patron = conn.execute(who).scalar()
            wire = structs.replace(arrival.wire, patron=patron, **beside)
            told.append((arrival.entry, wire, row.est))
    return told


def _wait_again(conn: Connection, school: str, keys: Iterable[Key]) -> set[str]:
    """Whoever had got a book by these entries waits for it as before; the copies whose entries that may concern."""
    by = one_of(conn, holds.c.ended_by, [str(key) for key in keys])
    mine = (holds.c.school == school, by)
    rows = conn.execute(select(holds.c.id, holds.c.title_id).where(*mine)).all()
    waits = {"ended_ms": None, "how": "", "ended_by": None, "last_barcode": None}
    conn.execute(update(holds).where(*mine).values(**waits))
    publish(conn, school, [("hold", row.id) for row in rows])
    titles = one_of(conn, copies.c.title_id, {row.title_id for row in rows})
    of_titles = select(copies.c.barcode).where(copies.c.school == school, titles)
    return spoken_of(conn, school, list(conn.execute(of_titles).scalars())) if rows else set()


def _step_queues(
    conn: Connection, school: str, touched: set[str], which: Callable[[Event], bool], now_ms: int
) -> None:
    if not touched:
        return
    around = shelf(conn, school, touched, time_zone(conn, school))
    stored = tails(conn, school, dict.fromkeys(touched, -1))
    found = {b: [s.event for s in stored.get(b, ()) if which(s.event)] for b in touched}
    step_queues(conn, school, found, around, now_ms)


def _count_again(conn: Connection, school: str, about: dict[str, Key]) -> None:
    for station in {key.station for key in about.values()}:
        count_again(conn, school, station)


def _key(row: Any) -> Key:
    return Key(row.station, row.epoch, row.seq)


def _at(table: Any, school: str, key: Key) -> Any:
    place = (school, *key)
    names = ("school", "station", "epoch", "seq")
    return and_(*(table.c[name] == value for name, value in zip(names, place, strict=True)))


def _entry(conn: Connection, school: str, key: Key) -> Any:
    return conn.execute(select(entries).where(_at(entries, school, key))).one()


def _arrival(row: Any) -> Arrival:
    wire = WireEntry(seq=row.seq, hash=row.hash, body=row.body)
    return Arrival(wire, parse(row.body), None)


def _put(conn: Connection, school: str, key: Key, **values: str | None) -> None:
    conn.execute(update(entries).where(_at(entries, school, key)).values(**values))


def _tell(conn: Connection, school: str, key: Key, outcome: Outcome, codes: str) -> None:
    told = {"outcome": outcome.value, "codes": codes, "past_limit": False}
    again = outcomes.c.revision + 1
    conn.execute(update(outcomes).where(_at(outcomes, school, key)).values(**told, revision=again))


def _note(conn: Connection, school: str, names: Iterable[str], **values: Any) -> None:
    conn.execute(
        update(cases).where(cases.c.school == school, cases.c.id.in_(list(names))).values(**values)
    )
