"""Turns a Screen into words: all sentences in the screen's language, beside the codes they stand for.

The page draws what `view` gives and adds no words of its own; no lending rule is decided here.
"""

from __future__ import annotations

from kiosk.screen import OpenHours, Place, Screen, Touch
from web_ui.aloud import aloud_view
from web_ui.catalogue import LANGUAGES, Voice
from web_ui.places import Json, place_view, slip_view
from web_ui.telling import clock_time, minutes_until, tell_when

SOON_MINUTES = 90
"""Longer than this, the pill says until when, not for how many minutes."""

__all__ = ["LANGUAGES", "view", "words"]


def words(language: str) -> Voice:
    """The voice of a language: `words("zh")("touch.finish")`."""
    return Voice(language)


def view(screen: Screen) -> Json:
    """All that the page shows, as JSON-able values; `ruby` gives the reading of each sentence for young readers."""
    young = (
        screen.place in (Place.VISIT, Place.SAY) and screen.visit is not None and screen.visit.young
    )
    voice = Voice(screen.language, young=young)
    shown: Json = {
        **_frame(screen, voice),
        "young": young,
        "hours": _hours(screen, voice),
        "status": _status(screen, voice),
        **place_view(screen, voice),
        "slip": slip_view(screen, voice),
        "aloud": aloud_view(screen, voice),
    }
    shown["ruby"] = voice.rubies
    return shown


def _frame(screen: Screen, voice: Voice) -> Json:
    local = screen.local
    return {
        "n": screen.n,
        "place": str(screen.place),
        "place_name": voice(f"place.{screen.place}"),
        "language": voice.language,
        "html_lang": voice("name.html"),
        "contrast": screen.contrast,
        "library": (screen.library_en if voice.language == "en" else "") or screen.library,
        "clock": {
            "text": clock_time(local),
            "seconds": local.hour * 3600 + local.minute * 60 + local.second,
            "local": local.isoformat(),
        },
        "cue": str(screen.cue) if screen.cue else None,
        "cue_n": screen.cue_n,
        "countdown": _countdown(screen, voice),
        "visit_id": screen.visit.id if screen.visit else None,
        "touches": {str(t): voice(f"touch.{t}", text="") for t in Touch},
        "ui": {
            key: voice(f"ui.{key}")
            for key in ("contrast", "connecting", "connecting_more", "home", "up", "down", "status")
        },
    }


def _countdown(screen: Screen, voice: Voice) -> Json | None:
    if screen.ends_in_ms is None:
        return None
    return {
        "ends_in_ms": screen.ends_in_ms,
        "total_ms": screen.total_ms or screen.ends_in_ms or 1,
        "template": voice.template("visit.closes", "n"),
    }


def _hours(screen: Screen, voice: Voice) -> Json:
    """The pill in the header; `template` counts the minutes down on the page, `plain` is for when they are many."""
    hours, local = screen.hours, screen.local
    told: Json = {
        "open": hours.open,
        "sure": hours.sure,
        "closure": hours.closure,
        "template": "",
        "until_s": None,
    }
    told["text"] = _hours_text(hours, screen, voice)
    if hours.sure and hours.open and hours.until is not None:
        time = clock_time(hours.until)
        key, values = (
            ("hours.left_short", {}) if _is_young(screen) else ("hours.left", {"time": time})
        )
        told["plain"] = voice("hours.until", time=time)
        told["template"] = voice.template(key, "n", **values)
        told["until_s"] = (hours.until - local).total_seconds()
        told["soon_minutes"] = SOON_MINUTES
    return told


def _is_young(screen: Screen) -> bool:
    return screen.place is Place.VISIT and screen.visit is not None and screen.visit.young


def _hours_text(hours: OpenHours, screen: Screen, voice: Voice) -> str:
    if not hours.sure:
        return voice("hours.unsure")
    if hours.open and hours.until is not None:
        time, minutes = clock_time(hours.until), minutes_until(hours.until, screen.local)
        if minutes > SOON_MINUTES:
            return voice("hours.until", time=time)
        return (
            voice("hours.left_short", n=minutes)
            if _is_young(screen)
            else voice("hours.left", n=minutes, time=time)
        )
    if hours.next is None:
        return hours.closure or voice("hours.closed")
    when = tell_when(voice, hours.next, screen.local)
    return (
        voice("hours.closure_next", closure=hours.closure, when=when)
        if hours.closure
        else voice("hours.next", when=when)
    )


def _status(screen: Screen, voice: Voice) -> Json:
    """A quiet mark for staff: "" where all is well. `short` stands beside it; trouble is in the station's own words."""
    status = screen.status
    in_trouble = bool(status.trouble or status.store_full)
    marks = [voice("ui.trouble")] if in_trouble else []
    if status.online is False:
        marks.append(voice("ui.offline"))
    if status.unsent:
        marks.append(voice("ui.unsent", n=status.unsent))
    return {
        "mark": "trouble"
        if in_trouble
        else "offline"
        if status.online is False
        else "unsent"
        if status.unsent
        else "",
        "text": " · ".join(marks) or voice("ui.well"),
        "short": voice("ui.trouble_short")
        if status.urgent
        else voice("ui.offline_short")
        if status.online is False
        else "",
        "trouble": list(status.trouble),
        "urgent": status.urgent,
        "store_full": voice("ui.store_full") if status.store_full else "",
        "unsent": status.unsent,
        "online": status.online,
    }
