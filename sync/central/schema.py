"""The tables of the central record, the same on SQLite and PostgreSQL. Everything belongs to a school.

The truth is `entries` (with `people` beside them and the stamps in them), and what staff say of people, titles and
rules. `outcomes`, `holdings`, `loans` and `cases` are made from it by the fold, and can be made again; `feed` numbers
what has changed. Instants are UTC milliseconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from sync.central import activity_tables as activity_tables
from sync.central import box_tables as box_tables
from sync.central import textbook_tables as textbook_tables
from sync.central.catalogue_tables import copies as copies
from sync.central.catalogue_tables import imports as imports
from sync.central.catalogue_tables import pictures as pictures
from sync.central.catalogue_tables import title_records as title_records
from sync.central.catalogue_tables import titles as titles
from sync.central.columns import LongText, SchoolId, of_school, place, where
from sync.central.columns import metadata as metadata
from sync.central.erased_tables import erased as erased
from sync.central.lending_tables import holds as holds
from sync.central.lending_tables import loans as loans
from sync.central.pin_tables import pins as pins
from sync.central.post_tables import posts as posts
from sync.central.proof_tables import proofs as proofs
from sync.central.proof_tables import proven as proven
from sync.central.reading_tables import reading_lists as reading_lists
from sync.central.reading_tables import reading_titles as reading_titles
from sync.central.report_tables import heartbeats as heartbeats
from sync.central.room_tables import room_stays as room_stays
from sync.central.school_year_tables import school_years as school_years
from sync.central.staff_tables import keys as keys
from sync.central.staff_tables import sign_ins as sign_ins
from sync.central.staff_tables import staff as staff
from sync.central.staff_tables import tries as tries
from sync.central.stock_tables import absent as absent
from sync.central.stock_tables import acted as acted
from sync.central.stock_tables import scans as scans
from sync.central.stock_tables import takings as takings
from sync.central.voice_tables import said as said
from sync.central.voice_tables import voices as voices
from sync.central.wish_tables import wishes as wishes

# `position` counts the changes of a school; taking the next one locks the row, so no reader skips a position.
schools = Table(
    "schools",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, default=""),
    Column("time_zone", Text, nullable=False, default="Asia/Shanghai"),
    Column("position", BigInteger, nullable=False, default=0),
    # Cursors below this one have missed deletions that are no longer kept.
    Column("feed_from", BigInteger, nullable=False, default=0),
    # Up to here each key stands in the feed once.
    Column("feed_trimmed", BigInteger, nullable=False, server_default=text("0")),
)


# Devices.

stations = Table(
    "stations",
    metadata,
    *of_school("id"),
    Column("name", Text, nullable=False),
    Column("room", Text, nullable=False, default=""),
    Column("revoked_ms", BigInteger),
    Column("software", Text, nullable=False, default=""),
    Column("seen_ms", BigInteger),
    # What the station said of itself in its last HELLO: a JSON object.
    Column("health", Text, nullable=False, default="{}"),
    ForeignKeyConstraint(["school"], ["schools.id"]),
)

# Only SHA-256 of secrets is kept. A token is "secret.number": the secret stays with the lineage, so that an old token
# is known as one. from_epoch: the lineage that was rewound into this one. hello_ms: what the last HELLO was told the
# time is; an anchor rests on it.
lineages = Table(
    "lineages",
    metadata,
    *of_school("station"),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("durable", BigInteger, nullable=False, default=0),
    Column("head", Text, nullable=False, default=""),
    Column("hardware", Text, nullable=False, default=""),
    Column("is_open", Boolean, nullable=False, default=True),
    Column("parked", Boolean, nullable=False, default=False),
    Column("from_epoch", Integer),
    Column("secret", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("token_before", Text),
    Column("session", Text),
    Column("session_until_ms", BigInteger),
    Column("hello_ms", BigInteger),
    Column("begun_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["school", "station"], ["stations.school", "stations.id"]),
    Index("lineages_session", "session"),
)

# code: its SHA-256.
enrol_codes = Table(
    "enrol_codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("school", SchoolId, nullable=False),
    Column("station", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
)

anchors = Table(
    "anchors",
    metadata,
    *of_school("station", "boot"),
    Column("server_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("mono_ms", BigInteger, nullable=False),
    Column("half_ms", BigInteger, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("school", SchoolId, nullable=False),
    Column("station", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("seen_by", Text),
    Index("incidents_school", "school", "at_ms"),
)

# The journal of all stations. `barcode` is the copy's present one, the body holds the label that was scanned.
# origin: "key hash" under which an entry of a new epoch was first written; the same act counts once.

entries = Table(
    "entries",
    metadata,
    Column("school", SchoolId, primary_key=True),
    *place(),
    Column("hash", Text, nullable=False),
    Column("body", LongText, nullable=False),
    Column("barcode", Text),
    Column("lo", BigInteger, nullable=False),
    Column("est", BigInteger, nullable=False),
    Column("hi", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("origin", Text),
    Index("entries_copy", "school", "barcode", "lo"),
    Index("entries_received", "school", "received_ms"),
    Index(
        "entries_origin",
        "school",
        "origin",
        postgresql_where=text("origin IS NOT NULL"),
        sqlite_where=text("origin IS NOT NULL"),
    ),
)

people = Table(
    "people",
    metadata,
    Column("school", SchoolId, primary_key=True),
    *place(),
    Column("salt", Text, nullable=False),
    Column("patron", Text, nullable=False),
    Column("card", Text),
    Index("people_patron", "school", "patron"),
)

# codes: in alphabetical order, parted by spaces. past_limit is found by a step of its own, over the patron's loans.
# position: where a revision stands among the school's changes; NULL until there is one. somebody: of an entry by
# somebody who was erased, a word that stands at those of the same person on the same copy alone.
outcomes = Table(
    "outcomes",
    metadata,
    Column("school", SchoolId, primary_key=True),
    *place(),
    Column("outcome", Text, nullable=False),
    Column("codes", Text, nullable=False, default=""),
    Column("past_limit", Boolean, nullable=False, default=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("position", BigInteger),
    Column("somebody", Text),
    # Few are ever revised.
    Index(
        "outcomes_revised",
        "school",
        "station",
        "position",
        postgresql_where=text("position IS NOT NULL"),
        sqlite_where=text("position IS NOT NULL"),
    ),
)

# What the fold makes of them.

# One row a copy that any entry speaks of. Keys of entries are written station:epoch:seq. sealed: the fold's state
# after all of them as JSON, and sealed_to_ms the latest moment within ("": it cannot be gone on from).
holdings = Table(
    "holdings",
    metadata,
    *of_school("barcode"),
    Column("patron", Text),
    Column("opened_by", Text),
    Column("state", Text, nullable=False),
    Column("lendable", Boolean, nullable=False, default=True),
    Column("kept_for", Text),
    Column("place", Text, nullable=False, default=""),
    Column("seen_ms", BigInteger, nullable=False, default=0),
    Column("last_entry", Text),
    Column("in_doubt", Boolean, nullable=False, default=False),
    Column("sealed", LongText, nullable=False, default=""),
    Column("sealed_to_ms", BigInteger, nullable=False, default=-1),
    Column("since_seal", Integer, nullable=False, default=0),
)

# States further back, for entries that arrive late: nothing up to to_ms need be folded again.
seals = Table(
    "seals",
    metadata,
    *of_school("barcode"),
    Column("to_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LongText, nullable=False),
)

# about, patrons: JSON lists, of the keys of entries it rests on and of who may hold the copy.
cases = Table(
    "cases",
    metadata,
    *of_school("id"),
    Column("barcode", Text),
    Column("code", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("patrons", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("reopened", Boolean, nullable=False, default=False),
    Column("settled_by", Text),
    Column("opened_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger),
    # Who settled it, as the entry says that did: to find the cases of one.
    Column("settled_staff", Text),
    Index("cases_open", "school", "is_open", "opened_ms", "id"),
    Index("cases_kind", "school", "is_open", "code", "opened_ms", "id"),
    Index("cases_closed", "school", "is_open", "closed_ms", "id"),
    Index("cases_staff", "school", "settled_staff", "closed_ms", "id"),
    Index("cases_copy", "school", "barcode"),
)

# What has changed: a row a change, never altered. Of several with one key only the last counts (`trimming.py`).
feed = Table(
    "feed",
    metadata,
    *of_school(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("gone_ms", BigInteger),
    where("feed_gone", "gone_ms IS NOT NULL", "school", "gone_ms", "position"),
    sqlite_with_rowid=False,
)

# People, titles and rules, as staff keep them.

patrons = Table(
    "patrons",
    metadata,
    *of_school("id"),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("grade", Integer),
    Column("class_name", Text, nullable=False, default=""),
    # What a pupil of a vocational school learns; stations are not told.
    Column("major", Text, nullable=False, server_default=text("''")),
    Column("expires_on", Date),
    Column("blocked", Text),
    Column("gone_ms", BigInteger),
    # First letters of the name's pinyin, by which staff find somebody.
    Column("initials", Text, nullable=False, server_default=text("''")),
    Index("patrons_name", "school", "name", "id"),
    Index("patrons_class", "school", "class_name", "name", "id"),
    Index("patrons_initials", "school", "initials", "name", "id"),
    # The classes of a grade, each found by one step.
    Index(
        "patrons_here",
        "school",
        "grade",
        "class_name",
        postgresql_where=text("gone_ms IS NULL"),
        sqlite_where=text("gone_ms IS NULL"),
    ),
)

# A merged patron's id leads to the other's.
patron_aliases = Table("patron_aliases", metadata, *of_school("id"), Column("patron", Text))

cards = Table(
    "cards",
    metadata,
    *of_school("number"),
    Column("patron_id", Text, nullable=False),
    Column("state", Text, nullable=False, default="active"),
    Index("cards_of", "school", "patron_id"),
)

card_changes = Table(
    "card_changes",
    metadata,
    *of_school("number"),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("patron_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Index("card_changes_of", "school", "patron_id"),
)

blocks = Table(
    "blocks",
    metadata,
    *of_school("patron_id"),
    Column("from_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("to_ms", BigInteger),
    Column("why", Text, nullable=False, default=""),
)

# A label that was replaced on a copy; shared_ms: since when another copy bears it.
old_labels = Table(
    "old_labels",
    metadata,
    *of_school("label"),
    Column("barcode", Text, nullable=False),
    Column("replaced_ms", BigInteger, nullable=False),
    Column("shared_ms", BigInteger),
)

# Each library.toml that was ever in force; the newest is the one.
rules = Table(
    "rules",
    metadata,
    *of_school("digest"),
    Column("text", Text, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    Column("staff", Text, nullable=False, default=""),
)

messages = Table(
    "messages",
    metadata,
    *of_school("id"),
    Column("patron_id", Text, nullable=False, default=""),
    Column("text", Text, nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger),
    Index("messages_patron", "school", "patron_id"),
)

# Snapshots for stations: chunks are named by their content.
snapshots = Table(
    "snapshots",
    metadata,
    *of_school(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("manifest", Text, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    *of_school("hash"),
    Column("packed", LargeBinary, nullable=False),
)
