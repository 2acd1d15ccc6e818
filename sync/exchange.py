"""One exchange with the central record, as seen from the station: a state machine without I/O. PURE.

`exchange()` is a generator: it yields what is to be done next (a call to make, or something to read from or keep in the
station's store) and is sent the answer. The agent drives it with a real line and a real store; the simulator and
the tests drive it with theirs. A failure on the line is thrown into it as `LineDown`; every step it has kept before
that is good, and the next exchange goes on from there.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from sync.wire import (
    MAX_ENTRIES,
    TAKEN_OUT,
    AnchorNote,
    Answer,
    AskChunk,
    AskMissing,
    AskSnapshot,
    Change,
    ChunkName,
    Hello,
    Manifest,
    Message,
    Missing,
    Page,
    Pull,
    Push,
    Pushed,
    Refusal,
    Rewind,
    Welcome,
    WireEntry,
)

# In so many exchanges an entry makes the centre fail by itself before it is sent to be kept unread. The waits between
# them come to some minutes: a failure that passes costs no entry, and those behind a bad one do not wait for days.
PATIENCE = 10


class LineDown(Exception):
    """No answer: the line is down, the answer was lost, or it cannot be read. Safe to try again.

    retry_after_s: what the other side asked for, where it did.
    """

    def __init__(self, words: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


class Refused(Exception):
    """The centre refuses to go on: `refusal.error` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Failing(Exception):
    """The centre itself failed on this call (5xx), or the message was too large for it (413)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the station stands: its lineage, its chain's end, its clock, and the position it has applied."""

    school: str
    station: str
    epoch: int
    token: str
    last_seq: int
    head: str
    boot: str
    mono_ms: int
    hardware: str
    software: str
    entry_version: int
    cursor: int
    health: dict[str, str] = field(default_factory=dict)
    # Our entry that made the centre fail by itself, and in how many exchanges it has.
    alone: tuple[int, int] = (0, 0)


# What the machine asks to have done. The answer to each is sent back in.


@dataclass(frozen=True, slots=True)
class Stand:
    """Read where the station stands now. Answer: Standing."""


@dataclass(frozen=True, slots=True)
class Call:
    """Send the message; answer: the reply. LineDown, Refused or Failing is thrown in instead."""

    message: Message


@dataclass(frozen=True, slots=True)
class Clock:
    """Read the monotonic clock. Answer: ms of this boot."""


@dataclass(frozen=True, slots=True)
class KeepToken:
    """Keep the token for the next exchange, durably, before anything else is sent. Answer: None."""

    epoch: int
    token: str


@dataclass(frozen=True, slots=True)
class HashAt:
    """The hash of our own entry. Answer: the hash, or None where there is no such entry any more or yet."""

    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class ReadEntries:
    """Answer: up to `limit` of our entries of this epoch beyond `after_seq`, in order: a list of WireEntry."""

    epoch: int
    after_seq: int
    limit: int


@dataclass(frozen=True, slots=True)
class NoteAnswers:
    """Keep what the centre holds durably, and what became of entries. Answer: None."""

    epoch: int
    durable: int
    outcomes: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class NoteAlone:
    """Keep, durably, that this entry has made the centre fail by itself in so many exchanges. Answer: None."""

    epoch: int
    seq: int
    times: int


@dataclass(frozen=True, slots=True)
class TakeRewind:
    """Go over into the new epoch, in one transaction. `theirs`: the centre's entries of the old epoch beyond `agreed`.

    Answer: None. Our entries beyond `agreed` that differ are set aside and written again in the new epoch.
    """

    rewind: Rewind
    agreed: int
    theirs: tuple[WireEntry, ...]


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """Take in the changes, but none on a copy with entries of ours unanswered; then keep the cursor. Answer: None."""

    changes: tuple[Change, ...]
    cursor: int


@dataclass(frozen=True, slots=True)
class HaveChunks:
    """Which of these chunks (all of a snapshot's) lie staged from an earlier try. Answer: a set of their hashes."""

    chunks: tuple[ChunkName, ...]


@dataclass(frozen=True, slots=True)
class StageChunk:
    """Keep a chunk beside the store. Answer: None."""

    chunk: ChunkName
    rows: bytes


@dataclass(frozen=True, slots=True)
class ApplySnapshot:
    """Make the store what the staged chunks say, own unanswered entries standing above them. Answer: None."""

    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Wipe:
    """The station was revoked: forget cached patrons; the journal stays. Answer: None."""


Effect = (
    Stand | Call | Clock | KeepToken | HashAt | ReadEntries | NoteAnswers | NoteAlone | TakeRewind
    | ApplyPage | HaveChunks | StageChunk | ApplySnapshot | Wipe
)  # fmt: skip
Steps = Generator[Effect, Any, Any]


@dataclass(slots=True)
class Told:
    """What an exchange did: entries sent and answered, changes taken in, whether the station was rewound or wiped."""

    sent: int = 0
    changes: int = 0
    rewound: bool = False
    poisoned: int = 0
    snapshot: bool = False
    parked: bool = False


def exchange() -> Generator[Effect, Any, Told]:
    """One whole exchange.

    Raises what was thrown in: LineDown and Failing (try again later), Refused (a person has to look).
    """
    told = Told()
    for _ in range(3):
        standing: Standing = yield Stand()
        welcome, anchor = yield from _hello(standing)
        if welcome.rewind:
            told.rewound = True
            yield from _rewind(welcome)
            continue
        yield KeepToken(standing.epoch, welcome.token)
        if welcome.revoked:
            # Before anything else: whoever has the machine now may pull its plug.
            yield Wipe()
        told.parked = welcome.parked
        if (yield from _push(standing, welcome, anchor, told)):
            break
    if welcome.revoked:
        # What has arrived now need not name anybody here any more.
        yield Wipe()
        raise Refused(TAKEN_OUT)
    if told.parked:
        return told
    yield from _pull(standing.cursor, welcome.session, told)
    return told


