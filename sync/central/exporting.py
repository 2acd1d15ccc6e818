"""The catalogue of a school as a file, made piece by piece: read in portions, none held while a piece is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from config.library import Library
from kiosk.exports.marc import MarcWriter
from kiosk.exports.tables import Rows, csv_pieces, xlsx_pieces
from kiosk.exports.values import CopyTexts, TitleTexts
from kiosk.imports.values import Options
from sync.central.catalogue import TITLE_FIELDS
from sync.central.db import Database, one_of
from sync.central.schema import copies, holdings, title_records, titles

_PORTION = 500


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file. marc: the flavour, "" for a table."""

    ending: str
    media: str
    encoding: str
    marc: str = ""


FORMS = {
    "csv": Form("csv", "text/csv; charset=utf-8", "utf-8-sig"),
    "csv-gb18030": Form("csv", "text/csv; charset=gb18030", "gb18030"),
    "xlsx": Form(
        "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "utf-8"
    ),
    "marc21": Form("mrc", "application/marc", "utf-8", "marc21"),
    "cnmarc": Form("iso", "application/marc", "utf-8", "cnmarc"),
    "cnmarc-gb18030": Form("iso", "application/marc", "gb18030", "cnmarc"),
}


def export(
    db: Database, school: str, library: Library, name: str, *, language: str = "zh"
) -> Iterator[bytes]:
    """The pieces of the file; name: one of FORMS. language: of a table's headings and words.

    GB18030 is always in Chinese: its headings tell the import beyond doubt what its letters are.
    """
    form = FORMS[name]
    found = titles_with_copies(db, school)
    if form.marc:
        writer = MarcWriter(Options(library, date.min), form.marc, form.encoding)
        return _gathered(piece for title in found for piece in writer.records(title))
    rows = Rows(library, "zh" if form.encoding == "gb18030" else language)
    table = _table(rows, found)
    return xlsx_pieces(table) if form.ending == "xlsx" else csv_pieces(table, form.encoding)


def titles_with_copies(db: Database, school: str) -> Iterator[TitleTexts]:
    """Every title that has a copy, in the order of their ids."""
    after = ""
    while True:
        portion, last = _portion(db, school, after)
        yield from (title for title in portion if title.copies)
        if last is None:
            return
        after = last


def _table(rows: Rows, found: Iterable[TitleTexts]) -> Iterator[list[str]]:
    yield rows.head
    for title in found:
        yield from rows.of(title)


def _gathered(pieces: Iterable[bytes], least: int = 1 << 16) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= least:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _portion(db: Database, school: str, after: str) -> tuple[list[TitleTexts], str | None]:
    """The next titles, and the last of them; None where they are the last of all."""
    query = select(titles.c.id, *(titles.c[name] for name in TITLE_FIELDS)).where(
        titles.c.school == school, titles.c.id > after
    )
    with db.read() as conn:
        rows = conn.execute(query.order_by(titles.c.id).limit(_PORTION)).mappings().all()
        ids = [row["id"] for row in rows]
        held: dict[str, list[CopyTexts]] = {}
        for row in conn.execute(_copies_query(conn, school, ids)):
            held.setdefault(row.title_id, []).append(_copy(row))
        kept = select(title_records.c.title_id, title_records.c.raw).where(
            title_records.c.school == school, one_of(conn, title_records.c.title_id, ids)
        )
        raws = {row.title_id: bytes(row.raw) for row in conn.execute(kept)}
    made = [
        TitleTexts(
            row["id"],
            {name: row[name] for name in TITLE_FIELDS},
            tuple(held.get(row["id"], ())),
            raws.get(row["id"], b""),
        )
        for row in rows
    ]
    return made, ids[-1] if len(ids) == _PORTION else None


def _copies_query(conn: Any, school: str, ids: list[str]) -> Any:
    on = and_(holdings.c.school == copies.c.school, holdings.c.barcode == copies.c.barcode)
    return (
        select(copies, func.coalesce(holdings.c.state, copies.c.state).label("now"))
        .select_from(copies.outerjoin(holdings, on))
        .where(copies.c.school == school, one_of(conn, copies.c.title_id, ids))
        .order_by(copies.c.barcode)
    )


def _copy(row: Any) -> CopyTexts:
    return CopyTexts(
        barcode=row.barcode,
        copy_type=row.copy_type,
        room=row.room,
        shelf=row.shelf,
        call_number=row.call_number,
        state=row.now,
        arrived_on=row.arrived_on.isoformat() if row.arrived_on else "",
        source=row.source,
        donor=row.donor,
        paid=row.price,
    )
