"""The counter of the console: find a patron, lend, take back, renew. Each view is parse, call, render.

It works with a scanner alone: every page has one box, which takes the next card or copy. What is scanned decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kiosk.calendar import Rules
from kiosk.domain import Act, Reason, Receipt
from sync.central.account import Account, account
from sync.central.counter import LONGEST_WHY, Counter, Override
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.facts import now_at, rules_of
from sync.central.finding import Found, find
from sync.central.proofs import read_code
from sync.central.read import time_zone
from sync.central.recent import recent
from sync.central.roles import Right
from sync.central.undoing import undo
from web_ui.console.counter_forms import Fault, keys, override_in_form, standing, why
from web_ui.console.counter_lines import Lines, reasons_of
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.people import categories
from web_ui.console.rights import View, needs
from web_ui.console.telling import Teller

FAULTS = ("unfilled", "bad_day", "cannot_undo", "cannot")
# Why a loan is not renewed, where nobody asks: it may be, or it was lent just now.
_UNSAID = (Reason.OK, Reason.NOTHING_GAINED)
_BACK = (Act.CHECKIN, Act.RENEWAL, Act.SCAN)


def counter_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/circulation."""
    pages = Blueprint("counter", __name__, url_prefix="/circulation", template_folder="templates")
    desk = _Counter(db, now_ms)
    seen: tuple[tuple[str, str, View], ...] = (
        ("/", "start", desk.start),
        ("/returns", "returns", desk.returns),
        ("/patron/<patron>", "patron", desk.patron),
        ("/patron/<patron>/slip", "slip", desk.slip),
    )
    for rule, name, view in seen:
        pages.add_url_rule(rule, name, needs(Right.DESK, view))
    done: tuple[tuple[str, str, View], ...] = (
        ("/returns", "give_back", desk.give_back),
        ("/patron/<patron>/scan", "scan", desk.scan),
        ("/patron/<patron>/act", "act", desk.act),
        ("/undo", "undo", desk.undo),
    )
    for rule, name, view in done:
        pages.add_url_rule(rule, name, needs(Right.DESK, view), methods=["POST"])
    return pages


class _Counter:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def start(self) -> str | Response:
        text = request.args.get("q", "").strip()
        if not text:
            return self._page("start", q="", found=Found())
        with self._db.read() as conn:
            found = find(conn, member().school, text, rules_or_abort(conn).library.barcodes)
        if found.patron:
            return redirect(url_for(".patron", patron=found.patron, card=found.card_state), 303)
        if found.copy:
            return redirect(url_for("console.holds.copy", barcode=found.copy), 303)
        if found.command:
            return redirect(url_for(".start"), 303)
        return self._page("start", q=text, found=found, slip=read_code(text))

    def patron(self, patron: str) -> str:
        lit = frozenset(keys(request.args.get("n", "")))
        fault = request.args.get("e", "")
        with self._db.read() as conn:
            rules = rules_or_abort(conn)
            one = _account(conn, patron, rules, self._now_ms())
            tell, counter = self._teller(conn), self._counter(conn)
            done = recent(
                conn, member().school, member().login, self._now_ms(), patron=patron, also=lit
            )
            lines = Lines(tell, counter, _shelves(rules), patron, lit)
            acts = lines.all(done)
            named = categories(conn)
        return self._page(
            "patron",
            one=one,
            category=named.get(one.row.category, one.row.category),
            acts=acts,
            out=[_out(tell, lines, each) for each in one.out],
            waiting=[_waiting(tell, each) for each in one.waiting],
            expired=_expired(tell, one),
            card=request.args.get("card", ""),
            standing=standing(),
            usual=[part.strip() for part in g.say("console.counter.usual").split("/")],
            longest=LONGEST_WHY,
            fault=fault if fault in FAULTS else "",
            text=request.args.get("text", ""),
        )

    def scan(self, patron: str) -> Response:
        """The next thing under the scanner: a copy, another card, or a command."""
        text = request.form.get("text", "").strip()
        if not text:
            return _back(patron)
        with self._db.begin(member().school) as conn:
            counter = self._counter(conn)
            found = find(conn, member().school, text, counter.rules.library.barcodes)
            if found.patron and found.patron != patron:
                return redirect(url_for(".patron", patron=found.patron, card=found.card_state), 303)
            if found.command == "finish":
                return redirect(url_for(".start"), 303)
            if found.command == "renew_all":
                return _back(patron, counter.renew_all(patron))
            if found.people:
                return redirect(url_for(".start", q=text), 303)
            if found.patron or found.command or found.isbn:
                return _back(patron, text=text if found.isbn else "")
            done = counter.scan(patron, found.copy or text)
            return _back(patron, self._stood(counter, patron, done))

    def _stood(self, counter: Counter, patron: str, done: Sequence[Receipt]) -> list[Receipt]:
        """A reason given before holds for this patron's next books, where nothing else speaks against them."""
        told, because = list(done), why()
        last = done[-1] if done else None
        if not because or last is None or last.verdict.allowed or last.act is not Act.CHECKOUT:
            return told
        if last.copy is None:
            return told
        against = counter.beyond(Act.CHECKOUT, patron, last.copy.barcode)
        known = set(request.form.get("for", "").split())
        if against.possible and set(reasons_of(against.against)) <= known:
            return [*told, *counter.checkout(patron, last.copy.barcode, Override(because))]
        return told

    def act(self, patron: str) -> Response:
        """One act on one copy, by a button: by the rules, or beyond them with a reason."""
        act, barcode = request.form.get("act", ""), request.form.get("barcode", "")
        override = None
        if "beyond" in request.form:
            try:
                override = override_in_form(now_at(self._rules_now(), self._now_ms()).local.date())
            except Fault as fault:
                return _back(patron, fault=fault.word)
        with self._db.begin(member().school) as conn:
            counter = self._counter(conn)
            if act == "renew_all":
                return _back(patron, counter.renew_all(patron))
            stands = {}
            if override and "standing" in request.form:
                against = counter.beyond(Act.CHECKOUT, patron, barcode).against
                stands = {"why": override.why, "for": " ".join(reasons_of(against))}
            match act:
                case "checkout":
                    done = counter.checkout(patron, barcode, override)
                case "checkin":
                    done = [counter.checkin(barcode, override)]
                case "renewal":
                    done = [counter.renew(patron, barcode, override)]
                case "use":
                    done = [counter.use(patron, barcode, override)]
                case _:
                    abort(400, g.say("console.stale"))
        return _back(patron, done, **stands)

    def undo(self) -> Response:
        name, patron = request.form.get("entry", ""), request.form.get("patron", "")
        try:
            with self._db.begin(member().school) as conn:
                key: str | None = undo(self._desk(conn), name)
        except CentralError:
            key, fault = None, "cannot_undo"
        else:
            fault = ""
        if patron:
            return redirect(url_for(".patron", patron=patron, n=key, e=fault or None), 303)
        return redirect(url_for(".returns", n=key, e=fault or None), 303)

    # With nobody at the counter.

    def returns(self) -> str:
        lit, fault = frozenset(keys(request.args.get("n", ""))), request.args.get("e", "")
        with self._db.read() as conn:
            rules = rules_or_abort(conn)
            tell, counter = self._teller(conn), self._counter(conn)
            school, login = member().school, member().login
            done = recent(conn, school, login, self._now_ms(), acts=_BACK)
            acts = Lines(tell, counter, _shelves(rules), "", lit).all(done)
        return self._page("returns", acts=acts, fault=fault if fault in FAULTS else "")

    def give_back(self) -> Response:
        text = request.form.get("text", "").strip()
        if not text:
            return redirect(url_for(".returns"), 303)
        with self._db.begin(member().school) as conn:
            counter = self._counter(conn)
            found = find(conn, member().school, text, counter.rules.library.barcodes)
            if found.patron:
                return redirect(url_for(".patron", patron=found.patron, card=found.card_state), 303)
            if found.people or found.command:
                return redirect(url_for(".start", q=text), 303)
            done = counter.give_back(found.copy or text)
        return redirect(url_for(".returns", n=done.entry if done else None), 303)

    def slip(self, patron: str) -> str:
        """What the patron has, on narrow paper."""
        with self._db.read() as conn:
            rules = rules_or_abort(conn)
            one = _account(conn, patron, rules, self._now_ms())
            tell = self._teller(conn)
        lines = [
            (o.copy.title.title, o.copy.barcode, tell.day(o.loan.due_on) if o.loan.due_on else "-")
            for o in one.out
        ]
        today = tell.moment(self._now_ms())
        return self._page("slip", one=one, lines=lines, today=today)

    def _counter(self, conn: Connection) -> Counter:
        return Counter(self._desk(conn))

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _rules_now(self) -> Rules:
        with self._db.read() as conn:
            return rules_or_abort(conn)

    def _page(self, name: str, **shown: object) -> str:
        here = "returns" if name == "returns" else "counter"
        return render_template(f"circulation/{name}.html", **framed(self._db, here), **shown)


