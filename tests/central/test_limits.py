"""Who has had more than the limit, by the rules that were in force when each loan began."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select, update

from kiosk.domain import Patron
from sync.central.db import insert_many
from sync.central.desk import Desk
from sync.central.facts import rules_of
from sync.central.schema import cases, loans, outcomes, rules
from sync.central.verify import faults
from sync.events import Key
from sync.standing import Taken, over_limit
from tests.bench.traffic import School
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push, told
from tests.sync.story import NOON

HOUR = 3_600_000
DAY = 24 * HOUR
SHIPPED = (Path(__file__).parents[2] / "config" / "library.toml").read_text(encoding="utf-8")
PUPIL = 'name_en = "Pupil"\nlimit = 3\n'
THIRD_GRADE = 'copy_types = ["book", "pinyin", "magazine"]\nlimit = 3\n'


@pytest.fixture
def hall(db) -> Pen:
    found_school(db, barcodes=[f"2000{n}" for n in range(9)], people=("ming",))
    enrol(db, "s1")
    return Pen("s1")


def publish(db, limit: int, at_ms: int) -> None:
    """A library.toml in which pupils of the third grade have at most so many at once."""
    assert SHIPPED.count(PUPIL) == SHIPPED.count(THIRD_GRADE) == 1
    text = SHIPPED
    for old in (PUPIL, THIRD_GRADE):
        text = text.replace(old, old.replace("3", str(limit)))
    row = {"school": SCHOOL, "digest": f"d{at_ms}", "text": text, "published_ms": at_ms}
    with db.begin(SCHOOL) as conn:
        insert_many(conn, rules, [{**row, "staff": ""}])


def lend(pen: Pen, *hours: int) -> list[str]:
    """One more copy at each of these hours after NOON."""
    first = len(pen.wires)
    return [
        pen.checkout(f"2000{first + n}", "ming", at=hour * HOUR) for n, hour in enumerate(hours)
    ]


def key_in(text: str) -> Key:
    station, epoch, seq = text.split(":")
    return Key(station, int(epoch), int(seq))


def past(db, keys: list[str]) -> list[bool]:
    return ["over_limit" in told(db, key) for key in keys]


def test_rules_that_became_stricter_later_make_no_exception_of_what_was_right(db, hall):
    publish(db, 3, at_ms=1)
    publish(db, 2, at_ms=NOON + DAY)
    keys = lend(hall, 0, 1, 2, 30)
    push(db, hall)
    assert past(db, keys) == [False, False, False, True]
    assert list(faults(db)) == []


def test_rules_that_became_milder_later_excuse_nothing(db, hall):
    publish(db, 2, at_ms=1)
    publish(db, 3, at_ms=NOON + DAY)
    keys = lend(hall, 0, 1, 2)
    hall.checkin("20000", at=3 * HOUR)
    keys += lend(hall, 30)
    push(db, hall)
    assert past(db, keys) == [False, False, True, False]


def test_the_first_rules_hold_for_what_was_lent_before_they_were_published(db, hall):
    publish(db, 2, at_ms=NOON + DAY)
    publish(db, 3, at_ms=NOON + 2 * DAY)
    keys = lend(hall, 0, 1, 2)
    push(db, hall)
    assert past(db, keys) == [False, False, True]


def test_what_is_settled_as_not_theirs_is_above_nobodys_limit(db, hall):
    def act(name: str, *told: str, hour: int) -> None:
        with db.begin(SCHOOL) as conn:
            getattr(Desk(conn, SCHOOL, "wang", NOON + hour * HOUR), name)(*told)

    publish_rules(db)
    act("issue_card", "ming", "77", hour=-2)
    act("card_state", "77", "stolen", hour=-1)
    keys = lend(hall, 0, 1, 2)
    keys.append(hall.checkout("20003", "ming", at=3 * HOUR, card="77"))
    push(db, hall)
    with db.read() as conn:
        case = conn.execute(select(cases.c.id)).scalar_one()
    assert past(db, keys) == [False, False, False, True]
    act("settle", case, "not_theirs", hour=4)
    assert past(db, keys) == [False] * 4
    act("undo", case, hour=5)
    assert past(db, keys) == [False, False, False, True]
    assert list(faults(db)) == []


@pytest.mark.parametrize("table", [loans, outcomes])
def test_verify_sees_a_limit_that_was_changed_by_hand(db, hall, table):
    publish(db, 2, at_ms=1)
    keys = lend(hall, 0, 1, 2)
    push(db, hall)
    assert list(faults(db)) == []
    with db.begin(SCHOOL) as conn:
        conn.execute(update(table).values(past_limit=False))
    (fault,) = faults(db)
    assert fault == (
        f"{SCHOOL}: copy 20002: whether the loan {keys[2]} is past the limit differs from what its station was told"
    )


@pytest.mark.parametrize("seed", range(4))
def test_whoever_had_too_many_is_known_however_the_journals_arrive(db, seed):
    chance = random.Random(seed)
    school = School(stations=4, copies=15, patrons=3, chance=chance)
    found_school(db, barcodes=school.barcodes, people=school.people)
    publish_rules(db)
    for pen in school.pens:
        enrol(db, pen.station)
    school.write(240, from_day=0, days=6)
    sent = {pen.station: 0 for pen in school.pens}
    while waiting := [pen for pen in school.pens if sent[pen.station] < len(pen.wires)]:
        pen = chance.choice(waiting)
        first = sent[pen.station] + 1
        sent[pen.station] = min(len(pen.wires), first + chance.randrange(25))
        push(db, pen, first, sent[pen.station], now=40 * DAY + NOON)

    with db.read() as conn:
        rows = conn.execute(select(loans)).all()
        in_force = rules_of(conn, SCHOOL)
    past = set()
    for one in school.people:
        who = Patron(one, one, "student", 3, "")
        mine = [
            Taken(row.opened_ms, key_in(row.opened_by), row.closed_ms, "book")
            for row in rows
            if row.patron == one
        ]
        past |= {str(k) for k in over_limit(who, mine, in_force)}
    assert {row.opened_by for row in rows if row.past_limit} == past
    assert 10 < len(past) < len(rows) - 10
    assert list(faults(db)) == []
