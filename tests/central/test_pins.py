"""PINs of readers: drawn, issued, tried, locked, withdrawn, erased; and wrong tries counted for whoever is tried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from kiosk.entry import parse
from sync.central.pin_tables import pins
from sync.central.pins import Refused, come_in, draw, is_trivial, issue, issued, withdraw
from sync.central.schema import entries, people
from sync.central.staff_tables import tries
from sync.central.tries import TRIES
from sync.central.verify import faults
from tests.central.fleet import SCHOOL, found_school
from tests.central.stock import desk
from tests.sync.story import NOON

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def digits(db) -> str:
    """Ming's PIN; Ming has the card 10001, Hua the card 10002 and no PIN."""
    found_school(db, barcodes=("20001",), people=("ming", "hua"))
    drawn = draw(["ming"])
    with db.begin(SCHOOL) as conn:
        one = desk(conn)
        one.issue_card("ming", "10001")
        one.issue_card("hua", "10002")
        issue(one, drawn)
    return drawn[0].digits


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06}"


@pytest.mark.parametrize(
    "digits",
    ["111111", "123456", "654321", "890123", "121212", "123123", "112211", "000000", "210987"],
)
def test_what_anybody_would_try_first_is_never_drawn(digits):
    assert is_trivial(digits)


@pytest.mark.parametrize("digits", ["483920", "135792", "100293", "123457"])
def test_other_digits_are_good(digits):
    assert not is_trivial(digits)


def test_the_card_and_its_pin_let_its_reader_in(db, digits):
    assert len(digits) == 6
    assert come_in(db, SCHOOL, "10001", digits, NOON) == "ming"
    # As a Chinese keyboard writes it, and as it stands on the strip.
    wide = "".join(chr(ord(c) + 0xFEE0) for c in digits)
    assert come_in(db, SCHOOL, " 10001 ", f"{wide[:3]} {wide[3:]}", NOON) == "ming"


def test_a_pin_belongs_to_the_reader_whatever_becomes_of_the_card(db, digits):
    with db.begin(SCHOOL) as conn:
        desk(conn).card_state("10001", "lost")
        desk(conn).replace_card("10001", "10009")
    assert come_in(db, SCHOOL, "10009", digits, NOON) == "ming"


def test_the_digits_stand_nowhere_in_the_record(db, digits):
    with db.read() as conn:
        kept = conn.execute(select(pins.c.pin)).scalar_one()
        acts = [parse(body) for body in conn.execute(select(entries.c.body)).scalars()]
        beside = conn.execute(
            select(people.c.patron).where(people.c.seq == acts[-1].seq)
        ).scalar_one()
    assert kept.startswith("$argon2id$")
    assert (acts[-1].value, beside) == ("PIN issued", "ming")
    assert not any(digits in str(entry) for entry in acts)
    assert list(faults(db)) == []


def tried(db, card: str, times: int, *, at: int = NOON) -> list[int]:
    """How long it was locked after each of these wrong tries, in minutes."""
    told = [come_in(db, SCHOOL, card, "000000", at + n) for n in range(times)]
    assert all(isinstance(one, Refused) for one in told)
    return [-(-one.locked_ms // MINUTE) for one in told if isinstance(one, Refused)]


def test_a_wrong_pin_no_pin_and_no_such_card_are_answered_and_locked_alike(db, digits):
    answers = [tried(db, card, TRIES + 1) for card in ("10001", "10002", "99999")]
    assert answers == [[0, 0, 0, 0, 5, 5]] * 3


def test_each_further_lock_lasts_twice_as_long_until_a_good_try(db, digits):
    at = NOON
    for minutes in (5, 10, 20, 40, 80, 160, 240, 240):
        assert tried(db, "10001", TRIES, at=at)[-1] == minutes
        assert isinstance(come_in(db, SCHOOL, "10001", digits, at + MINUTE), Refused)
        at += minutes * MINUTE + TRIES
    assert come_in(db, SCHOOL, "10001", digits, at) == "ming"
    assert tried(db, "10001", TRIES, at=at + 1)[-1] == 5


def test_a_day_without_a_try_begins_anew_and_leaves_no_row(db, digits):
    tried(db, "99999", TRIES)
    tried(db, "10001", 1, at=NOON + 25 * HOUR)
    with db.read() as conn:
        assert len(conn.execute(select(tries)).all()) == 1


def test_many_at_once_are_no_more_tries_than_a_few(db, digits):
    def one(n: int) -> bool:
        told = come_in(db, SCHOOL, "10001", wrong(digits), NOON + n)
        return isinstance(told, Refused) and told.locked_ms == 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == TRIES - 1


def test_a_new_pin_opens_what_was_locked_and_the_old_one_opens_nothing(db, digits):
    tried(db, "10001", TRIES)
    drawn = draw(["ming"])
    with db.begin(SCHOOL) as conn:
        issue(desk(conn), drawn)
    assert isinstance(come_in(db, SCHOOL, "10001", digits, NOON), Refused)
    assert come_in(db, SCHOOL, "10001", drawn[0].digits, NOON) == "ming"


def test_a_pin_that_was_withdrawn_opens_nothing_and_is_noted_once(db, digits):
    for _ in range(2):
        with db.begin(SCHOOL) as conn:
            withdraw(desk(conn), "ming")
    assert isinstance(come_in(db, SCHOOL, "10001", digits, NOON), Refused)
    with db.read() as conn:
        acts = [parse(body).value for body in conn.execute(select(entries.c.body)).scalars()]
        assert issued(conn, SCHOOL, ["ming", "hua"]) == {}
    assert acts.count("PIN withdrawn") == 1


def test_whoever_is_erased_leaves_no_pin_and_no_tries(db, digits):
    tried(db, "10001", 2)
    with db.begin(SCHOOL) as conn:
        desk(conn).erase("ming")
    with db.read() as conn:
        assert conn.execute(select(pins)).all() == []
        assert conn.execute(select(tries)).all() == []


def test_of_two_schools_neither_opens_the_others_cards(db, digits):
    assert isinstance(come_in(db, "elsewhere", "10001", digits, NOON), Refused)
