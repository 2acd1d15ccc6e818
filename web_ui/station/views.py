"""The touchscreen's addresses: parse, call, render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, render_template, request

from kiosk.screen import Touch
from web_ui.catalogue import LANGUAGES
from web_ui.events import Frames, Streams, stream
from web_ui.security import BadBody, json_body, text_field
from web_ui.station.slip import slip_html
from web_ui.words import words

if TYPE_CHECKING:
    from web_ui.station.app import Station

LONGEST_TEXT = 64


def station_pages(station: Station, frames: Frames, streams: Streams) -> Blueprint:
    pages = Blueprint("station", __name__)

    @pages.get("/")
    def page() -> str:
        screen = station.screen
        return render_template(
            "station.html", html_lang=words(screen.language)("name.html"), title=screen.library
        )

    @pages.get("/events")
    def events() -> Response | tuple[dict[str, str], int]:
        if not streams.enter():
            return {"error": f"{streams.limit} pages are open already; close one"}, 503
        response = Response(stream(station, frames, streams), mimetype="text/event-stream")
        # Not in the generator: one that was never started would never leave.
        response.call_on_close(streams.leave)
        return response

    @pages.post("/touch")
    def touch() -> dict[str, bool]:
        name, visit, line, text = parse_touch(json_body())
        return {"ok": station.touch(name, visit=visit, line=line, text=text)}

    @pages.get("/slip/<visit_id>")
    def slip(visit_id: str) -> str | Response:
        # A visit that has ended is told as it stood then: its own day and language, not those of now.
        screen = station.screen_of_visit(visit_id)
        usual = (screen or station.screen).language
        language = request.args.get("lang", usual)
        language = language if language in LANGUAGES else usual
        if screen is None or screen.visit is None:
            return Response(words(language)("slip.gone"), 404, mimetype="text/plain")
        library = (screen.library_en if language == "en" else "") or screen.library
        return slip_html(screen.visit, language, library, screen.local)

    @pages.get("/health")
    def health() -> Response:
        return jsonify(station.health())

    return pages


def parse_touch(body: dict[str, object]) -> tuple[Touch, str | None, int | None, str]:
    """The fields of a touch, or BadBody."""
    try:
        touch = Touch(text_field(body, "touch", longest=LONGEST_TEXT))
    except ValueError as error:
        raise BadBody('"touch" is not known; send one of: ' + ", ".join(Touch)) from error
    visit = (
        None if body.get("visit") is None else text_field(body, "visit", longest=LONGEST_TEXT * 4)
    )
    line = body.get("line")
    if line is not None and (
        isinstance(line, bool) or not isinstance(line, int) or abs(line) > 2**53
    ):
        raise BadBody('"line" must be the whole number of a line, or null')
    text = "" if body.get("text") is None else text_field(body, "text", longest=LONGEST_TEXT)
    return touch, visit, line, text
