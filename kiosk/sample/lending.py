"""Loans in progress and queues of the sample school. The loans are opened by whoever writes journal entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.sample.books import SCARCE, Books
from kiosk.sample.people import People

LOANS = 900
OVERDUE = 35
DEFAULT_DAYS = 14

# lend(tx, patron_id, barcode, opened_ms, due_on); take_back(tx, patron_id, barcode, at_ms)
Lend = Callable[[Any, str, str, int, date], None]
TakeBack = Callable[[Any, str, str, int], None]


@dataclass(frozen=True, slots=True)
class Out:
    """A loan to be opened."""

    opened_ms: int
    patron_id: str
    barcode: str
    due_on: date


@dataclass(slots=True)
class Plan:
    """What will be out and who waits; made before anything is written.

    left: copies still on the shelf. back: who has brought a copy back for which somebody waits, and its barcode.
    """

    dice: Random
    library: Any
    today: date
    patrons: dict[str, dict[str, Any]]
    left: dict[str, list[dict[str, Any]]]
    loans: list[Out] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    back: list[tuple[str, str]] = field(default_factory=list)
    held_by: Counter[str] = field(default_factory=Counter)

    def lend(self, patron_id: str, title_id: str, *, days_ago: int) -> str:
        """Plan the loan of one copy; the barcode."""
        copy = self.left[title_id].pop(0)
        patron = self.patrons[patron_id]
        opened = self.school_day(self.today - timedelta(days=days_ago), step=-1)
        days, _limit = lending_rule(self.library, patron, copy["copy_type"])
        due_on = self._due_on(opened, days)
        self.loans.append(Out(self.lunch_ms(opened), patron_id, copy["barcode"], due_on))
        self.held_by[patron_id] += 1
        return str(copy["barcode"])

    def room_for(self, patron_id: str, copy_type: str) -> int:
        """How many more copies the patron may have out."""
        _days, limit = lending_rule(self.library, self.patrons[patron_id], copy_type)
        return limit - self.held_by[patron_id]

    def school_day(self, day: date, *, step: int) -> date:
        """The day itself, or the next one before (step -1) or after it (1) that is neither weekend nor closed."""
        closed = [(c.begins, c.ends or c.begins) for c in self.library.closures]
        while day.weekday() > 4 or any(first <= day <= last for first, last in closed):
            day += timedelta(days=step)
        return day

    def _due_on(self, opened: date, days: int) -> date:
        due_on = self.school_day(opened + timedelta(days=days), step=1)
        ends: list[date] = [
            t.return_by for t in self.library.terms if t.begins <= opened <= t.return_by
        ]
        return min([due_on, *ends])

    def lunch_ms(self, day: date) -> int:
        zone = ZoneInfo(self.library.library.time_zone)
        seconds = self.dice.randrange(60 * 60)
        noon = datetime(day.year, day.month, day.day, 11, 30, tzinfo=zone)
        return round((noon + timedelta(seconds=seconds)).astimezone(UTC).timestamp() * 1000)


def plan_lending(dice: Random, library: Any, books: Books, people: People, today: date) -> Plan:
    """About 900 loans, some overdue, a pupil at the limit, titles all out with a queue, holds ready on the shelf."""
    left: dict[str, list[dict[str, Any]]] = {}
    for copy in books.copies:
        left.setdefault(copy["title_id"], []).append(copy)
    plan = Plan(dice, library, today, {p["id"]: p for p in people.patrons}, left)
    ids = {t["title"]: t["id"] for t in books.titles}
    _special_loans(plan, people.special, ids)
    _queues(plan, people.special, ids)
    _ordinary_loans(plan, people, [i for i in left if _popular(i, left, books, ids)])
    plan.loans.sort(key=lambda out: (out.opened_ms, out.barcode))
    return plan


def lending_rule(library: Any, patron: dict[str, Any], copy_type: str) -> tuple[int, int]:
    """Days, and how many of this type at once, by the first rule of library.toml that fits."""
    ceiling = next(c.limit for c in library.categories if c.key == patron["category"])
    for rule in library.loan_rules:
        grades = not rule.grades or patron["grade"] in rule.grades
        fits = patron["category"] in rule.categories and copy_type in rule.copy_types and grades
        if fits and rule.use == "loan":
            return rule.days or DEFAULT_DAYS, ceiling if rule.limit is None else min(
                rule.limit, ceiling
            )
    return DEFAULT_DAYS, 0


def _special_loans(plan: Plan, special: dict[str, str], ids: dict[str, str]) -> None:
    plan.lend(special["ordinary"], ids["城南旧事"], days_ago=6)
    plan.lend(special["overdue"], ids["狼王梦"], days_ago=33)
    plan.lend(special["teacher"], ids["给教师的建议"], days_ago=12)
    for title in (
        "草房子",
        "青铜葵花",
        "西游记",
        "三体",
        "史记故事",
        "老人与海",
        "童年",
        "夏洛的网",
        "细米",
        "根鸟",
    ):
        if plan.room_for(special["full"], "book") > 0:
            plan.lend(special["full"], ids[title], days_ago=4)


def _queues(plan: Plan, special: dict[str, str], ids: dict[str, str]) -> None:
    """Titles whose copies are all out, with someone waiting; others with a copy on the hold shelf."""
    pupils = _ordinary_pupils(plan, special, grades=(4, 5, 6))
    waiting = iter(plan.dice.sample(pupils, 23))
    for title in SCARCE:
        while plan.left[ids[title]]:
            plan.lend(next(waiting), ids[title], days_ago=plan.dice.randrange(2, 9))
        _hold(plan, next(waiting), ids[title])
    _hold_ready(plan, special["waiting"], ids["城南旧事"], brought_by=next(waiting))
    _hold_ready(plan, next(waiting), ids["海底两万里"], brought_by=next(waiting))
    _hold_ready(plan, next(waiting), ids["夏洛的网"], brought_by=next(waiting))


def _hold_ready(plan: Plan, patron_id: str, title_id: str, *, brought_by: str) -> None:
    # It came to the hold shelf as every copy does: it was lent, and brought back while somebody waited.
    barcode = plan.lend(brought_by, title_id, days_ago=9)
    plan.held_by[brought_by] -= 1
    plan.back.append((brought_by, barcode))
    _hold(plan, patron_id, title_id, barcode)


def _hold(plan: Plan, patron_id: str, title_id: str, barcode: str | None = None) -> None:
    placed = plan.today - timedelta(days=plan.dice.randrange(1, 6))
    placed_ms = plan.lunch_ms(plan.school_day(placed, step=-1))
    plan.holds.append(
        {"title_id": title_id, "patron_id": patron_id, "placed_ms": placed_ms, "barcode": barcode}
    )


def _ordinary_loans(plan: Plan, people: People, wanted: list[str]) -> None:
    """Pupils of every grade and some teachers; the first few have kept theirs too long."""
    patrons = _ordinary_pupils(plan, people.special, grades=(1, 2, 3, 4, 5, 6))
    patrons += [p["id"] for p in people.patrons if p["grade"] is None][:20]
    late = OVERDUE
    for _ in range(20 * LOANS):
        if len(plan.loans) - len(plan.back) >= LOANS:
            return
        patron_id, title_id = plan.dice.choice(patrons), plan.dice.choice(wanted)
        copy_type = plan.left[title_id][0]["copy_type"]
        if plan.room_for(patron_id, copy_type) <= 1 or len(plan.left[title_id]) < 4:
            continue
        days, _limit = lending_rule(plan.library, plan.patrons[patron_id], copy_type)
        overdue = late > 0 and plan.patrons[patron_id]["grade"] is not None
        late -= overdue
        ago = days + plan.dice.randrange(5, 25) if overdue else plan.dice.randrange(1, 12)
        plan.lend(patron_id, title_id, days_ago=ago)


def _ordinary_pupils(plan: Plan, special: dict[str, str], grades: tuple[int, ...]) -> list[str]:
    taken = set(special.values())
    return [i for i, p in plan.patrons.items() if p["grade"] in grades and i not in taken]


def _popular(title_id: str, left: dict[str, list[Any]], books: Books, ids: dict[str, str]) -> bool:
    lendable = books.sections[title_id] not in ("reference", "magazines")
    scarce = title_id in {ids[title] for title in SCARCE}
    return lendable and not scarce and len(left[title_id]) > 6
