"""The catalogue as a table, a row a copy: CSV in UTF-8 or GB18030, and XLSX, made piece by piece.

The same catalogue gives the same bytes. Spreadsheets take a text that begins with = + - @ for a formula: in CSV an
apostrophe stands before it, which the import takes off again; a cell of XLSX says that it is text.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from config.library import Library
from kiosk.exports.values import CopyTexts, TitleTexts

# Field of the import -> heading in Chinese and English; every one is among kiosk/imports/columns.py's words.
HEADINGS = {
    "barcode": ("条码号", "Barcode"),
    "title": ("题名", "Title"),
    "author": ("责任者", "Author"),
    "publisher": ("出版社", "Publisher"),
    "place": ("出版地", "Place of publication"),
    "year": ("出版年", "Year"),
    "pages": ("页数", "Pages"),
    "price": ("定价", "Price"),
    "series": ("丛书", "Series"),
    "subject": ("主题", "Subject"),
    "language": ("语种", "Language"),
    "isbn": ("ISBN", "ISBN"),
    "class_number": ("分类号", "Class number"),
    "call_number": ("索书号", "Call number"),
    "copy_type": ("馆藏类型", "Copy type"),
    "room": ("馆藏地点", "Room"),
    "shelf": ("书架", "Shelf"),
    "state": ("馆藏状态", "State"),
    "arrived_on": ("到馆日期", "Arrived on"),
    "source": ("来源", "Source"),
    "donor": ("捐赠人", "Donor"),
    "paid": ("购入价", "Paid"),
    "summary": ("内容提要", "Summary"),
    "title_id": ("题名编号", "Title id"),
}
# As book_rows reads them.
_STATES = {
    "on_shelf": ("在架", "on_shelf"),
    "mending": ("修补", "mending"),
    "lost": ("丢失", "lost"),
    "missing": ("下落不明", "missing"),
    "withdrawn": ("剔旧", "withdrawn"),
}
_SOURCES = {
    "bought": ("购买", "bought"),
    "donated": ("捐赠", "donated"),
    "exchanged": ("交换", "exchanged"),
    "transferred": ("调拨", "transferred"),
}
_FORMULA = re.compile(r"'*[=+\-@]")
# A zip file's earliest day: the same catalogue, the same bytes.
_DAY = (1980, 1, 1, 0, 0, 0)
_PORTION = 1 << 16


class Rows:
    """Titles made into rows of text, in the words of one library. language: zh or en, for headings and words."""

    def __init__(self, library: Library, language: str) -> None:
        self._at = 0 if language == "zh" else 1
        self._types = self._names(library.copy_types)
        self._rooms = self._names(library.rooms)

    @property
    def head(self) -> list[str]:
        return [words[self._at] for words in HEADINGS.values()]

    def of(self, title: TitleTexts) -> Iterator[list[str]]:
        """A row for every copy of the title."""
        for copy in title.copies:
            cells = {**title.texts, "title_id": title.id, **self._cells(copy)}
            yield [cells[name] for name in HEADINGS]

    def _cells(self, copy: CopyTexts) -> dict[str, str]:
        return {
            "barcode": copy.barcode,
            "call_number": copy.call_number,
            # What library.toml does not know (any more) is left out: an import then leaves it as it is.
            "copy_type": self._types.get(copy.copy_type, ""),
            "room": self._rooms.get(copy.room, ""),
            "shelf": copy.shelf,
            "state": _STATES.get(copy.state, ("", ""))[self._at],
            "arrived_on": copy.arrived_on,
            "source": _SOURCES.get(copy.source, ("", ""))[self._at],
            "donor": copy.donor,
            "paid": copy.paid,
        }

    def _names(self, entries: Iterable[object]) -> Mapping[str, str]:
        """Key -> name in the language of the file, where the name means no other key."""
        named = {str(vars(e)["key"]): e for e in entries}
        return {
            key: (vars(e).get("name_en") or key) if self._at else str(vars(e)["name"])
            for key, e in named.items()
        }


def csv_pieces(rows: Iterable[Sequence[str]], encoding: str) -> Iterator[bytes]:
    """Rows as CSV; encoding: utf-8-sig (with its mark, by which Excel knows it) or gb18030."""
    piece = io.StringIO()
    write = csv.writer(piece, lineterminator="\r\n").writerow
    yield b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
    letters = "utf-8" if encoding == "utf-8-sig" else encoding
    for row in rows:
        write([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
        if piece.tell() > _PORTION:
            yield piece.getvalue().encode(letters)
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode(letters)


def xlsx_pieces(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Rows as the only sheet of an XLSX file, every cell a text, so that no number loses a digit."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(_member(name), text)
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_HEAD)
            for n, row in enumerate(rows, 1):
                sheet.write(_row(n, row))
                if n % 500 == 0:
                    yield sink.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the archive writes to; what has gathered is taken away piece by piece."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        self._held += memoryview(piece)  # type: ignore[arg-type]
        return len(memoryview(piece))  # type: ignore[arg-type]

    def taken(self) -> bytes:
        piece = bytes(self._held)
        self._held.clear()
        return piece


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _DAY)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _row(n: int, row: Sequence[str]) -> bytes:
    # Style 1 is "text": what is typed into the cell later stays text, too.
    cells = "".join(
        f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
        for cell in row
    )
    return f'<row r="{n}">{cells}</row>'.encode()


_OOXML = "http://schemas.openxmlformats.org"
_MAIN = f"{_OOXML}/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_HEAD = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
).encode()
_PARTS = {
    "[Content_Types].xml": (
        f'{_HEAD}<Types xmlns="{_OOXML}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_HEAD}<Relationships xmlns="{_OOXML}/package/2006/relationships"><Relationship Id="rId1"'
        f' Type="{_OOXML}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OOXML}/officeDocument/2006/relationships"><sheets>'
        '<sheet name="catalogue" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_HEAD}<Relationships xmlns="{_OOXML}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_OOXML}/officeDocument/2006/relationships/worksheet"'
        ' Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OOXML}/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    "xl/styles.xml": (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
