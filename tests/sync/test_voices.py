"""What a reader says at a station: kept there with the line cut, at the central record once, and erasable in both."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest
from sqlalchemy import select, update

from kiosk.entry import parse
from kiosk.saying import Saying, Words
from kiosk.store.schema import journal, journal_people, journal_said, posts
from sync.central import schema
from sync.central.db import insert_many
from sync.central.erasing import erase
from sync.central.hearing import erase_words
from sync.central.positions import publish
from sync.central.verify import faults
from sync.exchange import LineDown
from tests.central.fleet import SCHOOL
from tests.sync.test_exchange import old_copy
from tests.sync.town import Place

SECRET = "the toilets smell, says Mei"
WORDS = Words(note=SECRET)


def said_by(place, patron, *, kind=Saying.COMPLAINT, words=WORDS):
    who = place.school.who(patron, f"c-{patron}")
    return place.desk.say(kind, words, place.school.now, who)


def said_by_nobody(place, words=WORDS):
    return place.desk.say(Saying.SUGGESTION, words, place.school.now)


def test_what_is_said_with_the_line_cut_is_kept_and_arrives_once_however_often_it_is_sent(
    town, hall
):
    hall.wire.lose("hello", times=9)
    said_by(hall, "p1")
    said_by_nobody(hall)
    with pytest.raises(LineDown):
        hall.exchange()
    assert len(hall.rows(journal_said)) == 2
    hall.wire.twice()
    assert hall.exchange().sent == 2
    voices = {v.id: v for v in town.centre.all_of(schema.voices)}
    assert {(v.kind, v.patron) for v in voices.values()} == {
        ("complaint", "p1"),
        ("suggestion", None),
    }
    assert {json.loads(v.said)["note"] for v in voices.values()} == {SECRET}
    hall.exchange()
    assert len(town.centre.all_of(schema.voices)) == 2
    assert list(faults(town.centre.db)) == []


def test_no_entry_bears_the_words_or_who_said_them(town, hall):
    said_by(hall, "p1")
    hall.exchange()
    bodies = [row.body for row in (*hall.rows(journal), *town.centre.all_of(schema.entries))]
    assert len(bodies) == 2
    for body in bodies:
        assert "Mei" not in body
        assert "p1" not in body
        assert parse(body).value == "complaint"
        assert len(parse(body).said or "") == 64


def test_what_is_said_without_a_name_leads_to_nobody_anywhere(town, hall):
    said_by_nobody(hall)
    hall.exchange()
    (entry,) = (parse(row.body) for row in town.centre.all_of(schema.entries))
    assert (entry.who, entry.visit, entry.device) == (None, None, None)
    assert hall.rows(journal_people) == []
    assert town.centre.all_of(schema.people) == []
    assert [v.patron for v in town.centre.all_of(schema.voices)] == [None]


def test_who_is_erased_takes_the_words_along_from_the_record_and_the_station(town, hall):
    said_by(hall, "p1")
    said_by_nobody(hall)
    hall.exchange()
    with town.centre.db.begin(SCHOOL) as conn:
        erase(conn, SCHOOL, "p1", town.centre.now_ms())
    hall.exchange()
    assert [row.seq for row in hall.rows(journal_said)] == [2]
    assert [row.seq for row in town.centre.all_of(schema.said)] == [2]
    gone = [v for v in town.centre.all_of(schema.voices) if v.kind == "complaint"]
    assert [(v.patron, v.said) for v in gone] == [(None, None)]
    assert list(faults(town.centre.db)) == []
    assert hall.faults() == []


def test_words_that_staff_erase_go_from_the_station_too_and_do_not_come_back(town, hall):
    said_by_nobody(hall)
    hall.exchange()
    (voice,) = town.centre.all_of(schema.voices)
    with town.centre.db.begin(SCHOOL) as conn:
        erase_words(conn, SCHOOL, voice.id, town.centre.now_ms())
    hall.exchange()
    assert hall.rows(journal_said) == []
    assert town.centre.all_of(schema.said) == []
    assert [v.said for v in town.centre.all_of(schema.voices)] == [None]
    assert list(faults(town.centre.db)) == []


def test_words_come_back_to_a_restored_station_and_what_it_said_meanwhile_arrives_once(
    town, hall, tmp_path
):
    old_copy(hall, tmp_path / "old")
    said_by(hall, "p1")
    hall.exchange()
    hall.exchange()
    hall.close()
    town.places.remove(hall)
    shutil.copy(tmp_path / "old" / "station.sqlite", tmp_path / "hall" / "data" / "station.sqlite")
    restored = Place(town, "hall", "board-hall")
    restored.sit_down()
    said_by_nobody(restored)
    assert restored.exchange().rewound
    assert [(row.epoch, row.seq) for row in restored.rows(journal_said)] == [(1, 1), (2, 1)]
    voices = {v.id: v for v in town.centre.all_of(schema.voices)}
    # Both bear the number that the station gave them first, which was taken by then: neither hides the other.
    assert {v.kind for v in voices.values()} == {"complaint", "suggestion"}
    assert list(faults(town.centre.db)) == []
    assert restored.faults() == []


def test_an_answer_that_was_read_is_shown_no_more_and_the_librarian_sees_when(town, hall):
    said_by(hall, "p1")
    hall.exchange()
    with town.centre.db.begin(SCHOOL) as conn:
        row = {"school": SCHOOL, "id": "a1", "kind": "answer", "patron_id": "p1", "body": "{}"}
        days = {"from_on": date(2026, 1, 1), "until_on": date.max, "changed_ms": 1}
        where = {"at_stations": True, "on_page": False, "over": False}
        insert_many(conn, schema.posts, [{**row, **days, **where}])
        conn.execute(update(schema.voices).values(post="a1", state="answered"))
        publish(conn, SCHOOL, [("post", "a1")])
    hall.exchange()
    assert [row.id for row in hall.rows(posts)] == ["a1"]
    said_by(hall, "p2", kind=Saying.READ, words=Words(post="a1"))
    hall.exchange()
    assert [row.id for row in town.centre.all_of(schema.posts)] == ["a1"]
    said_by(hall, "p1", kind=Saying.READ, words=Words(post="a1"))
    assert hall.rows(posts) == []
    hall.exchange()
    assert town.centre.all_of(schema.posts) == []
    with town.centre.db.read() as conn:
        read = select(schema.voices.c.read_ms).where(schema.voices.c.kind == "complaint")
        assert conn.execute(read).scalar()
    assert list(faults(town.centre.db)) == []
