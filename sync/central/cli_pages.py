"""Joins the record's three faces to one application: the calls of stations, and the librarians' console and the page
for everybody."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, redirect
from werkzeug.wrappers import Response

from config.central import Public
from kiosk.demo_clock import real_ms
from sync.central.api import create_app
from sync.central.db import Database
from web_ui.console import console_pages
from web_ui.cover_pictures import cover_pictures
from web_ui.public import public_pages


def make_app(
    db: Database,
    now_ms: Callable[[], int],
    *,
    sign_in_ms: Callable[[], int] = real_ms,
    public: Public | None = None,
) -> Flask:
    """Everything that the central record answers. now_ms: its clock (UTC milliseconds).

    sign_in_ms: what sign-ins are timed by; the demo's clock is moved by hand, and nobody shall be signed out by that.
    """
    app = create_app(db, now_ms)
    app.register_blueprint(console_pages(db, now_ms, sign_in_ms))
    app.register_blueprint(cover_pictures(db))
    public = public or Public()
    if public.enabled:
        app.register_blueprint(public_pages(db, now_ms, sign_in_ms, public))

    @app.get("/")
    def home() -> Response:
        return redirect("/console/home", 303)

    return app
