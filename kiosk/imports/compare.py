"""What of a staged file is new, changed or as before in the store; only reads the store.

A title that the store does not know under its identity, but whose copies it knows, all of one title and all copies
of that title, is that title with a correction (a misspelt title, an ISBN added): it keeps its identity.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.imports.faults import Problem, shown
from kiosk.imports.rows import DEFAULTS, OWNED, TABLES
from kiosk.imports.staging import Staging

_KINDS = {"patrons": ("patron", "card"), "catalogue": ("title", "copy")}
# What an import must not guess in silence.
_KIND_OF = {"patron": "category", "copy": "copy_type"}


@dataclass(slots=True)
class Count:
    """`assumed`: the new ones of whose kind the file says nothing."""

    new: int = 0
    changed: int = 0
    same: int = 0
    assumed: int = 0


@dataclass(slots=True)
class Comparison:
    """By kind. `left_alone`: patrons or copies of the store that the file does not name."""

    counts: dict[str, Count] = field(default_factory=dict)
    left_alone: int = 0


def compare(
    staging: Staging, kind: str, store_path: Path, usual: dict[str, dict[str, Any]]
) -> Comparison:
    """Fill the plan of what to write. `usual`: by kind, columns of a new row whose file does not name them."""
    conn = staging.conn
    conn.execute("ATTACH DATABASE ? AS station", (str(store_path),))
    try:
        with staging.writing():
            return _compare(staging, kind, usual)
    finally:
        conn.execute("DETACH DATABASE station")


def _compare(staging: Staging, kind: str, usual: dict[str, dict[str, Any]]) -> Comparison:
    _reject_clashes(staging, kind)
    if kind == "catalogue":
        _keep_identities(staging.conn)
        staging.conn.execute(
            "DELETE FROM staged WHERE kind = 'title'"
            " AND key NOT IN (SELECT owner FROM staged WHERE kind = 'copy')"
        )
    found = Comparison({each: Count() for each in _KINDS[kind]})
    for each in _KINDS[kind]:
        staging.plan(_planned(staging.conn, each, found.counts[each], usual.get(each, {})))
    main = "patron" if kind == "patrons" else "copy"
    table, key = TABLES[main]
    found.left_alone = staging.conn.execute(
        f"SELECT count(*) FROM station.{table} WHERE {key} NOT IN (SELECT key FROM staged WHERE kind = ?)",
        (main,),
    ).fetchone()[0]
    return found


def _planned(
    conn: sqlite3.Connection, kind: str, count: Count, usual: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    table, key = TABLES[kind]
    columns = OWNED[kind]
    wanted = ", ".join(f"t.{c}" for c in columns)
    sql = (
        f"SELECT s.key, s.owner, s.vals, t.{key}, {wanted} FROM staged s"
        f" LEFT JOIN station.{table} t ON t.{key} = s.key WHERE s.kind = ? ORDER BY s.line, s.key"
    )
    for staged_key, owner, vals, there, *current in conn.execute(sql, (kind,)):
        values = _with_owner(kind, json.loads(vals), owner)
        if there is None:
            count.new += 1
            count.assumed += kind in _KIND_OF and _KIND_OF[kind] not in values
            whole = {**DEFAULTS[kind], **usual, **values}
            kept = {c: v for c, v in whole.items() if c in columns or c in DEFAULTS[kind]}
            yield kind, staged_key, kept, True
            continue
        known = dict(zip(columns, current, strict=True))
        changes = {c: v for c, v in values.items() if c in known and known[c] != v}
        if changes:
            count.changed += 1
            yield kind, staged_key, changes, False
        else:
            count.same += 1


def _with_owner(kind: str, values: dict[str, Any], owner: str) -> dict[str, Any]:
    match kind:
        case "copy":
            return {"title_id": owner, **values}
        case "card":
            return {"patron_id": owner, **values}
    return values


def _reject_clashes(staging: Staging, kind: str) -> None:
    """A number is a card or a copy, and a card belongs to one person."""
    if kind == "catalogue":
        _reject(
            staging,
            "SELECT s.key, s.line FROM staged s JOIN station.cards c ON c.number = s.key WHERE s.kind = 'copy'",
            "barcode {} is the number of a card",
            "give the copy another label",
        )
        return
    _reject(
        staging,
        "SELECT s.key, s.line FROM staged s JOIN station.copies c ON c.barcode = s.key WHERE s.kind = 'card'",
        "card {} is the barcode of a copy",
        "give the patron another card",
    )
    _reject(
        staging,
        "SELECT s.key, s.line FROM staged s JOIN station.cards c ON c.number = s.key"
        " WHERE s.kind = 'card' AND c.patron_id <> s.owner",
        "card {} belongs to another patron",
        "correct the card number, or the number (学号) of the patron",
    )


def _reject(staging: Staging, sql: str, what: str, remedy: str) -> None:
    """Take the rows that the query finds, and the people whose card it is, out of the staging file."""
    conn = staging.conn
    for key, line in conn.execute(sql).fetchall():
        staging.report(Problem(line, what.format(shown(key)), remedy))
        owner = conn.execute(
            "SELECT owner FROM staged WHERE kind = 'card' AND key = ?", (key,)
        ).fetchone()
        conn.execute("DELETE FROM staged WHERE kind IN ('card', 'copy') AND key = ?", (key,))
        if owner:
            conn.execute("DELETE FROM staged WHERE kind = 'patron' AND key = ?", owner)


def _keep_identities(conn: sqlite3.Connection) -> None:
    """Give a corrected title the identity under which the store knows it (see the module's docstring)."""
    renamed = conn.execute(
        "SELECT s.owner, min(c.title_id) FROM staged s JOIN station.copies c ON c.barcode = s.key"
        " WHERE s.kind = 'copy' AND NOT EXISTS (SELECT 1 FROM station.titles t WHERE t.id = s.owner)"
        " GROUP BY s.owner HAVING min(c.title_id) = max(c.title_id)"
        " AND count(*) = (SELECT count(*) FROM station.copies o WHERE o.title_id = min(c.title_id))"
    ).fetchall()
    for staged_id, known_id in renamed:
        taken = conn.execute(
            "SELECT 1 FROM staged WHERE kind = 'title' AND key = ?", (known_id,)
        ).fetchone()
        if taken is None:
            conn.execute(
                "UPDATE staged SET key = ? WHERE kind = 'title' AND key = ?", (known_id, staged_id)
            )
            conn.execute(
                "UPDATE staged SET owner = ? WHERE kind = 'copy' AND owner = ?",
                (known_id, staged_id),
            )
