"""Two stations and a centre: what goes up and comes down, and what a bad line, a backup or a copied disk does to it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from kiosk.store.lineage import CURSOR
from kiosk.store.schema import copies, journal_people, messages, patrons
from kiosk.store.search import find
from sync.central import schema
from sync.central.db import insert_many
from sync.central.enrolment import revoke
from sync.central.positions import publish
from sync.exchange import (
    PATIENCE,
    ApplySnapshot,
    Failing,
    LineDown,
    NoteAnswers,
    Refused,
    StageChunk,
)
from tests.central.fleet import SCHOOL
from tests.sync.town import COPIES, Place, answered

ONE, TWO, THREE, *_ = COPIES


# Up and down.


def test_a_loan_at_one_station_is_known_at_the_other_after_both_have_exchanged(hall, yard):
    entry = hall.lend(ONE)
    assert hall.exchange().sent == 1
    yard.exchange()
    assert yard.loans() == {ONE: "p1"}
    yard.take_back(ONE)
    yard.exchange()
    hall.exchange()
    assert hall.loans() == {}
    assert entry == "hall:1:1"


def test_the_first_exchange_makes_the_store_what_the_central_record_has(town):
    place = town.station("hall")
    told = place.exchange()
    assert told.snapshot
    assert place.barcodes() == set(COPIES)
    assert {row.id for row in place.rows(patrons)} == {"p1", "p2"}
    with place.school.store.read() as tx:
        assert find(tx.conn, "xiyouji", in_library_types=frozenset())[1] == 1
        assert find(tx.conn, "城南旧事", in_library_types=frozenset())[1] == 0
    assert not (place.school.folder / "data" / "snapshot.sqlite").exists()


def test_an_entry_bears_the_card_and_says_how_new_its_knowledge_was(town, hall):
    hall.lend(ONE)
    hall.exchange()
    (_, _, entry), *_ = town.centre.entries("hall")
    assert entry.as_of_ms == int(hall.meta("as_of_ms") or 0) or entry.as_of_ms
    assert entry.cursor is not None
    assert [row.card for row in town.centre.all_of(schema.people)] == ["c-p1"]
    assert [row.card for row in hall.rows(journal_people)] == ["c-p1"]


def test_what_a_machine_wrote_before_it_was_enrolled_goes_up_as_the_stations_own(town):
    place = Place(town, "hall", "board-hall")
    place.desk.checkin("00000001", place.school.now)
    receipt = place.desk.checkout(
        place.school.who("p1", "2024030217"), "00000001", place.school.now
    )
    assert receipt.verdict.allowed
    assert receipt.entry == "kiosk-1:1:2"
    place.close()
    town.places.clear()
    again = town.station("hall")
    assert again.exchange().sent == 2
    kept = [entry for _, _, entry in town.centre.entries("hall")]
    assert [entry.origin.partition(" ")[0] for entry in kept] == ["kiosk-1:1:1", "kiosk-1:1:2"]
    assert kept[1].after == "hall:1:1"
    assert again.faults() == []
    assert [row.rehomed for row in again.aside()] == ["hall:1:1", "hall:1:2"]


def test_titles_holds_messages_and_deletions_come_with_the_feed(town, hall):
    with town.centre.db.begin(SCHOOL) as conn:
        conn.execute(update(schema.titles).values(title="红楼梦"))
        hold = {"school": SCHOOL, "id": "h1", "title_id": "t1", "patron_id": "p2", "placed_ms": 5}
        insert_many(conn, schema.holds, [{**hold, "ended_ms": None, "barcode": None}])
        said = {"school": SCHOOL, "id": "m1", "patron_id": "p1", "text": "早上好", "from_ms": 1}
        insert_many(conn, schema.messages, [{**said, "to_ms": None}])
        conn.execute(schema.copies.delete().where(schema.copies.c.barcode == TWO))
        keys = [("title", "t1"), ("hold", "h1"), ("message", "m1"), ("copy", TWO)]
        publish(conn, SCHOOL, keys)
    hall.exchange()
    with hall.school.store.read() as tx:
        assert find(tx.conn, "hongloumeng", in_library_types=frozenset())[1] == 1
        assert find(tx.conn, "xiyouji", in_library_types=frozenset())[1] == 0
        assert [hold.patron_id for hold in tx.holds("t1")] == ["p2"]
    assert [row.text for row in hall.rows(messages)] == ["早上好"]
    assert TWO not in hall.barcodes()
    with town.centre.db.begin(SCHOOL) as conn:
        conn.execute(schema.holds.update().values(ended_ms=9))
        publish(conn, SCHOOL, [("hold", "h1")])
    hall.exchange()
    with hall.school.store.read() as tx:
        assert tx.holds("t1") == ()


# A bad line.


@pytest.mark.parametrize("lost", ["hello", "push", "pull"])
def test_a12_a_reply_that_is_lost_after_the_centre_acted_changes_nothing(town, hall, lost):
    hall.lend(ONE)
    hall.wire.lose(lost)
    with pytest.raises(LineDown):
        hall.exchange()
    assert hall.exchange().rewound is False
    assert [seq for _, seq, _ in town.centre.entries("hall")] == [1]
    assert hall.meta("durable:1") == "1"
    assert town.centre.incidents() == []


def test_replies_to_hello_lost_again_and_again_do_not_lock_the_station_out(town, hall):
    hall.wire.lose("hello", times=5)
    for _ in range(5):
        with pytest.raises(LineDown):
            hall.exchange()
    hall.lend(ONE)
    hall.exchange()
    assert town.centre.holder(ONE) == "p1"
    assert town.centre.incidents() == []


def test_a10_a_message_that_arrives_twice_counts_once(town, hall, yard):
    hall.wire.twice()
    hall.lend(ONE)
    hall.take_back(ONE)
    hall.exchange()
    yard.exchange()
    assert [seq for _, seq, _ in town.centre.entries("hall")] == [1, 2]
    assert yard.loans() == {}


def test_i13_what_comes_down_never_undoes_what_the_station_did_since(town, hall, yard):
    """The book is lent elsewhere; while that page is on its way, it is brought back here."""
    yard.lend(ONE)
    yard.lend(TWO)
    yard.exchange()

    def around(path, go_on):
        answer = go_on()
        if path == "pull" and not done:
            done.append(hall.take_back(ONE))
            done.append(hall.lend(THREE, "p2"))
        return answer

    done: list[str] = []
    hall.wire.around = around
    hall.exchange()
    assert hall.loans() == {TWO: "p1", THREE: "p2"}
    hall.wire.around = None
    hall.exchange()
    yard.exchange()
    assert hall.loans() == yard.loans() == {TWO: "p1", THREE: "p2"}


def test_a45_one_entry_that_makes_the_centre_fail_is_found_and_the_rest_goes_on(town, hall):
    for barcode in COPIES:
        hall.lend(barcode, "p1" if barcode < THREE else "p2")
    poison = 3

    real = hall.line.send

    def send(message):
        entries = getattr(message, "entries", ())
        if any(e.seq == poison for e in entries) and not message.poison:
            raise Failing("500")
        return real(message)

    hall.line.send = send
    for _ in range(PATIENCE - 1):
        with pytest.raises(Failing):
            hall.exchange()
        assert hall.meta("durable:1") == "2"
    told = hall.exchange()
    assert (told.sent, told.poisoned) == (3, 1)
    outcomes = {row.seq: row.outcome for row in town.centre.all_of(schema.outcomes)}
    assert [seq for seq, outcome in outcomes.items() if outcome == "quarantined"] == [poison]
    assert hall.meta("durable:1") == "5"


def test_a_failure_that_passes_costs_no_entry(town, hall):
    hall.lend(ONE)
    left = [PATIENCE - 1]

    def around(path, go_on):
        if path == "push" and left[0]:
            left[0] -= 1
            return answered(500, b'{"error":"failed","message":"x"}')
        return go_on()

    hall.wire.around = around
    for _ in range(PATIENCE - 1):
        with pytest.raises(Failing):
            hall.exchange()
    told = hall.exchange()
    assert (told.sent, told.poisoned) == (1, 0)
    assert town.centre.holder(ONE) == "p1"


# Backups and copied disks.


def old_copy(place: Place, into: Path) -> None:
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    place.school.store.backup(into / "station.sqlite")


def test_a08_a_store_restored_from_an_old_backup_is_healed_and_loses_nothing(town, hall, tmp_path):
    hall.lend(ONE)
    hall.exchange()
    old_copy(hall, tmp_path / "old")
    hall.take_back(ONE)
    hall.lend(TWO, "p2")
    hall.exchange()
    hall.exchange()
    hall.close()
    town.places.remove(hall)
    shutil.copy(tmp_path / "old" / "station.sqlite", tmp_path / "hall" / "data" / "station.sqlite")

    restored = Place(town, "hall", "board-hall")
    restored.sit_down()
    assert restored.keys() == [(1, 1)]
    # What happens before it is noticed bears numbers that are taken at the centre.
    assert restored.lend(THREE) == "hall:1:2"
    assert restored.exchange().rewound
    assert restored.keys() == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert restored.faults() == []
    assert restored.loans() == {TWO: "p2", THREE: "p1"}
    (aside,) = restored.aside()
    assert aside.rehomed == "hall:2:1"
    last = town.centre.entries("hall")[-1][2]
    assert (last.key, last.origin) == ("hall:2:1", f"hall:1:2 {aside.hash}")
    assert town.centre.incidents() == ["restored"]
    assert {b: town.centre.holder(b) for b in (ONE, TWO, THREE)} == {
        ONE: None,
        TWO: "p2",
        THREE: "p1",
    }
    # New entries go on in the new epoch.
    assert restored.take_back(THREE) == "hall:2:2"
    restored.exchange()
    assert town.centre.holder(THREE) is None
    assert restored.faults() == []


def test_a_rewind_whose_reply_is_lost_is_done_once(town, hall, tmp_path):
    old_copy(hall, tmp_path / "old")
    hall.lend(ONE)
    hall.exchange()
    hall.exchange()
    hall.close()
    town.places.remove(hall)
    shutil.copy(tmp_path / "old" / "station.sqlite", tmp_path / "hall" / "data" / "station.sqlite")
    restored = Place(town, "hall", "board-hall")
    restored.sit_down()
    restored.lend(TWO)
    restored.wire.lose("missing")
    with pytest.raises(LineDown):
        restored.exchange()
    restored.exchange()
    assert town.centre.incidents() == ["restored"]
    assert restored.faults() == []
    assert restored.loans() == {ONE: "p1", TWO: "p1"}


def test_a09_a_copied_disk_is_parked_and_what_it_did_counts(town, hall, tmp_path):
    hall.lend(ONE)
    hall.exchange()
    old_copy(hall, tmp_path / "clone" / "data")
    clone = Place(town, "clone", "another board", folder=tmp_path / "clone")
    clone.sit_down()
    clone.lend(TWO, "p2")
    told = clone.exchange()
    assert (told.rewound, told.parked) == (True, True)
    assert clone.faults() == []
    assert town.centre.incidents() == ["clone"]
    # The first one goes on undisturbed, and hears of the other's loan.
    hall.lend(THREE)
    assert hall.exchange().rewound is False
    assert hall.loans() == {ONE: "p1", TWO: "p2", THREE: "p1"}
    # The other goes on pushing, and is fed nothing.
    clone.take_back(TWO)
    assert clone.exchange().parked
    assert town.centre.holder(TWO) is None
    assert clone.loans() == {ONE: "p1"}


def test_a39_a_revoked_station_forgets_people_and_keeps_its_journal(town, hall):
    hall.lend(ONE)
    with town.centre.db.begin(SCHOOL) as conn:
        revoke(conn, SCHOOL, "hall", 1)
    for _ in range(2):
        with pytest.raises(Refused, match="taken out of service"):
            hall.exchange()
    assert hall.rows(patrons) == []
    assert hall.keys() == [(1, 1)]
    # It was still in its queue: the record keeps it, and it does not count until somebody says so.
    (outcome,) = town.centre.all_of(schema.outcomes)
    assert (outcome.outcome, outcome.codes) == ("quarantined", "revoked")
    assert (town.centre.holder(ONE), hall.meta("durable:1")) == (None, "1")
    assert hall.faults() == []
    assert hall.meta("revoked") == "1"
    written = (hall.school.folder / "data" / "station.sqlite").read_bytes()
    assert b"c-p2" not in written


# Snapshots.


class Killed(Exception):
    pass


def killed_at(effect_kind, *, after: int = 1):
    seen = [0]

    def watch(effect):
        if isinstance(effect, effect_kind):
            seen[0] += 1
            if seen[0] == after:
                raise Killed

    return watch


def test_a_snapshot_broken_off_goes_on_where_it_stopped(town):
    place = town.station("hall")
    with pytest.raises(Killed):
        place.exchange(watch=killed_at(StageChunk, after=2))
    first = place.wire.calls.count("chunk")
    place.exchange()
    manifest = json.loads(town.centre.all_of(schema.snapshots)[0].manifest)
    assert first == 2
    assert place.wire.calls.count("chunk") == len(manifest["chunks"])
    assert place.barcodes() == set(COPIES)


def test_a_snapshot_fetched_before_does_not_undo_what_was_done_and_answered_since(town):
    place = town.station("hall")

    def check() -> None:
        if place.barcodes() == set(COPIES) and not place.loans():
            raise Killed

    # Killed between two steps of writing it: the copies are there, the position is not.
    with pytest.raises(Killed):
        place.exchange(check=check)
    assert place.meta(CURSOR) in (None, "0")
    place.lend(ONE)
    seen: list[dict[str, str]] = []

    def watch(effect):
        if isinstance(effect, (ApplySnapshot, NoteAnswers)):
            seen.append(place.loans())

    place.exchange(watch=watch)
    assert all(loans == {ONE: "p1"} for loans in seen)
    assert place.loans() == {ONE: "p1"}


def test_a35_a_cursor_that_is_too_old_is_answered_with_a_snapshot(town, hall):
    with town.centre.db.begin(SCHOOL) as conn:
        conn.execute(schema.copies.delete().where(schema.copies.c.barcode == TWO))
        publish(conn, SCHOOL, [("copy", THREE)])
        conn.execute(schema.schools.update().values(feed_from=schema.schools.c.position))
    hall.lend(ONE)
    told = hall.exchange()
    assert (told.sent, told.snapshot) == (1, True)
    assert hall.barcodes() == set(COPIES) - {TWO}
    assert (hall.loans(), town.centre.holder(ONE)) == ({ONE: "p1"}, "p1")


def test_a_damaged_answer_is_told_and_changes_nothing(town, hall):
    before = hall.rows(copies)
    hall.wire.around = lambda path, go_on: answered(200, b'{"session": 1}')
    with pytest.raises(LineDown, match="cannot be read: session"):
        hall.exchange()
    hall.wire.around = lambda path, go_on: answered(200, b"x" * (9 << 20))
    with pytest.raises(LineDown, match="too long"):
        hall.exchange()
    hall.wire.around = lambda path, go_on: answered(404, b"<html>")
    with pytest.raises(LineDown, match="not as a central record does"):
        hall.exchange()
    hall.wire.around = None
    hall.exchange()
    assert hall.rows(copies) == before
