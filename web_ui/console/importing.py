"""The console's page for a file of patrons: checked first, with what it would change and each row it leaves out.

The server keeps nothing in between: the page that shows the check carries the file itself, packed, and sends it again.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, g, render_template, request

from kiosk.errors import KioskError
from kiosk.imports.report import Report
from sync.central.db import Database
from sync.central.desk import Desk
from sync.central.importing import import_file
from sync.central.roles import Right
from sync.central.rules import rules_in_force
from web_ui.console.catalogue_files import as_file
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.people import categories
from web_ui.console.rights import needs
from web_ui.console.row_words import told_file, told_row, told_rows

MAX_FILE_BYTES = 4 << 20
# The packed file is written in letters, which take a third more.
MAX_SENT_BYTES = 6 << 20
# As many rows stand on the page; all of them in the text to download.
_SHOWN = 200
_KINDS = (".csv", ".txt", ".xlsx")


def import_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add the page to those of people."""
    desk = _Imports(db, now_ms)
    pages.add_url_rule("/import", "import_form", needs(Right.DECIDE, desk.form))
    takes = needs(Right.DECIDE, desk.take, most_bytes=MAX_SENT_BYTES)
    pages.add_url_rule("/import", "import_file", takes, methods=["POST"])
    rows = needs(Right.DECIDE, desk.rows, most_bytes=MAX_SENT_BYTES)
    pages.add_url_rule("/import/rows", "import_rows", rows, methods=["POST"])


class _Unfit(Exception):
    """The file cannot be taken as a whole. name: below console.import.cannot."""


class _Imports:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def form(self) -> str:
        return self._page()

    def take(self) -> str | tuple[str, int]:
        """Check a file that was chosen; import one that was checked."""
        kept = request.form.get("kept", "")
        try:
            name, content = _checked(kept) if kept else _chosen()
            report = self._run(name, content, dry_run=not kept)
        except (_Unfit, KioskError) as error:
            return self._refused(error), 409
        return self._page(
            report=report,
            problems=[(one, *told_row(one, g.say)) for one in report.found[:_SHOWN]],
            name=name,
            done=bool(kept),
            kept=kept or _packed(content),
            category=request.form.get("category", ""),
        )

    def rows(self) -> Response | tuple[str, int]:
        """Every row that was left out or changed, as a text to keep: the file is checked once more."""
        try:
            name, content = _checked(request.form.get("kept", ""))
            report = self._run(name, content, dry_run=True)
        except (_Unfit, KioskError) as error:
            return self._refused(error), 409
        return as_file(told_rows(report.found, report.unit, g.say))

    def _refused(self, error: Exception) -> str:
        if isinstance(error, _Unfit):
            return self._page(why=g.say(f"console.import.cannot.{error}"))
        told = told_file(str(error), g.say)
        why = g.say("console.import.cannot.read")
        return self._page(why=f"{why} {told}", detail="" if told else str(error))

    def _run(self, name: str, content: bytes, *, dry_run: bool) -> Report:
        school = member().school
        with self._db.read() as conn:
            rules = rules_in_force(conn, school)
        if rules is None:
            raise _Unfit("no_rules")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"patrons{Path(name).suffix.lower()}"
            file.write_bytes(content)
            report, counts = import_file(
                self._db,
                school,
                "patrons",
                file,
                rules,
                dry_run=dry_run,
                whole=True,
                category=request.form.get("category") or None,
            )
        if not dry_run:
            with self._db.begin(school) as conn:
                told = f"imported {counts['patron']} patrons, {counts['card']} cards"
                Desk(conn, school, member().login, self._now_ms()).note(told)
        return report

    def _page(self, **shown: object) -> str:
        with self._db.read() as conn:
            named = categories(conn)
        blank: dict[str, object] = dict.fromkeys(
            ("report", "why", "detail", "name", "kept", "category", "done"), ""
        )
        return render_template(
            "people/import.html",
            **framed(self._db, "people_import"),
            categories=named,
            **blank | shown,
        )


def _chosen() -> tuple[str, bytes]:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise _Unfit("no_file")
    with contextlib.closing(file):
        return _fit(file.filename, file.read(MAX_FILE_BYTES + 1))


def _checked(kept: str) -> tuple[str, bytes]:
    """The file that the page of the check has carried. Whatever else may come is no file."""
    try:
        opened = zlib.decompressobj()
        content = opened.decompress(base64.b64decode(kept, validate=True), MAX_FILE_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise _Unfit("no_file") from error
    return _fit(request.form.get("name", ""), content)


def _fit(name: str, content: bytes) -> tuple[str, bytes]:
    if len(content) > MAX_FILE_BYTES:
        raise _Unfit("large")
    if Path(name).suffix.lower() not in _KINDS:
        raise _Unfit("kind")
    return name, content


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()
