"""Which entries a station knew of when it wrote one: by its own chain, or by what it had been told. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sync.events import Event, Key, Mark
from sync.timeline import causes_of


class Links:
    """Over the events of one copy. Who came first is seldom asked, so nothing is looked up before."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    @cached_property
    def _by_key(self) -> dict[Key, Event]:
        return {event.key: event for event in self._events}

    @cached_property
    def _causes(self) -> dict[Key, tuple[Key, ...]]:
        return causes_of(self._by_key)

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
