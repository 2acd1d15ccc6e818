"""The rules in force while the file under them changes, breaks, vanishes and comes back."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import date
from pathlib import Path

import pytest

from config.settings import SettingsError, load_station
from config.station import Station
from kiosk.rulebook import Rulebook, load_rules
from tests.kiosk.lending import RULES, SHIPPED, TEXT

CHANGED = TEXT.replace("days = 14", "days = 21", 1)
BROKEN = TEXT.replace('to = "12:30"', 'to = "11:00"')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "library.toml"
    path.write_text(TEXT, "utf-8")
    return path


def days_of(book: Rulebook) -> int:
    return book.current.library.loan_rules[0].days


def test_rules_carry_the_hash_of_the_file() -> None:
    assert RULES.digest == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_a_broken_file_is_no_start(file: Path) -> None:
    file.write_text(BROKEN, "utf-8")
    with pytest.raises(SettingsError, match="the window ends before it begins"):
        Rulebook(file)


def test_a_missing_file_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"library.toml: cannot be read .* put the file at"):
        Rulebook(tmp_path / "library.toml")


def test_a_changed_file_is_taken_up_once(file: Path) -> None:
    book = Rulebook(file)
    assert not book.refresh()
    file.write_text(CHANGED, "utf-8")
    assert book.refresh()
    assert days_of(book) == 21
    assert book.current.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert not book.refresh()
    assert book.trouble is None


def test_a_file_replaced_by_an_editor_is_taken_up(file: Path, tmp_path: Path) -> None:
    book = Rulebook(file)
    other = tmp_path / "library.toml.new"
    other.write_text(CHANGED, "utf-8")
    other.replace(file)
    assert book.refresh()
    assert days_of(book) == 21


def test_a_broken_file_leaves_the_old_rules_and_says_why_until_it_is_mended(file: Path) -> None:
    book = Rulebook(file)
    old = book.current
    file.write_text(BROKEN, "utf-8")
    for _ in range(3):
        assert not book.refresh()
        assert book.current is old
        assert book.trouble
        assert 'windows[0].to = "11:00": the window ends before it begins' in book.trouble
    file.write_text(CHANGED, "utf-8")
    assert book.refresh()
    assert book.trouble is None


def test_a_broken_file_put_back_as_it_was_is_no_trouble_any_more(file: Path) -> None:
    book = Rulebook(file)
    file.write_text(BROKEN, "utf-8")
    book.refresh()
    file.write_text(TEXT, "utf-8")
    assert not book.refresh()
    assert book.trouble is None
    file.write_text(BROKEN, "utf-8")
    book.refresh()
    assert book.trouble


def test_a_file_that_vanishes_for_a_moment_changes_nothing(file: Path) -> None:
    book = Rulebook(file)
    file.unlink()
    assert not book.refresh()
    assert (
        book.trouble
        == "library.toml: the file is missing or still being written; the last good rules stay"
    )
    file.write_text(TEXT, "utf-8")
    assert not book.refresh()
    assert book.trouble is None
    assert days_of(book) == 14


def test_a_file_moved_away_and_back_is_no_trouble_any_more(file: Path) -> None:
    book = Rulebook(file)
    assert not book.refresh()
    file.rename(file.with_suffix(".away"))
    for _ in range(2):
        assert not book.refresh()
        assert book.trouble
    file.with_suffix(".away").rename(file)
    assert not book.refresh()
    assert book.trouble is None


def test_a_second_write_with_the_same_time_and_size_is_seen(file: Path) -> None:
    book = Rulebook(file)
    file.write_text(CHANGED, "utf-8")
    stamp = file.stat()
    assert book.refresh()
    file.write_text(CHANGED.replace("days = 21", "days = 28", 1), "utf-8")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert file.stat().st_size == stamp.st_size
    assert book.refresh()
    assert days_of(book) == 28


def test_a_file_that_is_being_written_is_never_half_applied(file: Path) -> None:
    """Cut after its windows it is valid TOML, and until the shelves even a valid library."""
    book = Rulebook(file)
    whole = CHANGED.encode()
    done = threading.Event()

    def write_slowly() -> None:
        with file.open("wb") as out:
            for start in range(0, len(whole), 200):
                out.write(whole[start : start + 200])
                out.flush()
                done.wait(0.01)
        done.set()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    while not done.is_set():
        book.refresh()
        assert book.current.library.shelves == RULES.library.shelves
    writer.join()
    while book.current.digest != hashlib.sha256(whole).hexdigest():
        book.refresh()
    assert days_of(book) == 21


def test_the_statutory_days_come_with_the_rules() -> None:
    special = load_rules(SHIPPED).special_days
    assert special.closed[date(2027, 4, 5)].name == "清明节"
    assert special.working[date(2026, 10, 10)] == "wed"
    assert special.known_until == date(2026, 12, 31)


def test_another_country_has_its_own_days(file: Path) -> None:
    file.write_text(TEXT.replace('country = "CN"', 'country = "DE"'), "utf-8")
    special = load_rules(file).special_days
    assert special.closed[date(2026, 10, 3)].name
    assert special.known_until == date.max


STATION = load_station(SHIPPED.parent / "station.toml")
ANYWHERE = STATION.model_copy(update={"station": STATION.station.model_copy(update={"room": ""})})


def test_a_library_without_the_stations_room_is_no_start(file: Path) -> None:
    file.write_text(TEXT.replace('"main"', '"hall"'), "utf-8")
    with pytest.raises(SettingsError) as caught:
        Rulebook(file, STATION)
    assert 'station.toml: station.room = "main": library.toml defines no such room' in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("station", "old", "new", "said"),
    [
        (
            STATION,
            '"main"',
            '"hall"',
            'station.toml: station.room = "main": library.toml defines no such room; write one of',
        ),
        (
            STATION,
            '"Asia/Shanghai"',
            '"Asia/Urumqi"',
            '"Asia/Urumqi": the running station keeps "Asia/Shanghai"; start it again',
        ),
        (
            ANYWHERE,
            '"main"',
            '"hall"',
            'library.room = "hall": the running station keeps "main"; start it again to take this up',
        ),
    ],
    ids=["room gone", "another clock", "moved to another room"],
)
def test_a_library_that_contradicts_the_running_station_leaves_the_old_rules_and_says_why(
    file: Path, station: Station, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Rulebook(file, station)
    before = book.current
    file.write_text(TEXT.replace(old, new), "utf-8")
    assert not book.refresh()
    assert book.current is before
    assert book.trouble
    assert said in book.trouble
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
    file.write_text(CHANGED, "utf-8")
    assert book.refresh()
    assert book.trouble is None


class Fed:
    """What a central record has sent."""

    def __init__(self, text: str | None = None) -> None:
        self.text = self.kept = text

    def newest(self) -> str | None:
        return self.text

    def good(self) -> str | None:
        return self.kept

    def local(self) -> str | None:
        return None

    def keep(self, text: str) -> None:
        self.kept = text


def test_in_the_demo_the_file_and_the_record_both_count_whichever_came_last(file: Path) -> None:
    book, fed = Rulebook(file), Fed(TEXT)
    book.follow(fed, file_too=True)
    assert not book.refresh()
    file.write_text(CHANGED, "utf-8")
    assert book.refresh()
    assert days_of(book) == 21
    # The record hears of it a little later, and until then says what it said before.
    assert not book.refresh()
    fed.text = CHANGED
    assert not book.refresh()
    fed.text = TEXT
    assert book.refresh()
    assert days_of(book) == days_of(Rulebook(SHIPPED))
    assert not book.refresh()
    file.write_text(BROKEN, "utf-8")
    book.refresh()
    assert book.trouble
    assert days_of(book) == days_of(Rulebook(SHIPPED))


def test_an_enrolled_station_takes_no_file(file: Path) -> None:
    book = Rulebook(file)
    book.follow(Fed(TEXT))
    book.refresh()
    file.write_text(CHANGED, "utf-8")
    book.refresh()
    assert "central rules publish" in str(book.trouble)
    assert days_of(book) != 21
