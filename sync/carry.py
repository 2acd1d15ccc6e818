"""Does at the station what `exchange()` asks for: reads and writes the store, and sends over the line.

No transaction is open while something is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from kiosk.clock import Clock as StationClock
from kiosk.entry import VERSION
from kiosk.store import feed, snapshot
from kiosk.store.erasing import forget_answered, forget_erased
from kiosk.store.feed import Change as FedChange
from kiosk.store.lineage import (
    ALONE,
    CURSOR,
    ROOM,
    SERVER_SEEN,
    Lineage,
    lineage,
    number,
    set_lineage,
)
from kiosk.store.outgoing import (
    Answered,
    Sent,
    chain_end,
    entries_after,
    hash_at,
    note_answers,
)
from kiosk.store.rewind import Prepared, prepare, take_rewind
from kiosk.store.store import Store
from kiosk.store.tx import Tx
from sync.exchange import (
    ApplyPage,
    ApplySnapshot,
    Call,
    Clock,
    Effect,
    Failing,
    HashAt,
    HaveChunks,
    KeepToken,
    LineDown,
    NoteAlone,
    NoteAnswers,
    ReadEntries,
    Refused,
    StageChunk,
    Stand,
    Standing,
    TakeRewind,
    Told,
    Wipe,
    exchange,
)
from sync.rows import KINDS, BadRow, checked, rows_of
from sync.wire import Answer, Change, Message, Welcome, WireEntry

log = structlog.get_logger()

_TRIES = 20


class Line(Protocol):
    """Sends a message and gives the reply (a chunk's text for AskChunk). Raises LineDown, Refused or Failing."""

    @property
    def address(self) -> str: ...

    def send(self, message: Message) -> Message | bytes: ...

    def close(self) -> None: ...


class NotEnrolled(Exception):
    """The store belongs to no station of a central record."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a station says of itself. health: short texts for whoever looks after the machines."""

    clock: StationClock
    hardware: str
    software: str
    health: Callable[[], dict[str, str]] = dict


class Carrier:
    """One station's hands. `check` is called before every step; what it raises ends the exchange there.

    watch: told what an exchange has done so far, after each step.
    """

    def __init__(
        self,
        store: Store,
        line: Line,
        machine: Machine,
        *,
        check: Callable[[], None] = lambda: None,
        watch: Callable[[Effect], None] = lambda effect: None,
    ) -> None:
        self._store = store
        self._line = line
        self._machine = machine
        self._check = check
        self._watch = watch
        self._server_ms = 0
        self._pace = feed.fed_pace()

    def run(self) -> Told:
        """One exchange from end to end. Raises LineDown, Refused, Failing, NotEnrolled, and what the store raises."""
        steps = exchange()
        told = self._drive(steps)
        if not told.parked:
            feed.all_read(self._store, self._server_ms)
            forget_erased(self._store)
        return told

    def _drive(self, steps: Generator[Effect, Any, Told]) -> Told:
        try:
            effect = next(steps)
            while True:
                self._check()
                try:
                    answer = self._do(effect)
                except (LineDown, Refused, Failing) as trouble:
                    effect = steps.throw(trouble)
                    continue
                self._watch(effect)
                effect = steps.send(answer)
        except StopIteration as done:
            told: Told = done.value
            return told
        finally:
            steps.close()

    def _do(self, effect: Effect) -> Any:
        store = self._store
        match effect:
            case Stand():
                return self._stand()
            case Call(message):
                return self._call(message)
            case Clock():
                return self._machine.clock.mono_ms()
            case KeepToken(epoch, token):
                self._keep_token(epoch, token)
            case HashAt(epoch, seq):
                with store.read() as tx:
                    return hash_at(tx, epoch, seq)
            case ReadEntries(epoch, after_seq, limit):
                with store.read() as tx:
                    return [_wire(sent) for sent in entries_after(tx, epoch, after_seq, limit)]
            case NoteAnswers(epoch, durable, outcomes):
                with store.begin() as tx:
                    note_answers(tx, epoch, durable, [_answered(a) for a in outcomes])
            case NoteAlone(epoch, seq, times):
                with store.begin() as tx:
                    tx.set_value(ALONE, f"{epoch}:{seq}:{times}")
            case TakeRewind():
                self._take_rewind(effect)
            case ApplyPage(changes, cursor):
                told = _by_kind(changes)
                feed.apply_page(store, told, cursor, between=self._check, pace=self._pace)
            case HaveChunks(chunks):
                return snapshot.have_chunks(store, [chunk.hash for chunk in chunks])
            case StageChunk(chunk, rows):
                self._stage(chunk.hash, chunk.kind, rows)
            case ApplySnapshot(manifest):
                snapshot.apply_snapshot(store, manifest.position, between=self._check)
            case Wipe():
                snapshot.forget(store)
                feed.wipe(store)
                forget_answered(store)
        return None

    def _stand(self) -> Standing:
        with self._store.read() as tx:
            who = lineage(tx)
            if who is None:
                raise NotEnrolled("this station is enrolled at no central record; run: kiosk enrol")
            last_seq, head = chain_end(tx, who.epoch)
            cursor = number(tx, CURSOR)
            of_epoch, seq, times = map(int, (tx.value(ALONE) or "0:0:0").split(":"))
        machine = self._machine
        return Standing(
            school=who.school,
            station=who.station,
            epoch=who.epoch,
            token=who.token,
            last_seq=last_seq,
            head=head,
            boot=machine.clock.boot,
            mono_ms=machine.clock.mono_ms(),
            hardware=machine.hardware,
            software=machine.software,
            entry_version=VERSION,
            cursor=cursor,
            health=machine.health(),
            alone=(seq, times) if of_epoch == who.epoch else (0, 0),
        )

    def _call(self, message: Message) -> Message | bytes:
        reply = self._line.send(message)
        if isinstance(reply, Welcome):
            self._server_ms = reply.server_ms
            with self._store.begin() as tx:
                tx.set_value(SERVER_SEEN, str(reply.server_ms))
                if reply.room is not None:
                    tx.set_value(ROOM, reply.room)
        return reply

    def _keep_token(self, epoch: int, token: str) -> None:
        with self._store.begin() as tx:
            who = lineage(tx)
            if who and who.epoch == epoch:
                set_lineage(tx, Lineage(who.school, who.station, epoch, token))

    def _take_rewind(self, effect: TakeRewind) -> None:
        # What lies staged was marked by entries of the lineage that ends here.
        snapshot.forget(self._store)
        theirs = [_sent(entry) for entry in effect.theirs]
        moved = None
        # An act that comes between makes it be prepared anew; a station is idle for a second now and then.
        for _ in range(_TRIES):
            self._check()
            with self._store.read() as tx:
                made = self._prepared(tx, effect, theirs)
            with self._store.begin() as tx:
                moved = take_rewind(tx, made)
            if moved is not None:
                break
        else:
            raise LineDown("the station was never idle while it was rewound; it tries again later")
        log.warning(
            "the station goes on in a new epoch",
            epoch=effect.rewind.epoch,
            written_again=moved,
            taken_back=len(theirs),
        )

    def _prepared(self, tx: Tx, effect: TakeRewind, theirs: list[Sent]) -> Prepared:
        who, rewind = lineage(tx), effect.rewind
        if who is None:
            raise NotEnrolled("this station is enrolled at no central record; run: kiosk enrol")
        into = Lineage(who.school, who.station, rewind.epoch, rewind.token)
        return prepare(tx, into, from_epoch=rewind.from_epoch, agreed=effect.agreed, theirs=theirs)

    def _stage(self, name: str, kind: str, text: bytes) -> None:
        if kind not in KINDS:
            # A newer record feeds more; a station goes on with what it knows.
            log.warning("a chunk of a kind that this release does not know is left out", kind=kind)
        try:
            rows = list(rows_of(kind, text, _leave_out)) if kind in KINDS else []
        except BadRow as error:
            raise LineDown(f"the snapshot cannot be used: {error}") from error
        snapshot.stage_chunk(self._store, name, kind, rows)


def _by_kind(changes: Iterable[Change]) -> dict[str, list[FedChange]]:
    found: dict[str, list[FedChange]] = defaultdict(list)
    for change in changes:
        try:
            found[change.kind].append((change.key, checked(change.kind, change.key, change.value)))
        except BadRow as error:
            _leave_out(error)
    return found


def _leave_out(bad: BadRow) -> None:
    """One bad row must not keep the others out."""
    log.error("a row of the central record is left out", why=str(bad))


def _wire(sent: Sent) -> WireEntry:
    return WireEntry(
        seq=sent.seq,
        hash=sent.hash,
        body=sent.body,
        salt=sent.salt,
        patron=sent.patron,
        card=sent.card,
        said_salt=sent.said_salt,
        said=sent.said,
    )


def _sent(wire: WireEntry) -> Sent:
    beside = (wire.salt, wire.patron, wire.card, wire.said_salt, wire.said)
    return Sent(wire.seq, wire.hash, wire.body, *beside)


def _answered(answer: Answer) -> Answered:
    return Answered(answer.seq, answer.outcome, " ".join(answer.codes), answer.revision)
