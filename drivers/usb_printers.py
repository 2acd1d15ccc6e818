"""Which /dev/usb/lpN is the printer of the settings: by vendor and product, as the kernel tells in /sys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drivers.errors import ScannerNotFound

SYS = Path("/sys")
_CLASS, _ALL = "class/usbmisc", "bus/usb/devices"


def node_of(device: str, sys: Path = SYS) -> str:
    """The device file of the printer "VENDOR:PRODUCT" in hexadecimal, or of the only one for ""."""
    here = dict(printers_here(sys))
    for node, name in here.items():
        if device.lower() in ("", name):
            return node
    if device.lower() in set(_devices(sys)):
        raise ScannerNotFound(
            f"printer: {device} is plugged in, but the kernel's printer driver does not have it",
            "run: sudo modprobe usblp; and take the printer out of CUPS, which keeps it for itself",
        )
    others = f"; printers plugged in now: {', '.join(here.values())}" if here else ""
    raise ScannerNotFound(
        f"printer: no USB printer{f' {device}' if device else ''} is plugged in",
        f"plug it in and switch it on, or correct device in station.toml{others}",
    )


def printers_here(sys: Path = SYS) -> Iterator[tuple[str, str]]:
    """Device file and vendor:product of each USB printer."""
    for entry in sorted((sys / _CLASS).glob("lp*")):
        name = _name((entry / "device").resolve().parent)
        if name:
            yield f"/dev/usb/{entry.name}", name


def _devices(sys: Path) -> Iterator[str]:
    return (name for entry in (sys / _ALL).glob("*") if (name := _name(entry)))


def _name(folder: Path) -> str:
    """vendor:product of a device's folder; "" if it is none, or was unplugged while we looked."""
    try:
        vendor, product = ((folder / f"id{part}").read_text() for part in ("Vendor", "Product"))
    except OSError:
        return ""
    return f"{vendor.strip()}:{product.strip()}"
