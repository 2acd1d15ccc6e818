"""Textbooks: what is needed, ordered and short; handed out by class list, brought back, and what is still out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from kiosk.entry import parse
from sync.central.classes import classes, names_query, pupils
from sync.central.db import CentralError, Database, insert_many
from sync.central.desk import Desk
from sync.central.schema import entries, patrons
from sync.central.textbook_hands import hand_out, not_handed, sheet, take_back, textbooks_of
from sync.central.textbook_lists import (
    Textbook,
    class_sums,
    needs_of_book,
    needs_of_class,
    order_of,
    orders,
)
from sync.central.textbook_tables import textbook_classes, textbook_hands
from sync.central.textbooks import add_book, change_book, drop, note_need, note_order, plan
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, found_school
from tests.sync.story import NOON

AUTUMN, SPRING = "2026-09-01", "2027-03-01"
CHINESE = Textbook("zh3", "语文三年级上册", "语文", 3, "人民教育出版社")
MUSIC = Textbook("mu3", "音乐三年级上册", "音乐", 3, reused=True)
ONE, TWO = "三年级1班", "三年级2班"
PEOPLE = {"ming": ONE, "hua": ONE, "li": ONE, "wei": TWO, "jun": TWO}


def in_class(who: str, class_name: str, grade: int | None = 3) -> dict[str, Any]:
    none: dict[str, Any] = {"expires_on": None, "blocked": None, "gone_ms": None}
    row = {"school": SCHOOL, "id": who, "name": who, "category": "student", "grade": grade}
    return row | none | {"class_name": class_name}


@pytest.fixture
def school(db):
    found_school(db)
    with db.begin(SCHOOL) as conn:
        insert_many(conn, patrons, [in_class(*one) for one in PEOPLE.items()])
        # The class's teacher stands in its list, and is no pupil of it.
        insert_many(conn, patrons, [in_class("wang", ONE, None), in_class("old", "六年级1班", 6)])
        for book in (CHINESE, MUSIC):
            add_book(desk(conn), book)
            plan(desk(conn), AUTUMN, book.id, [ONE, TWO], teachers=1)
    yield db
    assert list(faults(db)) == []
    assert counts(db) == counted(db)


def desk(conn, at: int = 0) -> Desk:
    return Desk(conn, SCHOOL, "wang", NOON + at)


def counts(db: Database) -> dict[tuple[str, str], tuple[int, int]]:
    """What the classes' rows say of copies handed out and brought back."""
    one = textbook_classes.c
    with db.read() as conn:
        rows = conn.execute(select(one.class_name, one.textbook, one.handed, one.returned))
        return {(r.class_name, r.textbook): (r.handed, r.returned) for r in rows if r.handed}


def counted(db: Database) -> dict[tuple[str, str], tuple[int, int]]:
    """The same, counted from who has got what."""
    hand = textbook_hands.c
    query = select(hand.class_name, hand.textbook, func.count(), func.count(hand.returned_ms))
    with db.read() as conn:
        rows = conn.execute(query.group_by(hand.class_name, hand.textbook)).all()
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def act(db: Database, do, *told, **named):
    with db.begin(SCHOOL) as conn:
        return do(desk(conn), *told, **named)


def seen(db: Database, read, *told, **named):
    with db.read() as conn:
        return read(conn, SCHOOL, *told, **named)


def test_a_class_is_found_by_its_grade_and_its_teacher_is_no_pupil(school):
    found = seen(school, classes)
    assert [(c.grade, c.name) for c in found] == [(3, ONE), (3, TWO), (6, "六年级1班")]
    assert [p.id for p in seen(school, pupils, ONE)] == ["hua", "li", "ming"]


