"""Signing in to an activity at the station: one entry in one transaction, with the line cut too."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from kiosk.activities import MOST_OFFERED, Activity, Kind, Offered, may_attend
from kiosk.domain import Now, Patron
from kiosk.store.attended import attended, class_size
from kiosk.store.posts import standing
from kiosk.store.tx import Tx
from kiosk.visit import Visit


def offered(tx: Tx, patron: Patron, now: Now) -> tuple[Offered, ...]:
    """The activities of today that this patron may sign in to; none while nobody knows what day it is."""
    if not now.sure:
        return ()
    found = [post for post in standing(tx, Activity, now) if may_attend(post.body, patron)]
    if not found:
        # Nearly every day: no card needs its patron's journal read.
        return ()
    midnight = datetime.combine(now.local.date(), time(), now.local.tzinfo)
    done = attended(tx, patron.id, round(midnight.timestamp() * 1000))
    return tuple(
        Offered(p.id, p.body.name, p.body.name_en, p.body.of, p.id in done, _size(tx, p.body))
        for p in found[:MOST_OFFERED]
    )


def _size(tx: Tx, activity: Activity) -> int:
    return class_size(tx, activity.class_name) if activity.of is Kind.SESSION else 0


def with_attended(visit: Visit, activity: str) -> Visit:
    """The visit once its patron has signed in to this activity."""
    told = tuple(replace(o, attended=o.attended or o.id == activity) for o in visit.activities)
    return replace(visit, activities=told)
