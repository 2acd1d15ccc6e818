"""The pages of the touchscreen in words: one function for each place, the words of one book in lines.py."""

from __future__ import annotations

from typing import Any, assert_never

from kiosk.activities import Kind, Offered
from kiosk.rooms import Passage
from kiosk.screen import FindView, Found, OpenHours, Place, RoomView, Screen, Touch, VisitView
from kiosk.term_count import TermCount
from web_ui.board_words import board_view, recommended_view
from web_ui.catalogue import Voice
from web_ui.covers import cover
from web_ui.lines import line_view
from web_ui.qr import qr_svg
from web_ui.say_words import say_page
from web_ui.slip_words import slip_text
from web_ui.staff_words import staff_view
from web_ui.telling import tell_day, tell_when

EXPIRES_SOON_DAYS = 30
# More would push the books off the screen.
MESSAGES = 2
BORROW_ART = ("card", "book", "tick")
RETURN_ART = ("no_card", "book", "cart")
GUIDES = {Touch.GUIDE_BORROW: "borrow", Touch.GUIDE_RETURN: "return", Touch.GUIDE_LOANS: "loans"}

Json = dict[str, object]


def place_view(screen: Screen, voice: Voice) -> Json:
    """The part of the view that belongs to the page that stands on the screen."""
    match screen.place:
        case Place.IDLE:
            return {"idle": _idle(screen, voice)}
        case Place.RETURNS:
            return {"returns": _returns(screen, voice)}
        case Place.VISIT:
            return (
                {"visit": _visit(screen.visit, screen, voice)}
                if screen.visit
                else {"idle": _idle(screen, voice)}
            )
        case Place.GUIDE:
            return {"guide": _guide(screen, voice)}
        case Place.FIND:
            return {"find": _find(screen.find or FindView("", (), 0), screen, voice)}
        case Place.NUMBER:
            return {
                "number": {
                    "typed": screen.number,
                    **_texts(voice, "number", "head", "hint", "empty"),
                }
            }
        case Place.COUNT:
            return {"number": _count(screen, voice)}
        case Place.NOTICE:
            notice = line_view(screen.notice, voice, screen.local) if screen.notice else None
            typed = screen.notice is not None and screen.notice.typed
            again = voice("notice.again") if typed else ""
            return {"notice": notice, "notice_hint": voice("notice.hint"), "notice_again": again}
        case Place.STAFF:
            return {"staff": staff_view(screen.signs, voice)}
        case Place.SAY:
            return {"say": say_page(screen.say, voice) if screen.say else None}
        case _:
            assert_never(screen.place)


def _texts(voice: Voice, table: str, *keys: str) -> dict[str, str]:
    return {key: voice(f"{table}.{key}") for key in keys}


def _idle(screen: Screen, voice: Voice) -> Json:
    shut = is_shut(screen.hours)
    # While nothing is lent, the steps teach what can be done now.
    step, drawn = ("return", RETURN_ART) if shut and screen.hours.returns else ("step", BORROW_ART)
    steps = [
        {"art": art, "head": voice(f"idle.{step}_{i}"), "more": voice(f"idle.{step}_{i}_more")}
        for i, art in enumerate(drawn, 1)
    ]
    loud = {Touch.GUIDE_RETURN} if shut else {Touch.GUIDE_BORROW, Touch.GUIDE_RETURN}
    touches = [Touch.GUIDE_BORROW, Touch.GUIDE_RETURN, Touch.FIND, Touch.GUIDE_LOANS]
    if screen.number_allowed:
        touches.append(Touch.NUMBER)
    if screen.can_say:
        touches.append(Touch.SAY)
    return {
        **_idle_head(screen, voice, shut=shut),
        "shut": shut,
        "steps": steps,
        "buttons": [
            {"touch": str(t), "label": voice(f"touch.{t}"), "main": t in loud} for t in touches
        ],
        "board": board_view(screen.board, voice, screen.local.date()) if screen.board else None,
        "messages": list(screen.messages),
        **_texts(voice, "idle", "welcome", "welcome_more"),
        "messages_head": voice("idle.messages"),
    }


def is_shut(hours: OpenHours) -> bool:
    """Is it known that nothing is lent now?"""
    return hours.sure and not hours.open


