"""A school with a little of everything that a report can show."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from kiosk.activities import Activity, Kind
from kiosk.domain import Act
from kiosk.posts import Post
from sync.central.activities import hand_in
from sync.central.db import Database, insert_many
from sync.central.desk import Desk
from sync.central.posts import put
from sync.central.schema import copies, heartbeats, patrons, titles
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD

HOUR = 3_600_000
DAY = 24 * HOUR
CLASSES = {"p1": "三年级1班", "p2": "三年级1班", "p3": "三年级2班", "p4": "护理2401班"}
COPIES = tuple(f"2000{n}" for n in range(1, 8))


def fill(db: Database) -> None:
    """In the midst of its autumn term."""
    found_school(db, barcodes=COPIES, people=(*CLASSES, "t1"))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, "li", "李老师", "librarian", PASSWORD)
        add_staff(conn, SCHOOL, "zhao", "赵老师", "viewer", PASSWORD)
        for one, name in CLASSES.items():
            grade = 11 if one == "p4" else 3
            changed = update(patrons).where(patrons.c.id == one)
            conn.execute(changed.values(class_name=name, grade=grade, name=f"小明{one}"))
        teacher = {"grade": None, "category": "teacher", "class_name": "", "name": "王老师"}
        conn.execute(update(patrons).where(patrons.c.id == "t1").values(**teacher))
        conn.execute(update(titles).values(class_number="I287", title="=西游记"))
        given = {"source": "donated", "donor": "校友会", "arrived_on": date(2026, 10, 8)}
        conn.execute(update(copies).where(copies.c.barcode == "20006").values(**given))
        row = {"school": SCHOOL, "station": "s1", "from_ms": NOON - DAY, "to_ms": NOON + 29 * DAY}
        told = {"boot": "b", "up_ms": NOON - DAY, "parts": '{"scanner front":"scanner_trouble"}'}
        insert_many(conn, heartbeats, [row | told])
    enrol(db, "s1")
    pen = Pen("s1")
    for day, (copy, who) in enumerate(zip(COPIES, ("p1", "p1", "p2", "p3", "t1"), strict=False)):
        pen.write(Act.VISIT, None, who, at=day * HOUR)
        pen.checkout(copy, who, at=day * HOUR + 1)
    pen.checkin("20001", at=DAY, patron="p1")
    pen.write(Act.USE, "20007", "t1", at=2 * DAY)
    closes = f"teachers {NOON + 2 * DAY + 3 * HOUR}"
    pen.write(Act.SIGN_IN, None, "t1", at=2 * DAY + HOUR, value=closes)
    pen.write(Act.ATTEND, None, "p1", at=2 * DAY + 2 * HOUR, value="a1")
    push(db, pen, now=NOON + 3 * DAY)
    _plan(db)
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON + 4 * DAY).block("p3", "等一等")


def _plan(db: Database) -> None:
    """A small activity that somebody came to, and an essay call with one essay."""
    day = date(2026, 11, 27)
    small = Activity(name="走近大自然", theme="自然", place="操场", goal="多读科普")
    with db.begin(SCHOOL) as conn:
        desk = Desk(conn, SCHOOL, "li", NOON)
        call = Activity(name="我和图书馆", of=Kind.ESSAY)
        put(desk, [Post("a1", small, day, day), Post("a2", call, day, date(2026, 12, 20))])
        hand_in(desk, "a2", "我的一本书", "p1", day)
