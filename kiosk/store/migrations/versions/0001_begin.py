"""The first tables: catalogue, patrons, loans, holds, and the journal that only grows."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out, not taken from schema.py: a migration says what was true on its day.
_STATEMENTS = (
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE titles (
        n INTEGER NOT NULL PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, author TEXT NOT NULL,
        publisher TEXT NOT NULL, year TEXT NOT NULL, class_number TEXT NOT NULL, isbn TEXT NOT NULL,
        pinyin TEXT NOT NULL)""",
    "CREATE INDEX titles_isbn ON titles (isbn)",
    """CREATE TABLE copies (
        barcode TEXT NOT NULL PRIMARY KEY, title_id TEXT NOT NULL REFERENCES titles (id), copy_type TEXT NOT NULL,
        state TEXT NOT NULL, shelf TEXT NOT NULL, room TEXT NOT NULL, call_number TEXT NOT NULL, last_entry TEXT)""",
    "CREATE INDEX copies_title ON copies (title_id)",
    """CREATE TABLE patrons (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, grade INTEGER,
        class_name TEXT NOT NULL, expires_on DATE, blocked TEXT)""",
    """CREATE TABLE cards (
        number TEXT NOT NULL PRIMARY KEY, patron_id TEXT NOT NULL REFERENCES patrons (id), state TEXT NOT NULL)""",
    "CREATE INDEX cards_patron ON cards (patron_id)",
    """CREATE TABLE loans (
        barcode TEXT NOT NULL PRIMARY KEY REFERENCES copies (barcode),
        patron_id TEXT NOT NULL REFERENCES patrons (id), opened_ms INTEGER NOT NULL, due_on DATE,
        renewals INTEGER NOT NULL, excused_on DATE, entry TEXT NOT NULL)""",
    "CREATE INDEX loans_patron ON loans (patron_id)",
    """CREATE TABLE holds (
        n INTEGER NOT NULL PRIMARY KEY, title_id TEXT NOT NULL REFERENCES titles (id),
        patron_id TEXT NOT NULL REFERENCES patrons (id), placed_ms INTEGER NOT NULL,
        barcode TEXT REFERENCES copies (barcode))""",
    "CREATE INDEX holds_title ON holds (title_id)",
    "CREATE INDEX holds_patron ON holds (patron_id)",
    """CREATE TABLE journal (
        epoch INTEGER NOT NULL, seq INTEGER NOT NULL CHECK (seq >= 1), hash TEXT NOT NULL, body TEXT NOT NULL,
        copy TEXT, at_ms INTEGER NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID""",
    "CREATE INDEX journal_copy ON journal (copy) WHERE copy IS NOT NULL",
    """CREATE TABLE journal_people (
        epoch INTEGER NOT NULL, seq INTEGER NOT NULL, salt TEXT NOT NULL, patron_id TEXT NOT NULL,
        PRIMARY KEY (epoch, seq)) WITHOUT ROWID""",
    "CREATE INDEX journal_people_patron ON journal_people (patron_id)",
    """CREATE VIRTUAL TABLE title_search USING fts5(
        words, pinyin, initials, numbers, tokenize = 'unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER journal_only_grows BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
    """CREATE TRIGGER journal_keeps_unsent BEFORE DELETE ON journal
        WHEN NOT EXISTS (
            SELECT 1 FROM meta WHERE key = 'durable:' || OLD.epoch AND CAST(value AS INTEGER) >= OLD.seq)
        BEGIN SELECT RAISE(ABORT, 'this entry is not yet at the central record'); END""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
