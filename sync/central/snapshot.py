"""A snapshot of a school for its stations: chunks of JSON lines named by their content, and the position they show.

Built in one consistent view, without the school's lock; used again while the feed can carry on from it cheaply.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from msgspec import json
from sqlalchemy import Connection, delete, select

from sync.central.db import Database, upsert_many
from sync.central.schema import chunks, feed, schools, snapshots
from sync.central.values import KINDS, read_all, read_rules
from sync.wire import MAX_CHANGES, ChunkName, Manifest

# A chunk holds so many rows and bytes at most.
ROWS = 5_000
BYTES = 4 << 20
# A transfer may go on while newer snapshots are made: so many are kept.
KEPT = 3
# Whoever starts from a snapshot that lies no further behind catches up with one page.
NEAR = MAX_CHANGES

# Fifty stations that start together must not build fifty snapshots. Another process may build one meanwhile.
_building = threading.Lock()


def manifest(db: Database, school: str) -> Manifest:
    """The snapshot to start from now."""
    with _building:
        while True:
            with db.read() as conn:
                kept = _still_good(conn, school)
                if kept:
                    return kept
                if db.postgres:
                    # Whole tables are joined here. A planner that has not seen them since an import takes them for
                    # small, and loops: measured 185 s instead of 1 s for 100,000 copies.
                    conn.exec_driver_sql("SET LOCAL enable_nestloop = off")
                made, packed = build(conn, school)
            with db.begin(school) as conn:
                # One for all: of many that are kept, the oldest go, and with them what somebody is fetching.
                kept = _still_good(conn, school)
                if kept is None and keep(conn, school, made, packed):
                    kept = made
            if kept:
                return kept


def read_chunk(conn: Connection, school: str, name: str) -> bytes | None:
    """The gzip bytes of a chunk; None where there is none of this name."""
    query = select(chunks.c.packed).where(chunks.c.school == school, chunks.c.hash == name)
    packed = conn.execute(query).scalar()
    return bytes(packed) if packed is not None else None


def _still_good(conn: Connection, school: str) -> Manifest | None:
    now = conn.execute(
        select(schools.c.position, schools.c.feed_from).where(schools.c.id == school)
    ).one()
    newest = (
        select(snapshots.c.manifest)
        .where(
            snapshots.c.school == school,
            snapshots.c.position >= max(now.feed_from, now.position - NEAR),
            snapshots.c.position <= now.position,
        )
        .order_by(snapshots.c.position.desc())
        .limit(1)
    )
    text = conn.execute(newest).scalar()
    return json.decode(text, type=Manifest) if text else None


def build(conn: Connection, school: str) -> tuple[Manifest, dict[str, bytes]]:
    """The school as it stands: the manifest, and its chunks, packed, by their names."""
    position = conn.execute(select(schools.c.position).where(schools.c.id == school)).scalar_one()
    names: list[ChunkName] = []
    packed: dict[str, bytes] = {}
    for kind, values in _everything(conn, school):
        for lines in _portions(values):
            text = b"".join(lines)
            name = sha256(text).hexdigest()
            names.append(ChunkName(hash=name, kind=kind, rows=len(lines), bytes=len(text)))
            packed[name] = gzip.compress(text, compresslevel=5, mtime=0)
    return Manifest(position=position, chunks=names), packed


def _everything(conn: Connection, school: str) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    published = read_rules(conn, school)
    if published:
        yield "rules", [published]
    for kind in KINDS:
        yield kind.name, read_all(conn, school, kind)


def _portions(values: Iterable[dict[str, Any]]) -> Iterator[list[bytes]]:
    lines: list[bytes] = []
    size = 0
    for value in values:
        line = json.encode(value) + b"\n"
        if lines and (len(lines) == ROWS or size + len(line) > BYTES):
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield lines


def keep(conn: Connection, school: str, made: Manifest, packed: dict[str, bytes]) -> bool:
    """Store it, under the school's lock. False, and nothing is stored, where somebody was erased since it was built."""
    erased = (feed.c.school == school, feed.c.kind == "erased", feed.c.position > made.position)
    if conn.execute(select(feed.c.position).where(*erased).limit(1)).first():
        return False
    upsert_many(
        conn, chunks, [{"school": school, "hash": h, "packed": b} for h, b in packed.items()]
    )
    told = {"school": school, "position": made.position, "manifest": json.encode(made).decode()}
    upsert_many(conn, snapshots, [told])
    kept = conn.execute(
        select(snapshots.c.position, snapshots.c.manifest)
        .where(snapshots.c.school == school)
        .order_by(snapshots.c.position.desc())
    ).all()
    named = {
        chunk.hash
        for row in kept[:KEPT]
        for chunk in json.decode(row.manifest, type=Manifest).chunks
    }
    old = [row.position for row in kept[KEPT:]]
    if old:
        conn.execute(
            delete(snapshots).where(snapshots.c.school == school, snapshots.c.position.in_(old))
        )
        there = conn.execute(select(chunks.c.hash).where(chunks.c.school == school)).scalars()
        unused = [name for name in there if name not in named]
        conn.execute(delete(chunks).where(chunks.c.school == school, chunks.c.hash.in_(unused)))
    return True