def test_what_is_needed_follows_from_the_classes_with_teachers_and_spare(school):
    order = seen(school, order_of, AUTUMN, "zh3")
    assert (order.pupils, order.teachers, order.needed, order.to_order) == (5, 2, 7, 7)
    act(school, note_order, AUTUMN, "zh3", {"spare": 3, "ordered": 8, "delivered": 6})
    order = seen(school, order_of, AUTUMN, "zh3")
    assert (order.needed, order.to_order, order.short, order.in_store) == (10, 2, 4, 6)
    act(school, note_need, AUTUMN, "zh3", ONE, pupils=4)
    assert seen(school, order_of, AUTUMN, "zh3").needed == 11


def test_a_number_that_cannot_be_is_refused_and_changes_nothing(school):
    with pytest.raises(CentralError, match="from 0 to 99999"):
        act(school, note_order, AUTUMN, "zh3", {"ordered": -1})
    with pytest.raises(CentralError, match="not planned for the term"):
        act(school, note_order, SPRING, "zh3", {"ordered": 1})
    with pytest.raises(CentralError, match="does not use"):
        act(school, note_need, AUTUMN, "zh3", "六年级1班", pupils=1)
    assert seen(school, order_of, AUTUMN, "zh3").ordered == 0


def test_the_list_of_a_term_goes_by_subject_page_by_page(school):
    page, after = seen(school, orders, AUTUMN, most=1)
    assert after is not None
    rest, end = seen(school, orders, AUTUMN, after=after, most=1)
    # In whatever order the database has for Chinese, nothing is left out or told twice.
    assert ({o.book.id for o in page + rest}, end) == ({"zh3", "mu3"}, None)
    only, _ = seen(school, orders, AUTUMN, subject="音乐")
    assert [o.book.id for o in only] == ["mu3"]
    assert seen(school, orders, SPRING) == ([], None)


def test_a_class_is_handed_its_books_at_once_and_the_absent_stay_open(school):
    books = ["zh3", "mu3"]
    assert act(school, hand_out, AUTUMN, ONE, books, ["ming", "hua"]) == 4
    one = seen(school, sheet, AUTUMN, ONE)
    assert {p.id: one.lacking(p.id) for p in one.pupils} == {"ming": 0, "hua": 0, "li": 2}
    # Sent twice, it was done once; whoever is of another class gets nothing by this list.
    assert act(school, hand_out, AUTUMN, ONE, books, ["ming", "hua", "wei"]) == 0
    assert act(school, hand_out, AUTUMN, ONE, ["zh3", "none"], ["li"]) == 1
    sums, _ = seen(school, class_sums, AUTUMN)
    assert [(s.class_name, s.needed, s.out, s.not_back) for s in sums] == [
        (ONE, 8, 3, 2),
        (TWO, 6, 6, 0),
    ]
    act(school, note_need, AUTUMN, "zh3", ONE, teachers_handed=1)
    assert [n.out for n in seen(school, needs_of_class, AUTUMN, ONE) if n.book.id == "zh3"] == [0]
    assert seen(school, order_of, AUTUMN, "zh3").handed == 4


def test_what_is_used_again_comes_back_and_is_carried_over(school):
    act(school, note_order, AUTUMN, "mu3", {"delivered": 9})
    act(school, hand_out, AUTUMN, ONE, ["zh3", "mu3"], ["ming", "hua", "li"])
    assert act(school, take_back, AUTUMN, ONE, ["zh3", "mu3"], ["ming", "hua"]) == 2
    assert [s.not_back for s in seen(school, class_sums, AUTUMN)[0]] == [1, 0]
    act(school, plan, SPRING, "mu3", [ONE])
    assert seen(school, order_of, SPRING, "mu3").carried == 8
    act(school, plan, SPRING, "zh3", [ONE])
    assert seen(school, order_of, SPRING, "zh3").carried == 0


def test_what_was_ticked_by_mistake_is_taken_back_out(school):
    act(school, hand_out, AUTUMN, ONE, ["zh3"], ["ming", "hua"])
    assert act(school, not_handed, AUTUMN, ONE, ["zh3"], ["hua", "li"]) == 1
    assert seen(school, sheet, AUTUMN, ONE).got == {("ming", "zh3")}


