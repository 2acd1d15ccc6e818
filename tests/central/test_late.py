"""A card and a copy that are registered after they were used."""

from __future__ import annotations

from sync.central.db import insert_many
from sync.central.late import registered
from sync.central.schema import cards, copies
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, holder, open_cases, push, told
from tests.sync.story import NOON


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
