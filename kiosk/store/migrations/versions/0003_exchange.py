"""What the exchange with the central record needs: the card beside an entry, what was set aside, outcomes, messages."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE journal_people ADD COLUMN card TEXT",
    "ALTER TABLE holds ADD COLUMN id TEXT",
    "CREATE UNIQUE INDEX holds_id ON holds (id)",
    """CREATE TABLE journal_aside (
        station TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
        rehomed TEXT, PRIMARY KEY (station, epoch, seq, hash)) WITHOUT ROWID""",
    """CREATE TABLE journal_outcomes (
        epoch INTEGER NOT NULL, seq INTEGER NOT NULL, outcome TEXT NOT NULL, codes TEXT NOT NULL,
        revision INTEGER NOT NULL, PRIMARY KEY (epoch, seq)) WITHOUT ROWID""",
    """CREATE TABLE messages (
        id TEXT NOT NULL PRIMARY KEY, patron_id TEXT NOT NULL, text TEXT NOT NULL, from_ms INTEGER NOT NULL,
        to_ms INTEGER)""",
    """CREATE TRIGGER aside_only_grows BEFORE UPDATE ON journal_aside
        BEGIN SELECT RAISE(ABORT, 'what was set aside stays as it was'); END""",
    """CREATE TRIGGER aside_is_kept BEFORE DELETE ON journal_aside
        BEGIN SELECT RAISE(ABORT, 'what was set aside is kept'); END""",
    # An entry may leave the journal when the central record holds it, or when it lies aside byte for byte.
    "DROP TRIGGER journal_keeps_unsent",
    """CREATE TRIGGER journal_keeps_unsent BEFORE DELETE ON journal
        WHEN NOT EXISTS (
            SELECT 1 FROM meta WHERE key = 'durable:' || OLD.epoch AND CAST(value AS INTEGER) >= OLD.seq)
        AND NOT EXISTS (
            SELECT 1 FROM journal_aside a
            WHERE a.epoch = OLD.epoch AND a.seq = OLD.seq AND a.hash = OLD.hash AND a.body = OLD.body)
        BEGIN SELECT RAISE(ABORT, 'this entry is not yet at the central record'); END""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
