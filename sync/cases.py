"""Which questions a copy's entries leave for a person, under lasting names, and whether somebody has answered. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from sync.events import Case, Code, Doubt, Event, Key

OF_ORDER = (Code.ORDER_UNKNOWN, Code.RENEW_ORDER_UNKNOWN)


def case_id(code: Code, key: Key) -> str:
    """The lasting name of a case: 16 hexadecimal digits. The copy's barcode is no part of it: that may be replaced."""
    return sha256(f"{code.value}|{key}".encode()).hexdigest()[:16]


class Questions:
    """The cases of one copy while its entries are being folded. `cited`: names that settlements speak of."""

    def __init__(self, cited: Iterable[str | None]) -> None:
        self._cited = set(cited)
        self._cases: dict[str, Case] = {}

    def all(self) -> tuple[Case, ...]:
        return tuple(self._cases.values())

    def about(self, event: Event, codes: Iterable[Code]) -> None:
        """The entry is odd in ways that need a person."""
        for code in sorted(codes):
            self._put(code, (event.key,), (event.patron,))

    def leave_open(self, doubt: Doubt | None) -> None:
        """`doubt` is what the order leaves open now; earlier questions of that kind are answered."""
        for case in self._cases.values():
            if case.code in OF_ORDER and case.live:
                self._cases[case.id] = replace(case, live=False)
        if doubt:
            self._put(doubt.code, doubt.keys, doubt.patrons)

    def settle(self, event: Event) -> bool | None:
        """True: settled on these very facts; False: on other ones, so it is open again; None: no such case."""
        case = self._cases.get(event.case or "")
        if case is None:
            return None
        # A settlement of an earlier release names the patrons as well.
        same = event.facts in (
            case.facts,
            _facts(case.code, case.keys, *(p or "" for p in case.patrons)),
        )
        settled = event.key if same else case.settled_by
        self._cases[case.id] = replace(case, settled_by=settled, reopened=not same)
        return same

    def _put(self, code: Code, keys: tuple[Key, ...], patrons: tuple[str | None, ...]) -> None:
        # A late event that joins a question must not give it another name, least of all when it was settled once.
        names = [case_id(code, key) for key in sorted(keys)]
        name = next((name for name in names if name in self._cited), names[0])
        facts = _facts(code, keys)
        old = self._cases.get(name)
        if old is None or old.facts != facts:
            again = bool(old and old.settled_by)
            self._cases[name] = Case(name, code, keys, patrons, facts, reopened=again)
        else:
            self._cases[name] = replace(old, live=True)


def _facts(code: Code, keys: tuple[Key, ...], *more: str) -> str:
    """What the question rests on. Not whom it concerns: to erase a patron, or to merge two, is no new fact."""
    return sha256("|".join([code.value, *map(str, keys), *more]).encode()).hexdigest()
