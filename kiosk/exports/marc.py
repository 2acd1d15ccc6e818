"""Titles written as MARC 21 or CNMARC records.

A title that came in a record of this flavour and these letters, and of which nothing has changed, goes out as that
very record. Where something has changed, only the fields that say it are written anew. Each record is read back by
the import before it goes out, and what its usual fields did not say exactly is added in a field of our own
(marc_works.OWN): so an import of what was exported changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kiosk.exports.iso2709 import Field, record
from kiosk.exports.marc_fields import FLAVOURS, Flavour
from kiosk.exports.values import CopyTexts, TitleTexts
from kiosk.imports.book_rows import TITLE_FIELDS
from kiosk.imports.faults import RowFault
from kiosk.imports.marc import letters_of, read_record
from kiosk.imports.marc_works import OWN, OWN_MARK, MarcWorks, flavour_of
from kiosk.imports.values import Item, Options, Work

if TYPE_CHECKING:
    from pymarc import Record

    _Old = tuple[Record, Work]

# A record of more copies would pass what ISO 2709 can count; the rest follows in records like it.
COPIES_MAX = 250
_END = b"\x1d"
_COPY_FIELDS = tuple(name for name in CopyTexts.__slots__ if name != "barcode")
_IN_WORK = {"paid": "price"}
_CLEAN_LEADER = {"cnmarc": "00000nam0 2200000   450 ", "marc21": "00000nam a2200000   4500"}


class MarcWriter:
    """Makes records of a flavour (cnmarc, marc21) in an encoding (utf-8, gb18030), by the settings of one library."""

    def __init__(self, options: Options, flavour: str, encoding: str) -> None:
        self._flavour: Flavour = FLAVOURS[flavour]
        self._named, self._encoding = flavour, encoding
        self._works = MarcWorks(replace(options, flavour="auto", copy_type=None))
        library = options.library
        self._rooms = {room.key: room.name for room in library.rooms}
        self._types = {each.key: each.name for each in library.copy_types}
        usual = {"copy_type": next(iter(self._types)), "room": library.library.room}
        self._usual = {**dict.fromkeys(_COPY_FIELDS, ""), **usual, "state": "on_shelf"}

    def records(self, title: TitleTexts) -> Iterator[bytes]:
        """The title's record; of more than COPIES_MAX copies, several."""
        old = self._old(title.raw)
        if old is not None and self._as_it_came(title, old[1]):
            yield title.raw + _END
            return
        for at in range(0, len(title.copies), COPIES_MAX):
            portion = replace(title, copies=title.copies[at : at + COPIES_MAX])
            yield self._written(portion, old)

    def _as_it_came(self, title: TitleTexts, work: Work) -> bool:
        """Whether the record that the title came with says all that is so, in the letters that are wanted."""
        if not title.raw.isascii() and letters_of(title.raw) != self._encoding:
            return False
        same = {i.barcode for i in work.items} == {c.barcode for c in title.copies}
        unlike = _unlike_title(title, work) or any(self._unlike_copies(title, work).values())
        return same and not unlike

    def _written(self, title: TitleTexts, old: _Old | None) -> bytes:
        leader, fields = self._begun(title, old)
        own = [Field(OWN, subfields=self._marked())] if self._encoding != "utf-8" else []
        # Read with what it says of its letters: they cannot always be told by the bytes of a short title.
        made = record(leader, [*fields, *own], self._encoding)
        read = self._old(made.rstrip(_END))
        # A number that the library's own shapes refuse cannot be read back; nothing can be said of it, either.
        if read is not None:
            work = read[1]
            own += [
                self._own("", name, value) for name, value in _unlike_title(title, work).items()
            ]
            if work.id != title.id:
                own.append(self._own("", "title_id", title.id))
            for barcode, values in self._unlike_copies(title, work).items():
                own += [self._own(barcode, name, value) for name, value in values.items()]
        return record(leader, [*fields, *own], self._encoding)

    def _begun(self, title: TitleTexts, old: _Old | None) -> tuple[str, list[Field]]:
        """Leader and fields: those of the record that the title came with, where only changes are to be written."""
        if old is None:
            control = title.id.removeprefix("marc:")
            fields = [Field("001", text=control), *self._flavour.coded(title.texts)]
            self._flavour.put_title(fields, title.texts, TITLE_FIELDS)
            self._flavour.put_copies(fields, [self._named_copy(c) for c in title.copies], set())
            return self._leader(_CLEAN_LEADER[self._named]), fields
        came, work = old
        fields = _fields_of(came)
        self._flavour.put_title(fields, title.texts, tuple(_unlike_title(title, work)))
        changed = self._unlike_copies(title, work)
        there = {c.barcode for c in title.copies}
        gone = {i.barcode for i in work.items} - there | {b for b, v in changed.items() if v}
        fresh = [c for c in title.copies if c.barcode in gone or c.barcode not in changed]
        self._flavour.put_copies(fields, [self._named_copy(c) for c in fresh], gone)
        return self._leader(title.raw[:24].decode("ascii", "replace")), fields

    def _old(self, raw: bytes) -> _Old | None:
        """A record of this flavour with what is read in it; None for anything else."""
        try:
            found = read_record(raw) if raw else None
            if found is None or flavour_of(found, "auto") != self._named:
                return None
            return found, self._works.work(found, 1)
        except RowFault:
            return None

    def _leader(self, leader: str) -> str:
        """MARC 21 says at 9 what its letters are; CNMARC says nothing there."""
        if self._named == "cnmarc":
            return leader
        return leader[:9] + ("a" if self._encoding == "utf-8" else " ") + leader[10:]

    def _unlike_copies(self, title: TitleTexts, work: Work) -> dict[str, dict[str, str]]:
        """By barcode, for copies that the record holds: what it does not say of them as it is."""
        read = {item.barcode: item for item in work.items}
        return {
            copy.barcode: self._unlike_copy(copy, read[copy.barcode])
            for copy in title.copies
            if copy.barcode in read
        }

    def _unlike_copy(self, copy: CopyTexts, item: Item) -> dict[str, str]:
        unlike = {}
        for name in _COPY_FIELDS:
            actual = getattr(copy, name)
            told = item.values.get(_IN_WORK.get(name, name))
            # What library.toml does not know (any more) cannot be said.
            known = {"copy_type": self._types, "room": self._rooms}.get(name, {actual: ""})
            if (
                actual in known
                and (told or "" if told is not None else self._usual[name]) != actual
            ):
                unlike[name] = actual
        return unlike

    def _named_copy(self, copy: CopyTexts) -> CopyTexts:
        room, kind = self._rooms.get(copy.room, ""), self._types.get(copy.copy_type, "")
        return replace(copy, room=room, copy_type=kind)

    def _own(self, about: str, name: str, value: str) -> Field:
        said = [*self._marked(), ("a", about), ("n", name), ("v", f"={value}")]
        return Field(OWN, subfields=[pair for pair in said if pair[1]])

    def _marked(self) -> list[tuple[str, str]]:
        return [("2", OWN_MARK), ("l", self._encoding)]


def _unlike_title(title: TitleTexts, work: Work) -> dict[str, str]:
    return {
        name: title.texts[name]
        for name in TITLE_FIELDS
        if (work.values.get(name) or "") != title.texts[name]
    }


def _fields_of(old: Record) -> list[Field]:
    """The fields of a record that was read, but for our own, which are made anew."""
    found = []
    for each in old.fields:
        if each.tag == OWN and each.get("2") == OWN_MARK:
            continue
        if each.is_control_field():
            found.append(Field(each.tag, text=str(each.data)))
        else:
            pairs = [(s.code, s.value) for s in each.subfields]
            found.append(Field(each.tag, "".join(each.indicators or "  "), pairs))
    return found
