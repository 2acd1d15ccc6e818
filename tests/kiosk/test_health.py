"""Health and the marks on the screen: each part green, yellow or red, what it means and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from config.settings import load_station
from config.station import Printer
from drivers.simulator import SimulatedScanner
from kiosk import health
from kiosk.bootstrap_demo import SHIPPED
from kiosk.health import Parts
from kiosk.signs import Exchange
from tests.kiosk.school import CITY, XIAOMAN, ZONE, School


@pytest.fixture
def parts(school: School) -> Parts:
    school.clock.set(
        datetime(2026, 9, 16, 11, 45, tzinfo=ZONE)
    )  # well before the calendar's data ends
    return Parts(school.store, school.clock, school.rulebook, (school.scanner,), lambda: None)


def part(parts: Parts, name: str) -> dict[str, str]:
    return cast("dict[str, str]", health.report(parts)[name])


def test_all_is_green_and_counted(school: School, parts: Parts) -> None:
    school.desk.checkin(CITY, school.now)
    report = health.report(parts)
    assert report["state"] == "green", report
    assert (report["journal_length"], report["unsent_entries"]) == (1, 0)
    assert part(parts, "central")["what"] == "none configured"
    assert report["online"] is None
    assert report["rules_digest"] == school.rulebook.current.digest
    assert health.marks(parts).trouble == ()


def test_entries_that_the_central_record_made_durable_are_not_unsent(
    school: School, parts: Parts
) -> None:
    for _ in range(3):
        school.desk.checkin(CITY, school.now)
    with school.store.begin() as tx:
        tx.set_value("durable:1", "2")
    parts = replace(parts, central=True, online=lambda: True, exchange=Exchange)
    assert health.report(parts)["unsent_entries"] == 1
    assert health.marks(parts).unsent == 1
    assert part(parts, "central")["what"] == "1 entries wait to be sent"


def test_an_unplugged_scanner_is_red_and_named(school: School, parts: Parts) -> None:
    school.scanner.unplug()
    assert part(parts, "scanner")["state"] == "red"
    assert health.report(parts)["state"] == "red"
    assert health.marks(parts).trouble == ("scanner: simulated scanner is unplugged",)


def test_a_station_without_a_scanner_is_red(school: School) -> None:
    bare = Parts(school.store, school.clock, school.rulebook, (), lambda: True)
    assert part(bare, "scanner")["do"].startswith("run `kiosk probe`")


def test_a_pretended_scanner_or_printer_is_red_outside_the_demo(parts: Parts) -> None:
    def works() -> dict[str, object]:
        return {"state": "green", "what": "works", "do": ""}

    demo = replace(parts, printer=works)
    assert (part(demo, "scanner")["state"], part(demo, "printer")["state"]) == ("green", "green")
    real = replace(demo, simulated=frozenset(["scanner", health.PRINTER]))
    for name in ("scanner", "printer"):
        assert part(real, name)["state"] == "red"
        assert "kiosk probe" in part(real, name)["do"]
    assert health.marks(real).urgent


def test_the_shipped_station_toml_pretends_its_scanner() -> None:
    shipped = load_station(SHIPPED / "station.toml")
    assert health.simulated(shipped) == {"front"}
    paper = shipped.model_copy(update={"printer": Printer(kind="simulator")})
    assert health.simulated(paper) == {"front", health.PRINTER}


def test_a_cut_network_is_yellow_and_no_trouble_for_pupils(parts: Parts) -> None:
    cut = replace(parts, online=lambda: False)
    assert part(cut, "central")["state"] == "yellow"
    assert "lending goes on" in part(cut, "central")["what"]
    marks = health.marks(cut)
    assert (marks.online, marks.trouble, marks.urgent) == (False, (), False)


def test_an_unsure_clock_is_yellow_and_says_what_to_run(school: School, parts: Parts) -> None:
    school.clock.sure = False
    line = part(parts, "clock")
    assert (line["state"], health.report(parts)["state"]) == ("yellow", "yellow")
    assert "kiosk clock confirm" in line["do"]
    assert "cannot be trusted" in health.marks(parts).trouble[0]


def test_a_disk_nearly_full_is_red_and_says_that_returns_go_on(
    school: School, parts: Parts
) -> None:
    school.store._stop_below_mb = 1 << 40
    line = part(parts, "store")
    assert line["state"] == "red"
    assert "checkouts have stopped, returns go on" in line["what"]
    assert health.marks(parts).store_full


def test_rules_that_were_not_taken_up_are_yellow_and_quoted(school: School, parts: Parts) -> None:
    school.library_toml.write_text("limit = 'three'", encoding="utf-8")
    assert not school.rulebook.refresh()
    line = part(parts, "rules")
    assert line["state"] == "yellow"
    assert line["what"].startswith("library.toml was changed but not taken up: ")
    assert "library.toml" in health.marks(parts).trouble[0]


def test_a_calendar_that_ends_soon_is_yellow(school: School, parts: Parts) -> None:
    school.clock.set(datetime(2027, 5, 9, 11, 45, tzinfo=ZONE))
    assert part(parts, "calendar")["state"] == "green"
    school.clock.set(datetime(2027, 5, 10, 11, 45, tzinfo=ZONE))
    line = part(parts, "calendar")
    assert line["state"] == "yellow"
    assert line["what"].endswith("known only to 2027-07-09")


def test_each_scanner_has_a_line_of_its_own_and_the_worst_one_counts(
    school: School, parts: Parts
) -> None:
    other = SimulatedScanner("cards")
    other.unplug()
    both = Parts(school.store, school.clock, school.rulebook, (school.scanner, other), lambda: None)
    report = health.report(both)
    told = cast("list[dict[str, str]]", report["scanners"])
    assert [line["what"] for line in told] == [
        school.scanner.health()["what"],
        other.health()["what"],
    ]
    assert (report["scanner"], report["state"]) == (told[1], "red")


def test_the_station_reports_what_waits_and_why_it_stopped(tmp_path: Path) -> None:
    school = School(tmp_path)
    seen: list[BaseException] = []
    school.station.on_failure = seen.append
    school.open()
    assert school.station.health()["waiting"] == 0
    school.station.on_scan(cast("Any", None))  # a mistake of our own: no driver hands over nothing
    school.station._thread.join(5)
    assert "AttributeError" in str(school.station.health()["stopped"])
    assert [type(error) for error in seen] == [AttributeError]
    school.close()


def test_a_station_that_stopped_has_lost_nothing_it_acknowledged(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.station.on_failure = lambda error: None
    school.open()
    school.scan(XIAOMAN, CITY)
    school.station.on_scan(cast("Any", None))
    school.station._thread.join(5)
    school.close()
    again = School(tmp_path).open()
    (line,) = again.scan(XIAOMAN).visit.lines  # type: ignore[union-attr]
    assert line.book.barcode == CITY
    again.close()


@pytest.mark.parametrize(
    ("state", "code", "light"),
    [
        (Exchange(online=True, last_ms=1), "central_ok", "green"),
        (Exchange(online=True, trouble="it failed with 500"), "central_trouble", "yellow"),
        (Exchange(online=True, parked=True), "central_parked", "red"),
        (Exchange(online=True, trouble="out", refused="revoked"), "central_revoked", "red"),
    ],
)
def test_how_the_exchange_goes_is_told(
    parts: Parts, state: Exchange, code: str, light: str
) -> None:
    told = replace(parts, central=True, online=lambda: state.online, exchange=lambda: state)
    shown = part(told, "central")
    assert (shown["code"], shown["state"]) == (code, light)
    assert bool(health.marks(told).trouble) is (light != "green")


def test_the_lag_is_the_age_of_the_oldest_entry_that_was_not_sent(
    school: School, parts: Parts
) -> None:
    parts = replace(parts, clock=school.clock, central=True, exchange=Exchange)
    for minutes in (0, 10, 15):
        school.clock.set(datetime(2026, 9, 16, 11, 30 + minutes, tzinfo=ZONE))
        school.desk.checkin(CITY, school.now)
    with school.store.begin() as tx:
        tx.set_value("durable:1", "1")
    exchange = cast("dict[str, Any]", health.report(parts)["exchange"])
    assert exchange["lag_s"] == 300


def test_an_address_without_an_enrolment_is_told(parts: Parts) -> None:
    shown = part(replace(parts, central=True, online=lambda: True), "central")
    assert (shown["code"], shown["state"]) == ("central_not_enrolled", "yellow")
    assert "kiosk enrol CODE" in shown["do"]
