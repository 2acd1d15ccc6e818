"""What readers say, taken in on both databases: once, and never words that the entry does not speak of."""

from __future__ import annotations

import pytest
from msgspec import structs
from sqlalchemy import select, update

from kiosk.domain import Act
from kiosk.entry import commitment
from kiosk.saying import Words, written
from sync.central.schema import said, voices
from sync.central.verify import faults
from tests.central.fleet import Pen, enrol, found_school, push

SALT = "5" * 32


def say(pen, words, *, at, patron=None, kind="suggestion", forged=None):
    text = written(words)
    said_hash = commitment(SALT, text)
    pen.write(Act.SAY, None, patron, at=at, value=kind, said=said_hash)
    beside = {"said_salt": SALT, "said": forged or text}
    pen.wires[-1] = structs.replace(pen.wires[-1], **beside)


@pytest.fixture
def hall(db):
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    enrol(db, "hall")
    return Pen("hall")


def rows(db, table):
    with db.read() as conn:
        return list(conn.execute(select(table)))


def test_the_same_batch_twice_makes_each_voice_once(db, hall):
    say(hall, Words(note="more comics"), at=1, patron="ming")
    say(hall, Words(isbn="9787020002207"), at=2, kind="purchase")
    push(db, hall)
    push(db, hall)
    assert {(v.kind, v.patron, v.isbn) for v in rows(db, voices)} == {
        ("suggestion", "ming", ""),
        ("purchase", None, "9787020002207"),
    }
    assert list(faults(db)) == []


def test_words_that_the_entry_does_not_commit_to_are_not_kept(db, hall):
    say(hall, Words(note="good"), at=1, patron="ming", forged=written(Words(note="bad")))
    taken = push(db, hall)
    assert [a.outcome for a in taken.answers] == ["accepted"]
    assert [(v.kind, v.said) for v in rows(db, voices)] == [("suggestion", None)]
    assert rows(db, said) == []
    assert list(faults(db)) == []


def test_a_kind_of_a_later_release_makes_no_voice_and_stops_nothing(db, hall):
    say(hall, Words(note="?"), at=1, kind="song")
    say(hall, Words(note="!"), at=2)
    push(db, hall)
    assert [v.kind for v in rows(db, voices)] == ["suggestion"]
    assert list(faults(db)) == []


def test_who_verifies_is_told_of_a_voice_that_was_changed_lost_or_made_up(db, hall):
    say(hall, Words(note="one"), at=1)
    say(hall, Words(note="two"), at=2)
    push(db, hall)
    first, second = rows(db, voices)
    with db.begin() as conn:
        conn.execute(update(voices).where(voices.c.id == first.id).values(kind="complaint"))
        conn.execute(update(voices).where(voices.c.id == second.id).values(id="made-up"))
    told = sorted(f.partition(": ")[2] for f in faults(db))
    assert told == sorted(
        [
            f"what a reader said ({first.id}) differs from what its entries say",
            f"what a reader said ({second.id}) is not written down",
            "it is written down that a reader said something (made-up), but no entry says so",
        ]
    )


def test_what_staff_have_done_about_a_voice_is_no_fault(db, hall):
    say(hall, Words(note="one"), at=1, kind="complaint")
    push(db, hall)
    with db.begin() as conn:
        conn.execute(update(voices).values(state="answered", answer="done", state_ms=5))
    push(db, hall)
    assert [v.state for v in rows(db, voices)] == ["answered"]
    assert list(faults(db)) == []
