"""Rooms, shelves and parts of the stock in words, and as they are chosen in a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import g

from sync.central.db import Connection
from sync.central.rules import rules_in_force
from sync.central.scope import Part, Scope, shelves
from web_ui.console.frame import in_language

Choice = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shelving:
    """Rooms and shelves by name, and every shelf that copies belong to."""

    rooms: Mapping[str, str]
    names: Mapping[str, str]
    shelves: tuple[tuple[str, str], ...]

    def room(self, room: str) -> str:
        return self.rooms.get(room, room)

    def place(self, room: str, shelf: str) -> str:
        """Where a copy belongs; "-" where nobody has said."""
        parts = (self.room(room) if len(self.rooms) > 1 else "", self.shelf(shelf))
        return " ".join(part for part in parts if part) or "-"

    def shelf(self, shelf: str) -> str:
        named = self.names.get(shelf)
        return named or (str(g.say("console.stock.shelf", shelf=shelf)) if shelf else "")

    def scope(self, scope: Scope) -> str:
        match scope.kind:
            case Part.ALL:
                return str(g.say("console.stock.scope.all"))
            case Part.ROOM:
                return self.room(scope.room) or "-"
            case Part.SHELF:
                return self.place(scope.room, scope.shelf)
            case Part.CALL:
                told = {"start": scope.call_from or "…", "end": scope.call_to or "…"}
                return str(g.say("console.stock.scope.call", **told))

    def shelf_choices(self, within: Scope | None = None) -> list[Choice]:
        """Every shelf (of the scope's room), as a form sends it and as people read it."""
        room = within.room if within and within.kind in (Part.ROOM, Part.SHELF) else None
        return [
            (f"{at}/{shelf}", self.place(at, shelf))
            for at, shelf in self.shelves
            if shelf and room in (None, at)
        ]

    def part_choices(self) -> list[Choice]:
        """Parts of the stock: everything, each room, each shelf."""
        rooms = dict.fromkeys(room for room, _ in self.shelves)
        named = [(f"{Part.ROOM}:{room}", self.room(room)) for room in rooms if room]
        listed = [(f"{Part.SHELF}:{value}", told) for value, told in self.shelf_choices()]
        return [(Part.ALL.value, str(g.say("console.stock.scope.all"))), *named, *listed]


def shelving(conn: Connection, school: str) -> Shelving:
    rules = rules_in_force(conn, school)
    library = rules.library if rules else None
    rooms = {r.key: in_language(r.name, r.name_en) for r in library.rooms} if library else {}
    names = {s.key: in_language(s.name, s.name_en) for s in library.shelves} if library else {}
    return Shelving(rooms, names, tuple(shelves(conn, school)))


def scope_of(part: str, call_from: str, call_to: str) -> Scope:
    """What was chosen; a range of call numbers outranks a room."""
    if call_from.strip() or call_to.strip():
        return Scope(Part.CALL, call_from=call_from.strip(), call_to=call_to.strip())
    kind, _, place = part.partition(":")
    room, _, shelf = place.partition("/")
    if kind == Part.ROOM:
        return Scope(Part.ROOM, room)
    return Scope(Part.SHELF, room, shelf) if kind == Part.SHELF else Scope()


def part_of(scope: Scope) -> str:
    """The scope as `part_choices` has it."""
    match scope.kind:
        case Part.ROOM:
            return f"{Part.ROOM}:{scope.room}"
        case Part.SHELF:
            return f"{Part.SHELF}:{scope.room}/{scope.shelf}"
        case _:
            return Part.ALL.value


def shelf_of(text: str) -> tuple[str, str] | None:
    """The shelf that was chosen, if one was."""
    room, _, shelf = text.partition("/")
    return (room, shelf) if shelf else None
