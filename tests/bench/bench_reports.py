"""Every report over 5,000,000 past loans on PostgreSQL, beside a plain count of one table of all of them.

Loans, copies and people are written set-wise; a year of acts is written as the counts that counting leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import text

from sync.central.cli_serve import collect_seldom
from sync.central.db import Database
from sync.central.reports.copies import count_copies
from sync.central.reports.every import REPORTS, summary
from sync.central.reports.look import Look, look_at
from sync.central.reports.out import Wanted, lines
from sync.central.schema import metadata
from tests.bench.plan import Plan
from tests.bench.rows import Row, median, quantile
from tests.central import postgres
from tests.central.fleet import SCHOOL, found_school, publish_rules
from tests.sync.story import NOON

NAME = "reports"
PEOPLE, COPIES, LOANS, OUT, VOICES = 50_000, 500_000, 5_000_000, 60_000, 100_000
# Five school years back from the day on which the reports are asked for.
DAYS = 5 * 365
RUNS = 7
MOST_MS = 2_000.0

_FILL = (
    f"""INSERT INTO titles (school, id, title, author, publisher, year, class_number, isbn, pinyin)
        SELECT '{SCHOOL}', 't' || n, '书 ' || n, '', '', '', chr(65 + n % 22) || n, '', ''
        FROM generate_series(2, {COPIES // 3}) n""",
    f"""INSERT INTO copies (school, barcode, title_id, copy_type, state, shelf, room, call_number)
        SELECT '{SCHOOL}', 'c' || n, 't' || (2 + n % ({COPIES // 3} - 2)),
        (ARRAY['book', 'book', 'pinyin', 'magazine'])[1 + n % 4], 'on_shelf', '1', '', ''
        FROM generate_series(1, {COPIES}) n""",
    f"""INSERT INTO patrons (school, id, name, category, grade, class_name)
        SELECT '{SCHOOL}', 'p' || n, '读者' || n, CASE WHEN n % 20 = 0 THEN 'teacher' ELSE 'student' END,
        CASE WHEN n % 20 = 0 THEN NULL ELSE 1 + n % 12 END,
        CASE WHEN n % 20 = 0 THEN '' ELSE (1 + n % 12) || '年级' || (1 + (n / 12) % 90) || '班' END
        FROM generate_series(1, {PEOPLE}) n""",
    f"""INSERT INTO loans
        (school, opened_by, barcode, patron, opened_ms, due_on, renewals, closed_by, closed_ms, closed_lo, how)
        SELECT '{SCHOOL}', 's' || n % 20 || ':1:' || n, 'c' || 1 + (n::bigint * 7919) % ({COPIES} * 3 / 4),
        'p' || 1 + (n::bigint * 104729) % {PEOPLE}, at, date '2026-12-09', 0, 'x', at + 86400000 * (1 + n % 14),
        at, 'returned' FROM (SELECT n, {NOON} - {DAYS} * 86400000::bigint
        + (n::bigint * {DAYS} * 86400000 / {LOANS}) AS at FROM generate_series(1, {LOANS}) n) made""",
    f"""UPDATE loans SET closed_by = NULL, closed_ms = NULL, closed_lo = NULL, how = ''
        WHERE opened_by IN (SELECT 's' || n % 20 || ':1:' || n FROM generate_series({LOANS - OUT}, {LOANS}) n)""",
    f"""INSERT INTO act_days
        SELECT '{SCHOOL}', date '2021-12-01' + day, 's' || station, 1, during, act, '', 1 + day % 40
        FROM generate_series(0, {DAYS}) day, generate_series(0, 19) station,
        unnest(ARRAY['', '午间借还']) during, unnest(ARRAY['checkout', 'checkin', 'renewal', 'use', 'visit']) act""",
    f"""INSERT INTO reader_weeks SELECT '{SCHOOL}', date '2021-11-29' + 7 * week, 's1', 1, 'p' || 20 * n, 'visit', 2
        FROM generate_series(0, {DAYS // 7}) week, generate_series(1, {PEOPLE // 20}) n""",
    f"""INSERT INTO stations (school, id, name, room, software, health)
        SELECT '{SCHOOL}', 's' || n, '机器' || n, '', '', '{{}}'
        FROM generate_series(0, 19) n""",
    f"""INSERT INTO heartbeats SELECT '{SCHOOL}', 's' || n, {NOON} - day * 86400000::bigint,
        {NOON} - day * 86400000::bigint + 30000000, 'b' || day, {NOON} - day * 86400000::bigint,
        '{{"scanner front":"scanner_ok"}}' FROM generate_series(0, 19) n, generate_series(0, 365) day""",
    f"""INSERT INTO voices (school, id, kind, at_ms, said, state)
        SELECT '{SCHOOL}', 'v' || n, (ARRAY['complaint', 'suggestion', 'purchase', 'answers'])[1 + n % 4],
        {NOON} - (n::bigint * {DAYS} * 86400000 / {VOICES}), '{{"note": "loud"}}', 'answered'
        FROM generate_series(1, {VOICES}) n""",
    f"""INSERT INTO posts (school, id, kind, body, from_on, until_on, at_stations, on_page, over, changed_ms)
        SELECT '{SCHOOL}', 'a' || day, 'activity', '{{"name": "共读", "of": "small"}}', date '2026-11-25' - day,
        date '2026-11-25' - day, true, true, false, {NOON} FROM generate_series(0, {DAYS}) day""",
    f"""INSERT INTO activity_marks SELECT '{SCHOOL}', 'a' || day, 'attend', 'p' || 40 * n, 's1', {NOON}
        FROM generate_series(0, {DAYS}) day, generate_series(1, 40) n""",
)  # fmt: skip


def run(plan: Plan) -> list[Row]:
    with postgres.server(durable=True) as url:
        db = Database(url)
        metadata.create_all(db.engine)
        found_school(db)
        publish_rules(db)
        for statement in _FILL:
            with db.begin() as conn:
                # The driver itself would take a remainder's % for a parameter.
                conn.exec_driver_sql(statement.replace("%", "%%"))
        with db.engine.connect() as conn:
            conn.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        begun = time.perf_counter()
        count_copies(db, SCHOOL)
        counting_s = time.perf_counter() - begun
        # As the server does it.
        collect_seldom()
        whole = _times(
            db, lambda look: look.conn.execute(text("SELECT count(*) FROM loans")).scalar()
        )
        peer = median(whole)
        rows = [
            Row(
                NAME,
                "counting 500,000 copies once",
                counting_s * 1000,
                "ms",
                "count(*) of all loans",
                peer,
            )
        ]
        for name, make in {**REPORTS, "summary": summary, "lists": _lists}.items():
            for period in ("2026-09-01", "2026"):
                times = _times(db, make, period)
                what = f"{name}, {'term' if '-' in period else 'year'}"
                for part, value in (("median", median(times)), ("p95", quantile(times, 0.95))):
                    target = {"most": MOST_MS} if part == "p95" else {}
                    rows.append(
                        Row(
                            NAME,
                            f"{what}, {part}",
                            value,
                            "ms",
                            "count(*) of all loans",
                            peer,
                            **target,
                        )
                    )
        db.close()
        return rows


def _lists(look: Look) -> object:
    return lines(look, Wanted())


def _times(db: Database, make: Callable[[Look], object], period: str = "") -> list[float]:
    """Milliseconds of each run."""
    found = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        with db.read() as conn:
            make(look_at(conn, SCHOOL, NOON, period))
        found.append((time.perf_counter() - begun) * 1000)
    return found
