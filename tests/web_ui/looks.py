"""Every place, line, reason and note as a screen, so that each can be looked at and tested."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from kiosk.activities import Kind, Offered
from kiosk.board import FITS, FITS_LATIN, Board, Card, CardKind, Pick
from kiosk.domain import Note, Reason
from kiosk.rooms import Passage
from kiosk.screen import (
    Book,
    Cue,
    FindView,
    Found,
    Line,
    LineKind,
    OpenHours,
    Place,
    Printed,
    RoomView,
    SayView,
    Screen,
    SlipView,
    Status,
    Touch,
)
from kiosk.signs import Condition, Sign
from tests.web_ui.samples import (
    BOOKS,
    DICTIONARY,
    DUE,
    LOCAL,
    NEXT,
    lent,
    loan,
    on_visit,
    refused,
    returned,
    screen,
    visit,
    young,
)

DETAIL = """library.toml was changed but not taken up: library.toml: windows[0].to = "11:00": the window ends before it
begins; write a time after 11:30"""
SHUT = OpenHours(False, next=NEXT)
MESSAGES = (
    "本月主题：走近大自然。周四 12:00 阅览室，刷卡签到。",
    "新到一批科普书，在第 9 架。",
    "期末还书截止到 1 月 15 日，请大家早点还书。",
)
RESULTS = tuple(
    Found(
        book,
        copies=3,
        available=available,
        in_library_only=book is DICTIONARY,
        expected_on=expected,
    )
    for book, available, expected in (
        (BOOKS[1], 2, None),
        (BOOKS[5], 0, DUE),
        (DICTIONARY, 1, None),
        (BOOKS[6], 0, None),
        (BOOKS[0], 1, None),
    )
)
FACTS = {"free": "73913", "count": "3", "time": "2026-11-25 11:45", "until": "2027-07-09"}
WELL = tuple(
    Sign(code, f"{code} in the station's words", values=FACTS)
    for code in Condition
    if code.endswith(("_ok", "_none")) and code is not Condition.SCANNER_NONE
)
TROUBLED = tuple(
    Sign(code, DETAIL, name="front" if code.startswith("scanner") else "", values=FACTS)
    for code in Condition
    if not code.endswith("_ok")
)
BUSY = (
    refused(9, Reason.IN_LIBRARY_ONLY, DICTIONARY, offers=(Touch.USE,)),
    lent(8, BOOKS[0]),
    lent(7, BOOKS[1], notes=(Note.CAPPED_BY_TERM,)),
    lent(6, BOOKS[5]),
    loan(5, BOOKS[2]),
    loan(4, BOOKS[6], overdue_days=3, offers=()),
)
# As long as the record lets a message be.
LONG_MESSAGE = "书" * 60


def room(passage: Passage, minutes: int = 0) -> RoomView:
    return RoomView(passage, "期刊阅览室", LOCAL - timedelta(minutes=minutes), minutes)


TODAY = Offered("a1", "走近大自然", "Out into nature", Kind.SMALL)
LONG_TODAY = Offered(
    "a2", "共读一本书：我们和大自然的故事分享会", "We and nature: a day of stories", Kind.SESSION
)
CLASS_TODAY = replace(LONG_TODAY, attended=True, size=38)

PICKS = tuple(
    Pick(b.title, b.author, b.class_number, b.shelf, b.pinyin, free, why)
    for b, free, why in (
        (BOOKS[3], 2, "读了会笑出声来，适合和弟弟妹妹一起读"),
        (BOOKS[6], 1, ""),
        (BOOKS[5], 0, "从神话讲到历史"),
    )
)
CARDS = {
    "notice": Card(CardKind.NOTICE, "期末还书截止到 1 月 15 日，请大家早点还书。"),
    "notice_long": Card(CardKind.NOTICE, "元旦放假三天，图书馆也休息。" * 6),
    "today": Card(
        CardKind.HAPPENING,
        "走近大自然：和法布尔一起看昆虫",
        on=LOCAL.date(),
        grades=(3, 4),
        details=("12:30–13:10", "阅览室", "喜欢科学的同学"),
    ),
    "soon": Card(CardKind.HAPPENING, "读书分享会", on=DUE, details=("12:30",), grades=(5, None)),
    "teacher": Card(CardKind.TEACHER, "笑着读完的故事", by="王老师", grades=(1, 3), books=PICKS),
    # As long as the console lets them be.
    "full": Card(
        CardKind.TEACHER,
        "适合一起读的好书" * 25,
        by="阳光实验学校语文教研组和图书馆的各位老师",
        grades=(None, 6),
        details=("三年级2班",),
        books=(PICKS[2],) * 3,
    ),
    "happening_full": Card(
        CardKind.HAPPENING, "读书" * 100, on=DUE, grades=(None, 3), details=("大礼堂" * 60,) * 3
    ),
    "notice_full": Card(CardKind.NOTICE, "书" * FITS),
    "notice_latin": Card(CardKind.NOTICE, ("The library is shut on Friday. " * 9)[:FITS_LATIN]),
    "new": Card(CardKind.NEW, books=PICKS[:2]),
}

TAUGHT = Card(CardKind.TEACHER, "笑着读完的故事", by="王老师", books=PICKS[:2])
LONG_PICK = Pick(
    "爷爷一定有办法和其他十个好听的故事", pinyin="yé " * 17, shelf="低年级书架", free=1
)
FRESH = Card(CardKind.NEW, books=(LONG_PICK, replace(PICKS[2], free=1)))


def looks() -> dict[str, Screen]:
    """Every screen worth looking at, by name, in Chinese."""
    made = {
        "idle": screen(Place.IDLE, messages=MESSAGES),
        **{
            f"board_{name}": screen(Place.IDLE, board=Board(card, at, len(CARDS), at))
            for at, (name, card) in enumerate(CARDS.items())
        },
        "board_alone": screen(Place.IDLE, board=Board(CARDS["notice"], 0, 1, 0), can_say=True),
        "idle_poster": screen(Place.IDLE, number_allowed=True),
        "idle_shut": screen(Place.IDLE, hours=SHUT, messages=MESSAGES[:1], status=Status(3, False)),
        "idle_closure": screen(
            Place.IDLE,
            hours=replace(SHUT, closure="元旦放假"),
            status=Status(0, True, ("扫码器没有接好",)),
        ),
        "idle_unsure": screen(
            Place.IDLE, hours=OpenHours(False, sure=False), status=Status(store_full=True)
        ),
        "idle_long": screen(
            Place.IDLE,
            hours=OpenHours(True, LOCAL + timedelta(hours=5)),
            contrast=True,
            messages=MESSAGES * 3,
            number_allowed=True,
        ),
        "idle_offline": screen(Place.IDLE, status=Status(0, False)),
        "idle_urgent": screen(Place.IDLE, status=Status(trouble=("scanner: gone",), urgent=True)),
        "staff_well": screen(Place.STAFF, signs=WELL),
        "staff": screen(Place.STAFF, signs=TROUBLED, status=Status(trouble=("x",), urgent=True)),
        "staff_contrast": screen(Place.STAFF, signs=TROUBLED, contrast=True),
        "say_menu": screen(
            Place.SAY,
            say=SayView(
                "menu",
                options=(("form0", "你喜欢我们的图书馆吗？"),),
                answers=(("想要更多漫画", "新漫画已经到了，在 3 号架。"),),
            ),
        ),
        "say_sentences": screen(
            Place.SAY,
            say=SayView(
                "sentences",
                "suggestion",
                options=tuple((str(n), "多买一些漫画和故事书") for n in range(5)),
            ),
        ),
        "say_stars": replace(
            on_visit(young()),
            place=Place.SAY,
            say=SayView(
                "question",
                "answers",
                "你喜欢来图书馆吗？",
                "stars",
                (1, 3),
                tuple((str(n), str(n)) for n in range(1, 6)),
                can_name=True,
            ),
        ),
        "say_choice": replace(
            on_visit(visit()),
            place=Place.SAY,
            say=SayView(
                "question",
                "answers",
                "你最想看什么书？",
                "choice",
                (2, 3),
                tuple(
                    (str(n), t)
                    for n, t in enumerate(("故事", "漫画", "科学", "历史", "诗歌", "其他"))
                ),
                can_name=True,
            ),
        ),
        "say_book": screen(Place.SAY, say=SayView("book", "purchase", typed="XYJ", writes=True)),
        "say_have": screen(
            Place.SAY, say=SayView("have", "purchase", have=("城南旧事", "2 号架 · 儿童文学", True))
        ),
        "say_name": replace(
            on_visit(visit()),
            place=Place.SAY,
            say=SayView("name", "suggestion", chosen="多买一些科学书", can_name=True),
        ),
        "say_unnamed": screen(
            Place.SAY, contrast=True, say=SayView("name", "complaint", chosen="这里太吵了")
        ),
        "say_thanks": screen(Place.SAY, say=SayView("thanks")),
        "visit_answer": on_visit(
            visit(*BUSY[:2], answers=(("a1", "多放了二十张椅子，快来坐坐。"),)), can_say=True
        ),
        "idle_say": screen(Place.IDLE, messages=MESSAGES, number_allowed=True, can_say=True),
        "visit_empty": on_visit(visit()),
        "visit": on_visit(visit(*BUSY[:3], BUSY[4]), cue=Cue.NO, cue_n=1),
        "visit_long": on_visit(visit(*BUSY), cue=Cue.NO, cue_n=1),
        "visit_contrast": on_visit(visit(*BUSY[:3], BUSY[4]), contrast=True),
        "visit_alerts": on_visit(
            visit(
                refused(3, Reason.PATRON_BLOCKED),
                loan(2, overdue_days=5),
                blocked=True,
                expires_on=date(2026, 12, 1),
                holds_ready=("城南旧事",),
                more=None,
            )
        ),
        "visit_messages": on_visit(visit(*BUSY[:3], messages=(LONG_MESSAGE, "周五来取新书卡"))),
        "visit_offers": on_visit(
            visit(
                Line(4, LineKind.EXPLAINED, BOOKS[0], Reason.ALREADY_YOURS, lit=True),
                returned(
                    3,
                    BOOKS[1],
                    offers=(Touch.BORROW,),
                    notes=(Note.HOLD_WAITING, Note.WAS_OVERDUE),
                    overdue_days=2,
                ),
                Line(2, LineKind.RENEWED, BOOKS[2], due_on=date(2026, 12, 16), days=14),
                Line(1, LineKind.USED, DICTIONARY, offers=(Touch.GIVE_BACK,)),
            )
        ),
        "visit_unsure": on_visit(
            visit(
                lent(2, due_on=None, notes=(Note.CLOCK_UNSURE,)),
                lent(1, BOOKS[1], notes=(Note.REAPPEARED, Note.HOLD_FILLED)),
                refused(0, Reason.NO_RENEWALS_LEFT, BOOKS[2], due_on=date(2026, 12, 2)),
            )
        ),
        "room_in": on_visit(visit(in_room=room(Passage.IN))),
        "room_again": on_visit(visit(loan(1), in_room=room(Passage.AGAIN, 8)), contrast=True),
        "room_out": on_visit(visit(loan(1), loan(2, BOOKS[1]), in_room=room(Passage.OUT, 95))),
        "room_reading": on_visit(
            visit(Line(1, LineKind.USED, DICTIONARY, lit=True), loan(0), in_room=room(Passage.IN))
        ),
        "room_busy": on_visit(
            visit(*BUSY, in_room=room(Passage.AGAIN, 8), messages=(LONG_MESSAGE,))
        ),
        "activity": on_visit(visit(*BUSY[:2], activities=(TODAY,))),
        "activity_long": on_visit(visit(in_room=room(Passage.IN), activities=(LONG_TODAY,))),
        "activity_done": on_visit(visit(loan(1), activities=(replace(TODAY, attended=True),))),
        "activity_reading": on_visit(
            visit(*BUSY[:2], activities=(CLASS_TODAY,), in_room=room(Passage.IN))
        ),
        "count": screen(Place.COUNT, visit=visit(activities=(CLASS_TODAY,))),
        "count_typed": screen(Place.COUNT, visit=visit(activities=(CLASS_TODAY,)), number="36"),
        "young_activity": on_visit(young(activities=(TODAY,), in_room=room(Passage.IN))),
        "young_activity_done": on_visit(
            young(lent(1, BOOKS[3]), activities=(replace(TODAY, attended=True),))
        ),
        "young_room_in": on_visit(young(loan(1, BOOKS[3]), in_room=room(Passage.IN))),
        "young_room_out": on_visit(young(in_room=room(Passage.OUT, 20))),
        "young_room_reading": on_visit(
            young(Line(1, LineKind.USED, BOOKS[3], lit=True), in_room=room(Passage.AGAIN, 8))
        ),
        "slip": on_visit(visit(*BUSY), slip=SlipView("v1", True, Printed.DONE)),
        "slip_no_paper": on_visit(visit(*BUSY), slip=SlipView("v1", True, Printed.NO_PAPER)),
        "slip_plain": on_visit(visit(*BUSY[1:3]), slip=SlipView("v1", False)),
        "young_hello": on_visit(young()),
        "recommended": on_visit(visit(recommended=TAUGHT)),
        "recommended_home": on_visit(visit(loan(1), loan(2, BOOKS[5]), recommended=FRESH)),
        "recommended_full": on_visit(
            visit(loan(1), recommended=replace(TAUGHT, by=CARDS["full"].by)), contrast=True
        ),
        "young_recommended": on_visit(young(recommended=TAUGHT)),
        "young_recommended_home": on_visit(
            young(loan(1, BOOKS[3]), loan(2, BOOKS[4]), recommended=FRESH)
        ),
        "young_home": on_visit(
            young(loan(1, BOOKS[3]), loan(2, BOOKS[4], overdue_days=2, offers=()))
        ),
        "young": on_visit(young(lent(1, BOOKS[3], offers=())), cue=Cue.YES, cue_n=1),
        "young_messages": on_visit(young(lent(1, BOOKS[3]), messages=(LONG_MESSAGE,))),
        "young_more": on_visit(young(lent(3, BOOKS[5]), lent(2, BOOKS[3]), loan(1, BOOKS[2]))),
        "young_refused": on_visit(
            young(
                refused(4, Reason.IN_LIBRARY_ONLY, DICTIONARY, offers=(Touch.USE,)),
                lent(2, BOOKS[3]),
                loan(1, BOOKS[4]),
            )
        ),
        "young_returned": on_visit(
            young(returned(4, BOOKS[3], notes=(Note.HOLD_WAITING,), offers=(Touch.BORROW,)))
        ),
        "young_blocked": on_visit(young(refused(4, Reason.PATRON_BLOCKED, BOOKS[3]), blocked=True)),
        "returns": screen(
            Place.RETURNS,
            returns=(
                returned(3),
                returned(2, BOOKS[0], notes=(Note.HOLD_WAITING,)),
                returned(1, BOOKS[2]),
            ),
            cue=Cue.YES,
            cue_n=1,
        ),
        "returns_hold": screen(
            Place.RETURNS,
            returns=(
                returned(2, BOOKS[0], notes=(Note.HOLD_WAITING, Note.WAS_OVERDUE), overdue_days=2),
                returned(1, BOOKS[5]),
            ),
        ),
        "returns_refused": screen(
            Place.RETURNS, returns=(refused(2, Reason.UNKNOWN_COPY, Book("X99")), returned(1))
        ),
        "returns_card": screen(
            Place.RETURNS,
            returns=(Line(3, LineKind.EXPLAINED, Book(), Reason.CARD_LOST), returned(1)),
        ),
        "guide_borrow": screen(Place.GUIDE, topic=Touch.GUIDE_BORROW),
        "guide_return": screen(Place.GUIDE, topic=Touch.GUIDE_RETURN),
        "guide_loans": screen(Place.GUIDE, topic=Touch.GUIDE_LOANS),
        "find_empty": screen(Place.FIND, find=FindView("", (), 0)),
        "find": screen(Place.FIND, find=FindView("HLM", RESULTS, 18)),
        "find_none": screen(Place.FIND, find=FindView("QXZ", (), 0)),
        "number_empty": screen(Place.NUMBER),
        "number": screen(Place.NUMBER, number="2026031"),
        "notice_isbn": screen(
            Place.NOTICE,
            notice=Line(
                1, LineKind.EXPLAINED, BOOKS[0], Reason.ISBN_NOT_LABEL, offers=(Touch.BORROW,)
            ),
        ),
        "notice_card": screen(
            Place.NOTICE, notice=Line(1, LineKind.REFUSED, Book(), Reason.UNKNOWN_CARD)
        ),
        "notice_number": screen(
            Place.NOTICE,
            notice=Line(1, LineKind.EXPLAINED, Book(), Reason.UNKNOWN_CARD, typed=True),
        ),
        "notice_lost": screen(
            Place.NOTICE, notice=Line(1, LineKind.REFUSED, Book(), Reason.CARD_LOST), contrast=True
        ),
        "notice_unreadable": screen(
            Place.NOTICE, notice=Line(1, LineKind.EXPLAINED, Book(), Reason.UNREADABLE)
        ),
        "notice_full": screen(
            Place.NOTICE,
            notice=Line(1, LineKind.EXPLAINED, Book(), Reason.STORE_FULL),
            status=Status(store_full=True),
        ),
        "visit_full": on_visit(
            young(
                Line(3, LineKind.EXPLAINED, Book(), Reason.STORE_FULL),
                refused(2, Reason.STORE_FULL),
                lent(1),
            ),
            status=Status(store_full=True),
        ),
    }
    for i, (name, look) in enumerate(made.items(), start=2):
        made[name] = replace(look, n=i)
    return made


def reasons() -> dict[str, Screen]:
    """One visit for each reason, refused and explained, for old and young."""
    made = {}
    for reason in Reason:
        if reason is Reason.OK:
            continue
        for who, view in (("old", visit), ("young", young)):
            line = refused(1, reason, BOOKS[3])
            made[f"{reason}_{who}"] = on_visit(view(line, loan(0)))
    return made
