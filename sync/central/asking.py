"""The cases that folded copies ask, written down: opened, answered, settled, open again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Select, bindparam, select, update

from sync.cases import case_id
from sync.central.db import is_postgres, listed, one_in, one_of, upsert_many
from sync.central.schema import cases
from sync.events import CASES, Case, Code, Folded, Key, Outcome, outcome_of
from sync.standing import named

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """rows: cases to be written; answered: names of open ones that are asked no longer."""

    rows: list[Row]
    answered: list[str]


def compare(
    conn: Connection,
    school: str,
    told: Mapping[str, Folded],
    before: Mapping[Key, frozenset[Code]],
    now_ms: int,
) -> Asked:
    """Which cases of these copies open, close and open again. One that a copy's entries no longer ask is answered.

    before: what was told of those of their entries that were folded before. An open case is told on all that it rests
    on, and is named by one of them: no other can be answered now, however many a busy copy has.
    """
    asked = {c.id: (barcode, c) for barcode, folded in told.items() for c in folded.cases}
    asked_before = {case_id(c, key) for key, codes in before.items() for c in codes & CASES}
    known = _known(conn, school, asked_before | asked.keys())
    rows = []
    for name, (barcode, case) in asked.items():
        row = known.get(name)
        # A question that a later entry had answered before it was ever put needs nobody.
        if _differs(row, case) if row else case.open or case.settled_by:
            rows.append(_case_row(school, barcode, case, row, now_ms))
    gone = [i for i, row in known.items() if row.is_open and i not in asked and _within(row, told)]
    return Asked(rows, gone)


def write(conn: Connection, school: str, asked: Asked, now_ms: int) -> None:
    """Write down what `compare` has found."""
    upsert_many(conn, cases, asked.rows)
    if asked.answered:
        conn.execute(
            update(cases)
            .where(cases.c.school == school, one_of(conn, cases.c.id, asked.answered))
            .values(is_open=False, closed_ms=now_ms)
        )


def _within(row: Any, told: Mapping[str, Folded]) -> bool:
    """Whether the case rests on entries that have just been folded; one that lies before the seal is not theirs."""
    folded = told.get(row.barcode)
    codes = folded.codes if folded else {}
    return all(tuple(key) in codes for key in json.decode(row.about))


def _known(conn: Connection, school: str, names: Collection[str]) -> dict[str, Any]:
    if not names:
        return {}
    found = {"school": school, "names": listed(names)}
    return {row.id: row for row in conn.execute(_named(is_postgres(conn)), found).all()}


# What a case is compared with.
_KNOWN = [
    cases.c[name]
    for name in (
        "id", "barcode", "about", "patrons", "facts", "is_open", "reopened", "settled_by", "opened_ms", "closed_ms",
    )
]  # fmt: skip


@cache
def _named(postgres: bool) -> Select[Any]:
    named = one_in(postgres, cases.c.id, "names")
    return select(*_KNOWN).where(cases.c.school == bindparam("school"), named)


def _differs(row: Any, case: Case) -> bool:
    settled = str(case.settled_by) if case.settled_by else None
    was = (row.is_open, row.facts, row.settled_by, row.reopened)
    now = (case.open, case.facts, settled, case.reopened)
    return was != now or json.decode(row.patrons) != [named(p) for p in case.patrons]


def _case_row(school: str, barcode: str, case: Case, row: Any, now_ms: int) -> Row:
    settled = str(case.settled_by) if case.settled_by else None
    # Only whom it concerns has changed: it was closed when it was.
    as_it_was = row and not row.is_open and row.settled_by == settled
    return {
        "school": school,
        "id": case.id,
        "barcode": barcode,
        "code": case.code.value,
        "about": json.encode(case.keys).decode(),
        "patrons": json.encode([named(p) for p in case.patrons]).decode(),
        "facts": case.facts,
        "is_open": case.open,
        "reopened": case.reopened,
        "settled_by": settled,
        "opened_ms": row.opened_ms if row else now_ms,
        "closed_ms": None if case.open else row.closed_ms if as_it_was else now_ms,
    }


def ask_about_unread(
    conn: Connection, school: str, plain: Iterable[tuple[Key, frozenset[Code]]], now_ms: int
) -> None:
    """Entries kept unread are cases of their own: no copy is known for them."""
    rows = []
    for key, codes in plain:
        if outcome_of(codes) is not Outcome.QUARANTINED:
            continue
        (code,) = codes
        rows.append(
            {
                "school": school,
                "id": case_id(code, key),
                "barcode": None,
                "code": code.value,
                "about": json.encode([key]).decode(),
                "patrons": "[]",
                "facts": "",
                "is_open": True,
                "reopened": False,
                "settled_by": None,
                "opened_ms": now_ms,
                "closed_ms": None,
            }
        )
    upsert_many(conn, cases, rows)
