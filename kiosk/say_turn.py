"""One touch or ISBN while a reader says something: the moves of say_page.py, with what only the desk can know."""

from __future__ import annotations

from kiosk.calendar import Rules
from kiosk.desk import Desk
from kiosk.domain import Now
from kiosk.say_page import Have, Step, Telling, back, done, pick, skip, wished
from kiosk.screen import Touch
from kiosk.show import shelf_words
from kiosk.visit import State


def say_on(
    desk: Desk, rules: Rules, state: State, touch: Touch, text: str, now: Now
) -> Telling | None:
    """What stands after this touch; None: nothing is being said any more."""
    voice, telling = rules.library.voice, state.telling
    if voice is None:
        return None
    if telling is None:
        return desk.begin_telling(now, state.visit.patron.grade if state.visit else None)
    match touch:
        case Touch.PICK:
            picked = pick(telling, text, voice)
            # Nobody is there to be named.
            return telling if picked.named and state.visit is None else picked
        case Touch.SKIP:
            return skip(telling)
        case Touch.DONE:
            typed = done(telling, state.typed)
            wrote_isbn = telling.step is Step.BOOK and typed.words.isbn
            return wish(desk, rules, state, typed.words.isbn) if wrote_isbn else typed
        case _:
            return back(telling)


def wish(desk: Desk, rules: Rules, state: State, isbn: str) -> Telling:
    """This book is wished for; whoever wishes is told where it stands, if it is there."""
    assert state.telling is not None, "a wish that nobody makes"
    found = desk.have(isbn)
    have = None
    if found:
        copy, is_in = found
        have = Have(copy.title.title, shelf_words(copy.shelf, rules, state.language), is_in)
    return wished(state.telling, isbn, have)
