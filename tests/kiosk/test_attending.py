"""On the day of an activity one touch signs in to it; a teacher's signs in the class, and what is scanned is read."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.activities import Activity, Kind
from kiosk.screen import LineKind, Place, Touch
from kiosk.store.schema import posts
from tests.kiosk.acts import at, journal, last, out, top, visit_of
from tests.kiosk.school import CITY, DICTIONARY, SEA, TEACHER, XIAOMAN, School

DAY = date(2026, 11, 25)


def put_up(school: School, name: str, of: Kind, **more: str) -> None:
    body = Activity(name=f"活动{name}", of=of, **more).model_dump_json()
    row = {"id": name, "kind": "activity", "patron_id": "", "body": body}
    with school.store.begin() as tx:
        tx.conn.execute(posts.insert(), {**row, "from_on": DAY, "until_on": DAY})


def come(school: School, place: int = 0) -> bool:
    visit = visit_of(school.station.screen)
    return school.station.touch(Touch.ATTEND, visit=visit.id, line=place)


def test_one_touch_signs_in_and_is_not_offered_again_that_day(station: School) -> None:
    put_up(station, "a1", Kind.SMALL)
    told = visit_of(station.scan(XIAOMAN)).activities
    assert [(one.id, one.attended) for one in told] == [("a1", False)]
    assert come(station)
    entry = last(station)
    assert (entry["act"], entry["value"], entry["patron"]) == ("attend", "a1", "p1")
    assert visit_of(station.station.screen).activities[0].attended
    assert not come(station)
    station.touch(Touch.FINISH)
    assert visit_of(station.scan(XIAOMAN)).activities[0].attended
    assert not come(station)
    assert [e["act"] for e in journal(station)].count("attend") == 1


def test_in_a_class_session_books_are_read_and_not_lent(station: School) -> None:
    put_up(station, "a2", Kind.SESSION, class_name="三年级2班")
    assert visit_of(station.scan(XIAOMAN)).activities == ()
    station.scan(TEACHER)
    assert come(station)
    screen = station.scan(CITY, DICTIONARY, SEA)
    assert top(screen).kind is LineKind.USED
    read = [(e["act"], e.get("value"), e["copy"]) for e in journal(station)[-3:]]
    assert read == [("use", "a2", CITY), ("use", "a2", DICTIONARY), ("use", "a2", SEA)]
    assert out(station) == {}


def test_a_session_that_was_not_signed_in_to_lends_as_ever(station: School) -> None:
    put_up(station, "a2", Kind.SESSION)
    station.scan(TEACHER, CITY)
    assert out(station) == {CITY: "p3"}


@pytest.mark.parametrize("sure", [True, False])
def test_another_day_or_an_unsure_clock_offers_nothing(station: School, sure: bool) -> None:
    put_up(station, "a1", Kind.LARGE)
    at(station, "2026-11-26T11:45" if sure else "2026-11-25T11:45")
    station.clock.sure = sure
    assert visit_of(station.scan(XIAOMAN)).activities == ()


def counted(school: School) -> list[str]:
    return [e["text"] for e in journal(school) if e["act"] == "attend" and "text" in e]


def test_of_a_class_it_is_asked_how_many_came_and_one_touch_says_all(station: School) -> None:
    put_up(station, "a2", Kind.SESSION, class_name="三年级2班")
    station.scan(TEACHER)
    assert come(station)
    assert station.station.screen.place is Place.COUNT
    assert visit_of(station.station.screen).activities[0].size == 2
    assert station.touch(Touch.ENTER).place is Place.VISIT
    entry = last(station)
    assert (entry["act"], entry["value"], entry["text"]) == ("attend", "a2", "2")
    # Counted anew, by digits; as many as a number of pupils has.
    station.touch(Touch.COUNT)
    for key in "3142":
        station.touch(Touch.KEY, text=key)
    assert station.station.screen.number == "314"
    station.touch(Touch.CLEAR)
    station.touch(Touch.KEY, text="1")
    assert station.touch(Touch.ENTER).place is Place.VISIT
    assert counted(station) == ["2", "1"]


def test_where_the_class_is_not_known_a_number_is_needed_and_nobody_must_give_one(
    station: School,
) -> None:
    put_up(station, "a2", Kind.SESSION)
    station.scan(TEACHER)
    assert come(station)
    assert station.touch(Touch.ENTER).place is Place.COUNT
    station.touch(Touch.KEY, text="0")
    assert station.touch(Touch.ENTER).place is Place.COUNT
    assert station.touch(Touch.BACK).place is Place.VISIT
    station.touch(Touch.COUNT)
    # The first book goes on with the session.
    assert top(station.scan(CITY)).kind is LineKind.USED
    assert station.station.screen.place is Place.VISIT
    assert counted(station) == []


def test_nobody_counts_who_has_signed_in_no_class(station: School) -> None:
    put_up(station, "a1", Kind.SMALL)
    visit = visit_of(station.scan(XIAOMAN))
    assert not station.station.touch(Touch.COUNT, visit=visit.id)
    assert come(station)
    assert station.station.screen.place is Place.VISIT
    assert not station.station.touch(Touch.COUNT, visit=visit.id)
