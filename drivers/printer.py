"""A slip printer: opened for each slip, asked how it is, given the slip, asked whether it is on paper.

Nothing is kept open between slips, so that a printer may be unplugged, switched off or moved at any time. Every
call may take some seconds: whoever calls has a thread of its own for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOSPC
from typing import Protocol

import structlog

from drivers.errors import DriverError, PrinterTrouble
from drivers.escpos_slip import PaperForm, slip_bytes
from drivers.printer_line import PrinterLine, Stopping
from drivers.printer_open import Opener
from drivers.printer_status import (
    ALL_PRINTED,
    QUESTIONS,
    PrinterStatus,
    is_answer,
    is_printed,
    question,
    status_of,
)
from drivers.slip import Slip

log = structlog.get_logger()


class Printer(Protocol):
    """Puts slips on paper, one after the other, for one thread."""

    def print_slip(self, slip: Slip) -> None:
        """Returns when it is on paper, as far as the printer can tell; raises PrinterTrouble when it is not."""
        ...

    def look(self) -> None:
        """Ask it how it is, for health; never raises."""
        ...

    def health(self) -> dict[str, object]:
        """`{"state": "green" | "yellow" | "red", "what": one sentence, "do": what to do}`."""
        ...

    @property
    def no_paper(self) -> bool:
        """Was it out of paper when last looked at?"""
        ...

    def stop(self) -> None:
        """End what is under way, from any thread, within a fraction of a second."""
        ...


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: for one answer, and for a whole slip to be taken. printed_tries: answers awaited for one slip."""

    answer_s: float = 1.0
    write_s: float = 10.0
    printed_tries: int = 8


class EscposPrinter:
    """Any printer that understands ESC/POS, whatever it hangs on."""

    def __init__(self, open_line: Opener, form: PaperForm, times: Times | None = None) -> None:
        self._open_line = open_line
        self._form = form
        self._times = times or Times()
        self._ended = threading.Event()
        self._answered = False
        self._tells_when_printed = True
        self.no_paper = False
        self._health: dict[str, object] = {
            "state": "yellow",
            "what": "printer: not looked at yet",
            "do": "wait a moment",
        }

    def print_slip(self, slip: Slip) -> None:
        raw = slip_bytes(slip, self._form)
        begun = False
        try:
            with self._opened() as line:
                self._must_be_ready(line)
                begun = True
                line.write(raw, self._times.write_s)
                self._wait_until_printed(line)
        except Stopping:
            raise PrinterTrouble(
                "printer: the station was stopped", "print again", begun=begun
            ) from None
        except (DriverError, OSError) as error:
            raise self._trouble(error, begun=begun) from error

    def look(self) -> None:
        try:
            with self._opened() as line:
                self._must_be_ready(line)
        except Stopping:
            pass
        except (DriverError, OSError) as error:
            self._trouble(error, begun=False)

    def health(self) -> dict[str, object]:
        return dict(self._health)

    def stop(self) -> None:
        self._ended.set()

    @contextmanager
    def _opened(self) -> Iterator[PrinterLine]:
        line = self._open_line(self._ended)
        try:
            yield line
        finally:
            line.close()

    def _must_be_ready(self, line: PrinterLine) -> None:
        status = self._status(line)
        if status is None and self._answered and line.answers:
            raise PrinterTrouble(
                f"printer: {line.where} does not answer any more", "switch it off and on"
            )
        self._answered |= status is not None
        self._must_print(status or PrinterStatus(), line)
        self.no_paper = False
        if status is None:
            told = f"{line.where}, which does not tell about its paper"
            self._say("green", told if line.answers else line.where, "")
        elif status.near_end:
            self._say(
                "yellow", f"{line.where}: the roll is nearly used up", "have a new roll at hand"
            )
        else:
            self._say("green", line.where, "")

    def _must_print(self, status: PrinterStatus, line: PrinterLine) -> None:
        if status.stopped:
            what = f"printer: {line.where} {status.stopped}"
            raise PrinterTrouble(what, status.todo, no_paper=status.no_paper)

    def _status(self, line: PrinterLine) -> PrinterStatus | None:
        """None if it does not answer: many cheap ones never do, and print all the same."""
        answers: dict[int, int] = {}
        for number in QUESTIONS:
            answer = line.ask(question(number), is_answer, self._times.answer_s)
            if answer is None and not answers:
                return None
            if answer is not None:
                answers[number] = answer
        return status_of(answers)

    def _wait_until_printed(self, line: PrinterLine) -> None:
        if not self._answered or not self._tells_when_printed:
            return
        line.write(ALL_PRINTED, self._times.write_s)
        for _ in range(self._times.printed_tries):
            if line.listen(is_printed, self._times.answer_s) is not None:
                return
            # It stands still without paper and answers this only: then a part of the slip is still in it.
            status = self._status(line)
            if status is None:
                raise OSError(None, "it stopped answering")
            self._must_print(status, line)
        # All is well, and still no word: a printer that does not know the question. It is not asked again.
        self._tells_when_printed = False

    def _trouble(self, error: Exception, *, begun: bool) -> PrinterTrouble:
        """What went wrong, for health, for the log (once), and to be raised."""
        what, todo = (
            (error.what, error.do) if isinstance(error, DriverError) else _broken_off(error, begun)
        )
        no_paper = self.no_paper = isinstance(error, PrinterTrouble) and error.no_paper
        if self._health["what"] != what:
            log.warning("printer does not print", what=what, do=todo)
        self._health = {"state": "red", "what": what, "do": todo}
        return PrinterTrouble(what, todo, no_paper=no_paper, begun=begun)

    def _say(self, state: str, what: str, todo: str) -> None:
        self._health = {"state": state, "what": f"printer: {what}", "do": todo}


def _broken_off(error: Exception, begun: bool) -> tuple[str, str]:
    why = getattr(error, "strerror", None) or str(error)
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return f"printer: the slip was not written ({why})", "free some space on the disk"
    cut = "; the last slip may be cut short" if begun else ""
    return f"printer: the connection broke off ({why})", f"look at its cable and power{cut}"
