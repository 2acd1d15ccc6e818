"""From station.toml to scanners: kinds, their keys, and what a wrong table is told."""

from __future__ import annotations

import termios
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from config.settings import SettingsError, load_station
from config.station import _KEYS_OF, ScannerSettings
from config.station import CardFormat as CardFormatWords
from config.station import Printer as PrinterSettings
from drivers.camera import CameraScanner
from drivers.cards import CardFormat
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing, Terminator
from drivers.make import framing_of, make_printer, make_scanner, make_scanners
from drivers.printer import EscposPrinter
from drivers.serial_scanner import SerialScanner
from drivers.simulator import SimulatedPrinter, SimulatedScanner
from tests.drivers.wires import Ear, Terminal, Typist, wait_until

STATION = '[station]\nid = "hall-1"\nname = "大厅"\n'


def settings(tmp_path: Path, *tables: str) -> tuple[ScannerSettings, ...]:
    file = tmp_path / "station.toml"
    file.write_text(STATION + "".join(f"[[scanners]]\n{table}\n" for table in tables), "utf-8")
    return load_station(file).scanners


def refused(tmp_path: Path, table: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, table)
    (problem,) = caught.value.problems
    return problem.message


def test_each_kind_makes_its_own_scanner_in_order(tmp_path: Path) -> None:
    made = make_scanners(
        settings(
            tmp_path,
            'name = "front"\nkind = "simulator"',
            'name = "books"\nkind = "serial"\nport = "/dev/ttyACM0"',
            'name = "cards"\nkind = "keyboard"\ndevice = "0c2e:0b61"',
            'name = "desk"\nkind = "camera"\ndevice = "/dev/video0"',
        )
    )
    kinds = [SimulatedScanner, SerialScanner, EvdevScanner, CameraScanner]
    assert [type(one) for one in made] == kinds
    assert [one.name for one in made] == ["front", "books", "cards", "desk"]


def test_every_key_of_a_serial_scanner_reaches_its_framing(tmp_path: Path) -> None:
    (one,) = settings(
        tmp_path,
        'name = "books"\nkind = "serial"\nport = "x"\nends_with = "silence"\nsilence_ms = 80\n'
        'encoding = "gbk"\nprefix = "\\u0002"\nsuffix = "\\u0003"\nlongest = 30',
    )
    assert framing_of(one) == Framing(Terminator.SILENCE, 80, b"\x02", b"\x03", "gbk", 30)


def test_the_port_runs_at_the_speed_of_the_settings(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (one,) = settings(
        tmp_path, f'name = "books"\nkind = "serial"\nport = "{terminal.path}"\nbaud = 19200'
    )
    scanner = make_scanner(one)
    scanner.start(Ear())
    wait_until(lambda: scanner.health()["state"] == "green", "green")
    assert termios.tcgetattr(terminal._far)[4:6] == [termios.B19200] * 2
    scanner.stop()
    terminal.close()


def test_a_keyboard_ends_with_enter(tmp_path: Path) -> None:
    (one,) = settings(tmp_path, 'name = "cards"\nkind = "keyboard"\ndevice = "0c2e:0b61"')
    assert framing_of(one) == Framing()


def test_a_card_reader_gives_cards_as_the_library_writes_them(tmp_path: Path) -> None:
    (one,) = settings(
        tmp_path,
        'name = "cards"\nkind = "keyboard"\ndevice = "/dev/input/by-id/x"\ncard_from = "8H10D"\ncard_to = "6H8D"',
    )
    scanner, typist, ear = make_scanner(one), Typist(), Ear()
    assert isinstance(scanner, EvdevScanner)
    scanner._open_device = typist.open
    scanner.start(ear)
    typist.type("0040856634\rB-77\r")
    assert ear.hears(2) == ["07302202", "B-77"]
    scanner.stop()
    typist.unplug()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            'name = "a"\nkind = "serial"',
            'kind = "serial" needs port; write port = "/dev/ttyACM0", or its name in /dev/serial/by-id',
        ),
        (
            'name = "a"\nkind = "keyboard"',
            'kind = "keyboard" needs device; write device = "0c2e:0b61", or its path in /dev/input/by-id',
        ),
        (
            'name = "a"\nkind = "keyboard"\ndevice = "x"\nbaud = 9600\nport = "y"',
            'kind = "keyboard" has no baud, port; take it out',
        ),
        (
            'name = "a"\nkind = "camera"',
            'kind = "camera" needs device; write device = "/dev/video0", or its name in /dev/v4l/by-id',
        ),
        (
            'name = "a"\nkind = "camera"\ndevice = "0"\nregion = [0, 0, 640]',
            "region is [left, top, width, height] in pixels; [] is all of it",
        ),
        (
            'name = "a"\nkind = "camera"\ndevice = "0"\nends_with = "lf"',
            'kind = "camera" has no ends_with; take it out',
        ),
        (
            'name = "a"\nkind = "simulator"\nlongest = 9',
            'kind = "simulator" has no longest; take it out',
        ),
        (
            'name = "a"\nkind = "serial"\nport = "x"\ncard_to = "6H8D"',
            "card_from and card_to go together; write both or none",
        ),
    ],
)
def test_a_wrong_table_is_told_what_to_write(tmp_path: Path, table: str, message: str) -> None:
    assert refused(tmp_path, table) == message


