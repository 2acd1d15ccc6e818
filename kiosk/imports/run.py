"""An import from beginning to end: read, compare, write; undo when it is cancelled; finish what a crash broke off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.errors import StoreHeld
from kiosk.imports.book_rows import Shelving
from kiosk.imports.compare import compare
from kiosk.imports.patron_rows import usual_patron
from kiosk.imports.progress import Progress, Silent
from kiosk.imports.read import read_file
from kiosk.imports.report import Report, note_problems
from kiosk.imports.staging import Staging, left_behind, remove
from kiosk.imports.steps import apply, undo
from kiosk.imports.stopping import Stop
from kiosk.imports.values import Options
from kiosk.store.lock import FolderLock
from kiosk.store.store import Store

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
    disk is full (started again, the import goes on where it stopped).
    """
    progress, stop = progress or Silent(), stop or Stop()
    began = time.monotonic()
    with _alone(store.folder):
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

    An import that is running in another process is left alone.
    """
    try:
        with _alone(store.folder):
            return _finish(store, Silent())
    except StoreHeld:
        return ""


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
    note_problems(report, store.folder / REPORTS, staging)


def _write(staging: Staging, report: Report, store: Store, progress: Progress, stop: Stop) -> None:
    staging.durable()
    staging.set(phase="applying")
    if not apply(store, staging, progress=progress, stop=stop):
        staging.set(phase="undoing")
        report.kept = undo(store, staging, progress=progress)
        report.cancelled = True
    staging.set(phase="done")


def _finish(store: Store, progress: Progress) -> str:
    """Go on with what is left behind; nobody can cancel this, for half of it is in the store."""
    staging = left_behind(store.folder)
    if staging is None:
        return ""
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
