"""Every reason, reached by a real act on the running station, and journalled as it was shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import insert, update

from kiosk.desk_values import Who
from kiosk.domain import Note, Reason
from kiosk.screen import Cue, LineKind, Screen, Touch
from kiosk.store import store as store_module
from kiosk.store.schema import cards, patrons
from tests.faults import ledger
from tests.kiosk.acts import (
    CONTROL,
    ISBN,
    UNKNOWN,
    UNKNOWN_CARD,
    add_copy,
    at,
    journal,
    last,
    lent,
    out,
    top,
    typed,
    visit_of,
)
from tests.kiosk.school import (
    ANAN,
    BLOCKED,
    CITY,
    DICTIONARY,
    DREAM,
    EXPIRED,
    LOST_CARD,
    MISSING,
    MORE,
    OLD_CARD,
    SEA,
    TEACHER,
    WITHDRAWN,
    XIAOMAN,
    ZONE,
    School,
)

# Every reason, by a real act on the running station


def other_desk_lends(school: School, patron_id: str, card: str, barcode: str) -> None:
    """What a person at the staff desk does to the copy while the visit is open."""
    receipt = school.desk.checkout(Who(patron_id, card), barcode, school.now)
    assert receipt.verdict.allowed


def ok(s: School) -> Screen:
    return s.scan(XIAOMAN, CITY)


def already_yours(s: School) -> Screen:
    lent(s, ANAN, CITY)
    line = top(s.scan(XIAOMAN, CITY))
    other_desk_lends(s, "p1", XIAOMAN, CITY)
    return s.touch(Touch.BORROW, line)


def on_loan(s: School) -> Screen:
    lent(s, ANAN, CITY)
    line = top(s.scan(XIAOMAN, CITY))
    other_desk_lends(s, "p3", TEACHER, CITY)
    return s.touch(Touch.BORROW, line)


def window_closed(s: School) -> Screen:
    at(s, "2026-11-25T13:00")
    return s.scan(XIAOMAN, CITY)


def closed_day(s: School) -> Screen:
    at(s, "2026-11-05T11:45")
    return s.scan(XIAOMAN, CITY)


def term_over(s: School) -> Screen:
    at(s, "2027-01-18T11:45")
    return s.scan(XIAOMAN, CITY)


def limit_reached(s: School) -> Screen:
    return s.scan(ANAN, *MORE[:3])


def in_library_only(s: School) -> Screen:
    return s.scan(XIAOMAN, DICTIONARY)


def no_rule(s: School) -> Screen:
    add_copy(s, "00000098", "t1", copy_type="record")
    return s.scan(XIAOMAN, "00000098")


def overdue(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    at(s, "2026-12-14T11:45")
    return s.scan(XIAOMAN, SEA)


def card_expired(s: School) -> Screen:
    return s.scan(EXPIRED, CITY)


def card_lost(s: School) -> Screen:
    return s.scan(LOST_CARD)


def card_replaced(s: School) -> Screen:
    return s.scan(OLD_CARD)


def card_needed(s: School) -> Screen:
    return typed(s, TEACHER)


def patron_blocked(s: School) -> Screen:
    return s.scan(BLOCKED, CITY)


def on_hold(s: School) -> Screen:
    s.hold("t4", "p2", DREAM)
    return s.scan(XIAOMAN, DREAM)


def copy_withheld(s: School) -> Screen:
    return s.scan(XIAOMAN, WITHDRAWN)


def not_your_loan(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    line = visit_of(s.scan(XIAOMAN)).lines[0]
    s.desk.checkin(CITY, s.now)
    return s.touch(Touch.RENEW, line)


def no_renewals_left(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    at(s, "2026-12-02T11:45")
    s.touch(Touch.RENEW, visit_of(s.scan(XIAOMAN)).lines[0])
    s.touch(Touch.FINISH)
    return s.touch(Touch.RENEW, top(s.scan(XIAOMAN, CITY)))


def nothing_gained(s: School) -> Screen:
    lent(s, XIAOMAN, CITY)
    return s.touch(Touch.RENEW, top(s.scan(XIAOMAN, CITY)))


def unknown_card(s: School) -> Screen:
    return s.scan(UNKNOWN_CARD)


def unknown_copy(s: School) -> Screen:
    return s.scan(XIAOMAN, UNKNOWN)


def unreadable(s: School) -> Screen:
    return s.scan(XIAOMAN, CONTROL)


def isbn_not_label(s: School) -> Screen:
    return s.scan(XIAOMAN, ISBN)


def store_full(s: School) -> Screen:
    s.store._stop_below_mb = 1 << 40
    return s.scan(XIAOMAN, CITY)


def try_again(s: School) -> Screen:
    s.scan(XIAOMAN)
    with write_lock_held(s):
        return s.scan(CITY)


ROUTES: dict[Reason, Callable[[School], Screen]] = {
    Reason(act.__name__): act
    for act in (
        ok, already_yours, on_loan, window_closed, closed_day, term_over, limit_reached, in_library_only, no_rule,
        overdue, card_expired, card_lost, card_replaced, card_needed, patron_blocked, on_hold, copy_withheld,
        not_your_loan, no_renewals_left, nothing_gained, unknown_card, unknown_copy, unreadable, isbn_not_label,
        store_full, try_again,
    )
}  # fmt: skip

HOLD_LOCK = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def write_lock_held(school: School) -> Iterator[None]:
    """Another process writes to the store, and does not come to an end."""
    command = [sys.executable, "-c", HOLD_LOCK, str(school.store.path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    try:
        yield
    finally:
        other.communicate()


def test_there_is_a_route_to_every_reason() -> None:
    assert set(ROUTES) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_shown_as_it_is_journalled(
    station: School, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_WAIT_S", 0.2)
    screen = ROUTES[reason](station)
    assert top(screen).reason is reason
    if reason is not Reason.TRY_AGAIN:
        assert last(station)["reason"] == reason.value
        assert last(station)["allowed"] is (reason is Reason.OK)
    ledger.hold_whole(station.store.folder)


def test_where_the_store_did_not_answer_nothing_was_done_and_the_next_scan_is(
    station: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_WAIT_S", 0.2)
    screen = try_again(station)
    assert (visit_of(screen).name, screen.cue) == ("李小满", Cue.NO)
    assert [e["act"] for e in journal(station)] == ["visit"]
    assert out(station) == {}
    assert top(station.scan(CITY)).kind is LineKind.LENT


def test_returns_go_on_when_checkouts_have_stopped_for_want_of_room(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    store_full(station)
    assert top(station.touch(Touch.FINISH) and station.scan(CITY)).kind is LineKind.RETURNED
    assert out(station) == {}


def test_a_missing_copy_that_turns_up_is_lent_and_reported(station: School) -> None:
    line = top(station.scan(XIAOMAN, MISSING))
    assert line.kind is LineKind.LENT
    assert Note.REAPPEARED in line.notes
    assert "reappeared" in last(station)["notes"]
    state = "SELECT state FROM copies WHERE barcode = ?"
    assert ledger.rows(station.store.folder, state, MISSING) == [("on_shelf",)]


def test_a_blocked_or_expired_patron_may_still_bring_books_back(station: School) -> None:
    lent(station, XIAOMAN, CITY)
    with station.store.begin() as tx:
        tx.conn.execute(update(patrons).values(blocked="books to pay"))
    assert top(station.scan(XIAOMAN, CITY)).kind is LineKind.RETURNED


def test_a_card_of_no_known_shape_still_opens_the_visit_it_belongs_to(station: School) -> None:
    with station.store.begin() as tx:
        tx.conn.execute(insert(cards), {"number": "OLD-17", "patron_id": "p2", "state": "active"})
    assert visit_of(station.scan("OLD-17")).name == "王安安"


def test_a_patron_of_an_unknown_category_may_look_but_not_borrow(station: School) -> None:
    with station.store.begin() as tx:
        tx.conn.execute(update(patrons).where(patrons.c.id == "p2").values(category="guest"))
    line = top(station.scan(ANAN, CITY))
    assert line.reason is Reason.NO_RULE


def test_a_refused_return_is_told_with_the_next_opening_and_never_makes_the_loan_late(
    station: School,
) -> None:
    lent(station, XIAOMAN, CITY)
    change(station, "returns_any_time = true", "returns_any_time = false")
    assert station.rulebook.refresh()
    at(station, "2026-12-09T13:00")
    line = top(station.scan(CITY))
    assert (line.kind, line.reason) == (LineKind.REFUSED, Reason.WINDOW_CLOSED)
    assert line.opens_at == datetime(2026, 12, 10, 11, 30, tzinfo=ZONE)
    at(station, "2026-12-10T11:45")
    loan = visit_of(station.scan(XIAOMAN)).lines[0]
    assert (loan.kind, loan.overdue_days) == (LineKind.LOAN, 0)
    back = top(station.scan(CITY))
    assert (back.kind, back.overdue_days, back.notes) == (LineKind.RETURNED, 0, ())


def test_a_late_return_says_by_how_much_and_an_unsure_clock_says_nothing(station: School) -> None:
    lent(station, XIAOMAN, CITY, SEA)
    at(station, "2026-12-11T11:45")
    late = top(station.scan(CITY))
    assert (late.overdue_days, late.notes) == (2, (Note.WAS_OVERDUE,))
    at(station, "2031-12-11T11:45")
    station.clock.sure = False
    unsure = top(station.scan(SEA))
    assert (unsure.overdue_days, unsure.notes) == (0, (Note.CLOCK_UNSURE,))


def change(school: School, old: str, new: str) -> None:
    text = school.library_toml.read_text(encoding="utf-8")
    assert old in text
    school.library_toml.write_text(text.replace(old, new), encoding="utf-8")
