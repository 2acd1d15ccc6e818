"""Opening the station's store and its transactions. What is read and written inside them is in `tx.py`.

WAL, synchronous=FULL, foreign keys on, and one fsync of the directory after the file is made: without that last one a
power cut can bring a deleted rollback journal back and undo acknowledged loans.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from kiosk.errors import StoreBusy, StoreError, StoreFull, StoreNewer
from kiosk.store.backup import copy_whole, drop_old, fsync_folder
from kiosk.store.room import Reserve, disk_is_full, free_mb
from kiosk.store.tx import Tx

FILE = "station.sqlite"
# The newest migration; a test holds it against the folder, so that a start needs Alembic only when there is work.
HEAD = "0011"
LOCK_WAIT_S = 5.0


class Store:
    """One SQLite file. `begin` writes, `read` reads; both are short, and never held over a device or a socket."""

    def __init__(
        self,
        folder: Path,
        *,
        reserve_mb: int = 0,
        stop_below_mb: int = 0,
        only_look: bool = False,
    ) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._reserve = Reserve(folder / "reserve.bin", reserve_mb, keep_free_mb=stop_below_mb)
        self._stop_below_mb = stop_below_mb
        self._only_look = only_look
        self._engine = _engine(self.path, only_look=only_look)

    @classmethod
    def open(
        cls, folder: Path, *, reserve_mb: int = 0, stop_below_mb: int = 0, backups: int = 10
    ) -> Store:
        """Open, and make or migrate as needed (a backup comes first). Raises StoreError with what to do."""
        folder.mkdir(parents=True, exist_ok=True)
        store = cls(folder, reserve_mb=reserve_mb, stop_below_mb=stop_below_mb)
        while True:
            try:
                with store._opening():
                    store._migrate(backups)
                break
            except StoreFull:
                # A station must come up on a full disk too: books are brought back every day.
                if not store.give_room():
                    raise
        store.keep_room()
        return store

    @classmethod
    def look(cls, folder: Path, *, stop_below_mb: int = 0) -> Store | None:
        """Open a store to read in it, whoever has it open: nothing is made or migrated. None: there is none yet.

        Raises StoreError with what to do, also for a store of another release.
        """
        if not (folder / FILE).exists():
            return None
        store = cls(folder, stop_below_mb=stop_below_mb, only_look=True)
        with store._opening():
            version = store._known_version()
        if version is not None and version < HEAD:
            raise StoreError(
                f"{store.path} was written by an earlier release (store version {version}); "
                "start the station: it makes a backup and brings the store up to date"
            )
        return store if version else None

    @contextlib.contextmanager
    def begin(self) -> Iterator[Tx]:
        """A transaction that reads, decides and writes: it holds the write lock from the start, commits at the end.

        Raises StoreBusy when another process keeps the lock for 5 s, StoreFull when the disk has no room.
        """
        with self._in_our_words(), self._engine.connect() as conn:
            tx = Tx(conn)
            _begin_immediate(tx.db)
            yield tx
            tx.db.execute("COMMIT")

    @contextlib.contextmanager
    def begin_fed(self) -> Iterator[Tx]:
        """As `begin`, for rows that the central record sends: they come in the order of its changes.

        A loan may come before its patron, so references may lead nowhere for a while. What is deleted is overwritten
        on the disk. It is durable with the next `begin`; until then a power cut may undo it, and it is fed again.
        """
        with self._in_our_words(), self._engine.connect() as conn:
            tx = Tx(conn)
            with _without_references(tx.db):
                _begin_immediate(tx.db)
                yield tx
                tx.db.execute("COMMIT")

    @contextlib.contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view of the store; it never waits for a writer."""
        with self._in_our_words(), self._engine.connect() as conn:
            tx = Tx(conn)
            tx.db.execute("BEGIN")
            yield tx

    @contextlib.contextmanager
    def _in_our_words(self) -> Iterator[None]:
        # What was begun is rolled back where the connection is given back.
        try:
            yield
        except (sqlite3.DatabaseError, DatabaseError) as error:
            why = error.orig if isinstance(error, DatabaseError) else error
            if isinstance(why, sqlite3.IntegrityError):
                # A broken constraint is our own mistake, not the disk's.
                raise
            if disk_is_full(why, self.folder):
                raise self._full() from error
            raise StoreError(f"{self.path}: {why}; look at the disk") from error

    def _full(self) -> StoreFull:
        return StoreFull(f"the disk of {self.folder} is full; free some space")

    def nearly_full(self) -> bool:
        """True when checkouts must stop, so that returns can go on; a disk that cannot tell takes no loans either."""
        try:
            return self.free_mb() < self._stop_below_mb
        except OSError:
            return True

    def free_mb(self) -> int:
        """Raises OSError where the disk does not answer."""
        return free_mb(self.folder)

    def spare_mb(self) -> int:
        """What may be written before checkouts stop; raises OSError where the disk does not answer."""
        return self.free_mb() - self._stop_below_mb

    def keep_room(self) -> None:
        """Hold room back for returns on a full disk, as much as there is; called again and again."""
        self._reserve.fill()

    def give_room(self) -> bool:
        """Let a part of the reserve go, because a return has found the disk full; False when nothing is left of it."""
        return self._reserve.give()

    def backup(self, target: Path) -> Path:
        """Copy the whole store while it is in use; the copy is complete and checked, or it is not there."""
        return copy_whole(self.path, target)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        if not self._only_look:
            self.fold_log()
        self._engine.dispose()

    def fold_log(self) -> None:
        """Fold the write-ahead log into the file; on a full disk it stays beside it, and a later try folds it in."""
        with contextlib.suppress(DatabaseError), self._engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def version(self) -> str | None:
        """The migration that the file stands at; None for an empty file."""
        with self._engine.connect() as conn:
            known = conn.exec_driver_sql(
                "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            ).first()
            if known is None:
                return None
            found: str = conn.exec_driver_sql(
                "SELECT version_num FROM alembic_version"
            ).scalar_one()
            return found

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            if disk_is_full(error.orig, self.folder):
                raise self._full() from error
            raise StoreError(
                f"{self.path} cannot be opened ({error.orig}); {_remedy(error)}"
            ) from error

    def _known_version(self) -> str | None:
        version = self.version()
        if version is not None and version > HEAD:
            raise StoreNewer(
                f"{self.path} was written by a later release (store version {version}, this release knows {HEAD}); "
                "install that release, or restore a backup made before it"
            )
        return version

    def _migrate(self, backups: int) -> None:
        version = self._known_version()
        if version == HEAD:
            return
        if version is not None:
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            kept = self.folder / "backups"
            kept.mkdir(exist_ok=True)
            self.backup(kept / f"before-{HEAD}-{stamp}.sqlite")
            drop_old(kept, "*.sqlite", keep=backups)
        with self._engine.connect() as conn:
            _upgrade(conn)
        fsync_folder(self.folder)


def _remedy(error: DatabaseError) -> str:
    said = str(error.orig)
    if "malformed" in said or "not a database" in said:
        return "put a backup in its place (each upgrade leaves one in the folder backups)"
    if "locked" in said:
        return "close the program that has it open"
    return "look at the rights of its folder, and at the room on the disk"


def _engine(path: Path, *, only_look: bool) -> Engine:
    # The waiting for the lock is ours (_begin_immediate): SQLite's own sleeps up to 100 ms at a time.
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"timeout": 0.05, "check_same_thread": False},
        pool_size=8,
        max_overflow=24,
        # The one used last has the newest pages and its statements in memory; in turn, each would read them again.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError as error:
                # Nothing but another's lock goes away by waiting, least of all a full disk.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.005)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_size_limit=67108864")
        connection.execute("PRAGMA cache_size=-32768")
        if only_look:
            connection.execute("PRAGMA query_only=ON")

    return engine


def _upgrade(conn: Connection, to: str = HEAD) -> None:
    # Imported here: a start with nothing to migrate has no use for Alembic.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = conn
    command.upgrade(config, to)


@contextlib.contextmanager
def _without_references(db: sqlite3.Connection) -> Iterator[None]:
    # SQLite takes these between transactions only.
    for setting in ("foreign_keys=OFF", "secure_delete=ON", "synchronous=NORMAL"):
        db.execute(f"PRAGMA {setting}")
    try:
        yield
    finally:
        db.rollback()
        for setting in ("foreign_keys=ON", "secure_delete=OFF", "synchronous=FULL"):
            db.execute(f"PRAGMA {setting}")


def _begin_immediate(db: sqlite3.Connection) -> None:
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise StoreBusy(
                    "another process has been writing to the store for 5 s; look for a running import"
                ) from error
            time.sleep(0.001)
