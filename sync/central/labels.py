"""Labels of copies for printing, chosen from the record: by the sheet code that `kiosk labels print` has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select

from config.library import Library
from config.sheet_checks import unseen
from config.sheets import Sheet
from kiosk.domain import Copy, CopyState, Title
from kiosk.errors import SheetError
from kiosk.sheets.choosing import CopyChoice, choose_copies, shelf_order
from kiosk.sheets.faces import label_face, spine_face
from kiosk.sheets.page import document
from kiosk.sheets.values import LabelText, LeftOut
from sync.central.db import one_of
from sync.central.schema import copies, holdings, titles

# As many as a morning's labels; the query is bounded by it.
MOST = 1_000
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which copies: all conditions that are given hold at once. A range's end belongs to it, with all that begin so."""

    labels: tuple[str, ...] = ()
    title: str = ""
    first: str = ""
    last: str = ""
    call_first: str = ""
    call_last: str = ""
    arrived_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sheets:
    """The page to print ("": nothing can be printed), how many labels, and those left out. cut: there were too many."""

    html: str
    count: int
    left: tuple[LeftOut, ...]
    cut: bool


def chosen(conn: Connection, school: str, choice: Choice) -> tuple[list[Copy], bool]:
    """The copies by label, or as on the shelf where call numbers were asked for; whether they were cut at MOST."""
    if choice == Choice():
        return [], False
    rows = conn.execute(choice_query(conn, school, choice)).all()
    found = [_copy(row) for row in rows[:MOST]]
    if choice.call_first or choice.call_last:
        found.sort(key=lambda copy: (shelf_order(copy.call_number), copy.barcode))
    return found, len(rows) > MOST


def choice_query(conn: Connection, school: str, choice: Choice) -> Any:
    """One statement, over an index of what was asked for."""
    title = and_(titles.c.school == copies.c.school, titles.c.id == copies.c.title_id)
    held = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    query = (
        select(
            copies.c.barcode,
            copies.c.copy_type,
            copies.c.call_number,
            titles.c.id,
            titles.c.title,
            func.coalesce(holdings.c.state, copies.c.state).label("state"),
        )
        .select_from(copies.join(titles, title).outerjoin(holdings, held))
        .where(copies.c.school == school)
    )
    if choice.labels:
        query = query.where(one_of(conn, copies.c.barcode, choice.labels))
    if choice.title:
        query = query.where(copies.c.title_id == choice.title)
    if choice.arrived_on:
        query = query.where(copies.c.arrived_on == choice.arrived_on)
    for column, low, high in (
        (copies.c.barcode, choice.first, choice.last),
        (copies.c.call_number, choice.call_first, choice.call_last),
    ):
        if low:
            query = query.where(column >= low)
        if high:
            query = query.where(column < high + _LAST)
    by_call = choice.call_first or choice.call_last
    order = (copies.c.call_number, copies.c.barcode) if by_call else (copies.c.barcode,)
    return query.order_by(*order).limit(MOST + 1)


def sheets(
    found: Sequence[Copy],
    library: Library,
    *,
    name: str,
    advice: str,
    spine: bool = False,
    start_at: int = 1,
    cut: bool = False,
) -> Sheets:
    """The labels as a page to print. name: of the library, as it stands on them. Raises SheetError."""
    settings = library.labels
    if not spine:
        for wanted in (settings.symbology, *(["QR Code"] if settings.qr else [])):
            if message := unseen(wanted, library.barcodes):
                raise SheetError(message)
    everything = CopyChoice(everything=True)
    good, left = choose_copies(found, everything, library.barcodes)
    face = spine_face(settings) if spine else label_face(settings)
    texts = [LabelText(c.barcode, c.title.title, c.call_number, name) for c in good]
    drawn = [face(text) for text in texts]
    faces = [one for one in drawn if isinstance(one, str)]
    left += [one for one in drawn if isinstance(one, LeftOut)]
    sheet: Sheet = settings.spine if spine else settings.sheet
    at = min(max(start_at, 1), sheet.count)
    html = document(faces, sheet, title=name, advice=advice, start_at=at) if faces else ""
    return Sheets(html, len(faces), tuple(left), cut)


def _copy(row: Any) -> Copy:
    title = Title(row.id, row.title)
    state = CopyState(row.state)
    return Copy(row.barcode, title, row.copy_type, state, call_number=row.call_number)
