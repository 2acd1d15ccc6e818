"""Staff accounts: passwords are kept as argon2 hashes, and nobody has one by default."""

from __future__ import annotations

from argon2 import PasswordHasher
from sqlalchemy import Connection, select

from sync.central.db import CentralError, insert_many
from sync.central.schema import staff

LEAST = 10
_hasher = PasswordHasher()


def add_staff(
    conn: Connection, school: str, login: str, name: str, role: str, password: str
) -> None:
    """Raises CentralError where the login is taken or the password too short."""
    if len(password) < LEAST:
        raise CentralError(f"the password is too short; use at least {LEAST} letters")
    there = select(staff.c.login).where(staff.c.school == school, staff.c.login == login)
    if conn.execute(there).first():
        raise CentralError(f"there is a login {login!r} already; choose another")
    row = {"school": school, "login": login, "name": name, "role": role}
    row |= {"password": _hasher.hash(password)}
    insert_many(conn, staff, [{**row, "failed": 0, "locked_until_ms": None}])
