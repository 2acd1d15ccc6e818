"""Every call of the central record, whatever is wrong with what is said: refused, nothing changed, nothing told.

What is random stands in test_bad_input; here each kind of wrong meets each call once.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from sqlalchemy import select

from sync.central import enrolment
from sync.central.api import Calls
from sync.central.db import insert_many
from sync.central.schema import entries, outcomes, schools
from sync.central.verify import faults
from sync.wire import MAX_PACKED, MAX_UNPACKED
from tests.central.line import greet
from tests.central.test_bad_input import CALLS, everything, is_refused, s1, whole_messages

__all__ = ["s1"]
OF_A_SESSION = ("push", "pull", "snapshot", "chunk", "missing")
HOUR = 3_600_000


def test_the_calls_that_are_walked_here_are_all_there_are(db, clock):
    assert {kind.path for kind, _ in Calls(db, clock).table()} == {f"/sync/{c}" for c in CALLS}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_refuses_what_is_too_large(db, teller, call):
    before = everything(db)
    teller.send(call, b" " * (MAX_PACKED + 1))
    assert (teller.status, teller.told["error"]) == (413, "too_large")
    teller.send(call, gzip.compress(b"[" * (MAX_UNPACKED + 1)), **{"Content-Encoding": "gzip"})
    assert (teller.status, teller.told["error"]) == (413, "too_large")
    assert everything(db) == before


@pytest.mark.parametrize("call", CALLS)
def test_every_call_refuses_a_message_that_is_cut_anywhere(db, teller, s1, call):
    raw = json.dumps(whole_messages(s1, greet(teller, s1)["session"])[call]).encode()
    before = everything(db)
    for length in {0, 1, len(raw) // 3, len(raw) // 2, len(raw) - 1}:
        teller.send(call, raw[:length])
        assert is_refused(teller)
        packed = gzip.compress(raw)[: -1 - length // 8]
        teller.send(call, packed, **{"Content-Encoding": "gzip"})
        assert is_refused(teller)
    assert everything(db) == before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "value", ["x" * 400_000, 2**70, [[]] * 5_000], ids=["words", "int", "list"]
)
def test_every_field_of_every_call_refuses_a_huge_value(db, teller, s1, call, value):
    whole: dict[str, Any] = whole_messages(s1, greet(teller, s1)["session"])[call]
    before = everything(db)
    for name in whole:
        teller.send(call, json.dumps({**whole, name: value}).encode())
        assert is_refused(teller)
        assert len(teller.told["message"]) < 1_000, "what was sent is not sent back"
    assert everything(db) == before


@pytest.mark.parametrize("call", OF_A_SESSION)
def test_a_replayed_session_is_refused(db, clock, teller, s1, call):
    old = greet(teller, s1)["session"]
    new = greet(teller, s1)["session"]
    before = everything(db)
    teller.say(call, **whole_messages(s1, old)[call])
    assert (teller.status, teller.told["error"], is_refused(teller)) == (401, "unauthorised", True)
    clock.ms += HOUR
    teller.say(call, **whole_messages(s1, new)[call])
    assert (teller.status, teller.told["error"], is_refused(teller)) == (401, "unauthorised", True)
    assert everything(db) == before


def test_a_code_that_was_used_or_is_old_makes_nobody_a_station(db, clock, teller, s1):
    with db.begin("sunshine") as conn:
        used, old = (enrolment.new_code(conn, "sunshine", "s1", clock()) for _ in range(2))
    told = {"hardware": "board-1", "software": "test"}
    teller.say("enrol", code=used, **told)
    assert teller.status == 200
    clock.ms += HOUR
    before = everything(db)
    for code in (used, old):
        teller.say("enrol", code=code, **told)
        assert (teller.told["error"], is_refused(teller)) == ("bad_code", True)
    assert everything(db) == before


def test_the_same_place_with_another_hash_is_refused_and_writes_no_entry(db, teller, s1):
    s1.pen.checkout("20002", "hua", at=1)
    push = s1.push(greet(teller, s1)["session"])
    push["entries"][0]["hash"] = "0" * 64
    before = journal(db)
    teller.say("push", **push)
    assert (teller.status, teller.told["error"], is_refused(teller)) == (409, "diverged", True)
    assert journal(db) == before


def test_a_body_under_a_hash_that_is_not_its_own_is_kept_apart(db, teller, s1):
    s1.pen.checkout("20002", "hua", at=1)
    push = s1.push(greet(teller, s1)["session"], first=2)
    push["entries"][0]["hash"] = "0" * 64
    told = teller.say("push", **push)["outcomes"]
    assert [(o["outcome"], o["codes"]) for o in told] == [("quarantined", ["tamper"])]
    with db.read() as conn:
        assert conn.execute(select(entries.c.barcode).where(entries.c.seq == 2)).scalar() is None
    assert list(faults(db)) == []


def test_nothing_of_another_school_is_told_by_any_call(db, clock, teller, s1):
    """A station of a school that has nothing yet: whatever it asks, no word of the other school comes back."""
    mine = greet(teller, s1)["session"]
    theirs = [c["hash"] for c in teller.say("snapshot", session=mine)["chunks"]]
    with db.begin() as conn:
        row = {"id": "moon", "name": "月亮学校", "name_en": "", "time_zone": "Asia/Shanghai"}
        insert_many(conn, schools, [{**row, "position": 0, "feed_from": 0}])
    with db.begin("moon") as conn:
        enrolment.add_station(conn, "moon", "s1", "S1")
        code = enrolment.new_code(conn, "moon", "s1", clock())
    token = teller.say("enrol", code=code, hardware="board-9", software="test")["token"]
    hello = s1.hello(school="moon", token=token, last_seq=0, head="", hardware="board-9")
    session = teller.say("hello", **hello)["session"]
    heard = [
        teller.say("pull", session=session, cursor=0),
        teller.say("snapshot", session=session),
        teller.say("missing", session=session, epoch=1, after_seq=0),
        *(teller.say("chunk", session=session, hash=name) for name in theirs),
    ]
    told = json.dumps(heard, ensure_ascii=False)
    assert not any(word in told for word in ("ming", "hua", "20001", "西游记", "sunshine"))


def journal(db) -> list[tuple[Any, ...]]:
    with db.read() as conn:
        return [tuple(r) for t in (entries, outcomes) for r in conn.execute(select(t))]
