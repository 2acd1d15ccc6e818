"""The console's pages of library.toml: as forms and as text, checked and compared before it is published, and put back.

Nothing is kept between the pages: a changed text travels in the form, with the digest of what it was made from.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from config.rewriting import (
    Section,
    WrittenOtherwise,
    keys_in,
    rewritten,
    rows_of,
    section,
    sections,
)
from config.settings import Problem, SettingsError
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.publishing import check_text, put_in_force, text_of, versions
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.rule_words import told_problem
from web_ui.console.telling import Teller

MAX_TEXT_BYTES = 512 * 1024
TOP = "top"
_AROUND = 2
# A row of a form: its place in the file, or a name for a new one; and what stands in its fields.
_Filled = tuple[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a comparison. kind: "same", "gone", "new", or "far" (lines in between that are alike)."""

    kind: str
    text: str


def rule_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add them to the console's pages."""
    desk = _Rules(db, now_ms)
    for rule, name, view in (
        ("/rules", "rules", desk.overview),
        ("/rules/part/<name>", "rules_part", desk.part),
        ("/rules/text", "rules_text", desk.text),
        ("/rules/version/<digest>", "rules_version", desk.version),
    ):
        pages.add_url_rule(rule, name, needs(Right.SEE, view))
    for rule, name, act in (
        ("/rules/part/<name>", "rules_change", desk.change),
        ("/rules/check", "rules_check", desk.check),
        ("/rules/publish", "rules_publish", desk.publish),
    ):
        marked = needs(Right.DECIDE, act, most_bytes=MAX_TEXT_BYTES)
        pages.add_url_rule(rule, name, marked, methods=["POST"])


class _Rules:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def overview(self) -> str:
        school = member().school
        with self._db.read() as conn:
            kept = versions(conn, school)
            tell = _teller(conn, self._now_ms())
        shown = [(one, tell.moment(one.published_ms), tell.member(one.staff)) for one in kept]
        return self._page(
            "rules", versions=shown, parts=_parts(), done=bool(request.args.get("done"))
        )

    def part(self, name: str) -> str:
        wanted = _section(name)
        with self._db.read() as conn:
            text, based_on = _in_force(conn)
        rows = rows_of(text, wanted.name) if text else [{}]
        return self._form(wanted, text, [(str(at), row) for at, row in enumerate(rows)], based_on)

    def change(self, name: str) -> str | tuple[str, int]:
        """What was filled in becomes a text, and that is checked like any other."""
        wanted = _section(name)
        with self._db.read() as conn:
            text = text_of(conn, member().school, request.form.get("based_on", ""))
        removed, based_on = set(request.form.getlist("remove")), request.form.get("based_on", "")
        kept = [
            (at, filled)
            for at in request.form.getlist("row")
            if at not in removed and (filled := _filled(wanted, at))
        ]
        rows = [(int(at) if at.isdigit() else None, filled) for at, filled in kept]
        try:
            made = rewritten(text, wanted.name, rows)
            with self._db.read() as conn:
                problems = check_text(conn, member().school, made)
            if problems:
                # Whoever fills in a form mends it there: with all that was filled in.
                return self._form(wanted, text, kept, based_on, problems), 409
            return self._checked(made, back=name)
        except WrittenOtherwise:
            return self._page(
                "rules_checked", why=g.say("console.rules.otherwise"), back=name, text=text
            ), 409

    def text(self) -> str:
        with self._db.read() as conn:
            text, based_on = _in_force(conn)
        return self._page("rules_text", text=text, based_on=based_on)

    def check(self) -> str | tuple[str, int]:
        # Browsers send lines as \r\n; a file that was written otherwise shall not differ in every line.
        return self._checked(request.form.get("text", "").replace("\r\n", "\n"), back="")

    def version(self, digest: str) -> str:
        school = member().school
        with self._db.read() as conn:
            text, (now, based_on) = text_of(conn, school, digest), _in_force(conn)
            tell = _teller(conn, self._now_ms())
            one = next((v for v in versions(conn, school) if v.digest == digest), None)
        if not text or one is None:
            abort(404, g.say("console.no_page"))
        when = tell.moment(one.published_ms)
        return self._page(
            "rules_version",
            version=one,
            when=when,
            who=tell.member(one.staff),
            text=text,
            again=f"{text.rstrip()}\n\n# {g.say('console.rules.again_from', when=when)}\n",
            based_on=based_on,
            lines=differences(now, text),
        )

    def publish(self) -> Response | tuple[str, int]:
        school = member().school
        text = request.form.get("text", "").replace("\r\n", "\n")
        try:
            with self._db.begin(school) as conn:
                desk = Desk(conn, school, member().login, self._now_ms())
                put_in_force(desk, text, based_on=request.form.get("based_on", ""))
        except SettingsError:
            answer = self._checked(text, back="")
            return answer if isinstance(answer, tuple) else (answer, 409)
        except CentralError:
            return self._page(
                "rules_checked", why=g.say("console.rules.meanwhile"), back="", text=text
            ), 409
        return redirect(url_for("console.rules", done="1"), 303)

    def _form(
        self,
        wanted: Section,
        text: str,
        rows: Sequence[_Filled],
        based_on: str,
        problems: Sequence[Problem] = (),
    ) -> str:
        blank: list[_Filled] = (
            [("new0", {})] if wanted.many and all(at.isdigit() for at, _ in rows) else []
        )
        return self._page(
            "rules_part",
            part=wanted.name or TOP,
            section=wanted,
            rows=[*rows, *blank],
            based_on=based_on,
            options=_options(text, wanted),
            problems=[told_problem(one, g.say) for one in problems],
        )

    def _checked(self, text: str, *, back: str) -> str | tuple[str, int]:
        with self._db.read() as conn:
            now, _ = _in_force(conn)
            problems = check_text(conn, member().school, text)
        page = self._page(
            "rules_checked",
            problems=[told_problem(one, g.say) for one in problems],
            lines=differences(now, text),
            text=text,
            based_on=request.form.get("based_on", ""),
            back=back,
        )
        return (page, 409) if problems else page

    def _page(self, name: str, **shown: object) -> str:
        may_publish = may(member().role, Right.DECIDE)
        told = {"may_publish": may_publish, **shown}
        return render_template(f"rules/{name}.html", **framed(self._db, "rules"), **told)


