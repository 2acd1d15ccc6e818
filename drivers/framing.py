"""Bytes as they come from a scanner -> whole scans, one at a time. PURE: time is handed in, in monotonic ms.

A damaged scan is reported as Rubbish and never becomes another barcode: text is decoded strictly, what is too long is
dropped up to its end, and what has a hole in it, or lacks its prefix or suffix, is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# A scan is sent in one breath. A longer pause inside one means that its end was lost and the next one follows.
HOLE_MS = 1_000
# After so long a quiet, what is held is given up, and what comes next is a scan of its own.
QUIET_MS = 3_000
SEEN_BYTES = 64
SEEN_KEYS = 8


class Terminator(StrEnum):
    """What ends a scan; SILENCE: nothing does, except that no byte follows for `silence_ms`."""

    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    TAB = "tab"
    SILENCE = "silence"


_LINE_ENDS = b"\r\n"
_ENDS = {
    Terminator.CR: b"\r",
    Terminator.LF: b"\n",
    Terminator.CRLF: b"\r\n",
    Terminator.TAB: b"\t",
}


@dataclass(frozen=True, slots=True)
class Framing:
    """How one scanner writes a scan: [prefix][AIM identifier]text[suffix]terminator; `longest` counts characters."""

    terminator: Terminator = Terminator.CR
    silence_ms: int = 50
    prefix: bytes = b""
    suffix: bytes = b""
    encoding: str = "ascii"
    longest: int = 128


class Why(StrEnum):
    """Why a scan was not believed."""

    LONG = "it is longer than the limit"
    NOT_TEXT = "it is not text in the encoding of the settings"
    NO_PREFIX = "it does not begin with the prefix of the settings"
    NO_SUFFIX = "it does not end with the suffix of the settings"
    EMPTY = "nothing stands between prefix and suffix"
    CUT = "its end never came"
    HOLE = "there was a pause in the middle of it"
    DROPPED = "the kernel dropped part of it"
    CONTROL = "it presses control keys"


ADVICE = {
    Why.LONG: "scan again; if the barcode is right, raise longest in station.toml",
    Why.NOT_TEXT: "scan again; if it stays, check encoding and baud in station.toml",
    Why.NO_PREFIX: "scan again; if it stays, compare prefix in station.toml with the scanner's own setting",
    Why.NO_SUFFIX: "scan again; if it stays, compare suffix in station.toml with the scanner's own setting",
    Why.EMPTY: "scan again; if it stays, check prefix and suffix in station.toml",
    Why.CUT: "scan again; if it stays, let the scanner end each scan as station.toml says",
    Why.HOLE: "scan again; if it stays, check the cable",
    Why.DROPPED: "scan again; if it stays, the machine is too busy",
    Why.CONTROL: "take the label away; if every scan does this, set the scanner to a US keyboard without Alt codes",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A whole scan: its text, AIM symbology name or "", and when its end was read."""

    text: str
    symbology: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Rubbish:
    """Something was read that is no barcode. `seen` shows its shape, not its digits: it may be a card's number."""

    why: Why
    seen: str
    at_ms: int


Outcome = Read | Rubbish