def _back(patron: str, done: Sequence[Receipt] = (), *, fault: str = "", **more: str) -> Response:
    """To the patron's page, with what was done lit up; a reason that stands goes with it."""
    if not more.get("why") and request.form.get("for"):
        more |= {"why": why(), "for": request.form["for"]}
    told = {"n": ",".join(r.entry for r in done), "e": fault, **more}
    kept: dict[str, Any] = {name: value for name, value in told.items() if value}
    return redirect(url_for(".patron", **kept, patron=patron), 303)


def rules_or_abort(conn: Connection) -> Rules:
    """The rules in force; without any nothing can be decided, and the page says so."""
    try:
        return rules_of(conn, member().school)
    except CentralError:
        abort(409, g.say("console.counter.no_rules"))


def _account(conn: Connection, patron: str, rules: Rules, now_ms: int) -> Account:
    try:
        return account(conn, member().school, patron, rules, now_at(rules, now_ms))
    except CentralError:
        abort(404, g.say("console.people.nobody"))


def _shelves(rules: Rules) -> dict[str, str]:
    english = g.language == "en"
    return {s.key: (s.name_en if english else "") or s.name for s in rules.library.shelves}


def _expired(tell: Teller, one: Account) -> str:
    ends = one.patron.expires_on
    return tell.day(ends) if ends and not one.row.left and tell.is_past(ends) else ""


def _out(tell: Teller, lines: Lines, each: Any) -> dict[str, Any]:
    loan, copy = each.loan, each.copy
    return {
        "title": copy.title.title,
        "barcode": loan.barcode,
        "opened": tell.moment(loan.opened_ms),
        "due": tell.day(loan.due_on) if loan.due_on else "-",
        "late": each.overdue,
        "claimed": tell.moment(each.claimed_ms) if each.claimed_ms is not None else "",
        "in_doubt": loan.excused_on is not None and each.claimed_ms is None,
        "may_renew": each.renewal.allowed,
        "why": "" if each.renewal.reason in _UNSAID else lines.reason(each.renewal),
    }


def _waiting(tell: Teller, each: Any) -> dict[str, Any]:
    return {
        "id": each.id,
        "title": each.title,
        "title_id": each.title_id,
        "barcode": each.barcode,
        "until": tell.day(each.keep_until) if each.keep_until else "",
        "placed": tell.moment(each.placed_ms),
        "place": each.place,
    }
