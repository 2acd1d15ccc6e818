"""The console's pages of cases: what waits for a person, what was answered, and what needs no decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sync.central import case_lists, digest
from sync.central.case_lists import Which
from sync.central.cases import Question, question
from sync.central.db import CentralError, Connection, Database
from sync.central.desk import Desk
from sync.central.read import time_zone
from sync.central.roles import Right, may
from sync.central.staff import shown_names
from web_ui.console.frame import framed
from web_ui.console.gate import member
from web_ui.console.paging import link, packed, unpacked
from web_ui.console.rights import needs
from web_ui.console.telling import Teller

DONE = ("settled", "undone", "closed", "changed", "not_settled")
AGES = (1, 7, 30)
LATELY = 5
_DAY_MS = 24 * 3_600_000
_ASKED = ("kind", "station", "who", "class", "age")
_ASKED_SETTLED = ("kind", "station", "who", "class", "staff", "from", "to")


def case_pages(pages: Blueprint, db: Database, now_ms: Callable[[], int]) -> None:
    """Add them to the console's pages."""
    desk = _Cases(db, now_ms)
    pages.add_url_rule("/", "inbox", needs(Right.SEE, desk.inbox))
    pages.add_url_rule("/settled", "settled", needs(Right.SEE, desk.settled))
    pages.add_url_rule("/digest", "digest", needs(Right.SEE, desk.digest))
    pages.add_url_rule("/cases/<name>", "case", needs(Right.SEE, desk.case))
    settle, undo = needs(Right.DECIDE, desk.settle), needs(Right.DECIDE, desk.undo)
    pages.add_url_rule("/cases/<name>/settle", "settle", settle, methods=["POST"])
    pages.add_url_rule("/cases/<name>/undo", "undo", undo, methods=["POST"])


class _Cases:
    """The views over one record."""

    def __init__(self, db: Database, now_ms: Callable[[], int]) -> None:
        self._db = db
        self._now_ms = now_ms

    def inbox(self) -> str:
        school, asked = member().school, _asked(_ASKED)
        after = unpacked(request.args.get("after", ""), int, str)
        with self._db.read() as conn:
            tell = self._teller(conn)
            found = case_lists.page(conn, school, _which(conn, asked, self._now_ms()), after)
            lately = case_lists.page(conn, school, Which(settled=True))
            settled = _settled(conn, tell, lately.questions[:LATELY])
            stations = case_lists.station_names(conn, school)
        return self._page(
            "inbox",
            asked=asked,
            filtered=any(asked.values()),
            waiting=[_waiting(tell, one) for one in found.questions],
            looked_at=found.looked_at,
            more=link("console.inbox", asked | {"after": packed(found.after)})
            if found.after
            else "",
            settled=settled,
            kinds=_kinds(),
            stations=stations,
            ages=AGES,
            back=link("console.inbox", asked).partition("?")[2],
            done=_done(),
        )

    def settled(self) -> str:
        """Who settled what."""
        school, asked = member().school, _asked(_ASKED_SETTLED)
        after = unpacked(request.args.get("after", ""), int, str)
        with self._db.read() as conn:
            tell = self._teller(conn)
            which = _which(conn, asked, self._now_ms(), tell)
            found = case_lists.page(conn, school, which, after)
            settled = _settled(conn, tell, found.questions)
            stations = case_lists.station_names(conn, school)
            staff = list(shown_names(conn, school).items())
        return self._page(
            "settled",
            asked=asked,
            settled=settled,
            looked_at=found.looked_at,
            more=link("console.settled", asked | {"after": packed(found.after)})
            if found.after
            else "",
            kinds=_kinds(),
            stations=stations,
            staff=staff,
            back=link("console.settled", asked).partition("?")[2],
            done=_done(),
        )

    def case(self, name: str) -> str:
        """One case, open or not, with all its evidence."""
        with self._db.read() as conn:
            one, tell = _question(conn, name), self._teller(conn)
            by = _settled(conn, tell, [one])
        here = "inbox" if one.is_open else "settled"
        shown = {"one": _waiting(tell, one), "by": by[0] if by and not one.is_open else None}
        return self._page("case", here, **shown, done=_done())

    def settle(self, name: str) -> Response:
        choice, facts = request.form.get("choice", ""), request.form.get("facts", "")
        with self._db.begin(member().school) as conn:
            one = _question(conn, name)
            if not one.is_open:
                return _back("closed", name)
            if one.facts != facts:
                return _back("changed", name)
            if choice not in {c.value for c in one.choices}:
                abort(400, g.say("console.stale"))
            Desk(conn, member().school, member().login, self._now_ms()).settle(name, choice)
        return _back("settled", name)

    def undo(self, name: str) -> Response:
        with self._db.begin(member().school) as conn:
            one = _question(conn, name)
            if one.is_open or one.settled_by is None:
                return _back("not_settled", name)
            Desk(conn, member().school, member().login, self._now_ms()).undo(name)
        return _back("undone", name)

    def digest(self) -> str:
        """The exceptions of one day."""
        school = member().school
        with self._db.read() as conn:
            tell = self._teller(conn)
            today = tell.local(self._now_ms()).date()
            day, kind = _day(request.args.get("day", "")) or today, request.args.get("kind", "")
            # What is older was closed by rule.
            first = today - timedelta(days=digest.DAYS - 1)
            day = min(max(day, first), today)
            code = digest.kind_of(kind)
            after = unpacked(request.args.get("after", ""), int, str, int, int)
            span = digest.span_of(day, tell.zone)
            found = digest.page(conn, school, span, code=code, after=after)
        asked = {"day": day.isoformat(), "kind": code.value if code else ""}
        told = asked | {"after": packed(found.after)}
        return self._page(
            "digest",
            heading=tell.heading(span[0]),
            asked=asked,
            lines=[tell.odd(line) for line in found.lines],
            looked_at=found.looked_at,
            more=link("console.digest", told) if found.after else "",
            kinds=[(one.value, g.say(f"console.code.{one}")) for one in digest.KINDS],
            days=[
                (word, link("console.digest", asked | {"day": other.isoformat()}))
                for word, other in (("earlier", day - timedelta(1)), ("later", day + timedelta(1)))
                if first <= other <= today
            ],
            first=first.isoformat(),
            today=today.isoformat(),
        )

    def _page(self, name: str, here: str = "", **shown: object) -> str:
        return render_template(f"console/{name}.html", **framed(self._db, here or name), **shown)

    def _teller(self, conn: Connection) -> Teller:
        whole = may(member().role, Right.DESK)
        school = member().school
        zone, members = time_zone(conn, school), shown_names(conn, school)
        return Teller(g.say, zone, self._now_ms(), whole, members)


