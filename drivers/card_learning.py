"""From cards read twice to the two settings that translate them, and what these cannot tell apart. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.cards import Link, can_become, clashes, formats_of, links, translate


@dataclass(frozen=True, slots=True)
class Pair:
    """One card: as the station's reader reads it, and as the library writes it."""

    read: str
    known: str


def learn(cards: Iterable[Sequence[Pair]]) -> tuple[Link, ...]:
    """The ways in which each card is one of its pairs; of ways that translate alike only the plainest."""
    plainest: dict[tuple[str | None, ...], Link] | None = None
    common: set[Link] = set()
    for pairs in cards:
        found = {link: pair for pair in pairs for link in links(pair.read, pair.known)}
        common = set(found) if plainest is None else common & set(found)
        plainest = {}
        for link, pair in found.items():
            if link in common:
                plainest.setdefault(_effect(link, pair), link)
    return tuple((plainest or {}).values())


def search(read: str, numbers: Iterable[str]) -> list[Pair]:
    """The cards of the list that this reading can be of, in some format."""
    return [Pair(read, number) for number in numbers if links(read, number)]


def lines(link: Link) -> tuple[str, str]:
    """The settings lines for this reader."""
    return f'card_from = "{link.first}"', f'card_to = "{link.second}"'


def drops_bytes(link: Link) -> bool:
    return not can_become(link.first, link.second)


def alike(link: Link, numbers: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of cards of the list that this reader cannot tell apart; none for one that reads whole numbers."""
    return clashes(numbers, link.second, link.first) if drops_bytes(link) else ()


def foreign(link: Link, numbers: Iterable[str]) -> list[str]:
    """Numbers of the list that are not written as the link says, so that no reading becomes them."""
    return [number for number in numbers if link.second not in formats_of(number)]


def _effect(link: Link, pair: Pair) -> tuple[str | None, ...]:
    """What a link makes of a few numbers: two that make the same of all are the same to a library."""
    if drops_bytes(link):
        return tuple(translate(turned, link.second, link.first) for turned in _turned(pair.known))
    return tuple(translate(turned, link.first, link.second) for turned in _turned(pair.read))


def _turned(number: str) -> list[str]:
    return [number[at:] + number[:at] for at in range(len(number))]
