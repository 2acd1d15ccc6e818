"""Posts at the central record: written, ended and deleted set-wise, and read by the day (see `kiosk/posts.py`).

Writing is done under the school's lock; stations hear of it at their next exchange.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from kiosk.posts import LONGEST, B, Post
from sync.central.db import CentralError, one_of, upsert_many
from sync.central.desk import Desk
from sync.central.positions import publish
from sync.central.post_tables import posts
from sync.central.read import time_zone

# So many of a kind are read for one page.
MOST = 200
# Stations keep what is over for so long: a clock may be behind.
KEPT_DAYS = 30
AT_ONCE = 500


def new_id() -> str:
    return secrets.token_hex(8)


def put(desk: Desk, written: Sequence[Post[Any]]) -> None:
    """Write these; one of the same id is overwritten. Raises CentralError with what is wrong, and writes none."""
    rows = [_row(desk, post) for post in written]
    if not rows:
        return
    upsert_many(desk.conn, posts, rows)
    fed = [post.id for post in written if post.at_stations]
    publish(desk.conn, desk.school, [("post", name) for name in fed])
    unfed = [post.id for post in written if not post.at_stations]
    publish(desk.conn, desk.school, [("post", name) for name in unfed], desk.now_ms)


def end(desk: Desk, ids: Collection[str], last: date) -> None:
    """Let these stand until this day and no longer; those that would have ended before keep their day."""
    if not ids:
        return
    mine = (posts.c.school == desk.school, one_of(desk.conn, posts.c.id, ids))
    query = select(posts.c.id).where(*mine, posts.c.until_on > last)
    late = list(desk.conn.execute(query).scalars())
    if late:
        of = (posts.c.school == desk.school, one_of(desk.conn, posts.c.id, late))
        desk.conn.execute(update(posts).where(*of).values(until_on=last, changed_ms=desk.now_ms))
        publish(desk.conn, desk.school, [("post", name) for name in late])


def withdraw(desk: Desk, ids: Collection[str]) -> int:
    """Delete these everywhere; how many there were."""
    if not ids:
        return 0
    mine = (posts.c.school == desk.school, one_of(desk.conn, posts.c.id, ids))
    gone = list(desk.conn.execute(select(posts.c.id).where(*mine)).scalars())
    desk.conn.execute(delete(posts).where(*mine))
    publish(desk.conn, desk.school, [("post", name) for name in gone], desk.now_ms)
    return len(gone)


def forget_over(conn: Connection, school: str, now_ms: int) -> int:
    """Let stations forget what has been over for weeks; here it stays. How many."""
    late = (
        select(posts.c.id)
        .where(
            posts.c.school == school,
            posts.c.over.is_(False),
            posts.c.until_on < today(conn, school, now_ms) - timedelta(days=KEPT_DAYS),
        )
        .limit(AT_ONCE)
    )
    names = list(conn.execute(late).scalars())
    if names:
        mine = (posts.c.school == school, one_of(conn, posts.c.id, names))
        conn.execute(update(posts).where(*mine).values(over=True))
        publish(conn, school, [("post", name) for name in names], now_ms)
    return len(names)


# Reading.


def today(conn: Connection, school: str, now_ms: int) -> date:
    """The day of this moment where the school is."""
    return datetime.fromtimestamp(now_ms / 1000, time_zone(conn, school)).date()


def standing(
    conn: Connection, school: str, kind: type[B], day: date, *, patron_id: str = ""
) -> list[Post[B]]:
    """Posts of this kind that stand on the day, the newest first: those for everybody, or those for this patron."""
    return _read(conn, kind, _current(school, kind, day, patron_id).where(posts.c.from_on <= day))


def ahead(conn: Connection, school: str, kind: type[B], day: date) -> list[Post[B]]:
    """Posts for everybody that stand on the day or will, in the order in which they begin."""
    query = _current(school, kind, day, "")
    return _read(conn, kind, query.order_by(None).order_by(posts.c.from_on, posts.c.id))


def read_posts(conn: Connection, school: str, kind: type[B], ids: Collection[str]) -> dict[str, Post[B]]:  # fmt: skip
    """These, by id, whatever the day; those that are not there, or of another kind, are left out."""
    if not ids:
        return {}
    mine = (posts.c.school == school, one_of(conn, posts.c.id, ids), posts.c.kind == kind.kind)
    return {post.id: post for post in _read(conn, kind, select(posts).where(*mine))}


def _current(school: str, kind: type[B], day: date, patron_id: str) -> Any:
    return (
        select(posts)
        .where(
            posts.c.school == school,
            posts.c.kind == kind.kind,
            posts.c.patron_id == patron_id,
            posts.c.until_on >= day,
        )
        .order_by(posts.c.from_on.desc(), posts.c.id)
        .limit(MOST)
    )


def _read(conn: Connection, kind: type[B], query: Any) -> list[Post[B]]:
    return [
        Post(
            row.id, kind.model_validate_json(row.body), row.from_on, row.until_on, row.patron_id,
            row.at_stations, row.on_page,
        )
        for row in conn.execute(query)
    ]  # fmt: skip


def _row(desk: Desk, post: Post[Any]) -> dict[str, Any]:
    body = post.body.model_dump_json(exclude_defaults=True)
    if len(body) > LONGEST:
        raise CentralError(
            f"a {post.body.kind} of {len(body)} characters is too long; {LONGEST} fit, so shorten it"
        )
    if post.until_on < post.from_on:
        raise CentralError(f"the {post.body.kind} would end before it begins; name a later day")
    return {
        "school": desk.school,
        "id": post.id,
        "kind": post.body.kind,
        "patron_id": post.patron_id,
        "body": body,
        "from_on": post.from_on,
        "until_on": post.until_on,
        "at_stations": post.at_stations,
        "on_page": post.on_page,
        "over": False,
        "made_by": desk.staff or "",
        "changed_ms": desk.now_ms,
    }
