"""The messages between a station and the central record, checked field by field. PURE.

Everything that crosses the line is one of these: unknown fields, wrong types and sizes out of bounds are refused with
the name of the field. docs/reconciliation.md has the table of calls.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_ENTRIES = 500
MAX_CHANGES = 2_000
MAX_PACKED = 1 << 20
MAX_UNPACKED = 8 << 20

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Secret = Annotated[str, Field(min_length=16, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=16_384, pattern=r"^[^\x00]*$")]
Count = Annotated[int, Field(ge=0, le=2**53)]
Seq = Annotated[int, Field(ge=1, le=2**53)]
Epoch = Annotated[int, Field(ge=1, le=2**31 - 1)]
Millis = Annotated[int, Field(ge=-(2**53), le=2**53)]


class BadMessage(ValueError):
    """A message that does not keep to its table; says which field, and what is wrong with it."""


class Message(BaseModel):
    """One message. Frozen; nothing unknown, nothing converted."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True)


# What a station sends.


class Enrol(Message):
    path: ClassVar[str] = "/sync/enrol"
    code: Name
    hardware: Name
    software: Name


class Hello(Message):
    """`head` is the hash of the last entry ("" where there is none); `cursor` the feed's position it has applied."""

    path: ClassVar[str] = "/sync/hello"
    school: Name
    station: Name
    epoch: Epoch
    token: Secret
    last_seq: Count
    head: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    boot: Name
    mono_ms: Count
    hardware: Name
    software: Name
    entry_version: Seq
    cursor: Count
    health: dict[Name, Text] = Field(default_factory=dict, max_length=32)


class AnchorNote(Message):
    """The station's monotonic clock just before HELLO was sent and just after its reply came (ms, same boot)."""

    boot: Name
    sent_mono_ms: Count
    got_mono_ms: Count


class WireEntry(Message):
    """An entry as it travels: its text, and what lies beside it. `body` may be damaged; it is kept as it is."""

    seq: Seq
    hash: Hash
    body: Text
    salt: Name | None = None
    # A key of an index in PostgreSQL has 2,704 bytes at most; ids and card numbers have 64 characters.
    patron: Annotated[str, Field(max_length=512, pattern=r"^[^\x00]*$")] | None = None
    card: Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")] | None = None
    said_salt: Name | None = None
    said: Text | None = None


class Push(Message):
    """`poison`: this single entry made the centre fail; keep it without reading it."""

    path: ClassVar[str] = "/sync/push"
    session: Secret
    anchor: AnchorNote | None = None
    entries: Annotated[list[WireEntry], Field(min_length=1, max_length=MAX_ENTRIES)]
    poison: bool = False


class Pull(Message):
    path: ClassVar[str] = "/sync/pull"
    session: Secret
    cursor: Count
    limit: Annotated[int, Field(ge=1, le=MAX_CHANGES)] = MAX_CHANGES


class AskSnapshot(Message):
    path: ClassVar[str] = "/sync/snapshot"
    session: Secret


class AskChunk(Message):
    path: ClassVar[str] = "/sync/chunk"
    session: Secret
    hash: Hash


class AskMissing(Message):
    """Entries that the station's old lineage is known to have written, beyond `after_seq`."""

    path: ClassVar[str] = "/sync/missing"
    session: Secret
    epoch: Epoch
    after_seq: Count


# What the central record answers.


class Enrolled(Message):
    school: Name
    station: Name
    name: Text
    room: Text
    epoch: Epoch
    token: Secret
    time_zone: Name


class Rewind(Message):
    """Go on in a new epoch. Of `from_epoch` the centre holds everything up to `durable`."""

    epoch: Epoch
    token: Secret
    from_epoch: Epoch
    durable: Count


class Welcome(Message):
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


class Answer(Message):
    """What became of one entry; a higher revision outranks a lower one."""

    epoch: Epoch
    seq: Seq
    outcome: Literal["accepted", "excepted", "conflict", "quarantined"]
    codes: list[Name]
    revision: Count


class Pushed(Message):
    durable: Count
    outcomes: list[Answer]


class Change(Message):
    """One key's state now; no value: it is gone."""

    position: Count
    # A later release feeds more kinds; a station leaves out what it does not know.
    kind: Name
    key: Text
    value: dict[str, Any] | None = None


class Page(Message):
    changes: list[Change]
    cursor: Count
    more: bool
    outcomes: list[Answer] = Field(default_factory=list)


class ChunkName(Message):
    hash: Hash
    kind: Name
    rows: Count
    bytes: Count


class Manifest(Message):
    position: Count
    chunks: list[ChunkName]


class Missing(Message):
    entries: list[WireEntry]
    more: bool


class Refusal(Message):
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
    """The message in these bytes. Raises BadMessage, naming the field."""
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BadMessage(f"{where}: {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"the whole: {error}") from None


def write(message: Message) -> bytes:
    """The message as compact JSON, UTF-8; fields that say nothing are left out."""
    told = message.model_dump(mode="json", exclude_none=True)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
