"""What the record feeds, in use at the station's desk: copies that stay in the library, messages, and erasures."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import update

from kiosk.domain import Reason
from kiosk.posts import Notice, Post
from kiosk.store.erasing import backups
from kiosk.store.posts import standing
from kiosk.store.schema import erased, journal_people, messages, patrons, posts
from sync.central import messages as central_messages
from sync.central import schema
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.enrolment import revoke
from sync.central.facts import patron_of
from sync.central.positions import publish
from sync.central.posts import put, withdraw
from sync.exchange import LineDown, Refused
from tests.central.fleet import SCHOOL, told
from tests.sync.town import Place, Town

DAY = 24 * 3_600_000


def staff(town: Town, act) -> None:
    """Let a librarian do this at the record, at the time of the stations."""
    with town.centre.db.begin(SCHOOL) as conn:
        act(Desk(conn, SCHOOL, "lin", town.places[0].school.now.at_ms))


def asked(place: Place, barcode: str, patron: str = "p1") -> Reason:
    who = place.school.who(patron, f"c-{patron}")
    return place.desk.checkout(who, barcode, place.school.now).verdict.reason


def test_a_copy_that_staff_keep_in_the_library_is_refused_after_the_next_exchange(town, hall):
    staff(town, lambda desk: desk.copy_state("20001", "in_library"))
    assert asked(hall, "20002") is Reason.OK
    hall.exchange()
    assert asked(hall, "20001") is Reason.IN_LIBRARY_ONLY
    staff(town, lambda desk: desk.copy_state("20001", "lendable"))
    hall.exchange()
    assert asked(hall, "20001") is Reason.OK


def test_who_has_left_with_a_book_out_brings_it_back_and_is_lent_no_more(town, hall):
    hall.lend("20001", "p1")
    hall.exchange()
    # Half past midnight of the school's today is still yesterday in UTC.
    left = hall.school.now.local.replace(hour=0, minute=30)
    with town.centre.db.begin(SCHOOL) as conn:
        mine = schema.patrons.c.id == "p1"
        at_ms = int(left.timestamp() * 1000)
        conn.execute(update(schema.patrons).where(mine).values(gone_ms=at_ms))
        publish(conn, SCHOOL, [("patron", "p1")])
        desk_sees = patron_of(conn, SCHOOL, "p1")
    hall.exchange()
    assert desk_sees is not None
    (row,) = [p for p in hall.rows(patrons) if p.id == "p1"]
    assert row.expires_on == desk_sees.expires_on == left.date() - timedelta(days=1)
    assert asked(hall, "20002") is Reason.CARD_EXPIRED
    hall.take_back("20001")
    assert hall.loans() == {}


def test_a_snapshot_too_says_which_copies_stay(town):
    town.station("first").exchange()
    staff(town, lambda desk: desk.copy_state("20003", "in_library"))
    late = town.station("late")
    late.exchange()
    assert [asked(late, b) for b in ("20003", "20004")] == [Reason.IN_LIBRARY_ONLY, Reason.OK]


def said(place: Place, patron: str = "p1") -> tuple[str, ...]:
    return place.desk.account(patron, place.school.now).messages


def test_a_message_is_shown_to_its_patron_and_no_longer_once_it_is_over_or_taken_back(town, hall):
    now = hall.school.now.at_ms
    staff(town, lambda d: central_messages.say(d, "周五 来取 新书卡", patron="p1"))
    staff(town, lambda d: central_messages.say(d, "明天闭馆", to_ms=now + DAY))
    assert said(hall) == ()
    hall.exchange()
    assert said(hall) == ("周五 来取 新书卡",)
    assert said(hall, "p2") == ()
    assert hall.desk.messages(hall.school.now) == ("明天闭馆",)
    hall.school.clock.set(hall.school.now.local + timedelta(days=1))
    assert hall.desk.messages(hall.school.now) == ()
    (kept,) = [m for m in hall.rows(messages) if m.patron_id]
    staff(town, lambda d: central_messages.take_back(d, kept.id))
    hall.exchange()
    assert said(hall) == ()


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        ("", {}, "1 to 60 characters"),
        ("长" * 61, {}, "this one has 61"),
        ("好", {"patron": "nobody"}, "there is no patron nobody"),
        ("好", {"to_ms": 1}, "end before it begins"),
    ],
    ids=("empty", "long", "to nobody", "over"),
)
def test_a_message_that_cannot_be_shown_is_refused_in_words(town, hall, text, more, why):
    with pytest.raises(CentralError, match=why):
        staff(town, lambda d: central_messages.say(d, text, **more))


# The feed is a log: what changes often comes again.


def test_what_comes_and_goes_between_two_pages_ends_at_a_station_as_it_is(town, hall):
    since = hall.school.now.local.date()
    notices = [Post(name, Notice(text="旧"), since) for name in ("kept", "late")]
    staff(town, lambda desk: put(desk, notices))
    staff(town, lambda desk: withdraw(desk, ["late"]))
    yard = town.station("yard")
    yard.exchange()
    yard.lend("20001")
    yard.exchange()

    hall.exchange()
    assert ([row.id for row in hall.rows(posts)], hall.loans()) == (["kept"], {"20001": "p1"})

    staff(town, lambda desk: withdraw(desk, ["kept"]))
    staff(town, lambda desk: put(desk, [Post("late", Notice(text="新"), since)]))
    yard.take_back("20001")
    yard.lend("20002", "p2")
    yard.exchange()
    hall.exchange()
    assert [(row.id, "新" in row.body) for row in hall.rows(posts)] == [("late", True)]
    assert hall.loans() == {"20002": "p2"}


# Erasing.


def named(place: Place) -> set[str]:
    return {row.patron_id for row in place.rows(journal_people)}


def in_backup(place: Place) -> set[str]:
    (path,) = backups(place.school.store)
    with closing(sqlite3.connect(path)) as db:
        columns = ("SELECT patron_id FROM journal_people", "SELECT id FROM patrons",
                   "SELECT patron_id FROM cards", "SELECT patron_id FROM loans")  # fmt: skip
        return {row[0] for query in columns for row in db.execute(query)}


def backed_up(place: Place) -> None:
    folder = place.school.store.folder / "backups"
    folder.mkdir()
    place.school.store.backup(folder / "before-0004-20261125T114500.sqlite")


def test_who_is_erased_is_gone_beside_the_journal_and_in_its_backups_at_the_next_exchange(town, hall):  # fmt: skip
    for patron, barcode in (("p1", "20001"), ("p2", "20002")):
        hall.lend(barcode, patron)
    backed_up(hall)
    assert {"p1", "p2"} <= in_backup(hall)
    hall.take_back("20001")
    hall.exchange()
    staff(town, lambda desk: desk.erase("p1"))
    assert "p1" in named(hall)
    hall.exchange()
    assert named(hall) == {"p2"}
    assert in_backup(hall) == {"p2", ""}
    assert {row.id for row in hall.rows(patrons)} == {"p2"}
    assert "p1" not in str(hall.rows(erased))
    assert hall.faults() == []
    raw = b"".join(path.read_bytes() for path in hall.school.store.folder.rglob("*.sqlite*"))
    assert b"c-p1" not in raw


def test_a_station_that_was_away_hears_of_it_by_a_snapshot(town, hall):
    hall.lend("20001")
    hall.take_back("20001")
    hall.exchange()
    staff(town, lambda desk: desk.erase("p1"))
    with town.centre.db.begin() as conn:
        conn.execute(update(schema.schools).values(feed_from=schema.schools.c.position))
        conn.execute(schema.feed.delete())
    assert hall.exchange().snapshot
    assert named(hall) == set()


def test_what_is_still_to_be_sent_keeps_its_name_until_it_has_arrived(town, hall):
    hall.lend("20001")
    hall.take_back("20001")
    hall.exchange()
    staff(town, lambda desk: desk.erase("p1"))

    # Lent between the sending and the fetching of one exchange: not answered yet when the erasure comes.
    late: list[str] = []

    def around(path, go_on):
        if path == "pull" and not late:
            late.append(hall.lend("20002"))
        return go_on()

    hall.wire.around = around
    hall.exchange()
    assert named(hall) == {"p1"}
    hall.exchange()
    # Somebody has to be asked for the copy: until it is back, they are as one who has left.
    assert named(hall) == {"p1"}
    assert "patron_gone" in told(town.centre.db, late[0])
    assert town.centre.holder("20002") == "p1"
    hall.take_back("20002")
    hall.exchange()
    assert named(hall) == set()
    staff(town, lambda desk: desk.erase("p1"))
    assert "p1" not in str(town.centre.all_of(schema.people) + town.centre.all_of(schema.loans))


def test_what_arrives_late_of_somebody_erased_is_kept_without_the_name(town, hall):
    away = town.station("away")
    away.exchange()
    away.wire.around = lambda path, go_on: pytest.fail(path)
    away.lend("20001")
    away.take_back("20001")
    staff(town, lambda desk: desk.erase("p1"))
    away.wire.around = None
    away.exchange()
    kept = town.centre.all_of(schema.people)
    # The checkout alone says whom to ask, until the copy is back; it is back, so staff may erase them for good.
    assert [row.seq for row in kept if row.patron == "p1"] == [1]
    staff(town, lambda desk: desk.erase("p1"))
    assert not [row for row in town.centre.all_of(schema.people) if row.patron == "p1"]


def test_who_is_registered_again_is_no_longer_erased(town, hall):
    hall.lend("20001")
    hall.take_back("20001")
    hall.exchange()
    staff(town, lambda desk: desk.erase("p1"))
    with town.centre.db.begin(SCHOOL) as conn:
        row = {"school": SCHOOL, "id": "p1", "name": "p1", "category": "student", "class_name": ""}
        conn.execute(schema.patrons.insert().values(**row))
    away = town.station("away")
    away.exchange()
    hall.exchange()
    staff(town, lambda desk: desk.issue_card("p1", "c-p1"))
    for place in (hall, away):
        place.exchange()
    away.lend("20003")
    away.exchange()
    assert town.centre.holder("20003") == "p1"
    assert named(away) == {"p1"}


def test_a_revoked_station_keeps_nobody_but_beside_what_is_still_to_be_sent(town, hall):
    hall.lend("20001")
    backed_up(hall)
    hall.exchange()
    with town.centre.db.begin(SCHOOL) as conn:
        revoke(conn, SCHOOL, "hall", hall.school.now.at_ms)
    hall.lend("20002", "p2")
    hall.wire.around = lambda path, go_on: go_on() if path == "hello" else _down()
    with pytest.raises(LineDown):
        hall.exchange()
    assert (named(hall), backups(hall.school.store)) == ({"p2"}, [])
    hall.wire.around = None
    with pytest.raises(Refused):
        hall.exchange()
    assert named(hall) == set()
    assert hall.faults() == []


def _down():
    raise LineDown("cut")


# Posts.


def notices(place: Place, patron: str = "") -> list[str]:
    with place.school.store.read() as tx:
        return [one.body.text for one in standing(tx, Notice, place.school.now, patron_id=patron)]


def test_posts_are_read_at_the_station_on_their_days_and_go_when_they_are_withdrawn(town, hall):
    today = hall.school.now.local.date()
    days = (today, today + timedelta(days=1))
    told = [
        Post("n", Notice(text="周五闭馆"), *days),
        Post("p", Notice(text="书找到了"), *days, "p1"),
    ]
    staff(town, lambda desk: put(desk, told))
    hall.exchange()
    late = town.station("late")
    late.exchange()
    for place in (hall, late):
        assert (notices(place), notices(place, "p1")) == (["周五闭馆"], ["书找到了"])
    late.school.clock.set(late.school.now.local + timedelta(days=2))
    assert notices(late) == []
    staff(town, lambda desk: withdraw(desk, ["n"]))
    staff(town, lambda desk: desk.erase("p1"))
    hall.exchange()
    assert hall.rows(posts) == []


def test_a_post_of_a_later_release_is_kept_and_passed_over(town, hall):
    today = hall.school.now.local.date()
    staff(town, lambda desk: put(desk, [Post("n", Notice(text="好"), today)]))
    with town.centre.db.begin(SCHOOL) as conn:
        conn.execute(update(schema.posts).values(body='{"words": ["later"]}'))
    hall.exchange()
    assert (notices(hall), len(hall.rows(posts))) == ([], 1)


def test_a_revoked_station_keeps_no_posts(town, hall):
    today = hall.school.now.local.date()
    staff(town, lambda desk: put(desk, [Post("p", Notice(text="好"), today, patron_id="p1")]))
    hall.exchange()
    with town.centre.db.begin(SCHOOL) as conn:
        revoke(conn, SCHOOL, "hall", hall.school.now.at_ms)
    with pytest.raises(Refused):
        hall.exchange()
    assert hall.rows(posts) == []
