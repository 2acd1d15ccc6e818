"""A small library with rooms, shelves and call numbers, for stock-taking and weeding."""

from __future__ import annotations

from collections.abc import Sequence

from sync.central.db import Database, insert_many
from sync.central.desk import Desk
from sync.central.schema import copies, titles
from tests.central.fleet import SCHOOL, found_school
from tests.sync.story import NOON

DAY = 24 * 3_600_000
Copy = tuple[str, str, str, str]


def stocked(db: Database, rows: Sequence[Copy], people: Sequence[str] = ("ming", "hua")) -> None:
    """A school with these copies: barcode, room, shelf, call number; each of a title of its own."""
    found_school(db, people=people)
    with db.begin(SCHOOL) as conn:
        blank = dict.fromkeys(("publisher", "isbn", "pinyin"), "")
        insert_many(
            conn,
            titles,
            [
                {
                    "school": SCHOOL, "id": f"of-{barcode}", "title": f"书{barcode}", "author": "某某",
                    "year": "1999", "class_number": call.partition("/")[0], **blank,
                }
                for barcode, _, _, call in rows
            ],
        )  # fmt: skip
        insert_many(
            conn,
            copies,
            [
                {
                    "school": SCHOOL, "barcode": barcode, "title_id": f"of-{barcode}", "copy_type": "book",
                    "state": "on_shelf", "room": room, "shelf": shelf, "call_number": call,
                }
                for barcode, room, shelf, call in rows
            ],
        )  # fmt: skip
    db.note_written("catalogue", len(rows))  # as an import does


def desk(conn, at: int = DAY, staff: str = "wang") -> Desk:
    return Desk(conn, SCHOOL, staff, NOON + at)