def test_whoever_changes_class_keeps_what_the_first_one_gave(school):
    act(school, hand_out, AUTUMN, ONE, ["zh3", "mu3"], ["ming"])
    with school.begin(SCHOOL) as conn:
        conn.execute(patrons.update().where(patrons.c.id == "ming").values(class_name=TWO))
    new = seen(school, sheet, AUTUMN, TWO)
    assert (new.lacking("ming"), new.others) == (0, ())
    assert [p.id for p in seen(school, sheet, AUTUMN, ONE).others] == ["ming"]
    assert act(school, hand_out, AUTUMN, TWO, ["zh3"], ["ming"]) == 0
    assert act(school, take_back, AUTUMN, TWO, ["mu3"], ["ming"]) == 1
    assert seen(school, sheet, AUTUMN, ONE).others == ()


def test_a_new_plan_leaves_classes_that_have_got_something(school):
    act(school, hand_out, AUTUMN, ONE, ["zh3"], ["ming"])
    act(school, plan, AUTUMN, "zh3", ["六年级1班"])
    kept = seen(school, needs_of_book, AUTUMN, "zh3")
    assert sorted((n.class_name, n.pupils, n.handed) for n in kept) == [
        (ONE, 3, 1),
        ("六年级1班", 1, 0),
    ]
    with pytest.raises(CentralError, match="handed out already"):
        act(school, drop, AUTUMN, "zh3")
    act(school, drop, AUTUMN, "mu3")
    assert [o.book.id for o in seen(school, orders, AUTUMN)[0]] == ["zh3"]


def test_a_corrected_title_is_corrected_in_the_lists(school):
    act(school, change_book, Textbook("zh3", "语文三上", "语文", 3))
    assert {o.book.title for o in seen(school, orders, AUTUMN)[0]} == {"语文三上", MUSIC.title}
    with pytest.raises(CentralError, match="no textbook xx"):
        act(school, change_book, Textbook("xx", "x", "x"))


def test_an_erased_pupil_leaves_the_counts_and_no_name(school):
    act(school, hand_out, AUTUMN, ONE, ["zh3", "mu3"], ["ming"])
    assert [h.title for h in seen(school, textbooks_of, "ming")] == [CHINESE.title, MUSIC.title]
    with pytest.raises(CentralError, match="1 textbooks are still with ming"):
        act(school, Desk.erase, "ming")
    act(school, take_back, AUTUMN, ONE, ["mu3"], ["ming"])
    assert act(school, Desk.erase, "ming").textbooks == 2
    assert seen(school, textbooks_of, "ming") == []
    assert counts(school) == {(ONE, "zh3"): (1, 0), (ONE, "mu3"): (1, 1)}


def test_each_act_is_an_entry_of_the_desk_and_names_no_pupil(school):
    act(school, hand_out, AUTUMN, ONE, ["zh3"], ["ming"])
    with school.read() as conn:
        bodies = conn.execute(select(entries.c.body).order_by(entries.c.seq)).scalars().all()
    last = parse(bodies[-1])
    assert (last.staff, last.value) == (
        "wang",
        f"textbooks, term {AUTUMN}, class {ONE}: 1 handed out",
    )
    assert "ming" not in "".join(bodies)


def test_the_classes_of_a_grade_are_stepped_through_by_an_index(school):
    if school.postgres:
        pytest.skip("PostgreSQL reads a table of a few rows whole; the statement is the same")
    with school.read() as conn:
        text = names_query(SCHOOL, 3).compile(conn.engine, compile_kwargs={"literal_binds": True})
        plan_rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
    steps = [str(row[3]) for row in plan_rows if "patrons" in str(row[3])]
    assert len(steps) == 2
    assert all("SEARCH patrons USING" in step and "patrons_here" in step for step in steps)
