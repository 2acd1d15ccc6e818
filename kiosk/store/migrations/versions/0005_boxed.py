"""Loans that went out in a class box count against no limit."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE loans ADD COLUMN boxed BOOLEAN DEFAULT 0 NOT NULL")
