"""Reading activities: what is planned, and who may sign in to it at a station on its day. PURE.

An activity is a post (`kiosk/posts.py`) that stands on its days. A class that reads together (SESSION) is signed in by
its teacher, and what is scanned from then on is read with it; whoever signs in to an ESSAY call has handed one in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from kiosk.domain import Patron
from kiosk.figures import whole
from kiosk.posts import Body, Line, Words

# More would push the books off the screen.
MOST_OFFERED = 3
# No more pupils come at once than three figures can say.
FIGURES = 3


class Kind(StrEnum):
    LARGE = "large"
    SMALL = "small"
    SESSION = "session"
    ESSAY = "essay"


class Activity(Body):
    """pupils: how many took part by the count of staff, for those who scanned no card; goal: what it is for."""

    kind: ClassVar[str] = "activity"
    name: Line
    name_en: Line = ""
    of: Kind = Kind.SMALL
    theme: Line = ""
    goal: Words = ""
    time: Line = ""
    place: Line = ""
    class_name: Line = ""
    pupils: Annotated[int, Field(ge=0, le=100_000)] = 0


@dataclass(frozen=True, slots=True)
class Offered:
    """An activity of today as a patron at the screen may sign in to it. attended: they have.

    size: of the class that reads in a session; 0 where it is not known.
    """

    id: str
    name: str
    name_en: str
    of: Kind
    attended: bool = False
    size: int = 0


def head_count(text: str) -> int:
    """How many pupils came, as it is typed and kept; 0 where that is no number of pupils."""
    return whole(text, 10**FIGURES - 1) or 0


def may_attend(activity: Activity, patron: Patron) -> bool:
    """Whether this patron signs in to it: a class by a teacher, all else by whomever it is for."""
    if activity.of is Kind.SESSION:
        return patron.grade is None
    here = not activity.class_name or patron.class_name == activity.class_name
    return activity.is_for(patron.grade) and (here or patron.grade is None)
