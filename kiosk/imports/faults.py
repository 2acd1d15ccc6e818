"""What can be wrong with a file or one of its rows, in words that say what, which, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.errors import KioskError


class ImportFailed(KioskError, ValueError):
    """The file as a whole cannot be taken; nothing of it was."""


class RowFault(KioskError, ValueError):
    """One row cannot be taken; the next one is tried."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was rejected, or one that was taken with a change. `line`: line, row or record number; 0: the file."""

    line: int
    what: str
    remedy: str
    rejected: bool = True


def shown(text: str, longest: int = 40) -> str:
    """A value of the file made safe for a message."""
    clean = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:longest])
    return f'"{clean}…"' if len(text) > longest else f'"{clean}"'
