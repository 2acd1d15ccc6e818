"""Who may see a page of the console, and what it may send: role, form token, origin, headers."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response as AnyResponse

from sync.central.roles import may
from sync.central.sign_in import Member
from web_ui.catalogue import LANGUAGES
from web_ui.console.rights import most_bytes, right_of
from web_ui.console.signed import csrf, whoever
from web_ui.security import content_policy, from_elsewhere, has_nul, mark
from web_ui.words import words

LANGUAGE = "kiosk_console_language"
_POLICY = content_policy(forms=True)


def guard_console(pages: Blueprint) -> None:
    """Put the guards before and after each request of these pages."""

    @pages.before_request
    def _let_in() -> AnyResponse | None:
        g.language = _language()
        g.say = words(g.language)
        if request.endpoint == "console.static":
            return None
        if request.method == "POST":
            _check_post()
        if has_nul():
            abort(400, g.say("console.no_such_text"))
        here, right = whoever(), right_of(current_app, request.endpoint)
        if here is None and (right is None or not may(None, right)):
            return redirect(url_for("console.sign_in"), 303)
        if request.method == "POST":
            _check_token()
        if right is None or not may(here.role if here else None, right):
            abort(403, g.say("console.not_yours"))
        return None

    @pages.after_request
    def _mark(response: Response) -> Response:

        # A page that is no page of ours to look at, such as a sheet to print, says itself what it may load.
        mark(response, g.get("policy", _POLICY))
        # Without a referrer browsers hide where a form came from.
        response.headers["Referrer-Policy"] = "same-origin"
        return response


def member() -> Member:
    """Whoever is signed in; the gate has let nobody else through."""
    found = whoever()
    assert found is not None, "the gate lets nobody through to a page that asks who is there"
    return found


def _language() -> str:
    kept = request.cookies.get(LANGUAGE)
    if kept in LANGUAGES:
        return str(kept)
    return request.accept_languages.best_match(LANGUAGES, LANGUAGES[0]) or LANGUAGES[0]


def _check_post() -> None:
    """Forms come from our own pages only, and are small."""
    if from_elsewhere():
        abort(403, g.say("console.from_elsewhere"))
    most = most_bytes(current_app, request.endpoint)
    request.max_form_memory_size = most
    if request.content_length is None or request.content_length > most:
        abort(413, g.say("console.large_form"))


def _check_token() -> None:
    try:
        csrf.protect()
    except CSRFError:
        abort(403, g.say("console.stale"))
