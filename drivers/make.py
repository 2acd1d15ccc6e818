"""From the devices of station.toml to the devices themselves; a kind is never replaced by another one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from config.library import Barcodes
from config.station import Printer as PrinterSettings
from config.station import ScannerSettings
from drivers.cards import CardFormat, can_become, translate
from drivers.escpos_slip import PaperForm
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing, Terminator
from drivers.printer import EscposPrinter, Printer
from drivers.printer_open import Opener, file_printer, network_printer, serial_printer, usb_printer
from drivers.recording import Recorder, head_of
from drivers.scan import Scanner
from drivers.serial_scanner import SerialScanner
from drivers.simulator import SimulatedPrinter, SimulatedScanner

SPY = "spy:"

Labels = Callable[[], Barcodes | None]
# Makes, for a reader that drops bytes (given, wanted), what finds the whole number again.
Complete = Callable[[CardFormat, CardFormat], Callable[[str], str]]


def make_scanners(
    settings: Iterable[ScannerSettings],
    labels: Labels = lambda: None,
    *,
    spy_folder: Path | None = None,
    complete: Complete = lambda _given, _wanted: str,
) -> tuple[Scanner, ...]:
    """A scanner for each table of the settings, in order; none is opened yet.

    `labels`: what the library's labels look like, asked again and again; a camera believes nothing else.
    What a scanner named "spy:..." reads is recorded in `spy_folder`; without one it is read only.
    """
    return tuple(
        make_scanner(one, labels, recorder=_spy(one, spy_folder), complete=complete)
        for one in settings
    )


def make_scanner(
    settings: ScannerSettings,
    labels: Labels = lambda: None,
    *,
    recorder: Recorder | None = None,
    complete: Complete = lambda _given, _wanted: str,
) -> Scanner:
    match settings.kind:
        case "simulator":
            return SimulatedScanner(settings.name)
        case "serial":
            return SerialScanner(
                settings.name,
                settings.port.removeprefix(SPY),
                framing_of(settings),
                baud=settings.baud,
                change=_card_change(settings, complete),
                recorder=recorder,
            )
        case "keyboard":
            return EvdevScanner(
                settings.name,
                settings.device.removeprefix(SPY),
                framing_of(settings),
                change=_card_change(settings, complete),
                recorder=recorder,
            )
        case "camera":
            # Brings OpenCV: 0.15 s and 30 MB, which a station without a camera does without.
            from drivers.make_camera import make_camera

            return make_camera(settings, labels)


def make_printer(settings: PrinterSettings) -> Printer | None:
    """The printer of the settings, None if there is none; it is not opened before it is looked at."""
    match settings.kind:
        case "none":
            return None
        case "simulator":
            return SimulatedPrinter()
        case "usb":
            return _escpos(usb_printer(settings.device), settings)
        case "serial":
            opener = serial_printer(settings.port, settings.baud, settings.flow)
            return _escpos(opener, settings)
        case "network":
            return _escpos(network_printer(settings.address), settings)
        case "file":
            return _escpos(file_printer(settings.path), settings)


def _escpos(opener: Opener, settings: PrinterSettings) -> EscposPrinter:
    form = PaperForm(
        columns=settings.columns,
        encoding=settings.encoding,
        code_page=settings.code_page,
        cut=settings.cut,
        feed=settings.feed,
        qr=settings.qr,
    )
    return EscposPrinter(opener, form)


def framing_of(settings: ScannerSettings) -> Framing:
    """A scanner that types has no ends_with of its own: Enter and Tab arrive as CR, which is the default."""
    return Framing(
        terminator=Terminator(settings.ends_with),
        silence_ms=settings.silence_ms,
        prefix=settings.prefix.encode("ascii"),
        suffix=settings.suffix.encode("ascii"),
        encoding=settings.encoding,
        longest=settings.longest,
    )


def settings_of(device: str, *, baud: int = 9_600) -> ScannerSettings:
    """A scanner that stands in no settings, by its address: an input device by its path or ids, else a serial port."""
    if device.startswith("/dev/input/") or re.fullmatch(
        r"[\da-fA-F]{4}:[\da-fA-F]{4}(:.+)?", device
    ):
        return ScannerSettings(name=device[:200], kind="keyboard", device=device)
    return ScannerSettings(
        name=device[:200], kind="serial", port=device, baud=baud, encoding="utf-8"
    )


def _spy(settings: ScannerSettings, folder: Path | None) -> Recorder | None:
    address = settings.port or settings.device
    if folder is None or not address.startswith(SPY):
        return None
    file = re.sub(r"[^\w-]", "_", settings.name)
    return Recorder(folder / f"{file}.jsonl", head_of(settings, address, "spy, by the station"))


def _card_change(settings: ScannerSettings, complete: Complete) -> Callable[[str], str]:
    if not settings.card_from:
        return str
    given, wanted = CardFormat(settings.card_from), CardFormat(settings.card_to)
    if not can_become(given, wanted):
        return complete(given, wanted)
    return partial(_translated, given=given, wanted=wanted)


def _translated(text: str, *, given: CardFormat, wanted: CardFormat) -> str:
    """A card number in the library's format; anything else that the reader reads, as it is."""
    return translate(text, given, wanted) or text
