"""What a station is fed: the fields of each kind of row, in pages of the feed and in the chunks of a snapshot. PURE.

Both sides read these: the centre writes rows by them, the station takes nothing else. A row bears its own key. A chunk
is JSON lines, each one row, all of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import DecodeError, EncodeError, Meta, json
from msgspec.structs import asdict

from sync.wire import BadMessage, Count, Message, Millis, Text, read

Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
# library.toml as a whole; a station's own file is far shorter.
RulesText = Annotated[str, Meta(max_length=1 << 20)]


class FedRow(Message, frozen=True, forbid_unknown_fields=False, omit_defaults=False):
    """What a later release adds to a row is left out: a station must not go without for it."""


class TitleRow(FedRow, frozen=True):
    """A work."""

    id: Text
    title: Text
    author: Text
    publisher: Text
    year: Text
    class_number: Text
    isbn: Text
    pinyin: Text


class CopyRow(FedRow, frozen=True):
    """A copy. last_entry: key of the newest entry that the centre knows on it; lendable: it may leave the library."""

    barcode: Text
    title_id: Text
    copy_type: Text
    state: Literal["on_shelf", "mending", "lost", "missing", "withdrawn"]
    shelf: Text
    room: Text
    call_number: Text
    last_entry: Text | None = None
    lendable: bool = True


class PatronRow(FedRow, frozen=True):
    """Who borrows. lent: how many copies a pupil has borrowed in each term, by its days, a JSON object."""

    id: Text
    name: Text
    category: Text
    class_name: Text
    grade: int | None = None
    expires_on: Day | None = None
    blocked: Text | None = None
    lent: Text | None = None


class CardRow(FedRow, frozen=True):
    """A card of a patron."""

    number: Text
    patron_id: Text
    state: Literal["active", "lost", "stolen", "replaced"]


class HoldRow(FedRow, frozen=True):
    """A place in the queue. barcode: the copy that waits on the hold shelf. A hold that has ended is gone."""

    id: Text
    title_id: Text
    patron_id: Text
    placed_ms: Millis
    barcode: Text | None = None


class LoanRow(FedRow, frozen=True):
    """An open loan. patron_id None: somebody not to be named. entry: what opened it. boxed: in a class box."""

    barcode: Text
    opened_ms: Millis
    renewals: Count
    entry: Text
    patron_id: Text | None = None
    due_on: Day | None = None
    boxed: bool = False


class RulesRow(FedRow, frozen=True):
    """The library.toml in force."""

    digest: Text
    text: RulesText
    published_ms: Millis


class MessageRow(FedRow, frozen=True):
    """What is said to a patron. patron_id "" is everybody; to_ms None: until it is gone."""

    id: Text
    patron_id: Text
    text: Text
    from_ms: Millis
    to_ms: Millis | None = None


class PostRow(FedRow, frozen=True):
    """Something that the library puts up (`kiosk/posts.py`). kind: what body, a JSON object, is; patron_id as above."""

    id: Text
    kind: Text
    patron_id: Text
    body: Text
    from_on: Day
    until_on: Day


class ErasedRow(FedRow, frozen=True):
    """Somebody was erased. who: `entry.erased_name` of each id that the person had."""

    who: Text
    at_ms: Millis


RULES_KEY = "library"
KINDS: dict[str, type[Message]] = {
    "rules": RulesRow,
    "title": TitleRow,
    "patron": PatronRow,
    "card": CardRow,
    "copy": CopyRow,
    "loan": LoanRow,
    "hold": HoldRow,
    "message": MessageRow,
    "post": PostRow,
    "erased": ErasedRow,
}


KEY_OF = {
    "title": "id",
    "patron": "id",
    "card": "number",
    "copy": "barcode",
    "loan": "barcode",
    "hold": "id",
    "message": "id",
    "post": "id",
    "erased": "who",
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
        row = asdict(read(KINDS[kind], json.encode(value)))
    except (BadMessage, EncodeError, ValueError, RecursionError) as error:
        raise BadRow(f"{kind} {key}: {error}") from None
    if key != key_of(kind, row):
        raise BadRow(f"{kind} {key}: the row says {key_of(kind, row)}")
    return row


def key_of(kind: str, row: Mapping[str, Any]) -> str:
    return RULES_KEY if kind == "rules" else str(row.get(KEY_OF[kind]))


def rows_of(
    kind: str, chunk: bytes, left_out: Callable[[BadRow], object]
) -> Iterator[tuple[str, str]]:
    """Key and row of every line of a chunk, the row as JSON with every field that its kind has.

    left_out: told of each row that names itself and does not keep to its table; one bad row must not keep the others
    out. Raises BadRow for a text that is no chunk of this kind.
    """
    if kind not in KINDS:
        raise BadRow(f"a chunk of {kind} cannot be read: its lines are no rows of that kind")
    # Not splitlines: texts may hold line ends of Unicode's own.
    for line in filter(None, chunk.split(b"\n")):
        try:
            row = read(KINDS[kind], line)
        except BadMessage as error:
            name = _named(kind, line)
            if name is None:
                raise BadRow(f"a chunk of {kind} cannot be read: {error}") from None
            left_out(BadRow(f"{kind} {name}: {error}"))
        else:
            key = RULES_KEY if kind == "rules" else getattr(row, KEY_OF[kind])
            yield key, json.encode(row).decode()


def _named(kind: str, line: bytes) -> str | None:
    """What a row of this kind is called that cannot be read otherwise."""
    try:
        row = json.decode(line)
    except (DecodeError, ValueError, RecursionError):
        return None
    key = row.get(KEY_OF.get(kind, "digest")) if isinstance(row, dict) else None
    return key if isinstance(key, str) else None
