"""Positions number the changes of a school. They are taken under the school's lock, so no reader skips one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, update

from sync.central.db import upsert_many
from sync.central.schema import feed, schools


def next_positions(conn: Connection, school: str, count: int) -> int:
    """Take `count` positions; the first of them."""
    taken = (
        update(schools)
        .where(schools.c.id == school)
        .values(position=schools.c.position + count)
        .returning(schools.c.position)
    )
    return int(conn.execute(taken).scalar_one()) - count + 1


def publish(
    conn: Connection, school: str, keys: Sequence[tuple[str, str]], gone_ms: int | None = None
) -> None:
    """Give these (kind, key) new positions, within the transaction that changes them, under the school's lock."""
    unique = list(dict.fromkeys(keys))
    if not unique:
        return
    at = next_positions(conn, school, len(unique))
    rows = [
        {"school": school, "kind": kind, "key": key, "position": at + n, "gone_ms": gone_ms}
        for n, (kind, key) in enumerate(unique)
    ]
    upsert_many(conn, feed, rows)
