"""The reports' figures counted again, slowly and plainly, from the entries alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, select

from kiosk.calendar import Rules, day_plan, zone
from kiosk.entry import parse
from sync.central.activities import counts
from sync.central.db import Database
from sync.central.read import shelf, tails, time_zone
from sync.central.report_tables import act_days, copy_loans, reader_weeks
from sync.central.reports.periods import Period
from sync.central.reports.readers import count_borrowed
from sync.central.reports.whose import whose
from sync.central.rules import rules_in_force
from sync.central.schema import copies, entries, outcomes, patrons, people, voices
from sync.central.stays import room_visits
from sync.fold import fold
from tests.central.fleet import SCHOOL


def counted(db: Database, terms: list[Period], goal: float) -> dict[str, Any]:
    """What the report's tables say."""
    with db.read() as conn:
        acts: Counter = Counter()
        for row in conn.execute(select(act_days)):
            acts[row.day, row.station, row.during, row.act, row.staff] += row.n
        weeks: Counter = Counter()
        for row in conn.execute(select(reader_weeks)):
            weeks[row.week, row.patron, row.act] += row.n
        stays = room_visits(conn, SCHOOL, 0, 1 << 60)
        came = counts(conn, SCHOOL, ["a1", "a2"])
        lent = {row.barcode: row.loans for row in conn.execute(select(copy_loans))}
        zone = time_zone(conn, SCHOOL)
        classes = {
            term.key: {
                (c.grade, c.class_name): (c.pupils, c.loans, c.borrowed, c.reached)
                for c in count_borrowed(conn, SCHOOL, term, zone, goal).classes
            }
            for term in terms
        }
    return {
        "acts": {k: n for k, n in acts.items() if n},
        "weeks": {k: n for k, n in weeks.items() if n},
        "activities": {name: (c.attended, c.copies) for name, c in came.items()},
        "stays": [(v.patron, v.room, v.from_ms, v.until_ms) for v in stays],
        "copies": lent,
        "classes": classes,
    }


def recount(
    db: Database, terms: list[Period], goal: float, erased: list[tuple[str, int, str, int]]
) -> dict[str, Any]:
    """The same from the entries. erased: (term, grade, class, loans) of pupils who are no longer there."""
    with db.read() as conn:
        rules = rules_in_force(conn, SCHOOL)
        assert rules is not None
        acts, weeks = _acts(conn, rules)
        stays = _stays(conn)
        came = {name: _activity(conn, name) for name in ("a1", "a2")}
        spans = _spans(conn)
        classes = {term.key: _classes(conn, spans, term, goal, erased) for term in terms}
        known = list(conn.execute(select(copies.c.barcode)).scalars())
    lent = Counter(barcode for barcode, span in spans if span.how != "undone")
    return {
        "acts": dict(acts),
        "weeks": dict(weeks),
        "stays": stays,
        "activities": came,
        "copies": {barcode: lent[barcode] for barcode in known},
        "classes": classes,
    }


def loans_of(db: Database, patron: str, term: Period) -> int:
    with db.read() as conn:
        spans = _spans(conn)
        zone = time_zone(conn, SCHOOL)
    return sum(s.patron == patron and _in(term, s, zone) for _, s in spans)


