"""The fields of a MARC record that a school library needs, in both flavours.

CNMARC (WH/T 0503, like UNIMARC): 010 $a ISBN; 200 $a title, $h $i part, $f responsibility; 210 $c publisher, $d date;
690 $a class number (中图法); 905 holdings: $b barcode, $c place, $d class number, $e book number.
MARC 21: 020 $a; 245 $a $b $n $p, $c; 100 or 700 $a; 260 or 264 $b $c; 084, 090, 099, 082 or 050 $a; holdings in
852 $p $c $b $h $i, or 952 $p $c $b $o $y (Koha).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiosk.imports import cleaning
from kiosk.imports.book_rows import Shelving, Warnings, call_number, title_values
from kiosk.imports.faults import RowFault
from kiosk.imports.values import Item, Options, Work, title_id

if TYPE_CHECKING:
    from pymarc import Field, Record

_ENDS = " /:;,=.，。"


class MarcWorks:
    """Turns records into works, by the settings of one library."""

    def __init__(self, options: Options) -> None:
        self._shelving = Shelving(options)
        self._flavour = options.flavour

    def work(self, record: Record, line: int) -> Work:
        """Raises RowFault for a record that cannot be taken; a bad copy beside good ones is told in `faults`."""
        warnings: Warnings = []
        cnmarc = flavour_of(record, self._flavour) == "cnmarc"
        cells = _cnmarc_title(record) if cnmarc else _marc21_title(record)
        values = title_values(cells, warnings)
        held = _cnmarc_copies(record) if cnmarc else _marc21_copies(record)
        if not held:
            where = "905 $b" if cnmarc else "852 $p or 952 $p"
            raise RowFault(
                "the record has no copy", f"export it with its barcodes in field {where}"
            )
        items, faults = self._items(held, values["class_number"], warnings)
        control = cleaning.text(_control(record), "field 001")
        made = title_id(values, control)
        return Work(line, made, values, tuple(items), tuple(warnings), tuple(faults))

    def _items(
        self, held: list[dict[str, str]], class_number: str, warnings: Warnings
    ) -> tuple[list[Item], Warnings]:
        items: list[Item] = []
        faults: list[RowFault] = []
        for copy in held:
            try:
                items.append(self._item(copy, class_number, warnings))
            except RowFault as fault:
                faults.append(fault)
        if not items:
            raise faults[0]
        return items, [(f.what, f.remedy) for f in faults]

    def _item(self, held: dict[str, str], class_number: str, warnings: Warnings) -> Item:
        barcode = self._shelving.barcode(held["barcode"], number=False, warnings=warnings)
        values: dict[str, Any] = {**self._shelving.copy_type(held.get("copy_type", ""))}
        for cell in (held.get("room", ""), held.get("shelf", "")):
            values |= self._shelving.place(cell)
        values["call_number"] = call_number(
            held.get("call_number", ""),
            held.get("class_number", "") or class_number,
            held.get("book_number", ""),
        )
        return Item(barcode, values)


def flavour_of(record: Record, wanted: str) -> str:
    """cnmarc or marc21: by the field of the title, unless it was said."""
    if wanted in ("cnmarc", "marc21"):
        return wanted
    if _first(record, "200", "a"):
        return "cnmarc"
    if _first(record, "245", "a"):
        return "marc21"
    raise RowFault(
        "the record has no title (200 $a or 245 $a)",
        "complete it, or name the flavour with --format",
    )


def _cnmarc_title(record: Record) -> dict[str, str]:
    title = _first(record, "200", "a")
    parts = [v for f in record.get_fields("200")[:1] for v in f.get_subfields("h", "i")]
    return {
        "title": " ".join([title, *parts]).strip(_ENDS),
        "author": " ".join(_all(record, "200", "f")) or " ".join(_all(record, "701", "a")),
        "publisher": _first(record, "210", "c"),
        "year": _first(record, "210", "d"),
        "class_number": _first(record, "690", "a") or _first(record, "905", "d"),
        "isbn": _first(record, "010", "a"),
    }


def _cnmarc_copies(record: Record) -> list[dict[str, str]]:
    """One copy for every $b of every 905; some systems repeat the subfield, some the field."""
    return [
        {
            "barcode": barcode,
            "room": _of(field, "c"),
            "class_number": _of(field, "d"),
            "book_number": _of(field, "e"),
        }
        for field in record.get_fields("905")
        for barcode in field.get_subfields("b")
    ]


def _marc21_title(record: Record) -> dict[str, str]:
    parts = [
        v.strip(_ENDS)
        for f in record.get_fields("245")[:1]
        for v in f.get_subfields("a", "b", "n", "p")
    ]
    classes = (_first(record, tag, "a") for tag in ("084", "090", "099", "093", "082", "050"))
    return {
        "title": " ".join(parts),
        "author": (
            _first(record, "245", "c") or _first(record, "100", "a") or _first(record, "700", "a")
        ).strip(_ENDS),
        "publisher": (_first(record, "264", "b") or _first(record, "260", "b")).strip(_ENDS),
        "year": _first(record, "264", "c") or _first(record, "260", "c"),
        "class_number": next((c for c in classes if c), ""),
        "isbn": _first(record, "020", "a").split(" ")[0],
    }


def _marc21_copies(record: Record) -> list[dict[str, str]]:
    held = [
        {
            "barcode": barcode,
            "room": _of(field, "b"),
            "shelf": _of(field, "c"),
            "class_number": _of(field, "h"),
            "book_number": _of(field, "i"),
        }
        for field in record.get_fields("852")
        for barcode in field.get_subfields("p")
    ]
    koha = [
        {
            "barcode": barcode,
            "room": _of(field, "b"),
            "shelf": _of(field, "c"),
            "call_number": _of(field, "o"),
            "copy_type": _of(field, "y"),
        }
        for field in record.get_fields("952")
        for barcode in field.get_subfields("p")
    ]
    return held + koha


def _control(record: Record) -> str:
    """Field 001, with the agency of 003 in front where there is one: numbers of two agencies are not the same."""
    found = [str(f.data).strip() for tag in ("003", "001") for f in record.get_fields(tag)[:1]]
    return "/".join(found) if record.get_fields("001") else ""


def _first(record: Record, tag: str, code: str) -> str:
    return next(iter(_all(record, tag, code)), "")


def _all(record: Record, tag: str, code: str) -> list[str]:
    return [
        v.strip()
        for field in record.get_fields(tag)
        for v in field.get_subfields(code)
        if v.strip()
    ]


def _of(field: Field, code: str) -> str:
    return str(field.get(code) or "").strip()
