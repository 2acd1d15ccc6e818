"""The library's rules as the central record publishes them: every library.toml that was ever in force is kept."""

from __future__ import annotations

import functools
from pathlib import Path

from sqlalchemy import Connection, select

from kiosk.calendar import Rules
from kiosk.rulebook import make_rules
from sync.central.schema import rules


def rules_in_force(conn: Connection, school: str) -> Rules | None:
    """The newest rules of the school; None where none were published yet."""
    newest = (
        select(rules.c.digest, rules.c.text)
        .where(rules.c.school == school)
        .order_by(rules.c.published_ms.desc(), rules.c.digest)
        .limit(1)
    )
    row = conn.execute(newest).first()
    return _read(row.text) if row else None


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Rules:
    return make_rules(text.encode(), Path("library.toml"))
