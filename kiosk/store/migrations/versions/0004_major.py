"""What a pupil of a vocational school learns."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE patrons ADD COLUMN major TEXT DEFAULT '' NOT NULL")
