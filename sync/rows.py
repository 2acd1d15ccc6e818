"""What a station is fed: the fields of each kind of row, in pages of the feed and in the chunks of a snapshot. PURE.

Both sides read these: the centre writes rows by them, the station takes nothing else. A chunk is JSON lines, each
`{"key": ..., "value": {...}}`, all of one kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from sync.wire import Count, Message, Millis, Text

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
# library.toml as a whole; a station's own file is far shorter.
RulesText = Annotated[str, Field(max_length=1 << 20, pattern=r"^[^\x00]*$")]


class TitleRow(Message):
    """Key: the title's id."""

    title: Text
    author: Text
    publisher: Text
    year: Text
    class_number: Text
    isbn: Text
    pinyin: Text


class CopyRow(Message):
    """Key: the barcode. last_entry: key of the newest entry that the centre knows on it."""

    title_id: Text
    copy_type: Text
    state: Literal["on_shelf", "mending", "lost", "missing", "withdrawn"]
    shelf: Text
    room: Text
    call_number: Text
    last_entry: Text | None = None


class PatronRow(Message):
    """Key: the patron's id."""

    name: Text
    category: Text
    grade: int | None = None
    class_name: Text
    expires_on: Day | None = None
    blocked: Text | None = None


class CardRow(Message):
    """Key: the card's number."""

    patron_id: Text
    state: Literal["active", "lost", "stolen", "replaced"]


class HoldRow(Message):
    """Key: the hold's id. barcode: the copy that waits on the hold shelf. A hold that has ended is gone."""

    title_id: Text
    patron_id: Text
    placed_ms: Millis
    barcode: Text | None = None


class LoanRow(Message):
    """Key: the barcode; no loan: the row is gone. patron_id None: somebody not to be named. entry: what opened it."""

    patron_id: Text | None = None
    opened_ms: Millis
    due_on: Day | None = None
    renewals: Count
    entry: Text


class RulesRow(Message):
    """Key: "library". The library.toml in force."""

    text: RulesText


class MessageRow(Message):
    """Key: the message's id. patron_id "" is everybody; to_ms None: until it is gone."""

    patron_id: Text
    text: Text
    from_ms: Millis
    to_ms: Millis | None = None


# In the order in which they can be taken in: what others refer to comes first.
KINDS: dict[str, type[Message]] = {
    "rules": RulesRow,
    "title": TitleRow,
    "patron": PatronRow,
    "card": CardRow,
    "copy": CopyRow,
    "loan": LoanRow,
    "hold": HoldRow,
    "message": MessageRow,
}


class BadRow(ValueError):
    """A row that does not keep to its table; says which one, and what is wrong with it."""


def checked(kind: str, key: str, value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The row with every field that its kind has, or None for one that is gone. Raises BadRow."""
    if kind not in KINDS:
        raise BadRow(f"{kind} {key}: no kind that this release knows")
    if value is None:
        return None
    try:
        return KINDS[kind].model_validate(value).model_dump()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise BadRow(f"{kind} {key}: {where}: {first['msg']}") from None


def chunk_of(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> bytes:
    """The rows of one kind as a chunk's text, unpacked."""
    lines = (_line(key, value) for key, value in rows)
    return "".join(line + "\n" for line in lines).encode()


def _line(key: str, value: Mapping[str, Any]) -> str:
    told = {"key": key, "value": value}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def rows_of(chunk: bytes) -> Iterator[tuple[str, Any]]:
    """(key, value) of every line of a chunk. Raises BadRow for a text that is no chunk."""
    try:
        # Not splitlines: texts may hold line ends of Unicode's own.
        for line in filter(None, chunk.split(b"\n")):
            told = json.loads(line)
            yield str(told["key"]), told["value"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadRow(f"a chunk cannot be read: {error}") from None
