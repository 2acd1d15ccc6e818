"""Whether a patron may wait for a title, and which title is meant by what was scanned."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from kiosk.domain import CopyState
from sync.central.catalogue_search import search
from sync.central.facts import copy_of
from sync.central.schema import copies, holdings, holds, loans, patrons, titles

MOST = 20
_GONE = (CopyState.LOST.value, CopyState.MISSING.value, CopyState.WITHDRAWN.value)


def why_not(conn: Connection, school: str, title: str, patron: str) -> str:
    """A word for why the patron may not wait for the title; "" where they may."""
    who = select(patrons.c.gone_ms).where(patrons.c.school == school, patrons.c.id == patron)
    row = conn.execute(who).first()
    if row is None:
        return "no_person"
    if row.gone_ms is not None:
        return "gone"
    there = select(titles.c.id).where(titles.c.school == school, titles.c.id == title)
    if conn.execute(there).first() is None:
        return "no_title"
    mine = (holds.c.school == school, holds.c.patron_id == patron, holds.c.ended_ms.is_(None))
    if conn.execute(select(holds.c.id).where(*mine, holds.c.title_id == title)).first():
        return "waits"
    has = (
        select(loans.c.barcode)
        .join(copies, (copies.c.school == loans.c.school) & (copies.c.barcode == loans.c.barcode))
        .where(
            loans.c.school == school,
            loans.c.patron == patron,
            loans.c.closed_ms.is_(None),
            copies.c.title_id == title,
        )
    )
    if conn.execute(has).first():
        return "has_it"
    return "" if _has_copies(conn, school, title) else "no_copies"


def _has_copies(conn: Connection, school: str, title: str) -> bool:
    held = (holdings.c.school == copies.c.school) & (holdings.c.barcode == copies.c.barcode)
    state = func.coalesce(holdings.c.state, copies.c.state)
    query = (
        select(copies.c.barcode)
        .select_from(copies.outerjoin(holdings, held))
        .where(copies.c.school == school, copies.c.title_id == title, state.not_in(_GONE))
        .limit(1)
    )
    return conn.execute(query).first() is not None


def titles_meant(conn: Connection, school: str, text: str) -> list[tuple[str, str, str]]:
    """The titles (id, title, author) that a copy's label, a title's id or any words mean; of many, the best few."""
    copy = copy_of(conn, school, text)
    if copy is not None:
        return [(copy.title.id, copy.title.title, copy.title.author)]
    named = select(titles).where(titles.c.school == school, titles.c.id == text)
    if row := conn.execute(named).first():
        return [(row.id, row.title, row.author)]
    return [(hit.id, hit.title, hit.author) for hit in search(conn, school, text, MOST).hits]
