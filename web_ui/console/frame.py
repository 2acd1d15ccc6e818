"""What stands around every page of the console: the library's name, the links this role may follow, who is there."""

from __future__ import annotations

from flask import g
from flask_wtf.csrf import generate_csrf

from sync.central.case_lists import count_open
from sync.central.db import Database
from sync.central.sign_in import school_names
from web_ui.catalogue import LANGUAGES
from web_ui.console.areas import area_of, areas_shown
from web_ui.console.gate import member
from web_ui.console.rights import opens
from web_ui.console.signed import whoever


def framed(db: Database, here: str) -> dict[str, object]:
    """For a page of somebody who has signed in. here: its word below console.nav."""
    school = member().school
    with db.read() as conn:
        named = {i: in_language(zh, en) for i, zh, en in school_names(conn)}
        total = count_open(conn, school)
    told = {"here": here, "area": area_of(here), "areas": areas_shown(), "total": total}
    return {**bare(named[school]), **told}


def bare(library: str) -> dict[str, object]:
    """For a page of anybody."""
    other = LANGUAGES[1 - LANGUAGES.index(g.language)]
    return {
        "say": g.say,
        "library": library,
        "other": other,
        "member": whoever(),
        "opens": opens,
        "token": generate_csrf(),
    }


def in_language(zh: str, en: str) -> str:
    return en if g.language == "en" and en else zh
