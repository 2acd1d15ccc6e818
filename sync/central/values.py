"""What stations are fed: each kind of thing, its state now, joined set-wise. docs/reconciliation.md has the shapes.

One statement a kind gives rows of key and value; the feed asks for those that have changed, a snapshot for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
)

from sync.central.box_tables import box_lent
from sync.central.db import one_of
from sync.central.facts import last_day
from sync.central.in_question import in_question
from sync.central.read import time_zone
from sync.central.schema import (
    cards,
    copies,
    erased,
    holdings,
    holds,
    loans,
    messages,
    patrons,
    posts,
    rules,
    titles,
)
from sync.central.term_counts import with_counts

RULES_KEY = "library"


@dataclass(frozen=True, slots=True)
class Kind:
    """key: the column that the feed's key names; source: where the columns come from; there: which rows are told of."""

    name: str
    key: ColumnElement[str]
    source: FromClause
    school: ColumnElement[str]
    columns: tuple[ColumnElement[Any], ...]
    there: ColumnElement[bool] | None = None

    def rows(self, school: str) -> Select[Any]:
        """All that there is of it, in order of the keys."""
        query = select(self.key.label("_key"), *self.columns).select_from(self.source)
        query = query.where(self.school == school)
        return query.where(self.there) if self.there is not None else query


def _patron_is_told() -> ColumnElement[bool]:
    # Whoever has left is told of only while something is still out.
    still_out = exists().where(
        loans.c.school == patrons.c.school,
        loans.c.patron == patrons.c.id,
        loans.c.closed_ms.is_(None),
    )
    return or_(patrons.c.gone_ms.is_(None), still_out)


def _copies() -> Kind:
    source = copies.outerjoin(
        holdings,
        and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode),
    )
    return Kind(
        "copy",
        copies.c.barcode,
        source,
        copies.c.school,
        (
            copies.c.barcode,
            copies.c.title_id,
            copies.c.copy_type,
            func.coalesce(holdings.c.state, copies.c.state).label("state"),
            copies.c.shelf,
            copies.c.room,
            copies.c.call_number,
            holdings.c.last_entry,
            func.coalesce(holdings.c.lendable, true()).label("lendable"),
        ),
    )


def _loans() -> Kind:
    """Open loans that a station can name: of a copy in the catalogue, by a person it is told of."""
    source = (
        holdings.join(
            copies,
            and_(copies.c.school == holdings.c.school, copies.c.barcode == holdings.c.barcode),
        )
        .join(
            loans,
            and_(loans.c.school == holdings.c.school, loans.c.opened_by == holdings.c.opened_by),
        )
        .join(patrons, and_(patrons.c.school == loans.c.school, patrons.c.id == loans.c.patron))
        .outerjoin(
            box_lent,
            and_(box_lent.c.school == loans.c.school, box_lent.c.entry == loans.c.opened_by),
        )
    )
    return Kind(
        "loan",
        holdings.c.barcode,
        source,
        holdings.c.school,
        (
            holdings.c.barcode,
            loans.c.patron.label("patron_id"),
            loans.c.opened_ms,
            # Nobody is held to a date while a claim that it was returned, or a case about who has it, is open.
            case((and_(loans.c.claimed_ms.is_(None), ~in_question()), loans.c.due_on)).label(
                "due_on"
            ),
            loans.c.renewals,
            loans.c.opened_by.label("entry"),
            box_lent.c.entry.isnot(None).label("boxed"),
        ),
    )


# In the order in which a station may write them: each speaks only of what stands before it.
KINDS = (
    Kind(
        "title",
        titles.c.id,
        titles,
        titles.c.school,
        (
            titles.c.id, titles.c.title, titles.c.author, titles.c.publisher, titles.c.year,
            titles.c.class_number, titles.c.isbn, titles.c.pinyin,
        ),
    ),
    Kind(
        "patron",
        patrons.c.id,
        patrons,
        patrons.c.school,
        (
            patrons.c.id, patrons.c.name, patrons.c.category, patrons.c.grade,
            patrons.c.class_name, patrons.c.expires_on, patrons.c.blocked, patrons.c.gone_ms,
        ),
        _patron_is_told(),
    ),
    Kind(
        "card",
        cards.c.number,
        cards.join(patrons, and_(patrons.c.school == cards.c.school, patrons.c.id == cards.c.patron_id)),
        cards.c.school,
        (cards.c.number, cards.c.patron_id, cards.c.state),
        _patron_is_told(),
    ),
    _copies(),
    Kind(
        "hold",
        holds.c.id,
        holds,
        holds.c.school,
        (
            holds.c.id, holds.c.title_id, holds.c.patron_id, holds.c.placed_ms, holds.c.barcode,
        ),
        holds.c.ended_ms.is_(None),
    ),
    _loans(),
    Kind(
        "message",
        messages.c.id,
        messages,
        messages.c.school,
        (
            messages.c.id, messages.c.patron_id, messages.c.text, messages.c.from_ms, messages.c.to_ms,
        ),
    ),
    Kind(
        "post",
        posts.c.id,
        posts,
        posts.c.school,
        (
            posts.c.id, posts.c.kind, posts.c.patron_id, posts.c.body, posts.c.from_on, posts.c.until_on,
        ),
        and_(posts.c.at_stations, posts.c.over.is_(False)),
    ),
    Kind("erased", erased.c.who, erased, erased.c.school, (erased.c.who, erased.c.at_ms)),
)  # fmt: skip


_DAYS = ("due_on", "expires_on", "from_on", "until_on")


def read_all(conn: Connection, school: str, kind: Kind) -> Iterator[dict[str, Any]]:
    """Every value of this kind, in order of the keys."""
    rows = conn.execution_options(yield_per=5_000).execute(kind.rows(school).order_by(kind.key))
    told = (value for _, value in _values(kind, rows))
    if kind.name != "patron":
        return told
    return with_counts(conn, school, _until_they_left(conn, school, told), None)


def read_changed(
    conn: Connection, school: str, kind: Kind, keys: Collection[str]
) -> dict[str, dict[str, Any]]:
    """The values of these keys; a key without one is gone."""
    query = kind.rows(school).where(one_of(conn, kind.key, keys))
    told = dict(_values(kind, conn.execute(query)))
    if kind.name == "patron":
        until = _until_they_left(conn, school, told.values())
        counted = with_counts(conn, school, until, list(told))
        told = dict(zip(told, counted, strict=True))
    return told


def _until_they_left(
    conn: Connection, school: str, rows: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Rows of patrons. Whoever has left and has something out may bring it back, and the card is good for no more."""
    zone = time_zone(conn, school)
    for row in rows:
        gone_ms = row.pop("gone_ms")
        if gone_ms is not None:
            left = last_day(gone_ms, zone).isoformat()
            row["expires_on"] = min(left, row["expires_on"] or left)
        yield row


def _values(kind: Kind, rows: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    names = [column.name for column in kind.columns]
    dates = [at for at, name in enumerate(names, 1) if name in _DAYS]
    for row in rows:
        plain = list(row)
        for at in dates:
            if plain[at] is not None:
                plain[at] = plain[at].isoformat()
        yield plain[0], dict(zip(names, plain[1:], strict=True))


def read_rules(conn: Connection, school: str) -> dict[str, Any] | None:
    """The library.toml in force; None where none was published yet."""
    newest = (
        select(rules.c.digest, rules.c.text, rules.c.published_ms)
        .where(rules.c.school == school)
        .order_by(rules.c.published_ms.desc(), rules.c.digest)
        .limit(1)
    )
    row = conn.execute(newest).first()
    return dict(row._mapping) if row else None
