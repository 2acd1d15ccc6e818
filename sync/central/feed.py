"""What has changed since a cursor: for each key its state now, in order of position, and outcomes revised since.

The feed is a log. What has changed often is told once a page, at its last position there, and again on a later page:
each time as it is by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from sync.central.ingest import answer_of
from sync.central.positions import HELD
from sync.central.schema import feed, outcomes, schools
from sync.central.values import KINDS, read_changed, read_rules
from sync.wire import Change, Page

_OF_HELD = ("copy", "loan")


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
    changed = _last_of_each(row for row in rows if row.position <= upto)
    values = _values(conn, school, changed)
    return Page(
        changes=[
            Change(position=position, kind=kind, key=key, value=values.get((kind, key)))
            for (kind, key), position in changed.items()
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


def _last_of_each(rows: Iterable[Any]) -> dict[tuple[str, str], int]:
    """Each kind and key that these rows tell of, with its last position, in order of position."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        for kind in _OF_HELD if row.kind == HELD else (row.kind,):
            # Taken out and put in again, it stands behind all that came before.
            found.pop((kind, row.key), None)
            found[kind, row.key] = row.position
    return found


def _values(
    conn: Connection, school: str, changed: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Any]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for name, key in changed:
        keys[name].append(key)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind in KINDS:
        if kind.name in keys:
            values = read_changed(conn, school, kind, keys[kind.name])
            found |= {(kind.name, key): value for key, value in values.items()}
    published = read_rules(conn, school) if "rules" in keys else None
    if published:
        found |= {("rules", key): published for key in keys["rules"]}
    return found
