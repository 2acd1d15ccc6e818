"""What staff do is entries too: chained, folded, fed; cases are settled, taken back, and reopened by new facts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from kiosk.domain import Act
from sync.central import cases, enrolment
from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.digest import lines
from sync.central.feed import read_page
from sync.central.schema import cards, entries, holdings, loans, outcomes
from sync.central.verify import faults
from sync.events import Code
from tests.central.fleet import (
    SCHOOL,
    Pen,
    enrol,
    found_school,
    holder,
    open_cases,
    picture,
    push,
    told,
)
from tests.sync.story import NOON

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture
def stations(db):
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    pens = Pen("s1"), Pen("s2")
    for pen in pens:
        enrol(db, pen.station)
    yield pens
    assert list(faults(db)) == []


def act(db: Database, name: str, *told, at: int = DAY):
    with db.begin(SCHOOL) as conn:
        return getattr(Desk(conn, SCHOOL, "wang", NOON + at), name)(*told)


def fed(db: Database, cursor: int = 0) -> dict[tuple[str, str], Any]:
    with db.read() as conn:
        page = read_page(conn, SCHOOL, "s1", cursor, 2_000)
    return {(c.kind, c.key): c.value for c in page.changes}


def asked(db: Database) -> cases.Question:
    with db.read() as conn:
        (one,) = cases.questions(conn, SCHOOL)
    return one


def clash(s1: Pen, s2: Pen, db: Database) -> cases.Question:
    """The same copy lent at two stations, and nobody knows in which order."""
    s1.checkout("20001", "ming", at=0)
    s2.checkout("20001", "hua", at=MINUTE)
    push(db, s1)
    push(db, s2)
    return asked(db)


def test_a_copy_said_to_be_lost_reappears_when_it_is_lent(db, stations):
    s1, _ = stations
    key = act(db, "copy_state", "20001", "lost", at=0)
    assert fed(db)["copy", "20001"]["state"] == "lost"
    lent = s1.checkout("20001", "ming", at=DAY)
    push(db, s1)
    assert told(db, lent) == {"item_reappeared"}
    assert told(db, str(key)) == set()
    one = asked(db)
    assert [c.value for c in one.choices] == ["noted", "withdraw"]
    act(db, "settle", one.id, "withdraw", at=2 * DAY)
    assert fed(db)["copy", "20001"]["state"] == "withdrawn"
    assert open_cases(db) == []


def test_a_block_counts_from_its_moment_and_is_fed(db, stations):
    s1, _ = stations
    act(db, "block", "ming", "owes a book", at=HOUR)
    assert fed(db)["patron", "ming"]["blocked"] == "owes a book"
    act(db, "unblock", "ming", at=3 * HOUR)
    assert fed(db)["patron", "ming"]["blocked"] is None
    keys = [s1.checkout("20001", "ming", at=hour * HOUR) for hour in (0, 2, 4)]
    push(db, s1)
    blocked = [k for k in keys if "patron_blocked" in told(db, k)]
    assert blocked == keys[1:2]


def test_a_stolen_card_is_lost_to_stations_and_a_case_here(db, stations):
    s1, _ = stations
    with db.begin(SCHOOL) as conn:
        card = {"school": SCHOOL, "number": "10001", "patron_id": "ming", "state": "active"}
        conn.execute(cards.insert().values(card))
    act(db, "card_state", "10001", "stolen", at=HOUR)
    assert fed(db)["card", "10001"]["state"] == "lost"
    s1.checkout("20001", "ming", at=2 * HOUR, card="10001")
    push(db, s1)
    one = asked(db)
    assert (one.code, one.choices[0].value) == (Code.CARD_STOLEN, "not_theirs")
    act(db, "settle", one.id, "not_theirs")
    assert holder(db, "20001") is None
    with db.read() as conn:
        assert conn.execute(select(loans.c.closed_ms, loans.c.patron)).all() == [(None, None)]


def test_a_hold_is_placed_fed_and_ended(db, stations):
    name = act(db, "place_hold", "t1", "ming")
    assert fed(db)["hold", name]["patron_id"] == "ming"
    with pytest.raises(CentralError, match="waits for t1 already"):
        act(db, "place_hold", "t1", "ming")
    act(db, "end_hold", name)
    assert fed(db)["hold", name] is None


def test_a_hold_is_kept_on_the_shelf_and_ends_when_its_patron_gets_the_book(db, stations):
    s1, s2 = stations
    name = act(db, "place_hold", "t1", "ming", at=0)
    s1.checkin("20001", at=HOUR, notes=("hold_waiting",))
    push(db, s1)
    assert fed(db)["hold", name]["barcode"] == "20001"
    past = s2.checkout("20002", "hua", at=3 * HOUR)
    push(db, s2)
    assert told(db, past) == {"hold_bypassed"}
    # Ming had got the book before that; the news of it comes later, and by two stations in the wrong order.
    s1.checkout("20001", "ming", at=4 * HOUR)
    push(db, s1)
    assert fed(db)["hold", name] is None
    assert told(db, past) == {"hold_bypassed"}
    s3 = Pen("s3")
    enrol(db, "s3")
    s3.checkout("20002", "ming", at=2 * HOUR)
    push(db, s3)
    assert "hold_bypassed" not in told(db, past)


def test_a_copy_kept_for_one_and_lent_to_another_is_kept_no_longer(db, stations):
    s1, _ = stations
    name = act(db, "place_hold", "t1", "ming", at=0)
    s1.checkin("20001", at=HOUR, notes=("hold_waiting",))
    taken = s1.checkout("20001", "hua", at=2 * HOUR)
    push(db, s1)
    assert told(db, taken) == {"hold_taken"}
    assert fed(db)["hold", name]["barcode"] is None


def test_a_new_label_takes_everything_along(db, stations):
    s1, s2 = stations
    one = clash(s1, s2, db)
    act(db, "replace_barcode", "20001", "30001", at=2 * DAY)
    assert holder(db, "30001") == "hua"
    page = fed(db)
    assert (page["copy", "20001"], page["loan", "20001"]) == (None, None)
    assert page["loan", "30001"]["patron_id"] == "hua"
    assert asked(db).id == one.id
    back = s1.checkin("20001", at=3 * DAY)
    push(db, s1)
    assert told(db, back) == {"old_barcode"}
    assert holder(db, "30001") is None
    with pytest.raises(CentralError, match="there is a copy 20002 already"):
        act(db, "replace_barcode", "30001", "20002")


def test_a_case_shows_its_evidence_and_is_settled_taken_back_and_settled_again(db, stations):
    s1, s2 = stations
    one = clash(s1, s2, db)
    assert (one.code, one.who, one.holder) == (Code.ORDER_UNKNOWN, ("ming", "hua"), "hua")
    assert [(str(s.key), s.patron) for s in one.evidence] == [("s1:1:1", "ming"), ("s2:1:1", "hua")]
    assert [c.value for c in one.choices] == ["stays s2:1:1", "stays s1:1:1", "returned"]
    act(db, "settle", one.id, "stays s1:1:1")
    assert (holder(db, "20001"), open_cases(db)) == ("ming", [])
    with pytest.raises(CentralError, match="not open"):
        act(db, "settle", one.id, "returned", at=DAY + 1)
    act(db, "undo", one.id, at=DAY + 2)
    assert (holder(db, "20001"), asked(db).id) == ("hua", one.id)
    act(db, "settle", one.id, "returned", at=DAY + 3)
    assert (holder(db, "20001"), open_cases(db)) == (None, [])


def test_a34_a_settled_case_is_open_again_when_its_facts_change(db, stations):
    s1, s2 = stations
    one = clash(s1, s2, db)
    act(db, "settle", one.id, "stays s1:1:1")
    s3 = Pen("s3")
    enrol(db, "s3")
    s3.checkin("20001", at=2 * MINUTE)
    push(db, s3)
    again = asked(db)
    assert (again.id, again.reopened) == (one.id, True)


def test_a_case_about_an_unreadable_entry_is_noted_and_taken_back(db, stations):
    s1, _ = stations
    key = s1.checkout("20001", "ming", at=0)
    s1.wires[0] = structs.replace(s1.wires[0], body="{")
    push(db, s1)
    one = asked(db)
    assert (one.barcode, [c.value for c in one.choices]) == (None, ["noted"])
    act(db, "settle", one.id, "noted")
    assert open_cases(db) == []
    act(db, "undo", one.id, at=2 * DAY)
    assert (asked(db).reopened, told(db, key)) == (True, {"unreadable"})


@pytest.mark.parametrize("known", [False, True])
def test_a39_what_a_revoked_station_sent_is_admitted_as_a_whole_and_taken_back(db, stations, known):
    """known: the record knew of the copy before; it was lent there, and returned at the revoked station."""
    s1, s2 = stations
    before = s2.checkout("20001", "hua", at=0) if known else None
    if known:
        push(db, s2)
    with db.begin(SCHOOL) as conn:
        enrolment.revoke(conn, SCHOOL, "s1", DAY)
    s1.checkin("20001", at=HOUR)
    last = s1.checkout("20001", "ming", at=2 * HOUR)
    s1.write(Act.VISIT, None, "ming", at=3 * HOUR)
    push(db, s1)
    quarantined = {f"s1:1:{n}": {"revoked"} for n in (1, 2, 3)}
    assert {key: told(db, key) for key in quarantined} == quarantined
    assert list(faults(db)) == []
    apart = picture(db)

    with db.read() as conn:
        one, *others = cases.questions(conn, SCHOOL)
    assert ([c.value for c in one.choices], len(others)) == (["noted", "admit"], 2)
    name = one.id
    act(db, "settle", name, "admit")
    assert open_cases(db) == []
    assert (holder(db, "20001"), told(db, last), told(db, "s1:1:3")) == ("ming", set(), set())
    assert list(faults(db)) == []
    with db.read() as conn:
        loans_of = conn.execute(select(loans.c.opened_by, loans.c.closed_by)).all()
    assert ((before, "s1:1:1") in map(tuple, loans_of)) == known

    act(db, "undo", name, at=2 * DAY)
    assert {key: told(db, key) for key in quarantined} == quarantined
    assert (len(open_cases(db)), picture(db)["loans"]) == (1 + len(others), apart["loans"])
    assert picture(db)["holdings"] == apart["holdings"]
    assert list(faults(db)) == []


def test_what_needs_no_decision_is_in_the_digest_for_thirty_days(db, stations):
    s1, s2 = stations
    clash(s1, s2, db)
    odd = s1.checkin("20002", at=HOUR)
    push(db, s1)
    with db.read() as conn:
        now = NOON * 2
        assert [str(line.key) for line in lines(conn, SCHOOL, now)] == [odd]
        assert list(lines(conn, SCHOOL, now + 30 * DAY)) == []


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (("copy_state", "20001", "eaten"), "no state of a copy"),
        (("copy_state", "77777", "lost"), "no copy 77777"),
        (("card_state", "1", "lost"), "no card 1"),
        (("block", "nobody", "x"), "no patron nobody"),
        (("unblock", "ming"), "not blocked"),
        (("place_hold", "t9", "ming"), "no title t9"),
        (("end_hold", "h9"), "no hold h9"),
        (("settle", "c9", "noted"), "no case c9"),
    ],
)
def test_an_act_on_nothing_is_refused_and_leaves_nothing(db, stations, what, told):
    with pytest.raises(CentralError, match=told):
        act(db, *what)
    with db.read() as conn:
        assert conn.execute(select(entries)).all() == []


# What verify finds.


@pytest.fixture
def some(db):
    found_school(db, barcodes=("20001",), people=("ming",))
    s1 = Pen("s1")
    enrol(db, "s1")
    s1.checkout("20001", "ming", at=0)
    s1.write(Act.CHECKIN, "20001", at=HOUR)
    s1.checkout("20001", "ming", at=2 * HOUR)
    push(db, s1)
    assert list(faults(db)) == []
    return db


@pytest.mark.parametrize(
    ("table", "where", "values", "said"),
    [
        (entries, {"seq": 2}, {"body": "{}"}, "the text does not match its hash"),
        (entries, {"seq": 2}, {"hash": "0" * 64}, "entry s1:1:3: it does not follow the entry before it"),
        (holdings, {}, {"patron": "hua"}, r"differs from what its entries say \(patron\)"),
        (loans, {"opened_by": "s1:1:1"}, {"closed_ms": None}, "the loan s1:1:1 differs"),
        (loans, {"opened_by": "s1:1:1"}, {"opened_by": "s1:1:9"}, "no entry opened it"),
        (outcomes, {"seq": 2}, {"codes": "clock"}, "was told clock, and should be told nothing"),
    ],
    ids=lambda v: str(v)[:30],
)  # fmt: skip
def test_verify_names_what_was_changed_behind_its_back(some, table, where, values, said):
    with some.begin() as conn:
        matches = [table.c[name] == value for name, value in where.items()]
        conn.execute(update(table).where(table.c.school == SCHOOL, *matches).values(values))
    found = list(faults(some))
    assert any(re.search(said, fault) for fault in found), found


def test_verify_misses_no_entry_that_is_gone(some):
    with some.begin() as conn:
        conn.execute(entries.delete().where(entries.c.seq == 3))
    assert any("its watermark says 3, its last entry is 2" in fault for fault in faults(some))
