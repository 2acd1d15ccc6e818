"""Books, lines, visits and screens made by hand, for the tests of the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.domain import Reason
from kiosk.screen import Book, Line, LineKind, OpenHours, Place, Screen, Touch, VisitView
from kiosk.term_count import TermCount

LOCAL = datetime(2026, 11, 25, 11, 45, tzinfo=ZoneInfo("Asia/Shanghai"))
DUE = date(2026, 12, 9)
NEXT = LOCAL + timedelta(days=5, minutes=-15)

BOOKS = (
    Book("B1", "昆虫记", "法布尔", "Q96", "Q96/2", "第 9 架", "kūn chóng jì"),
    Book(
        "B2",
        "海底两万里",
        "儒勒·凡尔纳",
        "I565.44",
        "I565.44/12",
        "第 6 架，蓝色标签",
        "hǎi dǐ liǎng wàn lǐ",
    ),
    Book("B3", "城南旧事", "林海音", "I247.5", "I247.5/3", "第 4 架", "chéng nán jiù shì"),
    Book(
        "B4", "小猪唏哩呼噜", "孙幼军", "I287.7", "I287.7/1", "低年级书架", "xiǎo zhū xī lī hū lū"
    ),
    Book("B5", "夏洛的网", "E. B. 怀特", "I712.84", "I712.84/5", "第 7 架", "xià luò de wǎng"),
    Book(
        "B6",
        "上下五千年（上册）：从盘古开天地到秦始皇统一六国的故事，少年儿童彩图注音珍藏版",
        "林汉达、曹余章",
        "K209",
        "K209/8",
        "第 11 架，历史",
        "",
    ),
    Book(
        "B7",
        "The Very Hungry Caterpillar and Other Stories",
        "Eric Carle",
        "H319.4",
        "H319.4/2",
        "英语角",
        "",
    ),
    Book("B8", "十万个为什么", "韩启德", "Z228", "Z228/1", "第 12 架", "shí wàn gè wèi shén me"),
    Book("B9", "三毛流浪记", "张乐平", "J228", "J228/4", "第 8 架", "sān máo liú làng jì"),
)
DICTIONARY = Book("R1", "辞海（第七版）", "陈至立", "Z32", "Z32/1", "工具书架，第 1 架", "")


def lent(i: int, book: Book = BOOKS[0], **changes: Any) -> Line:
    line = Line(
        i,
        LineKind.LENT,
        book,
        due_on=DUE,
        days=14,
        days_left=14,
        offers=(Touch.GIVE_BACK,),
        proof="K7F2",
    )
    return replace(line, **changes)


def refused(i: int, reason: Reason, book: Book = BOOKS[1], **changes: Any) -> Line:
    facts: dict[str, Any] = (
        {"limit": 3, "count": 2, "opens_at": NEXT} if reason is not Reason.IN_LIBRARY_ONLY else {}
    )
    line = Line(i, LineKind.REFUSED, book, reason=reason, **facts)
    return replace(line, **changes)


def loan(i: int, book: Book = BOOKS[2], **changes: Any) -> Line:
    line = Line(
        i,
        LineKind.LOAN,
        book,
        due_on=date(2026, 12, 2),
        days=14,
        days_left=7,
        offers=(Touch.RENEW,),
    )
    return replace(line, **changes)


def returned(i: int, book: Book = BOOKS[1], **changes: Any) -> Line:
    return replace(Line(i, LineKind.RETURNED, book, proof="R4T9"), **changes)


def visit(*lines: Line, **changes: Any) -> VisitView:
    out = sum(line.kind in (LineKind.LENT, LineKind.LOAN, LineKind.RENEWED) for line in lines)
    new = sum(line.kind is LineKind.LENT for line in lines)
    renewable = sum(Touch.RENEW in line.offers for line in lines)
    view = VisitView(
        "v1",
        "李小满",
        "三年级 2 班",
        3,
        "🦊",
        False,
        lines,
        new,
        out,
        max(0, 4 - out),
        renewable,
        term=TermCount(3, 2),
    )
    return replace(view, **changes)


def young(*lines: Line, **changes: Any) -> VisitView:
    return visit(
        *lines,
        **{
            "name": "王安安",
            "class_name": "一年级 1 班",
            "grade": 1,
            "avatar": "🐼",
            "young": True,
            **changes,
        },
    )


def screen(place: Place, **changes: Any) -> Screen:
    made = Screen(
        1,
        place,
        "zh",
        LOCAL,
        OpenHours(True, LOCAL + timedelta(minutes=45), 45),
        "阳光实验学校图书馆",
        "Sunshine School Library",
    )
    return replace(made, **changes)


def on_visit(view: VisitView, **changes: Any) -> Screen:
    return screen(Place.VISIT, visit=view, **{"ends_in_ms": 18000, "total_ms": 25000, **changes})
