"""The tables of reading lists: what a teacher or librarian recommends, for whom, and why.

Kept plain, so that a station and a public page can show them as they stand.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    Table,
    Text,
    text,
    true,
)

from sync.central.columns import metadata, of_school, where


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


# recommender: who recommends, as readers are told. For grades grade_from to grade_to and a class (NULL and "": all),
# from from_on to to_on (NULL: no bound). shown: to readers, too. gone_ms: taken away; it can be brought back.
reading_lists = Table(
    "reading_lists",
    metadata,
    *of_school("id"),
    Column("name", Text, nullable=False),
    _words("recommender"),
    Column("grade_from", Integer),
    Column("grade_to", Integer),
    _words("class_name"),
    _words("subject"),
    _words("note"),
    Column("from_on", Date),
    Column("to_on", Date),
    Column("shown", Boolean, nullable=False, server_default=true()),
    Column("made_by", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("gone_ms", BigInteger),
    # Those that stand and those that are gone, apart: neither list grows with the other.
    where("reading_lists_stand", "gone_ms IS NULL", "school", "changed_ms", "id"),
    where("reading_lists_gone", "gone_ms IS NOT NULL", "school", "changed_ms", "id"),
)

# n: its place in the list; why: a line for readers.
reading_titles = Table(
    "reading_titles",
    metadata,
    *of_school("list", "title_id"),
    Column("n", Integer, nullable=False),
    _words("why"),
    Index("reading_titles_order", "school", "list", "n"),
    Index("reading_titles_title", "school", "title_id"),
)
