"""What a file of titles and copies would change in the record: asked in portions, planned in the staging file."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from kiosk.domain import CopyState
from kiosk.imports.book_rows import Shelving
from kiosk.imports.compare import Comparison, Count
from kiosk.imports.faults import Problem, shown
from kiosk.imports.run import assumption
from kiosk.imports.staging import Staging
from kiosk.imports.values import Options
from sync.central.catalogue import COPY_FIELDS, TITLE_FIELDS
from sync.central.db import Database, one_of
from sync.central.schema import cards, copies, title_records, titles

_ASKED = 1_000
TABLES = {"title": (titles, "id"), "copy": (copies, "barcode")}
OWNED = {"title": TITLE_FIELDS, "copy": ("title_id", *COPY_FIELDS)}
_BLANK: dict[str, dict[str, Any]] = {
    "title": dict.fromkeys(TITLE_FIELDS, ""),
    "copy": {
        **dict.fromkeys(COPY_FIELDS, ""),
        "arrived_on": None,
        "state": str(CopyState.ON_SHELF),
    },
}
_CAME = ("arrived_on", "source", "donor")


def compare(db: Database, school: str, staging: Staging, options: Options) -> Comparison:
    """Fill the plan of what to write, titles first; only reads the record."""
    usual = _usual(options)
    with staging.writing():
        for ask in (_reject_cards, _keep_identities):
            ask(db, school, staging)
        staging.conn.execute(
            "DELETE FROM staged WHERE kind = 'title'"
            " AND key NOT IN (SELECT owner FROM staged WHERE kind = 'copy')"
        )
        found = Comparison({kind: Count() for kind in TABLES})
        for kind in TABLES:
            staging.plan(_planned(db, school, staging, kind, found.counts[kind], usual))
        if assumed := found.counts["copy"].assumed:
            staging.report(assumption("copy", assumed, usual))
    mine = select(func.count()).select_from(copies).where(copies.c.school == school)
    with db.read() as conn:
        known = found.counts["copy"]
        found.left_alone = conn.execute(mine).scalar_one() - known.changed - known.same
    return found


def _usual(options: Options) -> dict[str, Any]:
    """What a new copy is where the file does not say."""
    came = {
        "arrived_on": options.arrived_on.isoformat() if options.arrived_on else None,
        "source": options.source or ("donated" if options.donor else ""),
        "donor": options.donor,
    }
    return {**Shelving(options).usual, **came}


def _planned(
    db: Database, school: str, staging: Staging, kind: str, count: Count, usual: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    sql = "SELECT key, owner, vals FROM staged WHERE kind = ? ORDER BY line, key"
    for part in _portions(staging.conn.execute(sql, (kind,)), _ASKED):
        with db.read() as conn:
            known = known_rows(conn, school, kind, [key for key, _, _ in part])
        for key, owner, vals in part:
            values = _values(kind, json.loads(vals), owner)
            if key not in known:
                count.new += 1
                count.assumed += kind == "copy" and "copy_type" not in values
                yield kind, key, _whole(kind, values, usual), True
                continue
            same = all(
                known[key].get(c) == v for c, v in values.items() if c not in ("state", "raw")
            )
            count.same += same
            count.changed += not same
            if not same or values.get("raw", known[key].get("raw")) != known[key].get("raw"):
                yield kind, key, {c: v for c, v in values.items() if c != "state"}, False


def _values(kind: str, values: dict[str, Any], owner: str) -> dict[str, Any]:
    allowed = (*OWNED[kind], "state", "raw")
    return {c: v for c, v in values.items() if c in allowed} | (
        {"title_id": owner} if kind == "copy" else {}
    )


def _whole(kind: str, values: dict[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "title":
        return {**_BLANK[kind], **values}
    came = {c: values.get(c) or usual[c] for c in _CAME}
    return {**_BLANK[kind], **usual, **values, **came}


def known_rows(conn: Connection, school: str, kind: str, keys: Sequence[str]) -> dict[str, Any]:
    """The import's own columns of the rows that are there, as they stand in a staging file."""
    table, key = TABLES[kind]
    query = select(table.c[key].label("_key"), *(table.c[c] for c in OWNED[kind])).where(
        table.c.school == school, one_of(conn, table.c[key], keys)
    )
    rows = {row["_key"]: dict(row) for row in conn.execute(query).mappings()}
    for row in rows.values():
        del row["_key"]
        if row.get("arrived_on"):
            row["arrived_on"] = row["arrived_on"].isoformat()
    if kind == "title":
        kept = select(title_records.c.title_id, title_records.c.raw).where(
            title_records.c.school == school, one_of(conn, title_records.c.title_id, keys)
        )
        for found in conn.execute(kept):
            rows[found.title_id]["raw"] = bytes(found.raw).decode("latin-1")
    return rows


