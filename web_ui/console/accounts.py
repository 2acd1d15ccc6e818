"""The console's page of who may use it. A librarian's alone; nobody is deleted, since entries name who acted."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import staff
from sync.central.db import Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, Role
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("added", "role", "password", "closed", "opened")
_LONGEST_NAME = 60


def account_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/staff."""
    pages = Blueprint("accounts", __name__, url_prefix="/staff")
    desk = _Accounts(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.STAFF, desk.list))
    for rule, name, view in (
        ("/", "add", desk.add),
        ("/<login>/role", "role", desk.role),
        ("/<login>/password", "password", desk.password),
        ("/<login>/close", "close", desk.close),
        ("/<login>/open", "open", desk.open),
    ):
        pages.add_url_rule(rule, name, needs(Right.STAFF, view), methods=["POST"])
    return pages


class _Accounts:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        return self._list(done=request.args.get("done", ""))

    def add(self) -> Response | tuple[str, int]:
        login, name, role = (request.form.get(n, "").strip() for n in ("login", "name", "role"))
        secret = request.form.get("password", "")

        def act(conn: Connection) -> None:
            shown = name[:_LONGEST_NAME] or login
            staff.add_staff(conn, member().school, login, shown, role, secret)

        return self._act("added", f"account {login} {role}", act)

    def role(self, login: str) -> Response | tuple[str, int]:
        role = request.form.get("role", "")
        return self._act(
            "role",
            f"account {login} {role}",
            lambda conn: staff.change_role(conn, member().school, login, role),
        )

    def password(self, login: str) -> Response | tuple[str, int]:
        secret = request.form.get("password", "")
        return self._act(
            "password",
            f"account {login} new password",
            lambda conn: staff.change_password(conn, member().school, login, secret),
        )

    def close(self, login: str) -> Response | tuple[str, int]:
        return self._act(
            "closed",
            f"account {login} closed",
            lambda conn: staff.close_account(conn, member().school, login, self._now_ms()),
        )

    def open(self, login: str) -> Response | tuple[str, int]:
        return self._act(
            "opened",
            f"account {login} opened",
            lambda conn: staff.open_account(conn, member().school, login),
        )

    def _act(
        self, done: str, noted: str, act: Callable[[Connection], None]
    ) -> Response | tuple[str, int]:
        """Do it, and write down that it was done and by whom; or say why not."""
        school = member().school
        try:
            with self._db.begin(school) as conn:
                act(conn)
                Desk(conn, school, member().login, self._now_ms()).note(noted)
        except staff.Unfit as unfit:
            return self._list(
                why=g.say(f"console.accounts.cannot.{unfit.code}", n=staff.LEAST)
            ), 409
        return redirect(url_for(".list", done=done), 303)

    def _list(self, *, done: str = "", why: str = "") -> str:
        with self._db.read() as conn:
            found = staff.accounts(conn, member().school)
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
        shown = [(one, tell.moment(one.closed_ms) if one.closed_ms else "") for one in found]
        return render_template(
            "console/accounts.html",
            **framed(self._db, "accounts"),
            accounts=shown,
            roles=list(Role),
            least=staff.LEAST,
            done=done if done in DONE else "",
            why=why,
        )
