"""Is this the station it says it is, and does its chain go on from where we left it? The centre's side. PURE.

A lineage is (station, epoch). Nothing that a station did is ever dropped for want of proof: a chain that does not go
on is given a new epoch, in which its entries count just the same, and a person hears of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct, structs

from kiosk.entry import Entry, UnknownKind, UnreadableEntry, digest, parse
from sync.events import Code
from sync.wire import Hello, WireEntry


class TokenIs(StrEnum):
    """What the centre knows of the token that was shown."""

    CURRENT = "current"
    PREVIOUS = "previous"
    OLD = "old"
    NEVER_GIVEN = "never_given"


class Incident(StrEnum):
    """What happened to a device; told to whoever keeps the machines running."""

    RESTORED = "restored"
    CLONE = "clone"
    DIVERGED = "diverged"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Lineage:
    """A lineage as the centre knows it. `head` is the hash of the entry at `durable` ("" at 0).

    open: not yet closed by a rewind. hardware "" is not known yet.
    """

    station: str
    epoch: int
    durable: int
    head: str
    hardware: str
    open: bool = True
    parked: bool = False
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class GoOn:
    """The lineage is continuous as far as HELLO can show."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Serve nothing. error: "unauthorised" or "revoked"."""

    error: str


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """Answer REWIND. parked: another machine goes on as the station; this one is fed no people."""

    incident: Incident
    parked: bool


def judge_hello(hello: Hello, lineage: Lineage | None, token: TokenIs) -> GoOn | Refuse | NewEpoch:
    """What to answer to HELLO; the table in docs/reconciliation.md."""
    if lineage is None or token is TokenIs.NEVER_GIVEN:
        return Refuse("unauthorised")
    answer = _continued(hello, lineage, token)
    # A revoked station may only hand over what it wrote; nobody gives it a new epoch.
    return Refuse("revoked") if lineage.revoked and answer != GoOn() else answer


def _continued(hello: Hello, lineage: Lineage, token: TokenIs) -> GoOn | NewEpoch:
    if lineage.hardware and hello.hardware != lineage.hardware:
        return NewEpoch(Incident.CLONE, parked=True)
    behind = hello.last_seq < lineage.durable
    forked = hello.last_seq == lineage.durable and lineage.durable and hello.head != lineage.head
    if not lineage.open or token is TokenIs.OLD or behind or forked:
        return NewEpoch(Incident.RESTORED, parked=lineage.parked)
    return GoOn()


@dataclass(frozen=True, slots=True)
class Diverged:
    """The first new entry does not follow what we hold, or an old one has changed: REWIND at the next HELLO."""

    seq: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries are missing in between: send from `expected` on."""

    expected: int


class Arrival(Struct, frozen=True, gc=False):
    """A new entry: as it travelled, as it reads (None: it does not), and why it is kept unread, if it is."""

    wire: WireEntry
    entry: Entry | None
    fault: Code | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to take in. repeats: seqs that we hold already; fresh: the rest, in order, dense from the watermark."""

    repeats: tuple[int, ...]
    fresh: tuple[Arrival, ...]


class Text(Struct, frozen=True, gc=False):
    """What an entry says by itself, whoever sent it. entry None: it cannot be read, for this fault."""

    entry: Entry | None
    fault: Code | None = None


def texts_of(wires: Sequence[WireEntry], *, poison: bool = False) -> list[Text]:
    """Read the texts of a batch. It needs nothing of the record, so nobody need wait for it.

    poison: do not; reading them has failed before.
    """
    return [Text(None, Code.POISON) for _ in wires] if poison else [_text(w) for w in wires]


def _text(wire: WireEntry) -> Text:
    fits = digest(wire.body) == wire.hash
    try:
        entry = parse(wire.body)
    except UnreadableEntry as error:
        newer = fits and isinstance(error, UnknownKind)
        return Text(None, Code.UNKNOWN_KIND if newer else Code.UNREADABLE)
    return Text(entry) if fits else Text(None, Code.TAMPER)


def judge_push(
    entries: Sequence[WireEntry],
    texts: Sequence[Text],
    lineage: Lineage,
    held: Mapping[int, str],
) -> Plan | Diverged | Gap:
    """Sort a batch against the lineage. `texts`: what each says; `held`: the hashes of our own entries there."""
    repeats: list[int] = []
    fresh: dict[int, tuple[WireEntry, Text]] = {}
    expected = lineage.durable + 1
    for wire, text in sorted(zip(entries, texts, strict=True), key=lambda both: both[0].seq):
        if wire.seq > expected:
            return Gap(expected)
        if wire.seq < expected:
            known = fresh[wire.seq][0].hash if wire.seq in fresh else held.get(wire.seq)
            if known != wire.hash:
                return Diverged(wire.seq)
            if wire.seq not in fresh:
                repeats.append(wire.seq)
            continue
        fresh[wire.seq] = (wire, text)
        expected += 1
    arrivals = [_arrival(wire, text, lineage) for wire, text in fresh.values()]
    first = arrivals[0].entry if arrivals else None
    if first and lineage.durable and first.prev != lineage.head:
        return Diverged(arrivals[0].wire.seq)
    for at, (before, later) in enumerate(pairwise(arrivals)):
        if later.entry and later.entry.prev != before.wire.hash and not before.fault:
            # The later text is whole but names another predecessor: that one was changed after it was written.
            arrivals[at] = structs.replace(before, fault=Code.TAMPER)
    return Plan(tuple(repeats), tuple(arrivals))


def _arrival(wire: WireEntry, text: Text, lineage: Lineage) -> Arrival:
    entry = text.entry
    if entry is None:
        return Arrival(wire, None, text.fault)
    if (entry.station, entry.epoch, entry.seq) != (lineage.station, lineage.epoch, wire.seq):
        return Arrival(wire, None, Code.TAMPER)
    return Arrival(wire, entry, Code.REVOKED if lineage.revoked else None)
