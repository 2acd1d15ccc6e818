"""Every report tells the same of the same record, whichever database it lies in."""

from __future__ import annotations

from sync.central.db import Database
from sync.central.reports.copies import count_copies
from sync.central.reports.every import REPORTS, summary
from sync.central.reports.look import look_at
from sync.central.reports.out import Wanted, lines
from tests.central.fleet import SCHOOL
from tests.central.records import postgres_record, sqlite_record
from tests.sync.story import NOON
from tests.web_ui.report_record import DAY, fill


def told_by(db: Database) -> dict[str, object]:
    fill(db)
    count_copies(db, SCHOOL)
    told: dict[str, object] = {}
    for period in ("2026-09-01", "2026"):
        with db.read() as conn:
            look = look_at(conn, SCHOOL, NOON + 4 * DAY, period)
            told |= {f"{name} {period}": make(look) for name, make in REPORTS.items()}
            told[f"summary {period}"] = summary(look)
            told[f"lists {period}"] = lines(look, Wanted(late=True))
    return told


def test_every_report_tells_the_same_on_both_databases(tmp_path, postgres_server) -> None:
    sqlite = sqlite_record(tmp_path)
    with postgres_record(postgres_server) as postgres:
        theirs = told_by(postgres)
    ours = told_by(sqlite)
    sqlite.close()
    assert {name: ours[name] == theirs[name] for name in ours} == dict.fromkeys(ours, True)
