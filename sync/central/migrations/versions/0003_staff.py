"""Accounts closed or locked for longer, sign-ins that end when nobody is there, and people by name and class."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE staff ADD COLUMN locks INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE staff ADD COLUMN closed_ms BIGINT",
    "ALTER TABLE sign_ins ADD COLUMN seen_ms BIGINT DEFAULT 0 NOT NULL",
    "CREATE INDEX sign_ins_of ON sign_ins (school, login)",
    "CREATE INDEX holds_patron ON holds (school, patron_id)",
    "CREATE INDEX patrons_name ON patrons (school, name, id)",
    "CREATE INDEX patrons_class ON patrons (school, class_name, name, id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
