"""What a visit in a reading room adds to the attendant's work: who leaves, who is still there, what is read there."""

from __future__ import annotations

from dataclasses import replace

from kiosk.activities import Kind, head_count
from kiosk.attending import with_attended
from kiosk.calendar import Rules
from kiosk.desk import Desk
from kiosk.desk_values import Who
from kiosk.domain import Now, Receipt
from kiosk.rooms import Passage, Presence, stays_in_room
from kiosk.visit import State, Visit, counting


def lend_or_use(desk: Desk, rules: Rules, visit: Visit, who: Who, scan: tuple[str, Now]) -> Receipt:
    """Lend the copy; in a reading room, what never leaves it is scanned to be read there, in a session all is."""
    barcode, now = scan
    if visit.session:
        return desk.use(who, barcode, now, session=visit.session.id)
    copy = desk.look(barcode).copy if visit.presence else None
    if copy and stays_in_room(rules, visit.patron, copy):
        return desk.use(who, barcode, now)
    return desk.checkout(who, barcode, now)


def told_again(state: State) -> State:
    """The same card once more: whoever has just signed in is told so."""
    visit = state.visit
    there = visit.presence if visit else None
    if visit is None or there is None or there.passage is not Passage.IN:
        return state
    return _standing(state, visit, replace(there, passage=Passage.AGAIN))


def came(state: State, desk: Desk, who: Who, at: tuple[int, Now]) -> State:
    """Somebody came to the activity in this place among those of today; of a class it is asked how many."""
    visit, (place, now) = state.visit, at
    assert visit is not None, "coming to an activity without a visit"
    activity = visit.activities[place]
    desk.door.attend(activity.id, who, now)
    there = replace(state, visit=with_attended(visit, activity.id))
    return counting(there, on=True) if activity.of is Kind.SESSION else there


def counted(state: State, desk: Desk, who: Who, now: Now) -> State:
    """A teacher says how many are here: what was typed or, if nothing was, the whole class."""
    session = state.visit.session if state.visit else None
    pupils = head_count(state.typed) if state.typed else session.size if session else 0
    if session is None or not pupils:
        return state
    desk.door.attend(session.id, who, now, pupils=pupils)
    return counting(state, on=False)


def left(state: State, desk: Desk, who: Who, now: Now) -> State:
    """Somebody says that they are leaving."""
    visit = state.visit
    assert visit is not None, "leaving without a visit"
    assert visit.presence is not None, "allows() let somebody leave who is not there"
    return _standing(state, visit, desk.door.leave(visit.presence, who, now))


def passage_undone(state: State, desk: Desk, who: Who, now: Now) -> State:
    """What the card did at the door was not meant."""
    visit = state.visit
    if visit is None or visit.presence is None:
        return state
    return _standing(state, visit, desk.door.take_back(visit.presence, who, now))


def _standing(state: State, visit: Visit, there: Presence | None) -> State:
    return replace(state, visit=replace(visit, presence=there))
