"""From the scanners of station.toml to the scanners themselves; a kind is never replaced by another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from config.station import ScannerSettings
from drivers.cards import CardFormat, translate
from drivers.evdev_scanner import EvdevScanner
from drivers.framing import Framing, Terminator
from drivers.scan import Scanner
from drivers.serial_scanner import SerialScanner
from drivers.simulator import SimulatedScanner


def make_scanners(settings: Iterable[ScannerSettings]) -> tuple[Scanner, ...]:
    """A scanner for each table of the settings, in order; none is opened yet."""
    return tuple(make_scanner(one) for one in settings)


def make_scanner(settings: ScannerSettings) -> Scanner:
    match settings.kind:
        case "simulator":
            return SimulatedScanner(settings.name)
        case "serial":
            return SerialScanner(
                settings.name,
                settings.port,
                framing_of(settings),
                baud=settings.baud,
                change=_card_change(settings),
            )
        case "keyboard":
            return EvdevScanner(
                settings.name,
                settings.device,
                framing_of(settings),
                change=_card_change(settings),
            )


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


def _card_change(settings: ScannerSettings) -> Callable[[str], str]:
    if not settings.card_from:
        return str
    given, wanted = CardFormat(settings.card_from), CardFormat(settings.card_to)
    return partial(_translated, given=given, wanted=wanted)


def _translated(text: str, *, given: CardFormat, wanted: CardFormat) -> str:
    """A card number in the library's format; anything else that the reader reads, as it is."""
    return translate(text, given, wanted) or text
