"""Staff at the console: passwords are tried a few times only, and a sign-in ends by itself.

The browser keeps a random token, the record its SHA-256. A wrong login and a wrong password are answered alike, and
take the same time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, delete, select, text, update

from sync.central.db import Database, insert_many
from sync.central.schema import keys, schools, sign_ins, staff

KEPT_MS = 8 * 3_600_000
IDLE_MS = 30 * 60_000
# Being there is written down at most so often.
_SEEN_MS = 60_000
TRIES = 5
# The first lock; each further one lasts twice as long, up to the longest.
LOCK_MS = 5 * 60_000
_LONGEST_LOCK_MS = 4 * 3_600_000
_LONGEST_PASSWORD = 1_000
_ONCE = text("INSERT INTO keys (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
_hasher = PasswordHasher()
# Tried where there is no such login, so that the answer takes as long. The hash of a password that nobody has ever
# seen, written down since hashing at each start would hold every command up.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "GAsgp0va1Uos9CIkenr2qQ$eNJ614VGKpegdDLhs+V22lZmI/vm0glbnJ0pYv1e3XQ"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member at the console of one school."""

    school: str
    login: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Refused:
    """No sign-in. locked_ms: after too many wrong tries, how long to wait; 0 where that is not why."""

    locked_ms: int = 0


def sign_in(db: Database, school: str, login: str, password: str, now_ms: int) -> str | Refused:
    """A token for the browser, good for 8 hours, and until nobody was there for 30 minutes."""
    with db.read() as conn:
        row = conn.execute(_account(school, login)).first()
    if row is not None and row.locked_until_ms is not None and now_ms < row.locked_until_ms:
        return Refused(row.locked_until_ms - now_ms)
    # Hashing takes long on purpose, so no transaction is held meanwhile.
    good = _fits(row.password if row else _NOBODY, password[:_LONGEST_PASSWORD])
    if row is None or row.closed_ms is not None:
        return Refused()
    with db.begin() as conn:
        if not good:
            return Refused(_count_wrong(conn, school, login, now_ms))
        _set(conn, school, login, failed=0, locks=0, locked_until_ms=None)
        conn.execute(delete(sign_ins).where(sign_ins.c.until_ms <= now_ms))
        token = secrets.token_urlsafe(32)
        told = {"token": _digest(token), "school": school, "login": login}
        insert_many(conn, sign_ins, [{**told, "until_ms": now_ms + KEPT_MS, "seen_ms": now_ms}])
    return token


def who_is(db: Database, token: str, now_ms: int) -> Member | None:
    """Whose token this is, who is there now; None where it is nobody's any more."""
    same = (staff.c.school == sign_ins.c.school) & (staff.c.login == sign_ins.c.login)
    mine = sign_ins.c.token == _digest(token)
    good = (sign_ins.c.until_ms > now_ms, sign_ins.c.seen_ms > now_ms - IDLE_MS)
    query = (
        select(staff.c.school, staff.c.login, staff.c.name, staff.c.role, sign_ins.c.seen_ms)
        .select_from(sign_ins.join(staff, same))
        .where(mine, *good, staff.c.closed_ms.is_(None))
    )
    with db.read() as conn:
        row = conn.execute(query).first()
    if row is None:
        return None
    if row.seen_ms <= now_ms - _SEEN_MS:
        with db.begin() as conn:
            conn.execute(update(sign_ins).where(mine).values(seen_ms=now_ms))
    return Member(row.school, row.login, row.name, row.role)


def sign_out(db: Database, token: str) -> None:
    with db.begin() as conn:
        conn.execute(delete(sign_ins).where(sign_ins.c.token == _digest(token)))


def signing_key(db: Database) -> str:
    """What the console's cookies are signed with: random, made once, the same in every process of this record."""
    wanted = select(keys.c.value).where(keys.c.name == "console")
    with db.read() as conn:
        kept = conn.execute(wanted).scalar()
    if kept is None:
        with db.begin() as conn:
            # Of two processes that start at once, the first to write makes the key of both.
            made = {"name": "console", "value": secrets.token_urlsafe(32)}
            conn.execute(_ONCE, made)
            kept = conn.execute(wanted).scalar_one()
    return str(kept)


def school_names(conn: Connection) -> list[tuple[str, str, str]]:
    """(id, name, English name) of every school, in order of ids."""
    rows = conn.execute(select(schools.c.id, schools.c.name, schools.c.name_en))
    return sorted((row.id, row.name, row.name_en) for row in rows)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _fits(kept: str, password: str) -> bool:
    try:
        return bool(_hasher.verify(kept, password))
    except (VerifyMismatchError, InvalidHashError):
        return False


def _account(school: str, login: str) -> Any:
    return select(staff).where(staff.c.school == school, staff.c.login == login)


def _count_wrong(conn: Connection, school: str, login: str, now_ms: int) -> int:
    """Count one more wrong try; for how long (ms) the account is locked by it, 0 for not at all."""
    row = conn.execute(_account(school, login)).one()
    failed, locks = row.failed + 1, row.locks
    if failed < TRIES:
        _set(conn, school, login, failed=failed, locked_until_ms=None)
        return 0
    lasts: int = min(LOCK_MS << min(locks, 10), _LONGEST_LOCK_MS)
    _set(conn, school, login, failed=0, locks=locks + 1, locked_until_ms=now_ms + lasts)
    return lasts


def _set(conn: Connection, school: str, login: str, **values: Any) -> None:
    where = (staff.c.school == school, staff.c.login == login)
    conn.execute(update(staff).where(*where).values(**values))
