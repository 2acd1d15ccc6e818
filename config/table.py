"""What every settings file is made of: closed, frozen tables and the few types they share. PURE.

Scalars are strict ("3" is not a number); dates and times may be written with or without quotes.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from config.said import said

T = TypeVar("T")


class Table(BaseModel):
    """A table of a settings file: unknown keys are refused, values never change."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_by_name=True, validate_by_alias=True
    )


def _clock(value: object) -> object:
    """Read "11:30"; anything else goes on to be refused as it is."""
    if not isinstance(value, str):
        return value
    hours, colon, minutes = value.partition(":")
    if not (
        colon and hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()
    ):
        raise ValueError(said("time_type", 'write a time of day such as "11:30"'))
    if len(hours) > 2 or len(minutes) != 2 or int(hours) > 23 or int(minutes) > 59:
        told = 'there is no such time of day; write one from "00:00" to "23:59"'
        raise ValueError(said("no_such_time", told))
    return time(int(hours), int(minutes))


def _day(value: object) -> object:
    """Read "2026-09-01" in quotes as well as 2026-09-01 without."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        told = "write a date of the calendar such as 2026-09-01"
        raise ValueError(said("no_such_day", told)) from None


Clock = Annotated[time, BeforeValidator(_clock)]
Day = Annotated[date, BeforeValidator(_day)]
Many = Annotated[tuple[T, ...], Strict(False)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
