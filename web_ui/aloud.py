"""What the station says aloud to the youngest, beside what stands on the screen: their name, then each book."""

from __future__ import annotations

from kiosk.screen import Line, LineKind, Place, Screen, VisitView
from web_ui.catalogue import Voice
from web_ui.lines import line_due, line_head, line_place, line_todo

Json = dict[str, object]


def aloud_view(screen: Screen, voice: Voice) -> Json | None:
    """The newest thing to say. None: nothing may be said, and whatever is being said stops.

    `of` names what it is about: the page says it when that changes, and not each time it is drawn.
    """
    visit = screen.visit
    # Where nothing may sound, nothing is spoken: the screen has no cue then.
    if visit is None or not visit.speaks or screen.place is not Place.VISIT or screen.cue is None:
        return None
    newest = visit.lines[0] if visit.lines and visit.lines[0].kind is not LineKind.LOAN else None
    if newest is None:
        return {"of": visit.id, "text": _greeting(visit, voice)}
    return {"of": f"{visit.id} {newest.id}", "text": _of_a_book(newest, screen, voice)}


def _greeting(visit: VisitView, voice: Voice) -> str:
    """Whose card it was; in a reading room also that it has signed in or out."""
    there = visit.in_room
    told = voice(f"room.{there.passage}") if there else ""
    return voice("aloud.hello", name=visit.name) + told


def _of_a_book(line: Line, screen: Screen, voice: Voice) -> str:
    """Which book, what became of it, and what to do or when it is due: the first of these that there is."""
    local = screen.local
    more = line_todo(line, voice, local) or line_place(line, voice) or line_due(line, voice, local)
    said = [line.book.title, line_head(line, voice), more]
    return voice("aloud.pause").join(part for part in said if part)
