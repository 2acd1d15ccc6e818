"""The console's pages of people: list, a patron's page, cards, blocks, erasing. Each view is parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kiosk.imports import cleaning
from kiosk.imports.faults import RowFault
from sync.central.box_lending import loans_of_teacher
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.people import Person, Wanted, card_there, find_people, masked, person, still_out
from sync.central.pins import issued
from sync.central.proofs import read_code
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.rules import rules_in_force
from sync.central.textbook_forgetting import still_with
from sync.central.textbook_hands import textbooks_of
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import View, needs
from web_ui.console.telling import Teller
from web_ui.console.terms import terms_shown
from web_ui.public import shows_readers

STATES = ("lost", "stolen", "active")
_WHY = 200
DONE = ("issued", "replaced", "card_state", "blocked", "unblocked", "erased", "pin_withdrawn")


def people_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/people."""
    pages = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")
    desk = _People(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, desk.list))
    pages.add_url_rule("/<patron>", "page", needs(Right.SEE, desk.page))
    acts: tuple[tuple[str, str, Right, View], ...] = (
        ("/<patron>/cards", "issue", Right.DESK, desk.issue),
        ("/<patron>/cards/state", "card_state", Right.DESK, desk.card_state),
        ("/<patron>/block", "block", Right.DESK, desk.block),
        ("/<patron>/unblock", "unblock", Right.DESK, desk.unblock),
        ("/<patron>/erase", "erase", Right.DECIDE, desk.erase),
    )
    for rule, name, right, view in acts:
        pages.add_url_rule(rule, name, needs(right, view), methods=["POST"])
    return pages


class _People:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        text, class_name = request.args.get("q", "").strip(), request.args.get("class", "").strip()
        after = (request.args.get("name", ""), request.args.get("id", ""))
        wanted = Wanted(text, class_name, after if all(after) else None)
        with self._db.read() as conn:
            found = find_people(conn, member().school, wanted)
            out = still_out(conn, member().school, [row.id for row in found.rows])
            named = categories(conn)
        more = ""
        if found.after:
            name, last = found.after
            told = {"q": text, "class": class_name, "name": name, "id": last}
            more = f"{url_for('.list')}?{urlencode({k: v for k, v in told.items() if v})}"
        shown = [
            (row, named.get(row.category, row.category), out.get(row.id, 0)) for row in found.rows
        ]
        erased = request.args.get("done") == "erased"
        asked = {"q": text, "class_name": class_name, "slip": read_code(text)}
        return self._page("list", rows=shown, **asked, more=more, erased=erased)

    def page(self, patron: str) -> str:
        return self._one(patron, done=request.args.get("done", ""))

    def issue(self, patron: str) -> Response | tuple[str, int]:
        old = request.form.get("old", "")

        def act(desk: Desk, one: Person) -> str:
            number = _number(desk.conn, request.form.get("number", ""))
            if not old:
                desk.issue_card(patron, number)
                return "issued"
            _theirs(one, old)
            desk.replace_card(old, number)
            return "replaced"

        return self._act(patron, act)

    def card_state(self, patron: str) -> Response | tuple[str, int]:
        state = request.form.get("state", "")
        if state not in STATES:
            abort(400, g.say("console.stale"))

        def act(desk: Desk, one: Person) -> str:
            number = request.form.get("number", "")
            _theirs(one, number)
            desk.card_state(number, state)
            return "card_state"

        return self._act(patron, act)

    def block(self, patron: str) -> Response | tuple[str, int]:
        why = request.form.get("why", "").strip()[:_WHY]

        def act(desk: Desk, one: Person) -> str:
            if not why:
                raise _Cannot("no_why")
            if one.row.blocked is None:
                desk.block(patron, why)
            return "blocked"

        return self._act(patron, act)

    def unblock(self, patron: str) -> Response | tuple[str, int]:
        def act(desk: Desk, one: Person) -> str:
            if one.row.blocked is not None:
                desk.unblock(patron)
            return "unblocked"

        return self._act(patron, act)

    def erase(self, patron: str) -> str | Response | tuple[str, int]:
        """Erase, and tell what was: the page that says it is kept nowhere."""
        school = member().school
        try:
            with self._db.begin(school) as conn:
                one = _person(conn, patron)
                if request.form.get("name", "").strip() != one.row.name:
                    raise _Cannot("name_differs")
                if one.out:
                    raise _Cannot("still_out", n=len(one.out))
                if kept := still_with(conn, school, patron):
                    raise _Cannot("textbooks", n=kept)
                try:
                    gone = self._desk(conn).erase(patron)
                except CentralError:
                    raise _Cannot("open_case") from None
        except _Cannot as cannot:
            return self._one(patron, why=cannot.words), 409
        return self._page("erased", gone=gone)

    def _act(self, patron: str, act: Callable[[Desk, Person], str]) -> Response | tuple[str, int]:
        """Do it in one transaction; back to the page with what was done, or with why nothing was."""
        try:
            with self._db.begin(member().school) as conn:
                done = act(self._desk(conn), _person(conn, patron))
        except _Cannot as cannot:
            return self._one(patron, why=cannot.words), 409
        return redirect(url_for(".page", patron=patron, done=done), 303)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _one(self, patron: str, *, done: str = "", why: str = "") -> str:
        with self._db.read() as conn:
            one = _person(conn, patron)
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
            named = categories(conn)
            had = textbooks_of(conn, member().school, patron)
            boxes = loans_of_teacher(conn, member().school, patron)
            terms = dict(terms_shown(conn))
            pin_ms = issued(conn, member().school, [patron]).get(patron)
            pins_shown = shows_readers(conn, member().school)
        may_act = may(member().role, Right.DESK)
        # Whoever only looks has no use for a number that opens an account at the station; nobody has for an old one.
        numbers = [
            (card.number if may_act and card.state == "active" else masked(card.number), card)
            for card in one.cards
        ]
        return self._page(
            "page",
            one=one,
            category=named.get(one.row.category, one.row.category),
            numbers=numbers,
            out=[_loan(tell, loan) for loan in one.out],
            past=[_loan(tell, loan) for loan in one.past],
            blocks=[_span(tell, span) for span in one.blocks],
            textbooks=[(book, terms.get(book.term, book.term)) for book in had],
            boxes=[(box, tell.moment(box.lent_ms), tell.day(box.due_on)) for box in boxes],
            expires=tell.day(one.expires_on) if one.expires_on else "",
            pin=tell.moment(pin_ms) if pin_ms is not None else "",
            pins_shown=pins_shown,
            may_act=may_act,
            may_erase=may(member().role, Right.DECIDE),
            done=done if done in DONE else "",
            why=why,
        )

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"people/{name}.html", **framed(self._db, "people"), **shown)


