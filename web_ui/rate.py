"""How often one address may ask for pages: a class may look, and a machine may not copy everything.

Counted in this process alone: to write each page that is read into the record would cost more than the pages do.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

SPAN_MS = 10 * 60_000
_ADDRESSES = 1_000


class Rate:
    """At most so many in any SPAN_MS for one address; remembers the addresses that were last heard of."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, list[int]] = OrderedDict()

    def allows(self, address: str, now_ms: int) -> bool:
        with self._lock:
            asked = [at for at in self._seen.pop(address, []) if now_ms - SPAN_MS < at <= now_ms]
            good = len(asked) < self._most
            self._seen[address] = [*asked, now_ms] if good else asked
            while len(self._seen) > _ADDRESSES:
                self._seen.popitem(last=False)
            return good
