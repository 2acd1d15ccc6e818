"""The tables of a station's store, as SQLAlchemy Core. The one truth is `journal`; the rest can be made again from it.

Migrations in `migrations/` create exactly this; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()

# Small single values: last_sure_ms, ...; of an enrolled station also school, station, epoch, token (see lineage.py),
# durable:EPOCH (highest seq the central record has made durable), cursor, as_of_ms, rules.
meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

titles = Table(
    "titles",
    metadata,
    # An integer of our own ties a title to its row in the search index.
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False, default=""),
    Column("publisher", Text, nullable=False, default=""),
    Column("year", Text, nullable=False, default=""),
    Column("class_number", Text, nullable=False, default=""),
    Column("isbn", Text, nullable=False, default=""),
    Column("pinyin", Text, nullable=False, default=""),
    Index("titles_isbn", "isbn"),
)

copies = Table(
    "copies",
    metadata,
    Column("barcode", Text, primary_key=True),
    Column("title_id", Text, ForeignKey("titles.id"), nullable=False),
    Column("copy_type", Text, nullable=False),
    Column("state", Text, nullable=False, default="on_shelf"),
    Column("shelf", Text, nullable=False, default=""),
    Column("room", Text, nullable=False, default=""),
    Column("call_number", Text, nullable=False, default=""),
    # Key of the last entry known on this copy; written by the desk and the feed, never by an import.
    Column("last_entry", Text),
    # Whether this very copy may leave the library, apart from what the rules say of its type; the record's to say.
    Column("lendable", Boolean, nullable=False, server_default=text("1")),
    Index("copies_title", "title_id"),
)

patrons = Table(
    "patrons",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("grade", Integer),
    Column("class_name", Text, nullable=False, default=""),
    Column("expires_on", Date),
    Column("blocked", Text),
    # What a pupil of a vocational school learns; never fed, since lending asks nothing of it.
    Column("major", Text, nullable=False, server_default=text("''")),
    # How many copies a pupil has borrowed in each term (JSON, by its days): the central record's count as it was fed.
    Column("lent", Text),
)

cards = Table(
    "cards",
    metadata,
    Column("number", Text, primary_key=True),
    Column("patron_id", Text, ForeignKey("patrons.id"), nullable=False),
    Column("state", Text, nullable=False, default="active"),
    Index("cards_patron", "patron_id"),
)

# The copy is the key: a second open loan of one copy cannot be written.
loans = Table(
    "loans",
    metadata,
    Column("barcode", Text, ForeignKey("copies.barcode"), primary_key=True),
    Column("patron_id", Text, ForeignKey("patrons.id"), nullable=False),
    Column("opened_ms", Integer, nullable=False),
    # None where the clock was unsure: nobody can say when it is due, so it is never overdue.
    Column("due_on", Date),
    Column("renewals", Integer, nullable=False, default=0),
    Column("excused_on", Date),
    Column("entry", Text, nullable=False),
    # It went out in a class box; told by the central record only.
    Column("boxed", Boolean, nullable=False, server_default=text("0")),
    Index("loans_patron", "patron_id"),
)

holds = Table(
    "holds",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("title_id", Text, ForeignKey("titles.id"), nullable=False),
    Column("patron_id", Text, ForeignKey("patrons.id"), nullable=False),
    Column("placed_ms", Integer, nullable=False),
    Column("barcode", Text, ForeignKey("copies.barcode")),
    # The central record's name for it; None: of this station's own.
    Column("id", Text),
    Index("holds_title", "title_id"),
    Index("holds_patron", "patron_id"),
    Index("holds_id", "id", unique=True),
)

# Append-only: triggers (in the migration) refuse UPDATE and refuse DELETE above the watermark in meta.
journal = Table(
    "journal",
    metadata,
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("copy", Text),
    Column("at_ms", Integer, nullable=False),
    CheckConstraint("seq >= 1"),
    Index("journal_copy", "copy", sqlite_where=Column("copy").isnot(None)),
    sqlite_with_rowid=False,
)

# Beside the journal, so that a person can be unlinked while the chain still verifies.
journal_people = Table(
    "journal_people",
    metadata,
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("salt", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    # The card that opened the visit: whether it was good by then, the central record knows.
    Column("card", Text),
    Index("journal_people_patron", "patron_id"),
    sqlite_with_rowid=False,
)

# What readers said, beside the journal as well: the entry only commits to it, and the words can be erased.
journal_said = Table(
    "journal_said",
    metadata,
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("salt", Text, nullable=False),
    Column("said", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Entries of a lineage that came to its end, byte for byte, and the key under which each was written again.
journal_aside = Table(
    "journal_aside",
    metadata,
    Column("station", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("rehomed", Text),
    # The trigger that lets an entry leave the journal looks for it here.
    Index("journal_aside_place", "epoch", "seq"),
    sqlite_with_rowid=False,
)

# What became of each entry at the central record: the newest revision.
journal_outcomes = Table(
    "journal_outcomes",
    metadata,
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What the library has to say to a patron ("": to everybody).
messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("patron_id", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("from_ms", Integer, nullable=False),
    Column("to_ms", Integer),
    Index("messages_patron", "patron_id"),
)

# What the library puts up for readers (see `kiosk/posts.py`), as it was fed. body: JSON of its kind.
posts = Table(
    "posts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),
    Index("posts_standing", "kind", "patron_id", "until_on"),
    Index("posts_patron", "patron_id"),
    sqlite_with_rowid=False,
)

# Who is signed in to the room where this station stands. entry: the key of the sign-in; closes_ms: when the room does.
present = Table(
    "present",
    metadata,
    Column("patron_id", Text, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("since_ms", Integer, nullable=False),
    Column("closes_ms", Integer),
    sqlite_with_rowid=False,
)

# Who was erased at the central record, as `entry.erased_name` says it: what lies beside their entries goes.
erased = Table(
    "erased",
    metadata,
    Column("who", Text, primary_key=True),
    Column("at_ms", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Beside these stands title_search (FTS5, which is no Table of SQLAlchemy's): its rowid is titles.n, and store/search.py
# writes its columns.
