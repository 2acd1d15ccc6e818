"""How hard the random runs try: a little in the suite, as much as the machine can bear under `make soak`."""

from __future__ import annotations

import os
from typing import TypeVar

SOAK = bool(os.environ.get("SOAK"))


T = TypeVar("T")


def often(usual: T, soak: T) -> T:
    """How many times, or of what: `usual` in the suite, which people wait for, `soak` under `make soak`."""
    return soak if SOAK else usual