def _hello(standing: Standing) -> Generator[Effect, Any, tuple[Welcome, AnchorNote]]:
    sent: int = yield Clock()
    hello = Hello(
        school=standing.school,
        station=standing.station,
        epoch=standing.epoch,
        token=standing.token,
        last_seq=standing.last_seq,
        head=standing.head,
        boot=standing.boot,
        mono_ms=sent,
        hardware=standing.hardware,
        software=standing.software,
        entry_version=standing.entry_version,
        cursor=standing.cursor,
        health=standing.health,
    )
    try:
        welcome: Welcome = yield Call(hello)
    except Refused as refused:
        if refused.refusal.error == "revoked":
            yield Wipe()
        raise
    got: int = yield Clock()
    return welcome, AnchorNote(boot=standing.boot, sent_mono_ms=sent, got_mono_ms=got)


def _rewind(welcome: Welcome) -> Steps:
    """Fetch what the old lineage wrote beyond what we share, then go over."""
    rewind = welcome.rewind
    assert rewind is not None, "only a welcome with a rewind leads here"
    theirs: list[WireEntry] = []
    agreed = yield from _last_agreed(rewind, welcome.session, theirs)
    beyond = tuple(e for e in theirs if e.seq > agreed)
    yield TakeRewind(rewind, agreed, beyond)


def _last_agreed(
    rewind: Rewind, session: str, theirs: list[WireEntry]
) -> Generator[Effect, Any, int]:
    """The last entry that both hold, with all of the centre's from near there on in `theirs`.

    A backup is seldom old: asked from the end backwards, ever further, until an entry is the same. Its hash says that
    all before it are.
    """
    epoch, back = rewind.from_epoch, MAX_ENTRIES
    while True:
        after = max(0, rewind.durable - back)
        reply: Missing = yield Call(AskMissing(session=session, epoch=epoch, after_seq=after))
        first = reply.entries[0] if reply.entries else None
        if after == 0 or (first and first.hash == (yield HashAt(epoch, first.seq))):
            break
        back *= 4
    agreed, differs = 0, False
    while True:
        for entry in reply.entries:
            mine = yield HashAt(epoch, entry.seq)
            differs = differs or mine != entry.hash
            if not differs:
                agreed = entry.seq
        theirs.extend(reply.entries)
        if not (reply.more and reply.entries):
            return agreed
        ask = AskMissing(session=session, epoch=epoch, after_seq=theirs[-1].seq)
        reply = yield Call(ask)


def _push(
    standing: Standing, welcome: Welcome, anchor: AnchorNote, told: Told
) -> Generator[Effect, Any, bool]:
    """Send everything beyond the watermark. False: the chain was found to diverge, say HELLO again."""
    epoch, durable, poison = standing.epoch, welcome.durable, False
    # One that has failed by itself before is tried by itself.
    size = 1 if standing.alone[0] == durable + 1 else MAX_ENTRIES
    yield NoteAnswers(epoch, durable, ())
    while True:
        batch: list[WireEntry] = yield ReadEntries(epoch, durable, size)
        if not batch:
            return True
        message = Push(session=welcome.session, anchor=anchor, entries=batch, poison=poison)
        try:
            reply: Pushed = yield Call(message)
        except Failing:
            if poison:
                raise
            if len(batch) > 1:
                # Halve the batch until the one entry that makes the centre fail stands alone.
                size = len(batch) // 2
                continue
            seq, times = standing.alone
            times = times + 1 if seq == batch[0].seq else 1
            yield NoteAlone(epoch, batch[0].seq, times)
            if times < PATIENCE:
                raise
            poison, size = True, 1
            continue
        except Refused as refused:
            if refused.refusal.error == "diverged":
                return False
            expected = refused.refusal.expected
            if refused.refusal.error == "expected" and expected and expected - 1 != durable:
                durable = expected - 1
                continue
            raise
        yield NoteAnswers(epoch, reply.durable, tuple(reply.outcomes))
        told.sent += len(batch)
        told.poisoned += poison
        durable, poison = reply.durable, False
        size = min(MAX_ENTRIES, size * 2)


def _pull(cursor: int, session: str, told: Told) -> Steps:
    fresh = cursor == 0
    while True:
        if fresh:
            cursor = yield from _snapshot(session, told)
        try:
            page: Page = yield Call(Pull(session=session, cursor=cursor))
        except Refused as refused:
            if refused.refusal.error != "gone" or fresh:
                raise
            fresh = True
            continue
        fresh = False
        if page.outcomes:
            for epoch in sorted({a.epoch for a in page.outcomes}):
                yield NoteAnswers(epoch, 0, tuple(a for a in page.outcomes if a.epoch == epoch))
        if page.changes or page.cursor != cursor:
            yield ApplyPage(tuple(page.changes), page.cursor)
        told.changes += len(page.changes)
        cursor = page.cursor
        if not page.more:
            return


def _snapshot(session: str, told: Told) -> Generator[Effect, Any, int]:
    manifest: Manifest = yield Call(AskSnapshot(session=session))
    staged: set[str] = yield HaveChunks(tuple(manifest.chunks))
    for chunk in manifest.chunks:
        if chunk.hash not in staged:
            rows: bytes = yield Call(AskChunk(session=session, hash=chunk.hash))
            yield StageChunk(chunk, rows)
    yield ApplySnapshot(manifest)
    told.snapshot = True
    return manifest.position
