"""What the documents name is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_test_that_the_table_of_the_year_names_is_there():
    named = re.findall(r"tests/[a-z_/]+\.py", (ROOT / "docs" / "year.md").read_text("utf-8"))
    assert len(set(named)) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
