"""The forty-five situations that a fleet of offline stations will meet: each is a test that bears its number."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_situation_has_a_test_of_its_name() -> None:
    named = set()
    for file in HERE.rglob("test_*.py"):
        for ids in re.findall(
            r"^def test_((?:a\d\d_)+)", file.read_text(encoding="utf-8"), re.MULTILINE
        ):
            named.update(re.findall(r"a\d\d", ids))
    assert sorted(named) == [f"a{n:02}" for n in range(1, 46)]
