"""Where a station keeps its settings and its store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from config.station import Station as StationSettings
from kiosk.store.store import Store


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the settings lie; the store's folder in station.toml is counted from the one above them."""

    config: Path

    def store(self, settings: StationSettings) -> Path:
        return (self.config.parent / settings.store.folder).resolve()


def open_store(folders: Folders, settings: StationSettings, *, reserve: bool = False) -> Store:
    """The station's store, migrated; raises StoreError with what to do. reserve: only a running station keeps one."""
    return Store.open(
        folders.store(settings),
        reserve_mb=settings.store.reserve_mb if reserve else 0,
        stop_below_mb=settings.store.stop_checkouts_below_mb,
        backups=settings.store.backups,
    )
