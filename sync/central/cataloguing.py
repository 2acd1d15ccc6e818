"""What librarians change in the catalogue: titles, copies, where a copy is, covers. Called under the school's lock.

Titles and copies are ordinary rows, given positions so that stations hear of them, and indexed for the search in the
same transaction. Where a copy is, and whether it may leave the library, are entries of the station `desk`; so is a
line for the audit trail, for whatever else was changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update

from kiosk.imports.values import title_id
from kiosk.pinyin import toned
from sync.central.catalogue import COPY_FIELDS, TITLE_FIELDS
from sync.central.catalogue_search import forget_titles, index_titles
from sync.central.db import CentralError, insert_many, one_of
from sync.central.desk import Desk
from sync.central.late import registered
from sync.central.positions import publish
from sync.central.schema import copies, holds, pictures, title_records, titles

MAX_COPIES = 500


class Taken(CentralError):
    """There is one already; `key` names it."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"there is a {what} {key} already")
        self.key = key


def add_title(desk: Desk, texts: Mapping[str, str]) -> str:
    """A title with these texts (by TITLE_FIELDS); its id. Raises Taken for one that is there already."""
    key = title_id(texts)
    if _there(desk, titles.c.id, key):
        raise Taken("title", key)
    blank = dict.fromkeys(TITLE_FIELDS, "")
    row = {"school": desk.school, "id": key, **blank, **texts, "pinyin": toned(texts["title"])}
    insert_many(desk.conn, titles, [row])
    _tell_titles(desk, [key])
    desk.note(f"added the title {key}")
    return key


def change_title(desk: Desk, key: str, texts: Mapping[str, str]) -> bool:
    """Give a title these texts; False where it has them already. Its id stays what it was."""
    row = _one(desk, titles, titles.c.id, key, "title")
    changed = {name: text for name, text in texts.items() if row[name] != text}
    if not changed:
        return False
    if "title" in changed:
        changed["pinyin"] = toned(changed["title"])
    _change(desk, titles, titles.c.id, key, changed)
    _tell_titles(desk, [key])
    desk.note(f"changed the title {key}: {', '.join(sorted(changed.keys() - {'pinyin'}))}")
    return True


def remove_title(desk: Desk, key: str) -> None:
    """Take out a title that has no copy and for which nobody waits. Raises CentralError where that is not so."""
    _one(desk, titles, titles.c.id, key, "title")
    if _there(desk, copies.c.title_id, key):
        raise CentralError(f"the title {key} has copies; withdraw them instead")
    waiting = select(holds.c.id).where(holds.c.school == desk.school, holds.c.title_id == key)
    if desk.conn.execute(waiting.where(holds.c.ended_ms.is_(None)).limit(1)).first():
        raise CentralError(f"somebody waits for the title {key}; end the holds first")
    for table, column in ((titles, titles.c.id), (title_records, title_records.c.title_id)):
        desk.conn.execute(delete(table).where(table.c.school == desk.school, column == key))
    forget_titles(desk.conn, desk.school, [key])
    publish(desk.conn, desk.school, [("title", key)], desk.now_ms)
    desk.note(f"removed the title {key}")


def add_copies(desk: Desk, title: str, labels: Sequence[str], values: Mapping[str, Any]) -> None:
    """Copies of a title with these labels; values by COPY_FIELDS. Raises Taken for a label that a copy has."""
    _one(desk, titles, titles.c.id, title, "title")
    known = select(copies.c.barcode).where(
        copies.c.school == desk.school, one_of(desk.conn, copies.c.barcode, labels)
    )
    for label in desk.conn.execute(known.limit(1)).scalars():
        raise Taken("copy", label)
    blank = {**dict.fromkeys(COPY_FIELDS, ""), "arrived_on": None}
    shared = {"school": desk.school, "title_id": title, "state": "on_shelf", **blank, **values}
    insert_many(desk.conn, copies, [{**shared, "barcode": label} for label in labels])
    publish(desk.conn, desk.school, [("copy", label) for label in labels])
    registered(desk.conn, desk.school, cards={}, copies=labels, now_ms=desk.now_ms)
    desk.note(f"added {len(labels)} copies of {title}, from {labels[0]}")


def change_copy(desk: Desk, barcode: str, values: Mapping[str, Any]) -> bool:
    """Give a copy these values (by COPY_FIELDS); False where it has them already."""
    row = _one(desk, copies, copies.c.barcode, barcode, "copy")
    changed = {name: value for name, value in values.items() if row[name] != value}
    if not changed:
        return False
    _change(desk, copies, copies.c.barcode, barcode, changed)
    publish(desk.conn, desk.school, [("copy", barcode)])
    desk.note(f"changed the copy {barcode}: {', '.join(sorted(changed))}")
    return True


def set_cover(desk: Desk, title: str, digest: str, content: bytes) -> None:
    """Give a title this picture, which covers.py has made; "" takes it away. A picture that nothing shows is let go."""
    before = _one(desk, titles, titles.c.id, title, "title")["cover"]
    if digest and not _there(desk, pictures.c.hash, digest):
        insert_many(
            desk.conn, pictures, [{"school": desk.school, "hash": digest, "content": content}]
        )
    _change(desk, titles, titles.c.id, title, {"cover": digest})
    if before and before != digest and not _there(desk, titles.c.cover, before):
        gone = (pictures.c.school == desk.school, pictures.c.hash == before)
        desk.conn.execute(delete(pictures).where(*gone))
    desk.note(f"{'changed' if digest else 'removed'} the cover of {title}")


def _tell_titles(desk: Desk, keys: Collection[str]) -> None:
    publish(desk.conn, desk.school, [("title", key) for key in keys])
    index_titles(desk.conn, desk.school, keys)


def _there(desk: Desk, column: Any, value: str) -> bool:
    query = select(column).where(column.table.c.school == desk.school, column == value)
    return desk.conn.execute(query.limit(1)).first() is not None


def _one(desk: Desk, table: Any, column: Any, value: str, what: str) -> Any:
    query = select(table).where(table.c.school == desk.school, column == value)
    row = desk.conn.execute(query).mappings().first()
    if row is None:
        raise CentralError(f"there is no {what} {value}")
    return row


def _change(desk: Desk, table: Any, column: Any, value: str, values: Mapping[str, Any]) -> None:
    where = (table.c.school == desk.school, column == value)
    desk.conn.execute(update(table).where(*where).values(**values))
