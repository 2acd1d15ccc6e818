"""Find a book: by everything that a child or a librarian may type, on a real store."""

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from kiosk.pinyin import toned
from kiosk.screen import Found
from kiosk.store.schema import copies, holds, loans, patrons, titles
from kiosk.store.search import find
from kiosk.store.store import Store
from tests.kiosk.school import index_title
from tests.kiosk.typed import BOOKS, TYPED

REFERENCE = frozenset({"reference"})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    store = Store.open(tmp_path_factory.mktemp("search"))
    with store.begin() as tx:
        _fill(tx.conn)
    with store.read() as tx:
        yield tx.conn
    store.close()


def _fill(conn: Connection) -> None:
    barcodes = itertools.count(1)
    for n, (title, author, class_number, isbn, copy_type, states) in enumerate(BOOKS, 1):
        row = {"n": n, "id": f"t{n}", "title": title, "author": author, "isbn": isbn}
        row |= {"class_number": class_number, "pinyin": toned(title), "publisher": "", "year": ""}
        conn.execute(insert(titles), row)
        index_title(conn, n, row)
        for state in states:
            copy = {"barcode": f"{next(barcodes):08d}", "title_id": f"t{n}", "copy_type": copy_type}
            place = {
                "state": state,
                "shelf": f"{n}",
                "room": "main",
                "call_number": class_number + "/1",
            }
            conn.execute(insert(copies), copy | place)
    conn.execute(
        insert(patrons), {"id": "p", "name": "李小满", "category": "student", "class_name": ""}
    )
    _lend(conn, "流浪地球", date(2026, 12, 9))
    _lend(conn, "流浪地球", date(2026, 12, 2))
    _lend(conn, "狗", date(2026, 12, 2))


def _lend(conn: Connection, title: str, due_on: date) -> None:
    out = conn.exec_driver_sql(
        "SELECT c.barcode FROM copies c JOIN titles t ON t.id = c.title_id"
        " WHERE t.title = ? AND c.barcode NOT IN (SELECT barcode FROM loans) LIMIT 1",
        (title,),
    ).scalar_one()
    row = {"barcode": out, "patron_id": "p", "opened_ms": 1, "due_on": due_on, "entry": "k:1:1"}
    conn.execute(insert(loans), row)


def _titles(conn: Connection, typed: str) -> list[str]:
    found, total = find(conn, typed, in_library_types=REFERENCE)
    assert total == len(found)
    return [f.book.title for f in found]


def _first(conn: Connection, typed: str) -> Found:
    found, _ = find(conn, typed, in_library_types=REFERENCE)
    return found[0]


@pytest.mark.parametrize(("typed", "title"), TYPED)
def test_everything_that_may_be_typed_finds_the_title(
    shelf: Connection, typed: str, title: str
) -> None:
    assert _titles(shelf, typed)[:1] == ([title] if title else [])


def test_the_exact_title_stands_first_then_those_that_begin_with_it(shelf: Connection) -> None:
    assert _titles(shelf, "红楼梦") == ["红楼梦", "红楼梦诗词鉴赏", "少年读红楼梦"]
    assert _titles(shelf, "hlm") == ["红楼梦", "红楼梦诗词鉴赏", "少年读红楼梦"]


def test_one_letter_shows_the_titles_that_begin_with_it(shelf: Connection) -> None:
    assert _titles(shelf, "h") == [
        "红楼梦",
        "红楼梦诗词鉴赏",
        "Harry Potter and the Philosopher's Stone",
    ]


def test_a_title_on_the_shelf_stands_before_its_equal_that_is_out(shelf: Connection) -> None:
    found, _ = find(shelf, "狗", in_library_types=REFERENCE)
    assert [(f.book.author, f.available) for f in found] == [("巴金 著", 1), ("老舍 著", 0)]


def test_role_words_behind_an_author_are_not_typed(shelf: Connection) -> None:
    assert _titles(shelf, "cxqz") == []


def test_copies_in_and_out_are_counted_and_the_first_due_is_told(shelf: Connection) -> None:
    out = _first(shelf, "流浪地球")
    assert (out.copies, out.available, out.expected_on) == (2, 0, date(2026, 12, 2))
    inside = _first(shelf, "红楼梦")
    assert (inside.copies, inside.available, inside.expected_on) == (2, 2, None)
    assert (inside.book.shelf, inside.book.call_number) == ("1", "I242.4/1")


def test_a_copy_on_the_hold_shelf_is_not_available(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.begin() as tx:
        _fill(tx.conn)
        row = {"title_id": "t4", "patron_id": "p", "placed_ms": 1, "barcode": "00000005"}
        assert _first(tx.conn, "西游记").available == 1
        tx.conn.execute(insert(holds), row | {"barcode": "00000005"})
        assert _first(tx.conn, "西游记").available == 0
    store.close()


def test_reference_books_are_marked_for_use_in_the_library(shelf: Connection) -> None:
    assert _first(shelf, "ch").in_library_only
    assert not _first(shelf, "xyj").in_library_only


def test_a_withdrawn_copy_is_not_counted(shelf: Connection) -> None:
    assert (_first(shelf, "猫").copies, _first(shelf, "猫").available) == (0, 0)


def test_a_typed_barcode_comes_back_with_the_title(shelf: Connection) -> None:
    assert _first(shelf, "00000002").book.barcode == "00000002"
    assert _first(shelf, "红楼梦").book.barcode == ""


def test_the_limit_cuts_what_is_shown_but_not_the_total(shelf: Connection) -> None:
    found, total = find(shelf, "红楼梦", 2, in_library_types=REFERENCE)
    assert (len(found), total) == (2, 3)


@pytest.mark.parametrize(
    "typed", ["", " ", "\x00", '"', "'", "*", "(", "AND", "NEAR(", "\ud800", "\ue001"]
)
def test_operators_and_control_characters_are_harmless(shelf: Connection, typed: str) -> None:
    assert find(shelf, typed, in_library_types=REFERENCE)[1] in (0, 1, 2)


@given(
    st.text(st.characters(), max_size=60) | st.text("\"'*()^:-+ANDORNOTEhlm红\x00 ", max_size=60)
)
def test_no_text_makes_the_search_fail(shelf: Connection, typed: str) -> None:
    find(shelf, typed, in_library_types=REFERENCE)


@pytest.mark.parametrize("unit", ["7", "红", "a ", '"', "红 ", "\x00"])
def test_four_kilobytes_are_cut_to_what_a_person_types(shelf: Connection, unit: str) -> None:
    find(shelf, unit * (4096 // len(unit)), in_library_types=REFERENCE)


def test_writing_the_row_again_replaces_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.begin() as tx:
        _fill(tx.conn)
        row = dict(tx.conn.execute(titles.select().where(titles.c.id == "t4")).mappings().one())
        tx.conn.execute(titles.update().where(titles.c.id == "t4").values(title="东游记"))
        index_title(tx.conn, row["n"], row | {"title": "东游记", "pinyin": toned("东游记")})
        assert _titles(tx.conn, "dyj") == ["东游记"]
        assert _titles(tx.conn, "xyj") == []
    store.close()