def test_the_settings_know_the_same_card_formats() -> None:
    assert list(get_args(CardFormatWords)) == [str(one) for one in CardFormat]


def test_a_reader_that_drops_bytes_asks_for_the_whole_number(tmp_path: Path) -> None:
    asked: list[tuple[CardFormat, CardFormat]] = []

    def complete(given: CardFormat, wanted: CardFormat) -> Callable[[str], str]:
        asked.append((given, wanted))
        return {"07302202": "0040856634"}.__getitem__

    terminal, ear = Terminal(tmp_path), Ear()
    table = f'name = "a"\nkind = "serial"\nport = "{terminal.path}"\n'
    lossy = settings(tmp_path, table + 'card_from = "6H8D"\ncard_to = "8H10D"')
    (scanner,) = make_scanners(lossy, complete=complete)
    scanner.start(ear)
    wait_until(lambda: scanner.health()["state"] == "green", "green")
    terminal.send(b"07302202\r")
    assert ear.hears(1) == ["0040856634"]
    assert asked == [(CardFormat.SHORT, CardFormat.WHOLE)]
    scanner.stop()
    terminal.close()


PRINTERS = [
    ("", type(None)),
    ('kind = "none"', type(None)),
    ('kind = "simulator"', SimulatedPrinter),
    ('kind = "usb"', EscposPrinter),
    ('kind = "usb"\ndevice = "04B8:0e15"', EscposPrinter),
    ('kind = "serial"\nport = "/dev/ttyUSB0"\nflow = "rts-cts"', EscposPrinter),
    ('kind = "network"\naddress = "printer.school:9100"', EscposPrinter),
    ('kind = "network"\naddress = "[fe80::1]:9100"', EscposPrinter),
    ('kind = "file"\npath = "/dev/usb/lp0"\ncolumns = 32\nqr = false', EscposPrinter),
]


def printer_settings(tmp_path: Path, table: str) -> PrinterSettings:
    file = tmp_path / "station.toml"
    scanner = '[[scanners]]\nname = "a"\nkind = "simulator"\n'
    file.write_text(f"{STATION}{scanner}[printer]\n{table}\n", "utf-8")
    return load_station(file).printer


@pytest.mark.parametrize(("table", "kind"), PRINTERS)
def test_each_kind_makes_its_own_printer(tmp_path: Path, table: str, kind: type) -> None:
    assert type(make_printer(printer_settings(tmp_path, table))) is kind


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('kind = "serial"', 'kind = "serial" needs port; write port = "/dev/ttyUSB0", or its name'),
        ('kind = "network"', 'kind = "network" needs address; write address = "192.168.1.50:9100"'),
        ('kind = "file"', 'kind = "file" needs path; write path = "/dev/usb/lp0"'),
        ('kind = "usb"\nbaud = 9600', 'kind = "usb" has no baud; take it out'),
        ('kind = "simulator"\nqr = false', 'kind = "simulator" has no qr; take it out'),
        ('kind = "usb"\ndevice = "Epson"', 'write device = "04b8:0e15"'),
        ('kind = "network"\naddress = "10.0.0.5"', 'write address = "192.168.1.50:9100"'),
        ('kind = "network"\naddress = "10.0.0.5:99999"', 'write address = "192.168.1.50:9100"'),
        ('kind = "usb"\ncolumns = 40', "write one of: 32, 42, 48"),
        ('kind = "usb"\nencoding = "gb2312"', "write one of: gb18030, gbk"),
    ],
)
def test_a_wrong_printer_is_told_what_to_write(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        printer_settings(tmp_path, table)
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)


def test_the_examples_in_the_shipped_file_are_good_settings(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "config/station.toml"
    lines = shipped.read_text("utf-8").splitlines()
    first, last = lines.index("# [[scanners]]"), lines.index("[printer]")
    body = [line.removeprefix("# ") for line in lines[first:last] if line.startswith("# ")]
    wanted = [line for line in body if line.startswith("[[") or " = " in line.partition("#")[0]]
    (tmp_path / "station.toml").write_text(STATION + "\n".join(wanted), "utf-8")
    books, cards, desk = load_station(tmp_path / "station.toml").scanners
    assert (books.kind, books.baud, books.longest) == ("serial", 9600, 128)
    assert (cards.kind, cards.card_from, cards.card_to) == ("keyboard", "8H10D", "6H8D")
    plain = ScannerSettings(name="desk", kind="camera", device="usb-ACME_Camera-video-index0")
    # Every key stands there, with its default.
    assert (desk, desk.model_fields_set >= _KEYS_OF["camera"]) == (plain, True)
