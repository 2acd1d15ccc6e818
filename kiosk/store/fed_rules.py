"""The library.toml of an enrolled station: what the central record has sent, and what of it was last taken up."""

from __future__ import annotations

from kiosk.store.lineage import RULES, RULES_GOOD, lineage
from kiosk.store.store import Store

_LOCAL = "rules_local"


class FedRules:
    """`newest` and `good` are None until the first rules have come; `local` is the digest of the file at enrolment."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(self) -> str | None:
        return self._value(RULES)

    def good(self) -> str | None:
        """Those that were in force last: a publication that contradicts this station must not keep it from starting."""
        return self._value(RULES_GOOD)

    def keep(self, text: str) -> None:
        with self._store.begin() as tx:
            tx.set_value(RULES_GOOD, text)

    def local(self) -> str | None:
        return self._value(_LOCAL)

    def note_local(self, digest: str) -> None:
        with self._store.begin() as tx:
            tx.set_value(_LOCAL, digest)

    def _value(self, key: str) -> str | None:
        with self._store.read() as tx:
            return tx.value(key)


def fed_rules(store: Store) -> FedRules | None:
    """None for a station that is enrolled nowhere: its own file rules."""
    with store.read() as tx:
        return FedRules(store) if lineage(tx) else None
