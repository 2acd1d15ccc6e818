"""The signs of the station in words for staff: what it is, and what to do. Nothing here names a patron."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kiosk.signs import Condition, Light, Sign
from web_ui.catalogue import Voice
from web_ui.telling import tell_room

Json = dict[str, object]
_WITH_DETAIL = frozenset({
    Condition.SCANNER_DOUBT, Condition.SCANNER_TROUBLE, Condition.PRINTER_DOUBT, Condition.PRINTER_TROUBLE,
    Condition.STORE_FULL, Condition.STORE_TROUBLE, Condition.RULES_REFUSED,
})  # fmt: skip
_FIRST = (Light.RED, Light.YELLOW, Light.GREEN)


def staff_view(signs: Sequence[Sign], voice: Voice) -> Json:
    """The staff's page: what is worst stands first."""
    ordered = sorted(signs, key=lambda sign: _FIRST.index(sign.light))
    return {
        "head": voice("staff.head"),
        "close": voice("staff.close"),
        "signs": [sign_view(sign, voice) for sign in ordered],
    }


def sign_view(sign: Sign, voice: Voice) -> Json:
    """One part; `detail` is the station's own English, where it knows more than these words: file, key, device."""
    key = f"staff.sign.{sign.condition}"
    values: dict[str, Any] = dict(sign.values)
    if "free" in values:
        values["free"] = tell_room(values["free"])
    return {
        "part": voice(f"staff.part.{sign.part}"),
        "name": sign.name,
        "light": str(sign.light),
        "light_word": voice(f"staff.light.{sign.light}"),
        "what": voice(f"{key}.what", None, **values),
        "todo": voice(f"{key}.todo"),
        "detail": sign.what if sign.condition in _WITH_DETAIL else "",
    }