def _asked(names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:80] for name in names}


def _which(
    conn: Connection, asked: dict[str, str], now_ms: int, settled: Teller | None = None
) -> Which:
    """What the filters say. settled: for those that were, and how days are told."""
    people = case_lists.people_meant(conn, member().school, asked["who"], asked["class"])
    age = asked.get("age", "")
    until = now_ms - int(age) * _DAY_MS if age in {str(n) for n in AGES} else None
    begin = None
    if settled:
        first, last = _day(asked["from"]), _day(asked["to"])
        begin = digest.span_of(first, settled.zone)[0] if first else None
        until = digest.span_of(last, settled.zone)[1] if last else None
    return Which(
        settled=settled is not None,
        code=case_lists.kind_of(asked["kind"]),
        station=asked["station"],
        people=people,
        from_ms=begin,
        until_ms=until,
        staff=asked.get("staff", ""),
    )


def _kinds() -> list[tuple[str, str]]:
    return [(code.value, g.say(f"console.kind.{code}")) for code in case_lists.KINDS]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _settled(conn: Connection, tell: Teller, some: Any) -> list[dict[str, Any]]:
    by = case_lists.settlements(conn, member().school, some)
    return [
        {"case": one, "sentence": tell.sentence(one), "decided": tell.decided(one, by[one.id])}
        for one in some
        if one.id in by
    ]


def _waiting(tell: Teller, one: Question) -> dict[str, object]:
    proposed, *others = one.choices
    return {
        "case": one,
        "sentence": tell.sentence(one),
        "holder": tell.holder(one),
        "since": tell.moment(one.opened_ms),
        "evidence": [tell.witness(seen) for seen in one.evidence],
        "proposed": (proposed.value, tell.choice(proposed)),
        "others": [(choice.value, tell.choice(choice)) for choice in others],
    }


def _question(conn: Connection, name: str) -> Question:
    try:
        return question(conn, member().school, name)
    except CentralError:
        abort(404, g.say("console.no_case"))


def _done() -> str:
    done = request.args.get("done", "")
    return done if done in DONE else ""


def _back(done: str, name: str) -> Response:
    """To where the form stood, with the same filters."""
    asked = {k: v[0] for k, v in parse_qs(request.form.get("back", "")).items()}
    match request.form.get("from", ""):
        case "settled":
            kept = {k: asked[k] for k in _ASKED_SETTLED if k in asked}
            return redirect(link("console.settled", kept | {"done": done}), 303)
        case "case":
            return redirect(url_for("console.case", name=name, done=done), 303)
        case _:
            kept = {k: asked[k] for k in _ASKED if k in asked}
            return redirect(link("console.inbox", kept | {"done": done}), 303)
