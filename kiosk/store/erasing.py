"""What is left of somebody whom the central record has erased goes here too: what lies beside the journal, and backups.

A backup that a person made with `kiosk backup` lies where that person put it, and is theirs to delete.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import structlog

from kiosk.entry import commitment, erased_name, words_name
from kiosk.store.lineage import lineage
from kiosk.store.outgoing import durable
from kiosk.store.store import Store
from kiosk.store.tx import Tx

log = structlog.get_logger()

ERASING = "erasing"
BACKUPS = "backups"
_IDS = "SELECT patron_id FROM journal_people UNION SELECT id FROM patrons"
_OF_PERSON = (
    ("journal_people", "patron_id"),
    ("cards", "patron_id"),
    ("holds", "patron_id"),
    ("messages", "patron_id"),
    ("posts", "patron_id"),
    ("present", "patron_id"),
    ("patrons", "id"),
)
# What somebody said goes with whoever said it.
_THEIR_WORDS = (
    "DELETE FROM journal_said WHERE (epoch, seq) IN"
    " (SELECT epoch, seq FROM journal_people WHERE patron_id = ?)"
)
_WORDS = "SELECT salt, said FROM journal_said"
# Answered, so that it lies at the central record; what is still to be sent must say who has the book.
_ANSWERED = "(epoch < ? OR (epoch = ? AND seq <= ?))"


def forget_erased(store: Store) -> None:
    """Erase what was fed as erased, if there is any; what must wait for its answer is tried again the next time."""
    with store.read() as tx:
        if tx.value(ERASING) != "1":
            return
        ids = _erased_ids(tx, backups(store))
        words = _erased_words(tx)
    left = 0
    if ids or words:
        with store.begin_fed() as tx:
            left = _take_from_journal(tx, ids)
            if words:
                tx.conn.exec_driver_sql("DELETE FROM journal_said WHERE salt = ?", words)
        store.fold_log()
        for backup in backups(store):
            _clean(backup, ids, words)
    if not left:
        with store.begin() as tx:
            tx.set_value(ERASING, "0")


def forget_answered(store: Store) -> None:
    """A revoked station: what lies beside an entry that has arrived goes, and so do the backups."""
    with store.begin_fed() as tx:
        for table in ("journal_people", "journal_said"):
            tx.conn.exec_driver_sql(f"DELETE FROM {table} WHERE {_ANSWERED}", _answered(tx))
        tx.conn.exec_driver_sql("DELETE FROM present")
    store.fold_log()
    for backup in backups(store):
        backup.unlink(missing_ok=True)


def backups(store: Store) -> list[Path]:
    """Those that the program made by itself, before migrations."""
    return sorted((store.folder / BACKUPS).glob("*.sqlite"))


def _answered(tx: Tx) -> tuple[int, int, int]:
    epoch = int(tx.value("epoch") or 1)
    return epoch, epoch, durable(tx, epoch)


def _erased_ids(tx: Tx, kept: Iterable[Path]) -> list[str]:
    """Ids that this store still names, and that were erased; a person who is back is not among them."""
    who = lineage(tx)
    gone = {row[0] for row in tx.conn.exec_driver_sql("SELECT who FROM erased")}
    if who is None or not gone:
        return []
    named = {str(row[0]) for row in tx.conn.exec_driver_sql(_IDS)}
    # A backup may name somebody whom the store has forgotten already.
    for path in kept:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
            named.update(row[0] for row in db.execute(_IDS))
    named -= {str(row[0]) for row in tx.conn.exec_driver_sql("SELECT id FROM patrons")}
    return [one for one in sorted(named) if erased_name(who.school, one) in gone]


def _erased_words(tx: Tx) -> list[tuple[str]]:
    """The salts of what staff erased at the central record, whoever had said it."""
    who = lineage(tx)
    gone = {row[0] for row in tx.conn.exec_driver_sql("SELECT who FROM erased")}
    if who is None or not gone:
        return []
    rows = tx.conn.exec_driver_sql(_WORDS)
    return [
        (str(salt),)
        for salt, said in rows
        if erased_name(who.school, words_name(commitment(salt, said))) in gone
    ]


def _take_from_journal(tx: Tx, ids: list[str]) -> int:
    """How many rows stay because their entries are not answered yet."""
    if not ids:
        return 0
    place = _answered(tx)
    tx.conn.exec_driver_sql(f"{_THEIR_WORDS} AND {_ANSWERED}", [(one, *place) for one in ids])
    tx.conn.exec_driver_sql(
        f"DELETE FROM journal_people WHERE patron_id = ? AND {_ANSWERED}",
        [(one, *place) for one in ids],
    )
    tx.conn.exec_driver_sql("DELETE FROM present WHERE patron_id = ?", [(one,) for one in ids])
    marks = ",".join("?" * len(ids))
    left = tx.conn.exec_driver_sql(
        f"SELECT count(*) FROM journal_people WHERE patron_id IN ({marks})", tuple(ids)
    )
    return int(left.scalar_one())


def _clean(path: Path, ids: list[str], words: list[tuple[str]]) -> None:
    """Take these people out of a backup; one that cannot be cleaned is deleted."""
    told = [(one,) for one in ids]
    try:
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("PRAGMA secure_delete=ON")
            if _has(db, "journal_said"):
                db.executemany(_THEIR_WORDS, told)
                db.executemany("DELETE FROM journal_said WHERE salt = ?", words)
            for table, column in _OF_PERSON:
                if _has(db, table):
                    db.executemany(f"DELETE FROM {table} WHERE {column} = ?", told)
            db.executemany("UPDATE loans SET patron_id = '' WHERE patron_id = ?", told)
    except sqlite3.Error as error:
        log.warning("a backup that names somebody who was erased is deleted", why=str(error))
        path.unlink(missing_ok=True)


def _has(db: sqlite3.Connection, table: str) -> bool:
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return found is not None
