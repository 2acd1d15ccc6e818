"""Every route of the console says what right it takes, and is shut to every role that has not got it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from sync.central.cli_pages import make_app
from sync.central.db import Database
from sync.central.roles import Right, Role, may
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, found_school
from tests.central.line import HandClock
from tests.central.records import sqlite_record
from tests.web_ui.console import PASSWORD, sign_in, token_in
from web_ui.console import console_pages
from web_ui.console.rights import needs, right_of

ASKED = {
    "assistant": {Right.DECIDE, Right.STAFF},
    "viewer": {Right.DESK, Right.DECIDE, Right.STAFF},
}


@pytest.fixture
def record(tmp_path) -> Iterator[Database]:
    db = sqlite_record(tmp_path)
    found_school(db, barcodes=("20001",), people=("ming",))
    with db.begin() as conn:
        for role in Role:
            add_staff(conn, SCHOOL, role, role, role, PASSWORD)
    yield db
    db.close()


@pytest.fixture
def app(record) -> Flask:
    clock = HandClock()
    return make_app(record, clock, sign_in_ms=clock)


def routes(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/console")]


def address(rule: Rule) -> str:
    """The rule with something in its places."""
    return re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule)


def undeclared(app: Flask) -> list[str]:
    return [rule.rule for rule in routes(app) if right_of(app, rule.endpoint) is None]


def test_every_route_is_declared(app):
    assert len(routes(app)) >= 9
    assert undeclared(app) == []


def test_a_route_that_nobody_declared_is_found_and_shut(record):
    clock = HandClock()
    pages = console_pages(record, clock, clock)
    pages.add_url_rule("/secret", "secret", lambda: "told")
    fresh = Flask("fresh")
    fresh.register_blueprint(pages)
    assert undeclared(fresh) == ["/console/secret"]
    client = fresh.test_client()
    signed_in(client, "librarian")
    assert client.get("/console/secret").status_code == 403


def signed_in(client, role: str) -> str:
    """The token for forms."""
    assert sign_in(client, role).status_code == 303
    return token_in(client.get("/console/home", follow_redirects=True).text)


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_each_role_gets_where_its_rights_reach_and_nowhere_else(app, role):
    client = app.test_client()
    token = signed_in(client, role) if role else ""
    for rule in sorted(routes(app), key=lambda rule: "sign-out" in rule.rule):
        right = right_of(app, rule.endpoint)
        assert right is not None
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if (rule.endpoint, method) == ("console.sign_in", "POST"):
                continue
            form = {"token": token} if method == "POST" else None
            told = client.open(address(rule), method=method, data=form)
            place = f"{method} {rule.rule}: {told.status_code}"
            refused = told.mimetype == "text/html" and "不能打开这一页" in told.text
            if may(role, right):
                # Whatever the page makes of made-up names, it was not the gate that refused.
                assert told.status_code != 500, place
                assert not refused, place
            elif role is None:
                assert (told.status_code, told.location) == (303, "/console/sign-in"), place
            else:
                assert (told.status_code, refused) == (403, True), place
            told.close()


def test_what_the_roles_may_not():
    for role, rights in ASKED.items():
        assert {
            right for right in Right if right is not Right.DEVICES and not may(role, right)
        } == rights
    assert {right for right in Right if may("maintainer", right)} == {
        Right.OPEN,
        Right.SIGNED_IN,
        Right.DEVICES,
    }
    assert all(may("librarian", right) for right in Right)
    assert not may("headmaster", Right.SIGNED_IN)


def test_a_maintainer_begins_at_the_stations_and_sees_no_link_elsewhere(app):
    client = app.test_client()
    signed_in(client, "maintainer")
    page = client.get("/console/home", follow_redirects=True)
    assert page.request.path == "/console/stations"
    assert 'href="/console/digest"' not in page.text


def test_the_mark_is_on_the_view_and_not_on_what_it_wraps():
    def view() -> str:
        return "told"

    marked = needs(Right.SEE, view)
    assert (marked(), vars(marked)["right"]) == ("told", Right.SEE)
    assert not hasattr(view, "right")
