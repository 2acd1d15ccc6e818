"""Into the console and out of it: sign in, the first page of each role, the language, sign out."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField

from sync.central import sign_in as signing
from sync.central.asked import give_back, may_try
from sync.central.db import Database
from sync.central.roles import Right, may
from web_ui.catalogue import LANGUAGES
from web_ui.console.forms import Said
from web_ui.console.frame import bare, in_language
from web_ui.console.gate import LANGUAGE, member
from web_ui.console.rights import needs
from web_ui.console.signed import begin, end

_YEAR_S = 365 * 24 * 3_600
_TRIED = "password"


class SignIn(FlaskForm):
    """school: left out where the record has one only."""

    school = SelectField(Said("console.school"), validate_choice=False)
    login = StringField(
        Said("console.login"), render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
    password = PasswordField(
        Said("console.password"), render_kw={"autocomplete": "current-password"}
    )


def entrance_pages(pages: Blueprint, db: Database, sign_in_ms: Callable[[], int]) -> None:
    """Add them to the console's pages."""
    desk = _Entrance(db, sign_in_ms)
    both = ["GET", "POST"]
    pages.add_url_rule("/home", "home", needs(Right.SIGNED_IN, home))
    pages.add_url_rule("/sign-in", "sign_in", needs(Right.OPEN, desk.sign_in), methods=both)
    out = needs(Right.SIGNED_IN, desk.sign_out)
    pages.add_url_rule("/sign-out", "sign_out", out, methods=["POST"])
    pages.add_url_rule("/language/<name>", "language", needs(Right.OPEN, language))


class _Entrance:
    """The views over one record."""

    def __init__(self, db: Database, sign_in_ms: Callable[[], int]) -> None:
        self._db = db
        self._sign_in_ms = sign_in_ms

    def sign_in(self) -> str | Response | tuple[str, int]:
        with self._db.read() as conn:
            schools = [(i, in_language(zh, en)) for i, zh, en in signing.school_names(conn)]
        form = SignIn()
        form.school.choices = list(schools)
        if request.method == "GET":
            return _page(form)
        # With one school there is nothing to choose.
        school = schools[0][0] if len(schools) == 1 else form.school.data or ""
        login, password = form.login.data or "", form.password.data or ""
        asker, now_ms = request.remote_addr or "", self._sign_in_ms()
        with self._db.begin() as conn:
            allowed = may_try(conn, _TRIED, asker, now_ms)
        if not allowed:
            return _page(form, why=g.say("console.sign_in_often")), 429
        told = signing.sign_in(self._db, school, login, password, now_ms)
        if isinstance(told, signing.Refused):
            return _page(form, why=_why(told)), 403
        # Behind a proxy that does not say who asks, a whole district signs in from one address.
        with self._db.begin() as conn:
            give_back(conn, _TRIED, asker)
        begin(told)
        return redirect(url_for("console.home"), 303)

    def sign_out(self) -> Response:
        signing.sign_out(self._db, end())
        return redirect(url_for("console.sign_in"), 303)


def home() -> Response:
    """The first page that this role may see."""
    sees = may(member().role, Right.SEE)
    return redirect(url_for("console.today" if sees else "console.stations"), 303)


def language(name: str) -> Response:
    """Keep the language that is asked for, and go back."""
    if name not in LANGUAGES:
        abort(404, g.say("console.no_page"))
    back = redirect(url_for("console.home"), 303)
    back.set_cookie(
        LANGUAGE, name, max_age=_YEAR_S, path=url_for("console.inbox"), samesite="Strict"
    )
    return back


def _page(form: SignIn, *, why: str = "") -> str:
    choices = form.school.choices
    library = choices[0][1] if len(choices) == 1 else ""
    return render_template("console/sign_in.html", **bare(library), form=form, why=why)


def _why(refused: signing.Refused) -> str:
    if not refused.locked_ms:
        return str(g.say("console.sign_in_wrong"))
    return str(g.say("console.sign_in_locked", n=-(-refused.locked_ms // 60_000)))
