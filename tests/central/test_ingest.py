"""Batches taken in: once, whole, in any portions, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import random
from importlib import import_module

import pytest
from msgspec import structs
from sqlalchemy import select, update

from kiosk.domain import Act, CopyState, Reason
from sync.central.db import CentralError, Database, insert_many
from sync.central.erasing import erase
from sync.central.feed import read_page
from sync.central.read import shelf, time_zone
from sync.central.refold import refold
from sync.central.schema import cases, copies, entries, metadata, patron_aliases, patrons, seals
from sync.central.verify import faults
from sync.continuity import Diverged, Gap
from tests.central import postgres
from tests.central.fleet import (
    SCHOOL,
    Pen,
    enrol,
    found_school,
    holder,
    open_cases,
    picture,
    positions,
    publish_rules,
    push,
    told,
)
from tests.soak import often
from tests.sync.story import NOON

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture
def two(db):
    found_school(db, barcodes=("20001", "20002"), people=("ming", "hua"))
    pens = Pen("s1"), Pen("s2")
    for pen in pens:
        enrol(db, pen.station)
    return db, *pens


def test_a10_a12_the_same_batch_again_gives_the_same_answers_and_changes_nothing(two):
    db, s1, _ = two
    s1.checkout("20001", "ming", at=0)
    s1.checkin("20001", at=HOUR)
    first = push(db, s1)
    before = picture(db), positions(db)
    assert push(db, s1) == first
    assert (picture(db), positions(db)) == before


def test_a11_a_gap_is_answered_with_the_seq_expected(two):
    db, s1, _ = two
    for hour in range(4):
        s1.checkout("20001", "ming", at=hour * HOUR)
    push(db, s1, 1, 2)
    with pytest.raises(ValueError, match="Gap") as wrong:
        push(db, s1, 4, 4)
    assert wrong.value.args[0] == Gap(3)
    push(db, s1, 2, 4)
    assert holder(db, "20001") == "ming"


def test_a03_a_late_arrival_revises_what_was_said(two):
    db, s1, s2 = two
    back = s2.checkin("20001", at=DAY)
    push(db, s2)
    assert told(db, back) == {"return_not_on_loan"}
    s1.checkout("20001", "ming", at=0)
    push(db, s1)
    assert told(db, back) == set()
    assert holder(db, "20001") is None


def test_a08_other_content_under_a_known_key_is_no_repeat(two):
    db, s1, _ = two
    s1.checkout("20001", "ming", at=0)
    push(db, s1)
    before = picture(db)
    other = Pen("s1")
    other.checkout("20001", "hua", at=0)
    with pytest.raises(ValueError, match="Diverged") as wrong:
        push(db, other)
    assert wrong.value.args[0] == Diverged(1)
    assert picture(db) == before


def test_a17_the_limit_passed_at_several_stations_together(db):
    found_school(db, barcodes=[f"2000{n}" for n in range(9)], people=("ming",))
    publish_rules(db)
    s1, s2 = Pen("s1"), Pen("s2")
    for pen in (s1, s2):
        enrol(db, pen.station)
    keys = []
    for n in range(8):
        pen = (s1, s2)[n % 2]
        keys.append(pen.checkout(f"2000{n}", "ming", at=n * MINUTE))
    push(db, s2)
    push(db, s1)
    limit = 3
    assert [k for k in keys if "over_limit" in told(db, k)] == keys[limit:]
    # A return that arrives late takes one of them back below it.
    s1.checkin("20000", at=3 * MINUTE - 1)
    push(db, s1)
    assert [k for k in keys if "over_limit" in told(db, k)] == keys[limit + 1 :]


@pytest.mark.parametrize("damage", ["text", "hash", "newer", "rubbish"])
def test_a36_a38_a40_what_cannot_be_trusted_is_kept_and_the_rest_goes_on(two, damage):
    db, s1, _ = two
    s1.checkout("20001", "ming", at=0)
    s1.checkin("20001", at=HOUR)
    s1.checkout("20002", "hua", at=2 * HOUR)
    wire = s1.wires[1]
    changed = {
        "text": {"body": wire.body.replace("checkin", "checkout")},
        "hash": {"hash": "0" * 64},
        "newer": _newer(wire),
        "rubbish": {"body": wire.body[:40]},
    }[damage]
    s1.wires[1] = structs.replace(wire, **changed)
    answers = push(db, s1).answers
    code = {"text": "tamper", "hash": "tamper", "newer": "unknown_kind", "rubbish": "unreadable"}
    assert [a.outcome for a in answers] == ["accepted", "quarantined", "accepted"]
    assert answers[1].codes == [code[damage]]
    assert open_cases(db) == [(code[damage], [["s1", 1, 2]])]
    assert (holder(db, "20001"), holder(db, "20002")) == ("ming", "hua")


def _newer(wire):
    from kiosk.entry import digest

    body = wire.body.replace('"v":1', '"v":9')
    return {"body": body, "hash": digest(body)}


def test_a45_one_poisonous_entry_is_kept_unread(two):
    db, s1, _ = two
    s1.checkout("20001", "ming", at=0)
    s1.checkin("20001", at=HOUR)
    push(db, s1, 1, 1, poison=True)
    push(db, s1, 2, 2)
    assert told(db, "s1:1:1") == {"poison"}
    assert told(db, "s1:1:2") == {"return_not_on_loan"}


def test_a31_a_merge_is_followed_and_who_left_meanwhile_keeps_the_loan(two):
    """And is still there in name for as long as the loan is open: nobody who has a book can be erased."""
    db, s1, s2 = two
    with db.begin(SCHOOL) as conn:
        insert_many(conn, patron_aliases, [{"school": SCHOOL, "id": "twice", "patron": "ming"}])
        left = update(patrons).where(patrons.c.id == "hua").values(gone_ms=NOON)
        conn.execute(left)
    merged = s1.checkout("20001", "twice", at=0)
    gone = s2.checkout("20002", "hua", at=HOUR)
    push(db, s1)
    push(db, s2)
    assert (holder(db, "20001"), told(db, merged)) == ("ming", set())
    assert (holder(db, "20002"), told(db, gone)) == ("hua", {"patron_gone"})
    with db.begin(SCHOOL) as conn, pytest.raises(CentralError, match="still lent"):
        erase(conn, SCHOOL, "hua", NOON * 2)


def test_a44_a_visit_counts_once_and_names_nobody_to_others(two):
    """Sent twice, and written again after a restored backup: one visit each time."""
    db, s1, _ = two
    s1.write(Act.VISIT, None, "ming", at=0, visit="v1")
    push(db, s1)
    before = picture(db)
    push(db, s1)
    enrol(db, "s1", epoch=2)
    again = Pen("s1", epoch=2)
    again.write(Act.VISIT, None, "ming", at=0, visit="v1", origin=f"s1:1:1 {s1.wires[0].hash}")
    push(db, again)
    visits = told(db, "s1:1:1"), told(db, "s1:2:1")
    assert visits == (set(), set())
    assert {k: v for k, v in picture(db).items() if k != "outcomes"} == {
        k: v for k, v in before.items() if k != "outcomes"
    }


@pytest.mark.parametrize("seed", range(often(1, 12)))
def test_portions_order_and_repeats_make_no_difference(db, seed):
    """The same journals, whole and in scrambled portions with repeats, give the same tables, and so does a refold."""
    barcodes = [f"2000{n}" for n in range(4)]
    people = [f"p{n}" for n in range(3)]
    chance = random.Random(seed)
    pens = [_scribble(chance, f"s{n}", barcodes, people) for n in range(3)]
    _begin(db, pens, barcodes, people)
    for pen in pens:
        push(db, pen)
    settled = _settlements(db, chance, barcodes)
    push(db, settled)
    whole = picture(db)
    assert _refolded(db, barcodes) == whole
    _empty(db)
    pens.append(settled)
    _begin(db, pens, barcodes, people)
    sent = dict.fromkeys(range(4), 0)
    while any(sent[n] < len(pens[n].wires) for n in sent):
        n = chance.randrange(4)
        if chance.random() < 0.03:
            _forget_seals(db)
        first = chance.randint(max(1, sent[n] - 5), sent[n] + 1)
        last = min(len(pens[n].wires), first + chance.randint(0, chance.choice((3, 9, 40))))
        if last >= first:
            told = push(db, pens[n], first, last)
            assert [a.seq for a in told.answers] == list(range(first, last + 1))
            sent[n] = max(sent[n], last)
    assert picture(db) == whole
    assert _refolded(db, barcodes) == whole
    assert _seals(db)


def test_sqlite_and_postgresql_make_the_same_tables(tmp_path, postgres_server):
    shown = []
    with postgres.database(postgres_server, "same") as address:
        for url in (f"sqlite:///{tmp_path}/same.db", address):
            db = Database(url)
            metadata.create_all(db.engine)
            chance = random.Random(1)
            pens = [_scribble(chance, f"s{n}", ["20001", "20002"], ["p0", "p1"]) for n in range(3)]
            _begin(db, pens, ["20001", "20002"], ["p0", "p1"])
            for at in range(1, 200, 7):
                for pen in pens:
                    if at <= len(pen.wires):
                        push(db, pen, at, at + 6)
            shown.append(picture(db))
            db.close()
    assert shown[0] == shown[1]


def _begin(db, pens, barcodes, people) -> None:
    found_school(db, barcodes=barcodes, people=people)
    publish_rules(db)
    for pen in pens:
        enrol(db, pen.station)


def _refolded(db, barcodes) -> dict:
    """The picture after every copy was folded from its first entry on."""
    with db.begin(SCHOOL) as conn:
        on_shelf = shelf(conn, SCHOOL, barcodes, time_zone(conn, SCHOOL))
        refold(conn, SCHOOL, {barcode: [] for barcode in barcodes}, on_shelf, now_ms=NOON * 2)
    return picture(db)


def _forget_seals(db) -> None:
    """As the migration does that dropped those of earlier releases."""
    with db.begin() as conn:
        migration = import_module("sync.central.migrations.versions.0030_seals")
        for statement in migration.STATEMENTS:
            conn.exec_driver_sql(statement)


def _seals(db) -> list:
    with db.read() as conn:
        return list(conn.execute(select(seals)).all())


def _settlements(db, chance, barcodes) -> Pen:
    """Staff settle some of the open cases, and take one settlement back."""
    desk = Pen("desk")
    enrol(db, "desk")
    with db.read() as conn:
        asked = conn.execute(select(cases).where(cases.c.is_open).order_by(cases.c.id)).all()
    for n, case in enumerate(asked[:6]):
        choice = chance.choice(["returned", "not_theirs", "noted"])
        told = {"case": case.id, "choice": choice, "facts": case.facts}
        key = desk.write(Act.SETTLE, case.barcode, at=20 * DAY + n * HOUR, **told)
        if n == 2:
            desk.write(Act.SETTLE, case.barcode, at=21 * DAY, case=case.id, undoes=key)
    if not desk.wires:
        desk.checkin(barcodes[0], at=20 * DAY)
    return desk


def _empty(db) -> None:
    metadata.drop_all(db.engine)
    metadata.create_all(db.engine)


def _scribble(chance, station, barcodes, people) -> Pen:
    pen, back = Pen(station), None
    at = chance.randrange(DAY)
    for _ in range(200):
        at += chance.choice([MINUTE // 2, 2 * MINUTE, HOUR])
        act = chance.choice([Act.CHECKOUT, Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL, Act.USE])
        barcode = chance.choice(barcodes)
        other = f"s{chance.randrange(3)}:1:{chance.randint(1, 200)}"
        undoes = other if act in (Act.CHECKIN, Act.RENEWAL) and chance.random() < 0.3 else None
        if back and chance.random() < 0.4:
            # Scanned once more, and lengthened instead of taken back.
            act, (barcode, undoes) = Act.RENEWAL, back
        key = pen.write(
            act,
            barcode,
            None if act is Act.CHECKIN else chance.choice(people),
            at=at,
            days=14,
            boot=f"boot-{at // DAY}",
            unsure=chance.random() < 0.1,
            allowed=chance.random() < 0.9,
            undoes=undoes,
            after=other if chance.random() < 0.2 else None,
        )
        back = (barcode, key) if act is Act.CHECKIN else None
    return pen


@pytest.mark.parametrize("state", [CopyState.MENDING, CopyState.WITHDRAWN])
def test_a_refused_scan_leaves_a_copy_where_the_catalogue_says_it_is(two, state):
    db, s1, _ = two
    with db.begin(SCHOOL) as conn:
        conn.execute(update(copies).where(copies.c.barcode == "20001").values(state=state.value))
    refused = {"allowed": False, "reason": Reason.COPY_WITHHELD}
    s1.write(Act.CHECKOUT, "20001", "ming", at=0, **refused)
    push(db, s1)
    with db.read() as conn:
        fed = read_page(conn, SCHOOL, "s1", 0, 100).changes
    states = [c.value["state"] for c in fed if c.kind == "copy" and c.value]
    assert states == [state.value]


def test_a_copy_catalogued_as_withdrawn_that_comes_back_has_reappeared(two):
    db, s1, _ = two
    with db.begin(SCHOOL) as conn:
        conn.execute(update(copies).where(copies.c.barcode == "20001").values(state="withdrawn"))
    back = s1.checkin("20001", at=0)
    push(db, s1)
    assert told(db, back) == {"item_reappeared", "return_not_on_loan"}


def test_an_entry_that_an_earlier_release_took_in_for_sound_does_not_stop_its_copy(db):
    _begin(db, [Pen("s1"), Pen("s2")], ["20001"], ["p0"])
    s1, s2 = Pen("s1"), Pen("s2")
    s1.checkin("20001", at=0)
    push(db, s1)
    # Notes that are no list were once read letter by letter.
    body = s1.wires[0].body[:-1] + ',"notes":"ab"}'
    with db.begin() as conn:
        conn.execute(update(entries).values(body=body))
    _forget_seals(db)
    s2.checkout("20001", "p0", at=HOUR)
    assert [a.outcome for a in push(db, s2).answers] == ["accepted"]
    s1.wires[0] = structs.replace(s1.wires[0], body=body)
    s1.checkin("20001", at=2 * HOUR)
    assert [a.outcome for a in push(db, s1, 2, 2).answers] == ["accepted"]
    assert holder(db, "20001") is None
    assert any("notes" in fault for fault in list(faults(db)))
