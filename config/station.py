"""station.toml as frozen values: this one machine, its devices, its store and its patience. PURE."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.table import Many, Table, Text

Port = Annotated[int, Field(ge=1, le=65_535)]
Megabytes = Annotated[int, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=5, le=3_600)]


class StationIdentity(Table):
    """Who this machine is in the journal; room "" means the library's own room."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    name: Text
    name_en: str = ""
    room: str = ""


class Screen(Table):
    """The page on loopback; `streams`: how many screens may watch at once."""

    port: Port = 8080
    streams: Annotated[int, Field(ge=1, le=64)] = 4


class Store(Table):
    folder: Text = "data"
    reserve_mb: Megabytes = 200
    stop_checkouts_below_mb: Megabytes = 300
    backups: Annotated[int, Field(ge=1, le=1_000)] = 10


class VisitTimes(Table):
    idle_s: Seconds = 20
    returns_idle_s: Seconds = 15
    find_idle_s: Seconds = 45
    repeat_ms: Annotated[int, Field(ge=0, le=60_000)] = 3_000


class ScannerSettings(Table):
    """A scanner; its kind must be named, so that no station runs on a pretended one by accident."""

    name: Text
    kind: Literal["simulator"]


class Printer(Table):
    kind: Literal["none", "simulator"] = "none"


class CentralAddress(Table):
    """Where the central record answers; "" means there is none yet."""

    address: str = ""


class Station(Table):
    """station.toml as a whole."""

    station: StationIdentity
    screen: Screen = Screen()
    store: Store = Store()
    visit: VisitTimes = VisitTimes()
    scanners: Many[ScannerSettings]
    printer: Printer = Printer()
    central: CentralAddress = CentralAddress()
