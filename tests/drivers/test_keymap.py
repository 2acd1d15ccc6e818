"""Keys to characters, against the kernel's own names where they are on this machine."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from drivers.keymap import END, Control, Keyboard, name_of

HEADER = Path("/usr/include/linux/input-event-codes.h")
SHIFT, RIGHT_SHIFT, CAPS, NUM, CTRL, ALT, ENTER, TAB, KEYPAD_ENTER = (
    42,
    54,
    58,
    69,
    29,
    56,
    28,
    15,
    96,
)
NAMES = {
    **{f"KEY_{c.upper()}": (c, c.upper()) for c in string.ascii_lowercase},
    **{f"KEY_{d}": (d, s) for d, s in zip("1234567890", "!@#$%^&*()", strict=True)},
    **{f"KEY_KP{d}": (d, d) for d in string.digits},
    "KEY_MINUS": ("-", "_"), "KEY_EQUAL": ("=", "+"), "KEY_LEFTBRACE": ("[", "{"),
    "KEY_RIGHTBRACE": ("]", "}"), "KEY_SEMICOLON": (";", ":"), "KEY_APOSTROPHE": ("'", '"'),
    "KEY_GRAVE": ("`", "~"), "KEY_BACKSLASH": ("\\", "|"), "KEY_COMMA": (",", "<"),
    "KEY_DOT": (".", ">"), "KEY_SLASH": ("/", "?"), "KEY_SPACE": (" ", " "),
    "KEY_KPASTERISK": ("*", "*"), "KEY_KPMINUS": ("-", "-"), "KEY_KPPLUS": ("+", "+"),
    "KEY_KPDOT": (".", "."), "KEY_KPSLASH": ("/", "/"), "KEY_KPEQUAL": ("=", "="),
    "KEY_KPCOMMA": (",", ","), "KEY_ENTER": (END, END), "KEY_TAB": (END, END),
    "KEY_KPENTER": (END, END),
}  # fmt: skip


def typed(*codes: int, keyboard: Keyboard | None = None) -> list[str | Control]:
    """Each key pressed and released; a negative code is pressed and held down."""
    keyboard = keyboard or Keyboard()
    meant = []
    for code in codes:
        meant.append(keyboard.key(abs(code), 1))
        if code > 0:
            assert keyboard.key(code, 0) == ""
    return [m for m in meant if m != ""]


def kernel_codes() -> dict[str, int]:
    if not HEADER.exists():
        pytest.skip(f"{HEADER} is not on this machine (package linux-libc-dev)")
    found = re.findall(r"#define\s+(KEY_\w+)\s+(0x[0-9a-f]+|\d+)\b", HEADER.read_text())
    return {name: int(number, 0) for name, number in found}


def test_every_key_types_what_the_kernel_calls_it_and_no_other_key_types() -> None:
    codes = kernel_codes()
    for name, (plain, shifted) in NAMES.items():
        assert typed(codes[name]) == [plain], name
        assert typed(-SHIFT, codes[name]) == [shifted], name
    silent = {
        codes[name] for name in ("KEY_LEFTSHIFT", "KEY_RIGHTSHIFT", "KEY_CAPSLOCK", "KEY_NUMLOCK")
    }
    rest = set(range(768)) - {codes[name] for name in NAMES} - silent
    assert all(isinstance(typed(code)[0], Control) for code in rest)


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        ((30, 3), "a2"),
        ((-SHIFT, 30, 3), "A@"),
        ((-RIGHT_SHIFT, 30), "A"),
        ((CAPS, 30, 3), "A2"),
        ((CAPS, -SHIFT, 30, 3), "a@"),
        ((CAPS, 30, CAPS, 30), "Aa"),
        ((NUM, 79, NUM, 79), "11"),
        ((-SHIFT, 79), "1"),
        ((30, ENTER), "a" + END),
        ((30, TAB), "a" + END),
        ((30, KEYPAD_ENTER), "a" + END),
    ],
)
def test_shift_caps_lock_and_keypad(codes: tuple[int, ...], text: str) -> None:
    assert "".join(map(str, typed(*codes))) == text


def test_one_shift_released_while_the_other_is_down_stays_shifted() -> None:
    keyboard = Keyboard()
    typed(-SHIFT, RIGHT_SHIFT, keyboard=keyboard)
    assert typed(30, keyboard=keyboard) == ["A"]


def test_a_key_that_repeats_is_one_key() -> None:
    keyboard = Keyboard()
    assert [keyboard.key(30, value) for value in (1, 2, 2, 0)] == ["a", "", "", ""]


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ((-CTRL, 47), ["Ctrl", "Ctrl+V"]),
        ((-ALT, 62), ["Alt", "Alt+F4"]),
        ((-CTRL, -ALT, 111), ["Ctrl", "Alt", "Alt+Ctrl+Delete"]),
        ((-ALT, 79), ["Alt", "Alt+#"]),
        ((-125, 19), ["Meta", "Meta+R"]),
        ((1,), ["Esc"]),
        ((14,), ["Backspace"]),
        ((63,), ["F5"]),
        ((240,), ["key 240"]),
    ],
)
def test_control_keys_are_named_and_type_nothing(codes: tuple[int, ...], names: list[str]) -> None:
    assert typed(*codes) == [Control(name) for name in names]


def test_enter_ends_a_scan_even_while_a_control_key_is_down() -> None:
    assert typed(-CTRL, ENTER) == [Control("Ctrl"), END]


def test_after_a_control_key_is_released_keys_type_again() -> None:
    assert typed(CTRL, 30) == [Control("Ctrl"), "a"]


def test_the_devices_own_word_on_shift_and_caps_lock_is_taken_over() -> None:
    keyboard = Keyboard()
    keyboard.set_state({SHIFT, 30}, caps=True)
    assert typed(30, 3, keyboard=keyboard) == ["a", "@"]
    keyboard.set_state((), caps=False)
    assert typed(30, 3, keyboard=keyboard) == ["a", "2"]


def test_names_for_the_log_hide_digits() -> None:
    assert [name_of(code) for code in (2, 82, 47, 59, 68, 88, 500)] == [
        "#", "#", "V", "F1", "F10", "F12", "key 500",
    ]  # fmt: skip
