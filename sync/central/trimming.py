"""Keeps the feed short: drops the rows that no reader needs any more, a slice a transaction.

No cursor misses anything by it. A row with a later one of the same key is void: whoever has not read the void one has
not read the later one either, and is told there the state as it is by then, which is more than the void one could tell.
And rows up to `feed_from` are read by nobody, since a cursor from before is refused.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

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
        before = conn.execute(_FROM, {"of": school}).scalar_one()
        upto = _deletions_to_forget(conn, school, now_ms) or before
        unread = list(conn.execute(_UNREAD, {"of": school, "upto": upto}).scalars())
    if upto > before:
        with db.begin(school) as conn:
            conn.execute(_RAISE, {"of": school, "upto": upto})
    dropped = 0
    for at in range(0, len(unread), SLICE):
        if stop():
            break
        with db.begin(school) as conn:
            some = one_of(conn, feed.c.position, unread[at : at + SLICE])
            dropped += conn.execute(delete(feed).where(feed.c.school == school, some)).rowcount
    return dropped


def _deletions_to_forget(conn: Connection, school: str, now_ms: int) -> int | None:
    """The position of the last deletion of more than 90 days ago."""
    old = (feed.c.school == school, feed.c.gone_ms < now_ms - KEEP_GONE_MS)
    return conn.execute(select(func.max(feed.c.position)).where(*old)).scalar()


_FROM = select(schools.c.feed_from).where(schools.c.id == bindparam("of"))
_RAISE = (
    update(schools)
    .where(schools.c.id == bindparam("of"), schools.c.feed_from < bindparam("upto"))
    .values(feed_from=bindparam("upto"))
)
_numbered = (
    select(
        feed.c.position,
        func.row_number()
        .over(partition_by=(feed.c.kind, feed.c.key), order_by=feed.c.position.desc())
        .label("from_last"),
    )
    .where(feed.c.school == bindparam("of"))
    .subquery()
)
_UNREAD = (
    select(_numbered.c.position)
    .where(or_(_numbered.c.from_last > 1, _numbered.c.position <= bindparam("upto")))
    .order_by(_numbered.c.position)
)
