"""How long a page stands on the screen before it goes back to idle by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.screen import Place
from kiosk.show import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds before a page goes back to idle by itself, and how long the same code counts as the same scan.

    slip_s: how long the slip of a visit that has ended can still be asked for.
    """

    visit_s: float = 20
    page_s: float = 15
    find_s: float = 45
    staff_s: float = 60
    repeat_ms: int = 3000
    slip_s: float = 600

    def for_page(self, place: Place, *, undisturbed: bool) -> float | None:
        """Seconds for this page; None for the idle screen as it always looks, which stays."""
        match place:
            case Place.VISIT:
                return self.visit_s
            case Place.FIND | Place.NUMBER | Place.SAY | Place.COUNT:
                return self.find_s
            case Place.STAFF:
                return self.staff_s
            case Place.GUIDE | Place.NOTICE | Place.RETURNS:
                return self.page_s
            case Place.IDLE:
                return None if undisturbed else self.find_s


class Countdown:
    """Runs from the last `restart`; `now_ms` grows steadily."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._total_ms: int | None = None
        self._deadline_ms = 0

    def restart(self, total_s: float | None) -> None:
        """Begin anew; None: nothing runs out."""
        self._total_ms = None if total_s is None else round(total_s * 1000)
        self._deadline_ms = self._now_ms() + (self._total_ms or 0)

    @property
    def over(self) -> bool:
        return self._total_ms is not None and self._now_ms() >= self._deadline_ms

    @property
    def timing(self) -> Timing:
        if self._total_ms is None:
            return Timing(None, None)
        return Timing(max(0, self._deadline_ms - self._now_ms()), self._total_ms)

    def left_s(self, longest: float) -> float:
        """Seconds until it is over, `longest` at most."""
        left_ms = self.timing.ends_in_ms
        return longest if left_ms is None else min(longest, left_ms / 1000)
