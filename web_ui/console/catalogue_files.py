"""The console's pages of catalogue files: one goes in, checked first, while a page says how far it is; one goes out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import PurePath

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.imports.book_rows import LONGEST_TEXT
from kiosk.imports.cleaning import day, text
from kiosk.imports.faults import RowFault
from sync.central.catalogue import SOURCES
from sync.central.db import CentralError, Database
from sync.central.exporting import FORMS, export
from sync.central.import_jobs import MAX_FILE_BYTES, Job, Jobs, Wish
from sync.central.read import time_zone
from sync.central.roles import Right
from sync.central.rules import rules_in_force
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.row_words import told_file, told_row, told_rows
from web_ui.console.telling import Teller
from web_ui.console.titles import named

_KINDS = (".csv", ".txt", ".xlsx", ".mrc", ".iso", ".marc")
_AGAIN_S = "2"


def file_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the pages to those of the catalogue."""
    desk = _Files(db, now_ms)
    sent = needs(Right.DECIDE, desk.take, most_bytes=MAX_FILE_BYTES + 65_536)
    pages.add_url_rule("/import", "imports", needs(Right.DECIDE, desk.form))
    pages.add_url_rule("/import", "take", sent, methods=["POST"])
    pages.add_url_rule("/import/<job>", "job", needs(Right.DECIDE, desk.job))
    pages.add_url_rule("/import/<job>/rows", "job_rows", needs(Right.DECIDE, desk.rows))
    for name, view in (("go", desk.go), ("stop", desk.stop)):
        pages.add_url_rule(
            f"/import/<job>/{name}", name, needs(Right.DECIDE, view), methods=["POST"]
        )
    pages.add_url_rule("/export", "exports", needs(Right.SEE, desk.exports))
    pages.add_url_rule("/export/<form>", "export", needs(Right.SEE, desk.export))


class _Unfit(Exception):
    """The file cannot be taken. name: below console.catalogue.cannot."""


class _Files:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms
        self._jobs = Jobs(db, now_ms)

    def form(self) -> str:
        return self._form()

    def take(self) -> AnyResponse | tuple[str, int]:
        """Take a file, and begin to check it."""
        try:
            name, content, wish = self._sent()
            key = self._jobs.check(member().school, member().login, name, content, wish)
        except _Unfit as unfit:
            return self._form(why=g.say(f"console.catalogue.cannot.{unfit}")), 409
        except CentralError:
            return self._form(why=g.say("console.catalogue.cannot.busy")), 409
        return redirect(url_for(".job", job=key), 303)

    def job(self, job: str) -> str | Response:
        found = self._found(job)
        with self._db.read() as conn:
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
        shown = {"begun": tell.moment(found.begun_ms), "why": told_file(found.why, g.say)}
        told = [(problem, *told_row(problem, g.say)) for problem in found.problems]
        page = Response(self._page("job", "imports", job=found, problems=told, **shown))
        if found.busy:
            # Without a script the page asks again by itself; a link on it does the same.
            page.headers["Refresh"] = _AGAIN_S
        return page

    def rows(self, job: str) -> Response:
        """Every row that was left out or changed, as a text to keep."""
        found = self._found(job, whole=True)
        return as_file(told_rows(found.problems, found.unit, g.say))

    def go(self, job: str) -> AnyResponse | tuple[str, int]:
        self._found(job)
        try:
            self._jobs.go(member().school, job)
        except CentralError:
            return self._form(why=g.say("console.catalogue.cannot.busy")), 409
        return redirect(url_for(".job", job=job), 303)

    def stop(self, job: str) -> AnyResponse:
        self._found(job)
        self._jobs.stop(member().school, job)
        return redirect(url_for(".job", job=job), 303)

    def exports(self) -> str:
        return self._page("exports", "exports", forms=FORMS)

    def export(self, form: str) -> Response:
        """The file, sent while it is made."""
        with self._db.read() as conn:
            rules = rules_in_force(conn, member().school)
        if form not in FORMS or rules is None:
            abort(404)
        made = FORMS[form]
        pieces = export(self._db, member().school, rules.library, form, language=g.language)
        answer = Response(pieces, content_type=made.media)
        answer.headers["Content-Disposition"] = f'attachment; filename="catalogue.{made.ending}"'
        return answer

    def _sent(self) -> tuple[str, bytes, Wish]:
        with self._db.read() as conn:
            types, _ = named(conn)
        name, content = _chosen()
        if not types:
            raise _Unfit("no_rules")
        told = {name: request.form.get(name, "") for name in ("copy_type", "source")}
        if (told["copy_type"] and told["copy_type"] not in types) or (
            told["source"] and told["source"] not in SOURCES
        ):
            abort(400, g.say("console.stale"))
        try:
            came = day(request.form.get("arrived_on", ""), "arrived_on")
            donor = text(request.form.get("donor", "")[:LONGEST_TEXT], "donor")
        except RowFault:
            raise _Unfit("text") from None
        wish = Wish(**told, arrived_on=came.isoformat() if came else "", donor=donor)
        return name, content, wish

    def _found(self, key: str, *, whole: bool = False) -> Job:
        try:
            return self._jobs.see(member().school, key, whole=whole)
        except CentralError:
            abort(404, g.say("console.catalogue.no_import"))

    def _form(self, *, why: str = "") -> str:
        with self._db.read() as conn:
            types, _ = named(conn)
            tell = Teller(g.say, time_zone(conn, member().school), self._now_ms())
        recent = [(job, tell.moment(job.begun_ms)) for job in self._jobs.recent(member().school)]
        shown = {"types": types, "sources": SOURCES, "recent": recent, "kinds": ",".join(_KINDS)}
        return self._page("imports", "imports", **shown, most=MAX_FILE_BYTES >> 20, why=why)

    def _page(self, name: str, here: str, **shown: object) -> str:
        return render_template(f"catalogue/{name}.html", **framed(self._db, here), **shown)


def _chosen() -> tuple[str, bytes]:
    """The name and the bytes of the file that was chosen."""
    file = request.files.get("file")
    if file is None:
        raise _Unfit("no_file")
    with contextlib.closing(file):
        name = PurePath(file.filename or "").name
        if not name:
            raise _Unfit("no_file")
        if PurePath(name).suffix.lower() not in _KINDS:
            raise _Unfit("kind")
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise _Unfit("large")
    return name, content


def as_file(rows: bytes) -> Response:
    """What is told of rows, to keep."""
    answer = Response(rows, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="rows.txt"'
    return answer
