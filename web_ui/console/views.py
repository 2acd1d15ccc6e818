"""The console's addresses: sign in, the inbox of cases, the digest, the stations. Each view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from sync.central import sign_in as signing
from sync.central.cases import Question, question, questions, settled_by
from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.overview import OPEN_AT_ONCE, inbox, machines, odd_ones
from sync.central.read import time_zone
from sync.central.roles import Right, may
from web_ui.catalogue import LANGUAGES
from web_ui.console.accounts import account_pages
from web_ui.console.frame import bare, framed, in_language
from web_ui.console.gate import COOKIE, LANGUAGE, forget, guard_console, keep, member
from web_ui.console.importing import import_pages
from web_ui.console.people import people_pages
from web_ui.console.rate import Rate
from web_ui.console.rights import needs
from web_ui.console.school_year import year_pages
from web_ui.console.telling import Teller

_YEAR_S = 365 * 24 * 3_600
DONE = ("settled", "undone", "closed", "changed", "not_settled")


def console_pages(
    db: Database, now_ms: Callable[[], int], sign_in_ms: Callable[[], int]
) -> Blueprint:
    """The pages under /console. now_ms: the record's clock; sign_in_ms: what times sign-ins (UTC ms)."""
    pages = Blueprint(
        "console",
        __name__,
        url_prefix="/console",
        template_folder="templates",
        static_folder="static",
    )
    guard_console(pages, db, sign_in_ms)
    desk = _Console(db, now_ms, sign_in_ms)
    pages.add_url_rule("/", "inbox", needs(Right.SEE, desk.inbox))
    pages.add_url_rule("/home", "home", needs(Right.SIGNED_IN, desk.home))
    pages.add_url_rule(
        "/cases/<name>/settle", "settle", needs(Right.DECIDE, desk.settle), methods=["POST"]
    )
    pages.add_url_rule(
        "/cases/<name>/undo", "undo", needs(Right.DECIDE, desk.undo), methods=["POST"]
    )
    pages.add_url_rule("/digest", "digest", needs(Right.SEE, desk.digest))
    pages.add_url_rule("/stations", "stations", needs(Right.DEVICES, desk.stations))
    pages.add_url_rule(
        "/sign-in", "sign_in", needs(Right.OPEN, desk.sign_in), methods=["GET", "POST"]
    )
    pages.add_url_rule(
        "/sign-out", "sign_out", needs(Right.SIGNED_IN, desk.sign_out), methods=["POST"]
    )
    pages.add_url_rule("/language/<name>", "language", needs(Right.OPEN, language))
    people = people_pages(db, now_ms)
    import_pages(people, db, now_ms)
    year_pages(people, db, now_ms)
    pages.register_blueprint(people)
    pages.register_blueprint(account_pages(db, now_ms))
    pages.register_error_handler(HTTPException, _told)
    pages.register_error_handler(CentralError, _cannot)
    return pages


