"""The tables of what readers say to the library, and what staff make of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, text

from sync.central.columns import SchoolId, metadata, of_school, place

_EMPTY = text("''")


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=_EMPTY)


# The words beside an entry that commits to them; they go when they are erased. The same act written again in a later
# epoch has the same commitment.
said = Table(
    "said",
    metadata,
    Column("school", SchoolId, primary_key=True),
    *place(),
    Column("salt", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("commitment", Text, nullable=False),
    Index("said_commitment", "school", "commitment"),
)

# Made from the entries, one row for each act, by the hash under which it was first written. patron None: somebody;
# said None: erased. isbn, form: what a wish is for, and which questionnaire was answered ("": none).
# What staff do about it: state (new, looking, answered, or seen: it asks for nothing), since when, who, the answer; the
# posts that tell it, to the reader alone and to everybody; and when the reader has read it.
voices = Table(
    "voices",
    metadata,
    *of_school("id"),
    Column("kind", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("patron", Text),
    Column("said", Text),
    _words("commitment"),
    _words("isbn"),
    _words("form"),
    Column("state", Text, nullable=False, server_default=text("'new'")),
    Column("state_ms", BigInteger),
    _words("staff"),
    _words("answer"),
    _words("post"),
    _words("public_post"),
    Column("read_ms", BigInteger),
    Index("voices_kind", "school", "kind", "at_ms", "id"),
    Index("voices_state", "school", "kind", "state", "at_ms", "id"),
    Index("voices_patron", "school", "patron"),
    Index("voices_isbn", "school", "kind", "isbn", "at_ms"),
    Index("voices_form", "school", "form", "at_ms", "id"),
    Index("voices_post", "school", "post"),
)
