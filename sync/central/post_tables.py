"""The table of posts: what the library puts up for readers, at stations and on its page (see `kiosk/posts.py`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Table, Text, text

from sync.central.columns import metadata, of_school

# body: JSON of its kind. from_on, until_on: the days on which it stands (9999-12-31: no end). patron_id "": for
# everybody. fed: stations hear of it; over: so long past that they need not any more.
posts = Table(
    "posts",
    metadata,
    *of_school("id"),
    Column("kind", Text, nullable=False),
    Column("patron_id", Text, nullable=False, server_default=text("''")),
    Column("body", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),
    Column("at_stations", Boolean, nullable=False),
    Column("on_page", Boolean, nullable=False),
    Column("over", Boolean, nullable=False),
    Column("made_by", Text, nullable=False, server_default=text("''")),
    Column("changed_ms", BigInteger, nullable=False),
    Index("posts_standing", "school", "kind", "patron_id", "until_on", "id"),
    Index("posts_over", "school", "over", "until_on"),
    Index("posts_patron", "school", "patron_id"),
)
