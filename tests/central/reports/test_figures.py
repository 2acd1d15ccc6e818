"""The figures of the reports are what the entries say, however late, undone, settled or erased, at any time."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import select, update

from kiosk.domain import Act
from kiosk.saying import Saying, Words
from sync.central.cases import questions
from sync.central.db import CentralError, Database
from sync.central.desk import Desk
from sync.central.marks import mark_faults
from sync.central.report_tables import act_days, counted_copies
from sync.central.report_tables import counted as counted_table
from sync.central.reports import feedback
from sync.central.reports.copies import count_copies
from sync.central.reports.counting import count_acts, uncounted
from sync.central.reports.look import look_at
from sync.central.reports.periods import Kind, Period
from sync.central.schema import patrons, voices
from sync.central.school_year import begin_year, plan
from sync.central.stays import stay_faults
from sync.central.verify_voices import voice_faults
from sync.central.voices import answer
from tests.central.fleet import SCHOOL, Pen, enrol, found_school, publish_rules, push
from tests.central.reports.recount import counted, loans_of, recount, said_in
from tests.central.test_voices import say
from tests.soak import often
from tests.sync.story import NOON

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
PUPILS = {
    "p1": (3, "三年级1班"),
    "p2": (3, "三年级1班"),
    "p3": (3, "三年级2班"),
    "p4": (6, "六年级1班"),
}
TEACHERS = ("t1", "t2")
COPIES = tuple(f"2000{n}" for n in range(1, 6))
AUTUMN = Period("2026-09-01", Kind.TERM, date(2026, 9, 1), date(2027, 1, 22))
SPRING = Period("2027-03-01", Kind.TERM, date(2027, 3, 1), date(2027, 7, 9))
TERMS = [AUTUMN, SPRING]
ACTIVITIES = ("a1", "a2")
STAFF_MS = NOON + 200 * DAY


@pytest.fixture
def record(db) -> Database:
    found_school(db, barcodes=COPIES, people=(*PUPILS, *TEACHERS))
    publish_rules(db)
    with db.begin(SCHOOL) as conn:
        for name, (grade, class_name) in PUPILS.items():
            of = patrons.c.id == name
            conn.execute(update(patrons).where(of).values(grade=grade, class_name=class_name))
        teacher = {"category": "teacher", "grade": None, "class_name": ""}
        conn.execute(update(patrons).where(patrons.c.id.in_(TEACHERS)).values(**teacher))
    return db


def bring_up(db: Database) -> None:
    assert count_acts(db, SCHOOL)
    assert count_copies(db, SCHOOL)


def agree(db: Database, erased: list[tuple[str, int, str, int]]) -> None:
    bring_up(db)
    assert counted(db, TERMS, 2) == recount(db, TERMS, 2, erased)
    with db.read() as conn:
        assert [*stay_faults(conn, SCHOOL), *mark_faults(conn, SCHOOL)] == []
        assert list(voice_faults(conn, SCHOOL)) == []
        for term in TERMS:
            look = look_at(conn, SCHOOL, STAFF_MS, term.key)
            (sheet,) = feedback.report(look).sheets
            told = {
                str(getattr(kind, "key", "")).rpartition(".")[2]: (n, answered or 0)
                for kind, n, answered in sheet.rows
            }
            assert told == said_in(conn, term)


def answer_something(db: Database, chance: random.Random, now: int) -> None:
    with db.begin(SCHOOL) as conn:
        names = list(conn.execute(select(voices.c.id).order_by(voices.c.id)).scalars())
        if names:
            desk = Desk(conn, SCHOOL, "li", now)
            answer(desk, chance.choice(names), "好", to_reader=False, to_all=True)


def acts_of(db: Database, act: Act) -> int:
    with db.read() as conn:
        return sum(conn.execute(select(act_days.c.n).where(act_days.c.act == act)).scalars())


class Story:
    """What some stations write at random: usual and odd things, on few copies, so that they meet."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.pens = [Pen(f"s{n}") for n in range(3)]
        self.sent = {pen.station: 0 for pen in self.pens}
        self.at = dict.fromkeys(self.sent, -60 * DAY)

    def write(self) -> None:
        pen, chance = self.chance.choice(self.pens), self.chance
        # A term break lies within: some loans belong to no term, or to the next one.
        step = chance.choice((MINUTE, 20 * MINUTE, HOUR, DAY, 20 * DAY))
        self.at[pen.station] += chance.randrange(step)
        at = self.at[pen.station]
        copy, who = chance.choice(COPIES), chance.choice((*PUPILS, *TEACHERS))
        odd = {"unsure": True} if chance.random() < 0.1 else {}
        match chance.randrange(13):
            case 0 | 1:
                lent = pen.checkout(copy, who, at=at, **odd)
                if chance.random() < 0.3:
                    pen.checkin(copy, at=at + 5_000, patron=who, undoes=lent, after=lent)
            case 2 | 3:
                back = pen.checkin(copy, at=at, patron=who, **odd)
                if chance.random() < 0.3:
                    pen.write(
                        Act.RENEWAL,
                        copy,
                        who,
                        at=at + 5_000,
                        undoes=back,
                        after=back,
                        days=chance.choice((14, None)),
                    )
            case 4:
                pen.write(Act.RENEWAL, copy, who, at=at, days=14)
            case 5:
                read = {"value": chance.choice(ACTIVITIES)} if chance.random() < 0.5 else {}
                pen.write(Act.USE, copy, who, at=at, **read)
            case 8:
                pen.write(Act.ATTEND, None, who, at=at, value=chance.choice(ACTIVITIES))
            case 6:
                pen.write(Act.VISIT, None, who, at=at, allowed=chance.random() < 0.8)
            case 7:
                pen.write(Act.CHECKOUT, copy, who, at=at, allowed=False)
            case 9:
                self._say(pen, who, at)
            case _:
                self._at_the_door(pen, who, at)

    def _say(self, pen: Pen, who: str, at: int) -> None:
        chance = self.chance
        kind = chance.choice((*Saying, "of a later release"))
        patron = who if chance.random() < 0.5 else None
        say(pen, Words(note=str(at)), at=at, patron=patron, kind=kind)

    def _at_the_door(self, pen: Pen, who: str, at: int) -> None:
        chance = self.chance
        room = chance.choice(("teachers", "periodicals"))
        closes = f" {NOON + at + chance.randrange(5 * HOUR)}" if chance.random() < 0.8 else ""
        sat = pen.write(Act.SIGN_IN, None, who, at=at, value=room + closes)
        what = chance.random()
        if what < 0.1:
            pen.write(Act.SIGN_OUT, None, who, at=at + 3_000, value=sat, undoes=sat)
        elif what < 0.7:
            out = pen.write(Act.SIGN_OUT, None, who, at=at + 40 * MINUTE, value=sat)
            if chance.random() < 0.3:
                pen.write(Act.SIGN_IN, None, who, at=at + 41 * MINUTE, value=sat, undoes=out)
                if chance.random() < 0.5:
                    pen.write(Act.SIGN_OUT, None, who, at=at + 50 * MINUTE, value=sat)
            self.at[pen.station] += HOUR

    def push(self, db: Database, *, rest: bool = False) -> None:
        """Some of what a station has not sent yet."""
        for pen in self.pens if rest else [self.chance.choice(self.pens)]:
            first = self.sent[pen.station] + 1
            left = len(pen.wires) - first + 1
            if left > 0:
                many = left if rest else self.chance.randint(1, left)
                push(db, pen, first, first + many - 1, now=STAFF_MS)
                self.sent[pen.station] += many


