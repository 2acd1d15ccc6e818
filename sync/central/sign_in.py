"""Staff at the console: passwords are tried a few times only, and a sign-in ends by itself.

The browser keeps a random token, the record its SHA-256. A wrong login and a wrong password are answered alike, and
take the same time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, select, text, update

from sync.central.db import Database, insert_many
from sync.central.hashing import fits
from sync.central.schema import keys, schools, sign_ins, staff
from sync.central.tries import Refused as Refused
from sync.central.tries import begin_try, forget_tries, named

KEPT_MS = 8 * 3_600_000
IDLE_MS = 30 * 60_000
# Being there is written down at most so often.
_SEEN_MS = 60_000
_ONCE = text("INSERT INTO keys (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member at the console of one school."""

    school: str
    login: str
    name: str
    role: str


def sign_in(db: Database, school: str, login: str, password: str, now_ms: int) -> str | Refused:
    """A token for the browser, good for 8 hours, and until nobody was there for 30 minutes."""
    who = tried_as(school, login)
    with db.begin() as conn:
        tried = begin_try(conn, who, now_ms)
        row = conn.execute(_account(school, login)).first()
    if tried.refused_ms:
        return Refused(tried.refused_ms)
    # Hashing takes long on purpose, so no transaction is held meanwhile.
    if (
        not fits(row.password if row else None, password)
        or row is None
        or row.closed_ms is not None
    ):
        return Refused(tried.locks_ms)
    with db.begin() as conn:
        forget_tries(conn, who)
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


def tried_as(school: str, login: str) -> str:
    """Under which name the tries of a login are counted."""
    return named("staff", school, login)


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


def _account(school: str, login: str) -> Any:
    return select(staff).where(staff.c.school == school, staff.c.login == login)
