"""Who may see a page of the console, and what it may send: sign-in cookie, form token, origin, headers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sync.central.db import Database
from sync.central.roles import may
from sync.central.sign_in import KEPT_MS, Member, who_is
from web_ui.catalogue import LANGUAGES
from web_ui.console.rights import most_bytes, right_of
from web_ui.security import LOOPBACK, content_policy, host_name, mark
from web_ui.words import words

COOKIE, LANGUAGE = "kiosk_console", "kiosk_console_language"
_POLICY = content_policy(forms=True)


def guard_console(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Put the guards before and after each request of these pages."""

    @pages.before_request
    def _let_in() -> AnyResponse | None:
        g.language = _language()
        g.say = words(g.language)
        g.member = None
        if request.endpoint == "console.static":
            return None
        if request.method == "POST":
            _check_post()
        token = request.cookies.get(COOKIE, "")
        if token:
            g.member = who_is(db, token, now_ms())
        right = right_of(current_app, request.endpoint)
        if g.member is None:
            opens = right is not None and may(None, right)
            return None if opens else redirect(url_for("console.sign_in"), 303)
        g.form_token = _form_token(token)
        if request.method == "POST" and not hmac.compare_digest(
            g.form_token.encode(), request.form.get("token", "").encode()
        ):
            abort(403, g.say("console.stale"))
        if right is None or not may(g.member.role, right):
            abort(403, g.say("console.not_yours"))
        return None

    @pages.after_request
    def _mark(response: Response) -> Response:
        mark(response, _POLICY)
        # Without a referrer browsers hide where a form came from.
        response.headers["Referrer-Policy"] = "same-origin"
        return response


def member() -> Member:
    """Whoever is signed in; the gate has let nobody else through."""
    found: Member = g.member
    return found


def keep(response: AnyResponse, token: str) -> AnyResponse:
    """Let the browser keep the sign-in."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=KEPT_MS // 1000,
        path=url_for("console.inbox"),
        # On this machine itself there is no TLS, and no network in between.
        secure=host_name(request.host) not in LOOPBACK,
        httponly=True,
        samesite="Strict",
    )
    return response


def forget(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(COOKIE, path=url_for("console.inbox"))
    return response


def _language() -> str:
    kept = request.cookies.get(LANGUAGE)
    if kept in LANGUAGES:
        return str(kept)
    return request.accept_languages.best_match(LANGUAGES, LANGUAGES[0]) or LANGUAGES[0]


def _check_post() -> None:
    """Forms come from our own pages only, and are small."""
    origin = request.headers.get("Origin")
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    if elsewhere or (origin is not None and urlsplit(origin).netloc != request.host):
        abort(403, "another site may not use the console")
    most = most_bytes(current_app, request.endpoint)
    request.max_form_memory_size = most
    if request.content_length is None or request.content_length > most:
        abort(413, "the form is too large")


def _form_token(token: str) -> str:
    # Another site can make a browser send the cookie along, but cannot read it to find this.
    return hashlib.sha256(f"form {token}".encode()).hexdigest()
