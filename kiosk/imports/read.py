"""Reading a file into the staging file: every row either staged or told with its fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.imports.book_rows import BookRows
from kiosk.imports.faults import ImportFailed, Problem, RowFault, shown
from kiosk.imports.form import Form, form_of
from kiosk.imports.marc import raw_records, read_record
from kiosk.imports.marc_works import MarcWorks
from kiosk.imports.patron_rows import PatronRows
from kiosk.imports.progress import Progress
from kiosk.imports.staging import Staging
from kiosk.imports.stopping import Stop
from kiosk.imports.tables import Row, Table, read_table
from kiosk.imports.values import Options, Person, Work

_BATCH = 1_000


def read_file(
    staging: Staging, kind: str, path: Path, options: Options, *, progress: Progress, stop: Stop
) -> int:
    """Stage all of the file; the number of rows or records in it. Raises ImportFailed if it cannot be read at all."""
    form = _form(kind, path, options)
    staging.set(unit={Form.MARC: "record", Form.XLSX: "row", Form.TEXT: "line"}[form])
    if form is Form.MARC:
        take = _records(staging, path, options)
    else:
        take = _rows(staging, kind, path, form, options)
    progress.begin(f"reading {path.name}", None)
    count = 0
    while not stop.asked:
        with staging.writing():
            done = sum(1 for _ in _first(take, _BATCH))
        count += done
        progress.advance(done)
        if done < _BATCH:
            break
    return count


def _form(kind: str, path: Path, options: Options) -> Form:
    """What to read the file as; raises ImportFailed where that is not what was asked for."""
    form, asked = form_of(path), options.flavour
    if form is Form.MARC and kind == "patrons":
        raise ImportFailed(f"{path} holds MARC records; patrons come from .csv or .xlsx")
    if form is Form.MARC and asked == "table":
        raise ImportFailed(f"{path} holds MARC records, not a table; leave out --format")
    if asked in ("cnmarc", "marc21"):
        if form is Form.XLSX:
            raise ImportFailed(f"{path} is an XLSX table and holds no MARC; leave out --format")
        return Form.MARC
    return form


def _first(steps: Iterator[None], count: int) -> Iterator[None]:
    for _, step in zip(range(count), steps, strict=False):
        yield step


def _rows(staging: Staging, kind: str, path: Path, form: Form, options: Options) -> Iterator[None]:
    table = read_table(path, kind, form, options.encoding)
    _note_unused(staging, table)
    if kind == "patrons":
        yield from _each(
            staging, table.rows, PatronRows(table.heading, options).person, Takes(staging).person
        )
    else:
        yield from _each(
            staging, table.rows, BookRows(table.heading, options).work, Takes(staging).work
        )


def _each(
    staging: Staging, rows: Iterable[Row], make: Callable[[Row], Any], take: Callable[[Any], None]
) -> Iterator[None]:
    for row in rows:
        try:
            _readable(row)
            take(make(row))
        except RowFault as fault:
            staging.report(Problem(row.line, fault.what, fault.remedy))
        yield


def _records(staging: Staging, path: Path, options: Options) -> Iterator[None]:
    works, takes = MarcWorks(options), Takes(staging)
    for number, raw in enumerate(raw_records(path), 1):
        try:
            work = works.work(read_record(raw, options.encoding), number)
            takes.work(replace(work, raw=raw) if options.keep_records else work)
        except RowFault as fault:
            staging.report(Problem(number, fault.what, fault.remedy))
        yield


def _readable(row: Row) -> None:
    if row.faulty:
        raise RowFault(row.faulty, "open the file in Excel or WPS and save it again")
    if row.merged:
        raise RowFault(
            f"merged cells hide {', '.join(row.merged)}",
            "unmerge them (取消合并单元格) and fill every row",
        )


def _note_unused(staging: Staging, table: Table) -> None:
    if table.heading.unused:
        names = ", ".join(table.heading.unused)
        what = f"columns not used: {names}"
        staging.report(Problem(0, what, "nothing to do, if none of them matters", rejected=False))


class Takes:
    """Puts people and works into the staging file, each number once."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._unit = staging.get("unit")
        self._seen: dict[tuple[str, str], int] = {}
        self._titles: set[str] = set()

    def person(self, person: Person) -> None:
        self._once(person.line, ("number", person.id), ("card", person.card))
        if person.card:
            self._staging.stage("card", person.card, person.id, person.line, {})
        self._staging.stage("patron", person.id, "", person.line, person.values)
        self._warn(person.line, person.warnings)

    def work(self, work: Work) -> None:
        items = []
        faults = [RowFault(*fault) for fault in work.faults]
        for item in work.items:
            try:
                self._once(work.line, ("barcode", item.barcode))
                items.append(item)
            except RowFault as fault:
                faults.append(fault)
        if items and work.id not in self._titles:
            self._titles.add(work.id)
            raw = {"raw": work.raw.decode("latin-1")} if work.raw else {}
            self._staging.stage("title", work.id, "", work.line, {**work.values, **raw})
        for item in items:
            self._staging.stage("copy", item.barcode, work.id, work.line, item.values)
        for found in faults:
            self._staging.report(Problem(work.line, found.what, found.remedy))
        self._warn(work.line, work.warnings)

    def _once(self, line: int, *numbers: tuple[str, str]) -> None:
        """Remember the numbers of a good row; a row that repeats one is rejected, and none of its own is remembered."""
        for kind, number in numbers:
            if number and (kind, number) in self._seen:
                first = self._seen[kind, number]
                where = f"{self._unit} {first}" if first != line else "the same record"
                raise RowFault(
                    f"{kind} {shown(number)} is also in {where}", "delete one of the two"
                )
        for each in numbers:
            self._seen[each] = line

    def _warn(self, line: int, warnings: Iterable[tuple[str, str]]) -> None:
        for what, remedy in warnings:
            self._staging.report(Problem(line, what, remedy, rejected=False))
