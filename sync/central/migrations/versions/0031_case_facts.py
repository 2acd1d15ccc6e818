"""What a case rests on is told without whom it concerns, so that erasing somebody opens no settled case again."""

from __future__ import annotations

import json
from hashlib import sha256

from alembic import op
from sqlalchemy import text

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    conn = op.get_bind()
    found = conn.execute(text("SELECT school, id, code, about FROM cases WHERE facts <> ''")).all()
    told = [
        {"school": school, "id": name, "facts": _facts(code, json.loads(about))}
        for school, name, code, about in found
    ]
    if told:
        here = "WHERE school = :school AND id = :id"
        conn.execute(text(f"UPDATE cases SET facts = :facts {here}"), told)


def _facts(code: str, keys: list[list[str | int]]) -> str:
    named = (":".join(map(str, key)) for key in keys)
    return sha256("|".join([code, *named]).encode()).hexdigest()
