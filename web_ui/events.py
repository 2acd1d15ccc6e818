"""Screens as server-sent events: the whole screen on connecting, then only ever the newest one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from typing import Protocol

from kiosk.screen import Screen

HEARTBEAT_S = 5.0
SLICE_S = 0.5
"""How long a stream may sleep before it looks whether the server is stopping."""


class Screens(Protocol):
    """What a stream needs of the station."""

    @property
    def screen(self) -> Screen: ...

    def wait(self, after_n: int, timeout_s: float) -> Screen | None: ...


class Streams:
    """Counts the open streams, so that a leak of dead pages can never take every thread of the server."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free = threading.BoundedSemaphore(limit)
        self._stopping = threading.Event()

    def enter(self) -> bool:
        return not self._stopping.is_set() and self._free.acquire(blocking=False)

    def leave(self) -> None:
        self._free.release()

    def stop(self) -> None:
        """Every stream ends within SLICE_S."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()


class Frames:
    """The newest screen as the JSON text that is pushed; made once a screen, however many pages look on."""

    def __init__(self, view: Callable[[Screen], dict[str, object]]) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._last: tuple[Screen, dict[str, object], float] | None = None

    def payload(self, screen: Screen) -> str:
        """age_ms tells a page that connects late how much older the clock and the countdown have grown."""
        with self._lock:
            if self._last is None or self._last[0] is not screen:
                self._last = (screen, self._view(screen), time.monotonic())
            _, shown, seen_at = self._last
        age_ms = round((time.monotonic() - seen_at) * 1000)
        return json.dumps({**shown, "age_ms": age_ms}, ensure_ascii=False, separators=(",", ":"))


def stream(
    screens: Screens, frames: Frames, streams: Streams, *, heartbeat_s: float = HEARTBEAT_S
) -> Generator[bytes, None, None]:
    """One page's stream; it ends when the server stops. The caller counts it in and out of `streams`."""
    screen = screens.screen
    yield b"retry: 1000\n\n" + event(screen.n, frames.payload(screen))
    beat_at = time.monotonic() + heartbeat_s
    while not streams.stopping:
        newer = screens.wait(screen.n, min(SLICE_S, heartbeat_s))
        if newer is not None:
            # Several may have passed while this page was written to: only the newest matters.
            screen = screens.screen
            yield event(screen.n, frames.payload(screen))
        elif time.monotonic() >= beat_at:
            yield b": still here\nevent: beat\ndata: 1\n\n"
        else:
            continue
        beat_at = time.monotonic() + heartbeat_s


def event(n: int, payload: str) -> bytes:
    # JSON never holds a raw line break; lone surrogates from odd scans must not end the stream.
    return f"id: {n}\ndata: {payload}\n\n".encode("utf-8", "replace")
