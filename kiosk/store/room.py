"""Room on the disk: how much is free, whether an error means that none is, and the reserve for returns."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

MB = 1024 * 1024
# A return takes about 50 KB until the log is folded in. Given away whole, the reserve would be eaten within seconds by
# whatever has filled the disk.
SLICE_MB = 1
# SQLite calls it an I/O error, or a file that cannot be opened, where it lacks room for a file beside the database.
_SAME_WHEN_FULL = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_NOTHING = 64 * 1024


def free_mb(folder: Path) -> int:
    """Raises OSError where the disk does not answer."""
    return _free(folder) // MB


def disk_is_full(error: BaseException | None, folder: Path) -> bool:
    """Whether an error of SQLite or of the system says that the disk of the folder has no room."""
    if isinstance(error, sqlite3.Error):
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return primary == sqlite3.SQLITE_FULL or (
            primary in _SAME_WHEN_FULL and _nothing_free(folder)
        )
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _nothing_free(folder: Path) -> bool:
    try:
        return _free(folder) < _NOTHING
    except OSError:
        return False


def _free(folder: Path) -> int:
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


class Reserve:
    """A file that keeps room on the disk: grown when there is plenty, given back slice by slice when there is none."""

    def __init__(self, path: Path, size_mb: int, *, keep_free_mb: int) -> None:
        self._path = path
        self._size_mb = size_mb
        self._keep_free_mb = keep_free_mb

    def fill(self) -> None:
        """Grow to its size, or as far as the disk has room beside what is to stay free. Never raises."""
        try:
            held = self._held_mb()
            room = free_mb(self._path.parent) - self._keep_free_mb
            wanted = min(self._size_mb, held + max(0, room))
            if held < wanted:
                with self._path.open("ab") as file:
                    # A file with holes would hold nothing.
                    os.posix_fallocate(file.fileno(), 0, wanted * MB)
            elif 0 < self._size_mb < held:
                os.truncate(self._path, self._size_mb * MB)
        except OSError:
            # Somebody else was quicker, or the disk does not answer; the next try comes in a second.
            return

    def give(self) -> bool:
        """Give a slice back to the disk; False when there is none, or when it is kept by another process."""
        left = self._held_mb() - SLICE_MB
        if left < 0 or not self._size_mb:
            return False
        os.truncate(self._path, left * MB)
        return True

    def _held_mb(self) -> int:
        return self._path.stat().st_size // MB if self._path.exists() else 0
