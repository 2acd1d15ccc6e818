"""The term or the year summed up: the main figures, charts and short tables of every report in one document."""

from __future__ import annotations

from dataclasses import replace

from sync.central.reports.values import Report

# Longer tables are for the reports themselves.
ROWS = 20


def short(report: Report) -> Report | None:
    """A report as a section of the summary; None where there was nothing to count."""
    sheets = tuple(sheet for sheet in report.sheets if 0 < len(sheet.rows) <= ROWS)
    charts = tuple(chart for chart in report.charts if any(value for _, value in chart.points))
    if not charts and not sheets and not any(fact.value for fact in report.facts):
        return None
    return replace(report, sheets=sheets, charts=charts)
