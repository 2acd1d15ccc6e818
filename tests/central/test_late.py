"""A card and a copy that are registered after they were used."""

from __future__ import annotations

from sqlalchemy import select

from kiosk.store.store import Store
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.importing import fill, take_over
from sync.central.late import registered
from sync.central.schema import cards, copies, loans
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, holder, open_cases, push, told
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR


def test_a29_a30_what_is_registered_later_answers_the_questions_it_left(db):
    found_school(db, people=("ming",))
    s1 = Pen("s1")
    enrol(db, "s1")
    key = s1.checkout("29001", "card:0017", at=0)
    push(db, s1)
    assert told(db, key) == {"unknown_item", "unknown_patron"}
    with db.begin(SCHOOL) as conn:
        registered(conn, SCHOOL, cards={"0017": "ming", "0018": "hua"}, copies=(), now_ms=NOON)
    assert told(db, key) == {"unknown_item"}
    with db.begin(SCHOOL) as conn:
        row = {"school": SCHOOL, "barcode": "29001", "title_id": "t1", "copy_type": "book"}
        empty = {"state": "on_shelf", "shelf": "", "room": "", "call_number": ""}
        insert_many(conn, copies, [row | empty])
        registered(conn, SCHOOL, cards={}, copies=["29001", "29002"], now_ms=NOON)
    assert (told(db, key), holder(db, "29001"), open_cases(db)) == (set(), "ming", [])
    assert list(faults(db)) == []


def test_a_card_that_only_the_station_did_not_know_is_its_patrons(db):
    found_school(db, barcodes=("20001",), people=("ming",))
    with db.begin(SCHOOL) as conn:
        card = {"school": SCHOOL, "number": "0017", "patron_id": "ming", "state": "active"}
        insert_many(conn, cards, [card])
    s1 = Pen("s1")
    enrol(db, "s1")
    key = s1.checkout("20001", "card:0017", at=0)
    push(db, s1)
    assert (told(db, key), holder(db, "20001")) == (set(), "ming")
    assert list(faults(db)) == []


def test_what_was_done_with_a_card_stays_with_whoever_had_it_then(db, tmp_path):
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    s1 = Pen("s1")
    enrol(db, "s1")
    with db.begin(SCHOOL) as conn:
        card = {"school": SCHOOL, "number": "0017", "patron_id": "ming", "state": "active"}
        insert_many(conn, cards, [card])
    s1.checkout("20001", "card:0017", at=0)
    push(db, s1)
    # A station's store is taken over, in which the card is hua's.
    store = Store.open(tmp_path)
    fill(store, db, SCHOOL)
    with store.begin() as tx:
        tx.conn.exec_driver_sql("UPDATE cards SET patron_id = 'hua'")
    assert take_over(db, SCHOOL, store)["card"] == 1
    store.close()
    # A late entry has the copy folded anew.
    s2 = Pen("s2")
    enrol(db, "s2")
    s2.checkin("20001", at=-HOUR)
    push(db, s2)
    assert holder(db, "20001") == "ming"
    s1.checkin("20001", at=HOUR)
    push(db, s1, 2)
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON + DAY).erase("hua")
    with db.read() as conn:
        assert conn.execute(select(loans.c.patron)).scalars().all() == ["ming"]
    assert list(faults(db)) == []
