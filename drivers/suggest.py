"""One scan as it came off the wire -> the keys of a [[scanners]] table that would read it. PURE."""

from __future__ import annotations

import json
from dataclasses import dataclass

from drivers.framing import Terminator, split_aim

# The longest first: CR LF ends with LF as well.
_ENDS = (
    (b"\r\n", Terminator.CRLF),
    (b"\r", Terminator.CR),
    (b"\n", Terminator.LF),
    (b"\t", Terminator.TAB),
)
_ENCODINGS = ("ascii", "utf-8", "gbk")
_CONTROLS = bytes(range(0x20))


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was seen: the text, its AIM symbology or "", and how it is framed. text None: no encoding reads it."""

    text: str | None
    symbology: str
    ends_with: Terminator
    prefix: str
    suffix: str
    encoding: str

    @property
    def ended_by(self) -> str:
        """What ends the scan, in words."""
        return "nothing" if self.ends_with is Terminator.SILENCE else self.ends_with.upper()

    def lines(self) -> list[str]:
        """The lines for station.toml; what is the default is left out."""
        keys = {"ends_with": str(self.ends_with), "prefix": self.prefix, "suffix": self.suffix}
        usual = {"ends_with": "cr", "prefix": "", "suffix": "", "encoding": "ascii"}
        keys["encoding"] = self.encoding
        return [f"{key} = {quoted(word)}" for key, word in keys.items() if word != usual[key]]


def suggest(raw: bytes) -> Suggested:
    """Look at what came in one breath; of several scans at the first."""
    end, ends_with = next(
        ((mark, name) for mark, name in _ENDS if mark in raw), (b"", Terminator.SILENCE)
    )
    frame = raw.partition(end)[0] if end else raw
    body = frame.lstrip(_CONTROLS)
    prefix, body = frame[: len(frame) - len(body)], body.rstrip(_CONTROLS)
    suffix = frame[len(prefix) + len(body) :]
    symbology, body = split_aim(body)
    text, encoding = _decoded(body)
    return Suggested(
        text, symbology, ends_with, prefix.decode("ascii"), suffix.decode("ascii"), encoding
    )


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def _decoded(body: bytes) -> tuple[str | None, str]:
    for encoding in _ENCODINGS:
        try:
            return body.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return None, "ascii"
