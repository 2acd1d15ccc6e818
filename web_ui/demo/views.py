"""The demo panel's addresses: hands that scan, pull the network plug and move the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, render_template, request

from kiosk.errors import KioskError
from kiosk.signs import Sign
from web_ui.catalogue import LANGUAGES
from web_ui.security import BadBody, json_body, text_field
from web_ui.staff_words import staff_view
from web_ui.words import words

LONGEST_SCAN = 8192
LONGEST_CLOCK = 40
LONGEST_NUMBER = 18
PRESETS = {
    "now": "2026-11-25T11:45",
    "late": "2026-11-25T12:29",
    "after": "2026-11-25T12:31",
    "saturday": "2026-11-28T10:00",
    "return_by": "2027-01-15T11:45",
    "holiday": "2027-01-01T11:45",
}

# What the shelf names by a key: wrong things, what copies and cards may be. Others are shown as they are named.
NAMED = {
    "wrongs": ("isbn", "unknown_copy", "unknown_card", "nothing", "control", "long"),
    "states": ("mending", "missing", "lost", "withdrawn"),
    "types": ("pinyin", "picture", "magazine", "reference"),
    "card_states": ("lost", "replaced"),
}


class Hands(Protocol):
    """Simulated hardware, for the demo only."""

    def scan(self, text: str) -> bool: ...

    def set_clock(self, local_iso: str) -> None: ...

    @property
    def clock_at(self) -> datetime: ...

    def set_network(self, up: bool) -> None: ...

    @property
    def network_up(self) -> bool: ...

    def clash(self) -> dict[str, str]: ...

    def set_paper(self, out: bool) -> None: ...

    @property
    def paper_out(self) -> bool: ...

    def shelf(self, changed_since: int | None = None) -> dict[str, Any]: ...

    def tray(self) -> list[dict[str, Any]]: ...

    @property
    def console_url(self) -> str | None: ...


def demo_pages(
    hands: Hands, frame: Callable[[], str], signs: Callable[[], tuple[Sign, ...]]
) -> Blueprint:
    """frame: what the touchscreen shows now, as the JSON text that is pushed to it. signs: how every part is."""
    pages = Blueprint(
        "demo", __name__, url_prefix="/demo", template_folder="templates", static_folder="static"
    )

    @pages.get("/")
    def panel() -> str:
        language = asked_language()
        say = words(language)
        return render_template(
            "panel.html",
            say=say,
            other=LANGUAGES[1 - LANGUAGES.index(language)],
            presets=[
                {"at": at, "text": say(f"demo.preset_{name}")} for name, at in PRESETS.items()
            ],
            console=hands.console_url,
            **{
                group: {name: say(f"demo.{group}.{name}") for name in names}
                for group, names in NAMED.items()
            },
        )

    @pages.get("/state")
    def state() -> dict[str, Any]:
        return {
            "at": hands.clock_at.isoformat(),
            "up": hands.network_up,
            "paper_out": hands.paper_out,
            "console": hands.console_url,
            **staff_view(signs(), words(asked_language())),
        }

    @pages.get("/shelf")
    def shelf() -> Response:
        return jsonify(hands.shelf(_number_asked("changed_since")))

    @pages.get("/tray")
    def tray() -> Response:
        return jsonify(hands.tray())

    @pages.get("/screen")
    def screen() -> Response:
        return Response(frame(), mimetype="application/json")

    _take_acts(pages, hands)
    return pages


def _take_acts(pages: Blueprint, hands: Hands) -> None:
    """What the hands do: scan, move the clock, pull the plug, take the paper out."""

    pages.add_url_rule("/clash", "clash", lambda: _clash(hands), methods=["POST"])

    @pages.post("/scan")
    def scan() -> dict[str, bool]:
        if not hands.scan(text_field(json_body(), "text", longest=LONGEST_SCAN)):
            raise BadBody("the simulated scanner is not running; start the demo again", 503)
        return {"ok": True}

    @pages.post("/clock")
    def clock() -> dict[str, str]:
        at = text_field(json_body(), "at", longest=LONGEST_CLOCK)
        try:
            hands.set_clock(at)
        except ValueError as error:
            raise BadBody(
                f'"at": {error}; write a local time such as "2026-11-25T11:45"'
            ) from error
        return {"at": hands.clock_at.isoformat()}

    @pages.post("/network")
    def network() -> dict[str, bool]:
        hands.set_network(_yes_or_no("up"))
        return {"up": hands.network_up}

    @pages.post("/paper")
    def paper() -> dict[str, bool]:
        hands.set_paper(_yes_or_no("out"))
        return {"out": hands.paper_out}


def _clash(hands: Hands) -> dict[str, str]:
    try:
        return hands.clash()
    except KioskError as error:
        raise BadBody(str(error), 409) from error


def asked_language() -> str:
    language = request.args.get("lang", LANGUAGES[0])
    return language if language in LANGUAGES else LANGUAGES[0]


def _yes_or_no(name: str) -> bool:
    value = json_body().get(name)
    if not isinstance(value, bool):
        raise BadBody(f'"{name}" must be true or false')
    return value


def _number_asked(name: str) -> int | None:
    asked = request.args.get(name)
    if asked is None:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER):
        raise BadBody(f'"{name}" must be the number "n" of an earlier answer')
    return int(asked)
