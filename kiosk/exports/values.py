"""A title with its copies as an export is given it. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CopyTexts:
    """A copy, all as text: keys of library.toml for type and room, an ISO date or "" for arrived_on."""

    barcode: str
    copy_type: str
    room: str
    shelf: str
    call_number: str
    state: str
    arrived_on: str
    source: str
    donor: str
    paid: str


@dataclass(frozen=True, slots=True)
class TitleTexts:
    """A title: its texts by book_rows.TITLE_FIELDS, and the MARC record that it came with (b"": none)."""

    id: str
    texts: dict[str, str]
    copies: tuple[CopyTexts, ...] = ()
    raw: bytes = field(default=b"", repr=False)
