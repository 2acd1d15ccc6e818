"""[goals] of library.toml: what the library's plan of the year holds its figures against. PURE."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.table import Table

Amount = Annotated[float, Field(ge=0, le=1000, strict=False, allow_inf_nan=False)]
Percent = Annotated[int, Field(ge=0, le=100)]
UpTo = Annotated[int, Field(ge=1, le=20)]
Times = Annotated[int, Field(ge=0, le=1000)]


class Collection(Table):
    """Copies that a pupil has a right to, by stage: the Ministry of Education's rules for school libraries (2018).

    full: of a school with both junior and senior grades, for all of those.
    """

    primary: Amount = 25
    junior: Amount = 35
    senior: Amount = 45
    full: Amount = 40


class Goals(Table):
    """The goals of a term, week, year or month; the last grades of the stages say which standard is a pupil's."""

    loans_per_term: Amount = 2
    hours_per_week: Amount = 40
    in_order_percent: Percent = 95
    activities_per_year: Times = 2
    small_activities_per_month: Times = 1
    new_copies_per_pupil: Amount = 1
    primary_up_to_grade: UpTo = 6
    junior_up_to_grade: UpTo = 9
    copies_per_pupil: Collection = Collection()
