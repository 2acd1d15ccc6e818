"""The serial scanner, on a real USB serial adapter: by-id name, symbology, exclusive use, unplug and replug."""

from __future__ import annotations

import os
import subprocess

from drivers.errors import ScannerHeld
from drivers.framing import Framing
from drivers.serial_scanner import SerialScanner, address_of, ports_here
from tests.hil.guest.ear import Ear
from tests.hil.guest.host import PATIENCE_S, Host, refusal, until


class UsbSerial:
    def __init__(self, host: Host) -> None:
        self._host = host
        until(ports_here, lambda: "for a port in /dev/serial/by-id")
        (self._port,) = ports_here()
        self._ear = Ear(SerialScanner("books", self._port, Framing()))

    def by_its_by_id_name_two_scans_are_read_one_with_its_symbology(self) -> None:
        assert "SER01" in self._ear.state("green")
        self._host.hands("serial", "]C020240001\r9787020002207\r")
        self._ear.waits_for(2)
        assert [scan.symbology for scan in self._ear.scans] == ["Code 128", ""]
        self._ear.hears("20240001", "9787020002207")

    def a_second_opening_is_refused_and_the_holder_is_named(self) -> None:
        error = refusal(ScannerHeld, SerialScanner("two", self._port, Framing())._open)
        assert f"is held by process {os.getpid()}" in str(error), str(error)

    def a_plain_reader_without_the_grace_to_ask_is_kept_out(self) -> None:
        # Root may open it all the same; the kernel keeps the others out, even where the file's mode would let them in.
        address = address_of(self._port)
        os.chmod(address, 0o666)
        done = subprocess.run(
            ["cat", address],
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            timeout=PATIENCE_S,
        )
        assert b"busy" in done.stderr, done

    def two_scans_left_unread_are_both_there_afterwards(self) -> None:
        self._ear.sleep()
        self._host.hands("serial", "1\r")
        self._ear.waits_for(1)
        self._host.hands("serial", "20240002\r20240003\r")
        self._ear.wake()
        self._ear.hears("1", "20240002", "20240003")

    def unplug_in_the_middle_of_a_scan_is_told(self) -> None:
        self._host.hands("serial", "5555")
        self._host.hands("unplug", "serial")
        self._ear.state("red")

    def after_replug_it_reads_again_without_a_restart_and_without_that_half(self) -> None:
        self._host.hands("replug", "serial")
        self._ear.state("green")
        self._host.hands("serial", "11112222\r")
        self._ear.hears("11112222")
