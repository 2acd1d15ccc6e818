"""The `central` command, as a maintainer and a librarian use it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from sync.central.cli import main
from sync.central.db import Database
from tests.central.fleet import Pen, enrol, found_school, push

SETTINGS = """
[database]
url = "sqlite:///data/central.db"
[[schools]]
id = "{school}"
name = "阳光学校"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "central.toml").write_text(SETTINGS.format(school="moon"), encoding="utf-8")
    return folder


def central(config: Path, *words: str, typed: str | None = None) -> Result:
    # The options come last: the words name the subcommand.
    return CliRunner().invoke(main, [*words, "--config", str(config)], input=typed)


def done(config: Path, *words: str, typed: str | None = None) -> str:
    told = central(config, *words, typed=typed)
    assert told.exit_code == 0, told.output
    return told.output


@pytest.fixture
def ready(config: Path) -> Path:
    done(config, "init")
    return config


def test_nothing_works_before_init_and_init_may_be_repeated(config: Path) -> None:
    told = central(config, "station", "list")
    assert (told.exit_code, "run: central init" in told.output) == (1, True)
    assert done(config, "init") == "The tables were made.\nAdded the school moon.\n"
    assert done(config, "init") == "The tables are up to date.\n"
    assert (config.parent / "data" / "central.db").exists()


def test_a_file_that_is_no_database_is_told_with_what_to_do(config: Path) -> None:
    (config.parent / "data").mkdir()
    (config.parent / "data" / "central.db").write_text("a list of books, perhaps\n" * 50)
    told = central(config, "init")
    assert told.exit_code == 1
    assert "central.db is no database; correct database.url in central.toml" in told.output


def test_a_port_in_use_is_told_with_what_to_do(ready: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = ["-m", "sync.central", "run", "--config", str(ready), "--port", str(port)]
        told = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, timeout=60, check=False
        )
    assert told.returncode == 1
    assert f"127.0.0.1 port {port} cannot be used (Address already in use); stop" in told.stderr


def test_a_code_is_shown_with_its_picture_and_lets_one_machine_in(ready: Path) -> None:
    told = done(ready, "station", "add", "s1", "一楼", "--room", "reading-room")
    assert re.search(r"^Code for s1: [0-9A-Z]{4}-[0-9A-Z]{4}$", told, re.MULTILINE)
    assert "█" in told
    assert "not enrolled" in done(ready, "station", "list")
    assert "Code for s1" in done(ready, "station", "code", "s1")
    done(ready, "station", "revoke", "s1")
    assert "revoked" in done(ready, "station", "list")
    for words, said in (
        (("station", "code", "s1"), "was revoked"),
        (("station", "code", "s9"), "there is no station 's9'"),
        (("station", "add", "s1", "again"), "there is a station 's1' already"),
        (("station", "add", "desk", "desk"), "choose another id"),
        (("station", "revoke", "s9"), "there is no station 's9'"),
        (("station", "choose", "s1", "3"), "no parked epoch 3"),
    ):
        told_why = central(ready, *words)
        assert (told_why.exit_code, said in told_why.output) == (1, True), told_why.output


def test_with_two_schools_one_has_to_be_named(ready: Path) -> None:
    done(ready, "school", "add", "sun", "太阳学校", "--name-en", "Sun School")
    assert [line.split("\t")[0] for line in done(ready, "school", "list").splitlines()] == [
        "moon",
        "sun",
    ]
    assert (
        "say which school with --school; there are: moon, sun"
        in central(ready, "cases", "list").output
    )
    assert (
        done(ready, "cases", "list", "--school", "sun", "--language", "en") == "No case is open.\n"
    )
    assert "no time zone" in central(ready, "school", "add", "s", "s", "--time-zone", "Mars").output
    assert "write small letters" in central(ready, "school", "add", "Sun", "s").output


def test_staff_have_a_password_of_their_own(ready: Path) -> None:
    short = central(ready, "staff", "add", "wang", "王老师", "--password-stdin", typed="short\n")
    assert (short.exit_code, "too short" in short.output) == (1, True)
    differ = central(ready, "staff", "add", "wang", "王老师", typed="one long word\nanother word\n")
    assert "do not match" in differ.output
    done(ready, "staff", "add", "wang", "王老师", typed="one long word\none long word\n")
    lost = done(ready, "staff", "password", "wang", "--password-stdin", typed="another word\n")
    assert "wang has a new password" in lost
    nobody = central(ready, "staff", "password", "wu", "--password-stdin", typed="another word\n")
    assert (nobody.exit_code, "there is no login 'wu'" in nobody.output) == (1, True)
    with closing(sqlite3.connect(ready.parent / "data" / "central.db")) as conn:
        ((kept,),) = conn.execute("SELECT password FROM staff")
    assert kept.startswith("$argon2id$")


