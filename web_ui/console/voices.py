"""The console's area of readers' voice: what was said, answers, wishes, questionnaires. Parse, call, render."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response as Redirected

from kiosk.saying import Saying
from kiosk.voice_posts import STARS, Choice, Question, Questionnaire
from sync.central import voices
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.voices import KINDS, STATES, Results, Voice
from web_ui.console.charts import Picture, bars
from web_ui.console.downloads import table_file
from web_ui.console.frame import framed, in_language
from web_ui.console.gate import member
from web_ui.console.rights import needs
from web_ui.console.telling import Teller
from web_ui.console.wishes import wish_pages

QUESTIONS = 8
_GRADES = range(1, 13)
_DAY_MS = 86_400_000
_COLUMNS = ("day", "kind", "said", "who", "state", "answer")
DONE = ("answered", "state", "erased", "asked", "stopped")
CANNOT = ("answer", "form", "state")


def voice_pages(db: Database, now_ms: Callable[[], int]) -> Blueprint:
    """The pages under /console/voices."""
    pages = Blueprint("voices", __name__, url_prefix="/voices", template_folder="templates")
    views = _Voices(db, now_ms)
    for rule, name, view in (
        ("/", "list", views.list),
        ("/questionnaires", "forms", views.forms),
        ("/questionnaires/<form>", "results", views.results),
        ("/one/<name>", "one", views.one),
    ):
        pages.add_url_rule(rule, name, needs(Right.DESK, view))
    pages.add_url_rule("/<kind>.<form>", "file", needs(Right.DECIDE, views.file))
    results_file = needs(Right.DECIDE, views.results_file)
    pages.add_url_rule("/questionnaires/<form>.<end>", "results_file", results_file)
    for rule, name, act, right in (
        ("/one/<name>/answer", "answer", views.answer, Right.DESK),
        ("/one/<name>/state", "state", views.state, Right.DESK),
        ("/one/<name>/erase", "erase", views.erase, Right.DECIDE),
        ("/questionnaires", "ask", views.ask, Right.DECIDE),
        ("/questionnaires/<form>/stop", "stop", views.stop, Right.DECIDE),
    ):
        pages.add_url_rule(rule, name, needs(right, act), methods=["POST"])
    wish_pages(pages, db, now_ms)
    return pages


class _Voices:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def list(self) -> str:
        kind, state = (
            request.args.get("kind", Saying.COMPLAINT.value),
            request.args.get("state", ""),
        )
        if kind not in set(KINDS) or state not in ("", *STATES):
            abort(404, g.say("console.no_page"))
        with self._db.read() as conn:
            tell = self._teller(conn)
            found, following = voices.page(
                conn, member().school, kind, state, request.args.get("after", "")
            )
        return self._page(
            "voices/list.html", "voices", kinds=[k.value for k in KINDS], states=STATES, kind=kind, state=state,
            lines=[_told(tell, one) for one in found], may_export=may(member().role, Right.DECIDE),
            more=url_for(".list", kind=kind, state=state, after=following) if following else "",
        )  # fmt: skip

    def one(self, name: str) -> str:
        with self._db.read() as conn:
            tell = self._teller(conn)
            try:
                found = voices.one(conn, member().school, name)
            except CentralError:
                abort(404, g.say("console.no_page"))
        return self._page(
            "voices/one.html", "voices", voice=found, told=_told(tell, found), states=STATES,
            may_erase=may(member().role, Right.DECIDE),
        )  # fmt: skip

    def answer(self, name: str) -> Redirected:
        told = request.form.get("to", "")
        return self._act(
            "answered", "answer", url_for(".one", name=name),
            lambda desk: voices.answer(
                desk, name, request.form.get("text", ""), to_reader=told in ("reader", "both"),
                to_all=told in ("all", "both"), asked=request.form.get("asked", ""),
            ),
        )  # fmt: skip

    def state(self, name: str) -> Redirected:
        chosen = request.form.get("state", "")
        back = url_for(".one", name=name)
        return self._act("state", "state", back, lambda desk: voices.set_state(desk, name, chosen))

    def erase(self, name: str) -> Redirected:
        back = url_for(".one", name=name)
        return self._act("erased", "state", back, lambda desk: voices.erase_voice(desk, name))

    def forms(self) -> str:
        with self._db.read() as conn:
            tell = self._teller(conn)
            found = voices.questionnaires(conn, member().school)
        lines = [
            (one.id, in_language(one.body.title, one.body.title_en), tell.day(one.from_on), tell.day(one.until_on))
            for one in found
        ]  # fmt: skip
        may_ask = may(member().role, Right.DECIDE)
        return self._page(
            "voices/forms.html", "questionnaires", lines=lines, questions=range(QUESTIONS), grades=_GRADES,
            may_ask=may_ask,
        )  # fmt: skip

    def ask(self) -> Redirected:
        def put(desk: Desk) -> None:
            try:
                form, days = (
                    _form(),
                    [date.fromisoformat(request.form.get(n, "")) for n in ("from", "until")],
                )
            except (ValueError, ValidationError) as error:
                raise CentralError("the questionnaire is not whole") from error
            voices.ask(desk, form, *days)

        return self._act("asked", "form", url_for(".forms"), put)

    def stop(self, form: str) -> Redirected:
        back = url_for(".results", form=form)
        return self._act("stopped", "form", back, lambda desk: voices.stop_asking(desk, form))

    def results(self, form: str) -> str:
        with self._db.read() as conn:
            tell = self._teller(conn)
            found = self._results(conn, form)
        days = tell.day(found.form.from_on), tell.day(found.form.until_on)
        body = found.form.body
        return self._page(
            "voices/results.html", "questionnaires", form=form, title=in_language(body.title, body.title_en),
            found=found, days=days, questions=[_counted(found, at) for at in range(len(body.questions))],
            may_decide=may(member().role, Right.DECIDE),
        )  # fmt: skip

    def results_file(self, form: str, end: str) -> Response:
        _known_form(end)
        with self._db.read() as conn:
            found = self._results(conn, form)
        rows: list[list[str | int]] = []
        for at in range(len(found.form.body.questions)):
            told = _counted(found, at)
            rows += [[told["text"], label, n] for label, n in told["counts"]]
            rows += [[told["text"], text, 1] for text in told["texts"]]
        body = found.form.body
        head = [g.say(f"console.voices.column.{n}") for n in ("question", "chosen", "count")]
        return table_file(in_language(body.title, body.title_en), end, head, rows)

    def file(self, kind: str, form: str) -> Response:
        _known_form(form)
        if kind not in set(KINDS):
            abort(404, g.say("console.no_page"))
        with self._db.read() as conn:
            tell = self._teller(conn)
            rows = [
                [str(told[name]) for name in _COLUMNS]
                for told in (_told(tell, one) for one in voices.every(conn, member().school, kind))
            ]
        head = [g.say(f"console.voices.column.{name}") for name in _COLUMNS]
        return table_file(g.say(f"console.voices.kind.{kind}"), form, head, rows)

    def _results(self, conn: Connection, form: str) -> Results:
        try:
            return voices.results(conn, member().school, form)
        except CentralError:
            abort(404, g.say("console.no_page"))

    def _act(self, done: str, fault: str, back: str, act: Callable[[Desk], None]) -> Redirected:
        try:
            with self._db.begin(member().school) as conn:
                act(Desk(conn, member().school, member().login, self._now_ms()))
        except CentralError:
            return redirect(f"{back}?e={fault}", 303)
        return redirect(f"{back}?done={done}", 303)

    def _teller(self, conn: Connection) -> Teller:
        return Teller(g.say, time_zone(conn, member().school), self._now_ms())

    def _page(self, template: str, here: str, **shown: Any) -> str:
        done, fault = request.args.get("done", ""), request.args.get("e", "")
        return render_template(
            template,
            **framed(self._db, here),
            done=g.say(f"console.voices.done.{done}") if done in DONE else "",
            why=g.say(f"console.voices.cannot.{fault}") if fault in CANNOT else "",
            **shown,
        )


def _told(tell: Teller, one: Voice) -> dict[str, Any]:
    """A voice in words. The moment is not told: beside what else happened then, it would say who it was."""
    waits = max(0, (tell.now_ms - one.at_ms) // _DAY_MS)
    waiting = one.kind == Saying.COMPLAINT and one.state in (voices.NEW, voices.LOOKING)
    return {
        "id": one.id,
        "day": tell.day(tell.local(one.at_ms).date()),
        "kind": g.say(f"console.voices.kind.{one.kind}"),
        "said": _said(one),
        "who": " ".join(filter(None, (one.name, one.class_name))) or g.say("console.voices.nobody"),
        "state": g.say(f"console.voices.state.{one.state}"),
        "answer": one.answer,
        "waits": g.say("console.voices.waits", n=waits) if waiting and waits else "",
        "read": tell.moment(one.read_ms) if one.read_ms else "",
    }


def _said(one: Voice) -> str:
    if one.erased:
        return str(g.say("console.voices.erased"))
    words = one.words
    if words.answers:
        return str(g.say("console.voices.answers", n=len(words.answers)))
    return " ".join(filter(None, (words.sentence, words.note, words.isbn, words.title)))


def _counted(found: Results, at: int) -> dict[str, Any]:
    question = found.form.body.questions[at]
    if question.kind == "stars":
        labels = [(n, "★" * n) for n in range(1, STARS + 1)]
    else:
        named = [in_language(c.text, c.text_en) for c in question.choices]
        labels = list(enumerate(named))
    counts = [(label, found.counts[at][n]) for n, label in labels]
    text = in_language(question.text, question.text_en)
    total = sum(n for _, n in counts)
    mean = sum(n * found.counts[at][n] for n, _ in labels) / total if total else 0.0
    points = [(label, float(n), str(n)) for label, n in counts]
    drawn = Picture(f"picture-{at + 1}", text, text, points) if counts else None
    return {
        "text": text,
        "counts": counts,
        "picture": bars(drawn) if drawn else "",
        "mean": f"{mean:.1f}" if question.kind == "stars" and total else "",
        "texts": found.texts[at],
    }


def _form() -> Questionnaire:
    """The questionnaire in the form that was sent; rows without a question are left out."""
    told = request.form
    questions = []
    for n in range(QUESTIONS):
        text = told.get(f"text{n}", "").strip()
        if not text:
            continue
        pairs = [line.partition("|") for line in told.get(f"choices{n}", "").splitlines()]
        choices = [Choice(text=a.strip(), text_en=b.strip()) for a, _, b in pairs if a.strip()]
        kind: Any = told.get(f"kind{n}", "")
        questions.append(
            Question(
                kind=kind,
                text=text,
                text_en=told.get(f"text_en{n}", "").strip(),
                choices=tuple(choices) if kind == "choice" else (),
            )
        )
    grades = [
        int(told[n]) if told.get(n, "").isdecimal() else None for n in ("grade_from", "grade_to")
    ]
    return Questionnaire(
        title=told.get("title", "").strip(),
        title_en=told.get("title_en", "").strip(),
        questions=tuple(questions),
        grade_from=grades[0],
        grade_to=grades[1],
    )


def _known_form(form: str) -> None:
    if form not in ("csv", "xlsx"):
        abort(404, g.say("console.no_page"))
