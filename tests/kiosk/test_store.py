"""The store on a real disk: migrations, locks, backups, what happens when it is full, held or from tomorrow."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from kiosk.errors import StoreBusy, StoreError, StoreFull, StoreHeld, StoreNewer
from kiosk.store import store as store_module
from kiosk.store.lock import FolderLock, holder_of
from kiosk.store.schema import metadata
from kiosk.store.store import HEAD, Store
from tests.faults.disks import small_disk


def test_the_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "made")
    store.close()
    planned = create_engine(f"sqlite:///{tmp_path / 'planned.sqlite'}")
    metadata.create_all(planned)
    made = create_engine(f"sqlite:///{store.path}")
    for table in metadata.tables:
        assert columns(made, table) == columns(planned, table)
        assert indexes(made, table) == indexes(planned, table)
        assert keys(made, table) == keys(planned, table)
    made.dispose()
    planned.dispose()


def columns(engine: object, table: str) -> list[tuple[str, str, bool, int]]:
    found = inspect(engine).get_columns(table)
    return [(c["name"], str(c["type"]), bool(c["nullable"]), c["primary_key"]) for c in found]


def indexes(engine: object, table: str) -> set[tuple[str, tuple[str, ...]]]:
    return {
        (str(i["name"]), tuple(map(str, i["column_names"])))
        for i in inspect(engine).get_indexes(table)
    }


def keys(engine: object, table: str) -> set[tuple[str, str]]:
    return {
        (f["constrained_columns"][0], f["referred_table"])
        for f in inspect(engine).get_foreign_keys(table)
    }


def test_the_newest_migration_is_the_one_the_store_names() -> None:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(store_module.__file__).parent / "migrations")
    )
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_every_connection_is_durable_and_checks_its_keys(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.read() as one, store.read() as two:
        for tx in (one, two):
            pragmas = {
                p: tx.conn.exec_driver_sql(f"PRAGMA {p}").scalar()
                for p in ("journal_mode", "synchronous", "foreign_keys")
            }
            assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    store.close()


def test_the_connection_that_was_used_last_is_used_next(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.read(), store.read():
        pass  # two lie ready from now on
    used = set()
    for _ in range(4):
        with store.begin() as tx:
            used.add(tx.db)
    assert len(used) == 1
    store.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path)

    def fail_half_way() -> None:
        with store.begin() as tx:
            tx.set_value("half", "done")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with store.read() as tx:
        assert tx.value("half") is None
    store.close()


def test_a_migration_makes_a_backup_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(tmp_path)
    with store.begin() as tx:
        tx.set_value("kept", "yes")
        tx.conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    monkeypatch.setattr(store_module, "_upgrade", lambda conn: None)
    store.close()
    Store.open(tmp_path).close()
    (backup,) = (tmp_path / "backups").glob("before-*.sqlite")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT value FROM meta WHERE key = 'kept'").fetchone() == ("yes",)


def test_a_store_of_a_later_release_is_refused_with_the_remedy(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.begin() as tx:
        tx.conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreNewer, match=r"later release .* restore a backup"):
        Store.open(tmp_path)


def test_rubbish_in_place_of_the_store_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "station.sqlite").write_bytes(b"not a database at all" * 500)
    with pytest.raises(StoreError, match=r"station\.sqlite cannot be opened"):
        Store.open(tmp_path)


def test_the_journal_only_grows(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.begin() as tx:
        tx.conn.execute(text("INSERT INTO journal VALUES (1, 1, 'h', 'b', NULL, 5)"))
    with pytest.raises(IntegrityError, match="only grows"), store.begin() as tx:
        tx.conn.execute(text("UPDATE journal SET body = 'x'"))
    with pytest.raises(IntegrityError, match="not yet at the central record"), store.begin() as tx:
        tx.conn.execute(text("DELETE FROM journal"))
    with store.begin() as tx:
        tx.set_value("durable:1", "1")
        tx.conn.execute(text("DELETE FROM journal"))
    store.close()


def test_a_backup_is_complete_while_somebody_writes(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with store.begin() as tx:
                tx.set_value(f"k{number}", "v")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = store.backup(tmp_path / "copy.sqlite")
    finally:
        stop.set()
        writer.join()
    with closing(sqlite3.connect(done)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM meta").fetchone()[0] >= 0
    store.close()


def test_a_second_process_on_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    code = "import sys,time; from pathlib import Path; from kiosk.store.lock import FolderLock, holder_of\n"
    code += "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreHeld, match=rf"in use by process {holder.pid} .*use another folder"):
        FolderLock(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    FolderLock(tmp_path, wait_s=2).release()


def test_whoever_looks_at_a_store_cannot_change_it_and_makes_none(tmp_path: Path) -> None:
    assert Store.look(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    Store.open(tmp_path).close()
    store = Store.look(tmp_path)
    assert store
    with pytest.raises(StoreError, match="readonly"), store.begin() as tx:
        tx.set_value("x", "y")
    store.close()


def test_the_holder_of_a_folder_is_told_without_taking_it(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    lock = FolderLock(tmp_path)
    assert str(holder_of(tmp_path)).startswith(f"process {os.getpid()} (")
    lock.release()
    assert holder_of(tmp_path) is None
    FolderLock(tmp_path).release()


def test_a_writer_waits_for_another_and_gives_up_with_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_WAIT_S", 0.3)
    store = Store.open(tmp_path)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreBusy, match="running import"), store.begin():
            pass
        assert time.monotonic() - began >= 0.3
        other.execute("ROLLBACK")
    with store.begin() as tx:
        tx.set_value("a", "b")
    store.close()


def test_the_reserve_holds_real_room_and_comes_back(tmp_path: Path) -> None:
    store = Store.open(tmp_path, reserve_mb=2)
    reserve = tmp_path / "reserve.bin"
    assert reserve.stat().st_blocks * 512 >= 2 * 1024 * 1024
    reserve.unlink()
    store.keep_room()
    assert reserve.stat().st_size == 2 * 1024 * 1024
    store.close()


def test_the_reserve_takes_only_what_may_be_taken_and_gives_it_back_in_parts(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path, 12) as disk:
        store = Store.open(disk.folder, reserve_mb=4, stop_below_mb=10)
        reserve = disk.folder / "reserve.bin"
        assert reserve.stat().st_size == 1 << 20, "10 MB are to stay free"
        assert [store.give_room() for _ in range(2)] == [True, False]
        store.close()
        store = Store.open(disk.folder, reserve_mb=4, stop_below_mb=1)
        disk.fill()
        assert store.nearly_full()
        with pytest.raises(StoreFull, match="free some space"):
            write_much(store)
        assert reserve.stat().st_size == 4 << 20, "only returns may take from it"
        assert store.give_room()
        write_much(store)
        assert reserve.stat().st_size == 3 << 20
        disk.free()
        store.keep_room()
        assert reserve.stat().st_size == 4 << 20
        store.close()


def test_a_backup_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:
        store = Store.open(tmp_path / "store")
        disk.fill()
        with pytest.raises(StoreFull, match=r"no backup was made: .* free some space"):
            store.backup(disk.folder / "copy.sqlite")
        assert [path.name for path in disk.folder.iterdir()] == ["filler"]
        store.close()


def test_a_disk_that_does_not_answer_takes_no_loans(tmp_path: Path) -> None:
    store = Store(tmp_path / "gone", reserve_mb=1)
    with pytest.raises(FileNotFoundError):
        store.free_mb()
    assert store.nearly_full()
    store.keep_room()


def write_much(store: Store) -> None:
    with store.begin() as tx:
        for number in range(200):
            tx.set_value(f"key {number}", "v" * 1000)
