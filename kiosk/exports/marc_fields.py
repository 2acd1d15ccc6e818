"""Where a title and its copies stand in MARC 21 and in CNMARC: the counterpart of kiosk/imports/marc_works.py. PURE."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from kiosk.exports.iso2709 import Field
from kiosk.exports.values import CopyTexts

# Name -> (tag, code): the first whose field is there is changed, else the first of them is made.
Places = Mapping[str, tuple[tuple[str, str], ...]]
_SUBJECTS = "；"


@dataclass(frozen=True, slots=True)
class Flavour:
    """subject: its tag, one field each. parts: codes of the title's field that are part of the title."""

    places: Places
    indicators: Mapping[str, str]
    subject: str
    title: tuple[str, str]
    parts: tuple[str, ...]
    holdings: tuple[str, ...]
    barcode: Mapping[str, str]
    coded: Callable[[Mapping[str, str]], list[Field]]
    copy: Callable[[CopyTexts], Field]

    def put_title(
        self, fields: list[Field], texts: Mapping[str, str], names: Collection[str]
    ) -> None:
        """Make the fields say these values of the title."""
        for name, places in self.places.items():
            if name in names:
                self._put(fields, places, texts[name])
        if "title" in names:
            main = next(f for f in fields if f.tag == self.title[0])
            main.subfields = [pair for pair in main.subfields if pair[0] not in self.parts]
        if "subject" in names:
            fields[:] = [f for f in fields if f.tag != self.subject]
            for subject in filter(None, texts["subject"].split(_SUBJECTS)):
                _insert(fields, self._field(self.subject, [("a", subject)]))

    def put_copies(
        self, fields: list[Field], copies: Sequence[CopyTexts], gone: Collection[str]
    ) -> None:
        """Take out what is said of `gone`, and say anew what is so of these copies."""
        for field in [f for f in fields if f.tag in self.holdings]:
            code = self.barcode[field.tag]
            if not any(c == code for c, _ in field.subfields):
                continue
            field.subfields = [
                p for p in field.subfields if p[0] != code or p[1].strip() not in gone
            ]
            if not any(c == code for c, _ in field.subfields):
                fields.remove(field)
        for copy in copies:
            _insert(fields, self.copy(copy))

    def _put(self, fields: list[Field], places: Sequence[tuple[str, str]], value: str) -> None:
        for tag, code in places:
            field = next((f for f in fields if f.tag == tag and f.first(code) is not None), None)
            if field is not None:
                field.put(code, value)
                return
        tag, code = places[0]
        field = next((f for f in fields if f.tag == tag), None)
        if field is not None:
            field.put(code, value)
        elif value:
            _insert(fields, self._field(tag, [(code, value)]))

    def _field(self, tag: str, subfields: list[tuple[str, str]]) -> Field:
        return Field(tag, self.indicators.get(tag, "  "), subfields)


def _insert(fields: list[Field], field: Field) -> None:
    """Behind all whose tags are not higher."""
    at = next((n for n, other in enumerate(fields) if other.tag > field.tag), len(fields))
    fields.insert(at, field)


def _called(call_number: str) -> tuple[str, str]:
    class_number, _, rest = call_number.partition("/")
    return class_number, rest


def _present(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[1]]


def _cnmarc_coded(texts: Mapping[str, str]) -> list[Field]:
    # 100 $a of CNMARC: kind and year of publication at 8 to 12, audience, language of the record, Unicode, script.
    year = f"{texts['year'][:4]:4}"
    return [Field("100", subfields=[("a", f"        d{year}    em y0chiy50      ea")])]


def _cnmarc_copy(copy: CopyTexts) -> Field:
    class_number, rest = _called(copy.call_number)
    told = _present(("b", copy.barcode), ("c", copy.room), ("d", class_number), ("e", rest))
    return Field("905", subfields=told)


def _marc21_coded(texts: Mapping[str, str]) -> list[Field]:
    language = texts["language"] if len(texts["language"]) == 3 else "und"
    known = language if language.isascii() else "und"
    return [Field("008", text=f"      s{texts['year'][:4]:4}    xx{'':18}{known} d")]


def _marc21_copy(copy: CopyTexts) -> Field:
    told = _present(
        ("p", copy.barcode),
        ("b", copy.room),
        ("c", copy.shelf),
        ("o", copy.call_number),
        ("y", copy.copy_type),
        ("d", copy.arrived_on),
        ("e", copy.donor),
        ("g", copy.paid),
        ("x", copy.source),
    )
    return Field("952", subfields=told)


FLAVOURS = {
    "cnmarc": Flavour(
        places={
            "isbn": (("010", "a"),),
            "price": (("010", "d"),),
            "language": (("101", "a"),),
            "title": (("200", "a"),),
            "author": (("200", "f"),),
            "place": (("210", "a"),),
            "publisher": (("210", "c"),),
            "year": (("210", "d"),),
            "pages": (("215", "a"),),
            "series": (("225", "a"),),
            "summary": (("330", "a"),),
            "class_number": (("690", "a"),),
        },
        indicators={"101": "0 ", "200": "1 ", "225": "2 ", "606": "0 "},
        subject="606",
        title=("200", "a"),
        parts=("h", "i"),
        holdings=("905",),
        barcode={"905": "b"},
        coded=_cnmarc_coded,
        copy=_cnmarc_copy,
    ),
    "marc21": Flavour(
        places={
            "isbn": (("020", "a"),),
            "price": (("020", "c"),),
            "language": (("041", "a"),),
            "class_number": tuple((tag, "a") for tag in ("084", "090", "099", "093", "082", "050")),
            "title": (("245", "a"),),
            "author": (("245", "c"),),
            "place": (("264", "a"), ("260", "a")),
            "publisher": (("264", "b"), ("260", "b")),
            "year": (("264", "c"), ("260", "c")),
            "pages": (("300", "a"),),
            "series": (("490", "a"), ("440", "a")),
            "summary": (("520", "a"),),
        },
        indicators={"041": "0 ", "245": "10", "264": " 1", "490": "0 ", "650": " 4"},
        subject="650",
        title=("245", "a"),
        parts=("b", "n", "p"),
        holdings=("852", "952"),
        barcode={"852": "p", "952": "p"},
        coded=_marc21_coded,
        copy=_marc21_copy,
    ),
}
