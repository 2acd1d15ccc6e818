"""Whatever is sent to the central record over a real line: a clear 4xx, nothing changed, nothing given away."""

from __future__ import annotations

import gzip
import hashlib
import json
import socket
import zlib
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, select

from kiosk.entry import GENESIS
from sync.central import enrolment
from sync.central.cli_pages import make_app
from sync.central.db import insert_many
from sync.central.schema import metadata, outcomes, schools
from sync.central.verify import faults
from sync.wire import MAX_PACKED, MAX_UNPACKED, Refusal
from tests.central.fleet import SCHOOL
from tests.central.line import Teller, enrolled, greet, serving
from tests.soak import often

CALLS = ("enrol", "hello", "push", "pull", "snapshot", "chunk", "missing")
ONCE = settings(
    max_examples=often(8, 200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@pytest.fixture
def s1(db, clock, teller):
    disk = enrolled(db, clock, teller, "s1")
    disk.pen.checkout("20001", "ming", at=0)
    teller.say("push", **disk.push(greet(teller, disk)["session"]))
    return disk


@cache
def every_table() -> list[Select]:
    return [select(table) for table in metadata.sorted_tables]


def everything(db) -> list[tuple]:
    with db.read() as conn:
        return [tuple(row) for table in every_table() for row in conn.execute(table)]


def is_refused(teller: Teller) -> bool:
    """The last answer is a refusal that gives nothing away."""
    assert 400 <= teller.status < 500, (teller.status, teller.told)
    msgspec.convert(teller.told, Refusal)
    told = json.dumps(teller.told, ensure_ascii=False)
    assert not any(word in told for word in ("Traceback", "sqlite", "psycopg", "阳光", ".py"))
    return True


@pytest.mark.parametrize("call", CALLS)
@ONCE
@given(raw=st.binary(max_size=200))
def test_rubbish_is_refused(db, teller, call, raw):
    before = everything(db)
    teller.send(call, raw)
    assert is_refused(teller)
    assert everything(db) == before


def whole_messages(disk, session: str) -> dict[str, dict[str, Any]]:
    return {
        "enrol": {"code": "AAAA-AAAA", "hardware": "board-1", "software": "test"},
        "hello": disk.hello(),
        "push": disk.push(session),
        "pull": {"session": session, "cursor": 0, "limit": 10},
        "snapshot": {"session": session},
        "chunk": {"session": session, "hash": "0" * 64},
        "missing": {"session": session, "epoch": 1, "after_seq": 0},
    }


@pytest.mark.parametrize("call", CALLS)
def test_a_message_with_one_field_wrong_is_refused_or_does_no_harm(db, teller, s1, call):
    session = greet(teller, s1)["session"]
    whole = whole_messages(s1, session)[call]
    names = [*whole, "unknown"]

    @ONCE
    @given(name=st.sampled_from(names), value=ANY, drop=st.booleans())
    def spoil(name, value, drop):
        message = {**whole, name: value}
        if drop:
            del message[name]
        before = everything(db)
        teller.send(call, json.dumps(message).encode())
        if teller.status != 200:
            assert is_refused(teller)
            assert everything(db) == before

    spoil()
    assert list(faults(db)) == []


@pytest.mark.parametrize("epoch", [0, 2**31, 2**53])
@pytest.mark.parametrize("call", ["hello", "missing"])
def test_an_epoch_that_no_record_can_hold_is_refused(teller, s1, call, epoch):
    message = whole_messages(s1, greet(teller, s1)["session"])[call]
    teller.say(call, **{**message, "epoch": epoch})
    assert is_refused(teller)


def test_an_entry_of_impossible_parts_is_kept_and_never_a_failure(db, teller, s1):
    """Well hashed, well chained, and every field whatever it may be: an outcome, and the next one is taken too."""
    session = greet(teller, s1)["session"]
    first = json.loads(s1.pen.wires[0].body)
    last = {"seq": 1, "hash": s1.pen.wires[0].hash}
    # A `prev` of another entry is no rubbish: that is how a chain diverges.
    fields = [
        *sorted(first.keys() - {"prev"}),
        "after",
        "undoes",
        "origin",
        "value",
        "case",
        "renewals",
        "as_of_ms",
        "text",
    ]
    odd = ANY | st.sampled_from(["\x00", "\ud800", "s1:1:1", 2**60, -1, "9999-12-31", "card_state"])

    @ONCE
    @given(name=st.sampled_from(fields), value=odd, who=st.none() | st.text(max_size=300))
    def write(name, value, who):
        entry = {**first, "seq": last["seq"] + 1, "prev": last["hash"] or GENESIS, name: value}
        body = json.dumps(entry, sort_keys=True)
        wire = {
            "seq": last["seq"] + 1,
            "body": body,
            "hash": hashlib.sha256(body.encode()).hexdigest(),
        }
        if who is not None:
            wire |= {"patron": who, "salt": "0" * 32}
        answer = teller.say("push", session=session, entries=[wire])
        if teller.status == 200:
            last.update(seq=answer["durable"], hash=wire["hash"])
        else:
            assert is_refused(teller)
            assert answer["error"] == "bad_message", answer

    write()
    assert list(faults(db)) == []
    with db.read() as conn:
        assert len(conn.execute(select(outcomes)).all()) == last["seq"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", f"s1:1:{2**63}"),
        ("after", f"s1:{2**31}:1"),
        ("origin", f"s1:1:{2**63} {'0' * 64}"),
        ("undoes", "s1:²:1"),
    ],
)
def test_an_entry_that_names_a_place_in_no_journal_names_nothing(db, teller, s1, name, value):
    session = greet(teller, s1)["session"]
    first = json.loads(s1.pen.wires[0].body)
    entry = {**first, "seq": 2, "prev": s1.pen.wires[0].hash, name: value}
    body = json.dumps(entry, sort_keys=True)
    wire = {"seq": 2, "body": body, "hash": hashlib.sha256(body.encode()).hexdigest()}
    told = teller.say("push", session=session, entries=[wire])
    assert (teller.status, told["durable"]) == (200, 2), told
    assert list(faults(db)) == []


# Sizes and packing.


def test_too_much_is_refused_packed_or_not(db, teller):
    before = everything(db)
    teller.send("push", b" " * (MAX_PACKED + 1))
    assert (teller.status, teller.told["error"]) == (413, "too_large")
    bomb = gzip.compress(b"[" * (MAX_UNPACKED + 1), compresslevel=9)
    assert len(bomb) < MAX_PACKED
    teller.send("push", bomb, **{"Content-Encoding": "gzip"})
    assert (teller.status, teller.told["error"]) == (413, "too_large")
    assert everything(db) == before


def test_a_body_far_too_large_is_not_even_taken_in(teller):
    there = urlsplit(teller.url)
    with socket.create_connection((there.hostname, there.port), timeout=20) as line:
        line.sendall(
            b"POST /sync/push HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99000000\r\n\r\n"
        )
        assert line.recv(1_000).startswith(b"HTTP/1.1 413 ")


def test_a_large_catalogue_reaches_the_console(db, clock):
    app = make_app(db, clock, sign_in_ms=clock)
    with serving(db, clock, app) as url:
        file = {"file": ("books.csv", b"x" * (8 * MAX_PACKED))}
        told = httpx.post(f"{url}/console/catalogue/import", files=file, timeout=30)
    # Nobody is signed in here; a server that does not take it in says 413.
    assert (told.status_code, told.headers.get("Location")) == (303, "/console/sign-in")


@pytest.mark.parametrize(
    ("packed", "encoding", "status"),
    [
        (gzip.compress(b"{}")[:-4], "gzip", 400),
        (gzip.compress(b"{}") + b"more", "gzip", 400),
        (zlib.compress(b"{}"), "gzip", 400),
        (b"{}", "gzip", 400),
        (b"{}", "br", 415),
    ],
    # Named, for gzip writes the time into what it packs, and workers must agree on the names.
    ids=["cut short", "more after it", "zlib", "plain", "unknown"],
)
def test_what_is_badly_packed_is_refused(teller, packed, encoding, status):
    teller.send("push", packed, **{"Content-Encoding": encoding})
    assert (teller.status, is_refused(teller)) == (status, True)


def test_a_message_that_is_cut_short_is_refused(teller):
    address = teller.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=10) as line:
        line.sendall(
            b'POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"session":'
        )
        line.shutdown(socket.SHUT_WR)
        assert b"200" not in line.recv(1_000)
    assert teller.say("snapshot", session="x" * 32)["error"] == "unauthorised"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/sync/hello"), ("POST", "/sync/x"), ("GET", "/")]
)
def test_another_call_is_refused_in_the_same_words(teller, method, path):
    reply = teller.client.request(method, teller.url + path)
    assert reply.status_code in (404, 405)
    assert reply.json()["error"] == "unknown_call"


