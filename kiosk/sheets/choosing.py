"""Which copies and which patrons are meant, out of all that the store has.

A word that names nothing is a SheetError with what there is instead: nobody should find out at the printer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from config import numbers
from config.faults import meant
from config.library import Barcodes
from kiosk import barcodes
from kiosk.domain import Card, CardState, Copy, CopyState, Patron
from kiosk.errors import SheetError
from kiosk.sheets.values import LeftOut

Holder = tuple[Patron, tuple[Card, ...]]

_GONE = {
    CopyState.WITHDRAWN: "withdrawn",
    CopyState.LOST: "lost",
    CopyState.MISSING: "missing",
}


@dataclass(frozen=True, slots=True)
class CopyChoice:
    """Each that is given adds copies. `first` to `last`: labels; `call_first` to `call_last`: places on the shelf."""

    numbers: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    call_first: str = ""
    call_last: str = ""
    everything: bool = False


@dataclass(frozen=True, slots=True)
class PatronChoice:
    """`patrons`: numbers of patrons or of cards."""

    classes: tuple[str, ...] = ()
    patrons: tuple[str, ...] = ()
    everybody: bool = False


def choose_copies(
    copies: Sequence[Copy], choice: CopyChoice, settings: Barcodes
) -> tuple[list[Copy], list[LeftOut]]:
    """The copies in the order of their labels (those of a range of call numbers: of the shelf), and those left out."""
    _all_there(choice.numbers, {copy.barcode for copy in copies}, "copy has the label")
    _titles_there(choice.titles, {copy.title.title for copy in copies})
    tests = _copy_tests(choice)
    found = [copy for copy in copies if any(test(copy) for test in tests)]
    if choice.call_first or choice.call_last:
        found.sort(key=lambda copy: (shelf_order(copy.call_number), copy.barcode))
    named = frozenset(choice.numbers)
    left = [(copy, _why_no_label(copy, settings, named=copy.barcode in named)) for copy in found]
    return [copy for copy, why in left if not why], [why for _, why in left if why]


def choose_cards(
    holders: Sequence[Holder], choice: PatronChoice, settings: Barcodes, today: date
) -> tuple[list[tuple[Patron, Card]], list[LeftOut]]:
    """Each good card with its patron, class by class, and the patrons and cards that are left out."""
    numbers = {word for patron, cards in holders for word in _numbers(patron, cards)}
    _all_there(choice.patrons, numbers, "patron or card has the number")
    classes = sorted({patron.class_name for patron, _ in holders if patron.class_name})
    for word in choice.classes:
        if word not in classes:
            raise SheetError(f'no patron is of the class "{word}"; {meant(word, classes)}')
    printed: list[tuple[Patron, Card]] = []
    left: list[LeftOut] = []
    for patron, cards in holders:
        by_name = not _numbers(patron, cards).isdisjoint(choice.patrons)
        if not (by_name or choice.everybody or patron.class_name in choice.classes):
            continue
        expired = patron.expires_on is not None and patron.expires_on < today
        if expired and not by_name:
            remedy = "name them with --patron to print the card all the same"
            why = f"expired on {patron.expires_on}"
            left.append(LeftOut(_who(patron), why, remedy, "expired"))
            continue
        good, bad = _cards_of(patron, cards, settings)
        printed += good
        left += bad
    return printed, left


def shelf_order(call_number: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Class number character by character (I247.5 before I25), then the rest with its numbers counted (9 before 10)."""
    head, _, rest = call_number.upper().partition("/")
    pieces = re.findall(r"\d+|\D+", rest)
    return head.strip(), tuple((int(p), "") if p.isdigit() else (-1, p) for p in pieces)


def _copy_tests(choice: CopyChoice) -> list[Callable[[Copy], bool]]:
    tests: list[Callable[[Copy], bool]] = [
        lambda copy: choice.everything or copy.barcode in choice.numbers,
        lambda copy: copy.title.title in choice.titles,
    ]
    if choice.first or choice.last:
        if choice.first and choice.last and len(choice.first) != len(choice.last):
            raise SheetError(
                f"{choice.first} and {choice.last} are no range; write both with the same number of characters"
            )
        length = len(choice.first or choice.last)
        tests.append(
            lambda copy: (
                len(copy.barcode) == length
                and choice.first <= copy.barcode
                and (not choice.last or copy.barcode <= choice.last)
            )
        )
    if choice.call_first or choice.call_last:
        low, high = shelf_order(choice.call_first), shelf_order(choice.call_last)
        tests.append(
            lambda copy: (
                bool(copy.call_number)
                and low <= shelf_order(copy.call_number)
                and (
                    not choice.call_last
                    or shelf_order(copy.call_number) <= high
                    or copy.call_number.upper().startswith(choice.call_last.upper())
                )
            )
        )
    return tests


def _all_there(wanted: Iterable[str], known: set[str], what: str) -> None:
    missing = [word for word in wanted if word not in known]
    if missing:
        raise SheetError(f"no {what} {', '.join(missing)}; compare it with the catalogue or list")


def _titles_there(wanted: Iterable[str], known: set[str]) -> None:
    for word in wanted:
        if word not in known:
            near = sorted(title for title in known if word in title)[:5]
            hint = f"there are {', '.join(near)}" if near else meant(word, sorted(known)[:5])
            raise SheetError(f'no title is called "{word}"; {hint}')


def _why_no_label(copy: Copy, settings: Barcodes, *, named: bool) -> LeftOut | None:
    what = f"{copy.barcode} {copy.title.title}".strip()
    if copy.state in _GONE and not named:
        return LeftOut(
            what, _GONE[copy.state], "name it with --copy to print its label all the same"
        )
    return _unacceptable(what, copy.barcode, barcodes.Kind.COPY, settings)


def _cards_of(
    patron: Patron, cards: tuple[Card, ...], settings: Barcodes
) -> tuple[list[tuple[Patron, Card]], list[LeftOut]]:
    active = [card for card in cards if card.state is CardState.ACTIVE]
    if not active:
        states = " and ".join(f"card {card.number} is {card.state}" for card in cards) or "no card"
        remedy = "give them a card number in the list of patrons, and import it"
        return [], [LeftOut(_who(patron), states, remedy, "no_card")]
    checked = [
        (
            card,
            _unacceptable(
                f"{card.number} {_who(patron)}", card.number, barcodes.Kind.CARD, settings
            ),
        )
        for card in active
    ]
    return [(patron, card) for card, why in checked if not why], [w for _, w in checked if w]


def _unacceptable(
    what: str, number: str, kind: barcodes.Kind, settings: Barcodes
) -> LeftOut | None:
    """Why a scan of this number would not be taken for what it is."""
    found = barcodes.classify(number, settings)
    if found.kind is kind and found.text == number:
        return None
    shapes, check = (
        (settings.card_shapes, settings.card_check_digit)
        if kind is barcodes.Kind.CARD
        else (settings.copy_shapes, settings.copy_check_digit)
    )
    if numbers.fits(number, shapes) and not numbers.check_digit_holds(number, check):
        return LeftOut(
            what,
            f"wrong check digit ({check})",
            "correct the number in the catalogue or list",
            "check_digit",
        )
    remedy = f"correct it, or add its shape to barcodes.{kind} in library.toml"
    why = f"the station takes only {', '.join(shapes)} for a {kind}"
    return LeftOut(what, why, remedy, "shape")


def _numbers(patron: Patron, cards: tuple[Card, ...]) -> set[str]:
    return {patron.id, *(card.number for card in cards)}


def _who(patron: Patron) -> str:
    return f"{patron.id} {patron.name} {patron.class_name}".rstrip()
