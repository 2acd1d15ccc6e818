"""Posts: what the library puts up for readers, from one day to another, as values. PURE.

One way down for everything that is read and not lent: notices, events, recommended lists, themes, activities,
questionnaires, answers. How to add a kind, and to use it:

* A kind is a class of `Body` with its own `kind` and fields, beside the code that speaks of it. It is kept as JSON; a
  field that is not known is left out when read, so a new field needs a default.
* At the central record, in a transaction under the school's lock (`sync/central/posts.py`): `put(desk, [Post(...)])`
  writes new ones and overwrites those of the same id, `end(desk, ids, day)` lets them end with a day, `withdraw(desk,
  ids)` deletes them; `standing(conn, school, Notice, today)` reads those of a day, `read_posts` certain ones. What is
  written is fed to stations at their next exchange, in pages and in snapshots.
* At a station (`kiosk/store/posts.py`): `standing(tx, Notice, now)`, with the line cut, too.

A post with a `patron_id` is for this patron's eyes: it is fed, shown by whoever reads it with `patron_id=`, and erased
with the patron. Nothing else in a post may name a pupil.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

FOREVER = date.max
# A body as JSON has no more characters: what a station takes of one field (`sync.wire.Text`).
LONGEST = 16_000

Words = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Grade = Annotated[int, Field(ge=0, le=20)]


class Body(BaseModel):
    """What a post of one kind says. grade_from to grade_to: for whom (None: no bound)."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: ClassVar[str]
    grade_from: Grade | None = None
    grade_to: Grade | None = None

    def is_for(self, grade: int | None) -> bool:
        """Whether it is for this grade; whoever has none (teachers, nobody yet) is shown everything."""
        if grade is None:
            return True
        return (self.grade_from or 0) <= grade <= (100 if self.grade_to is None else self.grade_to)


class Notice(Body):
    """Something to be known. text_en "": there is only Chinese."""

    kind: ClassVar[str] = "notice"
    text: Words
    text_en: Words = ""


class Event(Body):
    """Something that takes place, from the post's first day to its last. time: such as 12:30–13:10; whom: in words."""

    kind: ClassVar[str] = "event"
    name: Line
    name_en: Line = ""
    time: Line = ""
    place: Line = ""
    whom: Line = ""


class Suggested(BaseModel):
    """A title of a list, and why it is there."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    title_id: str
    why: Line = ""


class BookList(Body):
    """Recommended titles, in their order. why: "teacher" (recommender says who) or "new"."""

    kind: ClassVar[str] = "list"
    why: str = "teacher"
    name: Line = ""
    recommender: Line = ""
    note: Words = ""
    class_name: Line = ""
    titles: tuple[Suggested, ...] = ()


B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Post(Generic[B]):
    """One post. from_on, until_on: the first and the last day on which it stands, in the school's own calendar.

    id: unique among all kinds of a school. patron_id "": for everybody. at_stations: it is fed; on_page: the library's
    page shows it (a station does not know this, and reads False).
    """

    id: str
    body: B
    from_on: date
    until_on: date = FOREVER
    patron_id: str = ""
    at_stations: bool = True
    on_page: bool = True
