"""Which term a page is about: the one that is asked for, or the one that runs."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import request

from kiosk.calendar import zone
from sync.central.db import Connection
from sync.central.rules import rules_in_force
from sync.central.terms import TermOf, term_at, terms
from web_ui.console.frame import in_language
from web_ui.console.gate import member


def chosen_term(conn: Connection, now_ms: int) -> TermOf | None:
    """None where library.toml names no term that is to come."""
    rules = rules_in_force(conn, member().school)
    if rules is None:
        return None
    asked = request.values.get("term", "")
    named = next((term for term in terms(rules) if term.key == asked), None)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone(rules)).date()
    return named or term_at(rules, today)


def terms_shown(conn: Connection) -> list[tuple[str, str]]:
    """Key and name of every term, the newest first."""
    rules = rules_in_force(conn, member().school)
    found = terms(rules) if rules else []
    return [(term.key, in_language(term.name, term.name_en)) for term in reversed(found)]
