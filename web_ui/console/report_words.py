"""A report in words: its figures, tables and pictures as the page, the paper and the files show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from sync.central.reports.periods import Kind, Period
from sync.central.reports.values import (
    Cell,
    Chart,
    Column,
    Fact,
    Named,
    Report,
    Shape,
    Sheet,
    Unit,
    Word,
)
from web_ui.catalogue import Voice
from web_ui.console.charts import Picture, bars, line

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class ReportTeller:
    """Says what a report has. say: the voice of the page's language."""

    say: Voice

    def page(self, report: Report) -> dict[str, Any]:
        """What the template shows."""
        return {
            "name": report.name,
            "title": self.title(report),
            "what": self.say(f"report.{report.name}.what"),
            "facts": [self.fact(fact) for fact in report.facts],
            "charts": [self.chart(report, n, c) for n, c in enumerate(report.charts) if c.points],
            "sheets": [self.sheet(sheet) for sheet in report.sheets if sheet.rows],
            "notes": [self.say(f"report.note.{key}") for key in report.notes],
        }

    def title(self, report: Report) -> str:
        return self.say(f"report.{report.name}.title")

    def period(self, period: Period) -> str:
        if period.kind is Kind.YEAR:
            return self.say("report.year", first=period.begins.year, last=period.ends.year)
        return self.label(Named(period.name, period.name_en))

    def label(self, label: Cell) -> str:
        match label:
            case Word(key):
                return self.say(key)
            case Named(name, name_en):
                return (name_en if self.say.language == "en" else "") or name
            case date():
                return label.isoformat()
            case None:
                return NOTHING
            case _:
                return str(label)

    def number(self, value: Cell, unit: Unit) -> str:
        """As people read it."""
        if not isinstance(value, int | float):
            return self.label(value)
        match unit:
            case Unit.COUNT:
                return f"{value:,.0f}"
            case Unit.RATE:
                return f"{value:,.2f}"
            case Unit.PERCENT:
                return self.say("report.percent", value=f"{value:.1f}")
            case Unit.HOURS:
                return self.say("report.hours", value=f"{value:,.1f}")
            case Unit.TEXT | Unit.DAY:
                return str(value)

    def fact(self, fact: Fact) -> dict[str, str]:
        goal = (
            ""
            if fact.goal is None
            else self.say("report.goal", value=self._goal(fact.goal, fact.unit))
        )
        reached = {True: "reached", False: "missed", None: ""}[fact.reached]
        return {
            "name": self.say(f"report.fact.{fact.key}"),
            "value": self.number(fact.value, fact.unit),
            "goal": goal,
            "state": reached,
            "mark": self.say(f"report.{reached}") if reached else "",
        }

    def sheet(self, sheet: Sheet) -> dict[str, Any]:
        rows = [
            [self.number(c, col.unit) for c, col in zip(row, sheet.columns, strict=True)]
            for row in sheet.rows
        ]
        return {
            "key": sheet.key,
            "title": self.say(f"report.sheet.{sheet.key}"),
            "heads": [
                (self.head(col), col.unit not in (Unit.TEXT, Unit.DAY)) for col in sheet.columns
            ],
            "rows": rows,
        }

    def head(self, column: Column) -> str:
        return self.label(column.head) if column.head else self.say(f"report.column.{column.key}")

    def chart(self, report: Report, n: int, chart: Chart) -> dict[str, Any]:
        title = self.say(f"report.chart.{chart.key}")
        points = [
            (self._short(at), value, self.number(value, chart.unit)) for at, value in chart.points
        ]
        goal = None
        if chart.goal is not None:
            goal = (chart.goal, self.say("report.goal", value=self._goal(chart.goal, chart.unit)))
        described = self.say("report.described", n=len(points))
        picture = Picture(f"{report.name}-{n}", title, described, points, goal)
        draw = bars if chart.shape is Shape.BARS else line
        return {"title": title, "svg": Markup(draw(picture))}

    def _short(self, label: Cell) -> str:
        return f"{label.month}-{label.day}" if isinstance(label, date) else self.label(label)

    def _goal(self, goal: float, unit: Unit) -> str:
        """A goal as it is set: 2, not 2.00."""
        return (
            f"{goal:,.1f}".removesuffix(".0")
            if unit is not Unit.PERCENT
            else self.say("report.percent", value=f"{goal:g}")
        )
