"""What is done once an hour: forget what is old, pass on what nobody fetched, count for the reports.

Every process of a record does it, and two may do it at once: each step looks under the school's lock at what is left,
so the second finds nothing. A step that fails is logged and tried again in an hour; it keeps no other from being done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

import structlog
from sqlalchemy import Connection, select

from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.expiring import expire
from sync.central.heartbeats import forget_heartbeats
from sync.central.list_posts import keep_up
from sync.central.posts import forget_over
from sync.central.proofs import note_proofs
from sync.central.reports.copies import count_copies
from sync.central.reports.counting import count_acts
from sync.central.reports.stopping import Stop, never
from sync.central.schema import schools
from sync.central.trimming import trim

log = structlog.get_logger()


def keep_house(
    db: Database, clock: Callable[[], int], real_ms: Callable[[], int], stop: Stop = never
) -> None:
    """A round over all schools. clock: the record's, which a demo moves; real_ms: by which deletions are forgotten."""
    there: Sequence[str] = ()
    with _going_on("", "schools"), db.read() as conn:
        there = conn.execute(select(schools.c.id)).scalars().all()
    for school in there:
        for forget in (expire, forget_heartbeats, forget_over, _keep_up):
            with _going_on(school, forget.__name__), db.begin(school) as conn:
                forget(conn, school, clock())
        with _going_on(school, trim.__name__):
            trim(db, school, real_ms(), stop)
        for count in (count_acts, count_copies, note_proofs):
            with _going_on(school, count.__name__):
                count(db, school, stop)


def _keep_up(conn: Connection, school: str, now_ms: int) -> None:
    keep_up(Desk(conn, school, None, now_ms))


@contextlib.contextmanager
def _going_on(school: str, step: str) -> Iterator[None]:
    try:
        yield
    except CentralError as error:
        log.error("house_not_kept", school=school, step=step, why=str(error))
    except Exception:
        log.exception("house_not_kept", school=school, step=step)
