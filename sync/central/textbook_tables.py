"""The tables of textbooks: what a term needs, what came, and who has got what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, text

from sync.central.columns import metadata, of_school

# grade: for whom; NULL is no grade in particular. reused: pupils bring it back at the end of term.
textbooks = Table(
    "textbooks",
    metadata,
    *of_school("id"),
    Column("title", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("grade", Integer),
    Column("publisher", Text, nullable=False),
    Column("isbn", Text, nullable=False),
    Column("reused", Boolean, nullable=False),
)

_NONE_YET = text("0")

# What the library orders for a term, named by its first day. carried: left over from before. Title and subject stand
# here once more so that a page of the list is read in its order.
textbook_orders = Table(
    "textbook_orders",
    metadata,
    *of_school("term", "textbook"),
    Column("subject", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("spare", Integer, nullable=False, server_default=_NONE_YET),
    Column("carried", Integer, nullable=False, server_default=_NONE_YET),
    Column("ordered", Integer, nullable=False, server_default=_NONE_YET),
    Column("delivered", Integer, nullable=False, server_default=_NONE_YET),
    Index("textbook_orders_subject", "school", "term", "subject", "title", "textbook"),
)

# What a class needs of it. pupils: as many as there were when it was counted; teachers: copies for those who teach it.
# handed, returned: pupils' copies, counted along with the rows of textbook_hands; teachers_handed: the others.
textbook_classes = Table(
    "textbook_classes",
    metadata,
    *of_school("term", "class_name", "textbook"),
    Column("pupils", Integer, nullable=False),
    Column("teachers", Integer, nullable=False, server_default=_NONE_YET),
    Column("handed", Integer, nullable=False, server_default=_NONE_YET),
    Column("returned", Integer, nullable=False, server_default=_NONE_YET),
    Column("teachers_handed", Integer, nullable=False, server_default=_NONE_YET),
    Index("textbook_classes_of", "school", "term", "textbook", "class_name"),
)

# Who has got it. class_name: that of the day. A pupil who is erased leaves a row that names nobody.
textbook_hands = Table(
    "textbook_hands",
    metadata,
    *of_school("term", "textbook", "patron"),
    Column("class_name", Text, nullable=False),
    Column("handed_ms", BigInteger, nullable=False),
    Column("returned_ms", BigInteger),
    Index("textbook_hands_class", "school", "term", "class_name", "textbook", "patron"),
    Index("textbook_hands_of", "school", "patron"),
)
