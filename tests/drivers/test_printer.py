"""A slip printer in all its moods: what is told to staff, and whether a part of the slip may be on paper."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.errors import PrinterTrouble
from drivers.escpos_slip import PaperForm
from drivers.printer import EscposPrinter
from drivers.printer_line import PrinterLine
from drivers.printer_open import Opener, file_printer, network_printer, serial_printer
from drivers.printer_status import ALL_PRINTED
from drivers.usb_printers import node_of
from tests.drivers.paper import (
    QUICK,
    SLIP,
    NetworkEnd,
    SerialEnd,
    plug_usb,
    printer_on,
    read_paper,
)
from tests.drivers.wires import wait_until


@pytest.fixture(params=[SerialEnd, NetworkEnd])
def end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SerialEnd | NetworkEnd]:
    made = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[NetworkEnd]:
    made = NetworkEnd(tmp_path)
    yield made
    made.close()


def trouble(printer: EscposPrinter) -> PrinterTrouble:
    with pytest.raises(PrinterTrouble) as caught:
        printer.print_slip(SLIP)
    assert printer.health() == {
        "state": "red",
        "what": caught.value.what,
        "do": caught.value.do,
    }
    return caught.value


def printer_at(opener: Opener) -> EscposPrinter:
    return EscposPrinter(opener, PaperForm(), QUICK)


def test_an_open_cover_is_told_and_nothing_is_sent(end: SerialEnd | NetworkEnd) -> None:
    end.does.cover_open = True
    told = trouble(printer_on(end))
    assert told.what.endswith("has its cover open")
    assert (told.begun, told.no_paper, end.does.printed) == (False, False, b"")


def test_a_printer_taken_off_line_is_told(end: SerialEnd | NetworkEnd) -> None:
    end.does.off_line = True
    assert trouble(printer_on(end)).what.endswith("is off-line")


def test_a_roll_near_its_end_prints_and_warns(end: SerialEnd | NetworkEnd) -> None:
    end.does.near_end = True
    printer = printer_on(end)
    printer.print_slip(SLIP)
    assert printer.health()["state"] == "yellow"
    assert str(printer.health()["what"]).endswith("the roll is nearly used up")
    assert printer.health()["do"] == "have a new roll at hand"


def test_paper_that_ends_within_a_slip_is_noticed(end: SerialEnd | NetworkEnd) -> None:
    end.does.paper_left = 40
    told = trouble(printer_on(end))
    assert told.what.endswith("is out of paper")
    assert (told.begun, told.no_paper) == (True, True)
    assert len(end.does.printed) == 40


def test_a_printer_that_never_answers_prints_all_the_same_and_says_so(
    end: SerialEnd | NetworkEnd,
) -> None:
    end.does.silent = True
    printer = printer_on(end)
    printer.print_slip(SLIP)
    wait_until(lambda: end.does.printed.endswith(b"\x1dV\x01"), "the cut")
    assert "阳光图书馆" in read_paper(end.does.printed)
    assert printer.health()["state"] == "green"
    assert "does not tell about its paper" in str(printer.health()["what"])


def test_a_printer_that_falls_silent_is_not_sent_slips_into_the_dark(
    end: SerialEnd | NetworkEnd,
) -> None:
    printer = printer_on(end)
    printer.print_slip(SLIP)
    end.does.silent = True
    told = trouble(printer)
    assert told.what.endswith("does not answer any more")
    assert not told.begun


def test_a_printer_that_does_not_know_the_last_question_is_asked_it_once(
    end: SerialEnd | NetworkEnd,
) -> None:
    end.does.old = True
    printer = printer_on(end)
    printer.print_slip(SLIP)
    printer.print_slip(SLIP)
    wait_until(lambda: read_paper(end.does.printed).count("阳光图书馆") == 2, "two slips")
    assert end.does.asked.count(ALL_PRINTED) == 1


def test_a_printer_that_hangs_up_within_a_slip_may_have_printed_a_part(network: NetworkEnd) -> None:
    network.hang_up_after = 30
    told = trouble(printer_on(network))
    assert told.begun
    assert told.what.startswith("printer: the connection broke off (")
    assert "cut short" in told.do
    network.hang_up_after = None
    printer_on(network).print_slip(SLIP)


def test_a_printer_that_takes_no_byte_more_is_given_up_in_time(network: NetworkEnd) -> None:
    network.hangs = True
    told = trouble(EscposPrinter(_choked(network), PaperForm(), QUICK))
    assert "it does not take what is sent" in told.what
    assert not told.begun


def _choked(network: NetworkEnd) -> Opener:
    """Connections whose buffers are full already, as they are after some slips that nobody took."""

    def open_line(ended: threading.Event) -> PrinterLine:
        line = network.opener(ended)
        with pytest.raises(TimeoutError):
            line.write(b"x" * 8_000_000, 1.0)
        return line

    return open_line


def test_a_printer_that_hangs_does_not_hold_up_the_end(network: NetworkEnd) -> None:
    network.hangs = True
    printer = EscposPrinter(network.opener, PaperForm())
    seen: list[PrinterTrouble] = []

    def run() -> None:
        try:
            while True:
                printer.print_slip(SLIP)
        except PrinterTrouble as error:
            seen.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: network.calls > 0, "a call")
    printer.stop()
    thread.join(10)
    assert [error.what for error in seen] == ["printer: the station was stopped"]


def test_a_printer_that_is_switched_off_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = trouble(printer_at(network_printer(f"127.0.0.1:{port}")))
    assert told.what == f"printer: 127.0.0.1:{port} does not answer (Connection refused)"
    assert told.do.startswith("switch it on")
    assert not told.begun


def test_a_name_that_no_machine_has_is_told() -> None:
    told = trouble(printer_at(network_printer("printer.invalid:9100")))
    assert told.what.startswith("printer: no machine is known as printer.invalid")
    assert "address in station.toml" in told.do


def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = trouble(printer_at(serial_printer(str(tmp_path / "ttyUSB7"), 9600, "none")))
    assert told.what == f"printer: {tmp_path}/ttyUSB7 is not there"
    assert "correct port in station.toml" in told.do
    told = trouble(printer_at(file_printer("/dev/usb/lp77")))
    assert told.what == "printer: /dev/usb/lp77 is not there"
    assert "correct path in station.toml" in told.do


def test_a_port_that_is_held_names_its_holder(tmp_path: Path) -> None:
    end = SerialEnd(tmp_path)
    holder = end.opener(threading.Event())
    told = trouble(printer_on(end))
    assert f"held by process {os.getpid()}" in told.what
    holder.close()
    printer_on(end).print_slip(SLIP)
    end.close()


def test_a_full_disk_is_told_as_what_it_is() -> None:
    # /dev/full is a device, and what a USB printer without paper says is the same word.
    told = trouble(printer_at(file_printer("/dev/full")))
    assert told.no_paper
    assert told.what == "printer: /dev/full is out of paper"


def test_a_usb_printer_is_found_by_vendor_and_product(tmp_path: Path) -> None:
    plug_usb(tmp_path, 0, "0fe6:811e")
    plug_usb(tmp_path, 1, "04b8:0e15")
    assert node_of("04B8:0E15", tmp_path) == "/dev/usb/lp1"
    assert node_of("", tmp_path) == "/dev/usb/lp0"


def test_a_usb_printer_that_the_kernel_does_not_drive_is_told_from_one_not_plugged_in(
    tmp_path: Path,
) -> None:
    plug_usb(tmp_path, 1, "04b8:0e15", driver=False)
    for device in ("04b8:0e15", ""):
        with pytest.raises(FileNotFoundError, match=r"04b8:0e15 .*modprobe usblp.*CUPS"):
            node_of(device, tmp_path)
    plug_usb(tmp_path, 2, "1fc9:2016", driver=False, prints="ff")
    with pytest.raises(FileNotFoundError, match=r"1fc9:2016 .*modprobe usblp"):
        node_of("1fc9:2016", tmp_path)
    plug_usb(tmp_path, 0, "0fe6:811e")
    assert node_of("", tmp_path) == "/dev/usb/lp0"
    with pytest.raises(FileNotFoundError, match="plugged in now: 0fe6:811e, 04b8:0e15"):
        node_of("1234:5678", tmp_path)
    with pytest.raises(FileNotFoundError, match="no USB printer is plugged in"):
        node_of("", tmp_path / "nothing")
