"""The feed is a log: who reads it ends with what is there, however often that changed, and whatever was trimmed."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from sync.central.db import insert_many, upsert_many
from sync.central.desk import Desk
from sync.central.feed import Gone, read_page
from sync.central.positions import publish
from sync.central.schema import feed, schools, titles
from sync.central.trimming import SLICE, trim
from sync.wire import Page
from tests.central.fleet import SCHOOL, found_school
from tests.sync.story import NOON

DAY = 24 * 3_600_000
BLANK = dict.fromkeys(("author", "publisher", "year", "class_number", "isbn", "pinyin"), "")


def log(db, *keys: str, gone_ms: int | None = None) -> None:
    with db.begin(SCHOOL) as conn:
        publish(conn, SCHOOL, [("patron", key) for key in keys], gone_ms)


def page(db, cursor: int, limit: int = 2_000, school: str = SCHOOL) -> Page:
    with db.read() as conn:
        return read_page(conn, school, "s1", cursor, limit)


def told(db, cursor: int, limit: int = 2_000) -> list[tuple[int, str]]:
    return [(change.position, change.key) for change in page(db, cursor, limit).changes]


def rows_left(db) -> int:
    with db.read() as conn:
        return conn.execute(select(func.count()).select_from(feed)).scalar_one()


def test_what_changed_ten_times_between_two_pages_is_told_once_where_it_changed_last(db):
    found_school(db, people=("ming", "hua", "lan"))
    log(db, "ming", "hua")
    for _ in range(9):
        log(db, "ming")
    log(db, "lan")
    assert told(db, 0) == [(2, "hua"), (11, "ming"), (12, "lan")]


def test_what_changes_between_two_pages_is_told_on_both(db):
    found_school(db, people=("ming", "hua", "lan"))
    log(db, "ming", "hua", "lan")
    first = page(db, 0, limit=2)
    log(db, "ming")
    assert [c.key for c in first.changes] == ["ming", "hua"]
    assert told(db, first.cursor) == [(3, "lan"), (4, "ming")]


def test_a_page_is_cut_by_rows_of_the_log_not_by_what_it_tells(db):
    found_school(db, people=("ming", "hua"))
    for _ in range(5):
        log(db, "ming")
    log(db, "hua")
    first = page(db, 0, limit=4)
    assert ([c.key for c in first.changes], first.cursor, first.more) == (["ming"], 4, True)
    rest = page(db, first.cursor, limit=4)
    assert ([c.key for c in rest.changes], rest.cursor, rest.more) == (["ming", "hua"], 6, False)


def test_a_copy_that_was_told_apart_from_its_loan_is_named_once_too(db):
    found_school(db, barcodes=("20001",))
    with db.begin(SCHOOL) as conn:
        for kind in ("copy", "held", "copy"):
            publish(conn, SCHOOL, [(kind, "20001")])
    assert [(c.position, c.kind) for c in page(db, 0).changes] == [(2, "loan"), (3, "copy")]


def test_void_rows_are_dropped_a_slice_a_transaction_and_the_rest_next_time(db):
    found_school(db)
    keys = [f"p{n}" for n in range(SLICE)]
    for _ in range(3):
        log(db, *keys)
    seen = []

    def stop() -> bool:
        # From a connection of its own: what it sees is committed, and nothing is locked.
        with db.begin(SCHOOL):
            seen.append(rows_left(db) if db.postgres else None)
        return len(seen) > 1

    assert trim(db, SCHOOL, NOON, stop) == SLICE
    assert seen == ([3 * SLICE, 2 * SLICE] if db.postgres else [None, None])
    assert trim(db, SCHOOL, NOON) == SLICE
    assert trim(db, SCHOOL, NOON) == 0
    assert told(db, 0) == [(2 * SLICE + 1 + n, key) for n, key in enumerate(keys)]


def test_what_changes_after_the_feed_was_trimmed_makes_the_row_from_before_void(db):
    found_school(db)
    log(db, "ming", "hua", "lan")
    assert trim(db, SCHOOL, NOON) == 0
    log(db, "hua", "lan")
    log(db, "lan")
    assert trim(db, SCHOOL, NOON, lambda: True) == 0
    assert trim(db, SCHOOL, NOON) == 3
    assert (told(db, 0), rows_left(db)) == ([(1, "ming"), (4, "hua"), (6, "lan")], 3)


def test_whoever_is_erased_is_named_once_within_the_hour_and_not_at_all_after_90_days(db):
    found_school(db, people=("ming", "hua"))
    log(db, "hua")
    for _ in range(3):
        log(db, "ming")
    with db.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "wang", NOON).erase("ming")
    log(db, "hua")

    def named() -> list[int | None]:
        with db.read() as conn:
            query = select(feed.c.gone_ms).where(feed.c.key == "ming").order_by(feed.c.position)
            return list(conn.execute(query).scalars())

    assert named() == [None, None, None, NOON]
    trim(db, SCHOOL, NOON)
    assert named() == [NOON]
    trim(db, SCHOOL, NOON + 90 * DAY)
    assert named() == [NOON]
    trim(db, SCHOOL, NOON + 90 * DAY + 1)
    assert named() == []


def test_a_record_that_was_off_for_long_does_not_bring_back_whom_it_forgets(db):
    found_school(db, people=("hua",))
    log(db, "ming")
    log(db, "ming", gone_ms=NOON)
    log(db, "hua")
    assert trim(db, SCHOOL, NOON + 91 * DAY) == 2
    assert (told(db, 2), rows_left(db)) == ([(3, "hua")], 1)


def test_who_left_and_is_back_is_told_of_after_the_leaving_is_forgotten(db):
    found_school(db, people=("ming",))
    log(db, "ming", gone_ms=NOON)
    log(db, "ming")
    trim(db, SCHOOL, NOON)
    assert rows_left(db) == 1
    trim(db, SCHOOL, NOON + 91 * DAY)
    # No deletion is kept any more, so none was missed: the oldest cursor is still good.
    assert [(c.key, c.value is not None) for c in page(db, 0).changes] == [("ming", True)]


# Readers who come and go, while things change and the log is trimmed.

_KEYS = st.sampled_from("abc")
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.lists(_KEYS, min_size=1, max_size=3)),
        st.tuples(st.just("take away"), _KEYS),
        st.tuples(st.just("read"), st.tuples(st.integers(0, 2), st.integers(1, 4))),
        st.tuples(st.just("trim"), st.booleans()),
        st.tuples(st.just("days"), st.sampled_from((1, 91))),
    ),
    min_size=10,
    max_size=30,
)
_schools = itertools.count()


class Library:
    """A school of titles, and three readers of its feed."""

    def __init__(self, db: Any) -> None:
        self.db, self.school = db, f"school-{next(_schools)}"
        self.now_ms, self.edition = NOON, 0
        self.cursors = [0, 0, 0]
        self.known: list[dict[str, str]] = [{}, {}, {}]
        with db.begin() as conn:
            row = {"id": self.school, "name": "", "name_en": "", "time_zone": "Asia/Shanghai"}
            insert_many(conn, schools, [{**row, "position": 0, "feed_from": 0}])

    def change(self, keys: list[str]) -> None:
        self.edition += 1
        rows = [
            {"school": self.school, "id": k, "title": f"{self.edition}", **BLANK} for k in set(keys)
        ]
        with self.db.begin(self.school) as conn:
            upsert_many(conn, titles, rows)
            publish(conn, self.school, [("title", key) for key in keys])

    def take_away(self, key: str) -> None:
        with self.db.begin(self.school) as conn:
            conn.execute(delete(titles).where(titles.c.school == self.school, titles.c.id == key))
            publish(conn, self.school, [("title", key)], self.now_ms)

    def trim(self, *, broken_off: bool) -> None:
        trim(self.db, self.school, self.now_ms, lambda: broken_off)

    def read(self, who: int, limit: int) -> bool:
        """One page; whether there is more."""
        try:
            told = page(self.db, self.cursors[who], limit, self.school)
        except Gone:
            self.known[who], self.cursors[who] = self.there()
            return True
        names = [change.key for change in told.changes]
        assert len(names) == len(set(names)) <= limit
        assert [c.position for c in told.changes] == sorted({c.position for c in told.changes})
        for change in told.changes:
            self.known[who].pop(change.key, None)
            if change.value is not None:
                self.known[who][change.key] = change.value["title"]
        self.cursors[who] = told.cursor
        return told.more

    def there(self) -> tuple[dict[str, str], int]:
        """What a snapshot shows, and its position."""
        with self.db.read() as conn:
            query = select(titles.c.id, titles.c.title).where(titles.c.school == self.school)
            at = select(schools.c.position).where(schools.c.id == self.school)
            return {row.id: row.title for row in conn.execute(query)}, conn.execute(at).scalar_one()

    def each_key_stands_once(self) -> bool:
        with self.db.read() as conn:
            query = select(feed.c.key).where(feed.c.school == self.school)
            keys = conn.execute(query).scalars().all()
        return len(keys) == len(set(keys))

    def step(self, what: str, told: Any) -> None:
        match what:
            case "change":
                self.change(told)
            case "take away":
                self.take_away(told)
            case "read":
                self.read(*told)
            case "trim":
                self.trim(broken_off=told)
            case _:
                self.now_ms += told * DAY


def test_however_it_is_trimmed_every_reader_ends_with_what_is_there(db):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_STEPS)
    def holds(steps: list[tuple[str, Any]]) -> None:
        library = Library(db)
        for step in steps:
            library.step(*step)
        for who in range(3):
            while library.read(who, 3):
                pass
            assert library.known[who] == library.there()[0]
        library.trim(broken_off=False)
        assert library.each_key_stands_once()

    holds()
