"""The rules in force: library.toml as last read whole and valid."""

from __future__ import annotations

from pathlib import Path

from kiosk.calendar import Rules


class Rulebook:
    """Holds the newest valid rules; never half of a file."""

    current: Rules
    trouble: str | None

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def refresh(self) -> bool:
        raise NotImplementedError
