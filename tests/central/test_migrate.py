"""Migrations make exactly the tables of schema.py, on both databases, and keep what was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from sync.central import migrate
from sync.central.db import CentralError
from sync.central.schema import metadata
from sync.central.sign_in import Refused, sign_in


def _is_ours(name, _kind, _parents):
    # The index of the search is no table of SQLAlchemy's; on SQLite it comes with tables of its own.
    return name is None or not name.startswith("title_search")


def test_the_migrations_make_exactly_the_tables_of_the_schema(db):
    with db.engine.connect() as conn:
        told = {"compare_type": True, "compare_server_default": True, "include_name": _is_ours}
        context = MigrationContext.configure(conn, opts=told)
        assert compare_metadata(context, metadata) == []


def test_a_column_that_no_migration_makes_is_found(db):
    with db.begin() as conn:
        conn.execute(text("ALTER TABLE schools DROP COLUMN name_en"))
    with db.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"include_name": _is_ours})
        found = compare_metadata(context, metadata)
    assert [(what[0], what[3].name) for what in found] == [("add_column", "name_en")]


def test_the_newest_migration_is_the_one_that_is_named():
    config = Config()
    folder = str(Path(migrate.__file__).parent / "migrations")
    config.set_main_option("script_location", folder)
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_a_second_start_changes_nothing_and_makes_no_backup(db, tmp_path):
    assert migrate.bring_up(db, tmp_path / "kept") == migrate.HEAD
    assert not (tmp_path / "kept").exists()


def test_a_later_release_is_refused_with_the_remedy(db, tmp_path):
    with db.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CentralError, match="install that release"):
        migrate.bring_up(db, tmp_path)
    with pytest.raises(CentralError, match="central init"):
        migrate.check(db)


def test_a_login_that_is_locked_stays_so_when_tries_are_counted_apart(db, tmp_path):
    with db.begin() as conn:
        for table in ("pins", "tries", "proofs", "proven", "wishes"):
            conn.execute(text(f"DROP TABLE {table}"))
        for index in ("stand", "gone"):
            conn.execute(text(f"DROP INDEX reading_lists_{index}"))
        for column in (
            "failed INTEGER DEFAULT 0",
            "locked_until_ms BIGINT",
            "locks INTEGER DEFAULT 0",
        ):
            conn.execute(text(f"ALTER TABLE staff ADD COLUMN {column}"))
        conn.execute(
            text("INSERT INTO staff (school, login, name, role, password, failed, locked_until_ms, locks)"
                 " VALUES ('s', 'li', 'li', 'viewer', 'x', 0, 90000, 2), ('s', 'wu', 'wu', 'viewer', 'x', 3, NULL, 0)")
        )  # fmt: skip
        conn.execute(text("UPDATE alembic_version SET version_num = '0021'"))
    assert migrate.bring_up(db, tmp_path / "kept") == "0021"
    assert sign_in(db, "s", "li", "x", 30_000) == Refused(60_000)
    assert sign_in(db, "s", "wu", "x", 30_000) == Refused()


def test_a_migration_makes_a_backup_first(db, tmp_path, monkeypatch):
    with db.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    monkeypatch.setattr(migrate, "upgrade", lambda conn: None)
    migrate.bring_up(db, tmp_path / "kept")
    made = list((tmp_path / "kept").glob("before-*.sqlite")) if not db.postgres else [None]
    assert len(made) == 1
