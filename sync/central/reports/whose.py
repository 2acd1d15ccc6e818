"""Whose an id beside an entry is now: merged patrons and cards registered later lead to somebody else's."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from sync.central.persons import Persons


def whose(conn: Connection, school: str, patron_ids: Collection[str]) -> dict[str, str]:
    """Every id with the one that it leads to; most lead to themselves."""
    known = Persons(conn, school)
    known.follow(set(patron_ids))
    found = {name: known.beside(name, None) for name in patron_ids}
    return {name: person.patron for name, person in found.items() if person}
