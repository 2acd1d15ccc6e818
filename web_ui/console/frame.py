"""What stands around every page of the console: the library's name, the links this role may follow, who is there."""

from __future__ import annotations

from flask import g

from sync.central.db import Database
from sync.central.overview import count_open
from sync.central.sign_in import school_names
from web_ui.catalogue import LANGUAGES
from web_ui.console.gate import member
from web_ui.console.rights import opens

# Endpoint, and the word for it below console.nav.
_NAV = (
    ("console.inbox", "inbox"),
    ("console.people.list", "people"),
    ("console.digest", "digest"),
    ("console.stations", "stations"),
    ("console.accounts.list", "accounts"),
)


def framed(db: Database, here: str) -> dict[str, object]:
    """For a page of somebody who has signed in. here: its word below console.nav."""
    school = member().school
    with db.read() as conn:
        named = {i: in_language(zh, en) for i, zh, en in school_names(conn)}
        total = count_open(conn, school)
    return {**bare(named[school]), "here": here, "total": total, "token": g.form_token}


def bare(library: str) -> dict[str, object]:
    """For a page of anybody."""
    other = LANGUAGES[1 - LANGUAGES.index(g.language)]
    shown = [(endpoint, word) for endpoint, word in _NAV if opens(endpoint)]
    return {
        "say": g.say,
        "library": library,
        "other": other,
        "member": g.member,
        "nav": shown,
        "opens": opens,
    }


def in_language(zh: str, en: str) -> str:
    return en if g.language == "en" and en else zh
