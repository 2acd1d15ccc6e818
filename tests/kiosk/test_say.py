"""A reader says something at the station: one question a screen, kept at the end or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import insert, select

from kiosk.saying import Words, written
from kiosk.screen import Place, Touch
from kiosk.store.schema import journal, journal_people, journal_said, posts
from tests.kiosk.acts import ISBN, ISBN_OF_NOTHING, last, visit_of
from tests.kiosk.school import CITY, XIAOMAN, School

FORM: dict[str, object] = {
    "title": "你喜欢图书馆吗？",
    "questions": [
        {"kind": "stars", "text": "几颗星？"},
        {"kind": "choice", "text": "看什么？", "choices": [{"text": "故事"}, {"text": "科学"}]},
        {"kind": "text", "text": "还想说？"},
    ],
}


def put_up(school: School, kind: str, body: Mapping[str, object], patron: str = "") -> None:
    row = {"id": f"{kind}1", "kind": kind, "patron_id": patron, "body": json.dumps(body)}
    days = {"from_on": date(2026, 11, 1), "until_on": date(2026, 12, 31)}
    with school.store.begin() as tx:
        tx.conn.execute(insert(posts), {**row, **days})


def said(school: School) -> list[tuple[str, dict[str, object]]]:
    with school.store.read() as tx:
        query = select(journal.c.body, journal_said.c.said).join(
            journal_said, journal.c.seq == journal_said.c.seq
        )
        rows = tx.conn.execute(query.order_by(journal.c.seq))
        return [(json.loads(body)["value"], json.loads(words)) for body, words in rows]


def people(school: School) -> list[str]:
    with school.store.read() as tx:
        return list(tx.conn.execute(select(journal_people.c.patron_id)).scalars())


def pick(school: School, *texts: str) -> None:
    for text in texts:
        school.touch(Touch.PICK, text=text)


def write(school: School, text: str) -> None:
    for key in text:
        school.touch(Touch.KEY, text=key)
    school.touch(Touch.DONE)


def step(school: School) -> str:
    say = school.station.screen.say
    return say.step if say else ""


def test_a_sentence_chosen_on_the_idle_screen_is_kept_without_a_name(station: School) -> None:
    station.touch(Touch.SAY)
    pick(station, "suggestion", "0", "unnamed")
    assert said(station) == [("suggestion", {"sentence": "多买一些漫画和故事书"})]
    assert people(station) == []
    assert "visit" not in last(station)
    assert step(station) == "thanks"
    assert station.touch(Touch.BACK).place is Place.IDLE


def test_with_nobody_at_the_screen_nothing_can_be_said_in_a_name(station: School) -> None:
    station.touch(Touch.SAY)
    pick(station, "complaint", "0", "named")
    assert said(station) == []
    assert step(station) == "name"


def test_in_a_visit_it_is_kept_with_the_name_and_the_visit_goes_on(station: School) -> None:
    station.scan(XIAOMAN, CITY)
    station.touch(Touch.SAY)
    pick(station, "complaint", "note")
    write(station, "tai re")
    pick(station, "named")
    assert said(station) == [("complaint", {"note": "taire"})]
    assert people(station)[-1] == "p1"
    assert visit_of(station.touch(Touch.BACK)).lent == 1


def test_without_the_name_the_visit_ends_first_and_the_entry_leads_to_nobody(
    station: School,
) -> None:
    station.scan(XIAOMAN)
    station.touch(Touch.LANGUAGE)
    station.touch(Touch.SAY)
    pick(station, "suggestion", "1", "unnamed")
    screen = station.station.screen
    assert (screen.visit, screen.place, screen.language) == (None, Place.SAY, "en")
    assert people(station) == ["p1"]
    assert last(station)["patron"] is None
    assert "visit" not in last(station)


def test_each_question_can_be_answered_or_skipped(station: School) -> None:
    put_up(station, "questionnaire", FORM)
    station.touch(Touch.SAY)
    pick(station, "form0", "4")
    station.touch(Touch.SKIP)
    write(station, "more")
    pick(station, "unnamed")
    assert said(station) == [
        ("answers", {"answers": [[0, 4], [2, "more"]], "form": "questionnaire1"})
    ]


def test_who_skips_every_question_has_said_nothing(station: School) -> None:
    put_up(station, "questionnaire", FORM)
    station.touch(Touch.SAY)
    pick(station, "form0")
    for _ in range(3):
        station.touch(Touch.SKIP)
    assert step(station) == "menu"
    assert said(station) == []


def test_what_the_screen_does_not_offer_changes_nothing(station: School) -> None:
    put_up(station, "questionnaire", FORM)
    station.touch(Touch.SAY)
    pick(station, "form1", "named", "7", "form0", "6", "0", "²")
    screen = station.station.screen
    assert screen.say
    assert screen.say.progress == (1, 3)


def test_a_book_that_is_wished_for_is_scanned_by_its_isbn(station: School) -> None:
    station.touch(Touch.SAY)
    pick(station, "purchase")
    station.scan(ISBN_OF_NOTHING)
    assert step(station) == "name"
    pick(station, "unnamed")
    assert said(station) == [("purchase", {"isbn": ISBN_OF_NOTHING})]


@pytest.mark.parametrize("how", ["scanned", "typed"])
def test_who_wishes_for_a_book_that_is_there_is_told_where(station: School, how: str) -> None:
    station.touch(Touch.SAY)
    pick(station, "purchase")
    if how == "scanned":
        station.scan(ISBN)
    else:
        write(station, ISBN)
    screen = station.station.screen
    assert screen.say
    assert screen.say.have is not None
    assert screen.say.have[0]
    station.touch(Touch.SKIP)
    pick(station, "unnamed")
    assert said(station) == [("purchase", {"isbn": ISBN})]


def test_a_title_may_be_wished_for_by_its_first_letters(station: School) -> None:
    station.touch(Touch.SAY)
    pick(station, "purchase")
    write(station, "xyj")
    pick(station, "unnamed")
    assert said(station) == [("purchase", {"title": "xyj"})]


def test_a_card_wins_over_what_is_half_said_and_nothing_of_it_stays(station: School) -> None:
    station.touch(Touch.SAY)
    pick(station, "complaint", "0")
    assert station.scan(XIAOMAN).place is Place.VISIT
    assert said(station) == []


def test_a_copy_wins_in_the_middle_of_a_visit(station: School) -> None:
    station.scan(XIAOMAN)
    station.touch(Touch.SAY)
    pick(station, "suggestion")
    screen = station.scan(CITY)
    assert (screen.place, visit_of(screen).lent) == (Place.VISIT, 1)
    assert said(station) == []


def test_an_answer_stands_in_the_visit_until_it_was_read(station: School) -> None:
    put_up(station, "answer", {"text": "多放了椅子"}, patron="p1")
    assert visit_of(station.scan(XIAOMAN)).answers == (("answer1", "多放了椅子"),)
    assert visit_of(station.touch(Touch.READ, text="answer1")).answers == ()
    assert said(station) == [("read", {"post": "answer1"})]


def test_an_answer_to_everybody_stands_where_things_are_said(station: School) -> None:
    put_up(station, "answer", {"text": "周六开门", "asked": "周末开门吗"})
    screen = station.touch(Touch.SAY)
    assert screen.say
    assert screen.say.answers == (("周末开门吗", "周六开门"),)


def test_a_library_that_has_no_sentences_does_not_ask(station: School) -> None:
    text = station.library_toml.read_text(encoding="utf-8")
    before, _, rest = text.partition("[[suggestions]]")
    after = rest[rest.index("# ----") :]
    station.library_toml.write_text(before + after, encoding="utf-8")
    station.rulebook.refresh()
    assert not station.station.touch(Touch.SAY, visit=None)


def test_the_same_words_are_written_the_same(station: School) -> None:
    assert written(Words(note="a", isbn="b")) == '{"isbn":"b","note":"a"}'
