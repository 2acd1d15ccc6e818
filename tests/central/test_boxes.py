"""Class boxes: filled, lent to a teacher in one act, noted pupil by pupil, counted; what is missing stays lent."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kiosk.calendar import Rules
from kiosk.domain import Reason
from kiosk.entry import parse
from kiosk.rulebook import load_rules
from sync.central import box_lending, box_tally, boxes
from sync.central.box_tally import Back
from sync.central.boxes import Placed
from sync.central.db import CentralError, Database, insert_many
from sync.central.desk import Desk
from sync.central.facts import facts_of
from sync.central.feed import read_page
from sync.central.schema import copies, entries, loans, outcomes, patrons
from sync.central.verify import faults
from tests.central.fleet import (
    SCHOOL,
    Pen,
    enrol,
    found_school,
    holder,
    open_cases,
    publish_rules,
    push,
    told,
)
from tests.sync.story import NOON

DAY = 24 * 3_600_000
CLASS = "三年级2班"
BARCODES = tuple(str(20_001 + n) for n in range(14))
WANTED = date(2026, 12, 18)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(Path(__file__).parents[2] / "config" / "library.toml")


@pytest.fixture
def school(db):
    found_school(db, barcodes=BARCODES, people=("ming", "hua"))
    publish_rules(db)
    rest = {"category": "teacher", "grade": None, "class_name": CLASS}
    none: dict[str, Any] = {"expires_on": None, "blocked": None, "gone_ms": None}
    with db.begin(SCHOOL) as conn:
        insert_many(
            conn, patrons, [{"school": SCHOOL, "id": "wang", "name": "王老师", **rest, **none}]
        )
    enrol(db, "s1")
    yield db
    assert list(faults(db)) == []


def act(db: Database, do, *given, at: int = 0, **named):
    with db.begin(SCHOOL) as conn:
        return do(Desk(conn, SCHOOL, "li", NOON + at), *given, **named)


def seen(db: Database, read, *given, **named):
    with db.read() as conn:
        return read(conn, SCHOOL, *given, **named)


def filled(db: Database, barcodes=BARCODES) -> str:
    box = act(db, boxes.make_box, "三2班书箱")
    act(db, boxes.put_in, box, barcodes)
    return box


def lent(db: Database, rules: Rules, box: str, *, at: int = 0, due_on: date = WANTED):
    return act(db, box_lending.lend_box, rules, box, "wang", class_name=CLASS, due_on=due_on, at=at)


def test_a_box_takes_each_copy_once_and_says_what_became_of_it(school):
    box, other = filled(school, BARCODES[:2]), act(school, boxes.make_box, "二号")
    placed = act(school, boxes.put_in, other, [BARCODES[0], "77777", BARCODES[2], BARCODES[2]])
    assert placed == {
        BARCODES[0]: Placed.OTHER_BOX,
        "77777": Placed.UNKNOWN,
        BARCODES[2]: Placed.ADDED,
    }
    assert act(school, boxes.put_in, box, [BARCODES[0]]) == {BARCODES[0]: Placed.HERE}
    assert act(school, boxes.take_out, box, [BARCODES[0]]) == 1
    assert [c.barcode for c in seen(school, boxes.lying_in, box)] == [BARCODES[1]]
    page, after = seen(school, boxes.box_list, most=1)
    rest, end = seen(school, boxes.box_list, after=after, most=1)
    assert sorted((b.name, b.copies) for b in page + rest) == [("三2班书箱", 1), ("二号", 1)]
    assert end is None
    act(school, boxes.dissolve, other)
    assert act(school, boxes.put_in, box, [BARCODES[2]]) == {BARCODES[2]: Placed.ADDED}


def test_a_box_is_filled_from_a_list_with_what_is_in_its_place(school):
    act(school, Desk.copy_state, BARCODES[0], "mending")
    box = act(school, boxes.make_box, "书箱")
    assert act(school, boxes.put_in_titles, box, ["t1"], each=3) == 3
    assert [c.barcode for c in seen(school, boxes.lying_in, box)] == list(BARCODES[1:4])


def test_a_box_is_on_loan_to_the_teacher_in_one_act_past_no_limit(school, rules):
    box = filled(school)
    got = lent(school, rules, box)
    assert (got.copies, got.refused, got.verdict.due_on) == (14, (), WANTED)
    assert {holder(school, barcode) for barcode in BARCODES} == {"wang"}
    with school.read() as conn:
        due = set(conn.execute(select(loans.c.due_on)).scalars())
        odd = [
            row for row in conn.execute(select(outcomes.c.codes, outcomes.c.past_limit)) if any(row)
        ]
    assert (due, odd) == ({WANTED}, [])
    assert [r.teacher for r in seen(school, boxes.box_list)[0]] == ["王老师"]
    with pytest.raises(CentralError, match="is lent already"):
        lent(school, rules, box)
    with pytest.raises(CentralError, match="count it and close it first"):
        act(school, boxes.dissolve, box)


def test_copies_of_a_box_leave_the_teacher_all_of_the_limit(school, rules):
    s1 = Pen("s1")
    lent(school, rules, filled(school, BARCODES[:12]))
    key = s1.checkout(BARCODES[12], "wang", at=DAY)
    push(school, s1)
    assert told(school, key) == set()
    with school.read() as conn:
        facts = facts_of(conn, SCHOOL, "wang", None)
        page = read_page(conn, SCHOOL, "s1", 0, 2_000)
    assert sorted(loan.boxed for loan, _ in facts.loans) == [False, *[True] * 12]
    fed = {c.key: c.value["boxed"] for c in page.changes if c.kind == "loan" and c.value}
    assert (fed[BARCODES[0]], fed[BARCODES[12]]) == (True, False)


def test_the_term_caps_the_day_that_is_wanted(school, rules):
    got = lent(school, rules, filled(school), due_on=date(2027, 6, 1))
    assert got.verdict.due_on == date(2027, 1, 15)
    got_late = act(school, box_tally.prolong, rules, got.loan, date(2026, 12, 24), at=DAY)
    assert got_late.due_on == date(2026, 12, 24)
    with school.read() as conn:
        assert set(conn.execute(select(loans.c.due_on)).scalars()) == {date(2026, 12, 24)}


def test_what_may_not_go_out_stays_and_says_why(school, rules):
    s1 = Pen("s1")
    s1.checkout(BARCODES[0], "ming", at=0)
    push(school, s1)
    act(school, Desk.copy_state, BARCODES[1], "mending")
    with school.begin(SCHOOL) as conn:
        reference = copies.c.barcode == BARCODES[2]
        conn.execute(copies.update().where(reference).values(copy_type="reference"))
    got = lent(school, rules, filled(school), at=DAY)
    assert {b: v.reason for b, v in got.refused} == {
        BARCODES[0]: Reason.ON_LOAN,
        BARCODES[1]: Reason.COPY_WITHHELD,
        BARCODES[2]: Reason.IN_LIBRARY_ONLY,
    }
    assert (got.copies, holder(school, BARCODES[0])) == (11, "ming")


def test_as_many_copies_stay_as_others_wait_for(school, rules):
    act(school, Desk.place_hold, "t1", "hua")
    got = lent(school, rules, filled(school), at=DAY)
    assert [v.reason for _, v in got.refused] == [Reason.ON_HOLD]


def test_a_blocked_teacher_is_lent_no_box(school, rules):
    act(school, Desk.block, "wang", "书还没还")
    got = lent(school, rules, filled(school), at=DAY)
    assert (got.verdict.reason, got.loan, got.copies) == (Reason.PATRON_BLOCKED, None, 0)


def test_a_box_is_counted_and_what_is_missing_stays_on_loan_with_who_had_it_last(school, rules):
    got = lent(school, rules, filled(school))
    notes = {BARCODES[0]: "ming", BARCODES[1]: "hua", BARCODES[2]: "ming"}
    assert act(school, box_tally.note_pupils, got.loan, notes) == 3
    assert act(school, box_tally.note_pupils, got.loan, {**notes, BARCODES[2]: ""}) == 1
    with pytest.raises(CentralError, match="not in the class"):
        act(school, box_tally.note_pupils, got.loan, {BARCODES[0]: "wang"})
    # One comes back at a station, the others are scanned when the box is counted.
    s1 = Pen("s1")
    s1.checkin(BARCODES[3], at=DAY)
    push(school, s1)
    scanned = [*BARCODES[1:], "77777"]
    became = act(school, box_tally.take_back, got.loan, scanned, at=2 * DAY)
    assert became == {
        **dict.fromkeys(BARCODES[1:], Back.BACK),
        BARCODES[3]: Back.BEFORE,
        "77777": Back.NOT_OF_BOX,
    }
    left = [line for line in seen(school, box_tally.tally, got.loan) if not line.back]
    assert [(line.barcode, line.pupil) for line in left] == [(BARCODES[0], "ming")]
    assert act(school, box_tally.finish, got.loan, at=2 * DAY) == 1
    (gone,), _ = seen(school, box_tally.missing)
    assert (gone.barcode, gone.pupil, gone.teacher, gone.class_name) == (
        BARCODES[0],
        "ming",
        "王老师",
        CLASS,
    )
    assert holder(school, BARCODES[0]) == "wang"
    with pytest.raises(CentralError, match="closed already"):
        act(school, box_tally.finish, got.loan, at=2 * DAY)


def test_a_missing_copy_that_turns_up_at_a_station_is_missing_no_longer(school, rules):
    box = filled(school, BARCODES[:3])
    got = lent(school, rules, box)
    act(school, box_tally.take_back, got.loan, BARCODES[1:3], at=DAY)
    act(school, box_tally.finish, got.loan, at=DAY)
    again = lent(school, rules, box, at=2 * DAY)
    assert (again.copies, [v.reason for _, v in again.refused]) == (2, [Reason.ALREADY_YOURS])
    s1 = Pen("s1")
    s1.checkin(BARCODES[0], at=3 * DAY)
    push(school, s1)
    assert seen(school, box_tally.missing) == ([], None)
    assert open_cases(school) == []


def test_a_new_label_goes_into_the_box_and_its_loan(school, rules):
    box = filled(school, BARCODES[:2])
    got = lent(school, rules, box)
    act(school, Desk.replace_barcode, BARCODES[0], "30001", at=DAY)
    assert {c.barcode for c in seen(school, boxes.lying_in, box)} == {"30001", BARCODES[1]}
    assert act(school, box_tally.take_back, got.loan, ["30001"], at=2 * DAY) == {"30001": Back.BACK}


def test_an_erased_pupil_is_noted_nowhere_and_entries_name_nobody(school, rules):
    got = lent(school, rules, filled(school, BARCODES[:2]))
    act(school, box_tally.note_pupils, got.loan, {BARCODES[0]: "ming"})
    act(school, Desk.erase, "ming", at=DAY)
    assert [line.pupil for line in seen(school, box_tally.tally, got.loan)] == [None, None]
    with school.read() as conn:
        bodies = conn.execute(select(entries.c.body)).scalars().all()
    assert not [body for body in bodies if '"ming"' in body or "王老师" in body]
    assert {parse(body).staff for body in bodies} == {"li"}
