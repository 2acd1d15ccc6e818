"""A large school on PostgreSQL, written by the database itself: for query plans in the tests, and for the benches.

What is written is as wide and as many as in life, and no more: names and titles that can be told apart, loans past and
open, cases and exceptions whose entries can be read. It is no history that the fold would make.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text

from sync.central.catalogue_search import index_all
from sync.central.db import Database
from sync.central.schema import metadata
from sync.central.staff import add_staff
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.sync.story import NOON
from tests.web_ui.console import PASSWORD

LOGIN = "li"
_DAY = 86_400_000
_RETURNED = tuple(f"200{n}" for n in range(10, 30))


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are of each. A class has 40 patrons, a title 5 copies."""

    patrons: int
    copies: int
    past_loans: int
    open_loans: int
    entries: int


def fill(db: Database, size: Size) -> None:
    """Fill an empty record whose tables are up to date."""
    found_school(db, barcodes=("20001", *_RETURNED), people=("小明", "小华"))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        add_staff(conn, SCHOOL, LOGIN, "李老师", "librarian", PASSWORD)
        told = {**{name: getattr(size, name) for name in Size.__slots__}, "now": NOON, "day": _DAY}
        for statement in _STATEMENTS:
            conn.execute(text(statement), {"school": SCHOOL, **told})
    # As after every import: what is written next is looked up in these.
    _count_tables(db, ("entries", "outcomes", "people", "loans", "holdings"))
    _odd_ones(db)
    with db.begin() as conn:
        index_all(conn)
    _count_tables(db, metadata.tables)


def make_newcomer(db: Database) -> None:
    """Let PostgreSQL believe that all that it has counted is another school's, and that this one has no rows."""
    with db.engine.connect() as conn:
        for statement in _OF_ANOTHER:
            conn.exec_driver_sql(statement)
        conn.commit()


_OF_ANOTHER = (
    "CREATE TABLE elsewhere AS SELECT 'another' AS school FROM generate_series(1, 100)",
    "ANALYZE elsewhere",
    """UPDATE pg_statistic told SET stavalues1 = another.stavalues1 FROM pg_statistic another, pg_attribute of
        WHERE another.starelid = 'elsewhere'::regclass AND told.stakind1 = another.stakind1
        AND of.attrelid = told.starelid AND of.attnum = told.staattnum AND of.attname = 'school'""",
    "DROP TABLE elsewhere",
)


def _odd_ones(db: Database) -> None:
    """A clash and some exceptions, with entries that can be read."""
    one, two = Pen("s1"), Pen("s2")
    for pen in (one, two):
        enrol(db, pen.station)
    one.checkout("20001", "小明", at=3_600_000)
    two.checkout("20001", "小华", at=3_540_000, unsure=True, boot="boot-2")
    for n, barcode in enumerate(_RETURNED):
        one.checkin(barcode, at=3_600_000 + n)
    push(db, one)
    push(db, two)


def _count_tables(db: Database, names: Iterable[str]) -> None:
    with db.engine.connect() as conn:
        conn.exec_driver_sql(f"ANALYZE {', '.join(names)}")
        conn.commit()