def test_backups_are_whole_and_only_the_newest_are_kept(ready: Path) -> None:
    text = SETTINGS.format(school="moon") + "\n[backup]\nkeep = 2\n"
    (ready / "central.toml").write_text(text, encoding="utf-8")
    made = [done(ready, "backup").removeprefix("Backup: ").strip() for _ in range(3)]
    assert [Path(file).exists() for file in made] == [False, True, True]
    with closing(sqlite3.connect(made[-1])) as conn:
        assert conn.execute("SELECT id FROM schools").fetchall() == [("moon",)]


@pytest.fixture
def clashing(config: Path) -> Path:
    """A record with an open case."""
    (config / "central.toml").write_text(SETTINGS.format(school="sunshine"), encoding="utf-8")
    done(config, "init")
    db = Database(f"sqlite:///{config.parent}/data/central.db")
    with db.begin() as conn:
        conn.exec_driver_sql("DELETE FROM schools")
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    for station, patron, at in (("s1", "ming", 0), ("s2", "hua", 60_000)):
        pen = Pen(station)
        enrol(db, station)
        pen.checkout("20001", patron, at=at)
        push(db, pen)
    db.close()
    return config


def test_a_case_is_listed_shown_settled_and_taken_back(clashing: Path) -> None:
    speak = ("--language", "en")
    listed = done(clashing, "cases", "list", *speak)
    assert '"西游记" (20001) was recorded at two stations' in listed
    case = listed.split()[0]
    shown = done(clashing, "cases", "show", case, *speak)
    assert re.search(r"s1:1:1  s1  about .* \(between .*\)  Borrowed, ming", shown), shown
    assert "Dec 9" in shown
    assert "1. hua has it  (proposed)" in shown
    settled = done(clashing, "cases", "settle", case, "2", "--staff", "wang", *speak)
    assert "Settled: ming has it (desk:1:1)" in settled
    assert "No case is open." in done(clashing, "cases", "list", *speak)
    assert re.search(
        r"Settled: wang, .*: ming has it", done(clashing, "cases", "show", case, *speak)
    )
    assert "All whole" not in done(clashing, "verify")
    assert "Taken back (entry desk:1:2)" in done(clashing, "cases", "undo", case, *speak)
    assert "2. ming has it" in done(clashing, "cases", "show", case, *speak)
    for words, said in (
        (("cases", "settle", case, "9"), "the case has 3 answers"),
        (("cases", "show", "c0"), "there is no case c0"),
        (("cases", "undo", case), "nobody has settled"),
    ):
        told = central(clashing, *words)
        assert (told.exit_code, said in told.output) == (1, True), told.output


@pytest.mark.parametrize(
    ("spoken", "option", "chinese"),
    [
        ("C.UTF-8", (), True),
        ("zh_CN.UTF-8", (), True),
        ("en_GB.UTF-8", (), False),
        ("fr_FR.UTF-8", (), True),
        ("en_GB.UTF-8", ("--language", "zh"), True),
    ],
)
def test_cases_are_told_in_the_terminals_language_or_in_chinese(
    clashing: Path, spoken: str, option: tuple[str, ...], chinese: bool
) -> None:
    words = ["cases", "list", *option, "--config", str(clashing)]
    told = CliRunner().invoke(main, words, env={"LC_ALL": spoken})
    assert told.exit_code == 0, told.output
    assert ("两台机器上" in told.output, "two stations" in told.output) == (chinese, not chinese)


def test_verify_says_so_and_ends_with_1_when_something_was_changed(clashing: Path) -> None:
    assert "Every chain is whole" in done(clashing, "verify")
    with closing(sqlite3.connect(clashing.parent / "data" / "central.db")) as conn:
        conn.execute("UPDATE holdings SET patron = 'ming'")
        conn.commit()
    told = central(clashing, "verify")
    assert told.exit_code == 1
    assert "copy 20001: where it is differs from what its entries say (patron)" in told.output


def test_beyond_this_machine_only_behind_a_proxy(ready: Path) -> None:
    text = SETTINGS.format(school="moon") + '\n[listen]\nhost = "0.0.0.0"\n'
    (ready / "central.toml").write_text(text, encoding="utf-8")
    told = central(ready, "run")
    assert (told.exit_code, "--behind-proxy" in told.output) == (1, True)


def test_the_program_serves_until_it_is_told_to_end(ready: Path) -> None:
    command = [sys.executable, "-m", "sync.central", "run", "--config", str(ready), "--port", "0"]
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as program:
        assert program.stdout is not None
        word, _, url = program.stdout.readline().strip().partition(" ")
        assert word == "listening"
        answer = httpx.post(f"{url}sync/hello", content=b"{}", timeout=10)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_message")
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=20) == 0
