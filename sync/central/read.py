"""What the fold must know, read set-wise: copies' surroundings, patrons' histories, entries since a seal."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, and_, or_, select

from kiosk.domain import Act, CopyState, Note
from kiosk.entry import Entry, parse
from sync.central.db import beyond, one_of
from sync.central.schema import (
    blocks,
    card_changes,
    cards,
    copies,
    entries,
    holds,
    old_labels,
    outcomes,
    patron_aliases,
    patrons,
    people,
    schools,
)
from sync.events import DESK, Code, Event, Holding, HoldSpan, Key, Mark, Span
from sync.fold import Copy
from sync.standing import NOBODY_KNOWN, UNKNOWN, Block, CardChange, History, about_patron
from sync.timeline import Stamp

LENDING = (Act.CHECKOUT, Act.RENEWAL)


def key_of(text: str | None) -> Key | None:
    """Read station:epoch:seq. What is not one names nothing."""
    if not text:
        return None
    station, _, rest = text.partition(":")
    epoch, _, seq = rest.partition(":")
    if not (epoch.isascii() and epoch.isdigit() and seq.isascii() and seq.isdigit()):
        return None
    return Key(station, int(epoch), int(seq))


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands beside an entry, aliases followed; card: the number that opened the visit."""

    patron: str
    card: str | None = None


def time_zone(conn: Connection, school: str) -> ZoneInfo:
    name = conn.execute(select(schools.c.time_zone).where(schools.c.id == school)).scalar_one()
    return ZoneInfo(name)


def event_of(
    entry: Entry, stamp: Stamp, person: Person | None, codes: frozenset[Code] = frozenset()
) -> Event:
    """The entry as the fold sees it."""
    return Event(
        key=Key(entry.station, entry.epoch, entry.seq),
        act=entry.act,
        allowed=entry.allowed,
        lo=stamp.lo,
        est=stamp.est,
        hi=stamp.hi,
        wall_ms=entry.wall_ms,
        label=entry.copy or "",
        patron=person.patron if person else None,
        due_on=date.fromisoformat(entry.due_on) if entry.due_on else None,
        days=entry.days,
        renewals=entry.renewals,
        sure=entry.clock == "sure",
        hold_waiting=Note.HOLD_WAITING.value in entry.notes,
        hold_filled=Note.HOLD_FILLED.value in entry.notes,
        after=key_of(entry.after),
        undoes=key_of(entry.undoes),
        as_of_ms=entry.as_of_ms,
        value=entry.value,
        case=entry.case,
        choice=entry.choice,
        facts=entry.facts,
        codes=codes,
        override=decided_by_staff(entry),
    )


def decided_by_staff(entry: Entry) -> bool:
    """Whether somebody at the central record allowed this against the rules, knowing them."""
    return entry.station == DESK and entry.override is not None


def codes_of(
    entry: Entry, stamp: Stamp, person: Person | None, histories: dict[str, History]
) -> frozenset[Code]:
    """What is odd about the patron of this entry."""
    asked = entry.allowed and entry.act in LENDING and not decided_by_staff(entry)
    if person is None or not asked:
        return frozenset()
    history = histories.get(person.patron, NOBODY_KNOWN)
    return about_patron(person.patron, person.card, lo=stamp.lo, est=stamp.est, history=history)


def aliases(conn: Connection, school: str, patron_ids: Collection[str]) -> dict[str, str]:
    """Where merged patrons went, and whose a card number is that was unknown when it was used."""
    if not patron_ids:
        return {}
    found = select(patron_aliases.c.id, patron_aliases.c.patron).where(
        patron_aliases.c.school == school, one_of(conn, patron_aliases.c.id, patron_ids)
    )
    known = {row.id: row.patron for row in conn.execute(found).all()}
    # A station that did not know the card yet when it was used: the record may know it by now.
    numbers = [p.removeprefix(UNKNOWN) for p in patron_ids if p.startswith(UNKNOWN)]
    if numbers:
        mine = select(cards.c.number, cards.c.patron_id).where(
            cards.c.school == school, one_of(conn, cards.c.number, numbers)
        )
        by_card = {f"{UNKNOWN}{row.number}": row.patron_id for row in conn.execute(mine).all()}
        known = by_card | known
    return known


