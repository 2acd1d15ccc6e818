"""For which part of the opening hours the machines worked: told, silent, off, and bounded whatever is told."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select

from kiosk.health_told import MOST, tell_parts, told_parts
from kiosk.signs import Condition, Sign
from sync.central.heartbeats import KEEP_MS, forget_heartbeats
from sync.central.report_tables import heartbeats
from sync.central.reports.in_order import MACHINE, Beat, Open, worked
from tests.central.fleet import SCHOOL
from tests.central.line import enrolled, greet

MINUTE = 60_000
HOUR = 60 * MINUTE
OK = {"scanner front": "scanner_ok", "printer": "printer_ok"}
BROKEN = {**OK, "scanner front": "scanner_trouble"}
DOUBT = {**OK, "printer": "printer_doubt"}
DAY1, DAY2 = date(2026, 11, 25), date(2026, 11, 26)
OPEN = [Open(DAY1, 0, HOUR), Open(DAY2, 24 * HOUR, 25 * HOUR)]


def beat(from_min: int, to_min: int, parts=None, *, boot: str = "a", up_min: int = -60) -> Beat:
    told = OK if parts is None else parts
    return Beat(from_min * MINUTE, to_min * MINUTE, boot, up_min * MINUTE, told)


def minutes(beats, busy=frozenset()) -> dict[str, tuple[int, int]]:
    """Of each part, the minutes that are known, and those in order."""
    return {
        w.part: (w.known_ms // MINUTE, w.in_order_ms // MINUTE) for w in worked(beats, OPEN, busy)
    }


CASES = {
    "nothing was told": ([], {}),
    "all in order for an hour": (
        [beat(-30, 70)],
        {MACHINE: (60, 60), "printer": (60, 60), "scanner front": (60, 60)},
    ),
    "what is doubtful still works": (
        [beat(0, 60, DOUBT)],
        {MACHINE: (60, 60), "printer": (60, 60), "scanner front": (60, 60)},
    ),
    "a scanner broken for half of it": (
        [beat(0, 30), beat(30, 60, BROKEN)],
        {MACHINE: (60, 60), "printer": (60, 60), "scanner front": (60, 30)},
    ),
    "silent, but running all the time": (
        [beat(0, 10), beat(50, 60)],
        {MACHINE: (60, 60), "printer": (60, 60), "scanner front": (60, 60)},
    ),
    "off until it was started again": (
        [beat(0, 10), beat(50, 60, boot="b", up_min=40)],
        {MACHINE: (60, 30), "printer": (60, 30), "scanner front": (60, 30)},
    ),
    "off at night only": (
        [beat(0, 70), beat(23 * 60, 26 * 60, boot="b", up_min=23 * 60)],
        {MACHINE: (120, 120), "printer": (120, 120), "scanner front": (120, 120)},
    ),
    "silent until now": (
        [beat(0, 15)],
        {MACHINE: (15, 15), "printer": (15, 15), "scanner front": (15, 15)},
    ),
}


@pytest.mark.parametrize(("beats", "told"), CASES.values(), ids=CASES.keys())
def test_what_counts_as_in_order(beats, told):
    assert minutes(beats) == told


def test_a_day_on_which_it_lent_books_is_not_one_on_which_it_was_off():
    cut_off = [beat(0, 10), beat(30 * 60, 31 * 60, boot="b", up_min=30 * 60)]
    assert minutes(cut_off)[MACHINE] == (120, 10)
    assert minutes(cut_off, {DAY1})[MACHINE] == (120, 60)


def test_a_station_tells_its_scanners_printer_and_disk_and_no_more():
    signs = [
        Sign(Condition.SCANNER_OK, "", name="front"),
        Sign(Condition.PRINTER_TROUBLE, ""),
        Sign(Condition.STORE_OK, ""),
        Sign(Condition.NETWORK_DOWN, ""),
        Sign(Condition.CLOCK_UNSURE, ""),
    ]
    told = tell_parts(signs)
    assert told_parts({**told, "unsent": "3"}) == {
        "scanner front": "scanner_ok",
        "printer": "printer_trouble",
        "store": "store_ok",
    }
    assert tell_parts([Sign(Condition.PRINTER_NONE, "")]) == {}


def test_what_is_no_condition_or_too_much_is_not_kept():
    told = {f"part scanner {n}": "scanner_ok" for n in range(2 * MOST)}
    assert len(told_parts({"part printer": "x" * 10_000, **told})) == MOST
    assert told_parts({"part printer": "on fire"}) == {}


# At the record.


@pytest.fixture
def s1(db, clock, teller):
    return enrolled(db, clock, teller, "s1")


def told(db) -> list[tuple[int, int, dict[str, str]]]:
    with db.read() as conn:
        rows = conn.execute(select(heartbeats).order_by(heartbeats.c.from_ms)).all()
    first = rows[0].from_ms if rows else 0
    return [
        ((r.from_ms - first) // MINUTE, (r.to_ms - first) // MINUTE, json.loads(r.parts))
        for r in rows
    ]


def hello(clock, teller, disk, parts, *, after_min: int = 0, **more) -> None:
    clock.ms += after_min * MINUTE
    greet(teller, disk, health={f"part {part}": how for part, how in parts.items()}, **more)


def test_what_is_told_again_lengthens_a_span_and_what_differs_begins_one(db, clock, teller, s1):
    hello(clock, teller, s1, OK)
    for _ in range(3):
        hello(clock, teller, s1, OK, after_min=5)
    hello(clock, teller, s1, BROKEN, after_min=5)
    hello(clock, teller, s1, BROKEN, after_min=60)
    hello(clock, teller, s1, BROKEN, after_min=1, boot="boot-2", mono_ms=30_000)
    assert told(db) == [(0, 15, OK), (20, 20, BROKEN), (80, 80, BROKEN), (81, 81, BROKEN)]


def test_a_part_that_comes_and_goes_fills_no_table(db, clock, teller, s1):
    for n in range(40):
        hello(clock, teller, s1, BROKEN if n % 2 else OK, after_min=1)
    rows = told(db)
    assert len(rows) <= 9
    assert {row[2]["scanner front"] for row in rows} == {"scanner_trouble"}


def test_a_station_of_an_older_release_is_heard_all_the_same(db, clock, teller, s1):
    hello(clock, teller, s1, {})
    assert told(db) == [(0, 0, {})]


def test_a_clock_that_was_set_back_breaks_nothing(db, clock, teller, s1):
    hello(clock, teller, s1, OK)
    hello(clock, teller, s1, BROKEN, after_min=-30)
    assert told(db) == [(0, 0, BROKEN)]


def test_spans_are_dropped_after_two_years(db, clock, teller, s1):
    hello(clock, teller, s1, OK)
    with db.begin(SCHOOL) as conn:
        assert forget_heartbeats(conn, SCHOOL, clock() + KEEP_MS) == 0
        assert forget_heartbeats(conn, SCHOOL, clock() + KEEP_MS + 1) == 1