def _teller(conn: Connection, now_ms: int) -> Teller:
    school = member().school
    return Teller(g.say, time_zone(conn, school), now_ms, members=shown_names(conn, school))


def differences(before: str, after: str) -> list[Difference]:
    """Two texts line by line, with what stands around each change."""
    found: list[Difference] = []
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_AROUND)
    for at, line in enumerate(told):
        if at < 2:
            continue
        kind = {"+": "new", "-": "gone", "@": "far"}.get(line[:1], "same")
        found.append(Difference(kind, "" if kind == "far" else line[1:]))
    return found[1:]


def _in_force(conn: Connection) -> tuple[str, str]:
    """The text in force with its digest; "" where none was published yet."""
    kept = versions(conn, member().school)
    return text_of(conn, member().school), kept[0].digest if kept else ""


def _parts() -> list[str]:
    return [one.name or TOP for one in sections()]


def _section(name: str) -> Section:
    try:
        return section("" if name == TOP else name)
    except KeyError:
        abort(404, g.say("console.no_page"))


def _options(text: str, wanted: Section) -> dict[str, list[tuple[str, str]]]:
    """For each field that is chosen: what there is to choose, with its name."""
    found = {}
    for shape in wanted.shapes:
        if shape.keys_of:
            named = {
                row["key"][0]: (row["name"] or row["key"])[0]
                for row in (rows_of(text, shape.keys_of) if text else [])
            }
            found[shape.key] = [(key, named[key]) for key in keys_in(text, shape.keys_of)]
        elif shape.choices:
            found[shape.key] = [(choice, _choice(choice)) for choice in shape.choices]
    return found


def _choice(choice: str) -> str:
    """A weekday or an act in words; what is a name of its own (a symbology) stays as it is."""
    word = f"console.rules.choice.{choice}"
    return g.say(word) if g.say.has(word) else choice


def _filled(wanted: Section, at: str) -> dict[str, Sequence[str]]:
    """What was filled into a row; nothing for a new one that was left empty."""
    row: dict[str, Sequence[str]] = {}
    for shape in wanted.shapes:
        sent = request.form.getlist(f"{at}.{shape.key}")
        row[shape.key] = sent[0].splitlines() if shape.kind == "lines" and sent else sent
    written = any(text.strip() for sent in row.values() for text in sent)
    return row if written or at.isdigit() else {}
