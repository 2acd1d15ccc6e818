"""The peers of taking entries in: the same rows written bare, and a plain loop over an object-relational mapper."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, Table, insert, select
from sqlalchemy.orm import Session, registry
from sqlalchemy.sql import quoted_name

from sync.central.db import Database
from sync.central.schema import cases, entries, feed, holdings, loans, outcomes, people

BATCH = 500
_WRITTEN = (entries, people, outcomes, holdings, loans, cases, feed)
Row = dict[str, Any]


def write_bare(db: Database) -> int:
    """Write every row that taking in has made into empty tables of the same shape, 500 entries a commit."""
    tables = _copies(db, "bare")
    rows = {name: _rows(db, table) for name, table in zip(tables, _WRITTEN, strict=True)}
    count = len(rows["entries"])
    commits = -(-count // BATCH)
    for n in range(commits):
        with db.begin() as conn:
            for name, table in tables.items():
                if portion := rows[name][n::commits]:
                    conn.execute(insert(table), portion)
    return count


def orm_loop(db: Database, most: int) -> int:
    """Take entries in one by one as a plain program would: look the copy up, change it, write the rows, commit."""
    kinds: dict[str, Any] = {}
    for name, table in _copies(db, "orm").items():
        kinds[name] = type(name, (), {})
        registry().map_imperatively(kinds[name], table)
    written = _rows(db, entries, most)
    with Session(db.engine) as session:
        for row in written:
            _take_one(session, kinds, row)
            session.commit()
    return len(written)


def _take_one(session: Session, kinds: dict[str, Any], row: Row) -> None:
    of_copy = {"school": row["school"], "barcode": row["barcode"] or ""}
    held = session.get(kinds["holdings"], tuple(of_copy.values()))
    if held is None:
        held = _add(session, kinds["holdings"], {**of_copy, "state": "on_shelf"})
    before = session.query(kinds["loans"]).filter_by(**of_copy, closed_ms=None).first()
    if before:
        before.closed_ms = row["est"]
    held.seen_ms = row["est"]
    place = {name: row[name] for name in ("school", "station", "epoch", "seq")}
    _add(session, kinds["entries"], row)
    _add(session, kinds["people"], {**place, "salt": "", "patron": ""})
    _add(session, kinds["outcomes"], {**place, "outcome": "accepted"})
    opened_by = f"{row['station']}:{row['epoch']}:{row['seq']}"
    span = {"opened_by": opened_by, "opened_ms": row["est"], "renewals": 0}
    _add(session, kinds["loans"], {**of_copy, **span})


def _add(session: Session, kind: Any, values: Row) -> Any:
    made = kind()
    for name, value in values.items():
        setattr(made, name, value)
    session.add(made)
    return made


def _rows(db: Database, table: Table, most: int | None = None) -> list[Row]:
    with db.read() as conn:
        return [dict(row) for row in conn.execute(select(table).limit(most)).mappings().all()]


def _copies(db: Database, prefix: str) -> dict[str, Table]:
    """Empty tables like ours, indexes and all, under other names."""
    apart = MetaData()
    tables = {t.name: t.to_metadata(apart, name=f"{prefix}_{t.name}") for t in _WRITTEN}
    for table in tables.values():
        for index in table.indexes:
            index.name = quoted_name(f"{prefix}_{index.name}", None)
    apart.create_all(db.engine)
    return tables
