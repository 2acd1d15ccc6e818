"""Every report there is, by the name that addresses and words know it by; one more is one more line."""

from __future__ import annotations

from collections.abc import Callable

from sync.central.reports import (
    activities,
    circulation,
    collection,
    donations,
    feedback,
    hardware,
    loans,
    opening,
    overdue,
    staff_acts,
    teachers,
)
from sync.central.reports.look import Look
from sync.central.reports.summary import short
from sync.central.reports.values import Report

REPORTS: dict[str, Callable[[Look], Report]] = {
    "loans": loans.report,
    "circulation": circulation.report,
    "teachers": teachers.report,
    "overdue": overdue.report,
    "recall": overdue.recall,
    "opening": opening.report,
    "hardware": hardware.report,
    "collection": collection.size,
    "use": collection.use,
    "donations": donations.report,
    "feedback": feedback.report,
    "activities": activities.report,
    "staff": staff_acts.report,
}


def summary(look: Look) -> list[Report]:
    """The report of the term or year: every report that has something to tell, shortened."""
    return [told for make in REPORTS.values() if (told := short(make(look)))]
