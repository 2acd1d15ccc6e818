"""The messages between a station and the central record, checked field by field. PURE.

Everything that crosses the line is one of these: unknown fields, wrong types and sizes out of bounds are refused with
the name of the field. docs/reconciliation.md has the table of calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from msgspec import DecodeError, Meta, Struct, ValidationError, json
from msgspec.structs import astuple

MAX_ENTRIES = 500
MAX_CHANGES = 2_000
MAX_PACKED = 1 << 20
MAX_UNPACKED = 8 << 20

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Secret = Annotated[str, Meta(min_length=16, max_length=128, pattern=r"^[\x21-\x7e]+\Z")]
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Text = Annotated[str, Meta(max_length=16_384)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Seq = Annotated[int, Meta(ge=1, le=2**53)]
Epoch = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Millis = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class BadMessage(ValueError):
    """A message that does not keep to its table; says which field, and what is wrong with it."""


class Message(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message. Nothing unknown, nothing converted; checked where it is read, not where it is made."""


# What a station sends.


class Enrol(Message, frozen=True):
    path: ClassVar[str] = "/sync/enrol"
    code: Name
    hardware: Name
    software: Name


class Hello(Message, frozen=True):
    """`head` is the hash of the last entry ("" where there is none); `cursor` the feed's position it has applied."""

    path: ClassVar[str] = "/sync/hello"
    school: Name
    station: Name
    epoch: Epoch
    token: Secret
    last_seq: Count
    head: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
    boot: Name
    mono_ms: Count
    hardware: Name
    software: Name
    entry_version: Seq
    cursor: Count
    health: Annotated[dict[Name, Text], Meta(max_length=32)] = {}


class AnchorNote(Message, frozen=True):
    """The station's monotonic clock just before HELLO was sent and just after its reply came (ms, same boot)."""

    boot: Name
    sent_mono_ms: Count
    got_mono_ms: Count


class WireEntry(Message, frozen=True):
    """An entry as it travels: its text, and what lies beside it. `body` may be damaged; it is kept as it is."""

    seq: Seq
    hash: Hash
    body: Text
    salt: Name | None = None
    # A key of an index in PostgreSQL has 2,704 bytes at most; ids and card numbers have 64 characters.
    patron: Annotated[str, Meta(max_length=512)] | None = None
    card: Annotated[str, Meta(max_length=256)] | None = None
    said_salt: Name | None = None
    said: Text | None = None


class Push(Message, frozen=True):
    """`poison`: this single entry made the centre fail; keep it without reading it."""

    path: ClassVar[str] = "/sync/push"
    session: Secret
    entries: Annotated[list[WireEntry], Meta(min_length=1, max_length=MAX_ENTRIES)]
    anchor: AnchorNote | None = None
    poison: bool = False


class Pull(Message, frozen=True):
    path: ClassVar[str] = "/sync/pull"
    session: Secret
    cursor: Count
    limit: Annotated[int, Meta(ge=1, le=MAX_CHANGES)] = MAX_CHANGES


class AskSnapshot(Message, frozen=True):
    path: ClassVar[str] = "/sync/snapshot"
    session: Secret


class AskChunk(Message, frozen=True):
    path: ClassVar[str] = "/sync/chunk"
    session: Secret
    hash: Hash


class AskMissing(Message, frozen=True):
    """Entries that the station's old lineage is known to have written, beyond `after_seq`."""

    path: ClassVar[str] = "/sync/missing"
    session: Secret
    epoch: Epoch
    after_seq: Count


# What the central record answers.


class Enrolled(Message, frozen=True):
    school: Name
    station: Name
    name: Text
    room: Text
    epoch: Epoch
    token: Secret
    time_zone: Name


class Rewind(Message, frozen=True):
    """Go on in a new epoch. Of `from_epoch` the centre holds everything up to `durable`."""

    epoch: Epoch
    token: Secret
    from_epoch: Epoch
    durable: Count


class Welcome(Message, frozen=True):
    """HELLO's answer. `durable_hash` is the hash of the entry at the watermark ("" at 0).

    revoked: the station wipes its people, hands over what it wrote, and is served nothing. room: where it stands, told
    to a station that has said another one; it counts from the station's next start.
    """

    session: Secret
    token: Secret
    server_ms: Count
    durable: Count
    durable_hash: str
    parked: bool = False
    revoked: bool = False
    rewind: Rewind | None = None
    room: str | None = None


class Answer(Message, frozen=True):
    """What became of one entry; a higher revision outranks a lower one."""

    epoch: Epoch
    seq: Seq
    outcome: Literal["accepted", "excepted", "conflict", "quarantined"]
    codes: list[Name]
    revision: Count


class Pushed(Message, frozen=True):
    durable: Count
    outcomes: list[Answer]


class Change(Message, frozen=True):
    """One key's state now; no value: it is gone."""

    position: Count
    # A later release feeds more kinds; a station leaves out what it does not know.
    kind: Name
    key: Text
    value: dict[str, Any] | None = None


class Page(Message, frozen=True):
    changes: list[Change]
    cursor: Count
    more: bool
    outcomes: list[Answer] = []


class ChunkName(Message, frozen=True):
    hash: Hash
    kind: Name
    rows: Count
    bytes: Count


class Manifest(Message, frozen=True):
    position: Count
    chunks: list[ChunkName]


class Missing(Message, frozen=True):
    entries: list[WireEntry]
    more: bool


class Refusal(Message, frozen=True):
    """An error of the centre's: `error` is one of a closed list, `message` is for people."""

    error: Literal[
        "bad_message", "too_large", "unauthorised", "revoked", "expected", "diverged", "gone", "busy",
        "unknown_call", "bad_code", "no_such_chunk", "parked", "failed",
    ]  # fmt: skip
    message: Text
    field: Text | None = None
    expected: Seq | None = None


# Said by the record, and by the exchange itself once a revoked station has handed over its entries.
TAKEN_OUT = Refusal(error="revoked", message="this station was taken out of service")

M = TypeVar("M", bound=Message)


def read(kind: type[M], raw: bytes) -> M:
    """The message in these bytes. Raises BadMessage, naming the field where one is to blame."""
    try:
        message: M = _decoder(kind).decode(raw)
    except ValidationError as error:
        raise BadMessage(_named(str(error))) from None
    except (DecodeError, ValueError, RecursionError) as error:
        raise BadMessage(f"the whole: {error}") from None
    # Such a text is JSON, but no database takes it. The rows of a page are looked at one by one, so that a bad one does
    # not keep the others out (`rows.checked`).
    if b"\\u0000" in raw and "\x00" in "".join(_texts(message)):
        raise BadMessage("the whole: a text holds the character NUL")
    return message


@cache
def _decoder(kind: type[M]) -> json.Decoder[M]:
    return json.Decoder(kind)


def _named(words: str) -> str:
    """What is wrong, with the field before it."""
    what, _, at = words.partition(" - at `")
    field = re.search("field `(.*)`", what)
    where = [at.rpartition("$")[2].strip(".`"), field[1] if field else ""]
    return f"{'.'.join(filter(None, where)) or 'the whole'}: {what}"


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Change):
        yield from (value.kind, value.key)
    elif isinstance(value, Message):
        yield from _texts(astuple(value))
    elif isinstance(value, dict):
        yield from _texts((*value, *value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def write(message: Message) -> bytes:
    """The message as compact JSON, UTF-8; fields that say nothing are left out."""
    return json.encode(message)
