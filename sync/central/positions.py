"""Positions number the changes of a school. They are taken under the school's lock, so no reader skips one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, update

from sync.central.db import insert_rows
from sync.central.schema import feed, schools

# A copy and its loan, changed by the same entries: one row of the feed, told as a change of each kind.
HELD = "held"


def next_positions(conn: Connection, school: str, count: int) -> int:
    """Take `count` positions; the first of them."""
    taken = conn.execute(_TAKE, {"of": school, "count": count})
    return int(taken.scalar_one()) - count + 1


_TAKE = (
    update(schools)
    .where(schools.c.id == bindparam("of"))
    .values(position=schools.c.position + bindparam("count"))
    .returning(schools.c.position)
)


def publish(
    conn: Connection, school: str, keys: Sequence[tuple[str, str]], gone_ms: int | None = None
) -> None:
    """Log that these (kind, key) have changed, within the transaction that changes them, under the school's lock."""
    unique = list(dict.fromkeys(keys))
    if unique:
        publish_at(conn, school, unique, next_positions(conn, school, len(unique)), gone_ms)


def publish_at(
    conn: Connection,
    school: str,
    keys: Sequence[tuple[str, str]],
    at: int,
    gone_ms: int | None = None,
) -> None:
    """Log these (kind, key), each named once, at the positions from `at` on, which have been taken for them."""
    rows = [(school, kind, key, n, gone_ms) for n, (kind, key) in enumerate(keys, at)]
    insert_rows(conn, feed, ("school", "kind", "key", "position", "gone_ms"), rows)
