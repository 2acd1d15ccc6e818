"""The journal entry: its fields, canonical form, hash, and the proof code a person can be told. PURE.

An entry is written once and never changed. Its body is canonical JSON (sorted keys, no spaces, UTF-8, absent fields
left out, whole numbers only), and `prev` names the hash of the entry before it, so a chain shows any change or gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Annotated, Final, Literal

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder
from msgspec.structs import asdict

from kiosk.domain import Act, Reason

VERSION: Final = 1
GENESIS = "0" * 64
# Crockford's base 32: no I, L, O or U, so a code read aloud or copied by a child stays the same.
_PROOF_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# What a field may hold, so that it can be counted with and tables can hold it. What was scanned, or said at length, may
# be longer.
Large = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Small = Annotated[int, Meta(ge=-36_500, le=36_500)]
# PostgreSQL keeps no index of texts much longer than this.
LONGEST_WORD: Final = 256
Word = Annotated[str, Meta(max_length=LONGEST_WORD)]


class Entry(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
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

    station: Word
    epoch: int
    seq: int
    prev: Word
    act: Act
    allowed: bool
    reason: Reason
    boot: Word
    mono_ms: Large
    wall_ms: Large
    clock: Word
    rules: Word
    v: Literal[1]
    copy: Word | None = None
    who: Word | None = None
    visit: Word | None = None
    device: Word | None = None
    rule: Word | None = None
    due_on: Word | None = None
    days: Small | None = None
    renewals: Small | None = None
    notes: tuple[Word, ...] = ()
    after: Word | None = None
    undoes: Word | None = None
    override: Word | None = None
    as_of_ms: Large | None = None
    cursor: Word | None = None
    text: str | None = None
    origin: Word | None = None
    staff: Word | None = None
    value: str | None = None
    case: Word | None = None
    choice: Word | None = None
    facts: Word | None = None
    said: Word | None = None

    @property
    def key(self) -> str:
        return key_of(self.station, self.epoch, self.seq)


_FIELDS = set(Entry.__struct_fields__)
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_READ = Decoder(Entry).decode
_READ_ANY = Decoder().decode
_NO_JSON = (DecodeError, ValueError, RecursionError)
_ACTS, _REASONS = {*Act}, {*Reason}


class UnreadableEntry(ValueError):
    """A body that is not an entry of any version this program knows."""


class UnknownKind(UnreadableEntry):
    """A whole entry of a later version, or of a kind that this program does not know."""


def key_of(station: str, epoch: int, seq: int) -> str:
    return f"{station}:{epoch}:{seq}"


def canonical(entry: Entry) -> str:
    """The one text of an entry: the same entry gives the same bytes on every machine."""
    told = asdict(entry).items()
    return _JSON.encode({name: value for name, value in told if value is not None and value != ()})


def digest(body: str) -> str:
    """SHA-256 of the canonical body, in hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def parse(body: str) -> Entry:
    """Read a body of any version ever written. Raises UnreadableEntry, and UnknownKind for what is newer than this."""
    try:
        entry = _READ(body)
    except _NO_JSON as error:
        raise _unreadable(body, error) from error
    if entry.due_on is not None and not _is_day(entry.due_on):
        raise UnreadableEntry(f"not a journal entry: {entry.due_on!r} is no day")
    if "\\u0000" in body and "\x00" in "".join(_texts(entry)):
        raise UnreadableEntry("not a journal entry: it holds a character NUL")
    return entry


def _unreadable(body: str, error: Exception) -> UnreadableEntry:
    """Why these bytes are no entry: damaged, or written by a later release."""
    try:
        raw = _READ_ANY(body)
    except _NO_JSON:
        raw = None
    if isinstance(raw, dict) and "v" in raw:
        unknown = sorted(raw.keys() - _FIELDS)
        if unknown or raw["v"] != VERSION:
            return UnknownKind(f"entry version {raw['v']!r} with fields {unknown}")
        act, reason = raw.get("act"), raw.get("reason")
        words = isinstance(act, str) and isinstance(reason, str)
        if words and not (act in _ACTS and reason in _REASONS):
            return UnknownKind(f"entry of the kind {act!r}, {reason!r}")
    return UnreadableEntry(f"not a journal entry: {error}")


def _texts(entry: Entry) -> Iterator[str]:
    for value in asdict(entry).values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from value


@lru_cache(maxsize=4096)
def _is_day(day: str) -> bool:
    try:
        return date.fromisoformat(day).year > 1900
    except ValueError:
        return False


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
