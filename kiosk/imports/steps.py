"""Writing the plan into the store in short steps, undoing it, and going on after a crash.

A step is: note in the staging file how the rows are now (durable), then write them in one transaction of the store.
The write lock is held for the second part only, about AIM_S of store/pace.py; then the desk gets a pause.
Killed in between, the step is done again: its rows are written once more, and how they were is known already.
"""

from __future__ import annotations

import time

from kiosk.imports.progress import Progress
from kiosk.imports.rows import Rows, current, prepared, take_out, write
from kiosk.imports.staging import Item, Staging
from kiosk.imports.stopping import Stop
from kiosk.store.pace import Pace
from kiosk.store.store import Store

_TRIES = 5


class _RowsChanged(Exception):
    """Somebody wrote one of the rows between the note and the write: note again."""


def apply(store: Store, staging: Staging, *, progress: Progress, stop: Stop) -> bool:
    """Write what the plan still lacks; False if it was stopped before the end (nothing is undone yet)."""
    done = int(staging.get("done") or 0)
    progress.begin("writing", staging.planned() - done)
    pace = Pace()
    while items := staging.after(done, pace.rows):
        if stop.asked:
            return False
        pace.rest()
        pace.took(len(items), _step(store, staging, items, done))
        done = items[-1].seq
        progress.advance(len(items))
    return True


def undo(store: Store, staging: Staging, *, progress: Progress) -> int:
    """Take back all that was written, last first; how many new rows stay because they are in use."""
    at = int(staging.get("undone") or staging.planned() + 1)
    kept = int(staging.get("kept") or 0)
    progress.begin("undoing", None)
    pace = Pace()
    while items := staging.begun_before(at, pace.rows):
        pace.rest()
        with store.begin() as tx:
            began = time.monotonic()
            kept += take_out(tx.conn, items)
        pace.took(len(items), time.monotonic() - began)
        at = items[-1].seq
        with staging.writing():
            staging.set(undone=at, kept=kept)
        progress.advance(len(items))
    return kept


def _step(store: Store, staging: Staging, items: list[Item], done: int) -> float:
    """One step; how long the lock was held. `done`: the steps before it are in the store."""
    for _ in range(_TRIES):
        with store.read() as tx:
            before = current(tx.conn, items)
        ready, search = prepared(items, before)
        staging.note_before(items, before, done)
        try:
            return _write(store, ready, before, search)
        except _RowsChanged:
            continue
    raise AssertionError(f"row {items[0].key} changed {_TRIES} times within a step")


def _write(
    store: Store, ready: list[Item], before: Rows, search: dict[str, tuple[object, ...]]
) -> float:
    began = time.monotonic()
    with store.begin() as tx:
        began = time.monotonic()
        if current(tx.conn, ready) != before:
            raise _RowsChanged
        write(tx.conn, ready, search)
    return time.monotonic() - began
