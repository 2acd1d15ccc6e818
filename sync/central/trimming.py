"""Keeps the feed short: drops the rows that no reader needs any more, a slice a transaction.

No cursor misses anything by it. A row with a later one of the same key is void: whoever has not read the void one has
not read the later one either, and is told there the state as it is by then, which is more than the void one could tell.
And rows up to `feed_from` are read by nobody, since a cursor from before is refused.

Up to `feed_trimmed` each key stands once, so only rows beyond it make rows void: without any, the feed is not read.
"""

from __future__ import annotations

from sqlalchemy import (
    BindParameter,
    Column,
    Update,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    union_all,
    update,
)

from sync.central.db import Database, one_of
from sync.central.reports.stopping import Stop, never
from sync.central.schema import feed, schools

KEEP_GONE_MS = 90 * 24 * 3_600_000
# Rows of one transaction, which stations and the counter have to wait for.
SLICE = 2_000


def trim(db: Database, school: str, now_ms: int, stop: Stop = never) -> int:
    """Drop what is void, and deletions 90 days after with all before them; how many rows. Older cursors are refused.

    stop: asked before each slice; what is left is dropped by the next call.
    """
    # Found without the school's lock. What is void now stays void: rows are only added, with later positions.
    with db.read() as conn:
        head, before, trimmed = conn.execute(_STANDS, {"of": school}).one()
        old = conn.execute(_DELETIONS, {"of": school, "until_ms": now_ms - KEEP_GONE_MS}).scalars()
        upto = max([before, *old])
        unread = set(conn.execute(_UP_TO, {"of": school, "upto": upto}).scalars())
        if head > trimmed:
            unread.update(conn.execute(_VOID, {"of": school, "trimmed": trimmed}).scalars())
    if upto > before:
        with db.begin(school) as conn:
            conn.execute(_raise(schools.c.feed_from), {"of": school, "to": upto})
    dropped, positions = 0, sorted(unread)
    for at in range(0, len(positions), SLICE):
        if stop():
            return dropped
        with db.begin(school) as conn:
            some = one_of(conn, feed.c.position, positions[at : at + SLICE])
            dropped += conn.execute(delete(feed).where(feed.c.school == school, some)).rowcount
    if head > trimmed:
        with db.begin(school) as conn:
            conn.execute(_raise(schools.c.feed_trimmed), {"of": school, "to": head})
    return dropped


def _raise(column: Column[int]) -> Update:
    to: BindParameter[int] = bindparam("to")
    return update(schools).where(schools.c.id == _of, column < to).values({column: to})


_of: BindParameter[str] = bindparam("of")
_STANDS = select(schools.c.position, schools.c.feed_from, schools.c.feed_trimmed).where(
    schools.c.id == _of
)
_DELETIONS = select(feed.c.position).where(
    feed.c.school == _of, feed.c.gone_ms < bindparam("until_ms")
)
_UP_TO = select(feed.c.position).where(feed.c.school == _of, feed.c.position <= bindparam("upto"))
_new = (feed.c.school == _of, feed.c.position > bindparam("trimmed"))
_numbered = (
    select(
        feed.c.position,
        func.row_number()
        .over(partition_by=(feed.c.kind, feed.c.key), order_by=feed.c.position.desc())
        .label("from_last"),
    )
    .where(*_new)
    .subquery()
)
# New rows with a later one of their key, and the row from before of each key that new rows name.
_VOID = union_all(
    select(_numbered.c.position).where(_numbered.c.from_last > 1),
    select(feed.c.position).where(
        feed.c.school == _of,
        feed.c.position <= bindparam("trimmed"),
        tuple_(feed.c.kind, feed.c.key).in_(select(feed.c.kind, feed.c.key).where(*_new)),
    ),
)