_STATEMENTS = """
INSERT INTO titles (school, id, title, author, publisher, year, class_number, isbn, pinyin)
SELECT :school, 'b' || n, '第' || n || '本书', '作者' || n % 5000, '出版社' || n % 200, '2019', 'I' || 200 + n % 80 ||
'.' || n % 9, 9780000000000 + n || '', ''
FROM generate_series(1, :copies / 5) n;

INSERT INTO copies (school, barcode, title_id, copy_type, state, shelf, room, call_number)
SELECT :school, 10000000 + n || '', 'b' || (n - 1) / 5 + 1, 'book', 'on_shelf', n % 9 || '', 'main', 'I' ||
200 + n % 80 || '/' || n
FROM generate_series(1, :copies) n;

INSERT INTO patrons (school, id, name, initials, category, grade, class_name)
SELECT :school, 'p' || n, '读者' || n, 'dz' || n, CASE WHEN n % 15 = 0 THEN 'teacher' ELSE 'student' END, n % 9 + 1,
n % 9 + 1 || '年级' || n / 40 % 300 || '班'
FROM generate_series(1, :patrons) n;

INSERT INTO cards (school, number, patron_id, state)
SELECT :school, 2000000000 + n || '', 'p' || n, 'active'
FROM generate_series(1, :patrons) n;

INSERT INTO loans (school, opened_by, barcode, patron, opened_ms, due_on, renewals, closed_by, closed_ms, how)
SELECT :school, 'old:1:' || n, 10000000 + n % :copies + 1 || '', 'p' || n % :patrons + 1, :now - (n % 2000 +
20) * CAST(:day AS bigint), DATE '2024-09-01', 0, 'old:2:' || n, :now - (n % 2000 + 6) * CAST(:day AS bigint),
'returned'
FROM generate_series(1, :past_loans) n;

INSERT INTO loans (school, opened_by, barcode, patron, opened_ms, due_on, renewals, how)
SELECT :school, 'open:1:' || n, 10000000 + n || '', 'p' || n % :patrons + 1, :now - (n % 20) * CAST(:day AS
bigint), DATE '2026-11-20' + n % 30, 0, ''
FROM generate_series(1, :open_loans) n;

INSERT INTO holdings (school, barcode, patron, opened_by, state, lendable, place, seen_ms, in_doubt, sealed,
sealed_to_ms, since_seal)
SELECT :school, 10000000 + n || '', CASE WHEN n <= :open_loans THEN 'p' || n % :patrons + 1 END, CASE WHEN n
<= :open_loans THEN 'open:1:' || n END, 'on_shelf', true,
'', :now - (n % 2000) * CAST(:day AS bigint), false, '', -1, 0
FROM generate_series(1, :copies) n;

INSERT INTO entries (school, station, epoch, seq, hash, body, barcode, lo, est, hi, received_ms)
SELECT :school, 'old', 1, n, md5('' || n), '{}', 10000000 + n % :copies + 1 || '', t, t, t, t FROM (SELECT n, :now
- (n % 2000 + 40) * CAST(:day AS bigint) t
FROM generate_series(1, :entries) n) x;

INSERT INTO outcomes (school, station, epoch, seq, outcome, codes, past_limit, revision)
SELECT :school, 'old', 1, n, CASE WHEN n % 20 = 0 THEN 'excepted' ELSE 'accepted' END, CASE WHEN n % 20 = 0
THEN 'return_not_on_loan' ELSE '' END, false, 1
FROM generate_series(1, :entries) n;

INSERT INTO people (school, station, epoch, seq, salt, patron)
SELECT :school, 'old', 1, n, 's', 'p' || n % :patrons + 1
FROM generate_series(1, :entries) n;

INSERT INTO holds (school, id, title_id, patron_id, placed_ms, ended_ms, how)
SELECT :school, 'h' || n, 'b' || n % (:copies / 5) + 1, 'p' || n % :patrons + 1, :now - CAST(n AS bigint) * 60000,
:now - CAST(n AS bigint) * 30000, 'filled'
FROM generate_series(1, :open_loans) n;

INSERT INTO holds (school, id, title_id, patron_id, placed_ms, barcode, shelved_ms, keep_until)
SELECT :school, 'w' || n, 'b' || n, 'p' || n % :patrons + 1, :now - CAST(n AS bigint) * 60000, CASE WHEN n % 3 = 0 THEN
10000000 + n * 5 || '' END, CASE WHEN n % 3 = 0 THEN :now - CAST(n AS bigint) * 30000 END, CASE WHEN n % 3 = 0 THEN
DATE '2026-11-20' + n % 30 END
FROM generate_series(1, :open_loans / 10) n;

INSERT INTO room_stays (school, station, entry, patron, room, from_ms, closes_ms, out_ms)
SELECT :school, 's1', 'old:3:' || n, 'p' || n % :patrons + 1, 'reading', :now - n * (CAST(:day AS bigint) / 100),
:now - n * (CAST(:day AS bigint) / 100) + 36000000, CASE WHEN n % 3 > 0 THEN
:now - n * (CAST(:day AS bigint) / 100) + 1800000 END
FROM generate_series(1, :open_loans) n;

UPDATE loans SET claimed_by = 'desk:1:1', claimed_ms = :now WHERE school = :school AND opened_by IN
(SELECT 'open:1:' || n * 20 FROM generate_series(1, :open_loans / 20) n);

INSERT INTO proofs (school, code, station, epoch, seq)
SELECT :school, upper(substr(hash, 1, 6)), station, epoch, seq FROM entries;

INSERT INTO proven (school, station, epoch, seq)
SELECT school, station, epoch, max(seq) FROM entries GROUP BY school, station, epoch;

INSERT INTO stations (school, id, name, room, software, seen_ms, health)
SELECT :school, 'k' || n, '机器' || n, '', '', :now, '{}'
FROM generate_series(1, 20) n;

INSERT INTO heartbeats (school, station, from_ms, to_ms, boot, up_ms, parts)
SELECT :school, 'k' || n % 20 + 1, :now - n * CAST(400000 AS bigint), :now - n * CAST(400000 AS bigint) + 300000, 'b',
0, '{"printer": "printer_doubt"}'
FROM generate_series(1, :open_loans * 20) n;

INSERT INTO posts (school, id, kind, body, from_on, until_on, at_stations, on_page, over, changed_ms)
SELECT :school, kind || n, kind, body, DATE '2026-11-20' - n, DATE '2026-11-24' - n, true, true, false, :now
FROM generate_series(1, :patrons) n, (VALUES ('notice', '{"text": "通知"}'), ('event', '{"name": "读书会"}'),
('activity', '{"name": "共读", "of": "small"}'), ('list', '{"name": "好书"}')) made (kind, body);

INSERT INTO reading_lists (school, id, name, made_by, changed_ms)
SELECT :school, 'l' || n, '书单' || n, 'li', :now - CAST(n AS bigint) * 60000
FROM generate_series(1, :patrons) n;

INSERT INTO activity_marks (school, activity, kind, who, station, at_ms)
SELECT :school, 'activity' || n % (:open_loans / 3) + 1,
CASE WHEN n <= :open_loans / 3 THEN 'count' ELSE 'attend' END, CASE WHEN n <= :open_loans / 3 THEN '38'
ELSE 'p' || (n + n / (:open_loans / 3) * 37) % :patrons + 1 END, 's1', :now
FROM generate_series(1, :open_loans * 8) n;

INSERT INTO voices (school, id, kind, at_ms, patron, said, isbn, state)
SELECT :school, 'voice' || n, CASE n % 3 WHEN 0 THEN 'purchase' WHEN 1 THEN 'complaint' ELSE 'suggestion' END,
:now - CAST(n AS bigint) * 60000, 'p' || n % :patrons + 1, '{"note": "loud"}', CASE WHEN n % 3 = 0 THEN
9787020000000 + n % (:open_loans * 2) || '' ELSE '' END, CASE WHEN n % 60 = 1 THEN 'new' ELSE 'answered' END
FROM generate_series(1, :open_loans * 3) n;

INSERT INTO wishes (school, isbn, state, title, answer, staff, state_ms)
SELECT :school, isbn, CASE WHEN right(isbn, 3) = '018' THEN 'ordered' ELSE 'arrived' END, '', '好', 'li', :now
FROM voices WHERE isbn <> '' AND right(isbn, 1) = '8' GROUP BY isbn;

INSERT INTO pins (school, patron, pin, made_ms)
SELECT :school, 'p' || n, '', :now
FROM generate_series(1, :patrons) n;

INSERT INTO feed (school, kind, key, position)
SELECT :school, 'copy', 10000000 + n || '', n
FROM generate_series(1, :copies) n;

UPDATE schools SET position = :copies WHERE id = :school
""".split(";")
