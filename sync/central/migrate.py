"""Bring the central record's tables up to date; on SQLite after a backup.

Of several processes that start at once the first does it, all of it in one transaction, and the others wait for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect

from kiosk.store.backup import copy_whole, drop_old, fsync_folder
from sync.central.db import LOCK_WAIT_MS, CentralError, Database, is_postgres

# The newest migration; a test holds it against the folder, so that a start needs Alembic only when there is work.
HEAD = "0032"


# Any number that nothing else on this PostgreSQL database locks.
LOCK = 719501
# A migration of a large record may take minutes.
_WAIT_MS = 30 * 60_000


def version(db: Database) -> str | None:
    """The migration that the database stands at; None where it is empty."""
    with db.in_words(), db.engine.connect() as conn:
        return _version(conn)


def bring_up(db: Database, backups: Path, *, keep: int = 14) -> str | None:
    """Migrate as needed; the version it stood at. Raises CentralError with what to do."""
    path = sqlite_file(db)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever finds nothing to do need not wait for anybody.
    before = version(db)
    if before == HEAD:
        return before
    with db.in_words(), db.engine.connect() as conn:
        _wait_alone(conn)
        before = _version(conn)
        if before == HEAD:
            return before
        if before is not None and before > HEAD:
            raise CentralError(
                f"the database was written by a later release (version {before}, this release knows {HEAD}); "
                "install that release, or restore a backup made before it"
            )
        if path and before is not None:
            _back_up(path, backups, keep)
        upgrade(conn)
        conn.commit()
    if path:
        fsync_folder(path.parent)
    return before


def check(db: Database) -> None:
    """Raises CentralError where the tables are missing or of another release."""
    path = sqlite_file(db)
    # Looking into a file that is not there would make one.
    if (path and not path.exists()) or version(db) != HEAD:
        raise CentralError("the central record is not set up for this release; run: central init")


def sqlite_file(db: Database) -> Path | None:
    """The file of the database; None on PostgreSQL."""
    return None if db.postgres else Path(str(db.engine.url.database)).absolute()


def upgrade(conn: Connection) -> None:
    """Do what is left to do, within the transaction of this connection."""
    # Imported here: a start with nothing to migrate has no use for Alembic.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _version(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(found) if found else None


def _wait_alone(conn: Connection) -> None:
    """Begin a transaction in which no other process migrates; the end of the process ends it, too."""
    if is_postgres(conn):
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        return
    conn.exec_driver_sql(f"PRAGMA busy_timeout = {_WAIT_MS}")
    conn.exec_driver_sql("BEGIN IMMEDIATE")
    conn.exec_driver_sql(f"PRAGMA busy_timeout = {LOCK_WAIT_MS}")


def _back_up(path: Path, backups: Path, keep: int) -> None:
    backups.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    copy_whole(path, backups / f"before-{HEAD}-{moment}.sqlite")
    drop_old(backups, "before-*.sqlite", keep=keep)
