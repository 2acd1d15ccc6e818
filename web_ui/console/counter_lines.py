"""What was done at the counter, in words: one line an act, with its due date or why not, and what can be done next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kiosk.domain import Act, Note, Reason, Verdict
from kiosk.entry import Entry
from sync.central.claims import CLAIMED
from sync.central.counter import FOUND, Beyond, Counter
from sync.central.recent import Done
from web_ui.console.telling import Teller
from web_ui.telling import tell_when

# An override is offered for so many lines; what was refused long ago is scanned again.
_OFFERED = 5
_NOTES = (
    Note.WAS_NOT_ON_LOAN, Note.WAS_OVERDUE, Note.REAPPEARED, Note.CAPPED_BY_TERM, Note.HOLD_FILLED,
)  # fmt: skip
_REFUSED = {
    Act.CHECKOUT: "refused",
    Act.RENEWAL: "refused_renew",
    Act.CHECKIN: "refused_return",
    Act.USE: "refused_use",
}


@dataclass(frozen=True, slots=True)
class Lines:
    """Tells lines for whoever stands at the counter (patron "": nobody). lit: the keys of what was done just now."""

    tell: Teller
    counter: Counter
    shelves: dict[str, str]
    patron: str = ""
    lit: frozenset[str] = frozenset()

    def all(self, done: Sequence[Done]) -> list[dict[str, Any]]:
        """The newest in front. Of each copy, only the newest line offers anything."""
        met: set[str] = set()
        told: list[dict[str, Any]] = []
        for one in done:
            entry = one.entry
            newest = not entry.copy or entry.copy not in met
            met.add(entry.copy or "")
            offered = newest and len(told) < _OFFERED
            told.append(self.line(one, offered=offered))
        return told

    def line(self, one: Done, *, offered: bool) -> dict[str, Any]:
        entry = one.entry
        beyond = self._beyond(entry) if offered and not entry.allowed and self.patron else None
        others = entry.act is Act.CHECKIN and entry.allowed and one.patron != self.patron
        return {
            "key": entry.key,
            "lit": entry.key in self.lit,
            "tone": "success" if entry.allowed else "danger",
            "head": self.head(one),
            "book": self.tell.book(one.title, entry.copy) if entry.copy else "",
            "barcode": entry.copy or "",
            "remarks": self._remarks(one, others=others and bool(self.patron) and offered),
            "why": self._why(entry, beyond),
            "beyond": beyond if beyond and beyond.possible else None,
            "act": entry.act.value,
            "undo": offered and one.undoable,
            "lend": offered and others and bool(self.patron) and not entry.undoes,
            "use": offered and bool(beyond) and _stays(entry),
            "proof": one.proof if entry.allowed and entry.act is Act.CHECKOUT else "",
        }

    def head(self, one: Done) -> str:
        entry, say = one.entry, self.tell.say
        name = one.name or say("console.somebody")
        if entry.act is Act.SCAN:
            return say("console.counter.line.unknown", text=entry.text or "")
        if not entry.allowed:
            return say(f"console.counter.line.{_REFUSED[entry.act]}")
        match entry.act:
            case Act.CHECKOUT:
                return self._until("lent", entry, name)
            case Act.RENEWAL:
                return self._until("reopened" if entry.undoes else "renewed", entry, name)
            case Act.CHECKIN if entry.undoes:
                return say("console.counter.line.undone")
            case Act.CHECKIN if entry.value == FOUND:
                return say("console.counter.line.found")
            case Act.CHECKIN if one.name:
                return say("console.counter.line.returned_of", name=one.name)
            case Act.CHECKIN:
                return say("console.counter.line.returned")
            case Act.CLAIM if entry.undoes:
                return say("console.counter.line.claim_undone")
            case Act.CLAIM:
                kind = "claimed" if entry.value == CLAIMED else "claim_refused"
                return say(f"console.counter.line.{kind}", name=name)
        return say("console.counter.line.used")

    def _until(self, kind: str, entry: Entry, name: str) -> str:
        say = self.tell.say
        if entry.due_on is None:
            return say(f"console.counter.line.{kind}_days", name=name)
        day = self.tell.day(date.fromisoformat(entry.due_on))
        return say(f"console.counter.line.{kind}", day=day, name=name)

    def _remarks(self, one: Done, *, others: bool) -> list[str]:
        entry, say = one.entry, self.tell.say
        told = [say(f"console.counter.line.{n}") for n in _NOTES if n.value in entry.notes]
        if entry.override and entry.allowed:
            told.append(say("console.counter.line.beyond", why=entry.override))
        if entry.act is Act.CHECKIN and entry.allowed:
            if one.kept_for:
                told.append(say("console.counter.line.kept", name=one.kept_for))
            elif one.shelf:
                shelf = self.shelves.get(one.shelf, one.shelf)
                told.append(say("console.counter.line.shelf", shelf=shelf))
            if others:
                told.append(say("console.counter.line.scan_again"))
        return told

    def _beyond(self, entry: Entry) -> Beyond | None:
        if entry.act not in _REFUSED or not entry.copy:
            return None
        return self.counter.beyond(entry.act, self.patron, entry.copy)

    def _why(self, entry: Entry, beyond: Beyond | None) -> list[str]:
        if entry.allowed or entry.act is Act.SCAN:
            return []
        if beyond and beyond.against:
            return [self.reason(verdict) for verdict in beyond.against]
        return [self.reason(Verdict(False, entry.reason))]

    def reason(self, verdict: Verdict) -> str:
        """Why not, with what is known about it."""
        say, key = self.tell.say, f"console.counter.reason.{verdict.reason}"
        if verdict.opens_at is not None and say.has(f"{key}_when"):
            when = tell_when(say, verdict.opens_at, self.counter.now.local)
            return say(f"{key}_when", when=when)
        if verdict.count is not None and say.has(f"{key}_of"):
            return say(f"{key}_of", count=verdict.count, limit=verdict.limit)
        if verdict.detail and say.has(f"{key}_why"):
            return say(f"{key}_why", why=verdict.detail)
        return say(key)


def reasons_of(against: Collection[Verdict]) -> list[Reason]:
    return [verdict.reason for verdict in against]


def _stays(entry: Entry) -> bool:
    return entry.act is Act.CHECKOUT and entry.reason is Reason.IN_LIBRARY_ONLY