def histories(conn: Connection, school: str, patron_ids: Collection[str]) -> dict[str, History]:
    """Blocks, cards and leaving of these patrons; one who has none of these is left out."""
    if not patron_ids:
        return {}
    blocked: dict[str, list[Block]] = defaultdict(list)
    changed: dict[str, list[tuple[str, CardChange]]] = defaultdict(list)
    where = and_(blocks.c.school == school, one_of(conn, blocks.c.patron_id, patron_ids))
    for row in conn.execute(select(blocks).where(where)):
        blocked[row.patron_id].append(Block(row.from_ms, row.to_ms))
    where = and_(
        card_changes.c.school == school, one_of(conn, card_changes.c.patron_id, patron_ids)
    )
    for row in conn.execute(select(card_changes).where(where)):
        changed[row.patron_id].append((row.number, CardChange(row.at_ms, row.state)))
    left = select(patrons.c.id, patrons.c.gone_ms).where(
        patrons.c.school == school,
        one_of(conn, patrons.c.id, patron_ids),
        patrons.c.gone_ms.isnot(None),
    )
    gone = {row.id: row.gone_ms for row in conn.execute(left)}
    return {
        patron: History(tuple(blocked[patron]), tuple(changed[patron]), gone.get(patron))
        for patron in {*blocked, *changed, *gone}
    }


@dataclass(slots=True)
class Shelf:
    """Copies and what surrounds them. `label` leads from what was scanned to the copy's present barcode."""

    copies: dict[str, Copy]
    labels: dict[str, str] = field(default_factory=dict)

    def barcode(self, label: str) -> str:
        return self.labels.get(label, label)


def shelf(conn: Connection, school: str, scanned: Collection[str], zone: ZoneInfo) -> Shelf:
    """The copies that these labels mean, with their old labels, queues, and whether they are ours."""
    if not scanned:
        return Shelf({})
    was = select(old_labels).where(
        old_labels.c.school == school,
        or_(one_of(conn, old_labels.c.label, scanned), one_of(conn, old_labels.c.barcode, scanned)),
    )
    replaced = conn.execute(was).all()
    labels = {row.label: row.barcode for row in replaced if row.label in scanned}
    barcodes = {labels.get(label, label) for label in scanned}
    found = conn.execute(
        select(copies.c.school, copies.c.barcode, copies.c.title_id, copies.c.state).where(
            one_of(conn, copies.c.barcode, barcodes)
        )
    ).all()
    mine = {row.barcode: row.title_id for row in found if row.school == school}
    states = {row.barcode: CopyState(row.state) for row in found if row.school == school}
    elsewhere = {row.barcode for row in found} - set(mine)
    queues = _queues(conn, school, set(mine.values()))
    spans: dict[str, list[tuple[str, int, int | None]]] = defaultdict(list)
    for row in replaced:
        spans[row.barcode].append((row.label, row.replaced_ms, row.shared_ms))
    return Shelf(
        {
            barcode: Copy(
                barcode,
                zone,
                known=barcode in mine,
                foreign=barcode in elsewhere,
                state=states.get(barcode, CopyState.ON_SHELF),
                old_labels=tuple(sorted(spans.get(barcode, ()))),
                holds=queues.get(mine.get(barcode, ""), ()),
            )
            for barcode in barcodes
        },
        labels,
    )


