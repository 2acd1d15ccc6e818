"""Why a device could not be opened, in words: who holds it, which group may open it, or that it is not there."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import (
    DriverError,
    ScannerGone,
    ScannerHeld,
    ScannerMisnamed,
    ScannerNotFound,
    ScannerNotPermitted,
)

_COMMAND_CHARS = 60


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open, and its command line."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def refused(error: Exception, scanner: str, path: str, key: str) -> DriverError:
    """The exception to raise for a failed open. `key` is the name of the setting that says which device."""
    number = error.errno if isinstance(error, OSError) else None
    match number:
        case errno.EACCES | errno.EPERM:
            return _not_permitted(scanner, path)
        case errno.EAGAIN | errno.EBUSY:
            return _held(scanner, path, key)
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return ScannerNotFound(
                f"{scanner}: {path} is not there", f"plug it in, or correct {key} in station.toml"
            )
    if isinstance(error, ValueError):
        return ScannerMisnamed(f"{scanner}: {path}: {error}", f"correct {key} in station.toml")
    return ScannerGone(
        f"{scanner}: {path} cannot be opened ({error})",
        f"plug it in, or correct {key} in station.toml",
    )


def holders_of(path: str, proc: Path = Path("/proc")) -> list[Holder]:
    """The processes that have this device open, as far as this user may see; this process is one of them."""
    device = os.path.realpath(path)
    numbers = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit())
    return [
        Holder(pid, _command(proc / str(pid)))
        for pid in numbers
        if device in _open_files(proc, pid)
    ]


def _held(scanner: str, path: str, key: str) -> ScannerHeld:
    found = holders_of(path)
    who = ", ".join(map(str, found)) or "another program that this user may not look at"
    if any(holder.pid == os.getpid() for holder in found):
        todo = f"this program opened it itself: do two scanners name it as {key}?"
    else:
        todo = f"stop it, or set another {key} in station.toml"
    return ScannerHeld(f"{scanner}: {path} is held by {who}", todo)


def _not_permitted(scanner: str, path: str) -> ScannerNotPermitted:
    user, group = _user_name(os.geteuid()), _group_that_may(path)
    if group is None:
        what = f"{scanner}: {path} may not be opened by {user}"
        return ScannerNotPermitted(what, f"look at its rights with: ls -l {path}")
    return ScannerNotPermitted(
        f"{scanner}: {path} may be opened by group {group} only, and {user} does not belong to it",
        f"run: sudo usermod -aG {group} {user}, then restart the station",
    )


def _group_that_may(path: str) -> str | None:
    """The group that joining would help, such as dialout or input; never root."""
    try:
        about = os.stat(path)
        may = about.st_mode & stat.S_IRGRP and about.st_gid != 0
        return grp.getgrgid(about.st_gid).gr_name if may else None
    except (OSError, KeyError):
        return None


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _open_files(proc: Path, pid: int) -> Iterator[str]:
    # Processes come and go while we look, and others' may not be looked into: those hold nothing that we can name.
    try:
        descriptors = os.listdir(proc / str(pid) / "fd")
    except OSError:
        return
    for descriptor in descriptors:
        try:
            yield os.readlink(proc / str(pid) / "fd" / descriptor)
        except OSError:
            continue


def _command(folder: Path) -> str:
    try:
        words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return "ended meanwhile"
    return words.strip()[:_COMMAND_CHARS] or "a part of the kernel"
