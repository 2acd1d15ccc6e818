"""From a visit to paper: the words of web_ui, the slip of the drivers, and how it went."""

from __future__ import annotations

from drivers.errors import PrinterTrouble
from drivers.printer import Printer
from drivers.simulator import SimulatedPrinter
from drivers.slip import Look, Slip, SlipLine
from kiosk.screen import Printed, Screen, VisitView
from kiosk.slips import SlipPrinter
from web_ui.catalogue import Voice
from web_ui.slip_words import SlipWords, slip_text, slip_words
from web_ui.station.slip import slip_html


def slips_on(printer: Printer) -> SlipPrinter:
    """Slips on this printer; it is looked at from now on."""
    return SlipPrinter(_Press(printer))


def slip_of(visit: VisitView, screen: Screen, *, page: bool = False) -> Slip:
    """The slip in the screen's language, with the words of the page and the code of the screen."""
    language, local = screen.language, screen.local
    library = (screen.library_en if language == "en" else "") or screen.library
    return Slip(
        lines=_lines(slip_words(visit, Voice(language), library, local)),
        code=slip_text(visit, language, library, local),
        at=f"{local:%H:%M:%S}",
        page=slip_html(visit, language, library, local) if page else "",
    )


def _lines(words: SlipWords) -> tuple[SlipLine, ...]:
    lines = [
        SlipLine(words.library, look=Look.TITLE),
        SlipLine(words.when, look=Look.CENTRE),
        SlipLine(words.name, look=Look.CENTRE),
    ]
    for head, books in words.parts:
        lines.append(SlipLine(head, look=Look.HEAD))
        lines += [SlipLine(title, tail) for title, tail in books]
    return (*lines, SlipLine(""), SlipLine(words.thanks, look=Look.CENTRE))


class _Press:
    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self.look = printer.look
        self.health = printer.health
        self.stop = printer.stop

    @property
    def no_paper(self) -> bool:
        return self._printer.no_paper

    def print_one(self, visit: VisitView, screen: Screen) -> Printed:
        slip = slip_of(visit, screen, page=isinstance(self._printer, SimulatedPrinter))
        try:
            self._printer.print_slip(slip)
        except PrinterTrouble as trouble:
            if trouble.begun:
                return Printed.FAILED
            return Printed.NO_PAPER if trouble.no_paper else Printed.NOT_READY
        return Printed.DONE