@pytest.mark.parametrize("seed", range(often(2, 60)))
def test_the_figures_are_a_slow_recount_of_the_entries_at_any_time(record, seed):
    print("seed", seed)
    chance = random.Random(seed)
    story, erased, now = Story(chance), [], STAFF_MS
    for pen in story.pens:
        enrol(record, pen.station)
    for step in range(40):
        now += MINUTE
        for _ in range(3):
            story.write()
        story.push(record)
        if chance.random() < 0.2:
            bring_up(record)
        if chance.random() < 0.1:
            answer_something(record, chance, now)
        if chance.random() < 0.15:
            _settle_something(record, chance, now)
        if chance.random() < 0.03:
            erased += _erase_somebody(record, chance, now)
        if step in (15, 30):
            agree(record, erased)
    story.push(record, rest=True)
    agree(record, erased)


def _settle_something(db: Database, chance: random.Random, now: int) -> None:
    with db.begin(SCHOOL) as conn:
        waiting = questions(conn, SCHOOL)
        if waiting:
            one = chance.choice(waiting)
            desk = Desk(conn, SCHOOL, chance.choice(("li", "wu")), now)
            desk.settle(one.id, chance.choice(one.choices).value)
            if chance.random() < 0.3:
                desk.undo(one.id)


def _erase_somebody(db: Database, chance: random.Random, now: int):
    who = chance.choice(tuple(PUPILS))
    had = [(term.key, *PUPILS[who], loans_of(db, who, term)) for term in TERMS]
    try:
        with db.begin(SCHOOL) as conn:
            Desk(conn, SCHOOL, "li", now).erase(who)
    except CentralError:
        return []
    # Of a term that is over, only what was borrowed is left; who had nothing then may not have been there.
    return [(key, grade, name, n) for key, grade, name, n in had if n or key == SPRING.key]


