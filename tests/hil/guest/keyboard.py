"""The scanner that types, on a real USB keyboard: grab, a second reader, hostile keys, lost events, unplug, replug."""

from __future__ import annotations

import errno
import os

from drivers.errors import ScannerHeld
from drivers.evdev_device import KernelDevice, find, read_events
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing, Why
from drivers.key_events import EV_KEY
from tests.hil.guest.ear import Ear
from tests.hil.guest.host import Host, refusal, until

WANTED = "0627:0001:SCAN01"
BY_ID = "/dev/input/by-id"
FIRST, SECOND = "9787020002207", "9787115428028"
KEY_7, KEY_ENTER = 8, 28


class UsbKeyboard:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._path = find(WANTED, "cards")
        self._second_reader = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)

    def without_a_grab_a_second_reader_sees_the_keys(self) -> None:
        self._host.hands("type", "7\r")
        seen: list[int] = []

        def saw_both() -> bool:
            seen.extend(self._presses())
            return len(seen) >= 2

        until(saw_both, lambda: f"for two keys; the second reader saw {seen}")
        assert seen == [KEY_7, KEY_ENTER], f"the second reader saw {seen}"

    def under_the_grab_two_scans_are_read_and_the_second_reader_sees_nothing(self) -> None:
        self._scanner = EvdevScanner("cards", WANTED, Framing())
        self._ear = Ear(self._scanner)
        self._ear.state("green")
        self._host.hands("type", "20240001\rB-77x\r")
        self._ear.hears("20240001", "B-77x")
        self._second_reader_sees_nothing()

    def a_second_grab_is_refused_and_the_holder_is_named(self) -> None:
        error = refusal(ScannerHeld, EvdevScanner("two", WANTED, Framing())._open)
        assert f"{self._path} is held by process {os.getpid()}" in str(error), str(error)
        assert refusal(OSError, lambda: KernelDevice(self._path)).errno == errno.EBUSY

    def a_barcode_with_control_keys_is_not_believed_and_types_nothing(self) -> None:
        self._host.hands("chords", "1", "ctrl+v", "alt+f4", "ret")
        self._ear.hears("")
        assert Why.CONTROL in self._ear.state("yellow")
        self._second_reader_sees_nothing()
        os.close(self._second_reader)

    def two_scans_left_unread_lose_events_and_make_no_barcode(self) -> None:
        # While the listener sleeps, the driver's thread reads nothing: 64 events fit, two scans are more.
        self._ear.sleep()
        self._host.hands("type", "1\r")
        self._ear.waits_for(1)
        self._host.hands("type", f"{FIRST}\r{SECOND}\r")
        self._ear.wake()
        self._ear.hears("1", "")
        assert Why.DROPPED in self._ear.state("yellow")

    def the_scan_after_lost_events_is_right(self) -> None:
        self._host.hands("type", f"{FIRST}\r")
        self._ear.hears(FIRST)
        self._ear.state("green")

    def unplug_is_told(self) -> None:
        self._host.hands("unplug", "keyboard")
        self._ear.state("red")

    def after_replug_it_reads_again_without_a_restart(self) -> None:
        self._host.hands("replug", "keyboard")
        self._ear.state("green")
        self._host.hands("type", "12345678\r")
        self._ear.hears("12345678")
        self._scanner.stop()

    def by_its_path_in_by_id_it_is_read_as_well(self) -> None:
        (name,) = [entry for entry in os.listdir(BY_ID) if "SCAN01" in entry]
        scanner = EvdevScanner("cards", f"{BY_ID}/{name}", Framing())
        ear = Ear(scanner)
        ear.state("green")
        self._host.hands("type", "87654321\r")
        ear.hears("87654321")
        scanner.stop()

    def _presses(self) -> list[int]:
        """The codes of the keys whose presses lie ready for the second reader."""
        events = [event for event, _ in read_events(self._second_reader, 0.1)]
        return [code for kind, code, value in events if (kind, value) == (EV_KEY, 1)]

    def _second_reader_sees_nothing(self) -> None:
        seen = self._presses()
        assert not seen, f"the second reader saw the keys {seen}"
