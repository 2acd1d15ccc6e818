"""Fields written as one record of ISO 2709, in UTF-8 or GB18030. PURE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_SUBFIELD, _FIELD, _RECORD = "\x1f", b"\x1e", b"\x1d"
_LEADER = 24
_LONGEST_FIELD, _LONGEST_RECORD = 9_999, 99_999


@dataclass(slots=True)
class Field:
    """A field: subfields as (code, value), or `text` for one below 010 that has none."""

    tag: str
    indicators: str = "  "
    subfields: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""

    def first(self, code: str) -> str | None:
        return next((value for c, value in self.subfields if c == code), None)

    def put(self, code: str, value: str) -> None:
        """Make the value the only one of its code, in the place of the first; "" takes it out."""
        at = next((n for n, (c, _) in enumerate(self.subfields) if c == code), len(self.subfields))
        others = [(c, v) for c, v in self.subfields if c != code]
        self.subfields = others[:at] + ([(code, value)] if value else []) + others[at:]

    def content(self) -> str:
        parts = "".join(f"{_SUBFIELD}{code}{value}" for code, value in self.subfields)
        return self.text if self.text or not self.subfields else self.indicators + parts


def record(leader: str, fields: Sequence[Field], encoding: str) -> bytes:
    """The whole record with its marks. leader: status, kind and level at 5 to 8, whatever else stays at 17 to 23."""
    directory, body = b"", b""
    for each in fields:
        content = each.content().encode(encoding) + _FIELD
        directory += each.tag.encode() + b"%04d%05d" % (
            min(len(content), _LONGEST_FIELD),
            min(len(body), _LONGEST_RECORD),
        )
        body += content
    base = _LEADER + len(directory) + 1
    length = min(base + len(body) + 1, _LONGEST_RECORD)
    head = f"{length:05d}{leader[5:10]}22{base:05d}{leader[17:24]}".encode("ascii", "replace")
    return head + directory + _FIELD + body + _RECORD
