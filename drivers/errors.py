"""Trouble with a device. What was read badly is a Rubbish of framing.py and never one of these.

`do` is what a person can do about it; the text says what is wrong with which device.
"""

from __future__ import annotations


class DriverError(Exception):
    """Base of everything this folder raises: `what` and which, and what to `do`."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"{what}; {do}")
        self.what = what
        self.do = do


class ScannerGone(DriverError, OSError):
    """The device was unplugged, or does not answer any more."""


class ScannerNotFound(DriverError, FileNotFoundError):
    """Nothing with this name is plugged in."""


class ScannerHeld(DriverError, BlockingIOError):
    """Another program has opened the device."""


class ScannerNotPermitted(DriverError, PermissionError):
    """The station's user may not open the device."""


class ScannerMisnamed(DriverError, ValueError):
    """The settings name no single device, or a speed or address that cannot be."""


class PrinterTrouble(DriverError, OSError):
    """A slip that did not come out.

    no_paper: for want of paper; begun: something was sent, so that a part of it may be on paper.
    """

    def __init__(self, what: str, do: str, *, no_paper: bool = False, begun: bool = False) -> None:
        super().__init__(what, do)
        self.no_paper = no_paper
        self.begun = begun
