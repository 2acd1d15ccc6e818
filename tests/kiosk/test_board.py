"""The board of the idle screen: which card stands when, and what of the store comes onto it, without any line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import insert

from kiosk.board import (
    BY_CLOCK,
    CARD_MS,
    FITS,
    NOTHING,
    Card,
    CardKind,
    Pick,
    Posted,
    board,
    cards,
    lists_for,
    parts,
    recommended,
)
from kiosk.domain import Now, Patron
from kiosk.posts import Body, BookList, Event, Notice, Post, Suggested
from kiosk.screen import Place, Touch
from kiosk.store.board import read_board
from kiosk.store.schema import posts
from tests.kiosk.school import (
    ANAN,
    CITY,
    DREAM,
    IN_WINDOW,
    INSECTS,
    MORE,
    SEA,
    TEACHER,
    XIAOMAN,
    School,
)

TODAY = IN_WINDOW.date()
TOMORROW = TODAY + timedelta(days=1)


def hang(school: School, name: str, body: Body, first: date = TODAY, last: date = TODAY) -> None:
    row = {"id": name, "kind": body.kind, "patron_id": "", "body": body.model_dump_json()}
    with school.store.begin() as tx:
        tx.conn.execute(insert(posts), {**row, "from_on": first, "until_on": last})


def suggested(*names: str) -> tuple[Suggested, ...]:
    return tuple(Suggested(title_id=name) for name in names)


def after(school: School, seconds: int) -> None:
    school.clock.set(school.clock.now().local + timedelta(seconds=seconds))
    school.station.look_again()


def standing_card(school: School) -> Card:
    standing = school.station.screen.board
    assert standing is not None
    return standing.card


def event(name: str, first: date, last: date | None = None) -> Post[Event]:
    return Post(name, Event(name=name), first, last or first)


# The choice


def test_each_card_stands_as_long_and_then_it_begins_again() -> None:
    three = tuple(Card(CardKind.NOTICE, text) for text in "abc")
    seen = [board(three, BY_CLOCK.step_at(s * 1000)) for s in range(0, 60, 5)]
    assert "".join(one.card.text for one in seen if one) == "aabbccaabbcc"
    assert board((), 4) is None


def test_a_finger_turns_to_the_next_card_and_that_stands_as_long() -> None:
    now_ms = 7 * CARD_MS + 9_900
    turned = BY_CLOCK.next(now_ms)
    assert turned.step_at(now_ms) == BY_CLOCK.step_at(now_ms) + 1
    assert turned.step_at(now_ms + CARD_MS - 1) == turned.step_at(now_ms)
    assert turned.next(now_ms + 1).step_at(now_ms + 1) == turned.step_at(now_ms) + 1


def test_notices_come_first_then_what_is_soonest_then_lists_then_new_books() -> None:
    posted = Posted(
        notices=(Post("n", Notice(text="通知", text_en="Notice"), TODAY),),
        events=(event("late", TOMORROW), event("long", date(2026, 11, 1), date(2026, 12, 1))),
        lists=(
            (BookList(name="好书", recommender="王老师"), (Pick("书"),)),
            (BookList(why="new"), (Pick("新书"),)),
        ),
    )
    made = cards(posted, ("老师的话",), TODAY, english=False)
    kinds = [(card.kind.value, card.text) for card in made]
    assert kinds == [("notice", "通知"), ("notice", "老师的话"), ("happening", "long"),
                     ("happening", "late"), ("teacher", "好书"), ("new", "")]  # fmt: skip
    assert [card.on for card in made[2:4]] == [TODAY, TOMORROW]
    assert cards(posted, (), TODAY, english=True)[0].text == "Notice"


def test_an_unsure_clock_calls_nothing_today() -> None:
    (card,) = cards(Posted(events=(event("a", TODAY),)), (), None, english=False)
    assert card.on is None


def test_books_that_are_all_out_come_last_and_a_long_list_takes_more_cards() -> None:
    picks = tuple(Pick(str(n), free=n % 2) for n in range(9))
    first, second = cards(Posted(lists=((BookList(), picks),)), (), TODAY, english=False)
    assert [p.title for p in (*first.books, *second.books)] == ["1", "3", "5", "7", "0", "2"]


def test_a_long_notice_is_cut_behind_sentences_and_loses_nothing() -> None:
    text = "元旦放假三天，图书馆也休息。" * 20
    cut = list(parts(text))
    assert "".join(cut) == text
    assert all(len(piece) <= FITS and piece.endswith("。") for piece in cut)
    assert "".join(parts("书" * 200)) == "书" * 200
    assert list(parts("  ")) == []


# A pupil's card


def test_lists_for_a_pupil_are_those_of_the_class_then_of_the_grade_then_for_all_then_new_books() -> (
    None
):
    lists = [
        BookList(name="new", why="new"),
        BookList(name="all"),
        BookList(name="upper grades", grade_from=4),
        BookList(name="grade", grade_from=1, grade_to=3),
        BookList(name="other class", class_name="三年级1班"),
        BookList(name="class", class_name="三年级2班"),
    ]
    pupil = Patron("p", "李小满", "student", grade=3, class_name="三年级2班")
    assert [one.name for one in lists_for(pupil, lists)] == ["class", "grade", "all", "new"]
    assert lists_for(replace(pupil, grade=None), lists) == []


def test_a_card_has_two_titles_that_are_in_and_other_ones_the_day_after() -> None:
    picks = [Pick("abcdef"[n], free=n % 3) for n in range(6)]
    body = BookList(name="好书", recommender="王老师")
    shown = [recommended(body, picks, TODAY + timedelta(days=n)) for n in range(2)]
    titles = ["".join(book.title for book in one.books) for one in shown if one]
    assert sorted(titles) == ["bc", "ef"]
    assert {(one.kind, one.by) for one in shown if one} == {(CardKind.TEACHER, "王老师")}
    alone = recommended(body, picks[:2], TODAY)
    assert alone is not None
    assert [book.title for book in alone.books] == ["b"]
    assert recommended(body, picks[:1], TODAY) is None


# From the store to the screen


def test_lists_come_with_their_grades_and_what_is_on_the_shelf(station: School) -> None:
    body = BookList(
        name="好书",
        recommender="王老师",
        grade_from=1,
        grade_to=3,
        titles=suggested("t1", "t8", "t2", "no-such-title"),
    )
    hang(station, "l1", body)
    hang(station, "l0", BookList(why="new", titles=suggested("t1")))
    with station.store.read() as tx:
        assert [one.why for one, _ in read_board(tx, station.now).lists] == [body.why, "new"]
    station.scan(XIAOMAN, CITY)
    station.touch(Touch.FINISH)
    # What is put up is read anew each minute.
    after(station, 60)
    while standing_card(station).kind is not CardKind.TEACHER:
        station.touch(Touch.NEXT_CARD)
    card = standing_card(station)
    assert (card.by, card.grades) == ("王老师", (1, 3))
    assert [(book.title, book.free) for book in card.books] == [("海底两万里", 2), ("城南旧事", 0)]


def test_what_ended_or_begins_much_later_is_not_on_the_board(station: School) -> None:
    hang(station, "old", Notice(text="旧"), date(2026, 11, 1), date(2026, 11, 24))
    hang(station, "later", Notice(text="明天的"), TOMORROW, TOMORROW)
    hang(station, "far", Event(name="很久以后"), date(2027, 1, 1), date(2027, 1, 1))
    hang(station, "soon", Event(name="明天"), TOMORROW, TOMORROW)
    with station.store.read() as tx:
        posted = read_board(tx, station.now)
    assert posted.notices == ()
    assert [post.id for post in posted.events] == ["soon"]


def test_a_post_that_cannot_be_read_hides_no_other(station: School) -> None:
    hang(station, "good", Notice(text="好"))
    row = {"id": "bad", "kind": "notice", "patron_id": "", "body": json.dumps({"text": 3})}
    with station.store.begin() as tx:
        tx.conn.execute(insert(posts), {**row, "from_on": TODAY, "until_on": TODAY})
        posted = read_board(tx, Now(station.now.at_ms, station.now.local, sure=True))
    assert [post.id for post in posted.notices] == ["good"]
    assert posted != NOTHING


def test_the_station_publishes_once_a_card_and_no_more(station: School) -> None:
    for name in "ab":
        hang(station, name, Notice(text=name))
    after(station, 60)
    first, n = standing_card(station).text, station.station.screen.n
    for _ in range(9):
        after(station, 1)
    assert station.station.screen.n == n
    after(station, 1)
    assert station.station.screen.n == n + 1
    assert standing_card(station).text != first


def test_a_touch_shows_the_next_card_at_once(station: School) -> None:
    for name in "ab":
        hang(station, name, Notice(text=name))
    after(station, 60)
    before = standing_card(station).text
    screen = station.touch(Touch.NEXT_CARD)
    assert screen.place is Place.IDLE
    assert standing_card(station).text != before


def test_without_posts_the_screen_is_as_it_was_and_a_visit_has_no_board(station: School) -> None:
    assert station.station.screen.board is None
    hang(station, "a", Notice(text="a"))
    assert station.scan(XIAOMAN).board is None


def shown_books(school: School, *codes: str) -> list[str]:
    screen = school.scan(*codes)
    assert screen.visit is not None
    card = screen.visit.recommended
    return [book.title for book in card.books] if card else []


def test_a_visit_recommends_what_is_in_until_a_book_is_scanned(station: School) -> None:
    # Of reference books and of those that are out nothing is said.
    hang(station, "l1", BookList(recommender="王老师", titles=suggested("t5", "t8", "t1", "t4")))
    assert sorted(shown_books(station, XIAOMAN)) == ["城南旧事", "红楼梦"]
    assert shown_books(station, INSECTS) == []
    station.touch(Touch.FINISH)
    # A teacher, who chooses for others, is left alone; the next in the queue sees what the last one left.
    assert shown_books(station, TEACHER, DREAM) == []
    assert shown_books(station, ANAN) == ["城南旧事"]


def test_what_is_recommended_stands_still_whatever_happens_elsewhere(station: School) -> None:
    hang(station, "l1", BookList(titles=suggested("t1")))
    assert shown_books(station, XIAOMAN) == ["城南旧事"]
    station.desk.checkout(station.who("p2", ANAN), CITY, station.now)
    after(station, 60)
    visit = station.station.screen.visit
    assert visit is not None
    assert visit.recommended is not None


def test_a_pupil_is_not_told_of_a_book_at_home_and_of_none_with_many_or_late_ones(
    station: School,
) -> None:
    hang(station, "l1", BookList(titles=suggested("t2", "t4")))

    def lend(*codes: str) -> None:
        for code in codes:
            station.desk.checkout(station.who("p1", XIAOMAN), code, station.now)

    lend(SEA)
    assert shown_books(station, XIAOMAN) == ["红楼梦"]
    station.touch(Touch.FINISH)
    lend(*MORE[:2])
    assert shown_books(station, XIAOMAN) == []
    station.touch(Touch.FINISH)
    for code in MORE[:2]:
        station.desk.checkin(code, station.now)
    assert shown_books(station, XIAOMAN) == ["红楼梦"]
    station.touch(Touch.FINISH)
    station.clock.set(IN_WINDOW + timedelta(days=16))
    hang(station, "l2", BookList(titles=suggested("t4")), last=date(2027, 12, 31))
    assert shown_books(station, XIAOMAN) == []
