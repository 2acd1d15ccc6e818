"""Migrations make exactly the tables of schema.py, on both databases, and keep what was there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from sync.central import migrate
from sync.central.db import CentralError, Database
from sync.central.feed import read_page
from sync.central.positions import publish
from sync.central.schema import metadata
from sync.central.sign_in import Refused, sign_in
from tests.central.fleet import SCHOOL, found_school


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


def _feed_of_before(conn):
    """The feed as it was before it became a log: empty, each key once; and what is later is not there."""
    for statement in (
        "DROP TABLE asked",
        "ALTER TABLE outcomes DROP COLUMN somebody",
        "ALTER TABLE schools DROP COLUMN feed_trimmed",
        "DROP TABLE feed",
        """CREATE TABLE feed (school TEXT NOT NULL, kind TEXT NOT NULL, "key" TEXT NOT NULL, position BIGINT NOT NULL,
            gone_ms BIGINT, PRIMARY KEY (school, kind, "key"))""",
        "CREATE UNIQUE INDEX feed_position ON feed (school, position)",
    ):
        conn.execute(text(statement))


def test_the_feed_of_before_becomes_the_log_and_cursors_stay_good(db, tmp_path):
    found_school(db, people=("ming", "hua"))
    with db.begin(SCHOOL) as conn:
        _feed_of_before(conn)
        for row in ("'hua', 7, NULL", "'left', 4, 90000", "'ming', 5, NULL"):
            into = "INSERT INTO feed (school, kind, key, position, gone_ms)"
            conn.execute(text(f"{into} VALUES ('{SCHOOL}', 'patron', {row})"))
        conn.execute(text("UPDATE schools SET position = 7, feed_from = 2"))
        conn.execute(text("UPDATE alembic_version SET version_num = '0025'"))
    assert migrate.bring_up(db, tmp_path / "kept") == "0025"
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, [("patron", "ming")])
        page = read_page(conn, SCHOOL, "s1", 4, 10)
        told = [(c.position, c.key) for c in page.changes]
        assert (told, page.cursor) == ([(7, "hua"), (8, "ming")], 8)
        assert conn.execute(text("SELECT position, key, gone_ms FROM feed ORDER BY position")).all() == [
            (4, "left", 90000), (5, "ming", None), (7, "hua", None), (8, "ming", None)
        ]  # fmt: skip
        assert inspect(conn).get_pk_constraint("feed")["constrained_columns"] == [
            "school",
            "position",
        ]


def test_a_login_that_is_locked_stays_so_when_tries_are_counted_apart(db, tmp_path):
    with db.begin() as conn:
        for table in ("pins", "tries", "proofs", "proven", "wishes"):
            conn.execute(text(f"DROP TABLE {table}"))
        _feed_of_before(conn)
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


def test_of_those_that_start_at_once_one_migrates_and_all_go_on(db, tmp_path):
    empty = tmp_path / "new.db"
    address = db.engine.url.render_as_string(hide_password=False)
    if db.postgres:
        with db.begin() as conn:
            conn.execute(text("DROP SCHEMA public CASCADE"))
            conn.execute(text("CREATE SCHEMA public"))
    all_there = threading.Barrier(4)

    def start(_: int) -> tuple[str | None, str | None]:
        other = Database(address if db.postgres else f"sqlite:///{empty}")
        all_there.wait(20)
        try:
            return migrate.bring_up(other, tmp_path / "kept"), migrate.version(other)
        finally:
            other.close()

    with ThreadPoolExecutor(4) as starts:
        told = list(starts.map(start, range(4)))
    assert {now for _, now in told} == {migrate.HEAD}
    assert [before for before, _ in told].count(None) == 1


def test_a_migration_that_fails_leaves_everything_as_it_was(db, tmp_path):
    found_school(db, people=("ming",))
    with db.begin() as conn:
        _feed_of_before(conn)
        conn.execute(text("DROP INDEX feed_position"))
        conn.execute(text("DROP INDEX loans_patron"))
        conn.execute(text("CREATE INDEX loans_patron ON loans (school, patron)"))
        conn.execute(text("CREATE TABLE feed_log (in_the_way TEXT)"))
        conn.execute(text("UPDATE alembic_version SET version_num = '0025'"))
    with pytest.raises(Exception, match=r"feed_log|feed_position"):
        migrate.bring_up(db, tmp_path / "kept")
    assert migrate.version(db) == "0025"
    columns = {i["name"]: i["column_names"] for i in inspect(db.engine).get_indexes("loans")}
    assert columns["loans_patron"] == ["school", "patron"]
