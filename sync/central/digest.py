"""The daily digest: exceptions that need no decision, by the day on which they came in; kept for 30 days by rule.

Entries are read in the order in which they came in, so many for each page; those that were odd are few of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, and_, select, tuple_

from sync.central.db import one_of
from sync.central.schema import copies, entries, outcomes, stations, titles
from sync.events import CASES, NEED_A_PERSON, Code, Key, Outcome

DAYS = 30
KEPT_MS = DAYS * 24 * 3_600_000
PAGE = 50
WINDOW, WINDOWS = 500, 4
# What a digest may tell; the other codes are cases.
KINDS = tuple(code for code in Code if code not in CASES)
Mark = tuple[int, str, int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """An exception that needs no decision. title, station: the names of what it is about ("" where there is none)."""

    key: Key
    codes: tuple[Code, ...]
    barcode: str | None
    est: int
    received_ms: int
    title: str = ""
    station: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page. looked_at: entries that were looked at for it; after: where the next begins (None: that was all)."""

    lines: tuple[Line, ...]
    looked_at: int
    after: Mark | None


def kind_of(text: str) -> Code | None:
    """What a digest may tell under this name, if it is one."""
    return next((code for code in KINDS if code.value == text), None)


def span_of(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The day from midnight to midnight at the library (UTC ms)."""
    begin, end = (
        datetime.combine(day + timedelta(days=n), time(), zone).timestamp() for n in (0, 1)
    )
    return int(begin * 1000), int(end * 1000)


def page(
    conn: Connection,
    school: str,
    span: tuple[int, int],
    *,
    code: Code | None = None,
    after: Mark | None = None,
) -> Found:
    """The next exceptions that came in within the span (UTC ms), the newest first; fewer than a page where rare."""
    found: list[Any] = []
    looked_at = 0
    for _ in range(WINDOWS):
        rows = conn.execute(window_query(school, span, after)).all()
        odd = _odd(conn, school, rows)
        for row in rows:
            looked_at += 1
            key = Key(row.station, row.epoch, row.seq)
            after = (row.received_ms, *key)
            if key in odd and (code is None or code in odd[key]):
                found.append(Line(key, odd[key], row.barcode, row.est, row.received_ms))
                if len(found) == PAGE:
                    return Found(_named(conn, school, found), looked_at, after)
        if len(rows) < WINDOW:
            return Found(_named(conn, school, found), looked_at, None)
    return Found(_named(conn, school, found), looked_at, after)


def lines(conn: Connection, school: str, now_ms: int) -> Iterator[Line]:
    """All of the last 30 days, a page after the other."""
    after: Mark | None = None
    while True:
        some = page(conn, school, (now_ms - KEPT_MS + 1, now_ms + 1), after=after)
        yield from some.lines
        after = some.after
        if after is None:
            return


def window_query(school: str, span: tuple[int, int], after: Mark | None) -> Select[Any]:
    """The next entries by the moment at which they came in."""
    at = (entries.c.received_ms, entries.c.station, entries.c.epoch, entries.c.seq)
    begin, end = span
    query = select(*at, entries.c.barcode, entries.c.est).where(
        entries.c.school == school, entries.c.received_ms >= begin, entries.c.received_ms < end
    )
    if after:
        query = query.where(entries.c.received_ms <= after[0], tuple_(*at) < tuple_(*after))
    return query.order_by(*(column.desc() for column in at)).limit(WINDOW)


def _odd(conn: Connection, school: str, rows: Sequence[Any]) -> dict[Key, tuple[Code, ...]]:
    """Of these entries, what was odd about those that nobody has to decide."""
    lineages: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        lineages.setdefault((row.station, row.epoch), []).append(row.seq)
    found: dict[Key, tuple[Code, ...]] = {}
    for (station, epoch), seqs in lineages.items():
        query = select(outcomes).where(
            outcomes.c.school == school, outcomes.c.station == station, outcomes.c.epoch == epoch,
            one_of(conn, outcomes.c.seq, seqs), outcomes.c.outcome == Outcome.EXCEPTED.value,
        )  # fmt: skip
        for row in conn.execute(query):
            codes = [Code(c) for c in row.codes.split()]
            codes += [Code.OVER_LIMIT] if row.past_limit else []
            if not set(codes) & NEED_A_PERSON:
                found[Key(station, epoch, row.seq)] = tuple(codes)
    return found


def _named(conn: Connection, school: str, some: Sequence[Line]) -> tuple[Line, ...]:
    called = _titles(conn, school, {line.barcode for line in some if line.barcode})
    query = select(stations.c.id, stations.c.name).where(stations.c.school == school)
    names = {row.id: row.name for row in conn.execute(query)}
    return tuple(
        Line(
            line.key, line.codes, line.barcode, line.est, line.received_ms,
            called.get(line.barcode or "", ""), names.get(line.key.station, line.key.station),
        )
        for line in some
    )  # fmt: skip


def _titles(conn: Connection, school: str, barcodes: Collection[str]) -> dict[str, str]:
    of = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    query = (
        select(copies.c.barcode, titles.c.title)
        .join(titles, of)
        .where(copies.c.school == school, one_of(conn, copies.c.barcode, barcodes))
    )
    return {row.barcode: row.title for row in conn.execute(query)} if barcodes else {}
