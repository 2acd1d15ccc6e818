"""MARC records as bytes, written by hand: right ones, and wrong in the ways of real systems."""

from __future__ import annotations

from pymarc.marc8_mapping import CODESETS

Fields = list[tuple[str, str]]

DREAM: Fields = [
    ("001", "012002000001"),
    ("010", "  $a978-7-02-000220-7$dCNY59.70"),
    ("101", "0 $achi"),
    ("200", "1 $a红楼梦$Ahong lou meng$f曹雪芹，高鹗著$g俞平伯校"),
    ("210", "  $a北京$c人民文学出版社$d1996"),
    ("690", "  $aI242.4$v5"),
    ("905", "  $aSCH$b00000001$b00000002$c借阅大厅$dI242.4$e12"),
    ("905", "  $aSCH$b00000003$c三楼$dI242.4$e12"),
]
WEB: Fields = [
    ("001", "ocm0001"),
    ("003", "OCoLC"),
    ("020", "  $a9780061124952 (pbk.)"),
    ("090", "  $aPZ7.W58277"),
    ("100", "1 $aWhite, E. B.$d1899-1985."),
    ("245", "10$aCharlotte's web /$cE.B. White."),
    ("264", " 1$aNew York :$bHarper,$c[2012]"),
    ("852", "8 $bmain$c4$hPZ7$iW58$p00000011"),
    ("952", "  $p00000012$oPZ7 W58$yBook$c5"),
]


def iso2709(fields: Fields, encoding: str = "utf-8", *, leader9: str | None = None) -> bytes:
    """One record; `$` begins a subfield. leader9: what the leader says about the letters."""
    directory, body = b"", b""
    for tag, text in fields:
        content = _encoded(text.replace("$", "\x1f"), encoding) + b"\x1e"
        directory += f"{tag}{len(content):04d}{len(body):05d}".encode()
        body += content
    said = leader9 if leader9 is not None else ("a" if encoding == "utf-8" else " ")
    base = 24 + len(directory) + 1
    leader = f"{base + len(body) + 1:05d}nam {said}22{base:05d}   4500"
    return leader.encode() + directory + b"\x1e" + body + b"\x1d"


def counted_in_characters(fields: Fields, encoding: str) -> bytes:
    """As a system writes it that takes the number of characters for the number of bytes."""
    directory, body, at = b"", b"", 0
    for tag, text in fields:
        content = text.replace("$", "\x1f") + "\x1e"
        directory += f"{tag}{len(content):04d}{at:05d}".encode()
        at += len(content)
        body += content.encode(encoding)
    base = 24 + len(directory) + 1
    leader = f"{base + at + 1:05d}nam  22{base:05d}   450 "
    return leader.encode() + directory + b"\x1e" + body + b"\x1d"


def _encoded(text: str, encoding: str) -> bytes:
    return _marc8(text) if encoding == "marc-8" else text.encode(encoding)


def _marc8(text: str) -> bytes:
    """ASCII as it is, Chinese as three bytes of EACC between escapes."""
    eacc = {point: code for code, (point, _) in CODESETS[0x31].items()}
    out, chinese = b"", False
    for char in text:
        if char.isascii():
            out += (b"\x1b(B" if chinese else b"") + char.encode()
            chinese = False
        else:
            out += (b"" if chinese else b"\x1b$1") + eacc[ord(char)].to_bytes(3, "big")
            chinese = True
    return out + (b"\x1b(B" if chinese else b"")
