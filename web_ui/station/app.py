"""The touchscreen's Flask application. It speaks to one station, named by the protocol below."""

from __future__ import annotations

from typing import Any, Protocol

from flask import Flask

from kiosk.screen import Screen, Touch
from kiosk.signs import Sign
from web_ui.demo import Hands, demo_pages
from web_ui.events import Frames, Streams
from web_ui.security import guard
from web_ui.station.slip import STYLE
from web_ui.station.views import station_pages
from web_ui.telling import warm_up
from web_ui.words import view

STREAMS = 8


class Station(Protocol):
    """What the page needs of the station."""

    @property
    def screen(self) -> Screen: ...

    def wait(self, after_n: int, timeout_s: float) -> Screen | None: ...

    def touch(
        self, touch: Touch, *, visit: str | None, line: int | None = None, text: str = ""
    ) -> bool: ...

    def screen_of_visit(self, visit_id: str) -> Screen | None: ...

    def signs(self) -> tuple[Sign, ...]: ...

    def health(self) -> dict[str, Any]: ...


def create_app(station: Station, *, hands: Hands | None = None, streams: int = STREAMS) -> Flask:
    """The pages of one station. hands: simulated hardware; without it there are no demo pages at all."""
    warm_up()
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    gate, frames = Streams(streams), Frames(view)
    app.extensions["streams"] = gate
    guard(app, framed=hands is not None, styles=(STYLE,))
    app.register_blueprint(station_pages(station, frames, gate))
    if hands is not None:
        app.register_blueprint(
            demo_pages(hands, lambda: frames.payload(station.screen), station.signs)
        )
    return app
