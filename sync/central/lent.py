"""The loans of copies that have been folded, compared with those written before, and written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    select,
)

from sync.central import limits
from sync.central.db import (
    given_in,
    is_postgres,
    listed,
    moments_of,
    one_in,
    one_of,
    update_rows,
    upsert_rows,
)
from sync.central.read import key_of
from sync.central.schema import loans
from sync.central.starts import Start
from sync.events import Folded, Key, Span
from sync.standing import named

Values = tuple[Any, ...]
# A loan as it is written, and whether it lies past the limit; by the entry that opened it.
Before = dict[str, tuple[Values, bool]]
_LOAN = (
    "school", "opened_by", "barcode", "patron", "opened_ms", "due_on", "renewals",
    "closed_by", "closed_ms", "closed_lo", "how", "claimed_by", "claimed_ms",
)  # fmt: skip
# Where and when it began seldom changes, and stands in indexes: what is not named there need not be written there.
_BEGAN = ("barcode", "opened_ms")
_GOES_ON = tuple(name for name in _LOAN if name not in _BEGAN)
_begun = itemgetter(*(_LOAN.index(name) for name in _BEGAN))
_going_on = itemgetter(*(_LOAN.index(name) for name in _GOES_ON))
_OPENED_BY, _PATRON, _OPENED_MS, _DUE_ON, _CLOSED_MS, _HOW = (
    _LOAN.index(n) for n in ("opened_by", "patron", "opened_ms", "due_on", "closed_ms", "how")
)
_UNDONE = "undone"
_TOLD = (loans.c.past_limit, *(loans.c[name] for name in _LOAN))


@dataclass(slots=True)
class Lending:
    """What has changed of loans. rows: those that are new or began otherwise; others: those that began as
    before, by the columns of `_GOES_ON`; vanished: those that turn out to have been none.

    past_no_more: the vanished that lay past the limit, and those that are nobody's now. patrons: whose loans changed.
    within: for those of them who had another number of copies at some time, from when to when (UTC ms). counted: who
    has borrowed another number of copies in all.
    """

    rows: list[Values] = field(default_factory=list)
    others: list[Values] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    past_no_more: list[Key] = field(default_factory=list)
    patrons: set[str] = field(default_factory=set)
    within: dict[str, tuple[int, int]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)


def before(conn: Connection, school: str, begun: Mapping[str, Start]) -> Before:
    """The loans written of these copies, beyond where each is folded on from, and those that its state there names.

    Of one whose entries come in their turn that is the loan that is open, which need not be read.
    """
    late = {barcode: start.to_ms for barcode, start in begun.items() if not start.in_turn}
    named = [
        str(span.opened_by)
        for start in begun.values()
        if not start.in_turn and start.holding
        for span in (start.holding.loan, _lengthened_since(start))
        if span
    ]
    open_still = (
        _row(school, barcode, start.holding.loan)
        for barcode, start in begun.items()
        if start.in_turn and start.holding and start.holding.loan
    )
    in_turn = {row[_OPENED_BY]: (row, False) for row in open_still}
    return in_turn | _beyond(conn, school, late) | _named(conn, school, named)


def compare(
    school: str, told: Mapping[str, Folded], known: Before, begun: Mapping[str, Start]
) -> Lending:
    """What is new, what differs, what turns out to have been none."""
    found = Lending()
    gone = dict(known)
    for barcode, folded in told.items():
        for span in (*folded.spans, *_ended_before(begun[barcode], folded)):
            row = _row(school, barcode, span)
            was, _ = gone.pop(row[_OPENED_BY], (None, False))
            if was != row:
                if was and was[_PATRON] and row[_PATRON] is None and row[_CLOSED_MS] is None:
                    found.past_no_more.append(span.opened_by)
                if was and _begun(was) == _begun(row):
                    found.others.append(_going_on(row))
                else:
                    found.rows.append(row)
                _note(found, was, row)
    for opened_by, (row, was_past) in gone.items():
        found.vanished.append(opened_by)
        _note(found, row, None)
        key = key_of(opened_by)
        if was_past and key:
            found.past_no_more.append(key)
    return found


def _ended_before(start: Start, folded: Folded) -> tuple[Span, ...]:
    """The loan that had ended at the seal and was lengthened since, where it is so no more: it has ended again."""
    ended = _lengthened_since(start)
    if ended is None or any(span.opened_by == ended.opened_by for span in folded.spans):
        return ()
    return (ended,)


def _lengthened_since(start: Start) -> Span | None:
    """The loan that had ended where a late fold begins, and whose return an entry beyond was told to undo."""
    ended = start.holding.ended if start.holding else None
    if ended and any(stored.event.undoes == ended.closed_by for stored in start.tail):
        return ended
    return None


def write(conn: Connection, school: str, lending: Lending) -> None:
    """Write down what `compare` has found; whether a loan is past the limit is not of it."""
    upsert_rows(conn, loans, _LOAN, lending.rows)
    update_rows(conn, loans, _GOES_ON, lending.others)
    if lending.vanished:
        gone = one_of(conn, loans.c.opened_by, lending.vanished)
        conn.execute(delete(loans).where(loans.c.school == school, gone))


def _note(found: Lending, was: Values | None, row: Values | None) -> None:
    there = [one for one in (was, row) if one and one[_PATRON]]
    found.patrons.update(one[_PATRON] for one in there)
    if was and row and (was[_PATRON], was[_OPENED_MS]) == (row[_PATRON], row[_OPENED_MS]):
        _note_within(found, row[_PATRON], *sorted((_end(was), _end(row))))
        if (was[_HOW] == _UNDONE) == (row[_HOW] == _UNDONE):
            return
    else:
        for one in there:
            # One that was closed as it began is itself among those to be judged.
            begun_ms = one[_OPENED_MS]
            _note_within(found, one[_PATRON], begun_ms, max(_end(one), begun_ms + 1))
    found.counted.update(one[_PATRON] for one in there)


def _note_within(found: Lending, patron: str | None, from_ms: int, to_ms: int) -> None:
    if patron and from_ms < to_ms:
        first, last = found.within.get(patron, (from_ms, to_ms))
        found.within[patron] = (min(first, from_ms), max(last, to_ms))


def _end(loan: Values) -> int:
    return limits.NEVER_MS if loan[_CLOSED_MS] is None else int(loan[_CLOSED_MS])


def _beyond(conn: Connection, school: str, late: Mapping[str, int]) -> Before:
    if not late:
        return {}
    asked = {"school": school, "late": listed(moments_of(late))}
    return _read(conn.execute(_opened_beyond(is_postgres(conn)), asked).all())


def _named(conn: Connection, school: str, named: Sequence[str]) -> Before:
    if not named:
        return {}
    asked = {"school": school, "named": listed(named)}
    return _read(conn.execute(_opened_by(is_postgres(conn)), asked).all())


def _read(rows: Iterable[Any]) -> Before:
    found = {}
    for past, *told in rows:
        if past is not None:
            told[_DUE_ON] = _day(told[_DUE_ON])
            found[told[_OPENED_BY]] = (tuple(told), past)
    return found


@cache
def _opened_by(postgres: bool) -> Select[Any]:
    mine = loans.c.school == bindparam("school")
    return select(*_TOLD).where(mine, one_in(postgres, loans.c.opened_by, "named"))


@cache
def _opened_beyond(postgres: bool) -> Select[Any]:
    since = given_in(postgres, "late", name=Text, ms=BigInteger)
    later = and_(
        loans.c.school == bindparam("school"),
        loans.c.barcode == since.c.name,
        loans.c.opened_ms > since.c.ms,
    )
    return select(*_TOLD).select_from(since.outerjoin(loans, later))


def _row(school: str, barcode: str, span: Span) -> Values:
    return (
        school,
        str(span.opened_by),
        barcode,
        named(span.patron),
        span.opened_ms,
        _day(span.due_on),
        span.renewals,
        str(span.closed_by) if span.closed_by else None,
        span.closed_ms,
        span.closed_lo,
        span.how,
        str(span.claimed_by) if span.claimed_by else None,
        span.claimed_ms,
    )


def _day(due_on: date | None) -> str | None:
    return due_on.isoformat() if due_on else None
