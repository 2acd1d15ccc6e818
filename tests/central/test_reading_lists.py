"""Reading lists: made, filled by title, scan and other lists, put in order, put away; and where their books are."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from sync.central import reading_lists
from sync.central.db import CentralError
from sync.central.reading_lists import MOST, Head
from sync.central.schema import titles
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, push
from tests.central.stock import DAY, desk, stocked
from tests.central.test_people import planned
from tests.sync.story import NOON

ROWS = [(f"200{n:02}", "main", "A", f"I24/{n:02}") for n in range(8)]
HEAD = Head(
    "寒假共读", "陈老师", 3, 4, "", "语文", "每天读一点", date(2026, 12, 1), date(2027, 2, 28)
)
TITLES = [f"of-{row[0]}" for row in ROWS]


@pytest.fixture
def library(db):
    stocked(db, ROWS)
    with db.begin(SCHOOL) as conn:
        mine = titles.c.id == "of-20005"
        conn.execute(update(titles).where(mine).values(isbn="9787020024759"))
    yield db
    assert list(faults(db)) == []


def made(db, *title_ids: str, head: Head = HEAD, at: int = DAY) -> str:
    with db.begin(SCHOOL) as conn:
        name = reading_lists.make(desk(conn, at), head)
        reading_lists.add(desk(conn, at), name, title_ids)
    return name


def order(db, name: str) -> list[tuple[str, str]]:
    with db.read() as conn:
        return [(e.title_id, e.why) for e in reading_lists.entries(conn, SCHOOL, name)]


def test_a_list_says_for_whom_it_is_and_keeps_what_it_says(library):
    name = made(library, *TITLES[:2])
    with library.read() as conn:
        one = reading_lists.one(conn, SCHOOL, name)
    assert (one.head, one.count, one.made_by, one.gone) == (HEAD, 2, "wang", False)
    other = Head("暑假共读")
    with library.begin(SCHOOL) as conn:
        reading_lists.change(desk(conn, 2 * DAY), name, other)
    with library.read() as conn:
        assert reading_lists.one(conn, SCHOOL, name).head == other
        with pytest.raises(CentralError, match="no reading list"):
            reading_lists.one(conn, SCHOOL, "nothing")


def test_titles_come_once_in_their_order_and_by_scans_of_isbn_and_labels(library):
    name = made(library, TITLES[3], TITLES[1], TITLES[3], "of-nothing")
    with library.begin(SCHOOL) as conn:
        told = reading_lists.add_scanned(
            desk(conn), name, ["978-7-02-002475-9", "20001", "７", "20000", "9787020024759"]
        )
    assert (told.added, told.already, told.unknown) == (2, 1, ("7",))
    assert [title for title, _ in order(library, name)] == [
        TITLES[3],
        TITLES[1],
        "of-20005",
        TITLES[0],
    ]


def test_places_and_reasons_are_changed_and_titles_taken_out(library):
    name = made(library, *TITLES[:4])
    with library.begin(SCHOOL) as conn:
        reading_lists.arrange(
            desk(conn), name, {TITLES[3]: (1, "好看"), TITLES[0]: (9, ""), "of-nothing": (1, "x")}
        )
        reading_lists.drop(desk(conn), name, TITLES[1])
    assert order(library, name) == [(TITLES[3], "好看"), (TITLES[2], ""), (TITLES[0], "")]


def test_another_list_is_taken_over_with_its_reasons_and_the_own_ones_stay(library):
    one, two = made(library, *TITLES[:3]), made(library, TITLES[1])
    with library.begin(SCHOOL) as conn:
        reading_lists.arrange(
            desk(conn), one, {t: (n, f"第{n}") for n, t in enumerate(TITLES[:3], 1)}
        )
        reading_lists.arrange(desk(conn), two, {TITLES[1]: (1, "我的理由")})
        told = reading_lists.add_list(desk(conn), two, one)
    assert (told.added, told.already) == (2, 1)
    assert order(library, two) == [(TITLES[1], "我的理由"), (TITLES[0], "第1"), (TITLES[2], "第3")]


def test_a_list_has_no_more_than_a_class_can_read(db):
    stocked(db, [(f"3{n:04}", "main", "A", "I") for n in range(MOST + 3)])
    name = made(db)
    with db.begin(SCHOOL) as conn:
        told = reading_lists.add(desk(conn), name, [f"of-3{n:04}" for n in range(MOST + 3)])
    assert (told.added, told.full) == (MOST, 3)


def test_where_its_books_are_now(library):
    name = made(library, *TITLES[:3])
    pen = Pen("s1")
    enrol(library, "s1")
    pen.checkout("20000", "ming", at=0)
    push(library, pen)
    with library.begin(SCHOOL) as conn:
        desk(conn).copy_state("20001", "withdrawn")
    with library.read() as conn:
        found = reading_lists.entries(conn, SCHOOL, name)
    assert [(e.copies, e.free, e.shelf, e.call_number) for e in found] == [
        (1, 0, "A", "I24/00"), (0, 0, "", ""), (1, 1, "A", "I24/02")
    ]  # fmt: skip


def test_a_list_that_was_put_away_is_brought_back(library):
    one, two = made(library, at=DAY), made(library, at=2 * DAY)

    def listed(*, gone: bool = False) -> list[str]:
        with library.read() as conn:
            return [each.id for each in reading_lists.newest(conn, SCHOOL, gone=gone)[0]]

    assert listed() == [two, one]
    with library.begin(SCHOOL) as conn:
        reading_lists.take_away(desk(conn, 3 * DAY), one)
    assert (listed(), listed(gone=True)) == ([two], [one])
    with library.begin(SCHOOL) as conn:
        reading_lists.bring_back(desk(conn, 4 * DAY), one)
    assert listed() == [one, two]
    with library.begin(SCHOOL) as conn:
        plan = planned(
            conn,
            reading_lists.newest_query(SCHOOL, gone=False, after=(NOON, "x")),
            postgres=library.postgres,
        )
    assert "SCAN " not in plan, plan