def _reject_cards(db: Database, school: str, staging: Staging) -> None:
    """A number is a card or a copy."""
    sql = "SELECT key, line FROM staged WHERE kind = 'copy'"
    for part in _portions(staging.conn.execute(sql).fetchall(), _ASKED):
        lines = dict(part)
        query = select(cards.c.number).where(cards.c.school == school)
        with db.read() as conn:
            clashes = (
                conn.execute(query.where(one_of(conn, cards.c.number, list(lines)))).scalars().all()
            )
        for number in clashes:
            what = f"barcode {shown(number)} is the number of a card"
            staging.report(Problem(lines[number], what, "give the copy another label"))
            staging.conn.execute("DELETE FROM staged WHERE kind = 'copy' AND key = ?", (number,))


def _keep_identities(db: Database, school: str, staging: Staging) -> None:
    """A title that the record does not know under its id, but all of whose copies it knows, all of one title, and they
    are all copies of that title: it is that title with a correction (see kiosk/imports/compare.py).
    """
    sql = "SELECT key FROM staged WHERE kind = 'title'"
    for part in _portions(staging.conn.execute(sql).fetchall(), _ASKED):
        ids = [row[0] for row in part]
        with db.read() as conn:
            known = known_rows(conn, school, "title", ids)
            meant = _meant(conn, school, staging.conn, [i for i in ids if i not in known])
        for staged_id, known_id in meant.items():
            _rename(staging.conn, staged_id, known_id)


def _meant(
    conn: Connection, school: str, staged: sqlite3.Connection, ids: Sequence[str]
) -> dict[str, str]:
    of = "SELECT key, owner FROM staged WHERE kind = 'copy' AND owner IN (SELECT value FROM json_each(?))"
    owners = dict(staged.execute(of, (json.dumps(ids),)).fetchall())
    query = select(copies.c.barcode, copies.c.title_id).where(copies.c.school == school)
    held: dict[str, list[str]] = {}
    for row in conn.execute(query.where(one_of(conn, copies.c.barcode, list(owners)))):
        held.setdefault(owners[row.barcode], []).append(row.title_id)
    one = {staged_id: known[0] for staged_id, known in held.items() if len(set(known)) == 1}
    counted = select(copies.c.title_id, func.count()).where(
        copies.c.school == school, one_of(conn, copies.c.title_id, list(one.values()))
    )
    counts = {title: n for title, n in conn.execute(counted.group_by(copies.c.title_id))}  # noqa: C416
    return {s: k for s, k in one.items() if counts[k] == len(held[s])}


def _rename(staged: sqlite3.Connection, staged_id: str, known_id: str) -> None:
    taken = "SELECT 1 FROM staged WHERE kind = 'title' AND key = ?"
    if staged.execute(taken, (known_id,)).fetchone() is None:
        staged.execute(
            "UPDATE staged SET key = ? WHERE kind = 'title' AND key = ?", (known_id, staged_id)
        )
        staged.execute(
            "UPDATE staged SET owner = ? WHERE kind = 'copy' AND owner = ?", (known_id, staged_id)
        )


def _portions(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    found = iter(rows)
    while part := list(itertools.islice(found, size)):
        yield part
