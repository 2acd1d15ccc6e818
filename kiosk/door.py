"""The door of a reading room: signs people in and out by their card, in the transaction of the visit that it opens.

What is decided is rooms.py's; the act is an entry like any other, so that it counts once wherever the line was cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.calendar import Rules
from kiosk.desk_values import Who
from kiosk.domain import Act, Now, Patron, Reason, Verdict
from kiosk.journal import Journal, Occurrence, Written
from kiosk.rooms import (
    DOUBT_MS,
    Passage,
    Presence,
    closing_ms,
    is_readers_room,
    still_there,
    written_stay,
)
from kiosk.store.presence import note_leaving, note_presence, presence_of
from kiosk.store.store import Store
from kiosk.store.tx import Tx

_DONE = Verdict(allowed=True, reason=Reason.OK)


class Door:
    """`rules` gives the rules in force; `room` is where this station stands."""

    def __init__(
        self, store: Store, journal: Journal, rules: Callable[[], Rules], *, room: str
    ) -> None:
        self._store = store
        self._journal = journal
        self._rules = rules
        self._room = room

    def pass_by(self, tx: Tx, patron: Patron, who: Who, now: Now) -> Presence | None:
        """A card opens a visit: it signs its patron in, or out again; None where nobody signs in here."""
        rules = self._rules()
        if not is_readers_room(rules, self._room, patron):
            return None
        there = presence_of(tx, patron.id)
        if there is None or not still_there(rules, self._room, there, now):
            return self._enter(tx, who, now)
        if now.at_ms - there.since_ms < DOUBT_MS:
            return there
        return self._go(tx, there, who, now)

    def attend(self, activity: str, who: Who, now: Now, *, pupils: int = 0) -> None:
        """Somebody came to an activity; pupils: how many a teacher has counted."""
        with self._store.begin() as tx:
            what = (Act.ATTEND, activity, None)
            self._append(tx, what, who, now, text=str(pupils) if pupils else None)

    def leave(self, presence: Presence, who: Who, now: Now) -> Presence:
        """Somebody says that they are leaving."""
        with self._store.begin() as tx:
            return self._go(tx, presence, who, now)

    def take_back(self, presence: Presence, who: Who, now: Now) -> Presence | None:
        """What the card did was not meant: whoever was signed out is still in, who was signed in was never there."""
        if not presence.written:
            return presence
        with self._store.begin() as tx:
            if presence.written == presence.sign_in:
                what = (Act.SIGN_OUT, presence.sign_in, presence.written)
                self._append(tx, what, who, now)
                note_leaving(tx, who.patron_id)
                return None
            what = (Act.SIGN_IN, presence.sign_in, presence.written)
            self._append(tx, what, who, now)
            again = replace(presence, passage=Passage.AGAIN, written="")
            note_presence(tx, who.patron_id, again)
            return again

    def _enter(self, tx: Tx, who: Who, now: Now) -> Presence:
        closes_ms = closing_ms(self._rules(), self._room, now)
        what = (Act.SIGN_IN, written_stay(self._room, closes_ms), None)
        key = self._append(tx, what, who, now).key
        presence = Presence(Passage.IN, key, now.at_ms, closes_ms, key)
        note_presence(tx, who.patron_id, presence)
        return presence

    def _go(self, tx: Tx, presence: Presence, who: Who, now: Now) -> Presence:
        key = self._append(tx, (Act.SIGN_OUT, presence.sign_in, None), who, now).key
        note_leaving(tx, who.patron_id)
        return replace(presence, passage=Passage.OUT, written=key)

    def _append(
        self,
        tx: Tx,
        said: tuple[Act, str, str | None],
        who: Who,
        now: Now,
        *,
        text: str | None = None,
    ) -> Written:
        act, value, undoes = said
        what = Occurrence(
            act,
            patron_id=who.patron_id,
            card=who.card or None,
            visit=who.visit or None,
            device=who.device or None,
            undoes=undoes,
            value=value,
            text=text,
        )
        return self._journal.append(tx, what, _DONE, now=now, rules_digest=self._rules().digest)
