"""Cases, exceptions and stations in words for librarians; codes in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta

from kiosk.domain import Act
from kiosk.entry import Entry
from sync.central.cases import Choice, Question, Seen
from sync.central.counter import DESK
from sync.central.digest import Line
from sync.central.overview import Event, Machine
from sync.central.people import masked, unknown_number
from web_ui.catalogue import Voice
from web_ui.telling import clock_time, tell_day

# Narrower than this, a time is told without its interval.
_EXACT_MS = 60_000
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells in one language and one school's time. now_ms: UTC milliseconds.

    whole: the numbers of unknown cards are told in full; otherwise their last two letters. members: names of
    staff by their logins.
    """

    say: Voice
    zone: ZoneInfo
    now_ms: int
    whole: bool = False
    members: Mapping[str, str] = field(default_factory=dict)

    def member(self, login: str | None) -> str:
        """Who of the staff that was; "" for nobody."""
        return self.members.get(login, login) if login else ""

    # Moments.

    def local(self, at_ms: int) -> datetime:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(self.zone)

    def moment(self, at_ms: int) -> str:
        local = self.local(at_ms)
        day = tell_day(self.say, local.date(), self.local(self.now_ms).date())
        return self.say("date.at", day=day, time=clock_time(local))

    def day(self, day: date) -> str:
        return tell_day(self.say, day, self.local(self.now_ms).date())

    def is_past(self, day: date | None) -> bool:
        """Whether a loan that was due on this day is late."""
        return day is not None and day < self.local(self.now_ms).date()

    def heading(self, at_ms: int) -> str:
        return str(format_date(self.local(at_ms).date(), "full", locale=self.say.locale))

    def when(self, seen: Seen) -> str:
        """A time with the interval in which it must lie, where that is wide."""
        if seen.hi - seen.lo < _EXACT_MS:
            return self.moment(seen.est)
        lo, hi, est = self.moment(seen.lo), self.moment(seen.hi), self.moment(seen.est)
        return self.say("console.between", est=est, lo=lo, hi=hi)

    def between(self, from_ms: int, to_ms: int) -> str:
        """How long that was, roughly, as people say it."""
        span = timedelta(milliseconds=to_ms - from_ms)
        return str(format_timedelta(span, threshold=1.5, locale=self.say.locale))

    # Cases.

    def sentence(self, one: Question) -> str:
        where = one.evidence[-1].station if one.evidence else self.say("console.some_station")
        who = self.say("console.or").join(map(self.person, one.who)) or self.say("console.somebody")
        book = self.book(one.title, one.barcode)
        return self.say(f"console.case.{one.code}", book=book, who=who, where=where)

    def person(self, name: str) -> str:
        """Whoever is named; of a card that nobody has, its number."""
        number = unknown_number(name)
        if number is None:
            return name
        return self.say("console.unknown_card", number=number if self.whole else masked(number))

    def book(self, title: str, barcode: str | None) -> str:
        if title and barcode:
            return self.say("console.book", title=title, barcode=barcode)
        return self.say("console.unnamed_book", barcode=barcode or "-")

    def holder(self, one: Question) -> str:
        """Where the copy is as the record stands; "" for what is about no copy."""
        if one.barcode is None:
            return ""
        who = self.person(one.holder) if one.holder else None
        return self.say("console.has_it", who=who) if who else self.say("console.nobody_has_it")

    def choice(self, choice: Choice) -> str:
        if choice.patron:
            return self.say(f"console.choice.{choice.kind}_with", who=self.person(choice.patron))
        return self.say(f"console.choice.{choice.kind}")

    def decided(self, one: Question, by: Entry) -> str:
        """Who settled it, when and how."""
        value = by.choice or ""
        known = next((c for c in one.choices if c.value == value), Choice(value))
        return self.say(
            "console.decided",
            who=self.member(by.staff) or self.say("console.somebody"),
            when=self.moment(by.wall_ms),
            choice=self.choice(known),
        )

    def witness(self, seen: Seen) -> dict[str, str]:
        """One entry: where, when, what was done, and what the person was shown."""
        entry = seen.entry
        return {
            "where": self.where(seen),
            "when": self.when(seen),
            "act": self.act(seen),
            "shown": self.shown(entry, seen.proof) if entry else "",
            "doubt": self.say("console.clock_unsure") if entry and entry.clock != "sure" else "",
            "key": str(seen.key),
        }

    def where(self, seen: Seen) -> str:
        """At which station; at the library's own desk, with who acted there."""
        if seen.key.station != DESK:
            return seen.station
        who = self.member(seen.entry.staff if seen.entry else None)
        return self.say("console.copy.desk", who=who or self.say("console.copy.by_rule"))

    def act(self, seen: Seen) -> str:
        if seen.entry is None:
            return self.say("console.unreadable")
        act = self.say(f"console.act.{seen.entry.act}")
        if not seen.patron:
            return act
        return self.say("console.who_did", who=self.person(seen.patron), act=act)

    def shown(self, entry: Entry, proof: str = "") -> str:
        """What stood on the screen; of a return, the code on the slip, too."""
        if not entry.allowed:
            bare = f"reason.{entry.reason}.head_bare"
            reason = bare if self.say.has(bare) else f"reason.{entry.reason}.head"
            return self.say("console.shown_refused", reason=self.say(reason))
        if entry.due_on:
            day = date.fromisoformat(entry.due_on)
            told = [
                self.say("line.due", day=tell_day(self.say, day, self.local(self.now_ms).date()))
            ]
        elif entry.days:
            told = [self.say("line.due_days", n=entry.days)]
        elif entry.act is Act.CHECKIN and proof:
            told = [self.say("console.shown_back", proof=proof)]
        else:
            told = []
        told += [self.say(f"note.{note}") for note in entry.notes if self.say.has(f"note.{note}")]
        return (
            self.say("console.shown", told=self.say("console.and_then").join(told)) if told else ""
        )

    # The digest.

    def odd(self, line: Line) -> dict[str, str]:
        told = [self.say(f"console.code.{code}") for code in line.codes]
        book = self.book(line.title, line.barcode) if line.barcode else ""
        when = self.moment(line.est)
        return {"book": book, "when": when, "where": line.station, "what": " ".join(told)}

    # Stations.

    def machine(self, machine: Machine) -> dict[str, object]:
        return {
            "name": machine.name,
            "id": machine.id,
            "room": machine.room,
            "seen": self.moment(machine.seen_ms)
            if machine.seen_ms is not None
            else self.say("console.never_seen"),
            "unsent": "-" if machine.unsent is None else str(machine.unsent),
            "entries": str(machine.entries),
            "state": self.say(f"console.state.{_state(machine)}"),
            "events": [self.event(event) for event in machine.events],
        }

    def event(self, event: Event) -> str:
        told = self.say(f"console.incident.{event.kind}")
        return self.say("console.at", when=self.moment(event.at_ms), what=told)


def _state(machine: Machine) -> str:
    if machine.revoked:
        return "revoked"
    if not machine.enrolled:
        return "new"
    return "parked" if machine.parked else "in_service"
