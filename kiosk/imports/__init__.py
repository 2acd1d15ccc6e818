"""Patrons and catalogue from files: read and check, compare with the store, apply in short steps."""

from __future__ import annotations

from kiosk.store.store import Store


def finish_interrupted(store: Store) -> None:
    """Finish an import that a crash broke off in the middle; nothing to do in the ordinary case."""
