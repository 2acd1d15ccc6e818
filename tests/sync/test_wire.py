"""Messages as bytes: what is refused is named, and what has its default is left out."""

from __future__ import annotations

import json

import pytest

from sync.rows import BadRow, checked
from sync.wire import Answer, BadMessage, Hello, Page, Push, Pushed, Welcome, read, write

HASH, SECRET = "0" * 64, "s" * 20
ENTRY = {"seq": 1, "hash": HASH, "body": "{}"}
HELLO = {
    "school": "s", "station": "s1", "epoch": 1, "token": SECRET, "last_seq": 0, "head": "", "boot": "b",
    "mono_ms": 0, "hardware": "h", "software": "s", "entry_version": 1, "cursor": 0,
}  # fmt: skip


def raw(**told: object) -> bytes:
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({**ENTRY, "seq": 1.0}, r"entries\[1\]\.seq: Expected `int`"),
        ({**ENTRY, "seq": 0}, r"entries\[1\]\.seq: "),
        ({**ENTRY, "hash": HASH + "\n"}, r"entries\[1\]\.hash: "),
        ({**ENTRY, "colour": 1}, r"entries\[1\]\.colour: "),
        ({"seq": 1, "hash": HASH}, r"entries\[1\]\.body: "),
        ({**ENTRY, "body": "a\x00"}, "NUL"),
        ({**ENTRY, "patron": "\ud800"}, "the whole: "),
    ],
)
def test_what_is_wrong_with_an_entry_is_named(entry, says):
    with pytest.raises(BadMessage, match=says):
        read(Push, raw(session=SECRET, entries=[ENTRY, entry]))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"station": "s1\n"}, "station: "),
        ({"token": "short"}, "token: "),
        ({"health": {"": "x"}}, "health: "),
        ({"health": {"a": "b\x00"}}, "NUL"),
        ({"health": {str(n): "" for n in range(33)}}, "health: "),
        ({"epoch": 2**31}, "epoch: "),
        ({"cursor": 10**30}, "cursor: "),
    ],
)
def test_what_is_wrong_with_a_greeting_is_named(more, says):
    with pytest.raises(BadMessage, match=says):
        read(Hello, raw(**{**HELLO, **more}))


def test_a_text_may_speak_of_nul_without_holding_one():
    told = read(Push, raw(session=SECRET, entries=[{**ENTRY, "body": "\\u0000"}]))
    assert told.entries[0].body == "\\u0000"


def test_one_row_with_a_nul_does_not_keep_the_others_of_its_page_out():
    about = {"patron_id": "", "from_ms": 0}
    rows = [{"id": f"m{n}", "text": text, **about} for n, text in enumerate(("a\x00b", "good"))]
    changes = [
        {"position": n, "kind": "message", "key": row["id"], "value": row}
        for n, row in enumerate(rows, 1)
    ]
    page = read(Page, raw(changes=changes, cursor=2, more=False))
    bad, good = page.changes
    with pytest.raises(BadRow, match=r"message m0: .*NUL"):
        checked(bad.kind, bad.key, bad.value)
    assert checked(good.kind, good.key, good.value) == {**rows[1], "to_ms": None}


def test_fields_that_have_their_default_are_left_out_and_read_as_that():
    told = Welcome(session=SECRET, token=SECRET, server_ms=1, durable=0, durable_hash="")
    assert set(json.loads(write(told))) == {"session", "token", "server_ms", "durable", "durable_hash"}  # fmt: skip
    assert read(Welcome, write(told)) == told
    answers = [Answer(epoch=1, seq=1, outcome="accepted", codes=[], revision=1)]
    assert read(Pushed, write(Pushed(durable=1, outcomes=answers))).outcomes == answers
