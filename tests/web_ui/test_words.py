"""Every code of the desk has words in both languages, and the words say no more than they know."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kiosk.domain import Note, Reason
from kiosk.screen import Line, LineKind, OpenHours, Place, Screen, Status, Touch
from kiosk.signs import Condition, Light, Part, Sign
from tests.web_ui.looks import SHUT, TAUGHT, TODAY, looks, reasons
from tests.web_ui.samples import (
    BOOKS,
    DICTIONARY,
    DUE,
    LOCAL,
    lent,
    loan,
    on_visit,
    refused,
    returned,
    screen,
    visit,
    young,
)
from web_ui.catalogue import LANGUAGES, Voice, messages, placeholders, ruby_marks
from web_ui.lines import line_view
from web_ui.staff_words import sign_view
from web_ui.telling import tell_room
from web_ui.words import view as view_of


def view(shown: Screen) -> Any:
    return view_of(shown)


ALL = {**looks(), **reasons()}
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    [
        *(f"reason.{reason}.{part}" for reason in Reason for part in ("head", "todo")),
        *(f"note.{note}" for note in Note),
        *(f"touch.{touch}" for touch in Touch),
        *(f"line_kind.{kind}" for kind in LineKind),
        *(f"place.{place}" for place in Place),
        *(f"staff.part.{part}" for part in Part),
        *(f"staff.light.{light}" for light in Light),
        *(f"staff.sign.{code}.what" for code in Condition),
        *(
            f"staff.sign.{sign}.todo"
            for sign in Condition
            if Sign(sign, "").light is not Light.GREEN
        ),
    ],
)
def test_every_code_has_words(language: str, key: str) -> None:
    message = messages(language)[key]
    assert message or key == "reason.ok.todo"


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_typed_a_number_hears_of_the_number_and_may_type_it_anew(language: str) -> None:
    typed = view(replace(ALL["notice_number"], language=language))
    scanned = view(replace(ALL["notice_card"], language=language))
    assert typed["notice"]["head"] != scanned["notice"]["head"]
    assert typed["notice"]["todo"] != scanned["notice"]["todo"]
    assert (typed["notice_again"] != "", scanned["notice_again"]) == (True, "")


def test_no_thanks_stand_above_what_was_not_returned() -> None:
    shown = view(ALL["returns_card"])["returns"]
    assert (shown["head_1"], shown["head_2"]) == ("先等一等", "")
    assert shown["count"] == "这次还了 1 本"


def test_both_catalogues_have_the_same_keys_and_placeholders() -> None:
    zh, en = messages("zh"), messages("en")
    assert zh.keys() == en.keys()
    assert {key: placeholders(zh[key]) for key in zh} == {key: placeholders(en[key]) for key in en}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_with_facts_has_a_bare_form_without_them(language: str) -> None:
    for reason in Reason:
        for part, bare in (("head", "head_bare"), ("todo", "bare")):
            key = f"reason.{reason}.{part}"
            if placeholders(messages(language)[key]):
                assert not placeholders(messages(language)[f"reason.{reason}.{bare}"])


def test_english_has_no_chinese_and_chinese_has_no_english_sentences() -> None:
    allowed = {"name.switch", "touch.language", "demo.language"}
    for key, message in messages("en").items():
        assert key in allowed or not HAN.search(str(message)), key
    for key, message in messages("zh").items():
        if key not in allowed and not key.startswith(("name.", "date.", "touch.key")):
            assert HAN.search(str(message)) or not re.search(
                r"[A-Za-z]", re.sub(r"\{\w+\}", "", str(message))
            ), key


def test_pinyin_stands_over_the_same_sentence() -> None:
    for key, marked in ruby_marks().items():
        if not key.startswith("date_character."):
            plain = re.sub(r"\[[^\]]*\]", "", marked)
            assert plain == messages("zh")[key], key
            assert not HAN.search(re.sub(r".\[[^\]]*\]", "", marked)), (
                f"{key} has a character without a reading"
            )


def test_a_book_goes_back_as_huan_and_still_is_hai() -> None:
    for marked in ruby_marks().values():
        for before, reading, after in re.findall(r"(.?)还\[(\w+)\](.?)", marked):
            still = after != "" and after in "可有没不记是"
            assert (reading == "hái") == still, (before, after, marked)


@pytest.mark.parametrize(
    "name", [name for name, look in ALL.items() if look.visit and look.visit.young]
)
def test_young_readers_find_pinyin_over_every_sentence(name: str) -> None:
    shown = view(ALL[name])
    ruby = shown["ruby"]
    if "say" in shown:
        page = shown["say"]
        labels = [o["label"] for o in page["options"] if not o["label"].isdecimal()]
        for sentence in (page["head"], page["back"], page["skip"], *labels):
            assert "".join(text for text, _ in ruby[sentence]) == sentence
        return
    page = shown["visit"]
    lines = page["lines"]
    sentences = [
        page["hello"],
        page["again"],
        shown["touches"]["finish"],
        *(a["text"] for a in page["alerts"]),
    ]
    if page["recommended"]:
        sentences += [page["recommended"]["head"], page["recommended"]["books"][0]["place"]]
    for line in lines:
        sentences += [line["head"], line["due"], line["todo"], line["place"], *line["remarks"]]
        sentences += [offer["label"] for offer in line["offers"]]
    for sentence in filter(None, sentences):
        pairs = ruby[sentence]
        assert "".join(text for text, _ in pairs) == sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ALL)
def test_every_screen_becomes_json_with_no_open_placeholder(name: str, language: str) -> None:
    shown = view(replace(ALL[name], language=language))
    templates = {shown["hours"]["template"]}
    if shown["countdown"]:
        templates.add(shown["countdown"]["template"])
    read = {
        sentence: pairs for sentence, pairs in shown["ruby"].items() if sentence not in templates
    }
    text = json.dumps({**shown, "hours": None, "countdown": None, "ruby": read}, ensure_ascii=False)
    assert not re.search(r"\{\w+\}", text)
    assert all("{n}" in template for template in templates if template)


def test_an_unknown_language_speaks_chinese() -> None:
    assert view(screen(Place.IDLE, language="xx"))["language"] == "zh"


@pytest.mark.parametrize(
    ("line", "language", "words"),
    [
        (lent(1), "zh", {"head": "借好了", "due": "12月9日前还", "place": ""}),
        (lent(1), "en", {"head": "It's yours", "due": "back by Dec 9"}),
        (lent(1, due_on=None, days=14), "zh", {"due": "14 天后还"}),
        (lent(1, due_on=None, days=1), "en", {"due": "back in 1 day"}),
        (lent(1, due_on=LOCAL.date()), "zh", {"due": "今天要还"}),
        (lent(1, due_on=date(2027, 1, 9)), "zh", {"due": "2027年1月9日前还"}),
        (loan(1, overdue_days=1), "en", {"due": "1 day late, please return it"}),
        (loan(1, overdue_days=3), "zh", {"due": "过期 3 天了，请尽快还"}),
        (returned(1), "zh", {"head": "还好了", "place": "请放到：第 6 架，蓝色标签"}),
        (returned(1, replace(BOOKS[0], shelf="")), "zh", {"place": "请放到还书车上"}),
        (
            returned(1, notes=(Note.HOLD_WAITING,)),
            "zh",
            {"place": "有同学在等它，请放到预约架", "remarks": []},
        ),
        (Line(1, LineKind.USED, DICTIONARY), "zh", {"place": "看完请放回：工具书架，第 1 架"}),
        (
            refused(1, Reason.IN_LIBRARY_ONLY, DICTIONARY),
            "zh",
            {"head": "这本只能在馆里看", "place": "请放回：工具书架，第 1 架"},
        ),
        (
            refused(1, Reason.LIMIT_REACHED),
            "zh",
            {"head": "你已经借满 3 本了", "todo": "先还一本，再借这本。"},
        ),
        (refused(1, Reason.LIMIT_REACHED, limit=1), "en", {"head": "You already have 1 book"}),
        (refused(1, Reason.LIMIT_REACHED, limit=None), "zh", {"head": "你已经借满了"}),
        (refused(1, Reason.OVERDUE), "en", {"head": "2 books are late, return them first"}),
        (refused(1, Reason.WINDOW_CLOSED), "zh", {"todo": "星期一 11:30 再来借。"}),
        (
            refused(1, Reason.WINDOW_CLOSED, opens_at=LOCAL + timedelta(days=1)),
            "zh",
            {"todo": "明天 11:45 再来借。"},
        ),
        (
            refused(1, Reason.WINDOW_CLOSED, opens_at=LOCAL + timedelta(days=30)),
            "en",
            {"todo": "Come back: Dec 25 11:45."},
        ),
        (refused(1, Reason.WINDOW_CLOSED, opens_at=None), "zh", {"todo": "开放时间再来借。"}),
        (
            refused(1, Reason.NO_RENEWALS_LEFT, due_on=DUE),
            "zh",
            {"place": "", "due": "12月9日前还"},
        ),
        (
            refused(1, Reason.CARD_EXPIRED, replace(BOOKS[0], shelf="")),
            "zh",
            {"todo": "请找老师换新卡。", "place": "请放到还书车上"},
        ),
        (refused(1, Reason.STORE_FULL), "zh", {"todo": "还书可以。借书请找老师。"}),
        (
            Line(1, LineKind.EXPLAINED, BOOKS[0], Reason.STORE_FULL),
            "zh",
            {
                "head": "机器存满了，刚才没记上",
                "todo": "请把书交给老师。老师：请清理这台机器的硬盘。",
            },
        ),
        (refused(1, Reason.UNKNOWN_COPY), "zh", {"place": "", "todo": "请把书交给图书馆老师。"}),
    ],
)
def test_a_line_is_told_as_people_tell_it(
    line: Line, language: str, words: dict[str, object]
) -> None:
    told = line_view(line, Voice(language), LOCAL)
    assert {key: told[key] for key in words} == words


@pytest.mark.parametrize(
    ("hours", "zh", "en"),
    [
        (
            OpenHours(True, LOCAL + timedelta(minutes=45), 45),
            "借还时间到 12:30 · 还有 45 分钟",
            "Open until 12:30 · 45 min left",
        ),
        (OpenHours(True, LOCAL + timedelta(hours=5)), "借还时间到 16:45", "Open until 16:45"),
        (SHUT, "下次开放：星期一 11:30", "Opens Monday 11:30"),
        (
            replace(SHUT, closure="元旦"),
            "元旦 · 下次开放：星期一 11:30",
            "元旦 · opens Monday 11:30",
        ),
        (OpenHours(False), "现在不开放", "Closed now"),
        (
            OpenHours(True, LOCAL, 0, sure=False),
            "时间还没校准 · 请告诉老师",
            "Clock unsure · tell a librarian",
        ),
    ],
)
def test_the_hours_are_told_as_people_tell_them(hours: OpenHours, zh: str, en: str) -> None:
    assert view(screen(Place.IDLE, hours=hours))["hours"]["text"] == zh
    assert view(screen(Place.IDLE, hours=hours, language="en"))["hours"]["text"] == en


def test_outside_the_window_the_start_page_says_first_when_it_opens_and_teaches_returning() -> None:
    page = view(screen(Place.IDLE, hours=SHUT))["idle"]
    assert page["head_1"] + page["head_2"] == "星期一 11:30，再来借书。"
    assert "还书随时可以" in page["sub"]
    assert page["steps"][0]["head"] == "不用借书卡"
    assert [b["touch"] for b in page["buttons"] if b["main"]] == ["guide_return"]
    closed = view(screen(Place.IDLE, hours=replace(SHUT, returns=False)))["idle"]
    assert closed["sub"] == "现在不能还书，请晚些再来。"
    assert closed["steps"][0]["head"] == "扫借书卡"
    guide = screen(Place.GUIDE, topic=Touch.GUIDE_BORROW, hours=SHUT)
    assert "现在就可以扫卡" not in view(guide)["guide"]["tip"]


def test_young_readers_count_days() -> None:
    shown = view(on_visit(young(lent(1))))
    assert shown["visit"]["lines"][0]["due"] == "14 天后还"
    assert view(on_visit(visit(lent(1))))["visit"]["lines"][0]["due"] == "12月9日前还"


def test_titles_are_read_only_where_each_character_has_a_syllable() -> None:
    good, bad = BOOKS[3], replace(BOOKS[0], pinyin="kūn chóng")
    ruby = view(on_visit(young(lent(2, good), lent(1, bad))))["ruby"]
    assert ruby[good.title][:2] == [["小", "xiǎo"], ["猪", "zhū"]]
    assert bad.title not in ruby


def test_books_are_recommended_only_where_nothing_else_is_to_be_read_first() -> None:
    calm = visit(loan(1), recommended=TAUGHT)
    assert view(on_visit(calm))["visit"]["recommended"]["head"] == "王老师推荐"
    told = replace(calm, messages=("周五来取新书卡",))
    came = replace(calm, activities=(replace(TODAY, attended=True),))
    for busy in (on_visit(told), on_visit(came), on_visit(calm, status=Status(store_full=True))):
        assert view(busy)["visit"]["recommended"] is None


@pytest.mark.parametrize(
    ("told", "room"),
    [
        ("812", "812 MB"),
        ("1023", "1023 MB"),
        ("1024", "1.0 GB"),
        ("73913", "72.2 GB"),
        ("", "?"),
        ("unknown", "?"),
        ("９", "?"),
        ("9" * 5000, "?"),
    ],
)
def test_room_on_a_disk_is_told_as_people_tell_it(told: str, room: str) -> None:
    assert tell_room(told) == room
    full = Sign(Condition.STORE_FULL, "", values={"free": told})
    assert sign_view(full, Voice("zh"))["what"] == f"只剩 {room}：停止借书，照常还书。"
