"""Bring the central record's tables up to date; on SQLite after a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect

from kiosk.store.backup import copy_whole, drop_old, fsync_folder
from sync.central.db import CentralError, Database

# The newest migration; a test holds it against the folder, so that a start needs Alembic only when there is work.
HEAD = "0027"


def version(db: Database) -> str | None:
    """The migration that the database stands at; None where it is empty."""
    with db.in_words(), db.engine.connect() as conn:
        if not inspect(conn).has_table("alembic_version"):
            return None
        found = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return str(found) if found else None


def bring_up(db: Database, backups: Path, *, keep: int = 14) -> str | None:
    """Migrate as needed; the version it stood at. Raises CentralError with what to do."""
    path = sqlite_file(db)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
    before = version(db)
    if before == HEAD:
        return before
    if before is not None and before > HEAD:
        raise CentralError(
            f"the database was written by a later release (version {before}, this release knows {HEAD}); "
            "install that release, or restore a backup made before it"
        )
    if path and before is not None:
        backups.mkdir(parents=True, exist_ok=True)
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        copy_whole(path, backups / f"before-{HEAD}-{moment}.sqlite")
        drop_old(backups, "before-*.sqlite", keep=keep)
    with db.in_words(), db.engine.connect() as conn:
        upgrade(conn)
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
    # Imported here: a start with nothing to migrate has no use for Alembic.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
