"""What a visit's slip needs after its screen has changed: the screen as it was, and how printing went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kiosk.screen import Printed, Screen, VisitView
from kiosk.visit import Visit


class Paper(Protocol):
    """Prints a visit's slip in a thread of its own; `told` hears how it goes, perhaps several times."""

    def put(self, visit: VisitView, screen: Screen, told: Callable[[Printed], None]) -> None: ...

    @property
    def no_paper(self) -> bool: ...


class SlipKeeper:
    """`find` may be called from any thread; all else belongs to the station's. kept_s: how long a screen is kept."""

    def __init__(self, paper: Paper | None, mono_ms: Callable[[], int], kept_s: float) -> None:
        self._paper = paper
        self._mono_ms = mono_ms
        self._kept_ms = kept_s * 1000
        self._finished: dict[str, tuple[Screen, int]] = {}
        self._printed: dict[str, Printed] = {}

    @property
    def can_print(self) -> bool:
        return self._paper is not None

    def keep(self, screen: Screen, visit: Visit) -> None:
        """The visit ends; its slip may still be asked for."""
        now_ms = self._mono_ms()
        kept = {v: k for v, k in self._finished.items() if now_ms - k[1] < self._kept_ms}
        if screen.visit and screen.visit.id == visit.id:
            kept[visit.id] = (screen, now_ms)
        self._finished = kept

    def find(self, visit_id: str) -> Screen | None:
        """The screen on which this visit stood, unless that is too long ago."""
        screen, left_ms = self._finished.get(visit_id, (None, 0))
        return screen if self._mono_ms() - left_ms < self._kept_ms else None

    def print(self, screen: Screen, told: Callable[[str, Printed], None]) -> None:
        """Put the slip of the visit on this screen on paper; `told` hears from another thread, with the visit's id."""
        view = screen.visit
        if self._paper is None or view is None:
            return
        self.heard(view.id, Printed.WAITING)
        self._paper.put(view, screen, lambda how: told(view.id, how))

    def heard(self, visit_id: str, how: Printed) -> None:
        self._printed = {visit_id: how}

    def how_printed(self, visit: Visit | None) -> Printed | None:
        if visit and visit.id in self._printed:
            return self._printed[visit.id]
        # Said before anybody asks: a pupil need not press a button to learn that there is no paper.
        return Printed.NO_PAPER if self._paper and self._paper.no_paper else None
