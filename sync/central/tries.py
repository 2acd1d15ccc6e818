"""Wrong tries of passwords and PINs: a few, then a lock, and each further lock lasts twice as long.

A try counts before its secret is looked at, so that many at once are no more than a few; a good one forgets them all.
Whoever is tried is kept as a hash, there or not: a login or a card that nobody has locks like any other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, delete, select, text, update

from sync.central.staff_tables import tries

TRIES = 5
# The first lock; each further one lasts twice as long, up to the longest.
LOCK_MS = 5 * 60_000
_LONGEST_LOCK_MS = 4 * 3_600_000
# After a day without a try it begins anew: whoever waits so long has no more tries a day than before.
KEPT_MS = 24 * 3_600_000
_FIRST = text(
    "INSERT INTO tries (who, failed, locks, at_ms) VALUES (:who, 0, 0, :at) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in. locked_ms: after too many wrong tries, how long to wait; 0 where that is not why."""

    locked_ms: int = 0


@dataclass(frozen=True, slots=True)
class Try:
    """refused_ms: it may not be tried for so long. locks_ms: for how long it locks, should it be wrong."""

    refused_ms: int = 0
    locks_ms: int = 0


def named(kind: str, school: str, name: str) -> str:
    """Under which name the tries of somebody are counted; kind: what kind of name it is, such as "staff"."""
    return sha256(f"{kind}\n{school}\n{name}".encode()).hexdigest()


def begin_try(conn: Connection, who: str, now_ms: int) -> Try:
    """Count one more try, as if it were wrong."""
    conn.execute(delete(tries).where(tries.c.at_ms <= now_ms - KEPT_MS))
    conn.execute(_FIRST, {"who": who, "at": now_ms})
    mine = tries.c.who == who
    row = conn.execute(select(tries).where(mine).with_for_update()).one()
    if row.locked_until_ms is not None and now_ms < row.locked_until_ms:
        return Try(refused_ms=row.locked_until_ms - now_ms)
    failed, locks, until, lasts = row.failed + 1, row.locks, None, 0
    if failed == TRIES:
        lasts = min(LOCK_MS << min(locks, 10), _LONGEST_LOCK_MS)
        failed, locks, until = 0, locks + 1, now_ms + lasts
    told = {"failed": failed, "locks": locks, "locked_until_ms": until, "at_ms": now_ms}
    conn.execute(update(tries).where(mine).values(told))
    return Try(locks_ms=lasts)


def forget_tries(conn: Connection, who: str) -> None:
    """It was a good one, or there is a new secret: whatever was tried before no longer counts."""
    conn.execute(delete(tries).where(tries.c.who == who))


def locked_until(conn: Connection, whose: Collection[str]) -> dict[str, int]:
    """Until when (UTC ms) each of these is locked, or was; the others are left out."""
    query = select(tries.c.who, tries.c.locked_until_ms).where(
        tries.c.who.in_(whose), tries.c.locked_until_ms.isnot(None)
    )
    return {row.who: row.locked_until_ms for row in conn.execute(query)}