# Who may say what.


def test_the_session_of_another_school_shows_only_its_own(db, clock, teller, s1):
    with db.begin() as conn:
        row = {"id": "moon", "name": "月亮学校", "name_en": "", "time_zone": "Asia/Shanghai"}
        insert_many(conn, schools, [{**row, "position": 0, "feed_from": 0}])
    mine = greet(teller, s1)
    chunk = teller.say("snapshot", session=mine["session"])["chunks"][0]["hash"]
    answer = teller.say("hello", **s1.hello(school="moon"))
    assert (teller.status, answer["error"]) == (401, "unauthorised")
    with db.begin("moon") as conn:
        enrolment.add_station(conn, "moon", "s1", "S1")
        code = enrolment.new_code(conn, "moon", "s1", clock())
    theirs = teller.say("enrol", code=code, hardware="board-9", software="test")
    hello = s1.hello(school="moon", token=theirs["token"], last_seq=0, head="", hardware="board-9")
    session = teller.say("hello", **hello)["session"]
    assert teller.say("chunk", session=session, hash=chunk)["error"] == "no_such_chunk"
    assert teller.say("missing", session=session, epoch=1, after_seq=0)["entries"] == []
    # What was lent here is the other school's copy: that is known, but nothing of the copy is told.
    answer = teller.say("push", **s1.push(session))
    assert [o["codes"] for o in answer["outcomes"]] == [["foreign_loan"]]
    assert teller.say("pull", session=session, cursor=0)["changes"] == [
        {"position": 1, "kind": "copy", "key": "20001"},
        {"position": 1, "kind": "loan", "key": "20001"},
    ]


def test_a_replayed_token_opens_a_new_epoch_and_no_data(db, teller, s1):
    old = s1.token
    for _ in range(3):
        greet(teller, s1)
    answer = teller.say("hello", **s1.hello(token=old))
    assert answer["rewind"]["epoch"] == 2
    assert SCHOOL not in json.dumps(answer)