class Framer:
    """Takes bytes in pieces of any size and gives whole scans, in order. Holds little more than one scan."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._end_mark = _ENDS.get(framing.terminator, b"")
        # Four bytes are the most that one character takes; an AIM identifier is three.
        self._room = 4 * framing.longest + len(framing.prefix) + len(framing.suffix) + 3
        self._held = b""
        self._head = b""
        self._keys: list[str] = []
        self._fault: Why | None = None
        self._last_ms = 0

    @property
    def is_open(self) -> bool:
        """Whether something has begun that has not ended."""
        return bool(self._held) or self._fault is not None

    def feed(self, piece: bytes, now_ms: int) -> list[Outcome]:
        """Take what was just read, any number of bytes; give the scans that it completes.

        No quiet is assumed between two calls: a reader that was held up must not cut a scan in two. Whoever reads
        calls `tick` when a wait brought nothing.
        """
        done: list[Outcome] = []
        if not piece:
            return done
        if self.is_open and now_ms - self._last_ms >= HOLE_MS:
            self.spoil(Why.HOLE, now_ms)
        self._last_ms = now_ms
        *whole, rest = self._split(self._held + piece)
        for frame in whole:
            self._hold(frame, now_ms)
            done += self._end(now_ms)
        self._hold(rest, now_ms)
        return done

    def tick(self, now_ms: int) -> list[Outcome]:
        """Let time pass: ends a scan whose terminator is silence, gives up one that broke off."""
        if not self.is_open or now_ms - self._last_ms < self._patience_ms:
            return []
        if self._end_mark:
            self.spoil(Why.CUT, self._last_ms)
        return self._end(now_ms)

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until `tick` has something to do, in ms; None while nothing has begun."""
        if not self.is_open:
            return None
        return max(0, self._last_ms + self._patience_ms - now_ms)

    def spoil(self, why: Why, now_ms: int, key: str = "") -> None:
        """What is being read is not to be believed, up to its end; the first reason given is the one reported."""
        self._last_ms = max(self._last_ms, now_ms)
        self._fault = self._fault or why
        if key and len(self._keys) < SEEN_KEYS:
            self._keys.append(key)

    @property
    def _patience_ms(self) -> int:
        return QUIET_MS if self._end_mark else self._framing.silence_ms

    def _split(self, held: bytes) -> list[bytes]:
        return held.split(self._end_mark) if self._end_mark else [held]

    def _hold(self, frame: bytes, now_ms: int) -> None:
        # A scanner that ends with more than the settings say leaves line ends behind: they begin no scan.
        self._held = frame if self._fault else frame.lstrip(_LINE_ENDS)
        if len(frame) > self._room:
            self._head = self._head or frame[: SEEN_BYTES + 1]
            self.spoil(Why.LONG, now_ms)
            # The last byte may be the first half of CR LF.
            self._held = frame[-1:]

    def _end(self, now_ms: int) -> list[Outcome]:
        frame, fault = self._held.strip(_LINE_ENDS), self._fault
        seen = " ".join([*filter(None, [shape(self._head or frame)]), *self._keys])
        self._held, self._head, self._keys, self._fault = b"", b"", [], None
        if fault:
            return [Rubbish(fault, seen, now_ms)]
        return [self._read(frame, now_ms)] if frame else []

    def _read(self, frame: bytes, now_ms: int) -> Outcome:
        prefix, suffix = self._framing.prefix, self._framing.suffix
        if not frame.startswith(prefix):
            return Rubbish(Why.NO_PREFIX, shape(frame), now_ms)
        body = frame[len(prefix) :]
        if not body.endswith(suffix):
            return Rubbish(Why.NO_SUFFIX, shape(frame), now_ms)
        symbology, body = split_aim(body[: len(body) - len(suffix)])
        try:
            text = body.decode(self._framing.encoding, "strict")
        except UnicodeDecodeError:
            return Rubbish(Why.NOT_TEXT, shape(frame), now_ms)
        if not text:
            return Rubbish(Why.EMPTY, shape(frame), now_ms)
        if len(text) > self._framing.longest:
            return Rubbish(Why.LONG, shape(frame), now_ms)
        return Read(text, symbology, now_ms)


# AIM symbology identifiers (ISO/IEC 15424): "]", a letter for the symbology, a character for its variant.
_AIM = {
    "A": "Code 39",
    "B": "Telepen",
    "C": "Code 128",
    "E": "EAN-13",
    "F": "Codabar",
    "G": "Code 93",
    "H": "Code 11",
    "I": "Interleaved 2 of 5",
    "L": "PDF417",
    "M": "MSI",
    "P": "Plessey",
    "Q": "QR Code",
    "R": "Code 2 of 5",
    "S": "Code 2 of 5",
    "X": "other",
    "d": "Data Matrix",
    "e": "GS1 DataBar",
    "h": "Han Xin",
    "z": "Aztec",
}
_AIM_VARIANTS = {"C1": "GS1-128", "E4": "EAN-8"}


def split_aim(body: bytes) -> tuple[str, bytes]:
    """The symbology that a leading AIM identifier names, and the rest; "" and all of it where none is known."""
    letters = body[1:3].decode("latin-1")
    if not body.startswith(b"]") or len(letters) < 2 or not letters.isalnum():
        return "", body
    name = _AIM_VARIANTS.get(letters) or _AIM.get(letters[0], "")
    return (name, body[3:]) if name else ("", body)


def shape(frame: bytes) -> str:
    """Bytes as a log may show them: # a digit, @ a letter, others as they are or in hexadecimal; at most 64 bytes."""
    text = "".join(_shape_of(byte) for byte in frame[:SEEN_BYTES])
    return text + "..." if len(frame) > SEEN_BYTES else text


def _shape_of(byte: int) -> str:
    char = chr(byte)
    if char.isascii() and char.isalnum():
        return "#" if char.isdigit() else "@"
    return char if char.isascii() and char.isprintable() else f"<{byte:02x}>"
