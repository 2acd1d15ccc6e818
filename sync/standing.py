"""What is odd about the patron of an entry: blocked, card replaced, unknown, gone, more loans than allowed. PURE.

Everything but the limit is known from the patron's history alone, before the copy's entries are folded. Staff act at
the central record, by its clock: what they do later never changes what an earlier entry is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kiosk.calendar import Rules
from kiosk.domain import Patron
from kiosk.loan_rules import find_category, find_rule
from sync.events import Code, Key, Span

UNKNOWN = "card:"


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


@dataclass(frozen=True, slots=True)
class Taken:
    """A loan of the patron, with what the limit is counted by: the copy's type, and the rules it was decided by."""

    span: Span
    copy_type: str
    rules: Rules


def over_limit(patron: Patron, loans: Sequence[Taken]) -> frozenset[Key]:
    """The entries by which the patron had more than allowed, loans of all stations taken together in order of time."""
    in_order = sorted(loans, key=lambda t: (t.span.opened_ms, t.span.opened_by))
    past = set()
    for at, taken in enumerate(in_order):
        still_out = [t for t in in_order[:at] if _out_at(t.span, taken.span)]
        if _exceeds(patron, taken, still_out):
            past.add(taken.span.opened_by)
    return frozenset(past)


def _out_at(earlier: Span, opened: Span) -> bool:
    return earlier.closed_ms is None or earlier.closed_ms > opened.opened_ms


def _exceeds(patron: Patron, taken: Taken, still_out: Iterable[Taken]) -> bool:
    rules, others = taken.rules, [t.copy_type for t in still_out]
    category = find_category(rules, patron.category)
    rule = find_rule(rules, patron, taken.copy_type)
    if category and len(others) >= category[1].limit:
        return True
    if not rule or rule[1].limit is None:
        return False
    found = (find_rule(rules, patron, kind) for kind in others)
    return sum(1 for f in found if f and f[0] == rule[0]) >= rule[1].limit
