"""A file of titles and copies into the central record: checked, compared in portions, written in portions, taken back.

The readers are those of a station's import, and so is the staging file, beside which nothing of the file is held in
memory. The record is asked for 1,000 keys at a time; each portion is written in a transaction of its own, between
which stations are served. A second run of the same file changes nothing, so a broken-off one is simply run again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from kiosk.imports.progress import Progress, Silent
from kiosk.imports.read import read_file
from kiosk.imports.report import Report, note_problems
from kiosk.imports.staging import Item, Staging
from kiosk.imports.stopping import Stop
from kiosk.imports.values import Options
from kiosk.pinyin import toned
from sync.central.catalogue_compare import OWNED, TABLES, compare, known_rows
from sync.central.catalogue_search import forget_titles, index_titles
from sync.central.db import Database, insert_many, one_of, update_many, upsert_many
from sync.central.late import registered
from sync.central.positions import publish
from sync.central.schema import copies, entries, holds, title_records

_WRITTEN = 500


def import_catalogue(
    db: Database,
    school: str,
    file: Path,
    options: Options,
    *,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Report:
    """All of it, from reading to writing. Raises ImportFailed where the file cannot be read at all."""
    progress, stop, began = progress or Silent(), stop or Stop(), time.monotonic()
    report = Report("catalogue", file.name, dry_run=options.dry_run)
    now_ms = time.time_ns() // 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        staging = Staging.fresh(Path(folder), "catalogue", file.name)
        try:
            report.rows = read_file(
                staging, "catalogue", file, options, progress=progress, stop=stop
            )
            report.comparison = compare(db, school, staging, options)
            note_problems(report, Path(folder), staging)
            if not (options.dry_run or stop.asked):
                write(db, school, staging, now_ms=now_ms, progress=progress, stop=stop)
                if stop.asked:
                    report.kept = take_back(db, school, staging, now_ms=now_ms)
        finally:
            staging.close()
    report.cancelled, report.seconds = stop.asked, time.monotonic() - began
    return report


def write(
    db: Database, school: str, staging: Staging, *, now_ms: int, progress: Progress, stop: Stop
) -> bool:
    """Write the plan; False if it was stopped before the end (nothing is taken back yet)."""
    progress.begin("writing", staging.planned())
    at = 0
    while items := staging.after(at, _WRITTEN):
        if stop.asked:
            return False
        kind = items[0].kind
        readings = _readings(items) if kind == "title" else {}
        with db.begin(school) as conn:
            before = known_rows(conn, school, kind, [item.key for item in items])
            staging.note_before(items, before, at)
            _write(conn, school, kind, items, before, readings, now_ms)
        db.note_written("catalogue", len(items))
        at = items[-1].seq
        progress.advance(len(items))
    return True


def take_back(db: Database, school: str, staging: Staging, *, now_ms: int) -> int:
    """Make the record what it was before the plan was begun; how many new rows stay since they are in use."""
    at, kept = staging.planned() + 1, 0
    while items := staging.begun_before(at, _WRITTEN):
        with db.begin(school) as conn:
            kept += _take_back(conn, school, items[0].kind, items, now_ms)
        at = items[-1].seq
    return kept


def _readings(items: Sequence[Item]) -> dict[str, str]:
    """What takes its time is done before the school's lock is taken."""
    return {item.key: toned(item.vals["title"]) for item in items if "title" in item.vals}


def _write(
    conn: Connection,
    school: str,
    kind: str,
    items: Sequence[Item],
    before: Mapping[str, Mapping[str, Any]],
    readings: Mapping[str, str],
    now_ms: int,
) -> None:
    table = TABLES[kind][0]
    fresh = [item for item in items if item.key not in before]
    known = [item for item in items if item.key in before]
    rows = [_row(school, kind, i.key, _without_raw(i.vals), readings) for i in fresh if i.fresh]
    insert_many(conn, table, rows)
    merged = [(i.key, {**before[i.key], **i.vals}) for i in known]
    told = [_row(school, kind, k, _without_raw(_owned(kind, vals)), readings) for k, vals in merged]
    update_many(conn, table, told)
    keys = [item.key for item in items if item.fresh or item.key in before]
    publish(conn, school, [(kind, k) for k in keys])
    if kind == "title":
        index_titles(conn, school, keys)
        _keep_records(conn, school, {i.key: i.vals["raw"] for i in items if "raw" in i.vals})
    else:
        new = [item.key for item in fresh]
        registered(conn, school, cards={}, copies=new, now_ms=now_ms)


def _row(
    school: str, kind: str, key: str, vals: Mapping[str, Any], readings: Mapping[str, str]
) -> dict[str, Any]:
    row = {"school": school, TABLES[kind][1]: key, **vals}
    if kind == "title":
        return {**row, "pinyin": readings.get(key) or toned(vals["title"])}
    return {**row, "arrived_on": _day(vals["arrived_on"])}


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _owned(kind: str, vals: Mapping[str, Any]) -> dict[str, Any]:
    return {c: vals[c] for c in OWNED[kind]}


def _without_raw(vals: Mapping[str, Any]) -> dict[str, Any]:
    return {c: v for c, v in vals.items() if c != "raw"}


def _keep_records(conn: Connection, school: str, raws: Mapping[str, str]) -> None:
    rows = [
        {"school": school, "title_id": key, "raw": raw.encode("latin-1")}
        for key, raw in raws.items()
    ]
    upsert_many(conn, title_records, rows)


def _take_back(conn: Connection, school: str, kind: str, items: Sequence[Item], now_ms: int) -> int:
    table, key = TABLES[kind]
    fresh = [item.key for item in items if item.before is None]
    used = _used(conn, school, kind, fresh)
    gone = [k for k in fresh if k not in used]
    conn.execute(delete(table).where(table.c.school == school, one_of(conn, table.c[key], gone)))
    publish(conn, school, [(kind, k) for k in gone], now_ms)
    if kind == "title":
        forget_titles(conn, school, gone)
        mine = title_records.c.school == school
        conn.execute(
            delete(title_records).where(mine, one_of(conn, title_records.c.title_id, gone))
        )
    back = [item for item in items if item.before is not None]
    readings = {i.key: toned(i.before["title"]) for i in back if i.before and kind == "title"}
    rows = [_row(school, kind, i.key, _owned(kind, i.before), readings) for i in back if i.before]
    raws = {i.key: i.before["raw"] for i in back if i.before and "raw" in i.before}
    _keep_records(conn, school, raws)
    update_many(conn, table, rows)
    publish(conn, school, [(kind, item.key) for item in back])
    if kind == "title":
        index_titles(conn, school, [item.key for item in back])
    return len(used)


def _used(conn: Connection, school: str, kind: str, keys: Sequence[str]) -> set[str]:
    """New rows that somebody else has come to need meanwhile."""
    columns = [copies.c.title_id, holds.c.title_id] if kind == "title" else [entries.c.barcode]
    used: set[str] = set()
    for column in columns:
        query = select(column).where(column.table.c.school == school, one_of(conn, column, keys))
        used |= set(conn.execute(query.distinct()).scalars())
    return used
