"""Patrons, titles and rules into the central record: from files, by the same readers as a station's, or from a store.

A file is imported into a store of its own that is filled with what the record has; what differs then is written here
and given positions, so that stations hear of exactly what has changed.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from kiosk.calendar import Rules
from kiosk.imports.progress import Progress
from kiosk.imports.report import Report
from kiosk.imports.rows import OWNED
from kiosk.imports.run import run_import
from kiosk.imports.stopping import Stop
from kiosk.imports.values import Options
from kiosk.pinyin import name_initials
from kiosk.rulebook import make_rules
from kiosk.store.feed import TABLES, Change, write_rows
from kiosk.store.store import Store
from sync.central import schema
from sync.central.catalogue_import import import_catalogue
from sync.central.catalogue_search import index_titles
from sync.central.db import Database, insert_many, one_of, update_many
from sync.central.desk import Desk
from sync.central.late import handed_on, registered
from sync.central.positions import publish
from sync.central.publishing import put_in_force
from sync.central.values import KINDS, read_all
from sync.rows import KEY_OF, checked

# What an import brings; loans, holds and the state of a copy that is known belong to the desk and to staff.
_BROUGHT = ("title", "patron", "card", "copy")
_OF_FILE = {"patrons": ("patron", "card"), "catalogue": ("title", "copy")}
_PORTION = 2_000
# What an import brings and stations are not told.
_UNTOLD = {"patron": ("major",)}
# What a station knows from the record alone.
_OF_RECORD = ("last_entry", "lendable", "lent")


def publish_rules(db: Database, school: str, file: Path, *, staff: str, now_ms: int) -> bool:
    """Put a library.toml in force; False where it is in force already. Raises SettingsError with every mistake."""
    content = file.read_bytes()
    make_rules(content, file)
    with db.begin(school) as conn:
        return put_in_force(Desk(conn, school, staff, now_ms), content.decode())


def import_file(
    db: Database,
    school: str,
    kind: str,
    file: Path,
    rules: Rules,
    *,
    dry_run: bool = False,
    whole: bool = False,
    progress: Progress | None = None,
    stop: Stop | None = None,
    **options: Any,
) -> tuple[Report, dict[str, int]]:
    """Import "patrons" or "catalogue" from a file, with how many rows of each kind stations will hear of.

    whole: all of it in one transaction, or nothing. Raises ImportFailed where the file cannot be read at all.
    """
    today = datetime.now(ZoneInfo(rules.library.library.time_zone)).date()
    told = Options(rules.library, today, dry_run=dry_run, **options)
    counts: dict[str, int] = {}
    if kind == "catalogue":
        told = replace(told, keep_records=True)
        report = import_catalogue(db, school, file, told, progress=progress, stop=stop)
        if not dry_run and not report.cancelled:
            found = report.comparison.counts
            counts = {each: count.new + count.changed for each, count in found.items()}
        return report, counts
    with tempfile.TemporaryDirectory() as beside:
        store = Store.open(Path(beside))
        try:
            fill(store, db, school, _OF_FILE[kind])
            report = run_import(store, kind, file, told, progress=progress, stop=stop)
            if not dry_run and not report.cancelled:
                counts = take_over(db, school, store, whole=whole)
        finally:
            store.close()
    return report, counts


def fill(store: Store, db: Database, school: str, kinds: Collection[str] = _BROUGHT) -> None:
    """Make an empty store hold what the record has of these kinds."""
    for kind in KINDS:
        if kind.name not in kinds:
            continue
        with db.read() as conn:
            values = list(read_all(conn, school, kind))
        key = KEY_OF[kind.name]
        rows: list[Change] = [(v[key], checked(kind.name, v[key], v)) for v in values]
        write_rows(store, kind.name, rows, lambda tx: frozenset(), between=lambda: None)
        if kind.name == "patron":
            _fill_majors(store, db, school)


def _fill_majors(store: Store, db: Database, school: str) -> None:
    table = schema.patrons
    query = select(table.c.major, table.c.id).where(table.c.school == school, table.c.major != "")
    with db.read() as conn:
        rows = [tuple(row) for row in conn.execute(query)]
    with store.begin() as tx:
        if rows:
            tx.conn.exec_driver_sql("UPDATE patrons SET major = ? WHERE id = ?", rows)


def take_over(db: Database, school: str, store: Store, *, whole: bool = False) -> dict[str, int]:
    """Write what the store has and the record has not; how many rows of each kind. Nothing is taken out.

    whole: in one transaction; otherwise in portions, between which stations are served.
    """
    portions = [
        (kind, dict(part))
        for kind in _BROUGHT
        for part in _batched(list(_rows_of_store(store, kind).items()))
    ]
    counts = dict.fromkeys(_BROUGHT, 0)
    for some in [portions] if whole else [[one] for one in portions]:
        with db.begin(school) as conn:
            for kind, part in some:
                counts[kind] += _write(conn, school, kind, part)
        db.note_written("people", sum(len(part) for _, part in some))
    return counts


def _batched(rows: list[tuple[str, dict[str, Any]]]) -> list[list[tuple[str, dict[str, Any]]]]:
    return [rows[at : at + _PORTION] for at in range(0, len(rows), _PORTION)]


def _rows_of_store(store: Store, kind: str) -> dict[str, dict[str, Any]]:
    table, key, columns = TABLES[kind]
    told = (c for c in columns if c not in _OF_RECORD)
    kept = [*told, *_UNTOLD.get(kind, ())]
    with store.read() as tx:
        found = tx.conn.exec_driver_sql(f"SELECT {key}, {', '.join(kept)} FROM {table}")
        return {row[0]: dict(zip(kept, row[1:], strict=True)) for row in found}


def _write(conn: Connection, school: str, kind: str, rows: Mapping[str, dict[str, Any]]) -> int:
    table = getattr(schema, TABLES[kind][0])
    key = TABLES[kind][1]
    known = _known(conn, school, table, key, list(rows))
    new = [(k, row) for k, row in rows.items() if k not in known]
    changed = [
        (k, {c: row[c] for c in OWNED[kind]})
        for k, row in rows.items()
        if k in known and any(_plain(known[k][c]) != row[c] for c in OWNED[kind])
    ]
    if kind == "card":
        handed_on(conn, school, {k: known[k]["patron_id"] for k, _ in changed})
    for some, write in ((new, insert_many), (changed, update_many)):
        write(conn, table, [{"school": school, key: k, **_typed(kind, row)} for k, row in some])
    publish(conn, school, [(kind, k) for k, _ in (*new, *changed)])
    if kind == "title":
        index_titles(conn, school, [k for k, _ in (*new, *changed)])
    # Entries may have spoken of them before.
    registered(
        conn,
        school,
        cards={k: row["patron_id"] for k, row in new} if kind == "card" else {},
        copies=[k for k, _ in new] if kind == "copy" else (),
        now_ms=time.time_ns() // 1_000_000,
    )
    return len(new) + len(changed)


def _known(
    conn: Connection, school: str, table: Any, key: str, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    query = select(table).where(table.c.school == school, one_of(conn, table.c[key], keys))
    return {row[key]: dict(row) for row in conn.execute(query).mappings()}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _typed(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    typed = {
        name: date.fromisoformat(value) if name == "expires_on" and value else value
        for name, value in row.items()
    }
    return typed | ({"initials": name_initials(row["name"])} if kind == "patron" else {})
