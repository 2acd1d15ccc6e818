"""The shipped rules with lines changed, and the facts of a pupil at the desk, for tables of cases."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.calendar import Rules
from kiosk.domain import Card, Copy, Facts, Hold, Loan, Now, Patron, Title
from kiosk.rulebook import make_rules

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "library.toml"
ZONE = ZoneInfo("Asia/Shanghai")
TEXT = SHIPPED.read_text("utf-8")

PUPIL = Patron("p1", "李小满", "student", 3)
SMALL_PUPIL = Patron("p2", "王安安", "student", 1)
TEACHER = Patron("p3", "周老师", "teacher")
SOMEBODY = "p9"
BOOK = Copy("00000001", Title("t1", "城南旧事"), "book")


def rules_with(*changes: tuple[str, str]) -> Rules:
    """The shipped library.toml, each first piece replaced by the second."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return make_rules(text.encode(), SHIPPED)


RULES = rules_with()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def now(text: str = "2026-11-25T11:45", *, sure: bool = True) -> Now:
    """By default a Wednesday inside the lunch window."""
    at = local(text)
    return Now(int(at.timestamp() * 1000), at, sure)


def facts(**changes: Any) -> Facts:
    """A pupil with a good card and an empty account holds a free book."""
    patron = changes.get("patron", PUPIL)
    given = {
        "patron": patron,
        "card": Card("2026000001", patron.id) if patron else None,
        "copy": BOOK,
    }
    return Facts(**{**given, **changes})


def loan(due_on: str | None = "2026-12-01", **changes: Any) -> Loan:
    given = {"barcode": BOOK.barcode, "patron_id": PUPIL.id, "opened_ms": 0}
    return Loan(**{**given, "due_on": due_on and date.fromisoformat(due_on), **changes})


def others(count: int, due_on: str = "2026-12-01") -> dict[str, Any]:
    """So many other books on loan to the pupil."""
    return {"loans": tuple((loan(due_on, barcode=f"9000000{n}"), "book") for n in range(count))}


def hold(patron_id: str = SOMEBODY, barcode: str | None = None) -> Hold:
    return Hold("t1", patron_id, 0, barcode)
