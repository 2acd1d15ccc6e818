"""Card readers that drop bytes of a card's number, and the library's list of whole numbers: joined here."""

from __future__ import annotations

from collections import defaultdict

import structlog

from drivers.cards import CardFormat, chip_bytes
from kiosk.errors import StoreError
from kiosk.store.listing import card_numbers
from kiosk.store.store import Store

log = structlog.get_logger()


class Completion:
    """Finds the one card of the library that a shortened number can be; called from one scanner's thread.

    Where two cards are alike to the reader the number stays as it was read: nobody's, rather than the wrong pupil's.
    """

    def __init__(self, store: Store, given: CardFormat, wanted: CardFormat) -> None:
        self._store = store
        self._given = given
        self._wanted = wanted
        self._numbers = ""
        self._found: dict[bytes, list[str]] = {}

    def __call__(self, text: str) -> str:
        chip = chip_bytes(text, self._given)
        if chip is None:
            return text
        try:
            fitting = self._cards(len(chip)).get(chip, [])
        except StoreError as error:
            log.error("card not looked up", error=str(error))
            return text
        if len(fitting) > 1:
            log.warning("cards that this reader cannot tell apart", cards=len(fitting))
        return fitting[0] if len(fitting) == 1 else text

    def _cards(self, kept: int) -> dict[bytes, list[str]]:
        with self._store.read() as tx:
            numbers = card_numbers(tx)
        if numbers != self._numbers:
            self._numbers, found = numbers, defaultdict(list)
            for number in numbers.splitlines():
                chip = chip_bytes(number, self._wanted)
                if chip is not None:
                    found[chip[-kept:]].append(number)
            self._found = dict(found)
        return self._found
