"""`kiosk check`: every part of a station, running or not; what it says, what it does not touch, and its exit code."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from tests.drivers.paper import SerialEnd
from tests.drivers.wires import Terminal, wait_until
from tests.faults.demo import Demo, free_port, small_school
from tests.kiosk.school import CITY, School

Parts = dict[str, dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A demo's folder with the small school in it and a port of its own; nothing runs."""
    small_school(tmp_path)
    change(tmp_path, "port = 8080", f"port = {free_port()}")
    return tmp_path


@pytest.fixture
def running(folder: Path) -> Iterator[Demo]:
    demo = Demo(folder, free_port(), alone=True)
    try:
        yield demo.ready()
    finally:
        demo.close()


def change(folder: Path, old: str, new: str, file: str = "station.toml") -> None:
    path = folder / "config" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["check", "--config", str(folder / "config"), *more])


def parts(folder: Path, *more: str) -> Parts:
    """Every part by its name; of several lines of one part the last."""
    told = json.loads(check(folder, "--json", *more).output)
    return {line["part"]: line for line in told["parts"]}


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_station_that_does_not_run_is_looked_at_and_nothing_is_changed(folder: Path) -> None:
    before = files(folder)
    done = check(folder)
    assert done.exit_code == 1, done.output
    assert "does not run; its devices were opened for a moment" in done.output
    assert "0 entries, the chain is whole" in done.output
    assert "front: a simulated scanner reads no barcodes" in done.output
    assert "The station is red." in done.output
    assert files(folder) == before


def test_a_running_station_is_asked_and_goes_on(running: Demo) -> None:
    running.scan(CITY)
    wait_until(lambda: running.get("/health")["journal_length"] == 1, "the entry")
    done = check(running.folder, "--port", str(running.port))
    assert done.exit_code == 0, done.output
    told = parts(running.folder, "--port", str(running.port))
    health = running.get("/health")
    assert told["station"]["what"].startswith(f"runs as process {running.process.pid} (")
    assert {key: told["store"][key] for key in ("state", "do")} == {"state": "green", "do": ""}
    assert told["calendar"] == {"part": "calendar", **health["calendar"]}
    assert told["journal"]["what"] == "1 entries, the chain is whole"
    running.scan(CITY)
    assert running.process.poll() is None


def test_a_running_station_that_does_not_answer_is_red(running: Demo) -> None:
    done = check(running.folder)
    assert done.exit_code == 1
    told = parts(running.folder)["station"]
    assert told["state"] == "red"
    assert f"process {running.process.pid} (" in told["what"]
    assert "--port" in told["do"]


def test_another_station_at_the_port_is_not_taken_for_this_one(
    running: Demo, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    small_school(other)
    second = Demo(other, free_port(), alone=True).ready()
    told = parts(other, "--port", str(running.port))["station"]
    second.close()
    assert told["state"] == "red"
    assert "another station answers there" in told["what"]


def test_a_real_scanner_is_opened_for_a_moment_and_one_that_is_away_is_red(folder: Path) -> None:
    terminal = Terminal(folder)
    change(folder, 'kind = "simulator"', f'kind = "serial"\nport = "{terminal.path}"')
    assert parts(folder)["scanner"]["state"] == "green"
    terminal.close()
    done = check(folder)
    assert done.exit_code == 1
    line = parts(folder)["scanner"]
    assert (line["state"], line["what"]) == (
        "red",
        f"scanner front: {terminal.path} is not there",
    )
    assert line["do"].startswith("plug it in, or correct port in station.toml")


def test_a_real_printer_is_asked_for_its_paper_and_one_that_is_away_is_red(folder: Path) -> None:
    end = SerialEnd(folder)
    change(
        folder, '[printer]\nkind = "simulator"', f'[printer]\nkind = "serial"\nport = "{end.path}"'
    )
    green = {"state": "green", "what": f"printer: {end.path}", "do": ""}
    assert green.items() <= parts(folder)["printer"].items()
    end.does.paper_left = 0
    line = parts(folder)["printer"]
    assert (line["state"], line["do"]) == ("red", "put in a new roll and close the cover")
    assert line["what"] == f"printer: {end.path} is out of paper"
    end.close()
    line = parts(folder)["printer"]
    assert (line["state"], line["what"]) == ("red", f"printer: {end.path} is not there")
    assert check(folder).exit_code == 1
    assert end.does.printed == b""


def test_a_broken_chain_is_red_and_quoted(folder: Path) -> None:
    school = School(folder)
    school.desk.checkin(CITY, school.now)
    school.close()
    with closing(sqlite3.connect(folder / "data/station.sqlite")) as store:
        store.executescript("DROP TRIGGER journal_only_grows; UPDATE journal SET hash = 'x'")
    line = parts(folder)["journal"]
    assert line["state"] == "red"
    assert "1 faults in 1 entries; the first: entry 1:1" in line["what"]
    assert check(folder).exit_code == 1


@pytest.mark.parametrize(
    ("version", "what", "do"),
    [
        ("9999", "a later release", "install that release"),
        ("0000", "an earlier release", "start the station"),
    ],
)
def test_a_store_of_another_release_is_told_and_left_alone(
    folder: Path, version: str, what: str, do: str
) -> None:
    with closing(sqlite3.connect(folder / "data/station.sqlite")) as store:
        store.executescript(f"UPDATE alembic_version SET version_num = '{version}'")
    before = files(folder)
    line = parts(folder)["store"]
    assert line["state"] == "red"
    assert what in line["what"]
    assert line["do"].startswith(do)
    assert files(folder) == before


def test_a_file_that_is_no_store_is_told(folder: Path) -> None:
    (folder / "data/station.sqlite").write_bytes(b"no database" * 500)
    line = parts(folder)["store"]
    assert (line["state"], "put a backup in its place" in line["do"]) == ("red", True)


def test_a_station_that_never_ran_is_told_and_its_devices_all_the_same(folder: Path) -> None:
    change(folder, 'folder = "data"', 'folder = "elsewhere"')
    told = parts(folder)
    assert told["store"]["what"] == f"{folder / 'elsewhere'} holds none yet"
    assert told["scanner"]["part"] == "scanner"
    assert not (folder / "elsewhere").exists()


def test_settings_that_are_not_valid_are_all_that_is_told(folder: Path) -> None:
    change(folder, "limit = ", 'limit = "x" #', file="library.toml")
    done = check(folder)
    assert done.exit_code == 1
    told = parts(folder)
    assert list(told) == ["settings"]
    assert told["settings"]["what"].startswith("library.toml, line ")


def test_a_port_that_another_program_has_is_red(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = parts(folder, "--port", str(server.getsockname()[1]))["page"]
    assert line["state"] == "red"
    assert "screen.port" in line["do"]


def test_a_central_record_that_is_away_is_yellow_since_lending_goes_on(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        change(folder, 'address = ""', f'address = "{address}"')
        line = parts(folder)["central"]
    assert line["what"] == f"{address} can be reached, but this station is not enrolled there"
    assert "kiosk enrol CODE" in line["do"]
    line = parts(folder)["central"]
    assert (line["state"], "lending goes on" in line["what"]) == ("yellow", True)


def test_what_stays_open_after_a_check_is_what_was_open_before(folder: Path) -> None:
    check(folder)
    before = os.listdir("/proc/self/fd")
    check(folder)
    assert len(os.listdir("/proc/self/fd")) == len(before)