class _Console:
    """The views over one record."""

    def __init__(
        self, db: Database, now_ms: Callable[[], int], sign_in_ms: Callable[[], int]
    ) -> None:
        self._db = db
        self._now_ms = now_ms
        self._sign_in_ms = sign_in_ms
        self._rate = Rate()

    def home(self) -> Response:
        """The first page that this role may see."""
        sees = may(member().role, Right.SEE)
        return redirect(url_for("console.inbox" if sees else "console.stations"), 303)

    def inbox(self) -> str:
        school, done = member().school, request.args.get("done", "")
        with self._db.read() as conn:
            tell = self._teller(conn)
            box = inbox(conn, school)
            waiting = questions(conn, school, names=box.open) if box.open else []
            found = questions(conn, school, names=box.settled) if box.settled else []
            order = {name: at for at, name in enumerate(box.settled)}
            settled = [
                {"case": one, "sentence": tell.sentence(one), "decided": tell.decided(one, by)}
                for one in sorted(found, key=lambda q: order[q.id])
                if (by := settled_by(conn, school, one))
            ]
        return self._page(
            "inbox",
            waiting=[_waiting(tell, one) for one in waiting],
            more=max(0, box.total - OPEN_AT_ONCE),
            settled=settled,
            done=done if done in DONE else "",
        )

    def settle(self, name: str) -> Response:
        choice, facts = request.form.get("choice", ""), request.form.get("facts", "")
        with self._db.begin(member().school) as conn:
            one = _question(conn, name)
            if not one.is_open:
                return _back("closed")
            if one.facts != facts:
                return _back("changed")
            if choice not in {c.value for c in one.choices}:
                abort(400, g.say("console.stale"))
            Desk(conn, member().school, member().login, self._now_ms()).settle(name, choice)
        return _back("settled")

    def undo(self, name: str) -> Response:
        with self._db.begin(member().school) as conn:
            one = _question(conn, name)
            if one.is_open or one.settled_by is None:
                return _back("not_settled")
            Desk(conn, member().school, member().login, self._now_ms()).undo(name)
        return _back("undone")

    def digest(self) -> str:
        school = member().school
        with self._db.read() as conn:
            tell = self._teller(conn)
            odd = odd_ones(conn, school, self._now_ms())
        return self._page("digest", days=tell.days(odd))

    def stations(self) -> str:
        school = member().school
        with self._db.read() as conn:
            tell = self._teller(conn)
            found = machines(conn, school)
        return self._page("stations", machines=[tell.machine(m) for m in found])

    def sign_in(self) -> str | Response | tuple[str, int]:
        with self._db.read() as conn:
            schools = signing.school_names(conn)
        if request.method == "GET":
            return self._sign_in_page(schools)
        # With one school there is nothing to choose.
        school = schools[0][0] if len(schools) == 1 else request.form.get("school", "")
        login, password = request.form.get("login", ""), request.form.get("password", "")
        if not self._rate.allows(request.remote_addr or "", self._sign_in_ms()):
            return self._sign_in_page(schools, why=g.say("console.sign_in_often"), login=login), 429
        told = signing.sign_in(self._db, school, login, password, self._sign_in_ms())
        if isinstance(told, signing.Refused):
            return self._sign_in_page(schools, why=_why(told), login=login), 403
        return keep(redirect(url_for("console.home"), 303), told)

    def sign_out(self) -> Response:
        signing.sign_out(self._db, request.cookies.get(COOKIE, ""))
        return forget(redirect(url_for("console.sign_in"), 303))

    def _sign_in_page(
        self, schools: list[tuple[str, str, str]], *, why: str = "", login: str = ""
    ) -> str:
        named = [(i, in_language(zh, en)) for i, zh, en in schools]
        library = named[0][1] if len(named) == 1 else ""
        return render_template(
            "console/sign_in.html", **bare(library), schools=named, why=why, login=login
        )

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"console/{name}.html", **framed(self._db, name), **shown)

    def _teller(self, conn: object) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())  # type: ignore[arg-type]


def language(name: str) -> Response:
    """Keep the language that is asked for, and go back."""
    if name not in LANGUAGES:
        abort(404, g.say("console.no_page"))
    back = redirect(url_for("console.inbox"), 303)
    back.set_cookie(
        LANGUAGE, name, max_age=_YEAR_S, path=url_for("console.inbox"), samesite="Strict"
    )
    return back


def _waiting(tell: Teller, one: Question) -> dict[str, object]:
    proposed, *others = one.choices
    return {
        "case": one,
        "sentence": tell.sentence(one),
        "holder": tell.holder(one),
        "evidence": [tell.witness(seen) for seen in one.evidence],
        "proposed": (proposed.value, tell.choice(proposed)),
        "others": [(choice.value, tell.choice(choice)) for choice in others],
    }


def _question(conn: object, name: str) -> Question:
    try:
        return question(conn, member().school, name)  # type: ignore[arg-type]
    except CentralError:
        abort(404, g.say("console.no_case"))


def _why(refused: signing.Refused) -> str:
    if not refused.locked_ms:
        return str(g.say("console.sign_in_wrong"))
    return str(g.say("console.sign_in_locked", n=-(-refused.locked_ms // 60_000)))


def _back(done: str) -> Response:
    return redirect(url_for("console.inbox", done=done), 303)


def _told(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    ours = error.description != type(error).description
    words = error.description if ours else g.say("console.no_page")
    return _trouble(words or error.name, error.code)


def _cannot(error: CentralError) -> tuple[str, int]:
    return _trouble(g.say("console.cannot"), 503)


def _trouble(words: str, status: int) -> tuple[str, int]:
    return render_template("console/trouble.html", **bare(""), words=words), status
