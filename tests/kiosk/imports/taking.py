"""A school that files are imported into: its store, its rules, and what the tables hold afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from config.library import Library
from config.settings import load_library
from kiosk.imports.report import Report
from kiosk.imports.run import run_import
from kiosk.imports.values import Options
from kiosk.store.store import Store

SHIPPED = Path(__file__).resolve().parents[3] / "config"
TODAY = date(2026, 11, 25)

Line = tuple[int, str, str]


class Taking:
    """`take` imports a text or a file; `rows` looks into the store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library: Library = load_library(SHIPPED / "library.toml")
        self.store = Store.open(folder / "data")

    def file(self, content: str | bytes, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, kind: str, content: str | bytes | Path, **options: Any) -> Report:
        path = content if isinstance(content, Path) else self.file(content)
        extra = {k: options.pop(k) for k in ("progress", "stop") if k in options}
        settings = Options(self.library, TODAY, **options)
        return run_import(self.store, kind, path, settings, **extra)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.store.read() as tx:
            return [tuple(row) for row in tx.conn.exec_driver_sql(sql, values)]

    def one(self, sql: str, *values: Any) -> Any:
        found = self.rows(sql, *values)
        return found[0][0] if len(found[0]) == 1 else found[0]

    def run(self, sql: str, *values: Any) -> None:
        with self.store.begin() as tx:
            tx.conn.exec_driver_sql(sql, values)

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything an import may write, to compare two stores by."""
        tables = ("patrons", "cards", "copies", "titles")
        found = {t: self.rows(f"SELECT * FROM {t} ORDER BY 1") for t in tables}
        search = "SELECT t.id, s.words, s.pinyin, s.initials, s.numbers FROM title_search s"
        found["title_search"] = self.rows(f"{search} JOIN titles t ON t.n = s.rowid ORDER BY 1")
        found["loose"] = self.rows(
            "SELECT rowid FROM title_search WHERE rowid NOT IN (SELECT n FROM titles)"
        )
        # The numbers that tie titles to the search may differ from store to store.
        found["titles"] = sorted(row[1:] for row in found["titles"])
        return found

    def lend(self, barcode: str, patron_id: str) -> None:
        """As the desk does it: an entry, a loan, the key of the entry at the copy."""
        self.run(
            "INSERT INTO loans (barcode, patron_id, opened_ms, due_on, renewals, excused_on, entry)"
            " VALUES (?, ?, 1, '2026-12-09', 0, NULL, 'kiosk-1:1:1')",
            barcode,
            patron_id,
        )
        self.run("UPDATE copies SET last_entry = 'kiosk-1:1:1' WHERE barcode = ?", barcode)


def counts(report: Report) -> dict[str, tuple[int, int, int]]:
    return {k: (c.new, c.changed, c.same) for k, c in report.comparison.counts.items()}


def told(report: Report) -> str:
    """All problems as one text."""
    return "\n".join(report.problems)


def of_rows(report: Report) -> list[str]:
    """The problems without those of the file as a whole."""
    return [line for line in report.problems if not line.startswith("file:")]


def sheet(path: Path, rows: Sequence[Sequence[Any]], *, merge: str = "") -> Path:
    """An XLSX file as Excel or WPS would save it."""
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    if merge:
        book.active.merge_cells(merge)
    book.save(path)
    return path
