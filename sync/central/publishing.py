"""library.toml at the central record: checked against what the record holds, put in force, and kept for ever.

A publication never replaces an earlier one: what was in force at any time can be read, and put in force again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from config.library import Library
from config.said import said
from config.settings import Problem, SettingsError
from kiosk.calendar import Rules
from kiosk.rulebook import make_rules
from sync.central.db import CentralError, upsert_many
from sync.central.desk import Desk
from sync.central.positions import publish
from sync.central.rules import rules_in_force
from sync.central.schema import copies, patrons, rules, stations
from sync.central.term_counts import tell_of_new_terms
from sync.central.values import RULES_KEY

FILE = "library.toml"
VERSIONS_AT_ONCE = 30


@dataclass(frozen=True, slots=True)
class Version:
    """A library.toml that is or was in force. staff: the login of whoever published it, or a user of the machine."""

    digest: str
    published_ms: int
    staff: str


def versions(conn: Connection, school: str) -> list[Version]:
    """The newest publications, the one in force first."""
    query = select(rules.c.digest, rules.c.published_ms, rules.c.staff)
    newest = query.where(rules.c.school == school).order_by(*_NEWEST_FIRST)
    return [Version(*row) for row in conn.execute(newest.limit(VERSIONS_AT_ONCE))]


def text_of(conn: Connection, school: str, digest: str = "") -> str:
    """The text of one version, or of the one in force; "" where there is none."""
    query = select(rules.c.text).where(rules.c.school == school)
    if digest:
        query = query.where(rules.c.digest == digest)
    return str(conn.execute(query.order_by(*_NEWEST_FIRST).limit(1)).scalar() or "")


_NEWEST_FIRST = (rules.c.published_ms.desc(), rules.c.digest)


def check_text(conn: Connection, school: str, text: str) -> tuple[Problem, ...]:
    """Everything that keeps a text from being put in force; () for none."""
    try:
        made = make_rules(text.encode(), Path(FILE))
    except SettingsError as error:
        return error.problems
    return tuple(_against_record(conn, school, made.library))


def put_in_force(desk: Desk, text: str, *, based_on: str | None = None) -> bool:
    """Publish it to every station; False where it is in force already.

    based_on: the digest of the version that was changed (None: whatever is in force now). Raises CentralError where
    another was published meanwhile, SettingsError with every mistake of the text.
    """
    made = make_rules(text.encode(), Path(FILE))
    now = versions(desk.conn, desk.school)
    in_force = now[0].digest if now else ""
    if based_on is not None and based_on != in_force:
        raise CentralError("other rules were published meanwhile; begin again from those")
    if made.digest == in_force:
        return False
    before = rules_in_force(desk.conn, desk.school)
    problems = tuple(_against_record(desk.conn, desk.school, made.library))
    if problems:
        raise SettingsError(problems)
    _keep(desk, made, text)
    tell_of_new_terms(desk.conn, desk.school, before, made)
    return True


def _keep(desk: Desk, made: Rules, text: str) -> None:
    row: dict[str, Any] = {"school": desk.school, "digest": made.digest, "text": text}
    # Of two publications within a millisecond the later one is in force.
    newest = select(rules.c.published_ms).where(rules.c.school == desk.school)
    last = desk.conn.execute(newest.order_by(*_NEWEST_FIRST).limit(1)).scalar() or 0
    row |= {"published_ms": max(desk.now_ms, last + 1), "staff": desk.staff}
    upsert_many(desk.conn, rules, [row])
    publish(desk.conn, desk.school, [("rules", RULES_KEY)])
    desk.note(f"published rules {made.digest[:12]}")


def _against_record(conn: Connection, school: str, library: Library) -> Iterator[Problem]:
    """What people and copies of the record, and stations, still need."""
    named = [category.key for category in library.categories]
    yield from _needed(conn, school, patrons.c.category, named, "categories", "patrons")
    named = [kind.key for kind in library.copy_types]
    yield from _needed(conn, school, copies.c.copy_type, named, "copy_types", "copies")
    rooms = [room.key for room in library.rooms]
    query = select(stations.c.name, stations.c.room).where(
        stations.c.school == school, stations.c.revoked_ms.is_(None), stations.c.room != ""
    )
    for row in conn.execute(query):
        if row.room not in rooms:
            told = "the station {name} stands in it; keep the room, or give the station another one first"
            yield Problem(
                FILE, "rooms", f'"{row.room}"', said("station_there", told, name=row.name)
            )


def _needed(
    conn: Connection, school: str, column: Any, named: list[str], section: str, what: str
) -> Iterator[Problem]:
    """Keys of people or copies that the text does not know any more, one after another."""
    gone: list[str] = []
    for _ in range(20):
        query = select(column).where(column.table.c.school == school)
        query = query.where(column.not_in([*named, *gone])).limit(1)
        found = conn.execute(query).scalar()
        if found is None:
            return
        gone.append(found)
        told = f"there are {what} of it; keep the key, or change them first"
        yield Problem(FILE, section, f'"{found}"', said(f"{what}_of_it", told))
