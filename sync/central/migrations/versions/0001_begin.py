"""The first tables: devices, the journal of all stations, what the fold makes of it, and the feed."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out, not taken from schema.py: a migration says what was true on its day.
_STATEMENTS = (
    """CREATE TABLE anchors (school TEXT NOT NULL, station TEXT NOT NULL, boot TEXT NOT NULL, server_ms BIGINT
        NOT NULL, mono_ms BIGINT NOT NULL, half_ms BIGINT NOT NULL, PRIMARY KEY (school, station, boot,
        server_ms))""",
    """CREATE TABLE blocks (school TEXT NOT NULL, patron_id TEXT NOT NULL, from_ms BIGINT NOT NULL, to_ms
        BIGINT, why TEXT NOT NULL, PRIMARY KEY (school, patron_id, from_ms))""",
    """CREATE TABLE card_changes (school TEXT NOT NULL, number TEXT NOT NULL, at_ms BIGINT NOT NULL, patron_id
        TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (school, number, at_ms))""",
    "CREATE INDEX card_changes_of ON card_changes (school, patron_id)",
    """CREATE TABLE cards (school TEXT NOT NULL, number TEXT NOT NULL, patron_id TEXT NOT NULL, state TEXT NOT
        NULL, PRIMARY KEY (school, number))""",
    "CREATE INDEX cards_of ON cards (school, patron_id)",
    """CREATE TABLE cases (school TEXT NOT NULL, id TEXT NOT NULL, barcode TEXT, code TEXT NOT NULL, about TEXT
        NOT NULL, patrons TEXT NOT NULL, facts TEXT NOT NULL, is_open BOOLEAN NOT NULL, reopened BOOLEAN NOT
        NULL, settled_by TEXT, opened_ms BIGINT NOT NULL, closed_ms BIGINT, PRIMARY KEY (school, id))""",
    "CREATE INDEX cases_copy ON cases (school, barcode)",
    "CREATE INDEX cases_open ON cases (school, is_open, opened_ms)",
    """CREATE TABLE chunks (school TEXT NOT NULL, hash TEXT NOT NULL, packed {bytes} NOT NULL, PRIMARY KEY
        (school, hash))""",
    """CREATE TABLE copies (school TEXT NOT NULL, barcode TEXT NOT NULL, title_id TEXT NOT NULL, copy_type TEXT
        NOT NULL, state TEXT NOT NULL, shelf TEXT NOT NULL, room TEXT NOT NULL, call_number TEXT NOT NULL,
        PRIMARY KEY (school, barcode))""",
    "CREATE INDEX copies_barcode ON copies (barcode)",
    "CREATE INDEX copies_title ON copies (school, title_id)",
    """CREATE TABLE enrol_codes (code TEXT NOT NULL, school TEXT NOT NULL, station TEXT NOT NULL, expires_ms
        BIGINT NOT NULL, used_ms BIGINT, PRIMARY KEY (code))""",
    """CREATE TABLE entries (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL, seq BIGINT
        NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL, barcode TEXT, lo BIGINT NOT NULL, est BIGINT NOT NULL,
        hi BIGINT NOT NULL, received_ms BIGINT NOT NULL, origin TEXT, PRIMARY KEY (school, station, epoch, seq))""",
    "CREATE INDEX entries_copy ON entries (school, barcode, lo)",
    "CREATE INDEX entries_origin ON entries (school, origin) WHERE origin IS NOT NULL",
    """CREATE TABLE feed (school TEXT NOT NULL, kind TEXT NOT NULL, "key" TEXT NOT NULL, position BIGINT NOT
        NULL, gone_ms BIGINT, PRIMARY KEY (school, kind, "key"))""",
    "CREATE UNIQUE INDEX feed_position ON feed (school, position)",
    """CREATE TABLE holdings (school TEXT NOT NULL, barcode TEXT NOT NULL, patron TEXT, opened_by TEXT, state
        TEXT NOT NULL, lendable BOOLEAN NOT NULL, kept_for TEXT, place TEXT NOT NULL, seen_ms BIGINT NOT NULL,
        last_entry TEXT, in_doubt BOOLEAN NOT NULL, sealed TEXT NOT NULL, sealed_to_ms BIGINT NOT NULL,
        since_seal INTEGER NOT NULL, PRIMARY KEY (school, barcode))""",
    """CREATE TABLE seals (school TEXT NOT NULL, barcode TEXT NOT NULL, to_ms BIGINT NOT NULL, sealed TEXT NOT
        NULL, PRIMARY KEY (school, barcode, to_ms))""",
    """CREATE TABLE holds (school TEXT NOT NULL, id TEXT NOT NULL, title_id TEXT NOT NULL, patron_id TEXT NOT
        NULL, placed_ms BIGINT NOT NULL, ended_ms BIGINT, barcode TEXT, PRIMARY KEY (school, id))""",
    "CREATE INDEX holds_title ON holds (school, title_id)",
    """CREATE TABLE incidents (n {serial}, school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL,
        kind TEXT NOT NULL, at_ms BIGINT NOT NULL, detail TEXT NOT NULL, seen_by TEXT, PRIMARY KEY (n))""",
    "CREATE INDEX incidents_school ON incidents (school, at_ms)",
    """CREATE TABLE loans (school TEXT NOT NULL, opened_by TEXT NOT NULL, barcode TEXT NOT NULL, patron TEXT,
        opened_ms BIGINT NOT NULL, due_on DATE, renewals INTEGER NOT NULL, closed_by TEXT, closed_ms BIGINT,
        closed_lo BIGINT, how TEXT NOT NULL, past_limit BOOLEAN DEFAULT {no} NOT NULL, PRIMARY KEY (school,
        opened_by))""",
    "CREATE INDEX loans_copy ON loans (school, barcode)",
    "CREATE INDEX loans_patron ON loans (school, patron, closed_ms)",
    """CREATE TABLE messages (school TEXT NOT NULL, id TEXT NOT NULL, patron_id TEXT NOT NULL, text TEXT NOT
        NULL, from_ms BIGINT NOT NULL, to_ms BIGINT, PRIMARY KEY (school, id))""",
    """CREATE TABLE old_labels (school TEXT NOT NULL, label TEXT NOT NULL, barcode TEXT NOT NULL, replaced_ms
        BIGINT NOT NULL, shared_ms BIGINT, PRIMARY KEY (school, label))""",
    """CREATE TABLE outcomes (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL, seq BIGINT
        NOT NULL, outcome TEXT NOT NULL, codes TEXT NOT NULL, past_limit BOOLEAN NOT NULL, revision INTEGER NOT
        NULL, position BIGINT, PRIMARY KEY (school, station, epoch, seq))""",
    "CREATE INDEX outcomes_revised ON outcomes (school, station, position)",
    """CREATE TABLE patron_aliases (school TEXT NOT NULL, id TEXT NOT NULL, patron TEXT, PRIMARY KEY (school,
        id))""",
    """CREATE TABLE patrons (school TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, category TEXT NOT
        NULL, grade INTEGER, class_name TEXT NOT NULL, expires_on DATE, blocked TEXT, gone_ms BIGINT, PRIMARY
        KEY (school, id))""",
    """CREATE TABLE people (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL, seq BIGINT NOT
        NULL, salt TEXT NOT NULL, patron TEXT NOT NULL, card TEXT, PRIMARY KEY (school, station, epoch, seq))""",
    "CREATE INDEX people_patron ON people (school, patron)",
    """CREATE TABLE rules (school TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL, published_ms BIGINT
        NOT NULL, staff TEXT NOT NULL, PRIMARY KEY (school, digest))""",
    """CREATE TABLE schools (id TEXT NOT NULL, name TEXT NOT NULL, name_en TEXT NOT NULL, time_zone TEXT NOT
        NULL, position BIGINT NOT NULL, feed_from BIGINT NOT NULL, PRIMARY KEY (id))""",
    """CREATE TABLE snapshots (school TEXT NOT NULL, position BIGINT NOT NULL, manifest TEXT NOT NULL, PRIMARY
        KEY (school, position))""",
    """CREATE TABLE staff (school TEXT NOT NULL, login TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
        password TEXT NOT NULL, failed INTEGER NOT NULL, locked_until_ms BIGINT, PRIMARY KEY (school, login))""",
    """CREATE TABLE titles (school TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL,
        publisher TEXT NOT NULL, year TEXT NOT NULL, class_number TEXT NOT NULL, isbn TEXT NOT NULL, pinyin TEXT
        NOT NULL, PRIMARY KEY (school, id))""",
    "CREATE INDEX titles_isbn ON titles (school, isbn)",
    """CREATE TABLE stations (school TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, room TEXT NOT NULL,
        revoked_ms BIGINT, software TEXT NOT NULL, seen_ms BIGINT, health TEXT NOT NULL, PRIMARY KEY (school,
        id), FOREIGN KEY(school) REFERENCES schools (id))""",
    """CREATE TABLE lineages (school TEXT NOT NULL, station TEXT NOT NULL, epoch INTEGER NOT NULL, durable
        BIGINT NOT NULL, head TEXT NOT NULL, hardware TEXT NOT NULL, is_open BOOLEAN NOT NULL, parked BOOLEAN
        NOT NULL, from_epoch INTEGER, secret TEXT NOT NULL, token TEXT NOT NULL, token_before TEXT, session
        TEXT, session_until_ms BIGINT, hello_ms BIGINT, begun_ms BIGINT NOT NULL, PRIMARY KEY (school, station,
        epoch), FOREIGN KEY(school, station) REFERENCES stations (school, id))""",
    "CREATE INDEX lineages_session ON lineages (session)",
)


def upgrade() -> None:
    conn = op.get_bind()
    postgres = conn.dialect.name == "postgresql"
    words = {
        "bytes": "BYTEA" if postgres else "BLOB",
        "no": "false" if postgres else "0",
        "serial": "SERIAL" if postgres else "INTEGER NOT NULL",
    }
    for statement in _STATEMENTS:
        conn.exec_driver_sql(statement.format(**words))
