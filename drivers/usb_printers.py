"""The USB printers of this machine, as the kernel tells in /sys, and which /dev/usb/lpN is that of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.errors import ScannerNotFound

SYS = Path("/sys")
_CLASS, _ALL = "class/usbmisc", "bus/usb/devices"
_PRINTER = "07"
UNDRIVEN = (
    "the kernel's printer driver does not have it",
    "run: sudo modprobe usblp; and take the printer out of CUPS, which keeps it for itself",
)


@dataclass(frozen=True, slots=True)
class UsbPrinter:
    """`ids`: vendor:product. `node`: its name in /dev/usb, "" while the kernel's printer driver does not have it."""

    ids: str
    words: str
    node: str


def printers_here(sys: Path = SYS) -> list[UsbPrinter]:
    """Each one once, those with a device file first."""
    nodes = {
        (entry / "device").resolve().parent: entry.name
        for entry in sorted((sys / _CLASS).glob("lp*"))
    }
    for part in sorted((sys / _ALL).glob("*:*")):
        if _text(part / "bInterfaceClass") == _PRINTER:
            nodes.setdefault(part.resolve().parent, "")
    found = (UsbPrinter(_ids(folder), _words(folder), node) for folder, node in nodes.items())
    return [one for one in found if one.ids]


def node_of(device: str, sys: Path = SYS) -> str:
    """The device file of the printer "VENDOR:PRODUCT" in hexadecimal, or of the only one for ""."""
    wanted, here = device.lower(), printers_here(sys)
    fitting = [one for one in here if wanted in ("", one.ids)]
    for one in fitting:
        if one.node:
            return f"/dev/usb/{one.node}"
    # One that calls itself no printer is not in the list; it is plugged in all the same.
    if fitting or wanted in map(_ids, (sys / _ALL).glob("*")):
        what, todo = UNDRIVEN
        raise ScannerNotFound(
            f"printer: {wanted or fitting[0].ids} is plugged in, but {what}", todo
        )
    others = f"; printers plugged in now: {', '.join(one.ids for one in here)}" if here else ""
    raise ScannerNotFound(
        f"printer: no USB printer{f' {device}' if device else ''} is plugged in",
        f"plug it in and switch it on, or correct device in station.toml{others}",
    )


def _ids(folder: Path) -> str:
    """vendor:product of a device's folder; "" if it is none, or was unplugged while we looked."""
    vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
    return f"{vendor}:{product}" if vendor and product else ""


def _words(folder: Path) -> str:
    return f"{_text(folder / 'manufacturer')} {_text(folder / 'product')}".strip()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