def test_what_is_sent_in_single_entries_counts_as_in_one_batch(record):
    pen = Pen("s1")
    enrol(record, "s1")
    lent = pen.checkout("20001", "p1", at=0)
    pen.checkin("20001", at=5_000, patron="p1", undoes=lent, after=lent)
    for n in (1, 2):
        push(record, pen, n, n)
        agree(record, [])
    assert (acts_of(record, Act.CHECKOUT), acts_of(record, Act.CHECKIN)) == (0, 0)


def test_a_return_that_became_a_renewal_is_one_renewal(record):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20001", "p1", at=-DAY)
    back = pen.checkin("20001", at=0, patron="p1")
    pen.write(Act.RENEWAL, "20001", "p1", at=5_000, days=14, undoes=back, after=back)
    for n in (1, 2, 3):
        push(record, pen, n, n)
        bring_up(record)
    counts = [acts_of(record, act) for act in (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL)]
    assert counts == [1, 0, 1]
    agree(record, [])


def test_what_staff_take_back_leaves_nothing(record):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20001", "p1", at=-DAY)
    back = pen.checkin("20001", at=0, patron="p1")
    pen.write(Act.RENEWAL, "20001", "p1", at=5_000, undoes=back, after=back)
    longer = pen.write(Act.RENEWAL, "20001", "p1", at=10_000, days=14)
    pen.write(Act.RENEWAL, "20001", "p1", at=15_000, undoes=longer, after=longer)
    push(record, pen)
    bring_up(record)
    counts = [acts_of(record, act) for act in (Act.CHECKOUT, Act.CHECKIN, Act.RENEWAL)]
    assert counts == [1, 0, 0]
    agree(record, [])


@pytest.mark.parametrize("first", ["old", "new"])
def test_what_was_written_again_in_a_new_epoch_counts_once(record, first):
    old, new = Pen("s1"), Pen("s1", epoch=2)
    enrol(record, "s1")
    enrol(record, "s1", epoch=2)
    old.write(Act.VISIT, None, "t1", at=0)
    lent = old.checkout("20001", "t1", at=1_000)
    for wire, act, copy in zip(old.wires, (Act.VISIT, Act.CHECKOUT), (None, "20001"), strict=True):
        origin = f"s1:1:{wire.seq} {wire.hash}"
        new.write(act, copy, "t1", at=(wire.seq - 1) * 1_000, origin=origin)
    new.checkin("20001", at=5_000, patron="t1", undoes=lent)
    for pen in (old, new) if first == "old" else (new, old):
        push(record, pen)
        bring_up(record)
    assert (acts_of(record, Act.VISIT), acts_of(record, Act.CHECKOUT)) == (1, 0)
    agree(record, [])


def test_counting_goes_on_where_it_was_broken_off_and_can_begin_anew(record):
    pen = Pen("s1")
    enrol(record, "s1")
    for n in range(5):
        pen.checkout(COPIES[n], "p1", at=n * HOUR)
    push(record, pen)
    assert not count_acts(record, SCHOOL, lambda: True)
    with record.read() as conn:
        assert uncounted(conn, SCHOOL) == 5
    bring_up(record)
    with record.read() as conn:
        assert uncounted(conn, SCHOOL) == 0
    with record.begin(SCHOOL) as conn:
        for table in (counted_table, counted_copies, act_days):
            conn.execute(table.delete())
    agree(record, [])


def test_the_classes_of_a_term_that_is_over_stay_when_they_move_up(record):
    pen = Pen("s1")
    enrol(record, "s1")
    pen.checkout("20001", "p1", at=0)
    push(record, pen)
    before = counted(record, [AUTUMN], 2)["classes"]
    with record.begin(SCHOOL) as conn:
        desk = Desk(conn, SCHOOL, "li", NOON + 270 * DAY)
        shown = plan(conn, SCHOOL)
        begin_year(desk, shown.leaving, shown.digest)
    assert counted(record, [AUTUMN], 2)["classes"] == before
    # The classes that moved up are those of the terms to come.
    later = Period("2027-09-01", Kind.TERM, date(2027, 9, 1), date(2028, 1, 20))
    assert (4, "四年级1班") in counted(record, [later], 2)["classes"][later.key]
    # A loan that comes late, of a term that is over, still counts in the class of then.
    pen.checkout("20002", "p1", at=HOUR)
    push(record, pen, 2)
    assert counted(record, [AUTUMN], 2)["classes"][AUTUMN.key][3, "三年级1班"] == (2, 2, 1, 1)
    # And so does one of a pupil who is erased, without the name.
    pen.checkin("20001", at=2 * HOUR)
    pen.checkin("20002", at=2 * HOUR)
    push(record, pen, 3)
    with record.begin(SCHOOL) as conn:
        Desk(conn, SCHOOL, "li", NOON + 271 * DAY).erase("p1")
    assert counted(record, [AUTUMN], 2)["classes"][AUTUMN.key][3, "三年级1班"] == (2, 2, 1, 1)
