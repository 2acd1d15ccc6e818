"""The cards and copies of the sample school that are worth scanning first, with a note on what each shows."""

from __future__ import annotations

from typing import Any

from kiosk.sample.people import SPECIALS, class_name

# What each special person shows: Chinese, English.
_CARDS = {
    "fresh": ("五年级，没有借书，可以借", "Grade 5, nothing out, may borrow"),
    "ordinary": ("三年级，借了一本，还可以借", "Grade 3, one out, may borrow more"),
    "youngest": ("一年级，带拼音", "Grade 1, with pinyin"),
    "teacher": ("教师", "Teacher"),
    "overdue": ("有书逾期", "Has an overdue book"),
    "full": ("已借满", "At the limit"),
    "waiting": ("预约的书到了", "A reserved book is ready"),
    "expired": ("借书证过期", "Card expired"),
    "blocked": ("已停借", "Blocked"),
    "lost": ("挂失的卡", "Card reported lost"),
    "replaced": ("换了新卡", "Has a new card"),
}
_ON_SHELF = (
    "SELECT min(c.barcode) FROM copies c JOIN titles t ON t.id = c.title_id"
    " WHERE t.title = ? AND c.state = 'on_shelf'"
    " AND c.barcode NOT IN (SELECT barcode FROM loans)"
    " AND c.barcode NOT IN (SELECT barcode FROM holds WHERE barcode IS NOT NULL)"
)
_COPIES = (
    ("城南旧事", "在架，可以借", "On the shelf"),
    ("海底两万里", "在架，可以借", "On the shelf"),
    ("红楼梦", "在架，可以借", "On the shelf"),
    ("昆虫记", "在架，可以借", "On the shelf"),
    ("草房子", "在架，可以借", "On the shelf"),
    ("夏洛的网", "在架，可以借", "On the shelf"),
    ("小猪唏哩呼噜", "在架，可以借", "On the shelf"),
    ("小猪唏哩呼噜（注音版）", "注音读物", "Pinyin reader"),
    ("好饿的毛毛虫", "绘本", "Picture book"),
    ("儿童文学", "期刊", "Magazine"),
    ("辞海（第七版）", "工具书，只能在馆内看", "Reference, in the library only"),
)
_LOAN_OF = "SELECT min(barcode) FROM loans WHERE patron_id = ?"
_LOAN_OF_TITLE = (
    "SELECT min(l.barcode) FROM loans l JOIN copies c ON c.barcode = l.barcode"
    " JOIN titles t ON t.id = c.title_id WHERE l.patron_id = ? AND t.title = ?"
)
_HELD_FOR = "SELECT min(barcode) FROM holds WHERE patron_id = ?"
_IN_STATE = (
    "SELECT min(barcode) FROM copies WHERE state = ? AND barcode NOT IN (SELECT barcode FROM loans)"
)


def highlights(conn: Any) -> dict[str, dict[str, str]]:
    """{"cards": {number: note}, "copies": {barcode: note}}, best first; a note is Chinese, " · ", English."""
    people = _special_ids(conn)
    return {"cards": _cards(conn, people), "copies": _copies(conn, people)}


def _special_ids(conn: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for s in SPECIALS:
        where = "" if s.grade is None else " AND class_name = ?"
        at = (s.name,) if s.grade is None else (s.name, class_name(s.grade, s.class_no))
        patron_id = _one(conn, f"SELECT min(id) FROM patrons WHERE name = ?{where}", at)
        if patron_id:
            found[s.key] = patron_id
    return found


def _cards(conn: Any, people: dict[str, str]) -> dict[str, str]:
    notes: dict[str, str] = {}
    for key, words in _CARDS.items():
        if key in people:
            sql = "SELECT number FROM cards WHERE patron_id = ? ORDER BY state, number"
            numbers = [row[0] for row in conn.exec_driver_sql(sql, (people[key],))]
            notes |= {number: _note(*words) for number in numbers[:1]}
            notes |= {number: _note("旧卡，已换", "Old card, replaced") for number in numbers[1:]}
    return notes


def _copies(conn: Any, people: dict[str, str]) -> dict[str, str]:
    found = [(_one(conn, _ON_SHELF, (title,)), zh, en) for title, zh, en in _COPIES]
    if "ordinary" in people:
        theirs = (people["ordinary"], "城南旧事")
        found.append((_one(conn, _LOAN_OF_TITLE, theirs), "李小满借的", "Lent to 李小满"))
    if "overdue" in people:
        found.append((_one(conn, _LOAN_OF, (people["overdue"],)), "逾期未还", "Overdue"))
    if "waiting" in people:
        held = _one(conn, _HELD_FOR, (people["waiting"],))
        found.append((held, "留给预约的同学", "Kept for a reader who reserved it"))
    for state, zh, en in (
        ("missing", "找不到的书又出现了", "Missing, turns up again"),
        ("withdrawn", "已剔旧", "Withdrawn"),
    ):
        found.append((_one(conn, _IN_STATE, (state,)), zh, en))
    return {barcode: _note(zh, en) for barcode, zh, en in found if barcode}


def _one(conn: Any, sql: str, values: tuple[str, ...]) -> str | None:
    value: str | None = conn.exec_driver_sql(sql, values).scalar()
    return value


def _note(zh: str, en: str) -> str:
    return f"{zh} · {en}"
