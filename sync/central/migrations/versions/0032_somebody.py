"""Which entries of a copy are of one person who was erased, whoever that was."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE outcomes ADD COLUMN somebody TEXT")
