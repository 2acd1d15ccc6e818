"""Counts how often each copy was lent: all copies once, and from then on those that the feed says have changed.

A copy's row is made anew from what the record has of it, so that whatever changed its loans, it comes out right.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select

from sync.central.db import Database, one_of, upsert_many
from sync.central.positions import HELD
from sync.central.report_tables import copy_loans, counted_copies
from sync.central.reports.stopping import Stop, never
from sync.central.schema import copies, feed, holdings, loans, schools, titles

PORTION = 5_000
NO_CLASS = ""


def count_copies(db: Database, school: str, stop: Stop = never) -> bool:
    """Count on until there is nothing left or `stop` says so; whether nothing is left."""
    while True:
        with db.read() as conn:
            if not _is_behind(conn, school):
                return True
        if stop():
            return False
        with db.begin(school) as conn:
            _step(conn, school)


def _head(conn: Connection, school: str) -> Any:
    query = select(schools.c.position, schools.c.feed_from).where(schools.c.id == school)
    return conn.execute(query).one()


def _stand(conn: Connection, school: str) -> Any:
    return conn.execute(select(counted_copies).where(counted_copies.c.school == school)).first()


def _is_behind(conn: Connection, school: str) -> bool:
    stand = _stand(conn, school)
    return bool(
        stand is None or stand.upto is not None or stand.position < _head(conn, school).position
    )


def _step(conn: Connection, school: str) -> None:
    stand, head = _stand(conn, school), _head(conn, school)
    if stand is None or stand.position < head.feed_from:
        # Nothing is known, or copies may have gone that the feed no longer names: begin anew.
        conn.execute(delete(copy_loans).where(copy_loans.c.school == school))
        _note(conn, school, head.position, "")
    elif stand.upto is not None:
        _first_round(conn, school, stand)
    else:
        _changed(conn, school, stand.position, head.position)


def _first_round(conn: Connection, school: str, stand: Any) -> None:
    query = select(copies.c.barcode).where(copies.c.school == school, copies.c.barcode > stand.upto)
    barcodes = list(conn.execute(query.order_by(copies.c.barcode).limit(PORTION)).scalars())
    _count(conn, school, barcodes)
    _note(conn, school, stand.position, barcodes[-1] if len(barcodes) == PORTION else None)


def _changed(conn: Connection, school: str, position: int, head: int) -> None:
    query = select(feed.c.position, feed.c.kind, feed.c.key).where(
        feed.c.school == school, feed.c.position > position
    )
    rows = conn.execute(query.order_by(feed.c.position).limit(PORTION)).all()
    barcodes = {row.key for row in rows if row.kind in ("copy", "loan", HELD)}
    changed_titles = {row.key for row in rows if row.kind == "title"}
    if changed_titles:
        of = one_of(conn, copies.c.title_id, sorted(changed_titles))
        barcodes |= set(
            conn.execute(select(copies.c.barcode).where(copies.c.school == school, of)).scalars()
        )
    _count(conn, school, sorted(barcodes))
    _note(conn, school, rows[-1].position if len(rows) == PORTION else head, None)


def _note(conn: Connection, school: str, position: int, upto: str | None) -> None:
    upsert_many(conn, counted_copies, [{"school": school, "position": position, "upto": upto}])


def _count(conn: Connection, school: str, barcodes: Collection[str]) -> None:
    if not barcodes:
        return
    lent = (
        select(loans.c.barcode, func.count().label("n"), func.max(loans.c.opened_ms).label("last"))
        .where(
            loans.c.school == school,
            one_of(conn, loans.c.barcode, barcodes),
            loans.c.how != "undone",
        )
        .group_by(loans.c.barcode)
        .subquery()
    )
    query = (
        select(
            copies.c.barcode,
            copies.c.copy_type,
            func.upper(func.substr(titles.c.class_number, 1, 1)).label("main_class"),
            func.coalesce(holdings.c.state, copies.c.state).label("state"),
            func.coalesce(lent.c.n, 0).label("loans"),
            lent.c.last.label("last_ms"),
        )
        .outerjoin(titles, and_(titles.c.school == school, titles.c.id == copies.c.title_id))
        .outerjoin(
            holdings, and_(holdings.c.school == school, holdings.c.barcode == copies.c.barcode)
        )
        .outerjoin(lent, lent.c.barcode == copies.c.barcode)
        .where(copies.c.school == school, one_of(conn, copies.c.barcode, barcodes))
    )
    rows = [{"school": school, **row} for row in conn.execute(query).mappings()]
    for row in rows:
        row["main_class"] = row["main_class"] or NO_CLASS
    upsert_many(conn, copy_loans, rows)
    gone = sorted(set(barcodes) - {row["barcode"] for row in rows})
    if gone:
        mine = (copy_loans.c.school == school, one_of(conn, copy_loans.c.barcode, gone))
        conn.execute(delete(copy_loans).where(*mine))
