"""A line to a real server of the central record, and stations that hold a conversation on it call by call."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from flask import Flask

from sync.central import enrolment
from sync.central.api import create_app
from sync.central.cli_serve import Server
from sync.central.db import Database
from tests.central.fleet import SCHOOL, Pen
from tests.sync.story import NOON


class HandClock:
    """The central record's clock, moved by hand (UTC ms)."""

    def __init__(self) -> None:
        self.ms = NOON + 30 * 24 * 3_600_000

    def __call__(self) -> int:
        return self.ms


@contextlib.contextmanager
def serving(db: Database, clock: HandClock, app: Flask | None = None) -> Iterator[str]:
    """A waitress server on a port of its own; its address. app: more than the calls of stations."""
    server = Server(app or create_app(db, clock), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, name="central", daemon=True)
    thread.start()
    try:
        yield server.url.rstrip("/")
    finally:
        server.close()
        thread.join(timeout=10)


@dataclass
class Teller:
    """Says one call after another. `status` and `told` are of the last answer."""

    url: str
    status: int = 0
    told: Any = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def say(self, call: str, **message: Any) -> Any:
        return self.send(call, json.dumps(message).encode())

    def send(self, call: str, raw: bytes, **headers: str) -> Any:
        reply = self.client.post(f"{self.url}/sync/{call}", content=raw, headers=headers)
        self.status = reply.status_code
        is_json = reply.headers.get("content-type", "").startswith("application/json")
        self.told = reply.json() if is_json else reply.content
        return self.told

    def send_packed(self, call: str, message: dict[str, Any]) -> Any:
        packed = gzip.compress(json.dumps(message).encode())
        return self.send(call, packed, **{"Content-Encoding": "gzip"})


@dataclass
class Disk:
    """What a station's disk holds: its journal, its token. `copied()` is an image of it."""

    station: str
    token: str
    pen: Pen
    hardware: str = "board-1"

    @property
    def epoch(self) -> int:
        return self.pen.epoch

    def copied(self, **changes: Any) -> Disk:
        pen = Pen(self.station, self.pen.epoch, list(self.pen.wires))
        told = {"station": self.station, "token": self.token, "hardware": self.hardware}
        return Disk(**{**told, "pen": pen, **changes})

    def hello(self, **changes: Any) -> dict[str, Any]:
        """HELLO as this disk would say it."""
        wires = self.pen.wires
        told: dict[str, Any] = {"school": SCHOOL, "station": self.station, "epoch": self.epoch}
        told |= {"token": self.token, "last_seq": len(wires)}
        told |= {"head": wires[-1].hash if wires else "", "boot": "boot-1", "mono_ms": 5_000}
        told |= {"hardware": self.hardware, "software": "test", "entry_version": 1, "cursor": 0}
        return {**told, "health": {}, **changes}

    def push(self, session: str, first: int = 1, last: int | None = None) -> dict[str, Any]:
        portion = self.pen.wires[first - 1 : last]
        return {"session": session, "entries": [msgspec.to_builtins(w) for w in portion]}


def new_station(db: Database, clock: HandClock, station: str) -> str:
    """Add a station; the code by which a machine becomes it."""
    with db.begin(SCHOOL) as conn:
        enrolment.add_station(conn, SCHOOL, station, station.upper(), "reading-room")
        return enrolment.new_code(conn, SCHOOL, station, clock())


def enrolled(db: Database, clock: HandClock, teller: Teller, station: str) -> Disk:
    code = new_station(db, clock, station)
    told = teller.say("enrol", code=code, hardware="board-1", software="test")
    assert teller.status == 200, told
    return Disk(station, told["token"], Pen(station, told["epoch"]))


def greet(teller: Teller, disk: Disk, **changes: Any) -> dict[str, Any]:
    """HELLO; the disk keeps the token it is given."""
    told: dict[str, Any] = teller.say("hello", **disk.hello(**changes))
    assert teller.status == 200, told
    if "rewind" not in told:
        disk.token = told["token"]
    return told
