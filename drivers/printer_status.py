"""What a slip printer says about itself when asked by DLE EOT, and what that means for people. PURE.

Bits as in the ESC/POS command reference; a printer that leaves a question out is taken to have no trouble there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Questions that are answered at once, even by a printer that has stopped: paper first, since it matters most.
PAPER, ONLINE, OFFLINE_CAUSE, ERROR = 4, 1, 2, 3
QUESTIONS = (PAPER, ONLINE, OFFLINE_CAUSE, ERROR)
# A question that waits its turn behind what is being printed (GS r 1): its answer means that all before it is on paper.
ALL_PRINTED = b"\x1dr\x01"


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """`stopped`: it does not print, for `why`; `near_end`: it prints, but the roll is nearly used up."""

    stopped: str = ""
    todo: str = ""
    no_paper: bool = False
    near_end: bool = False


NO_PAPER = ("is out of paper", "put in a new roll and close the cover")


def question(number: int) -> bytes:
    return bytes((0x10, 0x04, number))


def is_answer(byte: int) -> bool:
    """Bits that are fixed in every answer to DLE EOT; flow control and other reports have them otherwise."""
    return byte & 0x93 == 0x12


def is_printed(byte: int) -> bool:
    """Is this the answer to ALL_PRINTED?"""
    return byte & 0x90 == 0x00


def status_of(answers: Mapping[int, int]) -> PrinterStatus:
    """The answers by question, as one status; the plainest cause counts."""
    cause, error = answers.get(OFFLINE_CAUSE, 0), answers.get(ERROR, 0)
    paper = answers.get(PAPER, 0)
    if cause & 0x04:
        return PrinterStatus("has its cover open", "close the cover until it clicks")
    if paper & 0x60 or cause & 0x20:
        return PrinterStatus(*NO_PAPER, no_paper=True)
    if error & 0x08:
        return PrinterStatus("has a jammed cutter", "switch it off, take out the paper, switch on")
    if error & 0x60 or cause & 0x40:
        return PrinterStatus(
            "reports an error", "let it cool, look for jammed paper, switch it off and on"
        )
    if answers.get(ONLINE, 0) & 0x08:
        return PrinterStatus("is off-line", "press its feed or on-line button, or switch it on")
    return PrinterStatus(near_end=bool(paper & 0x0C))
