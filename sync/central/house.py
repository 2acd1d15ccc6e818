"""What is done once an hour: forget what is old, pass on what nobody fetched, count for the reports.

Every process of a record does it, and two may do it at once: each step looks under the school's lock at what is left,
so the second finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from sync.central.db import Database
from sync.central.desk import Desk
from sync.central.expiring import expire
from sync.central.heartbeats import forget_heartbeats
from sync.central.list_posts import keep_up
from sync.central.posts import forget_over
from sync.central.proofs import note_proofs
from sync.central.reports.stopping import Stop, never
from sync.central.reports.up_to_date import bring_up_to_date
from sync.central.schema import schools
from sync.central.trimming import trim


def keep_house(
    db: Database, clock: Callable[[], int], real_ms: Callable[[], int], stop: Stop = never
) -> None:
    """A round over all schools. clock: the record's, which a demo moves; real_ms: by which deletions are forgotten."""
    with db.read() as conn:
        there = conn.execute(select(schools.c.id)).scalars().all()
    for school in there:
        with db.begin(school) as conn:
            expire(conn, school, clock())
            forget_heartbeats(conn, school, clock())
            forget_over(conn, school, clock())
            keep_up(Desk(conn, school, None, clock()))
        trim(db, school, real_ms(), stop)
        bring_up_to_date(db, school, stop)
        note_proofs(db, school, stop)
