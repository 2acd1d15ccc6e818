"""How many copies a pupil has borrowed in each term, as the central record has counted them."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE patrons ADD COLUMN lent TEXT")
