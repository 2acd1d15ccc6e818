"""A whole copy of a store that is in use, and how many such files are kept."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from kiosk.errors import StoreError, StoreFull
from kiosk.store.room import disk_is_full


def copy_whole(source: Path, target: Path) -> Path:
    """Copy a SQLite file while it is in use; the copy is complete and checked, or it is not there.

    Nothing is ever overwritten: the store itself may stand under the name that was given.
    """
    if target.exists():
        raise StoreError(f"{target} is there already; choose another name for the backup")
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder {target.parent}; make it first")
    part = target.with_name(f"{target.name}.part")
    try:
        fault = _copied(source, part)
        if fault != "ok":
            raise StoreError(f"the backup of {source} is damaged ({fault}); check the disk")
        part.replace(target)
    except sqlite3.Error as error:
        if disk_is_full(error, target.parent):
            raise StoreFull(
                f"no backup was made: the disk of {target.parent} is full; free some space"
            ) from error
        raise StoreError(f"{source} cannot be copied ({error}); look at the disk") from error
    finally:
        part.unlink(missing_ok=True)
    fsync_folder(target.parent)
    return target


def _copied(source: Path, part: Path) -> str:
    """What SQLite finds wrong with the copy; ok where it is whole."""
    with (
        contextlib.closing(sqlite3.connect(source)) as there,
        contextlib.closing(sqlite3.connect(part)) as copy,
    ):
        there.backup(copy, pages=2000, sleep=0.005)
        return str(copy.execute("PRAGMA integrity_check").fetchone()[0])


def drop_old(folder: Path, pattern: str, *, keep: int) -> None:
    """Delete all but the newest files of this pattern."""
    newest_first = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[keep:]:
        path.unlink()


def fsync_folder(folder: Path) -> None:
    """Make the names of new files survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
