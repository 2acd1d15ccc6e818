"""A name for this very machine, so that a copied disk in another one is noticed. It says nothing about the machine.

The board's own serial number where the firmware tells one, else the addresses of its built-in network cards, else the
number that the system gave itself (which a copied disk takes along).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_SERIALS = (
    "proc/device-tree/serial-number",
    "sys/class/dmi/id/product_uuid",
    "sys/class/dmi/id/board_serial",
)
_OWN_NUMBER = "etc/machine-id"


def hardware_id(root: Path = Path("/")) -> str:
    """32 hexadecimal letters, the same at every start of this machine. root: where its file system begins."""
    told = _serial(root) or _cards(root) or _read(root / _OWN_NUMBER) or "unknown"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _serial(root: Path) -> str:
    return next((found for name in _SERIALS if (found := _read(root / name))), "")


def _cards(root: Path) -> str:
    # Cards on the board have a device that hangs on no USB: a dongle is changed, a bridge is made up.
    devices = sorted(root.glob("sys/class/net/*/device"))
    own = [device.parent for device in devices if "/usb" not in str(device.resolve())]
    return " ".join(filter(None, (_read(card / "address") for card in own)))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().strip(b"\x00 \n").decode(errors="replace")
    except OSError:
        return ""
