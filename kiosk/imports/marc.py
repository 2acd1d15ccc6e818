"""MARC 21 and CNMARC (UNIMARC) records from an ISO 2709 file -> Works.

Real files lie about themselves: lengths are counted in characters, the leader says UTF-8 over GBK bytes, records
carry an end mark and no right length. So records are cut at the end mark (0x1D), fields at theirs (0x1E), the
letters are told by looking at them, and pymarc then reads a record that is put right.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.imports.faults import ImportFailed, RowFault, shown

if TYPE_CHECKING:
    from pymarc import Record

_CHUNK = 1 << 20
_END_OF_RECORD = b"\x1d"
_END_OF_FIELD = b"\x1e"
_LEADER = 24
_ENTRY = 12
# A record of a school library has a few kilobytes; ISO 2709 itself ends at 99,999.
_LONGEST = 1 << 20
# A character of GB 2312, which all usual ones are.
_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
# Our own exports say what their letters are (marc_works.OWN), where rare characters would leave it in doubt.
_SAID = re.compile(rb"\x1f2kiosk\x1fl(utf-8|gb18030)[\x1e\x1f]")


def looks_like_marc(path: Path) -> bool:
    """Five digits of a record length, and an end of a field among the first bytes."""
    with path.open("rb") as file:
        first = file.read(4_096).lstrip(b"\xef\xbb\xbf\r\n ")
    return first[:5].isdigit() and _END_OF_FIELD in first


def raw_records(path: Path) -> Iterator[bytes]:
    """The records as bytes, cut at the end mark; a file that ends without one gives what is left."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            *whole, rest = (rest + chunk).split(_END_OF_RECORD)
            yield from (stripped for r in whole if (stripped := _stripped(r)))
            if len(rest) > _LONGEST:
                raise ImportFailed(
                    f"{path}: no end of a record in {_LONGEST} bytes; it is no ISO 2709 file"
                )
    if _stripped(rest):
        yield _stripped(rest)


def read_record(raw: bytes, encoding: str = "auto") -> Record:
    """One record through pymarc, in the letters that it is really written in; raises RowFault."""
    from pymarc import Record
    from pymarc.exceptions import PymarcException

    letters = letters_of(raw) if encoding == "auto" else encoding
    whole = put_right(raw, utf8=letters == "utf-8")
    # pymarc takes its own default name to mean MARC-8.
    file_encoding = "gb18030" if letters == "gb18030" else "iso8859-1"
    logging.getLogger("pymarc").setLevel(logging.CRITICAL)
    try:
        return Record(data=whole, hide_utf8_warnings=True, file_encoding=file_encoding)
    except (PymarcException, ValueError, IndexError) as error:
        raise RowFault(
            f"the record cannot be read as {letters} ({type(error).__name__})",
            "export it again as UTF-8, or name its letters with --encoding",
        ) from error


def letters_of(raw: bytes) -> str:
    """utf-8, gb18030 or marc-8, by the bytes themselves; what the leader says counts only among equals."""
    body = raw[_LEADER:]
    if said := _SAID.search(body):
        return said[1].decode()
    if body.isascii():
        return "marc-8" if b"\x1b" in body else "utf-8"
    if _decodes(body, "utf-8"):
        return "utf-8"
    # MARC-8 writes Chinese behind an escape, and accents as bytes from E0 on before a plain letter.
    if b"\x1b" in body or not _is_gbk(body):
        return "marc-8"
    return "gb18030"


def put_right(raw: bytes, *, utf8: bool) -> bytes:
    """The same record with a true leader and directory: the order of the fields is kept, lengths are counted anew."""
    directory, mark, body = raw[_LEADER:].partition(_END_OF_FIELD)
    if not mark or len(directory) < _ENTRY or len(directory) % _ENTRY:
        raise RowFault(
            f"the directory of the record is damaged: {shown(_ascii(directory))}", "export it again"
        )
    entries = [directory[i : i + _ENTRY] for i in range(0, len(directory), _ENTRY)]
    if not all(e[3:].isdigit() for e in entries):
        raise RowFault("the directory of the record is damaged", "export it again")
    entries.sort(key=lambda e: int(e[7:]))
    fields = body.split(_END_OF_FIELD)
    if fields and not fields[-1].strip():
        fields.pop()
    if len(fields) != len(entries):
        raise RowFault(
            f"the record names {len(entries)} fields and has {len(fields)}", "export it again"
        )
    return _framed(
        raw[:_LEADER], [(e[:3], f) for e, f in zip(entries, fields, strict=True)], utf8=utf8
    )


def _framed(leader: bytes, fields: list[tuple[bytes, bytes]], *, utf8: bool) -> bytes:
    directory, body = b"", b""
    for tag, content in fields:
        directory += tag + b"%04d%05d" % (min(len(content) + 1, 9_999), len(body))
        body += content + _END_OF_FIELD
    base = _LEADER + len(directory) + 1
    length = base + len(body) + 1
    if length > 99_999:
        raise RowFault("the record is longer than ISO 2709 allows", "split it")
    head = b"%05d" % length + _ascii(leader[5:9]).encode() + (b"a" if utf8 else b" ")
    head += b"22" + b"%05d" % base + b"   4500"
    return head + directory + _END_OF_FIELD + body + _END_OF_RECORD


def _is_gbk(body: bytes) -> bool:
    """Whether the bytes that are not ASCII come mostly in pairs, as Chinese does; MARC-8 has one before a letter."""
    if not _decodes(body, "gb18030"):
        return False
    others = sum(not c.isascii() for c in body.decode("gb18030"))
    return 2 * len(_PAIR.findall(body)) > others


def _decodes(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _stripped(raw: bytes) -> bytes:
    return raw.lstrip(b"\xef\xbb\xbf\r\n\x00 ").rstrip(b"\r\n\x1a\x00 ")


def _ascii(raw: bytes) -> str:
    return raw.decode("ascii", "replace").replace("\ufffd", " ")
