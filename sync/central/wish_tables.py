"""What staff made of the wishes for a book."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, text

from sync.central.columns import metadata, of_school

_EMPTY = text("''")

# One row for a book that somebody has decided on; a wish without one is new. title: in the words of staff, where the
# library has no such book. post: the answer that everybody sees.
wishes = Table(
    "wishes",
    metadata,
    *of_school("isbn"),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=_EMPTY),
    Column("answer", Text, nullable=False, server_default=_EMPTY),
    Column("post", Text, nullable=False, server_default=_EMPTY),
    Column("staff", Text, nullable=False, server_default=_EMPTY),
    Column("state_ms", BigInteger, nullable=False),
    Index("wishes_state", "school", "state", "isbn"),
)
