"""The `kiosk` command on a station's folder: journal, backup, clock. Trouble is one line and exit code 1."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from kiosk.cli import main
from kiosk.desk_values import Who
from kiosk.domain import Receipt
from kiosk.journal import trusted_ms
from tests.faults import ledger
from tests.faults.demo import free_port
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
        "card",
        "record",
    ):
        assert command in names
        assert kiosk(command, "--help").exit_code == 0


@pytest.mark.parametrize("code", ["", "7QK2M", "7QK2M99", "书书书书书书", "7QK2MO", "00000001"])
def test_what_is_no_code_is_said_to_be_none(config: str, code: str) -> None:
    done = kiosk("journal", "find", code, "--config", config)
    assert done.exit_code == 2
    assert f'"{code}" is no code; on the slip stand six letters and digits' in done.output


def test_a_reader_that_has_read_enough_ends_a_command_quietly() -> None:
    command = [sys.executable, "-u", "-m", "kiosk", "policy", "calendar"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.stderr == ""


def test_a_demo_in_a_folder_that_cannot_be_made_says_so() -> None:
    done = kiosk("demo", "--data", "/proc/x", "--no-browser", "--station-port", str(free_port()))
    assert done.exit_code == 1
    assert "/proc/x cannot be used for the demo (" in done.output
    assert "name another folder with --data" in done.output


def options(command: click.Command, name: str = "kiosk") -> Iterator[tuple[str, str]]:
    """Every long option of every command."""
    for param in command.params:
        yield from ((name, option) for option in param.opts if option.startswith("--"))
    for sub, inner in getattr(command, "commands", {}).items():
        yield from options(inner, f"{name} {sub}")


def test_the_folder_of_settings_is_called_the_same_everywhere() -> None:
    found = {(name, o) for name, o in options(main) if o in ("--folder", "--library", "--data")}
    assert found == {("kiosk demo", "--data")}
