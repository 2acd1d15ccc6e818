"""What an import says of rows and files, in the words of a librarian: the readers' own sentences are a maintainer's.

A sentence of kiosk/imports is known by its shape; its key leads to words below console.rows, with the values that the
sentence holds. What has no shape here is told as it stands; a test walks all that the readers can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kiosk.imports.faults import Problem
from web_ui.catalogue import Voice

_OF = r'(?P<column>[\w ]+) "(?P<value>.*)"'
# Key below console.rows.what and console.rows.do, and the shape of the sentence.
_WHAT = tuple(
    (key, re.compile(shape, re.DOTALL))
    for key, shape in (
        ("empty", r"the (?P<column>barcode|title|name|number|category) is empty"),
        ("zeros", _OF + r" taken as (?P<more>.*): leading zeros were lost"),
        ("shape", _OF + r" has none of the shapes (?P<more>.*)"),
        ("isbn", r'ISBN "(?P<value>.*)" has a wrong check digit or length'),
        ("check", _OF + r" has a wrong check digit \((?P<more>.*)\)"),
        ("state", r'state "(?P<value>.*)" counts as on the shelf'),
        ("source", r'source "(?P<value>.*)" is not known'),
        ("unknown", _OF + r" is not known"),
        ("cut", r"(?P<column>[\w ]+) is longer than (?P<more>\d+) characters and was cut"),
        ("long", _OF + r" is longer than (?P<more>\d+) characters"),
        ("digits", _OF + r" has lost digits in Excel"),
        ("date", _OF + r" is no date"),
        ("sign", _OF + r" holds the character (?P<more>U\+\w+)"),
        ("letters", r"the record cannot be read as (?P<more>.*)"),
        ("damaged", r"the directory of the record is damaged.*|the record names .*"),
        ("record", r"the record is longer than ISO 2709 allows"),
        ("no_copy", r"the record has no copy"),
        ("no_title", r"the record has no title.*"),
        ("quote", r"a quotation mark is opened and never closed"),
        ("row", r"the row cannot be read .*"),
        ("merged", r"merged cells hide (?P<more>.*)"),
        ("unused", r"columns not used: (?P<more>.*)"),
        ("twice", r'(?P<column>\w+) "(?P<value>.*)" is also in (?P<more>.*)'),
        ("a_card", r'barcode "(?P<value>.*)" is the number of a card'),
        ("a_copy", r'card "(?P<value>.*)" is the barcode of a copy'),
        ("others", r'card "(?P<value>.*)" belongs to another patron'),
        (
            "type",
            r'no copy type in the file for (?P<value>.*) new copies: counted as "(?P<more>.*)"',
        ),
        (
            "kind",
            r'no category in the file for (?P<value>.*) new patrons: counted as "(?P<more>.*)"',
        ),
        ("grade", r"grade (?P<value>.*) is not understood"),
    )
)
# What is to be written instead stands in the remedy of some.
_IN_REMEDY = re.compile(
    r"use one of (?P<listed>.*), or add it to|in field (?P<field>.*)", re.DOTALL
)
_PLACE = re.compile(r"(line|row|record) (\d+)")
# Key below console.rows.file.
_FILE = tuple(
    (key, re.compile(shape))
    for key, shape in (
        ("empty", "is empty; export"),
        ("xls", r"is an old \.xls"),
        ("web", "is a web page"),
        ("marcxml", "holds MARCXML"),
        ("xml", "is an XML file"),
        ("pdf", "is a PDF"),
        ("picture", "is a picture"),
        ("word", "is a Word document"),
        ("packed", "is an archive"),
        ("damaged", r"is damaged \(|is not a whole XLSX file"),
        ("letters", "is neither text in UTF-8"),
        ("patrons", "has the columns of patrons"),
        ("books", "has the columns of catalogue|holds MARC records; patrons"),
        ("headings_patrons", r"no row of headings .*\(name\)"),
        ("headings", "no row of headings"),
        ("marc", "no end of a record in"),
        ("rules", "no rules were published"),
    )
)


def told_row(problem: Problem, say: Voice) -> tuple[str, str]:
    """What is wrong with a row, and what to do, in the language of the page."""
    for key, shape in _WHAT:
        if found := shape.fullmatch(problem.what):
            told = {"column": "", "value": "", "more": ""}
            told |= {name: value or "" for name, value in found.groupdict().items()}
            if instead := _IN_REMEDY.search(problem.remedy):
                told["more"] = instead["listed"] or instead["field"]
            column, value = _column(told["column"], say), told["value"]
            more = _place(told["more"], say)
            what, do = (
                say(f"console.rows.{part}.{key}", column=column, value=value, more=more)
                for part in ("what", "do")
            )
            return what, do
    return problem.what, problem.remedy


def _column(column: str, say: Voice) -> str:
    key = f"console.rows.column.{column.replace(' ', '_')}"
    return say(key) if say.has(key) else column


def _place(more: str, say: Voice) -> str:
    if more == "the same record":
        return say("console.rows.place.same")
    place = _PLACE.fullmatch(more)
    return say(f"console.rows.place.{place[1]}", n=int(place[2])) if place else more


def told_rows(problems: Iterable[Problem], unit: str, say: Voice) -> bytes:
    """Every row that was left out or changed, as a text to keep. unit: line, row or record."""
    lines = ""
    for problem in problems:
        where = say(f"console.rows.place.{unit}", n=problem.line) if problem.line else ""
        verdict = say(f"console.catalogue.{'rejected' if problem.rejected else 'noted'}")
        lines += "\t".join((where, verdict, *told_row(problem, say))) + "\r\n"
    return lines.encode("utf-8-sig")


def told_file(why: str, say: Voice) -> str:
    """Why a file cannot be taken at all; "" where there are no words for it."""
    key = next((key for key, shape in _FILE if shape.search(why)), "")
    return say(f"console.rows.file.{key}") if key else ""
