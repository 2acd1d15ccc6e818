"""A folder of settings becomes a running station, and lets go of everything when it stops."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from config.settings import SettingsError, load_library
from kiosk import journal
from kiosk.bootstrap import Running, start
from kiosk.bootstrap_demo import FIRST_START, SHIPPED, demo_start, fill_with_sample, lay_out
from kiosk.clock import MovableClock
from kiosk.demo_shelf import WRONG
from kiosk.desk import Desk
from kiosk.errors import StoreHeld
from kiosk.finding import never_lent
from kiosk.folders import Folders
from kiosk.rulebook import Rulebook
from kiosk.screen import Place, Touch
from kiosk.store.lock import FolderLock
from kiosk.store.store import Store
from tests.faults import ledger
from tests.kiosk.school import CITY, XIAOMAN, ZONE, School


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The demo's station on the small school, its pages served."""
    config = lay_out(tmp_path)
    School(tmp_path).close()
    made = start(Folders(config), port=0, demo=True)
    pages = threading.Thread(target=made.serve)
    pages.start()
    yield made
    made.stop()
    pages.join(10)
    assert not pages.is_alive()


def test_a_scan_on_the_panel_is_a_loan_in_the_store(running: Running) -> None:
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        for text in (XIAOMAN, CITY):
            http.post("demo/scan", json={"text": text}).raise_for_status()
        assert running.station.settled().place is Place.VISIT
        shelf = http.get("demo/shelf").json()
        assert [c["on_loan_to"] for c in shelf["copies"] if c["text"] == CITY] == ["李小满"]
        assert http.get("health").json()["journal_length"] == 2
    ledger.hold_whole(running.store.folder)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong["label"])
def test_every_wrong_thing_of_the_panel_is_explained(
    running: Running, wrong: dict[str, str]
) -> None:
    httpx.post(f"{running.server.url}demo/scan", json={"text": wrong["text"]}, trust_env=False)
    screen = running.station.settled()
    assert screen.place is Place.NOTICE
    assert running.station.failed is None


def test_the_panels_clock_and_network_plug_are_the_stations(running: Running) -> None:
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        http.post("demo/clock", json={"at": "2026-11-25T12:31"}).raise_for_status()
        assert f"{running.clock.now().local:%H:%M}" == "12:31"
        http.post("demo/network", json={"up": False}).raise_for_status()
        assert http.get("health").json()["online"] is False
        refused = http.post("demo/clock", json={"at": "noon"})
        assert refused.status_code == 400
        assert refused.json()["error"].count("2026-11-25T11:45") == 1


def test_the_screen_shows_what_the_panel_changed_as_soon_as_it_is_answered(
    running: Running,
) -> None:
    with httpx.Client(base_url=running.server.url, trust_env=False) as http:
        for at, open_then in (("2026-11-28T10:00", False), ("2026-11-25T11:45", True)) * 4:
            http.post("demo/clock", json={"at": at}).raise_for_status()
            assert http.get("demo/screen").json()["hours"]["open"] is open_then
        for up in (False, True) * 4:
            http.post("demo/network", json={"up": up}).raise_for_status()
            assert http.get("demo/screen").json()["status"]["online"] is up


