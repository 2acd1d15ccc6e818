"""Which entries a station knew of when it wrote one: by its own chain, or by what it had been told. PURE."""

from __future__ import annotations

from collections.abc import Iterable

from sync.events import Event, Key, Mark
from sync.timeline import causes_of


class Links:
    """Over the events of one copy."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._by_key = {event.key: event for event in events}
        self._causes = causes_of(self._by_key)

    def linked(self, event: Event, to: Key) -> bool:
        """Whether the event's station knew of `to`."""
        stack, met = [event], {event.key}
        while stack:
            at = stack.pop()
            if at.after == to or (at.key[:2] == to[:2] and at.key > to):
                return True
            for cause in self._causes[at.key]:
                if cause not in met:
                    met.add(cause)
                    stack.append(self._by_key[cause])
        return False

    def unordered(self, event: Event, mark: Mark) -> bool:
        """Whether nothing says which of the two came first."""
        if event.lo > mark.hi or mark.lo > event.hi:
            return False
        return not self.linked(event, mark.key)
