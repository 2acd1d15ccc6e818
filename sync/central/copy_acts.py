"""One act of staff that gives many copies a state (missing, withdrawn, back on the shelf), and that is taken back.

Every copy gets an entry of its own. An act of thousands is written some hundreds at a time, each portion whole, so that
stations are served in between; whoever goes on after a stop goes on where it stopped.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, func, select, tuple_, update

from kiosk.domain import Act, CopyState
from sync.central.db import CentralError, Database, insert_many, one_of, update_many
from sync.central.deeds import Deed
from sync.central.desk import Desk
from sync.central.schema import copies, holdings, titles
from sync.central.stock_tables import acted, copy_acts

PORTION = 500
PAGE = 50
LEFT = "left"


class Unfit(StrEnum):
    """Why a copy was passed over."""

    UNKNOWN = "unknown"
    ON_LOAN = "on_loan"
    KEPT = "kept"
    ALREADY = "already"


@dataclass(frozen=True, slots=True)
class ActOf:
    """An act as lists show it. stayed: copies that it was not taken back of, since something has
    happened to them meanwhile."""

    id: str
    state: CopyState
    why: str
    source: str
    at_ms: int
    staff: str
    copies: int
    undone_ms: int | None
    undone_by: str | None
    stayed: int


def begin(desk: Desk, state: CopyState, why: str, source: str = "") -> str:
    """A new act that copies can be added to; its id."""
    name = secrets.token_hex(8)
    row: dict[str, Any] = {"school": desk.school, "id": name}
    row |= {"state": state.value, "why": why, "source": source}
    row |= {"at_ms": desk.now_ms, "staff": desk.staff or "", "copies": 0}
    insert_many(desk.conn, copy_acts, [row])
    return name


def add(desk: Desk, act: str, barcodes: Collection[str]) -> dict[str, Unfit]:
    """Change these copies as the act says, in this transaction; which were passed over, and why."""
    row = one(desk.conn, desk.school, act)
    facts = facts_of(desk.conn, desk.school, barcodes)
    unfit = {b: why for b in barcodes if (why := _unfit(facts.get(b), row.state))}
    fit = [b for b in dict.fromkeys(barcodes) if b not in unfit]
    deeds = [_said(b, row.state, row.why) for b in fit]
    keys = desk.write(deeds) if deeds else []
    told = {"school": desk.school, "act": act}
    insert_many(
        desk.conn,
        acted,
        [
            {**told, "barcode": b, "entry": str(key), "before": facts[b].state}
            for b, key in zip(fit, keys, strict=True)
        ],
    )
    _change(desk, act, copies=copy_acts.c.copies + len(fit))
    return unfit


def change(
    desk: Desk, state: CopyState, barcodes: Collection[str], why: str
) -> tuple[str | None, dict[str, Unfit]]:
    """An act on these copies; its id, and which were passed over. None where no copy was left to change."""
    facts = facts_of(desk.conn, desk.school, barcodes)
    unfit = {b: no for b in barcodes if (no := _unfit(facts.get(b), state))}
    if len(unfit) == len(set(barcodes)):
        return None, unfit
    act = begin(desk, state, why)
    return act, add(desk, act, barcodes)


def undoable(conn: Connection, school: str, act: str) -> bool:
    """Whether there are copies that it was not taken back of yet."""
    mine = select(acted.c.act).where(acted.c.school == school, acted.c.act == act)
    return conn.execute(mine.where(acted.c.undone.is_(None)).limit(1)).first() is not None


def _said(barcode: str, state: CopyState | str, why: str, undoes: str | None = None) -> Deed:
    more = {"value": str(state), "text": why or None, "undoes": undoes}
    return Deed(Act.COPY_STATE, copy=barcode, more=more)


def _unfit(fact: Any, state: CopyState) -> Unfit | None:
    if fact is None:
        return Unfit.UNKNOWN
    if fact.opened_by:
        return Unfit.ON_LOAN
    if fact.kept_for and state is not CopyState.ON_SHELF:
        return Unfit.KEPT
    return Unfit.ALREADY if fact.state == state else None


def facts_of(conn: Connection, school: str, barcodes: Collection[str]) -> dict[str, Any]:
    """What is known of these copies: where they belong, where they are, and of which title."""
    held = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    query = (
        select(
            copies.c.barcode, copies.c.room, copies.c.shelf, copies.c.call_number, copies.c.title_id,
            titles.c.title, func.coalesce(holdings.c.state, copies.c.state).label("state"),
            holdings.c.opened_by, holdings.c.patron, holdings.c.kept_for, holdings.c.seen_ms,
            holdings.c.last_entry,
        )
        .select_from(copies.outerjoin(holdings, held).outerjoin(titles, title))
        .where(copies.c.school == school, one_of(conn, copies.c.barcode, barcodes))
    )  # fmt: skip
    return {row.barcode: row for row in conn.execute(query)} if barcodes else {}


# Taking an act back.


def undo(db: Database, school: str, act: str, *, staff: str, now_ms: int) -> int:
    """Give the copies back the states they had; how many. A copy to which something has happened since is left."""
    done, more = 0, True
    while more:
        with db.begin(school) as conn:
            desk = Desk(conn, school, staff, now_ms)
            changed, more = _undo_some(desk, act)
            done += changed
    return done


def _undo_some(desk: Desk, act: str) -> tuple[int, bool]:
    row = one(desk.conn, desk.school, act)
    mine = select(acted).where(acted.c.school == desk.school, acted.c.act == act)
    query = mine.where(acted.c.undone.is_(None)).order_by(acted.c.barcode).limit(PORTION)
    some = desk.conn.execute(query).all()
    facts = facts_of(desk.conn, desk.school, [one.barcode for one in some])
    same = [one for one in some if one.barcode in facts and _untouched(facts[one.barcode], one)]
    deeds = [_said(one.barcode, one.before, row.why, one.entry) for one in same]
    keys = desk.write(deeds) if deeds else []
    undone = {one.barcode: str(key) for one, key in zip(same, keys, strict=True)}
    told = {"school": desk.school, "act": act}
    rows = [{**told, "barcode": o.barcode, "undone": undone.get(o.barcode, LEFT)} for o in some]
    update_many(desk.conn, acted, rows)
    stayed = copy_acts.c.stayed + len(some) - len(same)
    _change(desk, act, undone_ms=desk.now_ms, undone_by=desk.staff, stayed=stayed)
    return len(same), len(some) == PORTION


def _untouched(fact: Any, was: Any) -> bool:
    return bool(fact.last_entry == was.entry)


def _change(desk: Desk, act: str, **values: Any) -> None:
    mine = and_(copy_acts.c.school == desk.school, copy_acts.c.id == act)
    desk.conn.execute(update(copy_acts).where(mine).values(values))


# What staff look at.


def one(conn: Connection, school: str, act: str) -> ActOf:
    """Raises CentralError where there is none of this name."""
    query = select(copy_acts).where(copy_acts.c.school == school, copy_acts.c.id == act)
    row = conn.execute(query).first()
    if row is None:
        raise CentralError(f"there is no act {act} on copies")
    return _act(row)


def newest(
    conn: Connection, school: str, after: tuple[int, str] | None = None
) -> tuple[list[ActOf], tuple[int, str] | None]:
    """A page of acts, the newest first, and where the next page begins. after: (at_ms, id)."""
    rows = [_act(row) for row in conn.execute(newest_query(school, after))]
    more = (rows[PAGE - 1].at_ms, rows[PAGE - 1].id) if len(rows) > PAGE else None
    return rows[:PAGE], more


def newest_query(school: str, after: tuple[int, str] | None) -> Any:
    at = (copy_acts.c.at_ms, copy_acts.c.id)
    query = select(copy_acts).where(copy_acts.c.school == school)
    if after:
        query = query.where(tuple_(*at) < tuple_(*after))
    return query.order_by(*(column.desc() for column in at)).limit(PAGE + 1)


def _act(row: Any) -> ActOf:
    return ActOf(
        row.id, CopyState(row.state), row.why, row.source, row.at_ms, row.staff, row.copies,
        row.undone_ms, row.undone_by, row.stayed,
    )  # fmt: skip


def changed(
    conn: Connection, school: str, act: str, after: str = ""
) -> tuple[Sequence[Any], str | None]:
    """A page of the copies of an act: barcode, title, before, undone; and the barcode after which the next begins."""
    copy = and_(copies.c.school == acted.c.school, copies.c.barcode == acted.c.barcode)
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    query = (
        select(acted.c.barcode, titles.c.title, acted.c.before, acted.c.undone)
        .select_from(acted.outerjoin(copies, copy).outerjoin(titles, title))
        .where(acted.c.school == school, acted.c.act == act, acted.c.barcode > after)
        .order_by(acted.c.barcode)
        .limit(PAGE + 1)
    )
    rows = conn.execute(query).all()
    return rows[:PAGE], rows[PAGE - 1].barcode if len(rows) > PAGE else None
