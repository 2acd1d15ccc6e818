"""Who is in a reading room: whom a scanned card signs in or out, and when whoever forgot to sign out had left. PURE.

A room asks for signing in by `sign_in` in library.toml. The first card scan signs in, a later one out. Whoever walks
away without it had left when the room closed; the entry of the sign-in says when that is, so that nothing else need be
known to tell how long somebody was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from kiosk.calendar import Rules, day_plan, here, merged
from kiosk.domain import Copy, Now, Patron
from kiosk.figures import whole
from kiosk.loan_rules import find_rule

# Whoever scans the card again so soon wonders whether it was noticed, and is not leaving.
DOUBT_MS = 2 * 60_000


class Passage(StrEnum):
    """What a card scan at the door has done. AGAIN: nothing, they are in already."""

    IN = "in"
    OUT = "out"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody's stay as it stands on the screen: `sign_in` is the key of the entry that began it (since_ms).

    written: the entry of this very passage, "" where none was needed. closes_ms: None where nobody can say.
    """

    passage: Passage
    sign_in: str
    since_ms: int
    closes_ms: int | None
    written: str = ""


def asks_to_sign_in(rules: Rules, room: str) -> bool:
    return any(r.key == room and r.sign_in for r in rules.library.rooms)


def is_readers_room(rules: Rules, room: str, patron: Patron) -> bool:
    """Whether this patron signs in there: the room asks for it, and has hours for their category."""
    if not asks_to_sign_in(rules, room):
        return False
    return any(
        (not w.rooms or room in w.rooms) and (not w.categories or patron.category in w.categories)
        for w in rules.library.windows
    )


def closing_ms(rules: Rules, room: str, now: Now) -> int | None:
    """When the room closes next on this day (UTC ms); None where it will not, or the clock is unsure."""
    if not now.sure:
        return None
    return next((ends for _, ends in _spans(rules, room, now.local) if ends > now.at_ms), None)


def still_there(rules: Rules, room: str, presence: Presence, now: Now) -> bool:
    """Whether a card scanned now is that of somebody who leaves: on the same day, the room has not opened anew."""
    since = here(rules, datetime.fromtimestamp(presence.since_ms / 1000, UTC))
    if since.date() != here(rules, now.local).date() or now.at_ms < presence.since_ms:
        return False
    closed = presence.closes_ms
    return closed is None or not any(
        closed <= begins <= now.at_ms for begins, _ in _spans(rules, room, now.local)
    )


def stays_in_room(rules: Rules, patron: Patron, copy: Copy) -> bool:
    """Whether the copy is only read in the library by this patron."""
    found = find_rule(rules, patron, copy.copy_type)
    return not copy.lendable or (found is not None and found[1].use == "in_library")


def written_stay(room: str, closes_ms: int | None) -> str:
    """What the entry of a sign-in says beside who and when: where, and when the room closes."""
    return room if closes_ms is None else f"{room} {closes_ms}"


def read_stay(value: str | None) -> tuple[str, int | None]:
    """The room and its closing time of a sign-in's entry."""
    room, _, closes = (value or "").partition(" ")
    return room, whole(closes)


def _spans(rules: Rules, room: str, local: datetime) -> list[tuple[int, int]]:
    spans = merged(day_plan(rules, here(rules, local).date(), room))
    return [(_ms(begins), _ms(ends)) for begins, ends in spans]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
