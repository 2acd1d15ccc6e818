"""Stock-taking: what each scan says, the sum, the lists, and what the closing does to copies; all of it taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from kiosk.domain import CopyState
from sync.central import copy_acts, stock_result, stocktaking
from sync.central.db import CentralError
from sync.central.schema import entries, holdings, holds
from sync.central.scope import Part, Scope, shelves, walk
from sync.central.stocktaking import Verdict
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, Pen, enrol, holder, publish_rules, push
from tests.central.stock import DAY, desk, stocked
from tests.central.test_people import planned
from tests.sync.story import NOON

ROWS = (
    ("20001", "main", "A", "I24/1"),
    ("20002", "main", "A", "I24/2"),
    ("20003", "main", "B", "I25/1"),
    ("20004", "main", "B", "I26/1"),
    ("20005", "teachers", "A", "G4/1"),
    ("20006", "main", "A", "I24/3"),
)
SHELF_A = Scope(Part.SHELF, "main", "A")


@pytest.fixture
def library(db):
    stocked(db, ROWS)
    publish_rules(db)
    pen = Pen("s1")
    enrol(db, "s1")
    yield pen
    assert list(faults(db)) == []


def begun(db, scope: Scope = SHELF_A, at: int = DAY) -> str:
    with db.begin(SCHOOL) as conn:
        return stocktaking.begin(desk(conn, at), "秋季清点", scope)


def scanned(db, taking: str, *texts: str, at=("main", "A"), when: int = 2 * DAY, staff="wang"):
    with db.begin(SCHOOL) as conn:
        lines, _ = stocktaking.scan(desk(conn, when, staff), taking, texts, at)
    return [(line.barcode, line.verdict.value) for line in lines]


def of(db, taking: str) -> stocktaking.Taking:
    with db.read() as conn:
        return stocktaking.taking_of(conn, SCHOOL, taking)


def counted(db, taking: str) -> dict[str, int]:
    return {v.value: n for v, n in of(db, taking).counts.items() if n}


def listed(db, taking: str, which: Verdict | None) -> list[str]:
    with db.read() as conn:
        return [row.barcode for row in stock_result.all_rows(conn, SCHOOL, taking, which)]


def close(db, taking: str, *, mark: bool = True, at: int = 3 * DAY) -> int:
    told: Any = {"staff": "li", "now_ms": NOON + at}
    return stock_result.close(db, SCHOOL, taking, "清点未见", mark=mark, **told)


def state(db, barcode: str) -> str:
    with db.read() as conn:
        return copy_acts.facts_of(conn, SCHOOL, [barcode])[barcode].state


def test_each_scan_says_what_is_here_and_where_it_belongs(db, library):
    library.checkout("20002", "ming", at=0)
    push(db, library)
    with db.begin(SCHOOL) as conn:
        desk(conn).copy_state("20006", "lost")
    taking = begun(db)
    said = scanned(db, taking, "20001", "20003", "20002", "20006", "99999", "２０００１")
    assert said == [
        ("20001", "found"),
        ("20003", "misplaced"),
        ("20002", "lent"),
        ("20006", "gone"),
        ("99999", "unknown"),
        ("20001", "found"),
    ]
    assert counted(db, taking) == {"found": 1, "misplaced": 1, "lent": 1, "gone": 1, "unknown": 1}
    with db.read() as conn:
        newest = conn.execute(stock_result.newest_query(SCHOOL, taking, "wang", 3)).all()
    assert [(row.barcode, row.times) for row in newest] == [
        ("20001", 2),
        ("99999", 1),
        ("20006", 1),
    ]


def test_a_copy_that_was_moved_counts_where_it_was_scanned_last(db, library):
    taking = begun(db, Scope(Part.ROOM, "main"))
    assert scanned(db, taking, "20003", at=("main", "A")) == [("20003", "misplaced")]
    assert scanned(db, taking, "20003", at=("main", "B"), staff="li") == [("20003", "found")]
    assert counted(db, taking) == {"found": 1}
    assert listed(db, taking, Verdict.MISPLACED) == []


def test_a_shelf_label_among_the_scans_says_where_the_next_ones_stand(db, library):
    taking = begun(db, Scope())
    with db.begin(SCHOOL) as conn:
        lines, at = stocktaking.scan(
            desk(conn),
            taking,
            ["main/A", "20001", "B", "20003", "20002", "teachers/A", "20005"],
            None,
        )
    said = [(line.barcode, line.verdict.value, line.at) for line in lines]
    assert said == [
        ("20001", "found", ("main", "A")),
        ("20003", "found", ("main", "B")),
        ("20002", "misplaced", ("main", "B")),
        ("20005", "found", ("teachers", "A")),
    ]
    assert at == ("teachers", "A")


def test_an_old_label_leads_to_its_copy_and_a_new_one_keeps_its_scan(db, library):
    taking = begun(db)
    scanned(db, taking, "20001")
    with db.begin(SCHOOL) as conn:
        desk(conn, 2 * DAY).replace_barcode("20001", "30001")
        desk(conn, 2 * DAY).replace_barcode("20002", "30002")
    assert listed(db, taking, Verdict.FOUND) == ["30001"]
    assert scanned(db, taking, "20002") == [("30002", "found")]


def test_a_new_label_that_was_read_before_it_was_put_on_is_the_same_copy(db, library):
    taking = begun(db)
    scanned(db, taking, "20001", "30001")
    assert counted(db, taking) == {"found": 1, "unknown": 1}
    with db.begin(SCHOOL) as conn:
        desk(conn, 2 * DAY).replace_barcode("20001", "30001")
    assert (counted(db, taking), listed(db, taking, Verdict.FOUND)) == ({"found": 1}, ["30001"])


def test_what_was_not_scanned_is_missing_unless_it_is_out_or_came_back(db, library):
    library.checkout("20002", "ming", at=0)
    library.checkout("20006", "hua", at=1)
    library.checkin("20006", at=2 * DAY)
    push(db, library)
    taking = begun(db, Scope(Part.ROOM, "main"))
    scanned(db, taking, "20003")
    told = stock_result.sum_up(db, SCHOOL, taking, NOON + 3 * DAY)
    assert (told.expected, told.on_loan, told.away, told.back, told.missing) == (4, 1, 0, 1, 2)
    assert listed(db, taking, None) == ["20001", "20004"]
    # What turns up after the sum is off the list at once.
    scanned(db, taking, "20004", at=("main", "B"), when=4 * DAY)
    assert listed(db, taking, None) == ["20001"]
    summed = of(db, taking).sum
    assert summed
    assert summed.missing == 1


def test_a_range_of_call_numbers_takes_all_that_begins_so(db, library):
    taking = begun(db, Scope(Part.CALL, call_from="I24", call_to="I25"))
    assert stock_result.sum_up(db, SCHOOL, taking, NOON + DAY).expected == 4
    assert listed(db, taking, None) == ["20001", "20002", "20006", "20003"]
    assert scanned(db, taking, "20004", at=None) == [("20004", "misplaced")]


def test_closing_marks_the_missing_in_one_act_that_can_be_taken_back(db, library):
    taking = begun(db)
    scanned(db, taking, "20001")
    assert close(db, taking) == 2
    assert [state(db, b) for b in ("20001", "20002", "20006")] == ["on_shelf", "missing", "missing"]
    with pytest.raises(CentralError, match="closed"):
        scanned(db, taking, "20002")
    with db.read() as conn:
        body = select(entries.c.body).where(entries.c.barcode == "20002")
        (written,) = [json.loads(text) for text in conn.execute(body).scalars()]
    assert (written["value"], written["text"], written["staff"]) == ("missing", "清点未见", "li")
    # One of them has been lent meanwhile: it stays as it is.
    library.checkout("20006", "ming", at=4 * DAY)
    push(db, library)
    told: Any = {"staff": "wang", "now_ms": NOON + 5 * DAY}
    assert stock_result.reopen(db, SCHOOL, taking, **told) == 1
    assert state(db, "20002") == "on_shelf"
    assert holder(db, "20006") == "ming"
    with db.read() as conn:
        ((act,), _) = copy_acts.newest(conn, SCHOOL)
    assert (act.copies, act.stayed, act.undone_by, act.source) == (2, 1, "wang", taking)
    assert scanned(db, taking, "20002", when=6 * DAY) == [("20002", "found")]


def test_what_is_lent_between_the_sum_and_the_mark_is_not_marked(db, library):
    taking = begun(db)
    stock_result.sum_up(db, SCHOOL, taking, NOON + 2 * DAY)
    with db.begin(SCHOOL) as conn:
        stock_result._shut(desk(conn, 2 * DAY), taking, "", mark=True)
    library.checkout("20001", "ming", at=2 * DAY)
    push(db, library)
    with db.read() as conn:
        assert stock_result.unmarked(conn, SCHOOL, of(db, taking))
    assert close(db, taking) == 2
    assert holder(db, "20001") == "ming"
    with db.read() as conn:
        assert not stock_result.unmarked(conn, SCHOOL, of(db, taking))


def test_many_missing_are_marked_in_portions_and_all_of_them(db):
    stocked(db, [(f"{n:05}", "main", "A", f"I{n:05}") for n in range(1_203)])
    taking = begun(db)
    scanned(db, taking, *[f"{n:05}" for n in range(100)])
    assert close(db, taking) == 1_103
    with db.read() as conn:
        query = select(holdings.c.barcode).where(holdings.c.state == "missing")
        assert len(conn.execute(query).all()) == 1_103
    told: Any = {"staff": "wang", "now_ms": NOON + 5 * DAY}
    assert stock_result.reopen(db, SCHOOL, taking, **told) == 1_103
    assert list(faults(db)) == []


def test_a_lent_copy_that_stands_here_is_taken_back_and_then_found(db, library):
    library.checkout("20001", "ming", at=0)
    push(db, library)
    taking = begun(db)
    assert scanned(db, taking, "20001") == [("20001", "lent")]
    with db.begin(SCHOOL) as conn:
        assert stocktaking.take_back(desk(conn, 3 * DAY), taking, "20001")
        assert not stocktaking.take_back(desk(conn, 3 * DAY), taking, "20001")
    assert holder(db, "20001") is None
    assert counted(db, taking) == {"found": 1}
    assert listed(db, taking, Verdict.FOUND) == ["20001"]


def test_a_copy_that_somebody_waits_for_is_taken_back_for_them(db, library):
    library.checkout("20001", "ming", at=0)
    push(db, library)
    with db.begin(SCHOOL) as conn:
        desk(conn).place_hold("of-20001", "hua")
    taking = begun(db)
    scanned(db, taking, "20001")
    with db.begin(SCHOOL) as conn:
        stocktaking.take_back(desk(conn, 3 * DAY), taking, "20001")
    assert counted(db, taking) == {"kept": 1}
    with db.read() as conn:
        assert conn.execute(select(holds.c.barcode)).scalar_one() == "20001"


def test_a_lost_copy_that_stands_here_is_on_the_shelf_again(db, library):
    with db.begin(SCHOOL) as conn:
        desk(conn).copy_state("20001", "missing")
    taking = begun(db)
    assert scanned(db, taking, "20001") == [("20001", "gone")]
    with db.begin(SCHOOL) as conn:
        stocktaking.put_back(desk(conn, 3 * DAY), taking, "20001")
    assert state(db, "20001") == CopyState.ON_SHELF
    assert counted(db, taking) == {"found": 1}


def test_rooms_and_shelves_are_listed_in_their_order(db, library):
    with db.read() as conn:
        assert shelves(conn, SCHOOL) == [("main", "A"), ("main", "B"), ("teachers", "A")]


def test_no_query_of_stock_taking_reads_a_whole_table(db):
    stocked(db, [(f"{n:05}", "main", f"{n % 9}", f"I{n % 70}/{n}") for n in range(3_000)])
    taking = begun(db, Scope())
    scanned(db, taking, *[f"{n:05}" for n in range(2_000)], at=None)
    stock_result.sum_up(db, SCHOOL, taking, NOON + DAY)
    after = ("main", "3", "I3/3", "00003")
    scopes = (
        Scope(), Scope(Part.ROOM, "main"), Scope(Part.SHELF, "main", "3"),
        Scope(Part.CALL, call_from="I3", call_to="I4"),
    )  # fmt: skip
    queries = [walk(SCHOOL, scope, at, 51) for scope in scopes for at in (None, after)]
    queries += [
        stock_result.scanned_query(SCHOOL, taking, Verdict.FOUND, after, 51),
        stock_result.absent_query(SCHOOL, taking, after, 51),
        stock_result.newest_query(SCHOOL, taking, "wang", 20),
        copy_acts.newest_query(SCHOOL, (NOON, "x")),
    ]
    with db.begin(SCHOOL) as conn:
        if db.postgres:
            conn.exec_driver_sql("ANALYZE")
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for query in queries:
            plan = planned(conn, query, postgres=db.postgres)
            assert "SCAN " not in plan, plan
            assert "Seq Scan" not in plan, plan
            assert "TEMP B-TREE" not in plan, plan
            assert "Sort" not in plan, plan
