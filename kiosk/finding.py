"""The search page: what was typed on the pad -> what the screen shows, with the shelves' names in its language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from config.library import Library
from kiosk.calendar import Rules
from kiosk.rulebook import Rulebook
from kiosk.screen import FindView, Found
from kiosk.show import shelf_words
from kiosk.store.search import find
from kiosk.store.store import Store

RESULTS = 20


def finding(store: Store, rulebook: Rulebook) -> Callable[[str, str], FindView]:
    """A search over this store: (typed, language) -> the best titles."""

    def found(typed: str, language: str) -> FindView:
        if not typed:
            return FindView("", (), 0)
        rules = rulebook.current
        with store.read() as tx:
            results, total = find(
                tx.conn, typed, RESULTS, in_library_types=never_lent(rules.library)
            )
        in_words = (_on_shelf(result, rules, language) for result in results)
        return FindView(typed, tuple(in_words), total)

    return found


def never_lent(library: Library) -> frozenset[str]:
    """Copy types that no rule lends to anybody: they are read in the library."""
    lent = {t for rule in library.loan_rules if rule.use == "loan" for t in rule.copy_types}
    return frozenset(t.key for t in library.copy_types) - lent


def _on_shelf(result: Found, rules: Rules, language: str) -> Found:
    book = replace(result.book, shelf=shelf_words(result.book.shelf, rules, language))
    return replace(result, book=book)