class _Cannot(Exception):
    """Nothing was done; `words` says why, and what to do."""

    def __init__(self, name: str, **told: object) -> None:
        super().__init__(name)
        self.words: str = g.say(f"console.people.cannot.{name}", **told)


def _person(conn: Connection, patron: str) -> Person:
    try:
        return person(conn, member().school, patron)
    except CentralError:
        abort(404, g.say("console.people.nobody"))


def _theirs(one: Person, number: str) -> None:
    if number not in {card.number for card in one.cards}:
        abort(400, g.say("console.stale"))


def _number(conn: Connection, typed: str) -> str:
    """The number of a new card, in a shape that stations take for a card."""
    rules = rules_in_force(conn, member().school)
    try:
        number = cleaning.code(typed, "card", number=False)
        if rules is not None and number:
            barcodes = rules.library.barcodes
            shapes, check = barcodes.card_shapes, barcodes.card_check_digit
            number, _ = cleaning.shaped(number, "card", shapes, check)
    except RowFault:
        shapes = rules.library.barcodes.card_shapes if rules else ()
        raise _Cannot("shape", shapes=" ".join(shapes)) from None
    if not number:
        raise _Cannot("no_number")
    if card_there(conn, member().school, number):
        raise _Cannot("taken")
    return number


def categories(conn: Connection) -> dict[str, str]:
    """Names of the categories in the language of the page."""
    rules = rules_in_force(conn, member().school)
    if rules is None:
        return {}
    return {c.key: _named(c) for c in rules.library.categories}


def _named(category: Any) -> str:
    english = getattr(category, "name_en", "")
    return english if g.language == "en" and english else category.name


def _loan(tell: Teller, loan: Any) -> dict[str, object]:
    return {
        "book": tell.book(loan.title, loan.barcode),
        "opened": tell.moment(loan.opened_ms),
        "due": tell.day(loan.due_on) if loan.due_on else "-",
        "closed": tell.moment(loan.closed_ms) if loan.closed_ms is not None else "",
        "late": loan.closed_ms is None and tell.is_past(loan.due_on),
    }


def _span(tell: Teller, span: tuple[int, int | None, str]) -> dict[str, str]:
    begun, ended, why = span
    return {
        "from": tell.moment(begun),
        "to": tell.moment(ended) if ended is not None else "",
        "why": why,
    }
