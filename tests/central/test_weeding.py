"""Books that nobody has borrowed for years: who is on the list, page by page, and how they are withdrawn at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from kiosk.domain import CopyState
from sync.central import copy_acts, weeding
from sync.central.copy_acts import Unfit
from sync.central.db import insert_many
from sync.central.schema import copies, loans
from sync.central.scope import Part, Scope
from sync.central.verify import faults
from sync.central.weeding import Wish
from tests.central.fleet import SCHOOL, Pen, enrol, holder, push
from tests.central.stock import DAY, desk, stocked
from tests.central.test_people import planned
from tests.sync.story import NOON

YEAR = 365 * DAY
ROWS = (
    ("20001", "main", "A", "I24/1"),
    ("20002", "main", "A", "I24/2"),
    ("20003", "main", "B", "I25/1"),
    ("20004", "teachers", "A", "G4/1"),
)


def lent(db, barcode: str, opened_ms: int, n: int = 0) -> None:
    """A loan of long ago that is over."""
    row: dict[str, Any] = {
        "school": SCHOOL,
        "opened_by": f"s0:1:{barcode}{n}",
        "barcode": barcode,
        "patron": "ming",
    }
    row |= {
        "opened_ms": opened_ms,
        "due_on": date(2020, 1, 1),
        "renewals": 0,
        "closed_by": "s0:1:9",
    }
    row |= {"closed_ms": opened_ms + DAY, "closed_lo": opened_ms + DAY, "how": "returned"}
    with db.begin(SCHOOL) as conn:
        insert_many(conn, loans, [row])


def listed(db, **wish) -> list[tuple[str, int, int]]:
    told: Any = {"before_ms": NOON - 5 * YEAR, **wish}
    wanted = Wish(**told)
    with db.read() as conn:
        found = weeding.all_candidates(conn, SCHOOL, wanted)
        return [(one.barcode, one.loans, one.copies) for one in found]


def test_what_was_lent_within_the_years_is_not_on_the_list(db):
    stocked(db, ROWS)
    lent(db, "20001", NOON - 2 * YEAR)
    lent(db, "20002", NOON - 6 * YEAR)
    lent(db, "20002", NOON - 7 * YEAR, 1)
    assert listed(db) == [("20002", 2, 1), ("20003", 0, 1), ("20004", 0, 1)]
    assert listed(db, scope=Scope(Part.SHELF, "main", "A")) == [("20002", 2, 1)]
    assert listed(db, scope=Scope(Part.CALL, call_from="G", call_to="G")) == [("20004", 0, 1)]
    assert listed(db, until_year="1998") == []
    assert listed(db, copies=2) == []
    assert listed(db, before_ms=NOON - YEAR) == [
        ("20001", 1, 1), ("20002", 2, 1), ("20003", 0, 1), ("20004", 0, 1)
    ]  # fmt: skip


def test_a_copy_that_is_out_or_already_away_is_not_on_the_list(db):
    stocked(db, ROWS)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20001", "ming", at=0)
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        desk(conn).copy_state("20002", "lost")
    assert [one[0] for one in listed(db, before_ms=NOON + YEAR)] == ["20003", "20004"]
    assert listed(db, state=CopyState.LOST) == [("20002", 0, 0)]


def test_a_copy_that_came_within_the_years_is_too_young(db):
    stocked(db, ROWS)
    with db.begin(SCHOOL) as conn:
        for barcode, day in (("20001", date(2026, 9, 1)), ("20002", date(2019, 9, 1))):
            one = copies.c.barcode == barcode
            conn.execute(update(copies).where(one).values(arrived_on=day))
    assert [one[0] for one in listed(db, here_before=date(2021, 11, 25))] == [
        "20002",
        "20003",
        "20004",
    ]


def test_chosen_copies_are_withdrawn_in_one_act_with_its_reason_and_come_back(db):
    stocked(db, ROWS)
    pen = Pen("s1")
    enrol(db, "s1")
    pen.checkout("20003", "ming", at=0)
    push(db, pen)
    with db.begin(SCHOOL) as conn:
        act = copy_acts.begin(desk(conn), CopyState.WITHDRAWN, "破旧")
        passed = copy_acts.add(desk(conn), act, ["20001", "20002", "20003", "99999", "20001"])
    assert passed == {"20003": Unfit.ON_LOAN, "99999": Unfit.UNKNOWN}
    assert holder(db, "20003") == "ming"
    assert [one[0] for one in listed(db)] == ["20004"]
    with db.read() as conn:
        rows, more = copy_acts.changed(conn, SCHOOL, act)
        assert ([(r.barcode, r.title, r.before) for r in rows], more) == (
            [("20001", "书20001", "on_shelf"), ("20002", "书20002", "on_shelf")], None
        )  # fmt: skip
    with db.begin(SCHOOL) as conn:
        again = copy_acts.begin(desk(conn, 2 * DAY), CopyState.WITHDRAWN, "破旧")
        assert copy_acts.add(desk(conn, 2 * DAY), again, ["20001"]) == {"20001": Unfit.ALREADY}
    told: Any = {"staff": "li", "now_ms": NOON + 3 * DAY}
    assert copy_acts.undo(db, SCHOOL, act, **told) == 2
    assert copy_acts.undo(db, SCHOOL, act, **told) == 0
    assert [one[0] for one in listed(db)] == ["20001", "20002", "20004"]
    assert list(faults(db)) == []


@pytest.mark.parametrize("every", [1, 700])
def test_pages_of_the_list_hold_each_candidate_once_and_look_at_few_copies(db, every):
    count = 2_600
    stocked(db, [(f"{n:05}", "main", "A", f"I{n:05}") for n in range(count)])
    opened = {n for n in range(count) if n % every}
    with db.begin(SCHOOL) as conn:
        insert_many(
            conn,
            loans,
            [
                {
                    "school": SCHOOL, "opened_by": f"s0:1:{n}", "barcode": f"{n:05}", "patron": None,
                    "opened_ms": NOON - DAY, "due_on": None, "renewals": 0, "closed_by": "x",
                    "closed_ms": NOON, "closed_lo": NOON, "how": "returned",
                }
                for n in sorted(opened)
            ],
        )  # fmt: skip
    db.note_written("entries", 4 * count)  # as the journals of stations are
    wish, after, seen, looked = Wish(before_ms=NOON - YEAR), None, [], []
    with db.read() as conn:
        while True:
            page = weeding.candidates(conn, SCHOOL, wish, after)
            seen += [one.barcode for one in page.rows]
            looked.append(page.looked_at)
            after = page.after
            if after is None:
                break
    assert seen == [f"{n:05}" for n in range(count) if n not in opened]
    assert max(looked) <= weeding.WINDOW * weeding.WINDOWS
    assert sum(looked) == count


def test_when_copies_were_lent_last_is_looked_up_in_the_index(db):
    stocked(db, [(f"{n:05}", "main", f"{n % 9}", f"I{n % 70}/{n}") for n in range(3_000)])
    for n in range(30):
        lent(db, f"{n:05}", NOON - n * DAY)
    with db.begin(SCHOOL) as conn:
        if db.postgres:
            conn.exec_driver_sql("ANALYZE")
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = planned(conn, weeding.last_query(conn, SCHOOL, ["00001"]), postgres=db.postgres)
    assert "loans_copy" in plan, plan
    assert "SCAN loans" not in plan, plan
    assert "Seq Scan" not in plan, plan
