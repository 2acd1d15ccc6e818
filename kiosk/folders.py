"""Where a station keeps its settings and its store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from config.settings import load_station
from config.station import Station as StationSettings
from kiosk.errors import StoreError
from kiosk.store.store import FILE, Store


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


def existing_store(config: Path) -> Store:
    """The store of a station that has run by the settings in this folder; none is made where there is none."""
    folders = Folders(config.resolve())
    settings = load_station(folders.config / "station.toml")
    if not (folders.store(settings) / FILE).exists():
        raise StoreError(
            f"no station has run by the settings in {folders.config} yet; "
            "name the right folder with --config (for the demo: --config demo-data/config)"
        )
    return open_store(folders, settings)
