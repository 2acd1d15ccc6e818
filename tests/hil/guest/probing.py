"""What a maintainer's tools see of real devices: probe's lasting names, and which device a scan came from."""

from __future__ import annotations

import contextlib
import threading

from drivers.listen import Listening
from drivers.probe import Machine
from tests.hil.guest.host import Host, until


class Probe:
    def __init__(self, host: Host) -> None:
        self._host = host

    def every_device_is_listed_by_its_lasting_name(self) -> None:
        wanted = {"SER01": "serial", "SCAN01-event-kbd": "keyboard"}

        def missing() -> set[str]:
            found = [(one.kind, one.lines[-1]) for one in Machine().plugged()]
            return {
                name
                for name, kind in wanted.items()
                if not any(kind == of and name in line for of, line in found)
            }

        until(lambda: not missing(), lambda: f"for {missing()} among {Machine().plugged()}")

    def listening_tells_which_device_a_scan_came_from(self) -> None:
        plugged = [one for one in Machine().plugged() if "01" in one.name]
        with contextlib.closing(Listening(plugged)) as listening:
            assert not listening.deaf, listening.deaf
            breaths = listening.breaths(threading.Event(), 30)
            self._host.hands("type", "B-77\r")
            one, raw = next(breaths)
            assert (one.kind, raw) == ("keyboard", b"B-77\r")
            self._host.hands("serial", "]C020240001\r\n")
            one, raw = next(breaths)
            assert (one.kind, raw) == ("serial", b"]C020240001\r\n")