def _queues(
    conn: Connection, school: str, title_ids: Collection[str]
) -> dict[str, tuple[HoldSpan, ...]]:
    if not title_ids:
        return {}
    queues: dict[str, list[HoldSpan]] = defaultdict(list)
    waiting = (
        select(holds)
        .where(holds.c.school == school, one_of(conn, holds.c.title_id, title_ids))
        .order_by(holds.c.placed_ms, holds.c.id)
    )
    for row in conn.execute(waiting):
        queues[row.title_id].append(HoldSpan(row.patron_id, row.placed_ms, row.ended_ms))
    return {title: tuple(queue) for title, queue in queues.items()}


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry since the seal, and what was last said of it."""

    event: Event
    codes: frozenset[Code]
    past_limit: bool
    revision: int


_TOLD = (
    entries.c.barcode, entries.c.body, entries.c.lo, entries.c.est, entries.c.hi,
    people.c.patron, people.c.card, outcomes.c.codes, outcomes.c.past_limit, outcomes.c.revision,
)  # fmt: skip


def _beside(table: Table) -> Any:
    """The row of this table that stands beside an entry."""
    names = ("school", "station", "epoch", "seq")
    return and_(*(table.c[name] == entries.c[name] for name in names))


def tails(conn: Connection, school: str, sealed_to: dict[str, int]) -> dict[str, list[Stored]]:
    """The entries of each copy that lie beyond its seal (`sealed_to`: barcode -> ms, -1 for all of them)."""
    given = beyond(conn, sealed_to)
    later = and_(
        entries.c.school == school, entries.c.barcode == given.c.name, entries.c.lo > given.c.ms
    )
    # Outer joins, so that SQLite begins with the few copies asked for; it would begin with all entries.
    query = (
        select(*_TOLD)
        .select_from(given)
        .outerjoin(entries, later)
        .outerjoin(outcomes, _beside(outcomes))
        .outerjoin(people, _beside(people))
    )
    # An entry without an outcome is one of those just being taken in.
    rows = [row for row in conn.execute(query).all() if row.codes is not None]
    found: dict[str, list[Stored]] = defaultdict(list)
    for barcode, stored in _stored(conn, school, rows):
        found[barcode].append(stored)
    return found


def _stored(conn: Connection, school: str, rows: Sequence[Any]) -> Iterable[tuple[str, Stored]]:
    merged = aliases(conn, school, {row.patron for row in rows if row.patron})
    known = histories(conn, school, {merged.get(r.patron, r.patron) for r in rows if r.patron})
    for row in rows:
        entry = parse(row.body)
        stamp = Stamp(row.lo, row.est, row.hi)
        person = Person(merged.get(row.patron, row.patron), row.card) if row.patron else None
        event = event_of(entry, stamp, person, codes_of(entry, stamp, person, known))
        codes = frozenset(Code(code) for code in row.codes.split())
        yield row.barcode, Stored(event, codes, row.past_limit, row.revision)


def pack_holding(holding: Holding) -> str:
    """A seal as JSON."""

    def plain(value: object) -> object:
        if isinstance(value, date):
            return value.isoformat()
        raise TypeError(f"{value!r} cannot be sealed")

    told = {
        "loan": _span_out(holding.loan),
        "ended": _span_out(holding.ended),
        "state": holding.state.value,
        "lendable": holding.lendable,
        "kept_for": holding.kept_for,
        "place": holding.place,
        "seen_ms": holding.seen_ms,
        "mark": _mark_out(holding.mark),
        "last": str(holding.last) if holding.last else None,
    }
    return json.dumps(told, default=plain, separators=(",", ":"), ensure_ascii=False)


def unpack_holding(text: str) -> Holding:
    raw: dict[str, Any] = json.loads(text)
    mark = raw["mark"]
    return Holding(
        loan=_span_in(raw["loan"]),
        ended=_span_in(raw["ended"]),
        state=CopyState(raw["state"]),
        lendable=raw["lendable"],
        kept_for=raw["kept_for"],
        place=raw["place"],
        seen_ms=raw["seen_ms"],
        mark=Mark(_key(mark[0]), mark[1], mark[2], mark[3]) if mark else None,
        last=key_of(raw["last"]),
    )


def _mark_out(mark: Mark | None) -> list[object] | None:
    return [str(mark.key), mark.lo, mark.hi, mark.holder] if mark else None


def _key(text: str) -> Key:
    key = key_of(text)
    assert key is not None, f"{text!r} was sealed as a key"
    return key


def _span_out(span: Span | None) -> list[object] | None:
    if span is None:
        return None
    return [
        str(span.opened_by), span.patron, span.opened_ms, span.due_on, span.renewals,
        str(span.closed_by) if span.closed_by else None, span.closed_ms, span.closed_lo, span.how,
        str(span.claimed_by) if span.claimed_by else None, span.claimed_ms,
    ]  # fmt: skip


def _span_in(raw: list[Any] | None) -> Span | None:
    if raw is None:
        return None
    # Seals of earlier releases know of no claims.
    whole = raw if len(raw) > 9 else [*raw, None, None]
    opened, patron, opened_ms, due_on, renewals, *ended = whole
    closed, closed_ms, closed_lo, how, claimed, claimed_ms = ended
    due = date.fromisoformat(due_on) if due_on else None
    return Span(
        _key(opened), patron, opened_ms, due, renewals, key_of(closed), closed_ms, closed_lo, how,
        key_of(claimed), claimed_ms,
    )  # fmt: skip
