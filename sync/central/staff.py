"""Staff accounts: passwords are kept as argon2 hashes, and nobody has one by default.

An account is closed, never deleted: entries name who acted, and a login shall not mean two people. Whoever is changed
is signed out at once, and a school keeps at least one librarian who can sign in.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from sync.central.db import CentralError, insert_many
from sync.central.hashing import LONGEST as LONGEST
from sync.central.hashing import hashed
from sync.central.roles import Role
from sync.central.schema import sign_ins, staff
from sync.central.sign_in import tried_as
from sync.central.tries import forget_tries, locked_until

LEAST = 10
# No school has as many; the login itself stands for whoever comes after.
_NAMED = 1_000
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class Unfit(CentralError):
    """An account that cannot be so. code: short, too_long, login, role, taken, only_librarian, nobody."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Account:
    """Who may use the console. locked_until_ms, closed_ms: UTC milliseconds."""

    login: str
    name: str
    role: str
    locked_until_ms: int | None
    closed_ms: int | None


def accounts(conn: Connection, school: str) -> list[Account]:
    """All of them, those in use first."""
    mine = select(staff).where(staff.c.school == school).order_by(staff.c.login)
    rows = conn.execute(mine).all()
    until = locked_until(conn, [tried_as(school, row.login) for row in rows])
    found = [
        Account(r.login, r.name, r.role, until.get(tried_as(school, r.login)), r.closed_ms)
        for r in rows
    ]
    return sorted(found, key=lambda one: one.closed_ms is not None)


def shown_names(conn: Connection, school: str) -> dict[str, str]:
    """What each login is called where people read: its name, with the login where two have the same."""
    query = select(staff.c.login, staff.c.name).where(staff.c.school == school)
    rows = conn.execute(query.order_by(staff.c.login).limit(_NAMED)).all()
    often = Counter(row.name for row in rows)
    return {
        row.login: f"{row.name} ({row.login})" if often[row.name] > 1 else row.name for row in rows
    }


def add_staff(
    conn: Connection, school: str, login: str, name: str, role: str, password: str
) -> None:
    """Raises CentralError where the login is taken or the password too short."""
    if not _LOGIN.fullmatch(login):
        raise Unfit(
            "login",
            f"{login!r} is no login; write small letters, digits, dots and dashes, 40 at most",
        )
    if role not in set(Role):
        raise Unfit("role", f"{role!r} is no role; write one of: {', '.join(Role)}")
    there = select(staff.c.login).where(staff.c.school == school, staff.c.login == login)
    if conn.execute(there).first():
        raise Unfit("taken", f"there is a login {login!r} already; choose another")
    row = {"school": school, "login": login, "name": name, "role": role}
    row |= {"password": _hashed(password)}
    insert_many(conn, staff, [row])


def change_role(conn: Connection, school: str, login: str, role: str) -> None:
    """Raises CentralError for nobody, no role, and where no librarian would be left."""
    if role not in set(Role):
        raise Unfit("role", f"{role!r} is no role; write one of: {', '.join(Role)}")
    if role != Role.LIBRARIAN:
        _keep_a_librarian(conn, school, login)
    _change(conn, school, login, role=role)


def change_password(conn: Connection, school: str, login: str, password: str) -> None:
    """A new password also opens an account that wrong tries have locked."""
    _change(conn, school, login, password=_hashed(password))
    forget_tries(conn, tried_as(school, login))


def close_account(conn: Connection, school: str, login: str, now_ms: int) -> None:
    """Let nobody in with it any more."""
    _keep_a_librarian(conn, school, login)
    _change(conn, school, login, closed_ms=now_ms)


def open_account(conn: Connection, school: str, login: str) -> None:
    """Let its owner in again, with the password as it was."""
    _change(conn, school, login, closed_ms=None)


def _hashed(password: str) -> str:
    if len(password) < LEAST:
        raise Unfit("short", f"the password is too short; use at least {LEAST} letters")
    if len(password) > LONGEST:
        raise Unfit("too_long", f"the password is too long; use at most {LONGEST} letters")
    return hashed(password)


def _keep_a_librarian(conn: Connection, school: str, but: str) -> None:
    others = select(func.count()).where(
        staff.c.school == school,
        staff.c.login != but,
        staff.c.role == Role.LIBRARIAN,
        staff.c.closed_ms.is_(None),
    )
    if conn.execute(others).scalar_one() == 0:
        raise Unfit("only_librarian", f"{but} is the only librarian; let another one in first")


def _change(conn: Connection, school: str, login: str, **values: Any) -> None:
    mine = (staff.c.school == school, staff.c.login == login)
    if conn.execute(update(staff).where(*mine).values(**values)).rowcount != 1:
        raise Unfit("nobody", f"there is no login {login!r}")
    conn.execute(delete(sign_ins).where(sign_ins.c.school == school, sign_ins.c.login == login))
