"""Every page of the console that is only looked at, with something real in its address: for query plans and benches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

import cv2
import numpy
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from kiosk.activities import Activity
from kiosk.domain import CopyState
from kiosk.posts import BookList, Post, Suggested
from kiosk.voice_posts import Question, Questionnaire
from sync.central import boxes, copy_acts, stocktaking
from sync.central.box_lending import lend_box
from sync.central.cataloguing import set_cover
from sync.central.covers import made_cover
from sync.central.db import Database, upsert_many
from sync.central.desk import Desk
from sync.central.facts import rules_of
from sync.central.posts import put
from sync.central.reading_lists import Head
from sync.central.reading_lists import make as make_list
from sync.central.schema import cases, imports, voices
from sync.central.scope import Scope
from sync.central.textbook_lists import Textbook
from sync.central.textbooks import add_book, plan
from sync.central.voices import ask
from tests.central.fleet import SCHOOL
from tests.central.large import LOGIN
from tests.sync.story import NOON

STARS = Question(kind="stars", text="几颗星？")
# What stands in the places of addresses, by the beginning of the endpoint. A page with a place of its own adds it here.
PLACES = {
    "console.people": {"patron": "p7"},
    "console.counter": {"patron": "p7"},
    "console.holds": {"barcode": "10000007", "title": "b7"},
    "console.station": {"station": "k1"},
    "console.rules_part": {"name": "windows"},
    "console.rules_version": {"digest": "d"},
    "console.stock": {"which": "found", "form": "csv"},
    "console.weeding": {"form": "csv"},
    "console.catalogue": {"job": "j1"},
    "console.rooms": {"form": "csv"},
    "console.voices": {"name": "v1", "kind": "complaint", "end": "csv", "isbn": "9787020002207"},
}
# What is asked behind the question mark, besides nothing.
ASKED = {
    "console.counter.start": ("q=读者7", "q=dz7", "q=2000000007", "q=10000007"),
    "console.rooms.day": ("room=reading&day=2026-11-24",),
    "console.slip": ("code=7QK2M9", "code=8F14E4"),
    "console.people.pins": ("class=8年级0班",),
    "console.reading_lists.list": ("gone=1",),
    "console.holds.list": ("list=waiting", "list=expired"),
    "console.overdue.list": ("class=8年级0班", "k=2026-11-20&k=open:1:1"),
    "library.search": ("q=故事", "q=gs"),
    "library.list": ("id=list-1",),
    "library.title": ("id=b7",),
    "console.people.cards": ("class=8年级0班",),
    "console.people.print_cards": ("patron=p7",),
    "console.classes.page": ("class=8年级0班",),
    "console.classes.borrow": ("class=8年级0班&pupil=p7",),
    "console.classes.give": ("class=8年级0班",),
    "console.textbooks.list": ("term=2026-09-01&subject=语文",),
    "console.textbooks.class_sheet": ("term=2026-09-01&class=8年级0班",),
    "console.catalogue.list": (
        "q=第77本书",
        "q=d77bs",
        "q=10000007",
        "class=I2",
        "class=I2&at=I205.1&title=第1005本书&id=b1005",
    ),
    "console.catalogue.title": ("id=b7", "id=b7&after=10000033"),
    "console.catalogue.change": ("id=b7",),
    "console.catalogue.copy": ("barcode=10000007",),
    "console.catalogue.arrivals": ("days=365", "day=2026-11-01&barcode=10000007"),
    "console.catalogue.donated": ("donor=李", "from=李&barcode=10000007"),
    "console.catalogue.labels_print": (
        "first=10000001&last=10000005",
        "title=b7",
        "call_first=I201/9&call_last=I201/9",
    ),
    "console.voices.list": ("kind=purchase", "state=new", "kind=answers&after=v1"),
    "console.voices.wishes": ("after=9787020002206", "state=new", "state=ordered", "state=no"),
    "console.activities.list": ('after=["2027-01-01","zz"]',),
    "console.people.list": ("q=读者7", "q=2000000007", "class=1年级3班", "name=读者5&id=p5"),
}
# Without a question mark these are no pages.
ONLY_ASKED = ("library.list", "library.title")
# These give out everything on purpose, and write it as they read it.
WHOLE = (
    ".file",
    "_file",
    "console.catalogue.export",
    # Once a year, every pupil moves up: the page counts them all.
    "console.people.year",
    # A term's order list on paper.
    "console.textbooks.print",
)


def addresses(app: Flask, db: Database) -> Iterator[tuple[str, str]]:
    """Every page that is only looked at, with something real in its places: (endpoint, address)."""
    made = made_in(db)
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        left_out = rule.endpoint.endswith((*WHOLE, "static", "language"))
        # A report counts a whole term; its bench says how long that takes.
        left_out |= rule.endpoint.startswith("console.reports.")
        if (
            "GET" not in (rule.methods or ())
            or not rule.rule.startswith(("/console", "/library"))
            or left_out
        ):
            continue
        path = filled(rule, [*PLACES.items(), *made.items()])
        if rule.endpoint not in ONLY_ASKED:
            yield rule.endpoint, path
        for asked in ASKED.get(rule.endpoint, ()):
            yield rule.endpoint, f"{path}?{asked}"


def filled(rule: Rule, known: Iterable[tuple[str, dict[str, str]]]) -> str:
    """The address of a page, with something real in its places."""
    places: dict[str, str] = {}
    for start, told in known:
        places |= told if rule.endpoint.startswith(start) else {}
    unknown = set(rule.arguments) - set(places)
    assert not unknown, f"{rule.rule}: say in PLACES what stands for {sorted(unknown)}"
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: places[m[1]], rule.rule)


def made_in(db: Database) -> dict[str, dict[str, str]]:
    """Places for what has no name before it is made."""
    with db.begin(SCHOOL) as conn:
        desk = Desk(conn, SCHOOL, LOGIN, NOON)
        taking = stocktaking.begin(desk, "大厅", Scope())
        act = copy_acts.begin(desk, CopyState.WITHDRAWN, "旧了")
        box = boxes.make_box(desk, "书箱")
        boxes.put_in(desk, box, ["20011", "20012"])
        rules, until = rules_of(conn, SCHOOL), date(2026, 12, 18)
        lent = lend_box(desk, rules, box, "p7", class_name="8年级0班", due_on=until)
        reading = make_list(desk, Head("好书"))
        put(
            desk,
            [Post("list-1", BookList(name="好书", titles=(Suggested(title_id="b7"),)), date.min)],
        )
        put(desk, [Post("a1", Activity(name="共读"), date(2026, 11, 25), date(2026, 11, 25))])
        book = add_book(desk, Textbook("", "语文八年级上册", "语文", 8))
        plan(desk, "2026-09-01", book, ["8年级0班"])
        case = str(conn.execute(select(cases.c.id)).scalar())
        digest, picture = made_cover(
            cv2.imencode(".png", numpy.zeros((8, 8, 3), numpy.uint8))[1].tobytes()
        )
        set_cover(desk, "b7", digest, picture)
        told = {"options": "{}", "staff": LOGIN, "begun_ms": NOON, "beat_ms": NOON, "step": "done"}
        said = {"school": SCHOOL, "id": "v1", "kind": "complaint", "at_ms": NOON}
        upsert_many(conn, voices, [{**said, "said": '{"note":"loud"}'}])
        wished = {"school": SCHOOL, "id": "v2", "kind": "purchase", "at_ms": NOON}
        upsert_many(
            conn, voices, [{**wished, "isbn": "9787020002207", "said": '{"isbn":"9787020002207"}'}]
        )
        form = ask(desk, Questionnaire(title="问卷", questions=(STARS,)), until, until)
        upsert_many(conn, imports, [{"school": SCHOOL, "id": "j1", "name": "书.csv", **told}])
    return {
        "console.stock": {"name": taking},
        "console.acts": {"name": act},
        "console.boxes": {"box": box, "loan": lent.loan or ""},
        "console.textbooks": {"book": book},
        "console.reading": {"name": reading},
        "console.activities": {"name": "a1", "form": "csv"},
        "console.case": {"name": case},
        "console.voices": {"form": form},
        "console.catalogue": {"digest": digest},
    }
