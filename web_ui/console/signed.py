"""Who is at the console: Flask-Login over the record's own sign-ins, Flask-WTF's tokens, one signed cookie for both.

The cookie holds the sign-in's random token and the seed of the form tokens. The record keeps the token's hash, so a
sign-in ends there, whatever cookie comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask, Response, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect

from sync.central.db import Database
from sync.central.sign_in import KEPT_MS, Member, signing_key, who_is
from web_ui.security import LOOPBACK, content_policy, host_name, mark

COOKIE = "kiosk_console"
FIELD = "token"
csrf = CSRFProtect()


class _Signed(UserMixin):
    """A member as Flask-Login knows them: by the token of their sign-in."""

    def __init__(self, member: Member | None, token: str) -> None:
        self.member = member
        self.id = token


class _Cookies(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        # On this machine itself there is no TLS, and no network in between.
        return host_name(request.host) not in LOOPBACK


def set_up(app: Flask, db: Database, now_ms: Callable[[], int]) -> None:
    """Give the application what the console's pages stand on. now_ms: what sign-ins are timed by."""
    app.secret_key = signing_key(db)
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_PATH="/console/",
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(milliseconds=KEPT_MS),
        SESSION_REFRESH_EACH_REQUEST=False,
        # The gate asks for the token itself, once it knows in which language to answer. A form is good as long
        # as the sign-in is: whoever was called to the desk in between loses nothing.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_FIELD_NAME=FIELD,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,
        BOOTSTRAP_SERVE_LOCAL=True,
        BOOTSTRAP_BTN_STYLE="primary",
    )
    app.static_url_path = app.static_url_path or "/static"
    Bootstrap5(app)
    csrf.init_app(app)
    signing = LoginManager(app)

    @signing.user_loader
    def _find(token: str) -> _Signed | None:
        found = who_is(db, token, now_ms())
        return _Signed(found, token) if found else None

    policy = content_policy(forms=True)

    @app.after_request
    def _mark(response: Response) -> Response:
        return mark(response, policy) if request.endpoint == "bootstrap.static" else response


def whoever() -> Member | None:
    """Who is signed in; None where nobody is."""
    found: Member | None = getattr(current_user, "member", None)
    return found


def begin(token: str) -> None:
    """Let the browser keep this sign-in, and nothing from before it."""
    session.clear()
    session.permanent = True
    login_user(_Signed(None, token))


def end() -> str:
    """Let the browser forget the sign-in; its token."""
    token = str(current_user.get_id() or "")
    logout_user()
    session.clear()
    return token