def _acts(conn, rules: Rules) -> tuple[Counter, Counter]:
    beside = [
        and_(*(t.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")))
        for t in (outcomes, people)
    ]
    query = (
        select(entries, outcomes.c.outcome, people.c.patron)
        .join(outcomes, beside[0])
        .outerjoin(people, beside[1])
        .order_by(entries.c.epoch, entries.c.station, entries.c.seq)
    )
    done: dict[str, tuple[Any, Any]] = {}
    for row in conn.execute(query).all():
        if row.outcome == "quarantined":
            continue
        entry = parse(row.body)
        name = (row.origin or f"{entry.key} {row.hash}").split()[0]
        of_copy = entry.act in ("checkout", "checkin", "renewal", "use")
        if entry.allowed and (row.barcode or not of_copy):
            done.setdefault(name, (row, entry))
    for name, (_, entry) in list(done.items()):
        _, before = done.get(entry.undoes or "", (None, None))
        pair = (entry.act, before.act if before and not before.undoes else "")
        if pair in (("checkin", "checkout"), ("renewal", "checkin"), ("renewal", "renewal")):
            # What was done in error leaves nothing; a return that became a renewal leaves the renewal.
            done.pop(entry.undoes)
            if pair[0] == "checkin" or entry.days is None:
                done.pop(name)
    pupils = {
        row.id for row in conn.execute(select(patrons.c.id).where(patrons.c.grade.isnot(None)))
    }
    acts: Counter = Counter()
    weeks: Counter = Counter()
    for row, entry in done.values():
        day, during = _when(row.est, rules)
        acts[day, row.station, during, str(entry.act), entry.staff or ""] += 1
        if entry.act in ("visit", "use") and row.patron:
            who = whose(conn, SCHOOL, {row.patron}).get(row.patron, row.patron)
            if who not in pupils:
                weeks[day - timedelta(days=day.weekday()), row.patron, str(entry.act)] += 1
    return acts, weeks


def _activity(conn, name: str) -> tuple[int, int]:
    """How many came, and how many different copies were read."""
    beside = and_(*(people.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")))
    query = select(entries.c.body, entries.c.barcode, people.c.patron).outerjoin(people, beside)
    told = [(parse(row.body), row) for row in conn.execute(query)]
    mine = [(entry, row) for entry, row in told if entry.allowed and entry.value == name]
    came = {row.patron for entry, row in mine if entry.act == "attend"}
    read = {row.barcode for entry, row in mine if entry.act == "use"}
    return len(came - {None}), len(read - {None})


def _stays(conn) -> list[tuple[str, str, int, int | None]]:
    """Who was in which reading room, from when to when: each sign-in with what was said of it last."""
    beside = and_(*(people.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")))
    order = (entries.c.station, entries.c.epoch, entries.c.seq)
    query = select(entries, people.c.patron).join(people, beside).order_by(*order)
    begun: dict[tuple[str, str], Any] = {}
    said: dict[tuple[str, str], Any] = {}
    for row in conn.execute(query).all():
        entry = parse(row.body)
        own = (row.station, (row.origin or entry.key).split()[0])
        if entry.act == "sign_in" and entry.undoes is None:
            begun.setdefault(own, (row, entry))
        elif entry.act in ("sign_in", "sign_out"):
            said[row.station, entry.value or ""] = (row, entry)
    sat: dict[str, list[list[Any]]] = {}
    for name, (row, entry) in begun.items():
        what, last = said.get(name, (None, None))
        out = what.est if last is not None and last.act == "sign_out" else None
        if out is not None and last.undoes:
            continue
        room, _, closes = entry.value.partition(" ")
        who = whose(conn, SCHOOL, {row.patron}).get(row.patron, row.patron)
        until = out if out is not None else max(int(closes), row.est) if closes else None
        sat.setdefault(who, []).append([row.est, name[1], room, until, out is None])
    found = []
    for who, theirs in sat.items():
        theirs.sort()
        for now, after in pairwise(theirs):
            if now[4] and now[3] is not None and after[0] < now[3]:
                if now[2] == after[2]:
                    after[0], now[0] = now[0], None
                else:
                    now[3] = after[0]
        # Where no sign-out ends a stay that goes on elsewhere in the room, it is one stay.
        found += [
            (who, room, at, max(until, at) if until else None)
            for at, _, room, until, _ in theirs
            if at is not None
        ]
    return sorted(found, key=lambda v: (v[2], v[0], v[1]))


def _when(at_ms: int, rules: Rules) -> tuple[date, str]:
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone(rules))
    for span in day_plan(rules, local.date(), rules.library.library.room):
        if span.begins <= local < span.ends:
            return local.date(), span.window.name
    return local.date(), ""


def _spans(conn) -> list[tuple[str, Any]]:
    """Every loan there ever was, by folding each copy from its beginning."""
    barcodes = {b for b in conn.execute(select(entries.c.barcode)).scalars() if b}
    around = shelf(conn, SCHOOL, barcodes, time_zone(conn, SCHOOL))
    stored = tails(conn, SCHOOL, dict.fromkeys(barcodes, -1))
    return [
        (barcode, span)
        for barcode in sorted(barcodes)
        for span in fold([s.event for s in stored[barcode]], around.copies[barcode]).spans
    ]


def _in(term: Period, span: Any, zone) -> bool:
    day = datetime.fromtimestamp(span.opened_ms / 1000, UTC).astimezone(zone).date()
    return span.how != "undone" and term.begins <= day <= term.ends


def _classes(conn, spans, term: Period, goal: float, erased) -> dict[tuple[int, str], tuple]:
    zone = time_zone(conn, SCHOOL)
    mine = Counter(span.patron for _, span in spans if _in(term, span, zone))
    each = [
        ((row.grade, row.class_name), mine[row.id])
        for row in conn.execute(select(patrons))
        if row.grade is not None
    ]
    each += [((grade, name), n) for key, grade, name, n in erased if key == term.key]
    found: dict[tuple[int, str], tuple] = {}
    for place, n in each:
        p, total, some, reached = found.get(place, (0, 0, 0, 0))
        found[place] = (p + 1, total + n, some + (n > 0), reached + (n >= goal))
    return found


def said_in(conn, term: Period) -> dict[str, tuple[int, int]]:
    """What readers said in the term, by kind, and how much of it was answered: from the entries, each act once."""
    beside = and_(*(outcomes.c[n] == entries.c[n] for n in ("school", "station", "epoch", "seq")))
    local = time_zone(conn, SCHOOL)
    state = {row.id: row.state for row in conn.execute(select(voices.c.id, voices.c.state))}
    told: dict[str, tuple[int, int]] = dict.fromkeys(
        ("suggestion", "complaint", "purchase", "answers"), (0, 0)
    )
    seen: set[str] = set()
    for row in conn.execute(select(entries, outcomes.c.outcome).join(outcomes, beside)):
        entry = parse(row.body)
        name = (row.origin or row.hash).split()[-1][:32]
        day = datetime.fromtimestamp(row.est / 1000, local).date()
        if entry.act != "say" or row.outcome == "quarantined" or name in seen:
            continue
        seen.add(name)
        if entry.value in told and term.begins <= day <= term.ends:
            done = state[name] == "answered" and entry.value != "answers"
            n, answered = told[entry.value]
            told[entry.value] = (n + 1, answered + done)
    return told
