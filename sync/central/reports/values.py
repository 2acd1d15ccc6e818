"""What a report is, without words or pictures: figures held against goals, what to draw, tables. PURE.

A report names its words by key; what the library itself has named (rooms, windows, categories) comes in both
languages. The console draws, prints and exports any report from these values alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Unit(StrEnum):
    """How a number is told."""

    TEXT = "text"
    COUNT = "count"
    RATE = "rate"
    PERCENT = "percent"
    HOURS = "hours"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the catalogue by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name that the library gave."""

    name: str
    name_en: str = ""


Label = str | Word | Named
Cell = Label | int | float | date | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure, with its goal where there is one: reached is what is not below it."""

    key: str
    value: int | float | None
    unit: Unit = Unit.COUNT
    goal: float | None = None

    @property
    def reached(self) -> bool | None:
        if self.goal is None or self.value is None:
            return None
        return self.value >= self.goal


@dataclass(frozen=True, slots=True)
class Column:
    """head: its name, where the library gave it; otherwise the catalogue says one for the key."""

    key: str
    unit: Unit = Unit.TEXT
    head: Label | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """named: it says who did what, which is the librarian's business alone."""

    key: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    named: bool = False


class Shape(StrEnum):
    BARS = "bars"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw: values with their labels in order, and the goal as a line across."""

    key: str
    points: tuple[tuple[Label | date, float | None], ...]
    shape: Shape = Shape.BARS
    unit: Unit = Unit.COUNT
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """notes: keys of sentences that say how the figures are counted."""

    name: str
    facts: tuple[Fact, ...] = ()
    charts: tuple[Chart, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    notes: tuple[str, ...] = field(default=())


def share(part: float, whole: float) -> float | None:
    """Part of whole in percent; None of nothing."""
    return 100 * part / whole if whole else None


def rate(part: float, whole: float) -> float | None:
    """So many for each; None where there is nobody."""
    return part / whole if whole else None
