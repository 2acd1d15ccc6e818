"""The central record that central.toml names, and which of its schools is meant."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.engine import make_url

from config.central import Central
from config.settings import load_central
from sync.central.db import CentralError, Database, insert_many
from sync.central.migrate import check
from sync.central.schema import schools

TIME_ZONE = "Asia/Shanghai"


def settings_in(config: Path) -> Central:
    return load_central(config / "central.toml")


def database(config: Path, settings: Central) -> Database:
    """The database of central.toml; a relative file is counted from the folder above the settings."""
    address = settings.database.url
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and url.database:
        file = (config.resolve().parent / url.database).resolve()
        address = url.set(database=str(file)).render_as_string(hide_password=False)
    return Database(address)


def backups_in(config: Path, settings: Central) -> Path:
    return (config.resolve().parent / settings.backup.folder).resolve()


@contextlib.contextmanager
def opened(config: Path) -> Iterator[Database]:
    """The database, set up for this release; raises CentralError with what to do where it is not."""
    db = database(config, settings_in(config))
    try:
        check(db)
        yield db
    finally:
        db.close()


def chosen(conn: Connection, school: str | None) -> str:
    """The school that is meant: the one that was named, or the only one there is."""
    there = conn.execute(select(schools.c.id).order_by(schools.c.id)).scalars().all()
    if school in there:
        return str(school)
    listed = ", ".join(there) or "none yet: central school add"
    if school is not None:
        raise CentralError(f"there is no school {school!r}; there are: {listed}")
    if len(there) != 1:
        raise CentralError(f"say which school with --school; there are: {listed}")
    return str(there[0])


def add_school(
    conn: Connection, school: str, name: str, name_en: str = "", time_zone: str = TIME_ZONE
) -> bool:
    """Add a school; False where it is there already. Its id never changes."""
    if conn.execute(select(schools.c.id).where(schools.c.id == school)).first():
        return False
    told = {"id": school, "name": name, "name_en": name_en, "time_zone": time_zone}
    insert_many(conn, schools, [{**told, "position": 0, "feed_from": 0}])
    return True
