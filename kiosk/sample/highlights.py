"""The cards and copies of the sample school that are worth scanning first."""

from __future__ import annotations

from typing import Any

from kiosk.sample.people import SPECIALS, class_name

# The special people in the order in which they are worth meeting.
_PEOPLE = (
    "fresh ordinary youngest teacher overdue full waiting expired blocked lost replaced".split()
)
_ON_SHELF = (
    "SELECT min(c.barcode) FROM copies c JOIN titles t ON t.id = c.title_id"
    " WHERE t.title = ? AND c.state = 'on_shelf'"
    " AND c.barcode NOT IN (SELECT barcode FROM loans)"
    " AND c.barcode NOT IN (SELECT barcode FROM holds WHERE barcode IS NOT NULL)"
)
# Books to borrow, then a pinyin reader, a picture book, a magazine, and a reference book.
_TITLES = (
    "城南旧事 海底两万里 红楼梦 昆虫记 草房子 夏洛的网 小猪唏哩呼噜 小猪唏哩呼噜（注音版）"
    " 好饿的毛毛虫 儿童文学 辞海（第七版）".split()
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


def highlights(conn: Any) -> dict[str, list[str]]:
    """{"cards": numbers, "copies": barcodes}, best first. What each is now, the store tells."""
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


def _cards(conn: Any, people: dict[str, str]) -> list[str]:
    sql = "SELECT number FROM cards WHERE patron_id = ? ORDER BY state, number"
    ids = [people[key] for key in _PEOPLE if key in people]
    return [row[0] for patron_id in ids for row in conn.exec_driver_sql(sql, (patron_id,))]


def _copies(conn: Any, people: dict[str, str]) -> list[str]:
    found = [_one(conn, _ON_SHELF, (title,)) for title in _TITLES]
    if "ordinary" in people:
        found.append(_one(conn, _LOAN_OF_TITLE, (people["ordinary"], "城南旧事")))
    if "overdue" in people:
        found.append(_one(conn, _LOAN_OF, (people["overdue"],)))
    if "waiting" in people:
        found.append(_one(conn, _HELD_FOR, (people["waiting"],)))
    found += [_one(conn, _IN_STATE, (state,)) for state in ("missing", "withdrawn")]
    return [barcode for barcode in found if barcode]


def _one(conn: Any, sql: str, values: tuple[str, ...]) -> str | None:
    value: str | None = conn.exec_driver_sql(sql, values).scalar()
    return value