def test_each_page_waits_as_long_as_station_toml_says(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    text = (config / "station.toml").read_text(encoding="utf-8")
    for key, usual, ours in (
        ("idle_s", 45, 41),
        ("returns_idle_s", 15, 42),
        ("find_idle_s", 45, 43),
    ):
        assert f"\n{key} = {usual} " in text
        text = text.replace(f"\n{key} = {usual} ", f"\n{key} = {ours} ")
    text = text.replace("repeat_ms = 3000", "repeat_ms = 0")
    (config / "station.toml").write_text(text, encoding="utf-8")
    School(tmp_path).close()
    made = start(Folders(config), port=0, demo=True)
    assert made.hands is not None
    waits = []
    for touch in (Touch.GUIDE_BORROW, Touch.HOME, Touch.FIND, Touch.HOME, Touch.STAFF):
        made.station.touch(touch, visit=None)
        waits.append(made.station.screen.total_ms)
    assert (waits[0], waits[2], waits[4]) == (42_000, 43_000, 60_000)
    for text in (CITY, CITY, XIAOMAN):
        made.hands.scan(text)
    screen = made.station.settled()
    assert screen.total_ms == 41_000
    made.stop()
    acts = [entry["act"] for entry in ledger.hold_whole(tmp_path / "data")]
    assert acts == ["checkin", "checkin", "visit"]


def test_it_lets_go_of_port_folder_and_threads_when_it_stops(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    School(tmp_path).close()
    before = set(threading.enumerate())
    made = start(Folders(config), port=0, demo=True)
    pages = threading.Thread(target=made.serve)
    pages.start()
    with pytest.raises(StoreHeld, match="use another folder"):
        start(Folders(config), port=0, demo=True)
    made.stop()
    pages.join(10)
    assert set(threading.enumerate()) - before == set()
    FolderLock(tmp_path / "data").release()
    with socket.create_server(("127.0.0.1", made.server.port)):
        pass
    assert made.station.failed is None


def test_a_station_in_a_room_that_the_library_lacks_does_not_start(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    text = (config / "station.toml").read_text(encoding="utf-8")
    text = text.replace('room = "main"', 'room = "cellar"')
    (config / "station.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r'station.room = "cellar": .* no such room; write one'):
        start(Folders(config), port=0, demo=True)
    assert not (tmp_path / "data").exists()


def test_settings_changed_in_the_demos_folder_are_kept(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    assert "reserve_mb = 16" in (config / "station.toml").read_text(encoding="utf-8")
    assert 'kind = "simulator"' in (config / "station.toml").read_text(encoding="utf-8")
    (config / "library.toml").write_text("mine", encoding="utf-8")
    assert lay_out(tmp_path) == config
    assert (config / "library.toml").read_text(encoding="utf-8") == "mine"


def test_the_demo_changes_every_setting_that_it_means_to(tmp_path: Path) -> None:
    ours, shipped = (
        (folder / "station.toml").read_text(encoding="utf-8").splitlines()
        for folder in (lay_out(tmp_path), SHIPPED)
    )
    changed = [
        new.split("#")[0].split() for new, old in zip(ours, shipped, strict=True) if new != old
    ]
    assert sorted(" ".join(line) for line in changed) == [
        "idle_s = 45",
        'kind = "simulator"',
        "reserve_mb = 16",
        "stop_checkouts_below_mb = 50",
    ]


def test_reference_books_are_never_lent_to_anybody() -> None:
    assert never_lent(load_library(SHIPPED / "library.toml")) == {"reference"}


def test_the_sample_school_is_made_once_and_its_loans_come_from_entries(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    first = start(Folders(config), port=0, demo=True)
    first.stop()
    entries = ledger.hold_whole(tmp_path / "data")
    assert len(ledger.loans(tmp_path / "data")) > 800
    again = start(Folders(config), port=0, demo=True)
    with again.store.read() as tx:
        assert journal.length(tx) == len(entries)
    assert f"{again.clock.now().local:%Y-%m-%d %H:%M}" == "2026-11-25 11:45"
    again.stop()
    shutil.rmtree(tmp_path / "data")


def test_the_demos_time_begins_after_its_sample_loans_and_goes_on_where_it_was_left(
    tmp_path: Path,
) -> None:
    rules = Rulebook(SHIPPED / "library.toml").current
    with closing(Store.open(tmp_path)) as store:
        fill_with_sample(store, rules, "hall-1", ZONE)
        begun = demo_start(journal.trusted_ms(store), ZONE)
        assert begun == FIRST_START.replace(tzinfo=ZONE)
        earlier = begun - timedelta(days=2)
        clock = MovableClock(ZONE, earlier, running=False)
        desk = Desk(store, journal.Journal("hall-1", clock), lambda: rules, room="main")
        desk.welcome("no such card", clock.now(), visit="v1", typed=False)
        assert demo_start(journal.trusted_ms(store), ZONE) == earlier
