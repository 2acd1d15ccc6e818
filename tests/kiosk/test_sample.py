"""The sample school: real titles, plausible people, everybody that the demo points at."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.library import Library
from config.numbers import fits
from config.settings import load_library
from kiosk import isbn
from kiosk.sample import big, build, highlights
from kiosk.sample.books import read_titles
from kiosk.store.search import find
from kiosk.store.store import Store

TODAY = date(2026, 11, 25)
NOW_MS = round(datetime(2026, 11, 25, 11, 45, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)
SHIPPED = Path(__file__).resolve().parents[2] / "config" / "library.toml"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(SHIPPED)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Any]:
    store = _made(tmp_path_factory.mktemp("sample"), library)
    with store.read() as tx:
        yield tx.conn
    store.close()


def _made(folder: Path, library: Library, seed: int = 7) -> Store:
    store = Store.open(folder)
    build(store, library, seed=seed, today=TODAY, now_ms=NOW_MS, lend=_lend, take_back=_take_back)
    return store


def _lend(tx: Any, patron_id: str, barcode: str, opened_ms: int, due_on: date) -> None:
    row = (barcode, patron_id, opened_ms, due_on.isoformat(), 0, None, "kiosk-1:1:1")
    tx.conn.exec_driver_sql(
        "INSERT INTO loans (barcode, patron_id, opened_ms, due_on, renewals, excused_on, entry)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def _take_back(tx: Any, _patron_id: str, barcode: str, _at_ms: int) -> None:
    tx.conn.exec_driver_sql("DELETE FROM loans WHERE barcode = ?", (barcode,))


def _one(conn: Any, sql: str, *values: Any) -> Any:
    return conn.exec_driver_sql(sql, values).scalar()


def _all(conn: Any, sql: str, *values: Any) -> list[Any]:
    return [tuple(row) for row in conn.exec_driver_sql(sql, values)]


def test_the_list_holds_at_least_300_titles_once_each() -> None:
    names = [(e.title, e.author) for e in read_titles()]
    assert len(names) >= 300
    assert len(names) == len(set(names))
    assert all(e.class_number[0].isalpha() and e.author for e in read_titles())


def test_every_isbn_in_the_list_has_a_good_check_digit() -> None:
    given = [e.isbn for e in read_titles() if e.isbn]
    assert len(given) >= 15
    assert [i for i in given if not isbn.is_good(i) or isbn.isbn13(i) != i] == []


def test_a_school_of_the_promised_size_stands(sample: Any) -> None:
    assert _one(sample, "SELECT count(*) FROM patrons WHERE category = 'student'") == 1_200
    assert _one(sample, "SELECT count(DISTINCT class_name) FROM patrons WHERE grade > 0") == 30
    assert _one(sample, "SELECT count(*) FROM patrons WHERE category = 'teacher'") == 80
    assert _one(sample, "SELECT count(*) FROM copies") == 8_000
    assert _one(sample, "SELECT count(*) FROM loans") == 900
    assert 20 <= _one(sample, "SELECT count(*) FROM loans WHERE due_on < '2026-11-25'") <= 60
    assert _one(sample, "SELECT count(*) FROM holds WHERE barcode IS NOT NULL") == 3
    out = "SELECT count(*) FROM holds JOIN loans USING (barcode)"
    assert _one(sample, out) == 0, "a copy on the hold shelf is on loan to nobody"
    assert _one(sample, "SELECT count(*) FROM title_search") == len(read_titles())


def test_labels_types_and_rooms_are_those_of_the_settings(sample: Any, library: Library) -> None:
    shapes = library.barcodes
    numbers = [n for (n,) in _all(sample, "SELECT number FROM cards")]
    labels = [b for (b,) in _all(sample, "SELECT barcode FROM copies")]
    assert all(fits(n, shapes.card_shapes) for n in numbers)
    assert all(fits(b, shapes.copy_shapes) for b in labels)
    types = {t for (t,) in _all(sample, "SELECT DISTINCT copy_type FROM copies")}
    assert types == {t.key for t in library.copy_types}
    rooms = {r for (r,) in _all(sample, "SELECT DISTINCT room FROM copies")}
    assert rooms <= {r.key for r in library.rooms}


@pytest.mark.parametrize(
    "title", ["红楼梦", "海底两万里", "昆虫记", "城南旧事", "辞海（第七版）", "小猪唏哩呼噜"]
)
def test_the_titles_that_people_look_for_are_there(sample: Any, title: str) -> None:
    found, _ = find(sample, title, in_library_types=frozenset({"reference"}))
    assert found[0].book.title == title
    assert found[0].available > 0


def test_loans_keep_to_the_rules(sample: Any, library: Library) -> None:
    most = "SELECT count(*) FROM loans JOIN patrons ON id = patron_id WHERE category = 'student'"
    counts = _all(sample, f"{most} GROUP BY id, grade")
    assert max(counts)[0] == 3
    assert max(_all(sample, f"{most} AND grade < 3 GROUP BY id"))[0] <= 2
    kept = "SELECT count(*) FROM loans JOIN copies USING (barcode) WHERE "
    assert _one(sample, f"{kept} copy_type = 'reference' OR state <> 'on_shelf'") == 0
    due = {date.fromisoformat(d) for (d,) in _all(sample, "SELECT DISTINCT due_on FROM loans")}
    closed = [(c.begins, c.ends or c.begins) for c in library.closures]
    assert [d for d in due if d.weekday() > 4 or any(a <= d <= b for a, b in closed)] == []


def test_who_waits_waits_for_a_title_that_is_out(sample: Any) -> None:
    waited = _all(sample, "SELECT title_id FROM holds WHERE barcode IS NULL")
    for (title_id,) in waited:
        free = "SELECT count(*) FROM copies WHERE title_id = ? AND barcode NOT IN (SELECT barcode FROM loans)"
        assert _one(sample, free, title_id) == 0


def test_li_xiaoman_has_one_book_and_nothing_overdue(sample: Any) -> None:
    sql = (
        "SELECT t.title, l.due_on > '2026-11-25' FROM patrons p JOIN loans l ON l.patron_id = p.id"
        " JOIN copies c USING (barcode) JOIN titles t ON t.id = c.title_id"
        " WHERE p.name = '李小满' AND p.class_name = '三年级2班'"
    )
    assert _all(sample, sql) == [("城南旧事", 1)]


def test_every_special_card_shows_what_it_stands_in_front_for(sample: Any) -> None:
    sql = (
        "SELECT p.name, c.state, p.blocked IS NOT NULL, p.expires_on < '2026-11-25',"
        " (SELECT count(*) FROM loans WHERE patron_id = p.id),"
        " (SELECT count(*) FROM loans WHERE patron_id = p.id AND due_on < '2026-11-25')"
        " FROM cards c JOIN patrons p ON p.id = c.patron_id WHERE c.number = ?"
    )
    facts = [_all(sample, sql, number)[0] for number in highlights(sample)["cards"]]
    assert facts == [
        ("孙一鸣", "active", 0, 0, 0, 0),
        ("李小满", "active", 0, 0, 1, 0),
        ("王安安", "active", 0, 0, 0, 0),
        ("林晓燕", "active", 0, None, 1, 0),
        ("张子轩", "active", 0, 0, 1, 1),
        ("陈思远", "active", 0, 0, 3, 0),
        ("吴雨桐", "active", 0, 0, 0, 0),
        ("刘梦琪", "active", 0, 1, 0, 0),
        ("黄俊杰", "active", 1, 0, 0, 0),
        ("赵依诺", "lost", 0, 0, 0, 0),
        ("周浩然", "active", 0, 0, 0, 0),
        ("周浩然", "replaced", 0, 0, 0, 0),
    ]


def test_the_copies_pointed_at_are_there(sample: Any) -> None:
    shown = highlights(sample)["copies"]
    assert len(shown) == 16
    lent = {b for (b,) in _all(sample, "SELECT barcode FROM loans")}
    assert [barcode for barcode in shown if barcode in lent] == shown[11:13]
    kept = _all(sample, "SELECT count(*) FROM holds WHERE barcode = ?", shown[13])
    assert kept == [(1,)]


def test_highlights_of_another_school_are_none(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with store.read() as tx:
        assert highlights(tx.conn) == {"cards": [], "copies": []}
    store.close()


def test_the_same_seed_makes_the_same_school(tmp_path: Path, library: Library, sample: Any) -> None:
    again = _made(tmp_path / "again", library)
    other = _made(tmp_path / "other", library, seed=8)
    tables = ("titles", "copies", "patrons", "cards", "loans", "holds")
    with again.read() as tx, other.read() as tx2:
        for table in tables:
            assert _all(tx.conn, f"SELECT * FROM {table}") == _all(sample, f"SELECT * FROM {table}")
        assert _all(tx2.conn, "SELECT * FROM patrons") != _all(sample, "SELECT * FROM patrons")
    again.close()
    other.close()


def test_a_large_store_has_the_size_asked_for(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    big(store, patrons=100, copies=2_000, seed=3)
    with store.read() as tx:
        counts = [
            _one(tx.conn, f"SELECT count(*) FROM {t}") for t in ("patrons", "copies", "titles")
        ]
        assert counts == [100, 2_000, 667]
        assert find(tx.conn, "hlm", in_library_types=frozenset())[1] == 1
    store.close()
