"""The console's pages of printing cards: for a class or some people, the same sheets as `kiosk cards print` makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.domain import Card, Patron
from kiosk.errors import SheetError
from kiosk.sheets.cards import card_sheets, card_texts
from kiosk.sheets.choosing import PatronChoice, choose_cards
from kiosk.sheets.values import LeftOut
from sync.central.card_holders import holders_in, holders_named
from sync.central.classes import classes
from sync.central.db import Connection, Database
from sync.central.facts import now_at, rules_of
from sync.central.roles import Right
from web_ui.catalogue import Voice
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.printed import printed
from web_ui.console.rights import needs

_MOST_PEOPLE = 200


def card_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of people."""
    desk = _Cards(db, now_ms)
    pages.add_url_rule("/cards", "cards", needs(Right.DESK, desk.choose))
    pages.add_url_rule("/cards/print", "print_cards", needs(Right.DESK, desk.print))


class _Cards:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def choose(self) -> str:
        """Whose cards: how many there are, and who gets none and why."""
        with self._db.read() as conn:
            chosen, left = self._chosen(conn)
            every = [one.name for one in classes(conn, member().school)]
        return self._page(chosen=chosen, left=left, classes=every)

    def print(self) -> AnyResponse | tuple[str, int]:
        if not request.args.get("class") and not request.args.getlist("patron"):
            return redirect(url_for(".cards"), 303)
        with self._db.read() as conn:
            chosen, left = self._chosen(conn)
            library = rules_of(conn, member().school).library
            every = [one.name for one in classes(conn, member().school)]
        say = Voice(library.screen.language)
        english = library.library.name_en if say.language == "en" else ""
        name = english or library.library.name
        texts = card_texts(chosen, library, name=name, heading=say("sheet.card"))
        start = request.args.get("start", "1")
        most = library.cards.sheet.count
        first = int(start) if start.isascii() and start.isdigit() and len(start) < 4 else 1
        try:
            html, undrawn = card_sheets(
                texts,
                library,
                name=name,
                advice=say("sheet.advice"),
                start_at=min(max(1, first), most),
                backs=bool(request.args.get("backs")),
            )
        except SheetError as error:
            return self._page(chosen=[], left=left, classes=every, detail=str(error)), 409
        if not html:
            return self._page(chosen=[], left=[*left, *undrawn], classes=every), 409
        return printed(html)

    def _chosen(self, conn: Connection) -> tuple[list[tuple[Patron, Card]], list[LeftOut]]:
        school, people = member().school, request.args.getlist("patron")
        class_name = request.args.get("class", "")
        if len(people) > _MOST_PEOPLE:
            abort(400, g.say("console.stale"))
        found = holders_in(conn, school, class_name) if class_name else []
        named = [one for one in holders_named(conn, school, people) if one not in found]
        wanted = tuple(patron.id for patron, _ in named)
        rules = rules_of(conn, school)
        today = now_at(rules, self._now_ms()).local.date()
        choice = PatronChoice(patrons=wanted, everybody=True)
        return choose_cards([*found, *named], choice, rules.library.barcodes, today)

    def _page(self, *, detail: str = "", **shown: Any) -> str:
        return render_template(
            "people/cards.html",
            **framed(self._db, "cards"),
            class_name=request.args.get("class", ""),
            people=request.args.getlist("patron"),
            detail=detail,
            **shown,
        )
