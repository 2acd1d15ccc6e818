"""The journal entry: one text for one entry, and a chain that shows every change."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import Act, Reason
from kiosk.entry import (
    GENESIS,
    Entry,
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
    copy="00000001",
    due_on="2026-12-09",
)


def chain(length: int) -> list[tuple[int, int, str, str]]:
    rows, prev = [], GENESIS
    for seq in range(1, length + 1):
        body = canonical(FIRST._replace(seq=seq, prev=prev))
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
    body = canonical(FIRST._replace(epoch=2, seq=1, prev=rows[-1][2]))
    assert list(chain_faults([*rows, (2, 1, digest(body), body)])) == []


def test_a_pruned_chain_may_begin_in_the_middle() -> None:
    assert list(chain_faults(chain(6)[3:])) == []


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{}", '{"v":1}', '{"v":99,"act":"checkout"}', "\x00", "7"]
)
def test_a_body_that_is_no_entry_is_refused_by_name(body: str) -> None:
    with pytest.raises(UnreadableEntry):
        parse(body)


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
