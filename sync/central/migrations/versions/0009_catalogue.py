"""What else a catalogue says of titles and copies, their records and covers, and the index that finds them."""

from __future__ import annotations

from alembic import op

from sync.central.catalogue_search import index_all

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_OF_TITLE = "place pages price series subject language summary cover"
_STATEMENTS = (
    *(f"ALTER TABLE titles ADD COLUMN {c} TEXT DEFAULT '' NOT NULL" for c in _OF_TITLE.split()),
    "ALTER TABLE copies ADD COLUMN arrived_on DATE",
    *(f"ALTER TABLE copies ADD COLUMN {c} TEXT DEFAULT '' NOT NULL" for c in ("source", "donor", "price")),
    "CREATE INDEX titles_class ON titles (school, class_number, title, id)",
    "CREATE INDEX copies_arrived ON copies (school, arrived_on, barcode)",
    "CREATE INDEX copies_source ON copies (school, source, donor, barcode)",
    """CREATE TABLE title_numbers (n {serial}, school TEXT NOT NULL, title_id TEXT NOT NULL,
        PRIMARY KEY (n))""",
    "CREATE UNIQUE INDEX title_numbers_of ON title_numbers (school, title_id)",
    """CREATE TABLE title_records (school TEXT NOT NULL, title_id TEXT NOT NULL, raw {bytes} NOT NULL,
        PRIMARY KEY (school, title_id))""",
    """CREATE TABLE pictures (school TEXT NOT NULL, hash TEXT NOT NULL, content {bytes} NOT NULL,
        PRIMARY KEY (school, hash))""",
)  # fmt: skip
_SQLITE = (
    """CREATE VIRTUAL TABLE title_search USING fts5(
        words, pinyin, initials, numbers, tokenize = 'unicode61 remove_diacritics 2')""",
)
_POSTGRES = (
    "CREATE TABLE title_search (n INTEGER PRIMARY KEY, terms TSVECTOR NOT NULL)",
    "CREATE INDEX title_search_terms ON title_search USING gin (terms)",
)


def upgrade() -> None:
    conn = op.get_bind()
    postgres = conn.dialect.name == "postgresql"
    words = {
        "bytes": "BYTEA" if postgres else "BLOB",
        "serial": "SERIAL" if postgres else "INTEGER NOT NULL",
    }
    for statement in (*_STATEMENTS, *(_POSTGRES if postgres else _SQLITE)):
        conn.exec_driver_sql(statement.format(**words))
    index_all(conn)
