"""One station process a data directory: a lock file that names its holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from kiosk.errors import StoreHeld

FILE = "station.lock"


class FolderLock:
    """Held from construction to `release`; the kernel frees it when the process dies, however it dies.

    Raises StoreHeld, naming the holder, when another process has it and does not let go within `wait_s`.
    """

    def __init__(self, folder: Path, name: str = FILE, *, wait_s: float = 0.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / name
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + wait_s
        while not self._take():
            if time.monotonic() >= deadline:
                holder = _holder(self._fd)
                os.close(self._fd)
                raise StoreHeld(f"{folder} is in use by {holder}; stop it, or use another folder")
            time.sleep(0.05)
        # On a full disk the lock holds all the same; only its holder cannot be named.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def holder_of(folder: Path) -> str | None:
    """Who runs on this folder now, in words; None: nobody. Takes the lock for no longer than a moment."""
    try:
        fd = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(fd)
    finally:
        os.close(fd)
    return None


def _holder(fd: int) -> str:
    pid = os.pread(fd, 32, 0).decode(errors="replace").strip()
    if not pid.isdigit():
        return "another process"
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return f"process {pid}"
    return f"process {pid} ({' '.join(command.split())[:80]})"
