"""The console's pages of PINs: for one reader on their page, for a class as strips to be printed and cut.

The digits stand in the answer to the form and nowhere else; whoever needs them again issues new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kiosk.domain import Card, Patron
from sync.central import pins
from sync.central.card_holders import holders_in
from sync.central.classes import classes
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.facts import rules_of
from sync.central.people import person
from sync.central.roles import Right
from web_ui.catalogue import Voice
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.printed import printed
from web_ui.console.rights import needs
from web_ui.public import shows_readers
from web_ui.security import LOOPBACK, host_name

Holder = tuple[Patron, tuple[Card, ...]]


def pin_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of people."""
    desk = _Pins(db, now_ms)
    pages.add_url_rule("/pins", "pins", needs(Right.DECIDE, desk.choose))
    for rule, name, right, view in (
        ("/pins/print", "print_pins", Right.DECIDE, desk.print),
        ("/<patron>/pin", "issue_pin", Right.DESK, desk.issue),
        ("/<patron>/pin/withdraw", "withdraw_pin", Right.DESK, desk.withdraw),
    ):
        pages.add_url_rule(rule, name, needs(right, view), methods=["POST"])


class _Pins:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def choose(self) -> str:
        """Whose PINs: how many of a class have none, and who cannot have one and why."""
        class_name = request.args.get("class", "")
        with self._db.read() as conn:
            holders, without = _in_class(conn, class_name)
            had = pins.issued(conn, member().school, [one.id for one, _ in holders])
            every = [one.name for one in classes(conn, member().school)]
            shown = shows_readers(conn, member().school)
        return render_template(
            "people/pins.html",
            **framed(self._db, "pins"),
            class_name=class_name,
            classes=every,
            holders=len(holders),
            new=len(holders) - len(had),
            without=without,
            shown=shown,
        )

    def print(self) -> Response | tuple[str, int]:
        """Issue them, and show the strips once."""
        class_name, every = request.form.get("class", ""), bool(request.form.get("all"))
        with self._db.read() as conn:
            self._open(conn)
            holders, _ = _in_class(conn, class_name)
            had = pins.issued(conn, member().school, [one.id for one, _ in holders])
            library = rules_of(conn, member().school).library
        wanted = [one for one, _ in holders if every or one.id not in had]
        if not wanted:
            return redirect(f"{url_for('.pins')}?{urlencode({'class': class_name})}", 303)
        digits = self._issue([one.id for one in wanted])
        say = Voice(library.screen.language)
        name = (library.library.name_en if say.language == "en" else "") or library.library.name
        strips = [(one, digits[one.id]) for one in wanted if one.id in digits]
        html = render_template(
            "people/pin_strips.html", say=say, name=name, strips=strips, address=_address()
        )
        return printed(html)

    def issue(self, patron: str) -> str:
        with self._db.read() as conn:
            self._open(conn)
            row = _person(conn, patron).row
        digits = self._issue([patron])
        if not digits:
            abort(404, g.say("console.people.nobody"))
        return render_template(
            "people/pin.html",
            **framed(self._db, "people"),
            row=row,
            digits=digits[patron],
            address=_address(),
        )

    def withdraw(self, patron: str) -> Response:
        with self._db.begin(member().school) as conn:
            _person(conn, patron)
            pins.withdraw(self._desk(conn), patron)
        return redirect(url_for(".page", patron=patron, done="pin_withdrawn"), 303)

    def _issue(self, patrons: Sequence[str]) -> dict[str, str]:
        """Draw them outside of the transaction, and issue them to whoever is still there."""
        drawn = pins.draw(patrons)
        with self._db.begin(member().school) as conn:
            here = pins.here(conn, member().school, patrons)
            good = [pin for pin in drawn if pin.patron in here]
            pins.issue(self._desk(conn), good)
        return {pin.patron: pin.digits for pin in good}

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _open(self, conn: Connection) -> None:
        """Nothing is issued that could not be used."""
        if not shows_readers(conn, member().school):
            abort(409, g.say("console.pins.shut"))


def _person(conn: Connection, patron: str) -> Any:
    try:
        return person(conn, member().school, patron)
    except CentralError:
        abort(404, g.say("console.people.nobody"))


def _in_class(conn: Connection, class_name: str) -> tuple[list[Holder], list[str]]:
    """The pupils of a class who have a card, and the names of those who have none."""
    found = holders_in(conn, member().school, class_name) if class_name else []
    pupils = [one for one in found if one[0].grade is not None]
    return [one for one in pupils if one[1]], [one.name for one, cards in pupils if not cards]


def _address() -> str:
    """Where readers find the page; "" where only this machine's own address is known."""
    address = url_for("library.mine", _external=True)
    return "" if host_name(request.host.lower()) in LOOPBACK else address.partition("://")[2]
