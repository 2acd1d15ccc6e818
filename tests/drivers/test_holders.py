"""Who holds a device, from a real /proc and a made-up one; and why an open failed, in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from drivers.errors import (
    DriverError,
    ScannerGone,
    ScannerHeld,
    ScannerMisnamed,
    ScannerNotFound,
    ScannerNotPermitted,
)
from drivers.holders import Holder, holders_of, refused


def test_this_process_is_found_as_the_holder_of_what_it_opened(tmp_path: Path) -> None:
    path = tmp_path / "port"
    with path.open("w"):
        assert [holder.pid for holder in holders_of(str(path))] == [os.getpid()]
    assert holders_of(str(path)) == []


def test_a_link_is_followed_to_the_device_and_long_commands_are_cut(tmp_path: Path) -> None:
    process = tmp_path / "proc/812"
    (process / "fd").mkdir(parents=True)
    (process / "fd/3").symlink_to("/dev/ttyACM0")
    (process / "cmdline").write_bytes(b"screen\0/dev/ttyACM0\0" + b"x" * 100)
    (tmp_path / "proc/self").mkdir()
    held = holders_of("/dev/ttyACM0", tmp_path / "proc")
    assert held == [Holder(812, ("screen /dev/ttyACM0 " + "x" * 100)[:60])]
    assert str(Holder(812, "screen")) == "process 812 (screen)"


def test_a_process_without_a_command_line_is_said_to_be_the_kernels(tmp_path: Path) -> None:
    process = tmp_path / "9"
    (process / "fd").mkdir(parents=True)
    (process / "fd/3").symlink_to("/dev/ttyACM0")
    (process / "cmdline").touch()
    assert holders_of("/dev/ttyACM0", tmp_path) == [Holder(9, "a part of the kernel")]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.EACCES, "x"), ScannerNotPermitted),
        (OSError(errno.EPERM, "x"), ScannerNotPermitted),
        (OSError(errno.EBUSY, "x"), ScannerHeld),
        (OSError(errno.EAGAIN, "x"), ScannerHeld),
        (OSError(errno.ENOENT, "x"), ScannerNotFound),
        (OSError(errno.ENODEV, "x"), ScannerNotFound),
        (OSError(errno.ENXIO, "x"), ScannerNotFound),
        (OSError(errno.EIO, "x"), ScannerGone),
        (ValueError("no such speed"), ScannerMisnamed),
    ],
)
def test_each_failure_has_its_own_exception_that_is_also_a_usual_one(
    error: Exception, kind: type[DriverError]
) -> None:
    told = refused(error, "scanner books", "/dev/ttyACM0", "port")
    assert type(told) is kind
    assert isinstance(told, (OSError, ValueError))
    assert str(told) == f"{told.what}; {told.do}"
    assert told.what.startswith("scanner books: /dev/ttyACM0")


def test_a_device_that_vanished_while_its_group_is_looked_up_is_still_told() -> None:
    told = refused(OSError(errno.EACCES, "x"), "scanner books", "/dev/none", "port")
    assert told.do == "look at its rights with: ls -l /dev/none"
