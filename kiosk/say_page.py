"""A reader says something to the library: one question a screen, and nothing is kept before the last one. PURE.

`Telling` is what stands so far. Each move gives the next one; `SEND` asks the caller to keep the words, named or not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from config.voice import Voice
from kiosk.isbn import is_good, isbn13
from kiosk.posts import Post
from kiosk.saying import NOTHING_SAID, Saying, Words
from kiosk.voice_posts import STARS, Answer, Question, Questionnaire

# So many questionnaires and answers stand on the first screen.
FORMS = 2
ANSWERS = 2
NAMED, UNNAMED = "named", "unnamed"
_FORM = "form"


class Step(StrEnum):
    """Which screen of saying something stands."""

    MENU = "menu"
    SENTENCES = "sentences"
    NOTE = "note"
    QUESTION = "question"
    BOOK = "book"
    HAVE = "have"
    NAME = "name"
    SEND = "send"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Have:
    """A book that was wished for and is in the library: its title, shelf, and whether one is in now."""

    title: str
    shelf: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """What is being said. forms, answers: those that stood when it began. at: the question; named: how it is sent."""

    step: Step = Step.MENU
    kind: Saying | None = None
    words: Words = NOTHING_SAID
    forms: tuple[Post[Questionnaire], ...] = ()
    answers: tuple[Post[Answer], ...] = ()
    at: int = 0
    have: Have | None = None
    named: bool = False

    @property
    def form(self) -> Post[Questionnaire] | None:
        return next((form for form in self.forms if form.id == self.words.form), None)

    @property
    def question(self) -> Question | None:
        form = self.form
        return form.body.questions[self.at] if form and self.step is Step.QUESTION else None

    @property
    def writes(self) -> bool:
        """Does the pad stand on this screen?"""
        question = self.question
        writing = self.step in (Step.NOTE, Step.BOOK)
        return writing or (question is not None and question.kind == "text")


def pick(telling: Telling, text: str, voice: Voice) -> Telling:
    """A button with this text was touched; one that the screen does not show changes nothing."""
    match telling.step:
        case Step.MENU:
            return _begin(telling, text, voice)
        case Step.SENTENCES:
            return _sentence(telling, text, voice)
        case Step.QUESTION:
            return _answer(telling, text)
        case Step.NAME if text in (NAMED, UNNAMED):
            return replace(telling, step=Step.SEND, named=text == NAMED)
        case _:
            return telling


def done(telling: Telling, typed: str) -> Telling:
    """The pad's own button: what was typed is meant."""
    if not typed:
        return telling
    match telling.step:
        case Step.NOTE:
            return replace(telling, step=Step.NAME, words=replace(telling.words, note=typed))
        case Step.QUESTION if telling.writes:
            return _answered(telling, typed)
        case Step.BOOK:
            wish = isbn13(typed) if is_good(typed) else ""
            if wish:
                return wished(telling, wish, None)
            return replace(telling, step=Step.NAME, words=replace(telling.words, title=typed))
        case _:
            return telling


def wished(telling: Telling, isbn: str, have: Have | None) -> Telling:
    """An ISBN was read or typed: a book that is there already is shown first."""
    step = Step.HAVE if have else Step.NAME
    return replace(telling, step=step, have=have, words=replace(telling.words, isbn=isbn, title=""))


def skip(telling: Telling) -> Telling:
    """On without an answer; whoever is told that the book is there may wish for another one of it."""
    match telling.step:
        case Step.QUESTION:
            return _next(telling)
        case Step.HAVE:
            return replace(telling, step=Step.NAME)
        case _:
            return telling


def back(telling: Telling) -> Telling | None:
    """To the first screen, from anywhere; from there and from the thanks, away."""
    if telling.step in (Step.MENU, Step.THANKS):
        return None
    return Telling(forms=telling.forms, answers=telling.answers)


def _begin(telling: Telling, text: str, voice: Voice) -> Telling:
    if text.startswith(_FORM) and text[len(_FORM) :].isdecimal():
        at = int(text[len(_FORM) :])
        if at >= min(FORMS, len(telling.forms)):
            return telling
        words = Words(form=telling.forms[at].id)
        return replace(telling, step=Step.QUESTION, kind=Saying.ANSWERS, words=words, at=0)
    match text:
        case Saying.SUGGESTION | Saying.COMPLAINT:
            kind = Saying(text)
            step = Step.SENTENCES if sentences(kind, voice) else Step.NOTE
            return replace(telling, step=step, kind=kind)
        case Saying.PURCHASE:
            return replace(telling, step=Step.BOOK, kind=Saying.PURCHASE)
        case _:
            return telling


def sentences(kind: Saying | None, voice: Voice) -> tuple[tuple[str, str], ...]:
    """Those to choose from: (Chinese, English)."""
    ready = voice.suggestions if kind is Saying.SUGGESTION else voice.complaints
    return tuple((one.text, one.text_en) for one in ready)


def _sentence(telling: Telling, text: str, voice: Voice) -> Telling:
    ready = sentences(telling.kind, voice)
    if text == Step.NOTE:
        return replace(telling, step=Step.NOTE)
    if not text.isdecimal() or int(text) >= len(ready):
        return telling
    words = replace(telling.words, sentence=ready[int(text)][0])
    return replace(telling, step=Step.NAME, words=words)


def _answer(telling: Telling, text: str) -> Telling:
    question = telling.question
    if question is None or not text.isdecimal():
        return telling
    chosen = int(text)
    if question.kind == "stars" and 1 <= chosen <= STARS:
        return _answered(telling, chosen)
    if question.kind == "choice" and chosen < len(question.choices):
        return _answered(telling, chosen)
    return telling


def _answered(telling: Telling, answer: int | str) -> Telling:
    answers = (*telling.words.answers, (telling.at, answer))
    return _next(replace(telling, words=replace(telling.words, answers=answers)))


def _next(telling: Telling) -> Telling:
    """The next question; after the last one whose it is, and away where none was answered."""
    form = telling.form
    if form and telling.at + 1 < len(form.body.questions):
        return replace(telling, at=telling.at + 1)
    if not telling.words.answers:
        return Telling(forms=telling.forms, answers=telling.answers)
    return replace(telling, step=Step.NAME)
