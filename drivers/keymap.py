"""Key presses of a scanner that types -> characters of the US layout, with shift and caps lock. PURE.

Only what can stand in a barcode becomes a character. Every other key is named, so that a scan with control keys in
it is reported and types nothing. Key codes and their names are those of the kernel's input-event-codes.h.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

END = "\r"

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
# The keypad types digits whatever the state of Num Lock: a scanner that uses it means digits.
_KEYPAD = ((55, "*"), (71, "789-456+1230."), (98, "/"), (117, "="), (121, ","))


def _codes(*rows: tuple[int, str]) -> dict[int, str]:
    return {first + at: char for first, row in rows for at, char in enumerate(row)}


_PLAIN = _codes(*((first, plain) for first, plain, _ in _ROWS), *_KEYPAD)
_SHIFTED = _codes(*((first, shifted) for first, _, shifted in _ROWS), *_KEYPAD)
_ENTER, _TAB, _KEYPAD_ENTER = 28, 15, 96
_ENDS = frozenset((_ENTER, _TAB, _KEYPAD_ENTER))
_SHIFTS = frozenset((42, 54))
_CAPS_LOCK, _NUM_LOCK = 58, 69
_COMMANDING = {29: "Ctrl", 97: "Ctrl", 56: "Alt", 100: "AltGr", 125: "Meta", 126: "Meta"}
_NAMED = {
    1: "Esc",
    14: "Backspace",
    70: "ScrollLock",
    **{59 + n: f"F{n + 1}" for n in range(10)},
    87: "F11",
    88: "F12",
    99: "SysRq",
    102: "Home",
    103: "Up",
    104: "PageUp",
    105: "Left",
    106: "Right",
    107: "End",
    108: "Down",
    109: "PageDown",
    110: "Insert",
    111: "Delete",
    116: "Power",
    127: "Menu",
}
_PRESSED = 1
_RELEASED = 0


@dataclass(frozen=True, slots=True)
class Control:
    """A key that cannot stand in a barcode, or one pressed together with such a key: "Esc", "Ctrl+V"."""

    name: str


class Keyboard:
    """One keyboard's state: which modifiers are down, and whether caps lock is on."""

    def __init__(self) -> None:
        self._down: set[int] = set()
        self._caps = False

    def set_state(self, down: Iterable[int], *, caps: bool) -> None:
        """Take over what the device itself says, after it was opened or events were lost."""
        self._down = {code for code in down if code in _SHIFTS or code in _COMMANDING}
        self._caps = caps

    def key(self, code: int, value: int) -> str | Control:
        """One key event (1 press, 0 release, 2 repeat) -> a character, END, "" for nothing, or a Control."""
        if value == _RELEASED:
            self._down.discard(code)
            return ""
        return self._press(code) if value == _PRESSED else ""

    def _press(self, code: int) -> str | Control:
        if code in _ENDS:
            return END
        if code in _SHIFTS:
            self._down.add(code)
            return ""
        if code in _COMMANDING:
            self._down.add(code)
            return Control(_COMMANDING[code])
        if code == _CAPS_LOCK:
            self._caps = not self._caps
            return ""
        if code == _NUM_LOCK:
            return ""
        return self._character(code)

    def _character(self, code: int) -> str | Control:
        plain = _PLAIN.get(code)
        commanding = sorted({_COMMANDING[key] for key in self._down if key in _COMMANDING})
        if commanding or plain is None:
            return Control("+".join([*commanding, name_of(code)]))
        shifted = not self._down.isdisjoint(_SHIFTS)
        if plain.isalpha() and self._caps:
            shifted = not shifted
        return _SHIFTED[code] if shifted else plain


def name_of(code: int) -> str:
    """A key's name for a log: F4, Esc, V; digits only as #, since they may belong to a card's number."""
    plain = _PLAIN.get(code, "")
    if plain.isdigit():
        return "#"
    return plain.upper() or _NAMED.get(code, f"key {code}")
