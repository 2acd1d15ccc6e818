"""Stations and the central record over a real line: who is let in, what is fed, what happens to copied disks."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from kiosk.domain import Act
from sync.central import enrolment
from sync.central.db import insert_many
from sync.central.positions import publish
from sync.central.schema import feed, holds, incidents, patrons, schools
from sync.central.trimming import trim
from tests.central.fleet import SCHOOL, holder, publish_rules, told
from tests.central.line import Teller, enrolled, greet, new_station
from tests.sync.story import NOON

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def s1(db, clock, teller):
    return enrolled(db, clock, teller, "s1")


def incidents_of(db) -> list[tuple[str, str, int]]:
    with db.read() as conn:
        return [(r.kind, r.station, r.epoch) for r in conn.execute(select(incidents))]


# Enrolment.


def test_a_code_is_good_once_and_for_ten_minutes(db, clock, teller):
    code = new_station(db, clock, "s1")
    ask = {"hardware": "board-1", "software": "test"}
    assert teller.say("enrol", code="AAAA-AAAA", **ask)["error"] == "bad_code"
    answer = teller.say("enrol", code=f" {code.lower()} ", **ask)
    assert (answer["station"], answer["epoch"], answer["time_zone"]) == ("s1", 1, "Asia/Shanghai")
    assert teller.say("enrol", code=code, **ask)["error"] == "bad_code"
    with db.begin(SCHOOL) as conn:
        late = enrolment.new_code(conn, SCHOOL, "s1", clock())
    clock.ms += 10 * MINUTE
    assert teller.say("enrol", code=late, **ask)["error"] == "bad_code"
    assert teller.status == 403


def test_a_station_enrolled_again_goes_on_in_a_new_epoch(db, clock, teller, s1):
    with db.begin(SCHOOL) as conn:
        code = enrolment.new_code(conn, SCHOOL, "s1", clock())
    again = teller.say("enrol", code=code, hardware="board-2", software="test")
    assert again["epoch"] == 2
    # The old disk, found again, is not the station any more.
    answer = teller.say("hello", **s1.hello())
    assert (answer["rewind"]["epoch"], answer["parked"]) == (3, True)


# HELLO.


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "x" * 40},
        {"station": "s9"},
        {"school": "elsewhere"},
        {"epoch": 7},
        {"station": "desk"},
    ],
    ids=str,
)
def test_a_stranger_is_served_nothing_and_learns_nothing(teller, s1, changes):
    answer = teller.say("hello", **s1.hello(**changes))
    assert (teller.status, answer["error"]) == (401, "unauthorised")
    assert set(answer) == {"error", "message"}


def test_the_token_changes_and_the_one_before_is_good_while_the_reply_may_be_lost(teller, s1):
    first = s1.token
    assert greet(teller, s1)["token"] != first
    s1.token = first
    assert "rewind" not in greet(teller, s1)
    assert "rewind" not in greet(teller, s1)


def test_a_session_ends_and_a_new_hello_ends_the_one_before(clock, teller, s1):
    session = greet(teller, s1)["session"]
    newer = greet(teller, s1)["session"]
    assert teller.say("pull", session=session, cursor=0)["error"] == "unauthorised"
    teller.say("pull", session=newer, cursor=0)
    assert teller.status == 200
    clock.ms += 10 * MINUTE
    assert teller.say("pull", session=newer, cursor=0)["error"] == "unauthorised"


# PUSH.


def test_entries_are_taken_once_and_answered(db, teller, s1):
    s1.pen.checkout("20001", "ming", at=0)
    s1.pen.checkin("20002", at=MINUTE)
    session = greet(teller, s1)["session"]
    answer = teller.say("push", **s1.push(session))
    assert answer["durable"] == 2
    assert [o["outcome"] for o in answer["outcomes"]] == ["accepted", "excepted"]
    assert teller.send_packed("push", s1.push(session)) == answer
    assert holder(db, "20001") == "ming"
    welcome = greet(teller, s1)
    assert (welcome["durable"], welcome["durable_hash"]) == (2, s1.pen.wires[1].hash)


def test_a_gap_names_the_seq_expected(teller, s1):
    for hour in range(3):
        s1.pen.checkin("20001", at=hour * HOUR)
    session = greet(teller, s1)["session"]
    answer = teller.say("push", **s1.push(session, 2))
    assert (teller.status, answer["error"], answer["expected"]) == (409, "expected", 1)


# Restored and copied disks.


def test_a_disk_restored_from_a_backup_gets_a_new_epoch_and_its_entries_back(db, teller, s1):
    s1.pen.checkout("20001", "ming", at=0)
    backup = s1.copied()
    s1.pen.checkin("20001", at=HOUR)
    session = greet(teller, s1)["session"]
    teller.say("push", **s1.push(session))
    answer = teller.say("hello", **backup.hello())
    rewind = answer["rewind"]
    assert (rewind["epoch"], rewind["from_epoch"], rewind["durable"]) == (2, 1, 2)
    missing = teller.say("missing", session=answer["session"], epoch=1, after_seq=1)
    assert missing == {"entries": [msgspec.to_builtins(s1.pen.wires[1])], "more": False}
    backup.pen.epoch, backup.token = 2, rewind["token"]
    backup.pen.wires.clear()
    assert "rewind" not in greet(teller, backup)
    assert incidents_of(db) == [("restored", "s1", 2)]


def test_a_lost_answer_to_a_rewind_is_no_second_incident(db, teller, s1):
    s1.pen.checkin("20001", at=0)
    teller.say("push", **s1.push(greet(teller, s1)["session"]))
    s1.pen.wires.clear()
    assert teller.say("hello", **s1.hello())["rewind"]["epoch"] == 2
    assert teller.say("hello", **s1.hello())["rewind"]["epoch"] == 3
    assert incidents_of(db) == [("restored", "s1", 2)]


def test_a_chain_that_does_not_go_on_diverges_and_is_rewound(db, teller, s1):
    s1.pen.checkin("20001", at=0)
    teller.say("push", **s1.push(greet(teller, s1)["session"]))
    other = s1.copied()
    other.pen.wires.clear()
    other.pen.checkout("20002", "hua", at=0)
    other.pen.checkin("20002", at=HOUR)
    session = greet(teller, other)["session"]
    answer = teller.say("push", **other.push(session, 2))
    assert (teller.status, answer["error"]) == (409, "diverged")
    assert teller.say("push", **other.push(session, 2))["error"] == "diverged"
    assert teller.say("hello", **other.hello())["rewind"]["durable"] == 1
    assert [kind for kind, *_ in incidents_of(db)] == ["diverged", "restored"]


def test_a_copied_disk_is_parked_its_entries_count_and_the_first_goes_on(db, teller, s1):
    s1.pen.checkout("20001", "ming", at=0)
    teller.say("push", **s1.push(greet(teller, s1)["session"]))
    clone = s1.copied(hardware="board-2")
    answer = teller.say("hello", **clone.hello())
    assert (answer["parked"], answer["rewind"]["epoch"]) == (True, 2)
    missing = teller.say("missing", session=answer["session"], epoch=1, after_seq=0)
    assert [sorted(e) for e in missing["entries"]] == [["body", "hash", "seq"]]
    clone.token, clone.pen.epoch = answer["rewind"]["token"], 2
    clone.pen.wires.clear()
    clone.pen.checkin("20001", at=HOUR)
    session = greet(teller, clone)["session"]
    teller.say("push", **clone.push(session))
    assert (teller.status, holder(db, "20001")) == (200, None)
    calls: list[tuple[str, dict]] = [("pull", {"cursor": 0}), ("snapshot", {})]
    for call, more in (*calls, ("chunk", {"hash": "0" * 64})):
        assert teller.say(call, session=session, **more)["error"] == "parked"
    assert "rewind" not in greet(teller, s1)
    assert incidents_of(db) == [("clone", "s1", 2)]
    with db.begin(SCHOOL) as conn:
        enrolment.unpark(conn, SCHOOL, "s1", 2)
    teller.say("pull", session=greet(teller, clone)["session"], cursor=0)
    assert teller.status == 200
    shut_out = teller.say("hello", **s1.hello())
    assert (shut_out["parked"], shut_out["rewind"]["epoch"]) == (True, 3)


def test_a_revoked_station_is_served_nothing_and_what_it_still_sends_is_kept(db, clock, teller, s1):
    session = greet(teller, s1)["session"]
    with db.begin(SCHOOL) as conn:
        enrolment.revoke(conn, SCHOOL, "s1", clock())
    key = s1.pen.checkout("20001", "ming", at=0)
    calls: list[tuple[str, dict]] = [("pull", {"cursor": 0}), ("snapshot", {})]
    calls += [("chunk", {"hash": "0" * 64}), ("missing", {"epoch": 1, "after_seq": 0})]
    for call, more in calls:
        assert teller.say(call, session=session, **more)["error"] == "revoked"
    teller.say("push", **s1.push(session))
    assert (teller.status, told(db, key)) == (200, {"revoked"})
    again = greet(teller, s1)
    assert again["revoked"]
    for call, more in calls:
        assert teller.say(call, session=again["session"], **more)["error"] == "revoked"
    for changed in ({"hardware": "board-2"}, {"last_seq": 0, "head": ""}):
        assert teller.say("hello", **s1.hello(**changed))["error"] == "revoked"


# PULL.


def changes(teller: Teller, session: str, cursor: int, **more) -> list[tuple]:
    page = teller.say("pull", session=session, cursor=cursor, **more)
    assert teller.status == 200, page
    return [(c["kind"], c["key"], c.get("value")) for c in page["changes"]]


def test_what_others_did_is_fed_as_it_is_now(db, clock, teller, s1):
    s2 = enrolled(db, clock, teller, "s2")
    key = s1.pen.checkout("20001", "ming", at=0)
    teller.say("push", **s1.push(greet(teller, s1)["session"]))
    session = greet(teller, s2)["session"]
    copy: dict[str, Any] = {"barcode": "20001", "title_id": "t1", "copy_type": "book"}
    copy |= {"state": "on_shelf", "shelf": "1", "room": "", "call_number": ""}
    copy |= {"last_entry": key, "lendable": True}
    loan = {"barcode": "20001", "patron_id": "ming", "opened_ms": NOON, "due_on": "2026-12-09"}
    loan |= {"renewals": 0, "entry": key, "boxed": False}
    told = changes(teller, session, 0)
    assert told[:2] == [("copy", "20001", copy), ("loan", "20001", loan)]
    # The pupil's row tells how many they have borrowed.
    assert [(kind, key) for kind, key, _ in told[2:]] == [("patron", "ming")]
    back = s2.pen.checkin("20001", at=HOUR)
    teller.say("push", **s2.push(session))
    told_now = [one for one in changes(teller, session, 0) if one[0] != "patron"]
    assert told_now == [("copy", "20001", copy | {"last_entry": back}), ("loan", "20001", None)]


def test_a_page_is_cut_and_the_next_one_carries_on(db, teller, s1):
    session = greet(teller, s1)["session"]
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, [("patron", "ming"), ("copy", "20001"), ("patron", "hua")])
        publish(conn, SCHOOL, [("patron", "ming"), ("patron", "nobody")], gone_ms=1)
    first = teller.say("pull", session=session, cursor=0, limit=2)
    assert [c["key"] for c in first["changes"]] == ["ming", "20001"]
    assert (first["more"], first["cursor"]) == (True, 2)
    rest = teller.say("pull", session=session, cursor=2, limit=3)
    assert [(c["key"], "value" in c) for c in rest["changes"]] == [
        ("hua", True),
        ("ming", True),
        ("nobody", False),
    ]
    assert (rest["more"], rest["cursor"]) == (False, 5)


def test_a_copy_and_its_loan_come_with_one_position_and_are_never_parted(db, teller, s1):
    s1.pen.checkout("20001", "ming", at=0)
    s1.pen.checkout("20002", "hua", at=MINUTE)
    session = greet(teller, s1)["session"]
    teller.say("push", **s1.push(session))
    page = teller.say("pull", session=session, cursor=0, limit=1)
    told = [(c["position"], c["kind"], c["key"]) for c in page["changes"]]
    assert told == [(1, "copy", "20001"), (1, "loan", "20001")]
    assert (page["cursor"], page["more"]) == (1, True)


def test_a_revised_outcome_comes_with_the_feed(db, clock, teller, s1):
    s2 = enrolled(db, clock, teller, "s2")
    s2.pen.checkin("20001", at=HOUR)
    teller.say("push", **s2.push(greet(teller, s2)["session"]))
    s1.pen.checkout("20001", "ming", at=0)
    teller.say("push", **s1.push(greet(teller, s1)["session"]))
    page = teller.say("pull", session=greet(teller, s2)["session"], cursor=0)
    assert page["outcomes"] == [
        {"epoch": 1, "seq": 1, "outcome": "accepted", "codes": [], "revision": 2}
    ]
    mine = teller.say("pull", session=greet(teller, s1)["session"], cursor=0)
    assert "outcomes" not in mine


def test_an_old_cursor_is_gone_and_so_is_one_from_the_future(db, clock, teller, s1):
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, [("patron", "left")], gone_ms=clock())
        publish(conn, SCHOOL, [("patron", "ming")])
    assert trim(db, SCHOOL, clock()) == 0
    clock.ms += 91 * 24 * HOUR
    assert trim(db, SCHOOL, clock()) == 1
    session = greet(teller, s1)["session"]
    for cursor in (0, 99):
        assert teller.say("pull", session=session, cursor=cursor)["error"] == "gone"
        assert teller.status == 410
    assert [key for _, key, _ in changes(teller, session, 1)] == ["ming"]


# Snapshots.


def snapshot(teller: Teller, session: str) -> dict[str, list]:
    """Everything in the snapshot by kind; every chunk is checked against its name."""
    found: dict[str, list] = {}
    for chunk in teller.say("snapshot", session=session)["chunks"]:
        text = teller.say("chunk", session=session, hash=chunk["hash"])
        assert hashlib.sha256(text).hexdigest() == chunk["hash"]
        rows = [json.loads(line) for line in text.splitlines()]
        assert (len(rows), len(text)) == (chunk["rows"], chunk["bytes"])
        found.setdefault(chunk["kind"], []).extend(rows)
    return found


def test_a_snapshot_shows_the_same_as_the_feed_from_the_beginning(db, teller, s1):
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        place = {"school": SCHOOL, "title_id": "t1", "patron_id": "hua", "placed_ms": 5}
        gone = {"id": "h2", "ended_ms": 9, "barcode": None}
        insert_many(
            conn, holds, [place | {"id": "h1", "ended_ms": None, "barcode": None}, place | gone]
        )
    s1.pen.checkout("20001", "ming", at=0)
    session = greet(teller, s1)["session"]
    teller.say("push", **s1.push(session))
    found = snapshot(teller, session)
    assert {kind: len(rows) for kind, rows in found.items()} == {
        "rules": 1, "title": 1, "patron": 2, "copy": 2, "hold": 1, "loan": 1,
    }  # fmt: skip
    keys = {"rules": "library", "title": "t1", "hold": "h1"}
    everything = [(k, keys.get(k) or r.get("barcode") or r["id"]) for k in found for r in found[k]]
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, everything)
    fed: dict[str, dict[str, Any]] = {}
    for kind, key, value in changes(teller, session, 0):
        fed.setdefault(kind, {})[key] = value
    told = {kind: [v for v in of.values() if v is not None] for kind, of in fed.items()}
    assert told == found


def test_a_snapshot_is_used_again_until_the_feed_has_moved_far(db, teller, s1):
    session = greet(teller, s1)["session"]
    first = teller.say("snapshot", session=session)
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, [("patron", "ming")])
    assert teller.say("snapshot", session=session) == first
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, [("patron", f"p{n}") for n in range(2_001)])
    assert teller.say("snapshot", session=session)["position"] == 2_002
    assert teller.say("chunk", session=session, hash="0" * 64)["error"] == "no_such_chunk"


def test_other_schools_are_not_in_the_feed_nor_in_the_snapshot(db, clock, teller, s1):
    with db.begin() as conn:
        told = {"id": "moon", "name": "月亮学校", "name_en": "", "time_zone": "Asia/Shanghai"}
        insert_many(conn, schools, [{**told, "position": 0, "feed_from": 0}])
        who = {"school": "moon", "id": "secret", "name": "secret", "category": "student"}
        rest = {"grade": 1, "class_name": "", "expires_on": None, "blocked": None, "gone_ms": None}
        insert_many(conn, patrons, [who | rest])
    with db.begin("moon") as conn:
        publish(conn, "moon", [("patron", "secret")])
    session = greet(teller, s1)["session"]
    assert changes(teller, session, 0) == []
    assert "secret" not in json.dumps(snapshot(teller, session))


def test_whoever_left_is_told_of_while_a_copy_is_out(db, teller, s1):
    s1.pen.checkout("20001", "ming", at=0)
    session = greet(teller, s1)["session"]
    teller.say("push", **s1.push(session))
    with db.begin(SCHOOL) as conn:
        conn.execute(patrons.update().values(gone_ms=NOON + HOUR))
    assert [p["id"] for p in snapshot(teller, session)["patron"]] == ["ming"]


def test_a_loan_that_no_station_can_name_is_not_fed(db, teller, s1):
    s1.pen.write(Act.CHECKOUT, "20001", "card:777", at=0, days=14)
    s1.pen.checkout("99999", "ming", at=MINUTE)
    session = greet(teller, s1)["session"]
    teller.say("push", **s1.push(session))
    fed = {(kind, key): value for kind, key, value in changes(teller, session, 0)}
    assert fed["loan", "20001"] is None
    assert (fed["copy", "99999"], fed["loan", "99999"]) == (None, None)
    assert fed["copy", "20001"]["last_entry"] == f"s1:{s1.epoch}:1"
    with db.read() as conn:
        # A copy and its loan are one row of the feed; a card without a patron has none.
        rows = conn.execute(select(feed.c.kind, feed.c.key).order_by(feed.c.position)).all()
    assert [tuple(row) for row in rows] == [
        ("held", "20001"),
        ("held", "99999"),
        ("patron", "ming"),
    ]


def test_the_answers_are_packed_for_those_who_can_unpack(teller, s1):
    session = greet(teller, s1)["session"]
    name = teller.say("snapshot", session=session)["chunks"][0]["hash"]
    ask = json.dumps({"session": session, "hash": name}).encode()
    plain = teller.send("chunk", ask, **{"Accept-Encoding": "identity"})
    assert hashlib.sha256(plain).hexdigest() == name
    url = f"{teller.url}/sync/chunk"
    with teller.client.stream("POST", url, content=ask) as reply:
        assert gzip.decompress(b"".join(reply.iter_raw())) == plain
