"""The console's reports: each as a page, on paper and as files, and the lists for the recall. Parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, g, render_template, request

from sync.central.db import Connection, Database
from sync.central.reports.counting import uncounted
from sync.central.reports.every import REPORTS, summary
from sync.central.reports.look import Look, NoRules, choices, look_at
from sync.central.reports.out import Line, Wanted, lines
from sync.central.reports.up_to_date import after, bring_up_to_date
from sync.central.reports.values import Report
from sync.central.roles import Right, may
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.report_files import as_csv, as_xlsx
from web_ui.console.report_words import ReportTeller
from web_ui.console.rights import needs

# What is new is counted before a report is shown, for so long at most; the rest within the hour.
COUNTING_S = 0.8
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LINE = ("class", "name", "title", "kind", "barcode", "call_number", "due_on")


def report_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/reports."""
    pages = Blueprint("reports", __name__, url_prefix="/reports", template_folder="templates")
    views = _Reports(db, now_ms)
    pages.add_url_rule("/", "list", needs(Right.SEE, views.list))
    pages.add_url_rule("/summary", "summary", needs(Right.SEE, views.summary))
    pages.add_url_rule("/lists", "lists", needs(Right.SEE, views.lists))
    pages.add_url_rule("/lists.<form>", "lists_file", needs(Right.SEE, views.lists_file))
    pages.add_url_rule("/<name>", "page", needs(Right.SEE, views.page))
    pages.add_url_rule("/<name>.<form>", "file", needs(Right.SEE, views.file))
    return pages


class _Reports:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        with self._db.read() as conn:
            look = self._look(conn)
            told = [
                (name, g.say(f"report.{name}.title"), g.say(f"report.{name}.what"))
                for name in REPORTS
            ]
            return self._page("reports/list.html", "reports", look, reports=told)

    def page(self, name: str) -> str:
        make = _make(name)
        left = self._count()
        with self._db.read() as conn:
            look = self._look(conn)
            told = ReportTeller(g.say).page(_for_reader(make(look)))
            return self._page("reports/page.html", "reports", look, report=told, left=left)

    def file(self, name: str, form: str) -> Response:
        make = _make(name)
        self._count()
        with self._db.read() as conn:
            look = self._look(conn)
            report = _for_reader(make(look))
            tell = ReportTeller(g.say)
            title = f"{tell.title(report)} {tell.period(look.period)}"
            return _sent(form, title, _sheets(tell, report))

    def summary(self) -> str:
        left = self._count()
        with self._db.read() as conn:
            look = self._look(conn)
            tell = ReportTeller(g.say)
            told = [tell.page(_for_reader(report)) for report in summary(look)]
            return self._page(
                "reports/summary.html", "report_summary", look, sections=told, left=left
            )

    def lists(self) -> str:
        """What is out, a page of paper a class."""
        wanted = _wanted()
        with self._db.read() as conn:
            look = self._look(conn)
            found, more = lines(look, wanted)
            tell = ReportTeller(g.say)
            kinds = [
                (t.key, tell.label(look.copy_type(t.key))) for t in look.rules.library.copy_types
            ]
            shown = [
                (place, [(line, tell.label(look.copy_type(line.copy_type))) for line in some])
                for place, some in groupby(found, key=_place)
            ]
            return self._page(
                "reports/lists.html", "report_lists", look,
                classes=shown, more=more, wanted=wanted, kinds=kinds, today=look.today, count=len(found),
            )  # fmt: skip

    def lists_file(self, form: str) -> Response:
        with self._db.read() as conn:
            look = self._look(conn)
            found, _ = lines(look, _wanted(), None)
            tell = ReportTeller(g.say)
            rows = [[g.say(f"report.column.{key}") for key in _LINE]]
            rows += [
                [_place(one), one.name, one.title, tell.label(look.copy_type(one.copy_type)), one.barcode,
                 one.call_number, one.due_on]
                for one in found
            ]  # fmt: skip
            return _sent(
                form, f"{g.say('report.lists')} {look.today}", [(g.say("report.lists"), rows)]
            )

    def _count(self) -> int:
        """Bring the counts up to date; how many entries are left to count."""
        school = member().school
        if bring_up_to_date(self._db, school, after(COUNTING_S)):
            return 0
        with self._db.read() as conn:
            return uncounted(conn, school)

    def _look(self, conn: Connection) -> Look:
        try:
            return look_at(conn, member().school, self._now_ms(), request.args.get("period", ""))
        except KeyError:
            abort(404, g.say("report.no_period"))
        except NoRules:
            abort(404, g.say("report.no_rules"))

    def _page(self, template: str, here: str, look: Look, **shown: object) -> str:
        tell = ReportTeller(g.say)
        told = {
            "period": look.period.key,
            "period_name": tell.period(look.period),
            "periods": [(period.key, tell.period(period)) for period in choices(look)],
            "made_on": look.today,
            "school_name": tell.label(look.library_name),
        }
        return render_template(template, **framed(self._db, here), **told, **shown)


def _make(name: str) -> Callable[[Look], Report]:
    if name not in REPORTS:
        abort(404, g.say("console.no_page"))
    return REPORTS[name]


def _for_reader(report: Report) -> Report:
    """The report as whoever is at the console may see it: what single persons did is for librarians."""
    if may(member().role, Right.DECIDE):
        return report
    return replace(report, sheets=tuple(sheet for sheet in report.sheets if not sheet.named))


def _wanted() -> Wanted:
    grade = request.args.get("grade", "")
    return Wanted(
        class_name=request.args.get("class", "").strip(),
        grade=int(grade) if grade.isdecimal() and len(grade) < 3 else None,
        copy_type=request.args.get("kind", ""),
        late=request.args.get("late") == "1",
    )


def _place(line: Line) -> str:
    if line.grade is None:
        return str(g.say("report.no_pupils"))
    return line.class_name or str(g.say("report.no_name"))


def _sheets(tell: ReportTeller, report: Report) -> list[tuple[str, list[list[Any]]]]:
    """The tables with numbers as numbers, for files."""
    return [
        (
            tell.say(f"report.sheet.{sheet.key}"),
            [
                [tell.head(column) for column in sheet.columns],
                *([_value(tell, cell) for cell in row] for row in sheet.rows),
            ],
        )
        for sheet in report.sheets
    ]


def _value(tell: ReportTeller, cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, int | float) else tell.label(cell)


def _sent(form: str, title: str, sheets: list[tuple[str, list[list[Any]]]]) -> Response:
    if form not in _TYPES:
        abort(404, g.say("console.no_page"))
    some = sheets or [(title, [[g.say("report.nothing")]])]
    content = as_csv(some) if form == "csv" else as_xlsx(some)
    answer = Response(content, mimetype=_TYPES[form])
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(title)}.{form}"
    return answer
