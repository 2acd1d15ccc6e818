"""What lies on the demo panel's shelf to be scanned, and what of it has changed since somebody last looked."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from kiosk.loan_rules import find_category
from kiosk.rulebook import Rulebook
from kiosk.sample import highlights
from kiosk.store.listing import all_cards, all_copies, these_copies, whereabouts
from kiosk.store.store import Store

WRONG: list[dict[str, str]] = [
    {"text": "9787020002207", "label": "isbn"},
    {"text": "99999999", "label": "unknown_copy"},
    {"text": "9999999999", "label": "unknown_card"},
    {"text": "HELLO-KIOSK", "label": "nothing"},
    {"text": "\x1b[2J\x03\x16", "label": "control"},
    {"text": "7" * 4096, "label": "long"},
]
_IN_FRONT = "demo_shelf"


class Shelf:
    """Every look has a number `n`; who names it the next time is told only the copies that changed. Any thread."""

    def __init__(self, store: Store, rulebook: Rulebook) -> None:
        self._store = store
        self._rulebook = rulebook
        self._lock = threading.Lock()
        # Numbers of an earlier run are smaller, so that whoever comes with one is told all.
        self._first = self._n = time.monotonic_ns() // 1_000_000
        self._changed: dict[str, int] = {}
        self._in_front = _chosen_once(store)
        with store.read() as tx:
            self._was = whereabouts(tx)

    def look(self, changed_since: int | None = None) -> dict[str, Any]:
        """Cards, copies and wrong things, those in front that show something; or only copies that have changed."""
        with self._lock, self._store.read() as tx:
            now = whereabouts(tx)
            changed = {barcode for barcode, *_ in self._was ^ now}
            if changed:
                self._was = now
                self._n += 1
                self._changed |= dict.fromkeys(changed, self._n)
            if changed_since is not None and self._first <= changed_since <= self._n:
                newer = [text for text, n in self._changed.items() if n > changed_since]
                return {"n": self._n, "copies": these_copies(tx, newer)}
            found = {"cards": all_cards(tx), "copies": all_copies(tx)}
            n = self._n
        for kind, rows in found.items():
            place = {text: number for number, text in enumerate(self._in_front.get(kind, ()))}
            rows.sort(key=lambda row: place.get(row["text"], len(place)))
        self._by_the_rules(found["cards"])
        return {"n": n, **found, "wrong": WRONG}

    def _by_the_rules(self, cards: list[dict[str, Any]]) -> None:
        rules = self._rulebook.current
        young = rules.library.screen.pinyin_up_to_grade
        for card in cards:
            category = find_category(rules, card["category"])
            card["limit"] = category[1].limit if category else None
            card["young"] = card["grade"] is not None and card["grade"] <= young


def _chosen_once(store: Store) -> dict[str, list[str]]:
    """What stands in front is kept in the store: lent or not, before and after a restart, it stays in its place."""
    with store.read() as tx:
        kept = tx.value(_IN_FRONT)
    if kept is None:
        with store.begin() as tx:
            kept = json.dumps(highlights(tx.conn))
            tx.set_value(_IN_FRONT, kept)
    chosen: dict[str, list[str]] = json.loads(kept)
    return chosen
