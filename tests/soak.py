"""How hard the random runs try: a little in the suite, as much as the machine can bear under `make soak`."""

from __future__ import annotations

import os

SOAK = bool(os.environ.get("SOAK"))


def often(usual: int, soak: int) -> int:
    """How many times: `usual` in the suite, which people wait for, `soak` under `make soak`."""
    return soak if SOAK else usual
