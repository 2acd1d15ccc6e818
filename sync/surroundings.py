"""What the library knows of a copy beside its entries, and what is odd about an entry in the light of it. PURE."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct

from kiosk.domain import Act, CopyState
from sync.events import Code, Event, HoldSpan

CLOCK_OFF_MS = 10 * 60_000


class Copy(Struct, frozen=True, gc=False):
    """What the library knows of the copy beside its entries.

    barcode: its present label. known: it is in the catalogue. foreign: it belongs to another school. state: where staff
    said it is when it was catalogued. old_labels: when each was replaced, and since when another copy bears it (UTC ms;
    None: none does). holds: the queue for its title.
    """

    barcode: str
    zone: ZoneInfo
    known: bool = True
    foreign: bool = False
    state: CopyState = CopyState.ON_SHELF
    old_labels: tuple[tuple[str, int, int | None], ...] = ()
    holds: tuple[HoldSpan, ...] = ()


def surroundings(event: Event, copy: Copy) -> set[Code]:
    """The codes of an act on the copy that need no fold: its clock, its label, whose copy it is, and the patron's."""
    codes = set(event.codes)
    if event.wall_ms < event.lo - CLOCK_OFF_MS or event.wall_ms > event.hi + CLOCK_OFF_MS:
        codes.add(Code.CLOCK)
    for label, replaced_ms, shared_ms in copy.old_labels:
        if event.label == label and shared_ms is not None and shared_ms < event.est:
            codes.add(Code.BARCODE_AMBIGUOUS)
        elif event.label == label and replaced_ms < event.est:
            codes.add(Code.OLD_BARCODE)
    if copy.foreign and event.act is Act.CHECKOUT:
        codes.add(Code.FOREIGN_LOAN)
    elif not copy.known and not copy.foreign:
        codes.add(Code.UNKNOWN_ITEM)
    return codes
