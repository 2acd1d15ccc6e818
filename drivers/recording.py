"""A scanner's traffic written down, to be played again without the scanner: `kiosk record`, "spy:", and the tests.

JSON lines. The first: {"kind": "serial" | "keyboard", "device": what it is, "made": how, "settings": the keys of its
[[scanners]] table that shape a scan}. Then, as they came: {"ms": since the first of them, "hex": what one read gave},
or "text" in place of "hex": what the driver made of it, "" for a scan that was not believed. A read is raw bytes of a
serial port; of a keyboard, eight bytes an event: type and code (2 each), value (4, signed), little-endian.

Card numbers stand in it: only the station's own user may read the file.
"""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from config.station import ScannerSettings

MOST_BYTES = 8_000_000
_EVENT = struct.Struct("<HHi")
_SHAPING = ("ends_with", "silence_ms", "encoding", "prefix", "suffix", "longest")


class Recorder:
    """Writes one scanner's traffic; a full file is set aside as FILE.old, in place of the one before it.

    A disk that takes no more ends the recording, never the scanning: `fault` then says why.
    """

    def __init__(self, path: Path, head: dict[str, Any], *, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.fault = ""
        self.reads = 0
        self._head = head
        self._most_bytes = most_bytes
        self._began_ms = 0
        self._file: FileIO | None = None

    def open(self) -> None:
        """Begin the file; OSError if it cannot be. Done by the first read otherwise."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{self.path.name}.old"))
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._began_ms = _now_ms()
        self._write(self._head)

    def read(self, raw: bytes) -> None:
        """What one read of a serial port gave."""
        self.reads += 1
        self._take({"hex": raw.hex()})

    def events(self, events: Iterable[tuple[int, int, int]]) -> None:
        """What one read of a keyboard gave."""
        self.read(b"".join(_EVENT.pack(*event) for event in events))

    def text(self, text: str) -> None:
        self._take({"text": text})

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _take(self, what: dict[str, Any]) -> None:
        if self.fault:
            return
        try:
            if self._file is None or self._file.tell() > self._most_bytes:
                self.close()
                self.open()
            self._write({"ms": _now_ms() - self._began_ms, **what})
        except OSError as error:
            self.fault = f"{self.path} cannot be written ({error.strerror})"
            self.close()

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it is played: `settings` are keys of a [[scanners]] table, `expect` the texts in order."""

    name: str
    kind: str
    settings: dict[str, Any]
    expect: list[str]
    reads: list[tuple[int, bytes]]


def head_of(settings: ScannerSettings, device: str, made: str) -> dict[str, Any]:
    """The first line of a recording of this scanner."""
    shaping = settings.model_dump(include=set(_SHAPING), exclude_defaults=True)
    return {"kind": settings.kind, "device": device, "made": made, "settings": shaping}


def load(path: Path) -> Recording:
    """Read a recording; what a crash left half written at its end is left out."""
    whole = path.read_text("utf-8").rpartition("\n")[0]
    head, *lines = [json.loads(line) for line in whole.splitlines()]
    reads = [(line["ms"], bytes.fromhex(line["hex"])) for line in lines if "hex" in line]
    expect = [line["text"] for line in lines if "text" in line]
    return Recording(path.stem, head["kind"], head["settings"], expect, reads)


def events_of(read: bytes) -> list[tuple[int, int, int]]:
    """The (type, code, value) of one read of a keyboard."""
    return list(_EVENT.iter_unpack(read))


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
