"""Entries that leave the journal are found among those set aside without reading all of these for each."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("CREATE INDEX journal_aside_place ON journal_aside (epoch, seq)")
