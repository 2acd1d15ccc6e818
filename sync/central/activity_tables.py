"""Who came to reading activities and what was read in them, as entries tell it; and the essays that were handed in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Index, Table, Text, text

from sync.central.columns import metadata, of_school

# kind "attend": `who` is the patron, as beside the entry; kind "use": it is the copy; kind "count": how many pupils a
# teacher has counted. at_ms: the first time; of a count, the last.
activity_marks = Table(
    "activity_marks",
    metadata,
    *of_school("activity", "kind", "who", "station"),
    Column("at_ms", BigInteger, nullable=False),
    Index("activity_marks_who", "school", "who"),
)

# What was handed in to an essay call, as staff wrote it down. patron "": of nobody whom the record knows.
essays = Table(
    "essays",
    metadata,
    *of_school("activity", "id"),
    Column("title", Text, nullable=False),
    Column("patron", Text, nullable=False, server_default=text("''")),
    Column("author", Text, nullable=False, server_default=text("''")),
    Column("class_name", Text, nullable=False, server_default=text("''")),
    Column("received_on", Date, nullable=False),
    Index("essays_patron", "school", "patron"),
)
