"""What every bench is given, and how it says that it cannot run here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PATRONS = 10_000
COPIES = 100_000


class BenchError(Exception):
    """This bench cannot be measured here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`folder`: an empty folder that goes away after the bench. `photos`: pictures to read, if any were given."""

    folder: Path
    photos: Path | None = None
