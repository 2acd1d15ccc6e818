"""What has changed since a cursor: for each key its state now, in order of position, and outcomes revised since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from sync.central.ingest import answer_of
from sync.central.positions import HELD
from sync.central.schema import feed, outcomes, schools
from sync.central.values import KINDS, Kind, read_changed, read_rules
from sync.wire import Change, Page

_OF_HELD = ("copy", "loan")
KEEP_GONE_MS = 90 * 24 * 3_600_000


class Gone(Exception):
    """The cursor is too old, or not ours: deletions since then are no longer known."""


def read_page(conn: Connection, school: str, station: str, cursor: int, limit: int) -> Page:
    """The changes beyond the cursor, of at most `limit` positions, and this station's revised outcomes. Raises Gone."""
    head = conn.execute(
        select(schools.c.position, schools.c.feed_from).where(schools.c.id == school)
    ).one()
    # A cursor beyond the head was given before this record was restored from a backup.
    if cursor < head.feed_from or cursor > head.position:
        raise Gone
    rows = _beyond(conn, select(feed.c.position, feed.c.kind, feed.c.key).where(feed.c.school == school),
                   feed.c.position, cursor, limit)  # fmt: skip
    mine = select(outcomes).where(outcomes.c.school == school, outcomes.c.station == station)
    revised = _beyond(conn, mine, outcomes.c.position, cursor, limit)
    cuts = [some[limit - 1].position for some in (rows, revised) if len(some) > limit]
    upto = min(cuts) if cuts else head.position
    changed = [row for row in rows if row.position <= upto]
    values = _values(conn, school, changed, cursor, upto)
    return Page(
        changes=[
            Change(position=row.position, kind=kind, key=row.key, value=values.get((kind, row.key)))
            for row in changed
            for kind in _told_as(row.kind)
        ],
        cursor=upto,
        more=bool(cuts),
        outcomes=[answer_of(row) for row in revised if row.position <= upto],
    )


def _beyond(
    conn: Connection, query: Select[Any], position: Any, cursor: int, limit: int
) -> Sequence[Any]:
    query = query.where(position > cursor).order_by(position).limit(limit + 1)
    return conn.execute(query).all()


def _values(
    conn: Connection, school: str, changed: Iterable[Any], cursor: int, upto: int
) -> dict[tuple[str, str], dict[str, Any]]:
    kinds = {kind for row in changed for kind in _told_as(row.kind)}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind in KINDS:
        if kind.name in kinds:
            within = _within(kind, school, cursor, upto)
            values = read_changed(conn, school, kind, within)
            found |= {(kind.name, key): value for key, value in values.items()}
    published = read_rules(conn, school) if "rules" in kinds else None
    if published:
        found |= {("rules", row.key): published for row in changed if row.kind == "rules"}
    return found


def _told_as(kind: str) -> tuple[str, ...]:
    """The kinds of change that a row of the feed is told as."""
    return _OF_HELD if kind == HELD else (kind,)


def _tells_of(kind: Kind) -> Any:
    """The rows of the feed by which a thing of this kind is told."""
    return feed.c.kind.in_((kind.name, HELD)) if kind.name in _OF_HELD else feed.c.kind == kind.name


def _within(kind: Kind, school: str, cursor: int, upto: int) -> Any:
    def wanted(query: Select[Any]) -> Select[Any]:
        return query.join(
            feed,
            (feed.c.school == school) & _tells_of(kind) & (feed.c.key == kind.key),
        ).where(feed.c.position > cursor, feed.c.position <= upto)

    return wanted


def forget_deletions(conn: Connection, school: str, now_ms: int) -> int:
    """Drop what says that something is gone, 90 days after; how many. Cursors from before that need a snapshot."""
    old = (feed.c.school == school, feed.c.gone_ms < now_ms - KEEP_GONE_MS)
    last = conn.execute(select(func.max(feed.c.position)).where(*old)).scalar()
    if last is None:
        return 0
    count = conn.execute(delete(feed).where(*old)).rowcount
    conn.execute(
        update(schools)
        .where(schools.c.id == school, schools.c.feed_from < last)
        .values(feed_from=last)
    )
    return count
