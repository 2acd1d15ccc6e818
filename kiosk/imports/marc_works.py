"""The fields of a MARC record that a school library needs, in both flavours.

CNMARC (WH/T 0503, like UNIMARC): 010 $a ISBN; 200 $a title, $h $i part, $f responsibility; 210 $c publisher, $d date;
690 $a class number (中图法); 905 holdings: $b barcode, $c place, $d class number, $e book number. Also 010 $d price,
101 $a language, 210 $a place, 215 $a pages, 225 $a series, 330 $a summary, 606 $a subject.
MARC 21: 020 $a $c; 245 $a $b $n $p, $c; 100 or 700 $a; 260 or 264 $a $b $c; 300, 490, 520, 650, 041 $a; 084, 090, 099,
082 or 050 $a; holdings in 852 $p $c $b $h $i, or 952 $p $c $b $o $y $d $e $g (Koha).

What the central record exports and these fields cannot say exactly stands in OWN: $a what it is about (a barcode, or
nothing: the title), $n the name of a value, $v "=" and the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiosk.imports import cleaning
from kiosk.imports.book_rows import (
    SOURCES,
    TITLE_FIELDS,
    Shelving,
    Warnings,
    call_number,
    title_values,
)
from kiosk.imports.faults import RowFault
from kiosk.imports.values import Item, Options, Work, title_id

if TYPE_CHECKING:
    from pymarc import Field, Record

_ENDS = " /:;,=.，。"
OWN, OWN_MARK = "969", "kiosk"
SUBJECTS = "；"
_NO_LANGUAGE = ("", "und", "zxx", "|||")


class MarcWorks:
    """Turns records into works, by the settings of one library."""

    def __init__(self, options: Options) -> None:
        self._shelving = Shelving(options)
        self._flavour = options.flavour

    def work(self, record: Record, line: int) -> Work:
        """Raises RowFault for a record that cannot be taken; a bad copy beside good ones is told in `faults`."""
        warnings: Warnings = []
        own = _own(record)
        about = own.pop("", {})
        cnmarc = flavour_of(record, self._flavour) == "cnmarc"
        cells = _cnmarc_title(record) if cnmarc else _marc21_title(record)
        values = title_values(
            cells | {f: v for f, v in about.items() if f in TITLE_FIELDS}, warnings
        )
        held = _cnmarc_copies(record) if cnmarc else _marc21_copies(record)
        if not held:
            where = "905 $b" if cnmarc else "852 $p or 952 $p"
            raise RowFault(
                "the record has no copy", f"export it with its barcodes in field {where}"
            )
        for copy in held:
            copy["class_number"] = copy.get("class_number", "") or values["class_number"]
        items, faults = self._items(held, own, warnings)
        control = cleaning.text(_control(record), "field 001")
        made = cleaning.text(about.get("title_id", ""), "title id") or title_id(values, control)
        return Work(line, made, values, tuple(items), tuple(warnings), tuple(faults))

    def _items(
        self, held: list[dict[str, str]], own: dict[str, dict[str, str]], warnings: Warnings
    ) -> tuple[list[Item], Warnings]:
        items: list[Item] = []
        faults: list[RowFault] = []
        for copy in held:
            try:
                items.append(self._item(copy, own.get(copy["barcode"], {}), warnings))
            except RowFault as fault:
                faults.append(fault)
        if not items:
            raise faults[0]
        return items, [(f.what, f.remedy) for f in faults]

    def _item(self, held: dict[str, str], own: dict[str, str], warnings: Warnings) -> Item:
        barcode = self._shelving.barcode(held["barcode"], number=False, warnings=warnings)
        values: dict[str, Any] = {**self._shelving.copy_type(held.get("copy_type", ""))}
        for cell in (held.get("room", ""), held.get("shelf", "")):
            values |= self._shelving.place(cell)
        values["call_number"] = call_number(
            *(held.get(f, "") for f in ("call_number", "class_number", "book_number"))
        )
        came = {f: held[f] for f in ("arrived_on", "source", "donor", "paid") if held.get(f)}
        values |= self._shelving.values(came, came, warnings, exact=False)
        return Item(barcode, values | self._shelving.values(own, own, warnings, exact=True))


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
        "title": ended(" ".join([title, *parts])),
        "author": " ".join(_all(record, "200", "f")) or " ".join(_all(record, "701", "a")),
        "publisher": _first(record, "210", "c"),
        "year": _first(record, "210", "d"),
        "class_number": _first(record, "690", "a") or _first(record, "905", "d"),
        "isbn": _first(record, "010", "a"),
    } | _said(
        place=_first(record, "210", "a"),
        pages=_first(record, "215", "a"),
        price=_first(record, "010", "d"),
        series=_first(record, "225", "a"),
        subject=SUBJECTS.join(_all(record, "606", "a")),
        language=_first(record, "101", "a"),
        summary=_first(record, "330", "a"),
    )


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
        ended(v) for f in record.get_fields("245")[:1] for v in f.get_subfields("a", "b", "n", "p")
    ]
    classes = (_first(record, tag, "a") for tag in ("084", "090", "099", "093", "082", "050"))
    return {
        "title": " ".join(parts),
        "author": ended(
            _first(record, "245", "c") or _first(record, "100", "a") or _first(record, "700", "a")
        ),
        "publisher": ended(_first(record, "264", "b") or _first(record, "260", "b")),
        "year": _first(record, "264", "c") or _first(record, "260", "c"),
        "class_number": next((c for c in classes if c), ""),
        "isbn": _first(record, "020", "a").split(" ")[0],
    } | _said(
        place=ended(_first(record, "264", "a") or _first(record, "260", "a")),
        pages=ended(_first(record, "300", "a")),
        price=_first(record, "020", "c"),
        series=ended(_first(record, "490", "a") or _first(record, "440", "a")),
        subject=SUBJECTS.join(ended(v) for v in _all(record, "650", "a")),
        language=_language(record),
        summary=_first(record, "520", "a"),
    )


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
            "arrived_on": _of(field, "d"),
            "donor": _of(field, "e") if _of(field, "x") == "donated" else "",
            "source": source if (source := _of(field, "x")) in SOURCES else "",
            "paid": _of(field, "g"),
        }
        for field in record.get_fields("952")
        for barcode in field.get_subfields("p")
    ]
    return held + koha


def ended(text: str) -> str:
    """Without the marks that ISBD puts behind a part: "Charlotte's web /" is "Charlotte's web"."""
    return text.strip().rstrip(_ENDS)


def _said(**values: str) -> dict[str, str]:
    """Those of which the record says something: what it leaves out may have been written by hand."""
    return {name: value for name, value in values.items() if value}


def _language(record: Record) -> str:
    """041 $a, else the three letters of 008."""
    coded = "".join(str(f.data)[35:38] for f in record.get_fields("008")[:1]).strip()
    return _first(record, "041", "a") or (coded if coded not in _NO_LANGUAGE else "")


def _own(record: Record) -> dict[str, dict[str, str]]:
    """What stands in our own fields: about what, name, value."""
    found: dict[str, dict[str, str]] = {}
    for field in record.get_fields(OWN):
        if _of(field, "2") == OWN_MARK:
            value = str(field.get("v") or "")
            found.setdefault(_of(field, "a"), {})[_of(field, "n")] = value.removeprefix("=")
    return found


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
