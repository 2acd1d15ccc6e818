"""Notices and events as staff write them: posts, with the desk's note of each act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kiosk.posts import Event, Notice, Post
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.posts import end, put, read_posts, today, withdraw

KINDS: dict[str, type[Notice | Event]] = {"notice": Notice, "event": Event}


def write(desk: Desk, post: Post[Any]) -> None:
    """Put it up, or say something else in its place."""
    put(desk, [post])
    desk.note(f"wrote {post.body.kind} {post.id}")


def take_down(desk: Desk, kind: type[Notice | Event], name: str) -> None:
    """It is shown nowhere any more; one that has stood for a day or longer is kept in the record as over."""
    post = read_posts(desk.conn, desk.school, kind, [name]).get(name)
    if post is None:
        raise CentralError(f"there is no {kind.kind} {name}; somebody has taken it down already")
    before = today(desk.conn, desk.school, desk.now_ms) - timedelta(days=1)
    if post.from_on <= before:
        end(desk, [name], before)
    else:
        withdraw(desk, [name])
    desk.note(f"took down {kind.kind} {name}")
