"""A PostgreSQL server of the tests' own: in a short folder, as another user where we are root, ended with the tests."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

FOUND = "/usr/lib/postgresql/*/bin"
_NOBODY = 65534
# Fast and honest enough for tests: nothing here outlives the machine.
_OPTIONS = "-c fsync=off -c autovacuum=off -c shared_buffers=64MB -c max_connections=200"


def binaries() -> Path:
    """Where initdb and pg_ctl are, the newest release first."""
    folders = sorted(glob.glob(FOUND), key=lambda f: int(f.split("/")[-2].split(".")[0]))
    if not folders:
        raise RuntimeError(f"no PostgreSQL in {FOUND}: apt-get install postgresql")
    return Path(folders[-1])


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """A running server; its address for SQLAlchemy. durable: with fsync, for measurements and for kills."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "data"
    options = f"-c listen_addresses= -k {folder}"
    options += " -c shared_buffers=512MB" if durable else f" {_OPTIONS}"
    try:
        _run(
            "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "kiosk",
            "-E",
            "UTF8",
            "-N",
            "--locale=C.UTF-8",
        )
        _run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql+psycopg://kiosk@/postgres?host={folder}"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(address: str, name: str, *, like: str = "template1") -> Iterator[str]:
    """A database on the server, empty or a copy of another; dropped afterwards."""
    url = make(address, name, like=like)
    try:
        yield url
    finally:
        drop(address, name)


def drop(address: str, name: str) -> None:
    _told(address, f'DROP DATABASE "{name}" WITH (FORCE)')


def make(address: str, name: str, *, like: str = "template1") -> str:
    """A database that stays as long as its server; its address."""
    _told(address, f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return at(address, name)


def at(address: str, name: str) -> str:
    """The address of a database on the server."""
    return address.replace("/postgres?", f"/{name}?")


# Every column of every table and index, every trigger, the version, and the tables that ANALYZE has looked at.
_SHAPE = """
SELECT md5(string_agg(told, ',' ORDER BY told)) FROM (
  SELECT concat(c.relname, '.', a.attname, a.atttypid, a.attnotnull) AS told
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat('trigger ', tgname) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat('version ', version_num) FROM alembic_version
  UNION ALL SELECT concat('looked at ', s.starelid) FROM pg_statistic s
    JOIN pg_class c ON c.oid = s.starelid WHERE c.relnamespace = 'public'::regnamespace
) AS all_told
"""
_EMPTY = """
DO $$
DECLARE one record; long text[] := '{}';
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR one IN SELECT oid::regclass::text AS name, pg_relation_size(oid) AS bytes FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  LOOP
    IF one.bytes > 65536 THEN long := long || one.name;
    ELSIF one.bytes > 0 THEN EXECUTE 'DELETE FROM ' || one.name;
    END IF;
  END LOOP;
  IF long <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(long, ', ') || ' CASCADE'; END IF;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$
"""


# As if they had never held a row: PostgreSQL chooses its ways by pages and by rows once counted.
_USED = """
SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  AND pg_relation_size(oid) > 0
"""
_UNCOUNTED = """
UPDATE pg_class SET reltuples = -1 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  AND relpages = 0 AND reltuples = 0
"""


def opened(url: str) -> psycopg.Connection:
    """A connection for `emptied`. To be kept: most of the time goes to getting to know the tables."""
    conn = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    # Rows are taken out in any order, and whatever the tables' own triggers say to it.
    conn.execute("SET allow_system_table_mods = on")
    conn.execute("SET session_replication_role = replica")
    return conn


def emptied(conn: psycopg.Connection) -> str:
    """Take every row out of a record's tables, and say what the tables are."""
    # A table of a few rows is emptied far sooner than it is given new files, as TRUNCATE does.
    conn.execute(_EMPTY)
    (used,) = conn.execute(_USED).fetchone() or (None,)
    if used:
        conn.execute(f"VACUUM {used}".encode())
        conn.execute(_UNCOUNTED)
    (told,) = conn.execute(_SHAPE).fetchone() or ("",)
    return str(told)


def _told(address: str, statement: str) -> None:
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute(statement.encode())


def _run(program: str, *args: object) -> None:
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        other = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    subprocess.run(
        [str(binaries() / program), *map(str, args)],
        check=True,
        capture_output=True,
        cwd="/",
        **other,
    )
