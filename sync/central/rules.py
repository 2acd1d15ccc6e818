"""The library's rules as the central record publishes them: every library.toml that was ever in force is kept."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

from sqlalchemy import Connection, bindparam, select

from config.settings import SettingsError
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


def every_rules(conn: Connection, school: str) -> list[tuple[int, Rules]]:
    """All rules that were ever in force, each with the moment (UTC ms) since when, the earliest first.

    What this release cannot read any more is left out: another release published it.
    """
    query = (
        select(rules.c.published_ms, rules.c.text)
        .where(rules.c.school == school)
        .order_by(rules.c.published_ms, rules.c.digest.desc())
    )
    found = []
    for row in conn.execute(query):
        with contextlib.suppress(SettingsError):
            found.append((row.published_ms, _read(row.text)))
    return found


def rules_since(conn: Connection, school: str, from_ms: int) -> list[tuple[int, Rules]]:
    """The rules that were in force then (UTC ms) and later, each with the moment since when, the earliest first.

    The first ones that were ever published hold for what lies before them, too.
    """
    asked = {"of": school, "from_ms": from_ms}
    found = []
    for row in (*conn.execute(_THEN, asked), *conn.execute(_LATER, asked)):
        with contextlib.suppress(SettingsError):
            found.append((row.published_ms, _read(row.text)))
    return found


_OF = select(rules.c.published_ms, rules.c.text).where(rules.c.school == bindparam("of"))
_THEN = (
    _OF.where(rules.c.published_ms <= bindparam("from_ms"))
    .order_by(rules.c.published_ms.desc(), rules.c.digest)
    .limit(1)
)
_LATER = _OF.where(rules.c.published_ms > bindparam("from_ms")).order_by(
    rules.c.published_ms, rules.c.digest.desc()
)


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Rules:
    return make_rules(text.encode(), Path("library.toml"))
