"""Who stands beside the entries of a batch, and what the record knows of them. Each patron is asked for once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)

from kiosk.domain import Act
from kiosk.entry import Entry
from sync.central.db import is_postgres, listed, one_in
from sync.central.schema import blocks, card_changes, cards, patron_aliases, patrons
from sync.events import DESK, Code
from sync.standing import UNKNOWN, Block, CardChange, History, about_patron
from sync.timeline import Stamp

_LENDING = (Act.CHECKOUT, Act.RENEWAL)
_NOTHING_ODD: frozenset[Code] = frozenset()
_UNKNOWN_PATRON = frozenset({Code.UNKNOWN_PATRON})


class Person(NamedTuple):
    """Who stands beside an entry, aliases followed; card: the number that opened the visit."""

    patron: str
    card: str | None = None


def decided_by_staff(entry: Entry) -> bool:
    """Whether somebody at the central record allowed this against the rules, knowing them."""
    return entry.station == DESK and entry.override is not None


class Persons:
    """The patrons of a school as far as they were asked for: learn first, within the transaction, then ask."""

    def __init__(self, conn: Connection, school: str) -> None:
        self._conn = conn
        self._school = school
        self._learnt: set[str] = set()
        self._merged: dict[str, str] = {}
        self._histories: dict[str, History] = {}

    def learn(self, patron_ids: Iterable[str | None]) -> None:
        """Where merged patrons went, whose a card number is, and blocks, cards and leaving of all of them."""
        new = {p for p in patron_ids if p} - self._learnt
        if not new:
            return
        self._learnt |= new
        self.follow(new)
        self._histories |= self._read_histories({self._merged.get(p, p) for p in new})

    def follow(self, patron_ids: Collection[str]) -> None:
        """Where merged patrons went, and no more of them."""
        self._merged |= self._aliases(patron_ids)

    def beside(self, patron: str | None, card: str | None) -> Person | None:
        """The person of an entry with this patron and card beside it."""
        return Person(self._merged.get(patron, patron), card) if patron else None

    def codes(self, entry: Entry, stamp: Stamp, person: Person | None) -> frozenset[Code]:
        """What is odd about the patron of this entry."""
        asked = entry.allowed and entry.act in _LENDING and not decided_by_staff(entry)
        if person is None or not asked:
            return _NOTHING_ODD
        history = self._histories.get(person.patron)
        if history is None:
            return _UNKNOWN_PATRON if person.patron.startswith(UNKNOWN) else _NOTHING_ODD
        return about_patron(person.patron, person.card, lo=stamp.lo, est=stamp.est, history=history)

    def _aliases(self, patron_ids: Collection[str]) -> dict[str, str]:
        # A station that did not know the card yet when it was used: the record may know it by now.
        numbers = [p.removeprefix(UNKNOWN) for p in patron_ids if p.startswith(UNKNOWN)]
        told = {"school": self._school, "ids": listed(patron_ids), "numbers": listed(numbers)}
        rows = self._conn.execute(_aliases(is_postgres(self._conn)), told).all()
        by_card = {f"{UNKNOWN}{name}": patron for by, name, patron in rows if by == "card"}
        return by_card | {name: patron for by, name, patron in rows if by == "id"}

    def _read_histories(self, patron_ids: set[str]) -> dict[str, History]:
        told = {"school": self._school, "ids": listed(patron_ids)}
        blocked: dict[str, list[Block]] = defaultdict(list)
        changed: dict[str, list[tuple[str, CardChange]]] = defaultdict(list)
        gone: dict[str, int] = {}
        query = _histories(is_postgres(self._conn))
        for what, patron, at_ms, to_ms, number, state in self._conn.execute(query, told).all():
            match what:
                case "block":
                    blocked[patron].append(Block(at_ms, to_ms))
                case "card":
                    changed[patron].append((number, CardChange(at_ms, state)))
                case _:
                    gone[patron] = at_ms
        return {
            patron: History(tuple(blocked[patron]), tuple(changed[patron]), gone.get(patron))
            for patron in {*blocked, *changed, *gone}
        }


@cache
def _aliases(postgres: bool) -> Any:
    school: Any = bindparam("school")
    merged = select(literal("id"), patron_aliases.c.id, patron_aliases.c.patron).where(
        patron_aliases.c.school == school, one_in(postgres, patron_aliases.c.id, "ids")
    )
    mine = select(literal("card"), cards.c.number, cards.c.patron_id).where(
        cards.c.school == school, one_in(postgres, cards.c.number, "numbers")
    )
    return union_all(merged, mine)


@cache
def _histories(postgres: bool) -> Any:
    def of(table: Any, what: str, patron: Any, *told: Any) -> Select[Any]:
        mine = table.c.school == bindparam("school")
        return select(literal(what), patron, *told).where(mine, one_in(postgres, patron, "ids"))

    no_text, no_ms = cast(null(), Text), cast(null(), BigInteger)
    b, c, p = blocks.c, card_changes.c, patrons.c
    left = of(patrons, "gone", p.id, p.gone_ms, no_ms, no_text, no_text)
    return union_all(
        of(blocks, "block", b.patron_id, b.from_ms, b.to_ms, no_text, no_text),
        of(card_changes, "card", c.patron_id, c.at_ms, no_ms, c.number, c.state),
        left.where(p.gone_ms.is_not(None)),
    )