def _idle_head(screen: Screen, voice: Voice, *, shut: bool) -> Json:
    """What is read first: how to borrow or, outside the window, when it opens, and whether books are taken back."""
    if not shut:
        return {**_texts(voice, "idle", "head_1", "head_2", "sub")}
    sub = voice("idle.sub_closed" if screen.hours.returns else "idle.sub_shut")
    if screen.hours.next is None:
        return {"head_1": voice("hours.closed"), "head_2": "", "sub": sub}
    when = tell_when(voice, screen.hours.next, screen.local)
    return {
        "head_1": voice("idle.closed_1", when=when),
        "head_2": voice("idle.closed_2"),
        "sub": sub,
    }


def _returns(screen: Screen, voice: Voice) -> Json:
    lines = [line_view(line, voice, screen.local) for line in screen.returns]
    done = sum(line["tone"] == "yes" for line in lines)
    refused = bool(lines) and lines[0]["tone"] != "yes"
    return {
        "lines": lines,
        "head_1": voice("returns.refused") if refused else voice("returns.head_1"),
        "head_2": "" if refused else voice("returns.head_2"),
        "count": voice("returns.count", n=done),
        "borrow": voice("returns.borrow"),
        "hold_shelf": voice("returns.hold_shelf"),
    }


def _visit(visit: VisitView, screen: Screen, voice: Voice) -> Json:
    lines = [line_view(line, voice, screen.local) for line in visit.lines]
    done = any(line["tone"] == "yes" for line in lines)
    alerts = _alerts(visit, screen, voice)
    # What a patron should know before anything else needs the room.
    told = alerts or screen.status.store_full or any(one.attended for one in visit.activities)
    card = None if told else visit.recommended
    voice.learn_aloud(visit.class_name)
    return {
        "id": visit.id,
        "name": visit.name,
        "class_name": visit.class_name,
        "grade": visit.grade,
        "avatar": visit.avatar or "📖",
        "lines": lines,
        "lent": visit.lent,
        "lent_head": voice("visit.lent"),
        "out": voice("visit.out", n=visit.out),
        "more": _more(visit.more, voice),
        "term": _term(visit.term, voice),
        "recommended": recommended_view(card, voice, screen.local.date()) if card else None,
        "alerts": alerts,
        "activities": [_activity(at, one, voice) for at, one in enumerate(visit.activities)],
        "in_room": _in_room(visit.in_room, voice) if visit.in_room else None,
        "counts": any(one.attended and one.of is Kind.SESSION for one in visit.activities),
        "renewable": visit.renewable,
        "renew_all": voice("visit.renew_all", n=visit.renewable) if visit.renewable else "",
        "has_slip": done or bool(lines),
        "can_say": screen.can_say,
        "read": voice("say.read"),
        **_texts(voice, "visit", "again", "empty", "empty_more", "hello", "hello_more"),
    }


def _in_room(there: RoomView, voice: Voice) -> Json:
    """In or out of the reading room, and the one thing to touch about it."""
    facts: dict[str, Any] = {"room": there.room, "time": f"{there.since:%H:%M}"}
    voice.learn_aloud(there.room)
    hours, minutes = divmod(there.minutes, 60)
    match there.passage:
        case Passage.OUT if hours:
            more = voice("room.out_hours", hours=hours, minutes=minutes)
        case Passage.OUT:
            more = voice("room.out_minutes", n=max(1, minutes))
        case passage:
            more = voice(f"room.{passage}_more", **facts)
    touch = Touch.STAY_HERE if there.passage is Passage.OUT else Touch.LEAVE
    return {
        "passage": str(there.passage),
        "head": voice(f"room.{there.passage}", **facts),
        "more": more,
        "touch": str(touch),
        "label": voice(f"touch.{touch}"),
    }


def _activity(place: int, one: Offered, voice: Voice) -> Json:
    """An activity of today: how to sign in to it, or that it is done."""
    name = (one.name_en if voice.language == "en" else "") or one.name
    voice.learn_aloud(name)
    key = f"activity.{one.of}_done" if one.attended else f"activity.{one.of}"
    return {"line": place, "done": one.attended, "text": voice(key, name=name)}


