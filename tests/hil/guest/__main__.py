"""Tries every row of every device, in order, and tells the host of each. A row is a public method: its name says it.

Rows of one device build on each other: after one that fails, the rest of that device is told as not tried.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog

from tests.hil.guest.camera import VideoCamera
from tests.hil.guest.host import Host
from tests.hil.guest.keyboard import UsbKeyboard
from tests.hil.guest.probing import Probe
from tests.hil.guest.serial_port import UsbSerial

DEVICES: dict[str, Callable[[Host], Any]] = {
    "kiosk probe": Probe,
    "usb keyboard": UsbKeyboard,
    "usb serial": UsbSerial,
    "video camera": VideoCamera,
}

log = structlog.get_logger()


def main() -> None:
    host = Host()
    plan = {device: _rows(kind) for device, kind in DEVICES.items()}
    host.tell(planned=sum(map(len, plan.values())))
    for device, rows in plan.items():
        _try(host, device, rows)
    host.tell(end=True)


def _rows(kind: object) -> list[str]:
    return [name for name in vars(kind) if not name.startswith("_")]


def _try(host: Host, device: str, rows: list[str]) -> None:
    bench, why = None, ""
    for row in rows:
        began = time.monotonic()
        if why:
            why = "not tried, because of the row above"
        else:
            try:
                bench = bench or DEVICES[device](host)
                getattr(bench, row)()
            except Exception as error:
                log.exception("row failed", device=device, row=row)
                why = f"{type(error).__name__}: {error}"
        took_s = round(time.monotonic() - began, 2)
        host.tell(device=device, shown=row.replace("_", " "), seconds=took_s, why=why)


if __name__ == "__main__":
    main()
