"""Brings the counts behind the reports up to what the record holds: hourly, and when a report is opened."""

from __future__ import annotations

import time

from sync.central.db import Database
from sync.central.reports.copies import count_copies
from sync.central.reports.counting import count_acts
from sync.central.reports.stopping import Stop, never


def bring_up_to_date(db: Database, school: str, stop: Stop = never) -> bool:
    """Count what is new; whether everything has been counted."""
    acts = count_acts(db, school, stop)
    return count_copies(db, school, stop) and acts


def after(seconds: float) -> Stop:
    """Stop so many seconds from now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end
