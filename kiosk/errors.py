"""Trouble outside the desk's control. A refusal is a Verdict and never one of these."""

from __future__ import annotations


class KioskError(Exception):
    """Base of everything this folder raises; its text says what, which, and what to do."""


class StoreError(KioskError):
    """The store cannot be opened or used."""


class StoreHeld(StoreError, RuntimeError):
    """Another process holds the data directory."""


class StoreFull(StoreError, OSError):
    """The disk has no room left, even with the reserve released."""


class StoreBusy(StoreError, TimeoutError):
    """Another process kept the write lock for too long."""


class StoreNewer(StoreError, RuntimeError):
    """The store was written by a later release than this one."""


class SheetError(KioskError):
    """What was asked for cannot be printed at all."""
