"""Seals are written shorter: those of earlier releases are dropped, and copies are folded from their beginning once."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

STATEMENTS = (
    "DELETE FROM seals",
    "UPDATE holdings SET sealed = '', sealed_to_ms = -1, since_seal = 0",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
