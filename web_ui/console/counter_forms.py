"""What the counter's pages are sent beside a scan: a reason to set rules aside, a day, what was done last."""

from __future__ import annotations

from datetime import date

from flask import g, request

from sync.central.counter import LONGEST_WHY, Override

_MOST_KEYS = 20


class Fault(Exception):
    """What was filled in cannot be taken; `word` names why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def override_in_form(today: date) -> Override:
    because, until = why(), request.form.get("until", "").strip()
    if not because:
        raise Fault("unfilled")
    if not until:
        return Override(because)
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise Fault("bad_day") from None
    if day < today:
        raise Fault("bad_day")
    return Override(because, day)


def why() -> str:
    return " ".join(request.form.get("why", "").split())[:LONGEST_WHY]


def keys(text: str) -> list[str]:
    return text.split(",")[:_MOST_KEYS]


def standing() -> dict[str, str] | None:
    """A reason that this patron's next books are lent with, and what it sets aside."""
    because, codes = request.args.get("why", ""), request.args.get("for", "")
    named = [f"console.counter.reason.{code}" for code in codes.split()]
    if not because or not named or not all(g.say.has(key) for key in named):
        return None
    told = g.say("console.or").join(g.say(key) for key in named)
    return {"why": because, "for": codes, "reason": told}
