"""Titles of the central record are found by whatever is typed, as at the station, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.pinyin import toned
from kiosk.store.query import parse
from sync.central.catalogue_search import (
    Found,
    forget_titles,
    index_all,
    index_titles,
    match_statement,
    search,
)
from sync.central.db import Database, insert_many
from sync.central.schema import copies, holdings, schools, titles
from tests.central.fleet import SCHOOL, found_school
from tests.kiosk.typed import BOOKS, TYPED
from tests.soak import often

OTHER = "moonlight"


def add_school(db: Database, school: str) -> None:
    told = {"id": school, "name": school, "name_en": "", "time_zone": "Asia/Shanghai"}
    with db.begin() as conn:
        insert_many(conn, schools, [{**told, "position": 0, "feed_from": 0}])


def add_title(conn, n: str, title: str, *, school: str = SCHOOL, **more) -> None:
    add_titles(conn, [{"id": n, "title": title, **more}], school)


def add_titles(conn, rows: list[dict], school: str = SCHOOL) -> None:
    names = ("author", "publisher", "year", "class_number", "isbn", "series", "subject")
    blank = {"school": school, **dict.fromkeys(names, "")}
    insert_many(conn, titles, [{**blank, "pinyin": toned(row["title"]), **row} for row in rows])
    index_titles(conn, school, [row["id"] for row in rows])


def add_copies(conn, title: str, *labels: str, state: str = "on_shelf") -> None:
    rest = {"copy_type": "book", "shelf": "", "room": "", "call_number": "", "state": state}
    rows = [{"school": SCHOOL, "barcode": b, "title_id": title, **rest} for b in labels]
    insert_many(conn, copies, rows)


@pytest.fixture
def shelf(db):
    """All books of the list; the copies have labels from 00000001."""
    found_school(db)
    add_school(db, OTHER)
    names = ("id", "title", "author", "class_number", "isbn")
    rows = [dict(zip(names, (f"b{n}", *book[:4]), strict=True)) for n, book in enumerate(BOOKS, 1)]
    held = [f"b{n}" for n, book in enumerate(BOOKS, 1) for _ in book[5]]
    with db.begin(SCHOOL) as conn:
        add_titles(conn, rows)
        for n, title in enumerate(held, 1):
            add_copies(conn, title, f"{n:08}")
    return db


def found(db: Database, typed: str, school: str = SCHOOL, **more) -> Found:
    with db.read() as conn:
        return search(conn, school, typed, **more)


def titles_for(db: Database, typed: str, **more) -> list[str]:
    return [hit.title for hit in found(db, typed, **more).hits]


def test_everything_that_may_be_typed_finds_the_title(shelf):
    first = {typed: titles_for(shelf, typed)[:1] for typed, _ in TYPED}
    assert first == {typed: [title] for typed, title in TYPED}


def test_the_exact_title_stands_first_then_those_that_begin_with_it(shelf):
    for typed in ("红楼梦", "hlm"):
        assert titles_for(shelf, typed) == ["红楼梦", "红楼梦诗词鉴赏", "少年读红楼梦"]
    assert titles_for(shelf, "h") == [
        "红楼梦",
        "红楼梦诗词鉴赏",
        "Harry Potter and the Philosopher's Stone",
    ]
    cut = found(shelf, "hlm", limit=2)
    assert ([hit.title for hit in cut.hits], cut.more) == (["红楼梦", "红楼梦诗词鉴赏"], True)


def test_a_title_is_found_by_its_series_and_subject(db):
    found_school(db)
    with db.begin(SCHOOL) as conn:
        add_title(conn, "a", "恐龙的一天", series="十万个为什么", subject="古生物")
    for typed in ("十万个为什么", "swgwsm", "古生物", "gushengwu"):
        assert titles_for(db, typed) == ["恐龙的一天"]


def test_what_another_school_has_is_not_found(shelf):
    with shelf.begin(OTHER) as conn:
        add_title(conn, "x", "红楼梦", school=OTHER)
    assert [hit.id for hit in found(shelf, "红楼梦", OTHER).hits] == ["x"]
    assert "x" not in [hit.id for hit in found(shelf, "红楼梦").hits]
    assert found(shelf, "00000001", OTHER).hits == ()


def test_a_changed_title_is_found_by_its_new_words_only(shelf):
    with shelf.begin(SCHOOL) as conn:
        conn.execute(titles.update().where(titles.c.id == "b4").values(title="东游记", pinyin=""))
        index_titles(conn, SCHOOL, ["b4"])
    assert titles_for(shelf, "dyj") == ["东游记"]
    assert titles_for(shelf, "xyj") == []


def test_a_title_that_is_gone_is_forgotten(shelf):
    with shelf.begin(SCHOOL) as conn:
        conn.execute(titles.delete().where(titles.c.id == "b4"))
        forget_titles(conn, SCHOOL, ["b4"])
        assert match_all(conn, "xyj") == []


def statement_for(conn, typed: str):
    query = parse(typed)
    assert query is not None
    return match_statement(conn, SCHOOL, query.inside, 200)


def match_all(conn, typed: str) -> list:
    return conn.exec_driver_sql(*statement_for(conn, typed)).fetchall()


def test_an_index_made_anew_finds_the_same(shelf):
    with shelf.begin() as conn:
        conn.exec_driver_sql("DELETE FROM title_search")
        conn.exec_driver_sql("DELETE FROM title_numbers")
        index_all(conn)
    assert titles_for(shelf, "hlm") == ["红楼梦", "红楼梦诗词鉴赏", "少年读红楼梦"]


def test_a_typed_barcode_leads_to_its_copy_and_stands_first(shelf):
    hit = found(shelf, " 00000002 ").hits[0]
    assert (hit.title, hit.barcode) == ("红楼梦", "00000002")
    assert found(shelf, "红楼梦").hits[0].barcode == ""


def test_copies_are_counted_by_what_the_entries_say_of_them(db):
    found_school(db)
    with db.begin(SCHOOL) as conn:
        add_title(conn, "a", "西游记")
        add_copies(conn, "a", "1", "2", "3", "4")
        add_copies(conn, "a", "5", "6", state="withdrawn")
        add_copies(conn, "a", "7", state="mending")
        blank = {"patron": None, "opened_by": None, "state": "on_shelf", "kept_for": None}
        told = {"2": {"opened_by": "s:1:1"}, "3": {"kept_for": "ming"}, "4": {"state": "lost"}}
        rows = [{"school": SCHOOL, "barcode": b, **blank, **more} for b, more in told.items()]
        insert_many(conn, holdings, [{**r, **_REST} for r in rows])
    hit = found(db, "xyj").hits[0]
    assert (hit.copies, hit.available) == (4, 1)


_REST = {
    "lendable": True,
    "place": "",
    "seen_ms": 0,
    "last_entry": None,
    "in_doubt": False,
    "sealed": "",
    "sealed_to_ms": -1,
    "since_seal": 0,
}


@pytest.fixture
def three(db):
    found_school(db)
    with db.begin(SCHOOL) as conn:
        add_title(conn, "a", "红楼梦", author="曹雪芹 著", isbn="9787020002207")
    return db


@settings(
    max_examples=often(30, 1_000), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(st.characters(), max_size=60) | st.text("\"'*()^:-+&|!<>\\ANDORhlm红\x00 ", max_size=60)
)
def test_no_text_makes_the_search_fail(three, typed):
    found(three, typed)


@settings(max_examples=often(10, 400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=400))
def test_no_title_makes_the_index_fail_and_each_is_found_by_itself(three, title):
    with three.begin(SCHOOL) as conn:
        conn.execute(titles.delete().where(titles.c.id == "z"))
        add_title(conn, "z", title, author=title, series=title, class_number=title)
        if parse(title) is not None and len(title) < 40:
            assert "z" in [hit.id for hit in search(conn, SCHOOL, title).hits]


def test_the_index_answers_without_reading_all_titles(three):
    with three.begin(SCHOOL) as conn:
        add_titles(conn, [{"id": f"n{n}", "title": f"故事{n}"} for n in range(300)])
        if three.postgres:
            conn.exec_driver_sql("ANALYZE")
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
            conn.exec_driver_sql("SET LOCAL enable_indexscan = off")
        for typed in ("红楼", "hlm", "gs", "故事 1", "I242", "9787020002207"):
            statement, told = statement_for(conn, typed)
            how = "EXPLAIN" if three.postgres else "EXPLAIN QUERY PLAN"
            rows = conn.exec_driver_sql(f"{how} {statement}", told)
            plan = "\n".join(str(row[-1]) for row in rows)
            assert "Seq Scan" not in plan, plan
            assert "title_search_terms" in plan or "VIRTUAL TABLE INDEX 0:M" in plan, plan
            assert "SCAN k" not in plan, plan
