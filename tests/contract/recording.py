"""A real device's traffic, written down so that it can be played again without the device.

JSON lines. The first: {"kind": "serial" | "keyboard", "device": what it was, "made": how, "expect": [texts in order;
"" for a scan that must not be believed]}. Every other: {"ms": since the first read, "hex": what one read gave}: raw
bytes of a serial port; of a keyboard, eight bytes an event: type and code (2 each), value (4, signed), little-endian.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

_EVENT = struct.Struct("<HHi")


@dataclass(frozen=True)
class Recording:
    name: str
    kind: str
    expect: list[str]
    reads: list[tuple[int, bytes]]


def load(path: Path) -> Recording:
    head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    reads = [(line["ms"], bytes.fromhex(line["hex"])) for line in lines]
    assert reads, f"{path.name} holds no traffic"
    return Recording(path.stem, head["kind"], head["expect"], reads)


def events(read: bytes) -> list[tuple[int, int, int]]:
    """The (type, code, value) of one read of a keyboard."""
    return list(_EVENT.iter_unpack(read))
