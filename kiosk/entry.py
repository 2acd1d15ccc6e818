"""The journal entry: its fields, canonical form, hash, and the proof code a person can be told. PURE.

An entry is written once and never changed. Its body is canonical JSON (sorted keys, no spaces, UTF-8, absent fields
left out, whole numbers only), and `prev` names the hash of the entry before it, so a chain shows any change or gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json

from kiosk.domain import Act, Reason

VERSION = 1
GENESIS = "0" * 64
# Crockford's base 32: no I, L, O or U, so a code read aloud or copied by a child stays the same.
_PROOF_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Entry(NamedTuple):
    """One act at one station. Its key is (station, epoch, seq); seq is dense from 1 in each epoch.

    who: SHA-256 commitment to the patron, never the patron. after: key of the last entry known on this copy.
    boot, mono_ms, wall_ms, clock: when, as the station knew it ("sure" or "unsure"). as_of_ms: age of its knowledge.
    rule: the line that decided; rules: digest of the rules. due_on: ISO date. undoes: key of an entry taken back.
    text: for scans that fitted nothing, what was read; for a class that came, how many pupils were counted.
    origin: for an entry written again in a new epoch, the key and hash under which it was first written.
    staff: login of whoever acted at the central record; value: what they set (a state, a reason, a title).
    case, choice, facts: the case that was settled, how, and the digest of the facts it rested on.
    said: SHA-256 commitment to what a reader said, never the words; they lie beside, and can be erased.
    """

    station: str
    epoch: int
    seq: int
    prev: str
    act: Act
    allowed: bool
    reason: Reason
    boot: str
    mono_ms: int
    wall_ms: int
    clock: str
    rules: str
    v: int = VERSION
    copy: str | None = None
    who: str | None = None
    visit: str | None = None
    device: str | None = None
    rule: str | None = None
    due_on: str | None = None
    days: int | None = None
    renewals: int | None = None
    notes: tuple[str, ...] = ()
    after: str | None = None
    undoes: str | None = None
    override: str | None = None
    as_of_ms: int | None = None
    cursor: str | None = None
    text: str | None = None
    origin: str | None = None
    staff: str | None = None
    value: str | None = None
    case: str | None = None
    choice: str | None = None
    facts: str | None = None
    said: str | None = None

    @property
    def key(self) -> str:
        return key_of(self.station, self.epoch, self.seq)


_FIELDS = set(Entry._fields)
_NEEDED = _FIELDS - set(Entry._field_defaults)
_DEFAULTS = [Entry._field_defaults.get(name) for name in Entry._fields]
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_ACTS = {act.value: act for act in Act}
_REASONS = {reason.value: reason for reason in Reason}


class UnreadableEntry(ValueError):
    """A body that is not an entry of any version this program knows."""


class UnknownKind(UnreadableEntry):
    """A whole entry of a later version, or of a kind that this program does not know."""


def key_of(station: str, epoch: int, seq: int) -> str:
    return f"{station}:{epoch}:{seq}"


def canonical(entry: Entry) -> str:
    """The one text of an entry: the same entry gives the same bytes on every machine."""
    kept = {
        name: value
        for name, value in zip(Entry._fields, entry, strict=True)
        if value is not None and value != ()
    }
    return _JSON.encode(kept)


def digest(body: str) -> str:
    """SHA-256 of the canonical body, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def parse(body: str) -> Entry:
    """Read a body of any version ever written. Raises UnreadableEntry, and UnknownKind for what is newer than this."""
    try:
        raw: dict[str, Any] = from_json(body)
        if not raw.keys() <= _FIELDS or raw["v"] != VERSION:
            unknown = sorted(raw.keys() - _FIELDS)
            raise UnknownKind(f"entry version {raw['v']!r} with fields {unknown}")
        act, reason = _ACTS.get(raw["act"]), _REASONS.get(raw["reason"])
        if act is None or reason is None:
            raise UnknownKind(f"entry of the kind {raw['act']!r}, {raw['reason']!r}")
        raw["act"], raw["reason"] = act, reason
        if "notes" in raw:
            raw["notes"] = tuple(raw["notes"])
        if not raw.keys() >= _NEEDED:
            raise UnreadableEntry(f"not a journal entry: without {sorted(_NEEDED - raw.keys())}")
        # Four times as fast as naming 35 arguments; the central record reads each entry several times.
        return Entry._make(map(raw.get, Entry._fields, _DEFAULTS))
    except UnreadableEntry:
        raise
    except (TypeError, KeyError, ValueError, AttributeError, RecursionError) as error:
        raise UnreadableEntry(f"not a journal entry: {error}") from error


def commitment(salt: str, beside: str) -> str:
    """What stands in the entry for a patron or for words: SHA-256 of salt and text; both lie beside, and can go."""
    return hashlib.sha256(f"{salt}:{beside}".encode()).hexdigest()


def erased_name(school: str, patron_id: str) -> str:
    """What is fed, and kept, of somebody who was erased: whoever still holds the id knows it again, nobody else."""
    return hashlib.sha256(f"{school}\n{patron_id}".encode()).hexdigest()


def words_name(said: str) -> str:
    """As whom words are erased that staff take out of the record: told by the commitment in their entry."""
    return f"said:{said}"


def proof(entry_hash: str) -> str:
    """Six letters that stand for an entry on a slip; they can be looked up weeks later, without a network."""
    number = int(entry_hash[:8], 16) >> 2
    return "".join(_PROOF_LETTERS[(number >> shift) & 31] for shift in (25, 20, 15, 10, 5, 0))


def is_proof(text: str) -> bool:
    """Whether this can be a proof code at all, in letters of either size."""
    code = text.strip().upper()
    return len(code) == 6 and set(code) <= set(_PROOF_LETTERS)


def chain_faults(rows: Iterable[tuple[int, int, str, str]]) -> Iterator[str]:
    """Walk (epoch, seq, hash, body) in order and tell every break, in plain words. Nothing told: the chain is whole.

    The first row may stand above seq 1 where older entries were pruned; its `prev` is then taken on trust.
    """
    last: tuple[int, int, str] | None = None
    for epoch, seq, entry_hash, body in rows:
        where = f"entry {epoch}:{seq}"
        if digest(body) != entry_hash:
            yield f"{where}: the text does not match its hash; it was changed or damaged"
        try:
            entry = parse(body)
        except UnreadableEntry as error:
            yield f"{where}: {error}"
            last = (epoch, seq, entry_hash)
            continue
        if (entry.epoch, entry.seq) != (epoch, seq):
            yield f"{where}: the text says {entry.epoch}:{entry.seq}"
        yield from _link_faults(where, entry, last)
        last = (epoch, seq, entry_hash)


def _link_faults(where: str, entry: Entry, last: tuple[int, int, str] | None) -> Iterator[str]:
    if last is None:
        if entry.seq == 1 and entry.epoch == 1 and entry.prev != GENESIS:
            yield f"{where}: the first entry does not begin the chain"
        return
    epoch, seq, entry_hash = last
    expected = seq + 1 if entry.epoch == epoch else 1
    if entry.seq != expected:
        yield f"{where}: expected seq {expected}; entries between are missing"
    elif entry.prev != entry_hash:
        yield f"{where}: does not follow the entry before it"
