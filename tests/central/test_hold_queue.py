"""Holds: queued, set aside when a return catches them, expired, passed on; and never kept twice for the same person."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from kiosk.domain import Act, Note, Reason
from sync.central import expiring
from sync.central.counter import Override
from sync.central.schema import holdings, holds
from sync.central.verify import faults
from tests.central.counter import DAY, HOUR, MINUTE, desk, fed, kept, lent, open_counter, written
from tests.central.fleet import SCHOOL, Pen, enrol, open_cases, push
from tests.sync.story import NOON


@pytest.fixture(autouse=True)
def school(db):
    open_counter(db)
    yield
    assert list(faults(db)) == []


def queue_up(db, *people: str) -> list[str]:
    return [desk(db, "place_hold", "t1", p, at=-2 * DAY + n) for n, p in enumerate(people)]


def shelf(db) -> dict[str, tuple[float, date | None]]:
    """Since when (hours after NOON) and until when a copy waits, by its patron."""
    with db.read() as conn:
        rows = conn.execute(select(holds).where(holds.c.barcode.isnot(None)))
        return {r.patron_id: ((r.shelved_ms - NOON) / HOUR, r.keep_until) for r in rows}


def set_aside(db) -> dict[str, str | None]:
    with db.read() as conn:
        return {r.barcode: r.kept_for for r in conn.execute(select(holdings))}


def expire(db, at: int) -> int:
    with db.begin(SCHOOL) as conn:
        return expiring.expire(conn, SCHOOL, NOON + at)


def test_a_return_catches_the_first_and_is_kept_for_some_days(db):
    queue_up(db, "hua", "lan")
    back = desk(db, "give_back", "20001")
    assert Note.HOLD_WAITING in back.verdict.notes
    assert kept(db) == {"hua": ("20001", True), "lan": (None, True)}
    # Seven days later is a Wednesday, on which the library is open.
    assert shelf(db) == {"hua": (0.0, date(2026, 12, 2))}
    told = {v["patron_id"]: v["barcode"] for (kind, _), v in fed(db).items() if kind == "hold"}
    assert told == {"hua": "20001", "lan": None}


def test_the_second_copy_is_kept_for_the_second_in_the_queue(db):
    queue_up(db, "hua", "lan")
    desk(db, "give_back", "20001")
    desk(db, "give_back", "20002", at=MINUTE)
    assert kept(db) == {"hua": ("20001", True), "lan": ("20002", True)}
    assert set_aside(db) == {"20001": "hua", "20002": "lan"}
    # The fold of one copy could not know it, so the centre said it, by rule.
    last = written(db)[-1]
    assert (last.act, last.copy, last.staff) == (Act.HOLD, "20002", None)
    desk(db, "scan", "lan", "20002", at=2 * MINUTE)
    assert (lent(db), open_cases(db)) == ({"20002": "lan"}, [])


def test_two_returns_at_stations_in_one_batch_are_kept_for_two(db):
    queue_up(db, "hua", "lan")
    s1 = Pen("s1")
    enrol(db, "s1")
    s1.checkin("20002", at=0, notes=("hold_waiting",))
    s1.checkin("20001", at=MINUTE, notes=("hold_waiting",))
    push(db, s1, now=NOON + HOUR)
    assert {barcode for barcode, _ in kept(db).values()} == {"20001", "20002"}
    assert sorted(map(str, set_aside(db).values())) == ["hua", "lan"]


def test_what_is_kept_for_another_is_refused_and_a_reason_lends_it_all_the_same(db):
    queue_up(db, "hua")
    desk(db, "give_back", "20001")
    (refused,) = desk(db, "scan", "ming", "20001", at=MINUTE)
    assert refused.verdict.reason is Reason.ON_HOLD
    desk(db, "checkout", "ming", "20001", Override("hua 说不要了"), at=2 * MINUTE)
    # Whoever waited keeps the place; nobody has to settle what staff decided knowingly.
    assert (kept(db), open_cases(db)) == ({"hua": (None, True)}, [])


def test_a_hold_that_is_given_up_passes_its_copy_on(db):
    first, second = queue_up(db, "hua", "lan")
    desk(db, "give_back", "20001")
    desk(db, "end_hold", first, at=HOUR)
    assert kept(db) == {"hua": (None, False), "lan": ("20001", True)}
    assert set_aside(db) == {"20001": "lan"}
    assert shelf(db) == {"lan": (1.0, date(2026, 12, 2))}
    desk(db, "end_hold", second, at=2 * HOUR)
    assert set_aside(db) == {"20001": None}
    desk(db, "scan", "ming", "20001", at=40 * MINUTE + DAY)
    assert (lent(db), open_cases(db)) == ({"20001": "ming"}, [])


def test_whoever_takes_another_copy_sets_theirs_free(db):
    queue_up(db, "hua", "lan")
    desk(db, "give_back", "20001")
    desk(db, "scan", "hua", "20002", at=MINUTE)
    assert kept(db) == {"hua": (None, False), "lan": ("20001", True)}
    assert set_aside(db)["20001"] == "lan"


def test_what_is_not_fetched_in_time_goes_to_the_next_by_rule(db):
    queue_up(db, "hua", "lan")
    desk(db, "give_back", "20001")
    assert expire(db, 7 * DAY) == 0
    assert expire(db, 8 * DAY) == 1
    assert expire(db, 8 * DAY + HOUR) == 0
    assert kept(db) == {"hua": (None, False), "lan": ("20001", True)}
    with db.read() as conn:
        row = conn.execute(select(holds).where(holds.c.patron_id == "hua")).one()
    assert (row.how, row.last_barcode) == ("expired", "20001")
    ended = next(e for e in written(db) if e.key == row.ended_by)
    assert (ended.act, ended.staff, ended.copy) == (Act.HOLD, None, "20001")
    assert fed(db)["hold", row.id] is None
