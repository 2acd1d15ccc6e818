"""station.toml as frozen values: this one machine, its devices, its store and its patience. PURE."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.table import Many, Table, Text

Port = Annotated[int, Field(ge=1, le=65_535)]
Megabytes = Annotated[int, Field(ge=0, le=1_000_000)]
Seconds = Annotated[int, Field(ge=5, le=3_600)]
Affix = Annotated[str, Field(max_length=16, pattern=r"^[\x00-\x7f]*$")]
Decoder = Literal["zxing-cpp", "pyzbar", "tapirscan", "tapirscan-medium", "tapirscan-enhanced"]
CardFormat = Literal[
    "10H",
    "8H",
    "8H reversed",
    "8H10D",
    "8H10D reversed",
    "6H8D",
    "2H+4H",
    "2H4H",
    "4H+4H",
    "4H4H",
]

# Asked in this order until one reads; those that a site leaves out are not missed.
DECODERS: tuple[Decoder, ...] = (
    "zxing-cpp",
    "tapirscan",
    "tapirscan-medium",
    "tapirscan-enhanced",
)


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
    """A scanner; its kind must be named, so that no station runs on a pretended one by accident.

    One table for all kinds; a key that the kind does not have is refused by `_own_keys_only`.
    """

    name: Text
    kind: Literal["simulator", "serial", "keyboard", "camera"]
    port: Annotated[str, Field(max_length=200)] = ""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9_600
    ends_with: Literal["cr", "lf", "crlf", "tab", "silence"] = "cr"
    silence_ms: Annotated[int, Field(ge=5, le=1_000)] = 50
    encoding: Literal["ascii", "utf-8", "gbk"] = "ascii"
    device: Annotated[str, Field(max_length=200)] = ""
    prefix: Affix = ""
    suffix: Affix = ""
    longest: Annotated[int, Field(ge=1, le=1_000)] = 128
    card_from: CardFormat | Literal[""] = ""
    card_to: CardFormat | Literal[""] = ""
    width: Annotated[int, Field(ge=160, le=7_680)] = 1_280
    height: Annotated[int, Field(ge=120, le=4_320)] = 720
    fourcc: Annotated[str, Field(pattern=r"^([A-Z0-9]{4})?$")] = "MJPG"
    fps: Annotated[int, Field(ge=1, le=120)] = 15
    exposure_ms: Annotated[float, Field(ge=0, le=1_000)] = 0
    region: Many[Annotated[int, Field(ge=0, le=7_680)]] = ()
    cpu_percent: Annotated[int, Field(ge=5, le=100)] = 50
    decoders: Annotated[Many[Decoder], Field(min_length=1)] = DECODERS
    agree: Annotated[int, Field(ge=1, le=5)] = 2

    @model_validator(mode="after")
    def _own_keys_only(self) -> ScannerSettings:
        _own_keys(self, self.kind, _KEYS_OF[self.kind] | {"name"}, _NEEDED)
        if self.region and (len(self.region) != 4 or 0 in self.region[2:]):
            raise ValueError("region is [left, top, width, height] in pixels; [] is all of it")
        if bool(self.card_from) != bool(self.card_to):
            raise ValueError("card_from and card_to go together; write both or none")
        return self


def _own_keys(
    table: Table, kind: str, own: frozenset[str], needs: dict[str, tuple[str, str]]
) -> None:
    """Refuse keys that this kind does not have, and the lack of the one it cannot do without."""
    foreign = sorted(table.model_fields_set - {"kind"} - own)
    if foreign:
        raise ValueError(f'kind = "{kind}" has no {", ".join(foreign)}; take it out')
    needed, example = needs.get(kind, ("kind", ""))
    if not getattr(table, needed):
        raise ValueError(f'kind = "{kind}" needs {needed}; write {example}')


_SHARED = frozenset(("prefix", "suffix", "longest", "card_from", "card_to"))
_KEYS_OF = {
    "simulator": frozenset[str](),
    "serial": _SHARED | {"port", "baud", "ends_with", "silence_ms", "encoding"},
    "keyboard": _SHARED | {"device"},
    "camera": frozenset(
        "device width height fourcc fps exposure_ms region cpu_percent decoders agree".split()
    ),
}
# Kind -> the key it cannot do without, and an example.
_NEEDED = {
    "serial": ("port", 'port = "/dev/ttyACM0", or its name in /dev/serial/by-id'),
    "keyboard": ("device", 'device = "0c2e:0b61", or its path in /dev/input/by-id'),
    "camera": ("device", 'device = "/dev/video0", or its name in /dev/v4l/by-id'),
}


class Printer(Table):
    """The slip printer; one table for all kinds, as for scanners. code_page: -1 sends none."""

    kind: Literal["none", "simulator", "usb", "serial", "network", "file"] = "none"
    device: Annotated[str, Field(max_length=9)] = ""
    port: Annotated[str, Field(max_length=200)] = ""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9_600
    flow: Literal["none", "rts-cts", "xon-xoff"] = "none"
    address: Annotated[str, Field(max_length=200)] = ""
    path: Annotated[str, Field(max_length=200)] = ""
    columns: Literal[32, 42, 48] = 48
    encoding: Literal["gb18030", "gbk"] = "gb18030"
    code_page: Annotated[int, Field(ge=-1, le=255)] = -1
    cut: Literal["full", "partial", "none"] = "partial"
    feed: Annotated[int, Field(ge=0, le=20)] = 5
    qr: bool = True

    @model_validator(mode="after")
    def _own_keys_only(self) -> Printer:
        _own_keys(self, self.kind, _PRINTER_KEYS[self.kind], _PRINTER_NEEDS)
        if self.device and not re.fullmatch(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}", self.device):
            raise ValueError('write device = "04b8:0e15", the vendor and product that lsusb shows')
        if self.address and not _is_address(self.address):
            raise ValueError('write address = "192.168.1.50:9100", the port after a colon')
        return self


_SLIP = frozenset(("columns", "encoding", "code_page", "cut", "feed", "qr"))
_PRINTER_KEYS = {
    "none": frozenset[str](),
    "simulator": frozenset[str](),
    "usb": _SLIP | {"device"},
    "serial": _SLIP | {"port", "baud", "flow"},
    "network": _SLIP | {"address"},
    "file": _SLIP | {"path"},
}
_PRINTER_NEEDS = {
    "serial": ("port", 'port = "/dev/ttyUSB0", or its name in /dev/serial/by-id'),
    "network": ("address", 'address = "192.168.1.50:9100"'),
    "file": ("path", 'path = "/dev/usb/lp0", or the path of a plain file'),
}


def _is_address(text: str) -> bool:
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})", text)
    return found is not None and 1 <= int(found[2]) <= 65_535


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
