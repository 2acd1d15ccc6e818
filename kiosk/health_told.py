"""What a station tells the central record of its machines: part by part, as words of HELLO's `health`. PURE.

Written here at the station and read here at the record, so that the two cannot differ. Only what a maintainer can
mend by hand is told: scanners, the printer, the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kiosk.signs import Condition, Light, Part, Sign

HARDWARE = (Part.SCANNER, Part.PRINTER, Part.STORE)
MOST = 16
_PREFIX = "part "
# The longest key that a message may have.
_LONGEST = 64

# A part works as long as it is not red: what is doubtful still lends books.
IN_ORDER = frozenset(
    condition.value
    for condition in Condition
    if Sign(condition, "").light is not Light.RED and Sign(condition, "").part in HARDWARE
)


def tell_parts(signs: Iterable[Sign]) -> dict[str, str]:
    """The lines for HELLO. A printer that nobody bought is not told."""
    told = {
        f"{_PREFIX}{sign.part}{f' {sign.name}' if sign.name else ''}"[
            :_LONGEST
        ]: sign.condition.value
        for sign in signs
        if sign.part in HARDWARE and sign.condition is not Condition.PRINTER_NONE
    }
    return dict(list(told.items())[:MOST])


def told_parts(health: Mapping[str, str]) -> dict[str, str]:
    """Each part with its condition; what is none is left out. A station of an older release tells nothing."""
    conditions = set(Condition)
    told = {
        key.removeprefix(_PREFIX): said
        for key, said in health.items()
        if key.startswith(_PREFIX) and said in conditions
    }
    return dict(list(told.items())[:MOST])
