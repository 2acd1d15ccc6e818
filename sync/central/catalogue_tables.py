"""The tables of the catalogue: titles and copies, what they came with, and what finds them.

Beside these stands title_search, which is no Table of SQLAlchemy's: on SQLite an FTS5 table whose rowid is n of
title_numbers, on PostgreSQL a table of n and a tsvector. catalogue_search.py alone writes and reads it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from sync.central.columns import SchoolId, metadata, of_school


def _told(name: str) -> Column[str]:
    """A text that most have not."""
    return Column(name, Text, nullable=False, server_default=text("''"))


# Stations are told of the columns down to pinyin; the rest is the library's own.
titles = Table(
    "titles",
    metadata,
    *of_school("id"),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False, default=""),
    Column("publisher", Text, nullable=False, default=""),
    Column("year", Text, nullable=False, default=""),
    Column("class_number", Text, nullable=False, default=""),
    Column("isbn", Text, nullable=False, default=""),
    Column("pinyin", Text, nullable=False, default=""),
    _told("place"),
    _told("pages"),
    _told("price"),
    _told("series"),
    _told("subject"),
    _told("language"),
    _told("summary"),
    # The hash of a picture; "": there is none.
    _told("cover"),
    Index("titles_isbn", "school", "isbn"),
    Index("titles_class", "school", "class_number", "title", "id"),
    Index("titles_cover", "school", "cover"),
)

copies = Table(
    "copies",
    metadata,
    *of_school("barcode"),
    Column("title_id", Text, nullable=False),
    Column("copy_type", Text, nullable=False),
    # Where staff said it is when it was catalogued; from then on its entries say (holdings.state).
    Column("state", Text, nullable=False, default="on_shelf"),
    Column("shelf", Text, nullable=False, default=""),
    Column("room", Text, nullable=False, default=""),
    Column("call_number", Text, nullable=False, default=""),
    # How it came: bought, donated, exchanged, transferred or "" (nobody said); the day; from whom; for how much.
    Column("arrived_on", Date),
    _told("source"),
    _told("donor"),
    _told("price"),
    Index("copies_title", "school", "title_id"),
    Index("copies_barcode", "barcode"),
    Index("copies_place", "school", "room", "shelf", "call_number", "barcode"),
    Index("copies_call", "school", "call_number", "barcode"),
    Index("copies_arrived", "school", "arrived_on", "barcode"),
    Index("copies_source", "school", "source", "donor", "barcode"),
)

title_numbers = Table(
    "title_numbers",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("school", SchoolId, nullable=False),
    Column("title_id", Text, nullable=False),
    Index("title_numbers_of", "school", "title_id", unique=True),
)

# The MARC record that a title was imported from, byte for byte, so that an export gives it back.
title_records = Table(
    "title_records",
    metadata,
    *of_school("title_id"),
    Column("raw", LargeBinary, nullable=False),
)

# Pictures of covers, by the SHA-256 of their content.
pictures = Table(
    "pictures",
    metadata,
    *of_school("hash"),
    Column("content", LargeBinary, nullable=False),
)

# Files that go in through the browser. step: a word of catalogue_jobs; beat_ms: when the one who works on it last said
# so; report and problems: what the check or the import came to. The file is let go of when it is over.
imports = Table(
    "imports",
    metadata,
    *of_school("id"),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary),
    Column("options", Text, nullable=False),
    Column("staff", Text, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("beat_ms", BigInteger, nullable=False),
    Column("step", Text, nullable=False),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    Column("stop", Boolean, nullable=False, server_default=false()),
    Column("report", Text, nullable=False, server_default=text("''")),
    Column("problems", Text, nullable=False, server_default=text("''")),
    Index("imports_begun", "school", "begun_ms"),
)
