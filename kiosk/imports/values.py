"""What a row or record of a file comes to, before it is compared with the store.

`values` holds only the columns that the file has: a column that is not there leaves the store's value as it is, an
empty cell empties it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.library import Library
from kiosk import isbn


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file. category and copy_type stand in for a missing column; `today` counts 2024级 into grades.

    arrived_on, source and donor are those of all copies that are new and of which the file does not say.
    """

    library: Library
    today: date
    dry_run: bool = False
    category: str | None = None
    copy_type: str | None = None
    arrived_on: date | None = None
    source: str = ""
    donor: str = ""
    # auto, table, cnmarc or marc21; auto, utf-8, gb18030 or marc-8
    flavour: str = "auto"
    encoding: str = "auto"
    # Keep MARC records beside what is read in them.
    keep_records: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A patron with at most one card."""

    line: int
    id: str
    card: str
    values: dict[str, Any]
    warnings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A copy within a Work."""

    barcode: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """A title with its copies: one copy from a row of a table, any number from a MARC record."""

    line: int
    id: str
    values: dict[str, Any]
    items: tuple[Item, ...]
    warnings: tuple[tuple[str, str], ...] = ()
    # Copies that were rejected by themselves: what, remedy.
    faults: tuple[tuple[str, str], ...] = ()
    # The MARC record itself, where it is to be kept.
    raw: bytes = b""


_NOT_LETTERS = re.compile(r"[\W_]+")


def title_id(values: Mapping[str, Any], control: str = "") -> str:
    """The identity of a title, the same at every import, so that a corrected file updates and does not double.

    1. The record's control number (MARC 001), if the file has one: `marc:` and the number.
    2. A good ISBN with the title: one ISBN may stand for the volumes of a set, and schools type the same ISBN for
       different books: `isbn:`, the thirteen digits, and a hash of the title.
    3. A hash of title, author and publisher: `title:` and the hash.

    Width, case, spaces and punctuation do not count. A change of what counts here makes another title; if then all
    copies of the old one are in the file, the old title is corrected in place (see compare.py).
    """
    if control:
        return f"marc:{control}"
    number = values.get("isbn", "")
    if isbn.is_good(number):
        return f"isbn:{isbn.isbn13(number)}:{_hash(values['title'])[:8]}"
    known = (values["title"], values.get("author", ""), values.get("publisher", ""))
    return f"title:{_hash(*known)[:20]}"


def _hash(*texts: str) -> str:
    plain = (_NOT_LETTERS.sub("", unicodedata.normalize("NFKC", t)).casefold() for t in texts)
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()
