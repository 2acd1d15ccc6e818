"""Events of an input device -> whole scans: keymap and framing joined. PURE; the device's state is asked by a call.

An event is (type, code, value), as in the kernel's input-event-codes.h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.framing import Framer, Framing, Outcome, Why
from drivers.keymap import Control, Keyboard

EV_SYN = 0
EV_KEY = 1
SYN_REPORT = 0
SYN_DROPPED = 3


@dataclass(frozen=True, slots=True)
class KeyState:
    """What a device says about itself: codes of the keys that are down, and whether its caps lock lamp is on."""

    down: frozenset[int] = frozenset()
    caps: bool = False


class KeyEvents:
    """Follows one device. `state` is called when it is opened, and after events were lost."""

    def __init__(self, framing: Framing, state: Callable[[], KeyState]) -> None:
        self._framer = Framer(framing)
        self._keyboard = Keyboard()
        self._state = state
        self._skipping = False
        self._take_state()

    def take(self, event: tuple[int, int, int], at_ms: int) -> list[Outcome]:
        """Take one event at the kernel's own time; give the scans that it completes."""
        kind, code, value = event
        if kind == EV_SYN:
            self._sync(code, at_ms)
        elif kind == EV_KEY and not self._skipping:
            return self._key(code, value, at_ms)
        return []

    def tick(self, now_ms: int) -> list[Outcome]:
        return self._framer.tick(now_ms)

    def wait_ms(self, now_ms: int) -> int | None:
        return self._framer.wait_ms(now_ms)

    def _sync(self, code: int, at_ms: int) -> None:
        if code == SYN_DROPPED:
            # The rest of this packet is not whole, and what follows may be the tail of a scan whose head is gone.
            self._skipping = True
            self._framer.spoil(Why.DROPPED, at_ms)
        elif code == SYN_REPORT and self._skipping:
            self._skipping = False
            self._take_state()

    def _take_state(self) -> None:
        state = self._state()
        self._keyboard.set_state(state.down, caps=state.caps)

    def _key(self, code: int, value: int, at_ms: int) -> list[Outcome]:
        done = self._framer.tick(at_ms)
        meant = self._keyboard.key(code, value)
        if isinstance(meant, Control):
            self._framer.spoil(Why.CONTROL, at_ms, meant.name)
        elif meant:
            done += self._framer.feed(meant.encode("ascii"), at_ms)
        return done
