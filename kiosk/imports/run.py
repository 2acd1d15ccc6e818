"""An import from beginning to end: read, compare, write; undo when it is cancelled; finish what a crash broke off."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.errors import StoreError, StoreFull, StoreHeld
from kiosk.imports.book_rows import Shelving
from kiosk.imports.compare import compare
from kiosk.imports.faults import Problem
from kiosk.imports.patron_rows import usual_patron
from kiosk.imports.progress import Progress, Silent
from kiosk.imports.read import read_file
from kiosk.imports.report import Report, note_problems
from kiosk.imports.staging import FILE, ROOM, ROOM_MB, Staging, left_behind, remove
from kiosk.imports.steps import apply, undo
from kiosk.imports.stopping import Stop
from kiosk.imports.values import Options
from kiosk.store.lock import FolderLock
from kiosk.store.room import MB, Reserve, disk_is_full
from kiosk.store.store import Store

# Measured: a byte of the file takes 10 to 15 in the staging file and 3 to 7 in the store; a byte of what is planned
# takes 1 to 2.3 in the store, and once more for how the row was before.
_ROOM_FOR_A_BYTE = 20
_WRITTEN_FOR_A_BYTE = 4
LOCK = "import.lock"
REPORTS = "imports"


def run_import(
    store: Store,
    kind: str,
    path: Path,
    options: Options,
    *,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Report:
    """Import `kind` ("patrons" or "catalogue") from a file; an import that was killed earlier is finished first.

    Raises ImportFailed if the file cannot be read at all, StoreHeld if another import is running, StoreFull if the
    disk has no room for it: nothing of it is in the store then, or the text says that it is half done.
    """
    progress, stop = progress or Silent(), stop or Stop()
    began = time.monotonic()
    with _alone(store.folder), _full_in_words(store, path):
        report = Report(kind, path.name, dry_run=options.dry_run)
        report.finished = _finish(store, progress)
        staging = Staging.fresh(store.folder, kind, path.name)
        try:
            _check(staging, report, path, options, store=store, progress=progress, stop=stop)
            if stop.asked or options.dry_run:
                report.cancelled = stop.asked
                staging.set(phase="done")
            else:
                _write(staging, report, store, progress, stop)
        finally:
            _put_away(staging, store.folder)
    report.seconds = time.monotonic() - began
    return report


def finish_interrupted(store: Store) -> str:
    """Finish an import that a crash broke off; what was done, in words ("" for nothing).

    An import that is running in another process is left alone. One that cannot be finished now waits for the next
    start: the desk opens without it.
    """
    try:
        with _alone(store.folder):
            return _finish(store, Silent())
    except StoreHeld:
        return ""
    except (StoreError, OSError, sqlite3.Error) as error:
        return f"an import is half done and cannot be finished now ({error})"


@contextmanager
def _full_in_words(store: Store, path: Path) -> Iterator[None]:
    """Say in one sentence what a full disk has made of the import, and how much room it takes."""
    try:
        yield
    except (StoreFull, OSError, sqlite3.Error) as error:
        if not _says_full(error, store):
            raise
        free, needed = store.free_mb(), path.stat().st_size * _ROOM_FOR_A_BYTE // MB + ROOM_MB
        room = (
            f"the disk of {store.folder} has too little room: {free} MB free, "
            f"{free - store.spare_mb()} MB of them kept for lending, about {needed} MB needed"
        )
        if (store.folder / FILE).exists():
            raise StoreFull(
                f"an import is half done, and {room}; free some space, "
                "and the next import or start of the station brings it to an end"
            ) from error
        raise StoreFull(
            f"nothing of {path.name} was imported, for {room}; the store is as it was: "
            "free some space, and import it again"
        ) from error


def _says_full(error: Exception, store: Store) -> bool:
    return isinstance(error, StoreFull) or disk_is_full(error, store.folder)


def _check(
    staging: Staging,
    report: Report,
    path: Path,
    options: Options,
    *,
    store: Store,
    progress: Progress,
    stop: Stop,
) -> None:
    """Read the file and compare it with the store; neither writes to the store."""
    report.rows = read_file(staging, report.kind, path, options, progress=progress, stop=stop)
    if stop.asked:
        return
    progress.begin("comparing", None)
    usual = {"patron": usual_patron(options), "copy": Shelving(options).usual}
    report.comparison = compare(staging, report.kind, store.path, usual)
    for kind, count in report.comparison.counts.items():
        if count.assumed:
            staging.report(assumption(kind, count.assumed, usual[kind]))
    note_problems(report, store.folder / REPORTS, staging)


def assumption(kind: str, count: int, usual: dict[str, Any]) -> Problem:
    """A note on what was taken for granted, and how to say otherwise."""
    if kind == "patron":
        what = f'no category in the file for {count} new patrons: counted as "{usual["category"]}"'
        other = "a column 读者类别 (category), or with --category"
    else:
        what = f'no copy type in the file for {count} new copies: counted as "{usual["copy_type"]}"'
        other = "a column 馆藏类型 (copy type), or with --copy-type"
    return Problem(0, what, f"if that is wrong, import again with {other}", rejected=False)


def _write(staging: Staging, report: Report, store: Store, progress: Progress, stop: Stop) -> None:
    if store.spare_mb() < staging.planned_bytes() * _WRITTEN_FOR_A_BYTE // MB + ROOM_MB:
        raise StoreFull("the import would stop the checkouts")
    Reserve(store.folder / ROOM, ROOM_MB, keep_free_mb=0).fill()
    staging.durable()
    staging.set(phase="applying")
    try:
        cancelled = not apply(store, staging, progress=progress, stop=stop)
    except (StoreFull, sqlite3.Error) as error:
        if _says_full(error, store):
            (store.folder / ROOM).unlink(missing_ok=True)
            _take_back(staging, report, store, progress)
        raise
    if cancelled:
        _take_back(staging, report, store, progress)
        report.cancelled = True
    else:
        staging.set(phase="done")


def _take_back(staging: Staging, report: Report, store: Store, progress: Progress) -> None:
    staging.set(phase="undoing")
    report.kept = undo(store, staging, progress=progress)
    staging.set(phase="done")


def _finish(store: Store, progress: Progress) -> str:
    """Go on with what is left behind; nobody can cancel this, for half of it is in the store."""
    staging = left_behind(store.folder)
    if staging is None:
        return ""
    (store.folder / ROOM).unlink(missing_ok=True)
    source, phase = staging.get("source"), staging.get("phase")
    try:
        if phase == "applying":
            apply(store, staging, progress=progress, stop=Stop())
        else:
            undo(store, staging, progress=progress)
        staging.set(phase="done")
    finally:
        _put_away(staging, store.folder)
    what = "the import" if phase == "applying" else "undoing the import"
    return f"finished {what} of {source}, which had been broken off"


def _put_away(staging: Staging, folder: Path) -> None:
    """Keep the file only if the store holds a part of what it plans."""
    begun = staging.get("phase") in ("applying", "undoing")
    # Closing folds the log into the file: the phase is in it before anything is deleted.
    staging.close()
    if not begun:
        remove(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        lock = FolderLock(folder, LOCK)
    except StoreHeld as error:
        raise StoreHeld(f"another import is running: {error}") from error
    with lock:
        yield
