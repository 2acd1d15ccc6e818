"""The journal entry: one text for one entry, and a chain that shows every change."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.domain import Act, Reason
from kiosk.entry import (
    GENESIS,
    VERSION,
    Entry,
    UnknownKind,
    UnreadableEntry,
    canonical,
    chain_faults,
    commitment,
    digest,
    parse,
    proof,
)

FIRST = Entry(
    station="kiosk-1",
    epoch=1,
    seq=1,
    prev=GENESIS,
    act=Act.CHECKOUT,
    allowed=True,
    reason=Reason.OK,
    boot="b",
    mono_ms=5,
    wall_ms=1_700_000_000_000,
    clock="sure",
    rules="r",
    v=VERSION,
    copy="00000001",
    due_on="2026-12-09",
)


def chain(length: int) -> list[tuple[int, int, str, str]]:
    rows, prev = [], GENESIS
    for seq in range(1, length + 1):
        body = canonical(replace(FIRST, seq=seq, prev=prev))
        prev = digest(body)
        rows.append((1, seq, prev, body))
    return rows


def test_a_body_reads_back_as_the_same_entry() -> None:
    assert parse(canonical(FIRST)) == FIRST


def test_the_first_version_is_written_as_it_always_was() -> None:
    """A golden text: if this changes, old journals no longer verify."""
    assert canonical(FIRST) == (
        '{"act":"checkout","allowed":true,"boot":"b","clock":"sure","copy":"00000001","due_on":"2026-12-09",'
        '"epoch":1,"mono_ms":5,"prev":"'
        + GENESIS
        + '","reason":"ok","rules":"r","seq":1,"station":"kiosk-1",'
        '"v":1,"wall_ms":1700000000000}'
    )


def test_a_whole_chain_has_no_faults() -> None:
    assert list(chain_faults(chain(5))) == []


@pytest.mark.parametrize("place", range(5))
def test_any_changed_body_is_found(place: int) -> None:
    rows = chain(5)
    epoch, seq, entry_hash, body = rows[place]
    rows[place] = (epoch, seq, entry_hash, body.replace("00000001", "00000002"))
    assert f"entry 1:{place + 1}: the text does not match its hash" in "\n".join(chain_faults(rows))


def test_a_changed_body_with_a_fresh_hash_breaks_the_next_link() -> None:
    rows = chain(3)
    body = rows[1][3].replace("00000001", "00000002")
    rows[1] = (1, 2, digest(body), body)
    assert list(chain_faults(rows)) == ["entry 1:3: does not follow the entry before it"]


def test_a_missing_entry_is_found() -> None:
    rows = chain(4)
    del rows[1]
    assert "entry 1:3: expected seq 2; entries between are missing" in list(chain_faults(rows))


def test_a_new_epoch_begins_again_at_one_and_goes_on_in_the_chain() -> None:
    rows = chain(2)
    body = canonical(replace(FIRST, epoch=2, seq=1, prev=rows[-1][2]))
    assert list(chain_faults([*rows, (2, 1, digest(body), body)])) == []


def test_a_pruned_chain_may_begin_in_the_middle() -> None:
    assert list(chain_faults(chain(6)[3:])) == []


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{}", '{"v":1}', '{"v":99,"act":"checkout"}', "\x00", "7"]
)
def test_a_body_that_is_no_entry_is_refused_by_name(body: str) -> None:
    with pytest.raises(UnreadableEntry):
        parse(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", "1"), ("seq", True), ("allowed", 1), ("station", "x" * 257), ("copy", 7), ("copy", "a\x00b"),
        ("copy", "\ud800"), ("mono_ms", 2**53 + 1), ("days", -36_501), ("due_on", "2026-02-30"),
        ("due_on", "1899-12-31"), ("notes", "hold_waiting"), ("notes", ["a\x00b"]), ("text", "a\x00b"), ("v", None),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_counted_with_makes_the_body_unreadable(
    field: str, value: object
) -> None:
    body = json.dumps({**json.loads(canonical(FIRST)), field: value})
    with pytest.raises(UnreadableEntry) as caught:
        parse(body)
    assert isinstance(caught.value, UnknownKind) == (field == "v")


def test_what_was_scanned_may_be_long_and_may_speak_of_nul() -> None:
    said = replace(FIRST, text="x" * 5_000, value=r"\u0000")
    assert parse(canonical(said)) == said


@pytest.mark.parametrize(
    "more",
    [{"v": 2}, {"v": 2, "seq": "1"}, {"act": "dance"}, {"reason": "checkout"}, {"colour": "red"}],
)
def test_what_a_later_release_writes_is_known_as_that(more: dict[str, object]) -> None:
    with pytest.raises(UnknownKind):
        parse(json.dumps({**json.loads(canonical(FIRST)), **more}))


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.integers())))
def test_any_json_at_all_is_an_entry_or_refused(raw: dict[str, object]) -> None:
    with contextlib.suppress(UnreadableEntry):
        parse(json.dumps(raw))


def test_the_commitment_hides_the_patron_and_needs_the_salt() -> None:
    assert commitment("a", "p1") != commitment("b", "p1")
    assert "p1" not in commitment("a", "p1")


@given(st.binary(min_size=32, max_size=32))
def test_a_proof_is_six_letters_that_cannot_be_mistaken(raw: bytes) -> None:
    code = proof(raw.hex())
    assert len(code) == 6
    assert not set(code) & set("ILOU")
