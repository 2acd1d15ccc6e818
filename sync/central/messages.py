"""What the library has to say at the stations: to one patron in the visit, or to everybody on the idle screen."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select

from sync.central.db import CentralError, insert_many
from sync.central.desk import Desk
from sync.central.positions import publish
from sync.central.schema import messages, patrons

# What a child reads while a book is in the other hand.
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Message:
    """patron "": everybody; to_ms None: until it is taken back. Instants are UTC milliseconds."""

    id: str
    patron: str
    text: str
    from_ms: int
    to_ms: int | None


def say(desk: Desk, text: str, *, patron: str = "", to_ms: int | None = None) -> str:
    """Say it from now on; the message's id. Raises CentralError with what to write instead."""
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST:
        raise CentralError(f"a message has 1 to {LONGEST} characters; this one has {len(text)}")
    if to_ms is not None and to_ms <= desk.now_ms:
        raise CentralError("the message would end before it begins; name a later day")
    if patron and not _is_there(desk.conn, desk.school, patron):
        raise CentralError(f"there is no patron {patron}")
    name = secrets.token_hex(8)
    when = {"from_ms": desk.now_ms, "to_ms": to_ms}
    row = {"school": desk.school, "id": name, "patron_id": patron, "text": text, **when}
    insert_many(desk.conn, messages, [row])
    publish(desk.conn, desk.school, [("message", name)])
    desk.note(f"message {name} said")
    return name


def take_back(desk: Desk, name: str) -> None:
    """Say it no longer. Raises CentralError for a message that is not there."""
    mine = (messages.c.school == desk.school, messages.c.id == name)
    if desk.conn.execute(delete(messages).where(*mine)).rowcount == 0:
        raise CentralError(f"there is no message {name}; see: central message list")
    publish(desk.conn, desk.school, [("message", name)], desk.now_ms)
    desk.note(f"message {name} taken back")


def standing(conn: Connection, school: str, now_ms: int) -> list[Message]:
    """Those that are said now or later, the newest first."""
    query = (
        select(messages)
        .where(
            messages.c.school == school, or_(messages.c.to_ms.is_(None), messages.c.to_ms > now_ms)
        )
        .order_by(messages.c.from_ms.desc(), messages.c.id)
    )
    return [
        Message(row.id, row.patron_id, row.text, row.from_ms, row.to_ms)
        for row in conn.execute(query)
    ]


def _is_there(conn: Connection, school: str, patron: str) -> bool:
    one = select(patrons.c.id).where(
        patrons.c.school == school, patrons.c.id == patron, patrons.c.gone_ms.is_(None)
    )
    return conn.execute(one).first() is not None
