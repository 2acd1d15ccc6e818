"""The stream on a real server: full state at once, heartbeats, only the newest screen, dead streams freed."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from typing import Any

from kiosk.screen import Place, Screen
from tests.web_ui.browse import running
from tests.web_ui.fakes import FakeStation
from tests.web_ui.samples import screen
from web_ui.events import Frames, Streams, stream
from web_ui.words import view


class Listener:
    """One page's stream, read byte by byte from a socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=8)
        self.socket.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.read = b""

    def until(self, wanted: bytes) -> bytes:
        while wanted not in self.read:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(self.read[-300:])
            self.read += more
        return self.read

    def screen(self, n: int) -> dict[str, Any]:
        """The screen with this number, once the stream has brought it."""
        self.until(b"id: %d\n" % n)
        at = self.read.index(b"id: %d\n" % n)
        while b"\n\n" not in self.read[at:]:
            self.read += self.socket.recv(65536)
        # Chunk sizes of HTTP stand between the lines of the stream; JSON itself has no line break.
        line = next(part for part in self.read[at:].split(b"\n") if part.startswith(b"data: {"))
        shown: dict[str, Any] = json.loads(line[len(b"data: ") :])
        return shown

    def close(self) -> None:
        self.socket.close()


def test_a_page_gets_the_whole_screen_on_connecting_and_each_newer_one() -> None:
    station = FakeStation(screen(Place.IDLE))
    with running(station) as server:
        page = Listener(server.port)
        assert page.screen(1)["place"] == "idle"
        assert b"text/event-stream" in page.read
        station.show(screen(Place.FIND))
        assert page.screen(2)["place"] == "find"
        late = Listener(server.port)
        assert late.screen(2)["place"] == "find"
        page.close()
        late.close()


class Behind(FakeStation):
    """Hands out screens one by one, as if the page had been slow to ask."""

    def wait(self, after_n: int, timeout_s: float) -> Screen | None:
        newer = super().wait(after_n, timeout_s)
        return replace(newer, n=after_n + 1) if newer else None


def test_a_slow_page_gets_only_the_newest_screen() -> None:
    station, gate = Behind(screen(Place.IDLE)), Streams(1)
    page = stream(station, Frames(view), gate)
    assert b"id: 1\n" in next(page)
    for _ in range(5):
        station.show(screen(Place.FIND))
    assert b"id: 6\n" in next(page)
    page.close()


def test_a_quiet_stream_beats() -> None:
    station, gate = FakeStation(screen(Place.IDLE)), Streams(1)
    assert gate.enter()
    page = stream(station, Frames(view), gate, heartbeat_s=0.05)
    next(page)
    assert next(page) == b": still here\nevent: beat\ndata: 1\n\n"
    page.close()


def test_a_late_page_learns_how_old_the_screen_is() -> None:
    station, frames = FakeStation(screen(Place.IDLE)), Frames(view)
    assert json.loads(frames.payload(station.screen))["age_ms"] < 50
    time.sleep(0.12)
    assert json.loads(frames.payload(station.screen))["age_ms"] >= 100


def test_the_streams_are_counted_and_dead_ones_freed() -> None:
    station = FakeStation(screen(Place.IDLE))
    with running(station, streams=2) as server:
        pages = [Listener(server.port) for _ in range(2)]
        for page in pages:
            page.screen(1)
        third = Listener(server.port)
        assert b"503" in third.until(b"\r\n\r\n").split(b"\r\n")[0]
        assert b"pages are open" in third.until(b"close one")
        third.close()
        pages[0].close()
        deadline = time.monotonic() + 10
        while True:
            station.show(screen(Place.IDLE))
            again = Listener(server.port)
            if b"200 OK" in again.until(b"\r\n\r\n"):
                break
            again.close()
            assert time.monotonic() < deadline, "the dead stream still holds its place"
            time.sleep(0.2)
        again.close()
        pages[1].close()


def test_stopping_ends_the_streams_at_once() -> None:
    station = FakeStation(screen(Place.IDLE))
    with running(station) as server:
        page = Listener(server.port)
        page.screen(1)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    page.socket.settimeout(2)
    while page.socket.recv(65536):
        pass
    page.close()
