"""What is odd about the patron of an entry: blocked, card replaced, unknown, gone, more loans than allowed. PURE.

Everything but the limit is known from the patron's history alone, before the copy's entries are folded. Staff act at
the central record, by its clock: what they do later never changes what an earlier entry is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from operator import itemgetter
from typing import NamedTuple

from config.library import LoanRule
from kiosk.calendar import Rules
from kiosk.domain import Patron
from kiosk.loan_rules import find_category, find_rule
from sync.events import Code, Key

UNKNOWN = "card:"
# Who was erased is told from others within one copy's entries, and by nothing else.
_NOBODY = "somebody:"
# What is said of an entry because of its patron, but for the limit.
OF_PATRON = frozenset(
    {
        Code.PATRON_BLOCKED,
        Code.PATRON_GONE,
        Code.CARD_STOLEN,
        Code.CARD_REPLACED,
        Code.UNKNOWN_PATRON,
    }
)
Ruled = tuple[int, LoanRule]


@dataclass(frozen=True, slots=True)
class CardChange:
    """Staff said at `at_ms` (UTC) what became of a card: "replaced", "lost", "stolen" or "active"."""

    at_ms: int
    state: str


@dataclass(frozen=True, slots=True)
class Block:
    """A patron was blocked from `from_ms` to `to_ms` (UTC; None: still)."""

    from_ms: int
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What the central record knows of a patron. gone_ms: when the person left or was deleted (UTC)."""

    blocks: tuple[Block, ...] = ()
    cards: tuple[tuple[str, CardChange], ...] = ()
    gone_ms: int | None = None


NOBODY_KNOWN = History()


def about_patron(
    patron: str | None, card: str | None, *, lo: int, est: int, history: History
) -> frozenset[Code]:
    """The codes of an allowed checkout or renewal by this patron with this card (None: not told), at this time."""
    if patron is None:
        return frozenset()
    if patron.startswith(UNKNOWN):
        return frozenset({Code.UNKNOWN_PATRON})
    codes = set()
    if any(b.from_ms < est and (b.to_ms is None or est < b.to_ms) for b in history.blocks):
        codes.add(Code.PATRON_BLOCKED)
    if history.gone_ms is not None and history.gone_ms < est:
        codes.add(Code.PATRON_GONE)
    changes = [change for number, change in history.cards if number == card]
    # Only what was certainly reported before the act makes it somebody else's.
    reported = [c for c in changes if c.at_ms < (lo if c.state == "stolen" else est)]
    state = max(reported, key=lambda c: c.at_ms).state if reported else "active"
    if state == "stolen":
        codes.add(Code.CARD_STOLEN)
    elif state in ("replaced", "lost"):
        codes.add(Code.CARD_REPLACED)
    return frozenset(codes)


def somebody(word: str) -> str:
    """Whoever was erased, as the fold sees them, by the word made up for them."""
    return f"{_NOBODY}{word}"


def named(patron: str | None) -> str | None:
    """The patron as they are written down: nobody, if they were erased."""
    return None if patron is None or patron.startswith(_NOBODY) else patron


class Taken(NamedTuple):
    """A loan of the patron, with what the limit is counted by. closed_ms None: it is still out."""

    opened_ms: int
    opened_by: Key
    closed_ms: int | None
    copy_type: str


def over_limit(patron: Patron, loans: Iterable[Taken], rules: Rules) -> frozenset[Key]:
    """The entries by which the patron had more than allowed, loans of all stations taken together in order of time."""
    category = find_category(rules, patron.category)
    at_once = category[1].limit if category else inf
    ruled: dict[str, tuple[int, float]] = {}
    past = set()
    # What is out, by when it came back and the rule it is counted under.
    out: list[tuple[float, int]] = []
    under: Counter[int] = Counter()
    for opened_ms, opened_by, closed_ms, copy_type in sorted(loans, key=itemgetter(0, 1)):
        while out and out[0][0] <= opened_ms:
            under[heappop(out)[1]] -= 1
        if copy_type not in ruled:
            ruled[copy_type] = _counted(find_rule(rules, patron, copy_type))
        number, most = ruled[copy_type]
        if len(out) >= at_once or under[number] >= most:
            past.add(opened_by)
        heappush(out, (inf if closed_ms is None else closed_ms, number))
        under[number] += 1
    return frozenset(past)


def _counted(ruled: Ruled | None) -> tuple[int, float]:
    """The number of the rule, and how many it allows at once."""
    if ruled is None:
        return -1, inf
    number, rule = ruled
    return number, inf if rule.limit is None else rule.limit
