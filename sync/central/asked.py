"""How often an address tries passwords and PINs, and which forms were answered: counted in the record.

So all processes that serve it count together. Hashing a password is dear on purpose, and one machine must not stop the
others; nor may whoever tries one login or card after another go on for long. Kept are hashes, until their time is over.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, text, update

from sync.central.pin_tables import asked
from sync.central.tries import named

# So many tries of one address within a span, which begins with the first.
TRIES = 40
SPAN_MS = 10 * 60_000
# A form that was answered is remembered for longer than a browser that others use, too, is likely to offer it.
FORM_MS = 7 * 24 * 3_600_000
_ONE_MORE = text(
    "INSERT INTO asked (what, n, until_ms) VALUES (:what, 1, :until_ms)"
    " ON CONFLICT (what) DO UPDATE SET n = asked.n + 1 RETURNING n"
)


def may_try(conn: Connection, kind: str, address: str, now_ms: int) -> bool:
    """Count one more try of a kind of secret by this address; whether it may."""
    return _count(conn, named(kind, "", address), SPAN_MS, now_ms) <= TRIES


def give_back(conn: Connection, kind: str, address: str) -> None:
    """The last try of this address shall not count."""
    mine = asked.c.what == named(kind, "", address)
    conn.execute(update(asked).where(mine, asked.c.n > 0).values(n=asked.c.n - 1))


def is_first(conn: Connection, form: str, now_ms: int) -> bool:
    """Whether the form of this random name has not been answered yet; from now on it has."""
    return bool(form) and _count(conn, named("form", "", form), FORM_MS, now_ms) == 1


def _count(conn: Connection, what: str, span_ms: int, now_ms: int) -> int:
    conn.execute(delete(asked).where(asked.c.until_ms <= now_ms))
    told = {"what": what, "until_ms": now_ms + span_ms}
    return int(conn.execute(_ONE_MORE, told).scalar_one())
