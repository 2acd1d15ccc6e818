"""The console's pages of copies: new ones with the next free labels, changes, where a copy is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kiosk.domain import CopyState
from kiosk.imports.book_rows import LONGEST_TEXT
from kiosk.imports.cleaning import code, day, shaped, text
from kiosk.imports.faults import RowFault
from sync.central.barcode_numbers import next_labels
from sync.central.catalogue import SOURCES, CopyRow, one_copy, title_page
from sync.central.cataloguing import MAX_COPIES, Taken, add_copies, change_copy
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.roles import Right
from sync.central.rules import rules_in_force
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.titles import named

# What staff may say of where a copy is; the last two are entries of their own.
STATES = (*CopyState, "in_library", "lendable")


def copy_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of the catalogue."""
    desk = _Copies(db, now_ms)
    pages.add_url_rule("/copies", "add_copies", needs(Right.DESK, desk.add), methods=["POST"])
    pages.add_url_rule("/copy", "copy", needs(Right.DESK, desk.show))
    pages.add_url_rule("/copy", "save_copy", needs(Right.DESK, desk.save), methods=["POST"])
    pages.add_url_rule("/state", "state", needs(Right.DESK, desk.state), methods=["POST"])


class _Cannot(Exception):
    """Nothing was done; `words` says why, and what to do."""

    def __init__(self, name: str, **told: object) -> None:
        super().__init__(name)
        self.words: str = g.say(f"console.catalogue.cannot.{name}", **told)


class _Copies:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def add(self) -> Response | tuple[str, int]:
        title = request.form.get("id", "")
        try:
            with self._db.begin(member().school) as conn:
                _there(lambda: title_page(conn, member().school, title))
                labels = _labels(conn)
                add_copies(self._desk(conn), title, labels, _values(conn))
        except (_Cannot, Taken) as error:
            words = (
                error.words
                if isinstance(error, _Cannot)
                else g.say("console.catalogue.cannot.taken", label=error.key)
            )
            return self._page("refused", title=title, why=words), 409
        return redirect(url_for(".title", id=title, done="copies", n=len(labels)), 303)

    def show(self) -> str | Response:
        barcode = request.args.get("barcode", "")
        return self._copy(barcode) if barcode else redirect(url_for(".list"), 303)

    def save(self) -> Response | tuple[str, int]:
        barcode = request.form.get("barcode", "")
        try:
            with self._db.begin(member().school) as conn:
                title, _ = _there(lambda: one_copy(conn, member().school, barcode))
                change_copy(self._desk(conn), barcode, _values(conn))
        except _Cannot as cannot:
            return self._copy(barcode, why=cannot.words), 409
        return redirect(url_for(".title", id=title, done="copy"), 303)

    def state(self) -> Response | tuple[str, int]:
        barcode, value = request.form.get("barcode", ""), request.form.get("state", "")
        if value not in STATES:
            abort(400, g.say("console.stale"))
        with self._db.begin(member().school) as conn:
            title, copy = _there(lambda: one_copy(conn, member().school, barcode))
            self._say_state(self._desk(conn), copy, value)
        return redirect(url_for(".title", id=title, done="copy"), 303)

    def _say_state(self, desk: Desk, copy: CopyRow, value: str) -> None:
        """What is so already is not written again."""
        if value in ("in_library", "lendable"):
            if copy.lendable != (value == "lendable"):
                desk.copy_state(copy.barcode, value)
        elif copy.state != value:
            desk.copy_state(copy.barcode, value)

    def _copy(self, barcode: str, *, why: str = "") -> str:
        with self._db.read() as conn:
            title, copy = _there(lambda: one_copy(conn, member().school, barcode))
            texts = title_page(conn, member().school, title).texts
            types, rooms = named(conn)
        shown = {"copy": copy, "title": title, "texts": texts, "types": types, "rooms": rooms}
        return self._page("copy", **shown, sources=SOURCES, states=CopyState, why=why)

    def _desk(self, conn: Connection) -> Desk:
        return Desk(conn, member().school, member().login, self._now_ms())

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"catalogue/{name}.html", **framed(self._db, "titles"), **shown)


def _there(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except CentralError:
        abort(404, g.say("console.catalogue.nobody"))


def _labels(conn: Connection) -> list[str]:
    """The labels of new copies: those that are written, else as many as wanted behind the highest."""
    rules = rules_in_force(conn, member().school)
    if rules is None:
        raise _Cannot("no_rules")
    barcodes = rules.library.barcodes
    written = request.form.get("labels", "").split()
    if len(written) > MAX_COPIES or len(set(written)) < len(written):
        raise _Cannot("labels", n=MAX_COPIES)
    shapes, check = barcodes.copy_shapes, barcodes.copy_check_digit
    try:
        if written:
            return [_label(word, shapes, check) for word in written]
        count = request.form.get("count", "1")
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= MAX_COPIES):
            raise _Cannot("count", n=MAX_COPIES)
        return next_labels(conn, member().school, barcodes, int(count))
    except RowFault:
        raise _Cannot("shape", shapes=" ".join(shapes)) from None
    except CentralError:
        raise _Cannot("used_up", shapes=" ".join(shapes)) from None


def _label(word: str, shapes: tuple[str, ...], check: str) -> str:
    """A label as it is on the copy; one that lacks its leading zeros is none."""
    label, lacking = shaped(code(word, "barcode", number=False), "barcode", shapes, check)
    if lacking:
        raise _Cannot("shape", shapes=" ".join(shapes))
    return label


def _values(conn: Connection) -> dict[str, Any]:
    """What the form says of a copy, by COPY_FIELDS."""
    types, rooms = named(conn)
    told = {name: request.form.get(name, "") for name in ("copy_type", "room", "source")}
    for name, known in (("copy_type", types), ("room", rooms), ("source", SOURCES)):
        if told[name] not in known and (name == "copy_type" or told[name]):
            abort(400, g.say("console.stale"))
    try:
        for name in ("shelf", "call_number", "donor", "price"):
            told[name] = text(request.form.get(name, "")[:LONGEST_TEXT], name)
        return {**told, "arrived_on": day(request.form.get("arrived_on", ""), "arrived_on")}
    except RowFault:
        raise _Cannot("text") from None
