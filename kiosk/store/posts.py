"""The posts that the central record has fed, as a station reads them (see `kiosk/posts.py`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy import bindparam, select

from kiosk.domain import Now
from kiosk.posts import B, Post
from kiosk.store.schema import posts
from kiosk.store.statement import Statement
from kiosk.store.tx import Tx

log = structlog.get_logger()

# So many of a kind are looked at; nobody reads more from a screen.
MOST = 200
_NEWEST = (
    select(posts)
    .where(posts.c.kind == bindparam("kind"), posts.c.patron_id == bindparam("patron_id"))
    .order_by(posts.c.from_on.desc(), posts.c.id)
    .limit(MOST)
)
_FED = Statement(_NEWEST)
_STANDING = Statement(
    _NEWEST.where(posts.c.until_on >= bindparam("today"), posts.c.from_on <= bindparam("last"))
)


def standing(
    tx: Tx, kind: type[B], now: Now, *, patron_id: str = "", ahead_days: int = 0
) -> list[Post[B]]:
    """Posts of this kind that stand today, the newest first: those for everybody, or those for this patron.

    ahead_days: those, too, that begin within so many days.

    A clock that is unsure hides nothing. One that cannot be read, from a later release perhaps, is passed over.
    """
    asked: dict[str, Any] = {"kind": kind.kind, "patron_id": patron_id}
    if now.sure:
        today = now.local.date()
        asked |= {"today": today, "last": today + timedelta(days=ahead_days)}
    found: list[Post[B]] = []
    for row in tx.run(_STANDING if now.sure else _FED, **asked):
        try:
            body = kind.model_validate_json(row.body)
        except ValidationError as error:
            log.warning("a post cannot be read", post=row.id, kind=kind.kind, why=str(error))
            continue
        days = row.from_on, row.until_on
        found.append(Post(row.id, body, *days, patron_id=row.patron_id, on_page=False))
    return found