def _more(more: int | None, voice: Voice) -> str:
    match more:
        case None:
            return ""
        case n if n <= 0:
            return voice("visit.more_none")
        case n:
            return voice("visit.more", n=n)


def _term(term: TermCount | None, voice: Voice) -> str:
    return voice("visit.term", n=term.lent, goal=f"{term.goal:g}") if term else ""


def _alerts(visit: VisitView, screen: Screen, voice: Voice) -> list[Json]:
    """What this patron should know before anything else; `tone` no or look."""
    alerts: list[Json] = []
    if visit.blocked:
        alerts.append({"tone": "no", "text": voice("visit.blocked")})
    alerts += [
        {"tone": "look", "text": voice("visit.hold_ready", title=title), "own": True}
        for title in visit.holds_ready
    ]
    alerts += [
        {"tone": "look", "text": voice("visit.message", text=text), "own": True}
        for text in visit.messages[:MESSAGES]
    ]
    alerts += [
        {"tone": "look", "text": voice("say.answer", text=text), "own": True, "read": name}
        for name, text in visit.answers[:1]
    ]
    today = screen.local.date()
    if visit.expires_on and (visit.expires_on - today).days <= EXPIRES_SOON_DAYS:
        day = tell_day(voice, visit.expires_on, today)
        alerts.append({"tone": "look", "text": voice("visit.expires", day=day)})
    return alerts


def _guide(screen: Screen, voice: Voice) -> Json:
    topic = GUIDES.get(screen.topic or Touch.GUIDE_BORROW, "borrow")
    shut = is_shut(screen.hours)
    off = (topic == "borrow" and shut) or (topic == "return" and not screen.hours.returns)
    return {
        "topic": topic,
        "head": voice(f"guide.{topic}.head"),
        "tip": voice("guide.closed") if off else voice(f"guide.{topic}.tip"),
        "steps": [voice(f"guide.{topic}.step_{i}") for i in (1, 2, 3)],
    }


def _count(screen: Screen, voice: Voice) -> Json:
    """How many pupils are here: the whole class, unless another number is typed."""
    size = _session_size(screen.visit.activities) if screen.visit else 0
    return {
        "typed": screen.number,
        "empty": voice("count.whole", n=size) if size else voice("number.empty"),
        **_texts(voice, "count", "head", "hint", "back"),
    }


def _session_size(activities: tuple[Offered, ...]) -> int:
    return next((o.size for o in activities if o.attended and o.of is Kind.SESSION), 0)


def _find(find: FindView, screen: Screen, voice: Voice) -> Json:
    shown = len(find.results)
    return {
        "typed": find.typed,
        "total": find.total,
        "total_text": voice("find.total", n=find.total) if find.typed else "",
        "showing": voice("find.showing", n=shown) if find.total > shown else "",
        "results": [_found(found, screen, voice) for found in find.results],
        **_texts(voice, "find", "head", "empty", "empty_more", "none", "none_more"),
    }


def _found(found: Found, screen: Screen, voice: Voice) -> Json:
    book = found.book
    if found.available > 0:
        where = voice("find.in", n=found.available)
    elif found.expected_on is None:
        where = voice("find.out")
    else:
        where = voice(
            "find.out_expected", day=tell_day(voice, found.expected_on, screen.local.date())
        )
    return {
        "title": book.title,
        "author": book.author,
        "shelf": book.shelf,
        "call_number": book.call_number or book.class_number,
        "cover": cover(book),
        "copies": found.copies,
        "available": found.available,
        "state": where,
        "only": voice("find.only") if found.in_library_only else "",
        "tone": "yes" if found.available > 0 else "out",
    }


def slip_view(screen: Screen, voice: Voice) -> Json | None:
    slip = screen.slip
    if slip is None or screen.visit is None:
        return None
    library = (screen.library_en if voice.language == "en" else "") or screen.library
    text = slip_text(screen.visit, voice.language, library, screen.local)
    return {
        "visit": slip.visit,
        "text": text,
        "qr": qr_svg(text),
        "printer": slip.printer,
        "printed": slip.printed,
        "state": voice(f"slip.{slip.printed}") if slip.printed else "",
        **_texts(voice, "slip", "head", "hint", "close"),
    }
