"""How often one address may ask: hashing a password is dear on purpose, and one machine must not stop the others."""

from __future__ import annotations

import threading
from collections import OrderedDict

TRIES = 40
SPAN_MS = 10 * 60_000
_ADDRESSES = 1_000


class Rate:
    """At most so many tries in any SPAN_MS for one address; remembers the addresses that were last heard of."""

    def __init__(self, tries: int = TRIES) -> None:
        self._tries = tries
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, list[int]] = OrderedDict()

    def allows(self, address: str, now_ms: int) -> bool:
        with self._lock:
            tries = [at for at in self._seen.pop(address, []) if now_ms - SPAN_MS < at <= now_ms]
            good = len(tries) < self._tries
            self._seen[address] = [*tries, now_ms] if good else tries
            while len(self._seen) > _ADDRESSES:
                self._seen.popitem(last=False)
            return good

    def give_back(self, address: str) -> None:
        """The last try of this address shall not count."""
        with self._lock:
            if tries := self._seen.get(address):
                tries.pop()
