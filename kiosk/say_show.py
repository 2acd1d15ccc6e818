"""What is being said, as the screen shows it: the library's own words in the screen's language. PURE."""

from __future__ import annotations

from config.voice import Voice
from kiosk.say_page import Step, Telling, sentences
from kiosk.saying import Saying
from kiosk.screen import SayView
from kiosk.visit import State
from kiosk.voice_posts import STARS


def say_view(state: State, voice: Voice) -> SayView:
    """The present screen."""
    telling = state.telling
    assert telling is not None, "nothing is being said"
    question, form, english = telling.question, telling.form, state.language == "en"
    have = telling.have
    return SayView(
        step=telling.step.value,
        kind=telling.kind.value if telling.kind else "",
        question=_in(question.text, question.text_en, english=english) if question else "",
        question_kind=question.kind if question else "",
        progress=(telling.at + 1, len(form.body.questions)) if question and form else None,
        options=_options(telling, voice, english=english),
        answers=_answers(telling),
        typed=state.typed,
        writes=telling.writes,
        have=(have.title, have.shelf, have.is_in) if have and telling.step is Step.HAVE else None,
        chosen=_chosen(telling, voice, english=english),
        can_name=state.visit is not None or telling.named,
    )


def _in(text: str, text_en: str, *, english: bool) -> str:
    return (text_en or text) if english else text


def _options(telling: Telling, voice: Voice, *, english: bool) -> tuple[tuple[str, str], ...]:
    question = telling.question
    if telling.step is Step.MENU:
        titles = [(f.body.title, f.body.title_en) for f in telling.forms]
        return tuple((f"form{n}", _in(*t, english=english)) for n, t in enumerate(titles))
    if telling.step is Step.SENTENCES:
        ready = sentences(telling.kind, voice)
        return tuple((str(n), _in(*one, english=english)) for n, one in enumerate(ready))
    if question and question.kind == "choice":
        choices = [(c.text, c.text_en) for c in question.choices]
        return tuple((str(n), _in(*one, english=english)) for n, one in enumerate(choices))
    if question and question.kind == "stars":
        return tuple((str(n), str(n)) for n in range(1, STARS + 1))
    return ()


def _answers(telling: Telling) -> tuple[tuple[str, str], ...]:
    if telling.step is not Step.MENU:
        return ()
    return tuple((post.body.asked, post.body.text) for post in telling.answers)


def _chosen(telling: Telling, voice: Voice, *, english: bool) -> str:
    """What is about to be sent."""
    words, form = telling.words, telling.form
    if telling.kind is Saying.ANSWERS and form:
        return _in(form.body.title, form.body.title_en, english=english)
    ready = dict(sentences(telling.kind, voice))
    told = _in(words.sentence, ready.get(words.sentence, ""), english=english)
    return told or words.isbn or words.note.upper() or words.title.upper()
