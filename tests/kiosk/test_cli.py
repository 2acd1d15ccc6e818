"""The `kiosk` command on a station's folder: journal, backup, clock. Trouble is one line and exit code 1."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from kiosk.cli import main
from kiosk.desk_values import Who
from kiosk.domain import Receipt
from kiosk.journal import trusted_ms
from tests.faults import ledger
from tests.kiosk.school import CITY, SEA, XIAOMAN, School

P1 = Who("p1", XIAOMAN)


@pytest.fixture
def config(school: School) -> str:
    """The settings folder of the small school, with a reserve that fits a test."""
    path = school.folder / "config" / "station.toml"
    plain = path.read_text(encoding="utf-8").replace("reserve_mb = 200", "reserve_mb = 0")
    path.write_text(plain, encoding="utf-8")
    return str(path.parent)


def kiosk(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=answer)


def lend(school: School, barcode: str) -> Receipt:
    return school.desk.checkout(P1, barcode, school.now)


def test_verify_counts_the_entries_of_a_whole_chain(school: School, config: str) -> None:
    lend(school, CITY)
    lend(school, SEA)
    done = kiosk("journal", "verify", "--config", config)
    assert (done.exit_code, done.output) == (0, "2 entries, 0 faults\n")


def test_verify_tells_every_fault_and_fails(school: School, config: str) -> None:
    for barcode in (CITY, SEA):
        lend(school, barcode)
    with school.store.begin() as tx:
        tx.conn.execute(text("DROP TRIGGER journal_only_grows"))
        tx.conn.execute(text("UPDATE journal SET hash = 'x' WHERE seq = 1"))
    done = kiosk("journal", "verify", "--config", config)
    assert done.exit_code == 1
    assert "entry 1:1: the text does not match its hash" in done.output
    assert "entry 1:2: does not follow the entry before it" in done.output
    assert "2 entries, 2 faults" in done.output


def test_find_looks_up_the_letters_on_a_slip(school: School, config: str) -> None:
    receipt = lend(school, CITY)
    done = kiosk("journal", "find", receipt.proof.lower(), "--config", config)
    assert done.exit_code == 0
    assert done.output.startswith(
        "2026-11-25 11:45:00  checkout  城南旧事 (00000001)  done, due 2026-12-09"
    )
    missing = kiosk("journal", "find", "ZZZZZZ", "--config", config)
    assert missing.exit_code == 1
    assert "no entry of this station has the code ZZZZZZ" in missing.output


def test_a_backup_made_while_the_station_has_the_store_open_is_complete(
    school: School, config: str, tmp_path: Path
) -> None:
    lend(school, CITY)
    target = tmp_path / "safe" / "station.sqlite"
    nowhere = kiosk("backup", str(target), "--config", config)
    assert nowhere.exit_code == 1
    assert "there is no folder" in nowhere.output
    target.parent.mkdir()
    done = kiosk("backup", str(target), "--config", config)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("checked\n")
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM journal").fetchone() == (1,)
    assert ledger.loans(target.parent) == ledger.loans(school.store.folder)
    ledger.hold_whole(target.parent)
    assert [p.name for p in target.parent.iterdir()] == ["station.sqlite"]


def test_a_backup_overwrites_nothing_least_of_all_the_store(school: School, config: str) -> None:
    lend(school, CITY)
    before = school.store.path.stat().st_ino
    done = kiosk("backup", str(school.store.path), "--config", config)
    assert done.exit_code == 1
    assert "is there already; choose another name" in done.output
    assert school.store.path.stat().st_ino == before


def test_a_confirmed_clock_is_noted_and_a_wrong_one_is_not(school: School, config: str) -> None:
    refused = kiosk("clock", "confirm", "--config", config, answer="n\n")
    assert refused.exit_code == 1
    assert "timedatectl" in refused.output
    assert trusted_ms(school.store) is None
    noted = kiosk("clock", "confirm", "--config", config, answer="y\n")
    assert noted.exit_code == 0
    assert "is right" in noted.output
    assert trusted_ms(school.store) is not None


def test_a_folder_without_settings_is_told_in_words(tmp_path: Path) -> None:
    done = kiosk("journal", "verify", "--config", str(tmp_path))
    assert done.exit_code == 1
    assert "station.toml" in done.output
    assert "Traceback" not in done.output


def test_every_command_explains_itself() -> None:
    names = kiosk("--help").output
    for command in (
        "demo",
        "run",
        "journal",
        "backup",
        "clock",
        "config",
        "policy",
        "import",
        "check",
        "probe",
        "record",
    ):
        assert command in names
        assert kiosk(command, "--help").exit_code == 0
