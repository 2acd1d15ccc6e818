"""Posts at the central record: written, ended and deleted set-wise, and fed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kiosk.posts import BookList, Event, Notice, Post, Suggested
from sync.central.db import CentralError
from sync.central.desk import Desk
from sync.central.feed import read_page
from sync.central.posts import ahead, end, forget_over, put, read_posts, standing, withdraw
from sync.central.values import KINDS, read_all
from sync.rows import checked
from tests.central.fleet import SCHOOL, found_school
from tests.sync.story import NOON

TODAY = date(2026, 11, 25)
DAY = timedelta(days=1)
DAY_MS = 24 * 3_600_000


def notice(name: str, text: str = "周五下午闭馆", *, days=(TODAY, TODAY), **more) -> Post[Notice]:
    return Post(name, Notice(text=text), *days, **more)


def staff(db, act, *args):
    with db.begin(SCHOOL) as conn:
        return act(Desk(conn, SCHOOL, "lin", NOON), *args)


def fed(db, cursor=0):
    """What a station is told: by id, its row checked as the station checks it, or None for one that is gone."""
    with db.read() as conn:
        page = read_page(conn, SCHOOL, "hall", cursor, 2_000)
    told = [one for one in page.changes if one.kind == "post"]
    return {one.key: checked(one.kind, one.key, one.value) for one in told}


def in_snapshot(db):
    (kind,) = (one for one in KINDS if one.name == "post")
    with db.read() as conn:
        return {row["id"]: checked("post", row["id"], row) for row in read_all(conn, SCHOOL, kind)}


def of_day(db, kind, day=TODAY, **more):
    with db.read() as conn:
        return [post.id for post in standing(conn, SCHOOL, kind, day, **more)]


def test_posts_stand_from_their_first_day_to_their_last_the_newest_first(db):
    found_school(db)
    open_end = Post("open", Notice(text="新馆规"), TODAY - DAY)
    ended = notice("old", days=(TODAY - 3 * DAY, TODAY - DAY))
    later = notice("later", days=(TODAY + DAY, TODAY + DAY))
    event = Post("e", Event(name="读书会", time="12:30–13:10"), TODAY, TODAY)
    staff(db, put, [notice("n"), open_end, ended, later, event])
    assert of_day(db, Notice) == ["n", "open"]
    assert of_day(db, Notice, TODAY + 400 * DAY) == ["open"]
    assert of_day(db, Event) == ["e"]
    with db.read() as conn:
        assert [post.id for post in ahead(conn, SCHOOL, Notice, TODAY)] == ["open", "n", "later"]
        found = read_posts(conn, SCHOOL, Notice, ["old", "e", "none"])
    assert found == {"old": ended}


def test_what_is_written_ended_or_deleted_is_fed_as_a_page_and_as_a_snapshot(db):
    found_school(db)
    staff(db, put, [notice("a"), notice("b"), notice("c", at_stations=False)])
    told = fed(db)
    assert told == {**in_snapshot(db), "c": None}
    assert told["a"] == {
        "id": "a", "kind": "notice", "patron_id": "", "body": '{"text":"周五下午闭馆"}',
        "from_on": "2026-11-25", "until_on": "2026-11-25",
    }  # fmt: skip
    staff(db, put, [notice("a", "周五照常开放")])
    staff(db, end, ["a", "b"], TODAY - DAY)
    assert fed(db)["a"]["until_on"] == "2026-11-24"
    assert staff(db, withdraw, ["b", "none"]) == 1
    told = fed(db)
    assert (told["b"], "照常" in told["a"]["body"]) == (None, True)
    assert set(in_snapshot(db)) == {"a"}


def test_a_post_that_stations_are_no_longer_to_show_is_gone_there_and_stands_here(db):
    found_school(db)
    staff(db, put, [notice("a")])
    staff(db, put, [notice("a", at_stations=False)])
    assert fed(db) == {"a": None}
    assert of_day(db, Notice) == ["a"]


def test_stations_forget_what_has_been_over_for_weeks_and_hear_of_it_when_it_is_put_up_again(db):
    found_school(db)
    staff(db, put, [notice("a"), notice("b", days=(TODAY, TODAY + 10 * DAY))])
    with db.begin(SCHOOL) as conn:
        assert forget_over(conn, SCHOOL, NOON + 30 * DAY_MS) == 0
        assert forget_over(conn, SCHOOL, NOON + 31 * DAY_MS) == 1
        assert forget_over(conn, SCHOOL, NOON + 31 * DAY_MS) == 0
    assert fed(db)["a"] is None
    assert set(in_snapshot(db)) == {"b"}
    staff(db, put, [notice("a", days=(TODAY, TODAY + 60 * DAY))])
    assert fed(db)["a"]["until_on"] == "2027-01-24"


def test_a_post_to_a_patron_is_told_apart_and_erased_with_the_patron(db):
    found_school(db, people=("p1", "p2"))
    staff(db, put, [notice("all"), *(notice(f"to-{p}", patron_id=p) for p in ("p1", "p2"))])
    assert of_day(db, Notice) == ["all"]
    assert of_day(db, Notice, patron_id="p1") == ["to-p1"]
    staff(db, Desk.erase, "p1")
    assert of_day(db, Notice, patron_id="p1") == []
    assert fed(db)["to-p1"] is None
    assert set(in_snapshot(db)) == {"all", "to-p2"}


def test_a_post_that_cannot_be_put_up_is_refused_in_words_and_none_is_written(db):
    found_school(db)
    titles = tuple(Suggested(title_id=f"t{n}", why="好" * 190) for n in range(90))
    for wrong, why in (
        (notice("x", days=(TODAY, TODAY - DAY)), "end before it begins"),
        (Post("x", BookList(titles=titles), TODAY), "too long; 16000 fit"),
    ):
        with pytest.raises(CentralError, match=why):
            staff(db, put, [notice("ok"), wrong])
    assert fed(db) == {}


def test_a_post_is_for_the_grades_that_it_names():
    of = Notice(text="", grade_from=1, grade_to=2)
    assert [of.is_for(grade) for grade in (None, 0, 1, 2, 3)] == [True, False, True, True, False]
    assert Notice(text="", grade_from=0, grade_to=0).is_for(1) is False
    assert Notice(text="").is_for(12)
