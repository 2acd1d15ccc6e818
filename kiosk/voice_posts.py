"""Posts that have to do with what readers say: questionnaires, and the librarian's answers. PURE."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from kiosk.posts import Body, Line, Words

MOST_QUESTIONS = 12
MOST_CHOICES = 6
STARS = 5


class Choice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    text: Line
    text_en: Line = ""


class Question(BaseModel):
    """One question, one screen. stars: one to five; choice: one of the choices; text: some letters."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: Literal["stars", "choice", "text"]
    text: Line
    text_en: Line = ""
    choices: Annotated[tuple[Choice, ...], Field(max_length=MOST_CHOICES)] = ()


class Questionnaire(Body):
    """Questions that readers are asked while the post stands."""

    kind: ClassVar[str] = "questionnaire"
    title: Line
    title_en: Line = ""
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST_QUESTIONS)] = ()


class Answer(Body):
    """What the library answers. asked: what it is about, in the librarian's words; never a name."""

    kind: ClassVar[str] = "answer"
    text: Words
    asked: Words = ""
